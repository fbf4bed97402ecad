"""Office documents of the plainest kind: an archive with the parts that a reader asks for."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
VENDOR = "application/vnd.openxmlformats-officedocument"
SCHEMAS = "http://schemas.openxmlformats.org"
DOCX_MAIN = f"{VENDOR}.wordprocessingml.document.main+xml"
PPTX_MAIN = f"{VENDOR}.presentationml.presentation.main+xml"
XLSX_MAIN = f"{VENDOR}.spreadsheetml.sheet.main+xml"
SAVED_AT = (2026, 1, 5, 9, 0, 0)


def docx(paragraphs: Sequence[str]) -> bytes:
    """Makes a Word document; a paragraph that starts with `# ` becomes bold, as a heading."""
    body = "".join(_word_paragraph(text) for text in paragraphs)
    document = f'<w:document xmlns:w="{SCHEMAS}/wordprocessingml/2006/main"><w:body>{body}'
    return office(
        "word/document.xml", DOCX_MAIN, {"word/document.xml": f"{document}</w:body></w:document>"}
    )


def _word_paragraph(text: str) -> str:
    heading = text.startswith("# ")
    style = "<w:rPr><w:b/></w:rPr>" if heading else ""
    words = escape(text.removeprefix("# "))
    return f'<w:p><w:r>{style}<w:t xml:space="preserve">{words}</w:t></w:r></w:p>'


def xlsx(sheets: Mapping[str, Sequence[Sequence[str]]]) -> bytes:
    """Makes a workbook of texts, each sheet a list of rows."""
    listed = "".join(
        f'<sheet name="{escape(name)}" sheetId="{number}" r:id="rId{number}"/>'
        for number, name in enumerate(sheets, 1)
    )
    main = (
        f'<workbook xmlns="{SCHEMAS}/spreadsheetml/2006/main" '
        f'xmlns:r="{SCHEMAS}/officeDocument/2006/relationships">'
        f"<sheets>{listed}</sheets></workbook>"
    )
    parts = {"xl/workbook.xml": main}
    links = []
    for number, rows in enumerate(sheets.values(), 1):
        parts[f"xl/worksheets/sheet{number}.xml"] = _sheet(rows)
        links.append((f"rId{number}", "worksheet", f"worksheets/sheet{number}.xml"))
    parts["xl/_rels/workbook.xml.rels"] = _relationships(links)
    types = {
        name: f"{VENDOR}.spreadsheetml.worksheet+xml" for name in parts if "/worksheets/" in name
    }
    return office("xl/workbook.xml", XLSX_MAIN, parts, types)


def _sheet(rows: Sequence[Sequence[str]]) -> str:
    cells = "".join(
        "<row>"
        + "".join(f'<c t="inlineStr"><is><t>{escape(cell)}</t></is></c>' for cell in row)
        + "</row>"
        for row in rows
    )
    head = f'<worksheet xmlns="{SCHEMAS}/spreadsheetml/2006/main">'
    return f"{head}<sheetData>{cells}</sheetData></worksheet>"


def pptx(slides: Sequence[Sequence[str]]) -> bytes:
    """Makes a presentation, each slide a list of lines."""
    drawing, presentation = (
        f"{SCHEMAS}/{kind}/2006/main" for kind in ("drawingml", "presentationml")
    )
    parts = {"ppt/presentation.xml": f'<p:presentation xmlns:p="{presentation}"/>'}
    for number, lines in enumerate(slides, 1):
        text = "".join(f"<a:p><a:r><a:t>{escape(line)}</a:t></a:r></a:p>" for line in lines)
        parts[f"ppt/slides/slide{number}.xml"] = (
            f'<p:sld xmlns:a="{drawing}" xmlns:p="{presentation}"><p:cSld><p:spTree><p:sp>'
            f"<p:txBody>{text}</p:txBody></p:sp></p:spTree></p:cSld></p:sld>"
        )
    links = [
        (f"rId{number}", "slide", f"slides/slide{number}.xml")
        for number in range(1, len(slides) + 1)
    ]
    parts["ppt/_rels/presentation.xml.rels"] = _relationships(links)
    types = {name: f"{VENDOR}.presentationml.slide+xml" for name in parts if "/slides/" in name}
    return office("ppt/presentation.xml", PPTX_MAIN, parts, types)


def office(
    main: str, main_type: str, parts: Mapping[str, str], types: Mapping[str, str] | None = None
) -> bytes:
    """Puts parts into an archive, with the lists that say what each of them is."""
    overrides = "".join(
        f'<Override PartName="/{name}" ContentType="{kind}"/>'
        for name, kind in {main: main_type, **(types or {})}.items()
    )
    content_types = (
        f'<Types xmlns="{SCHEMAS}/package/2006/content-types">'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>'
    )
    return archive(
        {
            "[Content_Types].xml": DECLARATION + content_types,
            "_rels/.rels": DECLARATION + _relationships([("rId1", "officeDocument", main)]),
            **{name: DECLARATION + content for name, content in parts.items()},
        }
    )


def _relationships(links: Sequence[tuple[str, str, str]]) -> str:
    kinds = f"{SCHEMAS}/officeDocument/2006/relationships"
    listed = "".join(
        f'<Relationship Id="{name}" Type="{kinds}/{kind}" Target="{target}"/>'
        for name, kind, target in links
    )
    return f'<Relationships xmlns="{SCHEMAS}/package/2006/relationships">{listed}</Relationships>'


def archive(parts: Mapping[str, str | bytes]) -> bytes:
    """Makes a ZIP archive whose bytes depend on its parts alone."""
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            entry = zipfile.ZipInfo(name, SAVED_AT)
            entry.compress_type = zipfile.ZIP_DEFLATED
            packed.writestr(entry, content)
    return output.getvalue()
