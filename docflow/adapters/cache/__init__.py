"""Answers of OCR and the model that were paid for, kept and used again."""

from __future__ import annotations
