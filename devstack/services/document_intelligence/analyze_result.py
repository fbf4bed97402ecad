"""Put the pages that were read into the shape of Document Intelligence's `analyzeResult`."""

from __future__ import annotations

import re
from typing import Any

from devstack.services.text.language import detect_language

READ = "prebuilt-read"
LAYOUT = "prebuilt-layout"


def build_analyze_result(
    pages: list[tuple[int, dict[str, Any]]], model: str, api_version: str
) -> dict[str, Any]:
    """Return the result for numbered pages, with offsets into one content string.

    `prebuilt-layout` has a list of tables, which is always empty here, beside what
    `prebuilt-read` has.

    Offsets count code points, which is what the SDK asks for (`unicodeCodePoint`).
    """
    writer = _ContentWriter()
    shaped = [writer.write_page(number, page) for number, page in pages]
    content = writer.content
    return {
        "apiVersion": api_version,
        "modelId": model,
        "stringIndexType": "unicodeCodePoint",
        "content": content,
        "pages": shaped,
        "paragraphs": writer.paragraphs,
        "languages": _languages(content),
        "styles": [],
        **({"tables": []} if model == LAYOUT else {}),
    }


def _languages(content: str) -> list[dict[str, Any]]:
    locale, confidence = detect_language(content)
    if not confidence:
        return []
    span = {"offset": 0, "length": len(content)}
    return [{"locale": locale, "confidence": confidence, "spans": [span]}]


class _ContentWriter:
    """The content string so far: words joined by spaces, lines by line feeds."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0
        self.paragraphs: list[dict[str, Any]] = []

    @property
    def content(self) -> str:
        return "".join(self._parts)

    def write_page(self, number: int, page: dict[str, Any]) -> dict[str, Any]:
        if self._length:
            self._append("\n")
        if "paragraphs" in page:
            return self._write_paragraphs(number, page["paragraphs"])
        start = self._length
        words: list[dict[str, Any]] = []
        lines: list[dict[str, Any]] = []
        for line in page["lines"]:
            if lines:
                self._append("\n")
            lines.append(self._write_line(line, words))
            self._join_paragraph(number, lines[-1], opens=line["opensParagraph"] or len(lines) == 1)
        return {
            "pageNumber": number,
            "angle": page["angle"],
            "width": page["width"],
            "height": page["height"],
            "unit": page["unit"],
            "words": words,
            "lines": lines,
            "spans": [{"offset": start, "length": self._length - start}],
        }

    def _write_paragraphs(self, number: int, paragraphs: list[str]) -> dict[str, Any]:
        """Write a page of a document without pictures of pages: words and paragraphs alone."""
        start = self._length
        words: list[dict[str, Any]] = []
        for position, text in enumerate(paragraphs):
            if position:
                self._append("\n")
            words += (
                {
                    "content": word[0],
                    "confidence": 1.0,
                    "span": {"offset": self._length + word.start(), "length": len(word[0])},
                }
                for word in re.finditer(r"\S+", text)
            )
            span = {"offset": self._length, "length": len(text)}
            self.paragraphs.append({"content": text, "spans": [span]})
            self._append(text)
        span = {"offset": start, "length": self._length - start}
        return {"pageNumber": number, "words": words, "spans": [span]}

    def _append(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)

    def _write_line(self, line: dict[str, Any], words: list[dict[str, Any]]) -> dict[str, Any]:
        start = self._length
        for position, word in enumerate(line["words"]):
            if position:
                self._append(" ")
            words.append({**word, "span": {"offset": self._length, "length": len(word["content"])}})
            self._append(word["content"])
        return {
            "content": " ".join(word["content"] for word in line["words"]),
            "polygon": line["polygon"],
            "spans": [{"offset": start, "length": self._length - start}],
        }

    def _join_paragraph(self, number: int, shaped: dict[str, Any], *, opens: bool) -> None:
        """Add a line to the paragraph above it, or open one: no paragraph goes over a page."""
        span = shaped["spans"][0]
        if opens:
            self.paragraphs.append(
                {
                    "content": shaped["content"],
                    "boundingRegions": [{"pageNumber": number, "polygon": shaped["polygon"]}],
                    "spans": [dict(span)],
                }
            )
            return
        paragraph = self.paragraphs[-1]
        paragraph["content"] += " " + shaped["content"]
        region = paragraph["boundingRegions"][0]
        region["polygon"] = _around(region["polygon"], shaped["polygon"])
        first = paragraph["spans"][0]
        first["length"] = span["offset"] + span["length"] - first["offset"]


def _around(first: list[float], second: list[float]) -> list[float]:
    xs = first[0::2] + second[0::2]
    ys = first[1::2] + second[1::2]
    left, top, right, bottom = min(xs), min(ys), max(xs), max(ys)
    return [left, top, right, top, right, bottom, left, bottom]
