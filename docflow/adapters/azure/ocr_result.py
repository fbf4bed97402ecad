"""The result of an analysis as the text of a page."""

from __future__ import annotations

from statistics import fmean
from typing import Any

from azure.ai.formrecognizer import AnalyzeResult, DocumentPage

from docflow.models.pages import PageText, Word
from docflow.models.states import PageMethod
from docflow.parser.text.characters import clean


def page_text(result: AnalyzeResult, number: int) -> PageText:
    """Return the text of a page with its words, or of a whole document without pages."""
    pages = list(result.pages or ())
    if any(page.words and not page.lines for page in pages):
        return _whole_text(result, pages, number)
    page = next(iter(pages), None)
    if page is None or not page.words:
        reason = "nothing was recognized"
        return PageText(number=number, method=PageMethod.EMPTY, reason=reason, **_size(page))
    words = [
        Word(
            text=word.content,
            confidence=word.confidence or 0,
            polygon=[value for point in word.polygon or () for value in (point.x, point.y)],
        )
        for word in page.words
    ]
    return PageText(
        number=number,
        method=PageMethod.OCR,
        text="\n".join(line.content for line in page.lines or ()),
        confidence=round(fmean(word.confidence for word in words), 3),
        words=words,
        **_size(page),
    )


def _whole_text(result: AnalyzeResult, pages: list[DocumentPage], number: int) -> PageText:
    """Return the text of an Office document or web page: it has words, but no lines or boxes."""
    words = [word for page in pages for word in page.words]
    texts = (_content_of(page, result.content) for page in pages)
    return PageText(
        number=number,
        method=PageMethod.OCR,
        text="\f".join(clean(text).replace("\f", "\n") for text in texts),
        confidence=round(fmean(word.confidence or 0 for word in words), 3),
        whole=True,
    )


def _content_of(page: DocumentPage, content: str) -> str:
    return "\n".join(content[span.offset : span.offset + span.length] for span in page.spans)


def _size(page: DocumentPage | None) -> dict[str, Any]:
    if page is None:
        return {}
    return {"width": page.width or 0, "height": page.height or 0, "unit": page.unit or "pixel"}
