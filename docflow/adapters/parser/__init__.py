"""The parser process behind the port for files, with limits of time and memory."""

from __future__ import annotations
