"""OCR: turns pages of a file into words with boxes, in processes of their own.

May touch: the file it is given, Tesseract, PDFium and its child processes. It knows no HTTP.
"""

from __future__ import annotations
