"""Stand-ins for the cloud services docflow calls, in one process. See the README beside this file."""

from __future__ import annotations
