"""The formats taken: each module or package reads the files of one format."""

from __future__ import annotations
