"""The edge of docflow: the only place where SDKs are imported; each adapter plays one port."""

from __future__ import annotations
