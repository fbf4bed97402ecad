"""Mail (EML): its headers and body are the document, its attachments are files of their own."""

from __future__ import annotations

from docflow.parser.formats.mail.message import count_pages, recognize, render, split, unpack

__all__ = ["count_pages", "recognize", "render", "split", "unpack"]
