"""What lies over the pages of a PDF: values of form fields, comments, stamps.

They are no part of a page's text. A field keeps its value in the file whether or not the program
that filled it in drew it, so values are read from the file's own entries.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from itertools import islice
from typing import Any, NamedTuple

import pikepdf

from docflow.parser.text.characters import clean
from docflow.parser.text.reading_order import Box, Mark

MAX_ANNOTATIONS = 2_000
"""Most annotations of a page that are read; long forms have a few hundred."""
DEEPEST_FIELD = 32
"""Levels of a field's ancestors that are asked for what it inherits."""
HIDDEN, NO_VIEW = 1 << 1, 1 << 5
"""Flags of annotations that are not on the screen (PDF 32000-1, table 165)."""
PASSWORD, PUSH_BUTTON, RADIO = 1 << 13, 1 << 16, 1 << 15
"""Flags of fields (PDF 32000-1, tables 226 and 228)."""
WITHOUT_TEXT = frozenset({"/Link", "/Popup"})
"""Kinds of annotations that say nothing: a popup is the window of another annotation."""
ON, OFF = "[x]", "[ ]"
"""Check boxes and radio buttons as text."""
STATE_OFF = "/Off"
TYPEWRITER = "/FreeTextTypeWriter"
TAGS = re.compile(r"<[^>]{0,1000}>")
PLAIN_NAME = re.compile(r"/[A-Za-z]{3,30}")


class Annotation(NamedTuple):
    """One annotation that a reader sees, or would see where it is opened."""

    box: Box
    kind: str
    """`value`, `check` or `comment`, as in `Mark`; `drawn` where its drawing says all."""
    text: str
    label: str = ""
    """Name of a check box, for one that has no text beside it."""
    hidden: bool = False
    """Whether nobody may see it: then neither its value nor its drawing is read."""
    drawn: bool = False
    """Whether the file holds a drawing of a check box as it stands."""
    number: int = 0
    """Its place in the page's list, from 0."""


def annotations_of(document: pikepdf.Pdf, index: int) -> list[Annotation]:
    """Return the annotations of a page, in the order of the file."""
    listed = document.pages[index].obj.get("/Annots")
    if not isinstance(listed, pikepdf.Array):
        return []
    return [
        found._replace(number=number)
        for number, entry in enumerate(islice(listed, MAX_ANNOTATIONS))
        if isinstance(entry, pikepdf.Dictionary) and (found := _annotation(entry)) is not None
    ]


def mark_of(annotation: Annotation, drawn: str) -> Mark | None:
    """Return what an annotation adds to the text of its page.

    Args:
        annotation: as the file holds it.
        drawn: the text that its drawing shows.
    """
    if annotation.kind == "check":
        return Mark("check", annotation.text, annotation.box, annotation.label)
    text = drawn if annotation.kind == "drawn" else annotation.text
    if annotation.kind == "value":
        text = _shown_value(annotation.text, drawn)
    return Mark(annotation.kind, text, annotation.box) if text else None


def says(drawn: str, value: str) -> bool:
    """Return whether a drawn text holds a value; signs and blanks do not count."""
    return _letters(value) in _letters(drawn) if _letters(value) else value.strip() in drawn


def _shown_value(value: str, drawn: str) -> str:
    """Return a value as it is to be read: formatted as drawn, and both where they differ."""
    if not value or "".join(value.split()) == "".join(drawn.split()):
        return value or drawn
    if not drawn:
        return value
    return drawn if says(drawn, value) else f"{drawn} ({value})"


def _letters(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())


def _annotation(entry: pikepdf.Dictionary) -> Annotation | None:
    subtype, box = str(entry.get("/Subtype", "")), _box(entry.get("/Rect"))
    if box is None or subtype in WITHOUT_TEXT:
        return None
    flags = _number(entry.get("/F"))
    hidden = bool(flags & (HIDDEN | NO_VIEW))
    if subtype == "/Widget":
        return _field(entry, box, hidden=hidden)
    return _comment(entry, box, subtype)._replace(hidden=hidden)


def _comment(entry: pikepdf.Dictionary, box: Box, subtype: str) -> Annotation:
    """Return a comment as text that says what it is, and of whom."""
    said = " ".join(_text(entry.get("/Contents")).split()) or _rich_text(entry.get("/RC"))
    if "/StateModel" in entry or (not said and subtype != "/Stamp"):
        return Annotation(box, "drawn", "")  # a mark of a reviewer's list, or without words
    if str(entry.get("/IT", "")) == TYPEWRITER:
        return Annotation(box, "value", said)  # typed onto the page, as into a form
    if not said:
        name = str(entry.get("/Name", ""))
        stamp = f"[Stamp: {name[1:]}]" if PLAIN_NAME.fullmatch(name) else ""
        return Annotation(box, "comment" if stamp else "drawn", stamp)
    author = " ".join(_text(entry.get("/T")).split())
    whose = f" by {author}" if author else ""
    return Annotation(box, "comment", f"[Comment{whose}: {said}]")


def _field(entry: pikepdf.Dictionary, box: Box, *, hidden: bool) -> Annotation:
    kind, flags = str(_inherited(entry, "/FT") or ""), _number(_inherited(entry, "/Ff"))
    if kind == "/Btn" and flags & PUSH_BUTTON:
        return Annotation(box, "drawn", "", hidden=hidden)
    if kind == "/Btn":
        name = _text(_inherited(entry, "/TU")) or _text(_inherited(entry, "/T"))
        if flags & RADIO:
            name = ": ".join([name, *(state[1:] for state in _states(entry))])
        text = ON if _is_on(entry, radio=bool(flags & RADIO)) else OFF
        drawn = _is_drawn(entry)
        return Annotation(box, "check", text, " ".join(name.split()), hidden, drawn)
    if kind == "/Tx":
        secret = bool(flags & PASSWORD)
        value = "" if secret else _text(_inherited(entry, "/V")).strip()
        return Annotation(box, "value", value, hidden=hidden or secret)
    if kind == "/Ch":
        return Annotation(box, "value", ", ".join(_chosen(entry)), hidden=hidden)
    return Annotation(box, "drawn", "", hidden=hidden)


def _is_on(entry: pikepdf.Dictionary, *, radio: bool) -> bool:
    """Return whether a check box or radio button is on, by its own state or its field's value."""
    state, value = (
        str(each) for each in (entry.get("/AS", STATE_OFF), _inherited(entry, "/V") or STATE_OFF)
    )
    own = _states(entry)
    if own:
        return state in own or value in own
    # Buttons of one group share their value, so without drawings it says nothing of this one.
    return state != STATE_OFF or (not radio and "/AS" not in entry and value != STATE_OFF)


def _is_drawn(entry: pikepdf.Dictionary) -> bool:
    """Return whether the file has a drawing, not an empty one, of a button as it stands."""
    drawings = _dictionary(_dictionary(entry.get("/AP")).get("/N"))
    drawing = drawings.get(str(entry.get("/AS", STATE_OFF)))
    return isinstance(drawing, pikepdf.Stream) and bool(drawing.read_bytes().strip())


def _states(entry: pikepdf.Dictionary) -> set[str]:
    """Return the states of a button that have a drawing, other than off."""
    drawings = _dictionary(_dictionary(entry.get("/AP")).get("/N"))
    return {str(key) for key in drawings} - {STATE_OFF}


def _chosen(entry: pikepdf.Dictionary) -> Iterator[str]:
    """Yield the chosen options as they are displayed; a typed one stands for itself."""
    displayed: dict[str, str] = {}
    listed: list[str] = []
    options = _inherited(entry, "/Opt")
    for option in options if isinstance(options, pikepdf.Array) else ():
        pair = list(option) if isinstance(option, pikepdf.Array) else [option]
        if pair:
            listed.append(_text(pair[-1]))
            displayed.setdefault(_text(pair[0]), listed[-1])
    value = _inherited(entry, "/V")
    values = list(value) if isinstance(value, pikepdf.Array) else [value]
    texts = [text for each in values if (text := _text(each))]
    if texts:
        yield from (displayed.get(text, text) for text in texts)
        return
    indexes = _inherited(entry, "/I")
    for index in indexes if isinstance(indexes, pikepdf.Array) else ():
        if 0 <= _number(index, -1) < len(listed):
            yield listed[_number(index)]


def _inherited(entry: pikepdf.Dictionary, key: str) -> Any:  # noqa: ANN401 - any PDF object
    """Return an entry of a field, or of the nearest ancestor that has it."""
    field: Any = entry
    for _ in range(DEEPEST_FIELD):
        if not isinstance(field, pikepdf.Dictionary):
            return None
        if key in field:
            return field[key]
        field = field.get("/Parent")
    return None


def _text(value: object) -> str:
    """Return a text string or text stream; a name or another object is no text."""
    if isinstance(value, pikepdf.Stream):
        value = pikepdf.String(value.read_bytes())
    if not isinstance(value, pikepdf.String | str):
        return ""
    return clean(str(value))


def _rich_text(value: object) -> str:
    return " ".join(unescape(TAGS.sub(" ", _text(value))).split())


def _number(value: object, otherwise: int = 0) -> int:
    return int(value) if isinstance(value, int) else otherwise


def _dictionary(value: object) -> pikepdf.Dictionary:
    return value if isinstance(value, pikepdf.Dictionary) else pikepdf.Dictionary()


def _box(rectangle: object) -> Box | None:
    if not isinstance(rectangle, pikepdf.Array) or len(rectangle) != 4:
        return None
    try:
        x1, y1, x2, y2 = (float(side) for side in rectangle)
    except (TypeError, ValueError):
        return None
    return min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)
