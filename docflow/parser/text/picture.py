"""Draws a page of text as a picture."""

from __future__ import annotations

import textwrap

from docflow.parser.refusals import PageMissingError
from docflow.parser.requests import RenderRequest

FONT_SIZE = 14
MARGIN = 40
COLUMNS = 110


def draw(pages: list[str], request: RenderRequest) -> None:
    """Draw one of these pages as PNG.

    Raises:
        PageMissingError: there is no such page.
    """
    from PIL import Image, ImageDraw, ImageFont

    if not 1 <= request.page <= len(pages):
        raise PageMissingError(request.page)
    lines = [
        piece
        for line in pages[request.page - 1].expandtabs().split("\n")
        for piece in textwrap.wrap(line, COLUMNS, drop_whitespace=False) or [""]
    ]
    step = FONT_SIZE + 4
    size = (COLUMNS * FONT_SIZE * 6 // 10 + 2 * MARGIN, max(1, len(lines)) * step + 2 * MARGIN)
    picture = Image.new("L", size, 255)
    drawing = ImageDraw.Draw(picture)
    font = ImageFont.load_default(FONT_SIZE)
    for index, line in enumerate(lines):
        drawing.text((MARGIN, MARGIN + index * step), line, fill=0, font=font)
    scale = min(1.0, (request.max_pixels / (size[0] * size[1])) ** 0.5)
    picture.thumbnail((max(1, int(size[0] * scale)), max(1, int(size[1] * scale))))
    picture.save(request.target, format="PNG")
