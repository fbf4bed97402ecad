"""Stand-ins for the cloud services that docflow calls, in one process (see the README)."""

from __future__ import annotations
