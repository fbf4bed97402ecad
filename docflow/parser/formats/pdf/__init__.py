"""PDF: checked by pikepdf (qpdf), read by pypdfium2 (PDFium)."""

from __future__ import annotations

from docflow.parser.formats.pdf.document import count_pages, recognize, render, split

__all__ = ["count_pages", "recognize", "render", "split"]
