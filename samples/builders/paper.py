"""Turns clean pages into what a scanner, a fax machine or a telephone camera makes of paper.

All noise comes from SHAKE-256 of a seed: the same picture on each run and each Python version.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence

import pypdfium2
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont, ImageOps

from samples.builders.layout import FONT_FOLDER

PAPER_WHITE = 246
Point = tuple[float, float]


def rasterize(pdf: bytes, dpi: int) -> list[Image.Image]:
    """Draws each page of a PDF as a grey picture."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        return [page.render(scale=dpi / 72, grayscale=True).to_pil() for page in document]
    finally:
        document.close()


def grain(size: tuple[int, int], seed: str, strength: int) -> Image.Image:
    """Grey noise around 128, within `strength` steps to either side, mostly near the middle."""
    count = size[0] * size[1]
    stream = hashlib.shake_256(seed.encode()).digest(2 * count)
    first = Image.frombytes("L", size, stream[:count])
    second = Image.frombytes("L", size, stream[count:])
    mixed = Image.blend(first, second, 0.5)
    return mixed.point([128 + round((value - 128) * strength / 128) for value in range(256)])


def add_grain(picture: Image.Image, seed: str, strength: int) -> Image.Image:
    """Lays noise over a grey picture."""
    return ImageChops.add(picture, grain(picture.size, seed, strength), 1.0, -128)


def stamp(picture: Image.Image, text: str, at: tuple[int, int], degrees: float) -> None:
    """Presses an office stamp onto the paper, framed, grey and not quite straight."""
    font = ImageFont.truetype(str(FONT_FOLDER / "VeraBd.ttf"), picture.width // 48)
    left, top, right, bottom = font.getbbox(text)
    margin = picture.width // 80
    box = (round(right - left) + 2 * margin, round(bottom - top) + 2 * margin)
    ink = Image.new("L", box, 0)
    draw = ImageDraw.Draw(ink)
    draw.rectangle((0, 0, box[0] - 1, box[1] - 1), outline=150, width=4)
    draw.text((margin - left, margin - top), text, fill=150, font=font)
    turned = ink.rotate(degrees, Image.Resampling.BICUBIC, expand=True)
    picture.paste(0, at, turned)


def scan(page: Image.Image, seed: str, *, degrees: float, noise: int = 18) -> Image.Image:
    """A page as a flatbed scanner gives it.

    Args:
        page: The clean page, grey.
        seed: Chooses the noise.
        degrees: How crooked the sheet lay.
        noise: The strength of the noise, in grey steps.

    Returns:
        A grey picture of the same size: slightly soft, darker towards one edge, with dust.
    """
    paper = page.point([round(28 + value * (PAPER_WHITE - 28) / 255) for value in range(256)])
    turned = paper.rotate(degrees, Image.Resampling.BICUBIC, fillcolor=PAPER_WHITE)
    soft = turned.filter(ImageFilter.GaussianBlur(0.6))
    shade = ImageOps.invert(Image.linear_gradient("L")).rotate(90).resize(soft.size)
    shade = shade.point([255 - round(max(0, value - 200) * 0.55) for value in range(256)])
    shaded = ImageChops.multiply(soft, shade)
    _add_dust(shaded, seed)
    return add_grain(shaded, seed, noise)


def _add_dust(picture: Image.Image, seed: str, specks: int = 26) -> None:
    draw = ImageDraw.Draw(picture)
    numbers = hashlib.shake_256(f"{seed} dust".encode()).digest(5 * specks)
    for index in range(specks):
        a, b, c, d, radius = numbers[5 * index : 5 * index + 5]
        x = (a * 256 + b) * picture.width // 65536
        y = (c * 256 + d) * picture.height // 65536
        size = 1 + radius % 2
        draw.ellipse((x, y, x + size, y + size), fill=120 + radius // 4)


def jpeg(picture: Image.Image, quality: int, dpi: int) -> bytes:
    """Encodes a picture with fixed parameters."""
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality, dpi=(dpi, dpi), optimize=True, subsampling=2)
    return buffer.getvalue()


def fax(page: Image.Image, seed: str, header: str) -> Image.Image:
    """A page as a fax machine prints it: black and white, a sender line, a few stray dots."""
    soft = add_grain(page.filter(ImageFilter.GaussianBlur(0.7)), seed, 90)
    line = ImageFont.truetype(str(FONT_FOLDER / "Vera.ttf"), 24)
    ImageDraw.Draw(soft).text((120, 26), header, fill=0, font=line)
    bilevel = soft.point([0] * 142 + [255] * 114)
    draw = ImageDraw.Draw(bilevel)
    numbers = hashlib.shake_256(f"{seed} dots".encode()).digest(4 * 60)
    for index in range(60):
        a, b, c, d = numbers[4 * index : 4 * index + 4]
        at = ((a * 256 + b) * page.width // 65536, (c * 256 + d) * page.height // 65536)
        draw.point(at, fill=0)
    return bilevel.convert("1", dither=Image.Dither.NONE)


def tiff(pages: Sequence[Image.Image], dpi: int) -> bytes:
    """Black and white pages as one TIFF with Group 4 compression, as fax servers store them."""
    buffer = io.BytesIO()
    first, *others = pages
    first.save(
        buffer,
        "TIFF",
        save_all=True,
        append_images=others,
        compression="group4",
        dpi=(dpi, dpi),
    )
    return buffer.getvalue()


def photo(page: Image.Image, seed: str, corners: Sequence[Point], size: tuple[int, int]) -> bytes:
    """A sheet of paper on a desk, as a telephone camera sees it.

    Args:
        page: The clean page, grey.
        seed: Chooses the noise.
        corners: Where the corners of the sheet lie in the photo, clockwise from the top left.
        size: Width and height of the photo.

    Returns:
        A JPEG in colour, taken at an angle, brighter on one side.
    """
    paper = page.point([round(24 + value * 0.87) for value in range(256)])
    coefficients = _perspective(corners, paper.size)
    place = (size, Image.Transform.PERSPECTIVE, coefficients, Image.Resampling.BICUBIC)
    sheet = paper.transform(*place)
    outline = Image.new("L", paper.size, 255).transform(*place)
    shadow = outline.filter(ImageFilter.GaussianBlur(22)).point(
        [255 - round(value * 0.5) for value in range(256)]
    )
    desk = ImageChops.multiply(_desk(size, seed), ImageChops.offset(shadow, 14, 18))
    grey = Image.composite(sheet, desk, outline).filter(ImageFilter.GaussianBlur(0.6))
    lit = add_grain(ImageChops.multiply(grey, _lamp(size)), seed, 14)
    tint = Image.composite(
        Image.new("RGB", size, (255, 250, 236)), Image.new("RGB", size, (255, 214, 170)), outline
    )
    return jpeg(ImageChops.multiply(lit.convert("RGB"), tint), 80, 72)


def _desk(size: tuple[int, int], seed: str) -> Image.Image:
    streaks = grain((size[0] // 6, 40), f"{seed} desk", 60).resize(size, Image.Resampling.BICUBIC)
    return streaks.point([round(70 + value * 0.35) for value in range(256)])


def _lamp(size: tuple[int, int]) -> Image.Image:
    """Light from the upper left: a large soft disc, cut so that its middle lies off-centre."""
    width, height = size
    disc = ImageOps.invert(Image.radial_gradient("L")).resize((width * 2, height * 2))
    left, top = round(width * 0.62), round(height * 0.6)
    cut = disc.crop((left, top, left + width, top + height))
    return cut.point([round(120 + value * 0.53) for value in range(256)])


def _perspective(corners: Sequence[Point], page: tuple[int, int]) -> tuple[float, ...]:
    """The eight numbers with which Pillow maps points of the photo back to points of the page."""
    width, height = page
    targets: list[Point] = [(0, 0), (width, 0), (width, height), (0, height)]
    rows: list[list[float]] = []
    for (x, y), (u, v) in zip(corners, targets, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y, u])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y, v])
    return tuple(_solve(rows))


def _solve(rows: list[list[float]]) -> list[float]:
    """Gauss-Jordan elimination with pivoting; the last column is the right-hand side."""
    count = len(rows)
    for column in range(count):
        pivot = max(range(column, count), key=lambda row: abs(rows[row][column]))
        rows[column], rows[pivot] = rows[pivot], rows[column]
        head = rows[column]
        rows[column] = head = [value / head[column] for value in head]
        for other in range(count):
            if other != column:
                factor = rows[other][column]
                rows[other] = [a - factor * b for a, b in zip(rows[other], head, strict=True)]
    return [row[-1] for row in rows]
