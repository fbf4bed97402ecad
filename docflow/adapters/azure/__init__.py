"""Azure services behind the ports: blobs, tables, queue, OCR, model, identity, monitor."""

from __future__ import annotations
