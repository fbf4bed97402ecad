"""PDF files with form fields and comments, drawn by nobody, drawn empty, or drawn in full."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name

from devstack.testing.document_files import Draw, pdf

PRINTED = 1 << 2
HIDDEN, NO_VIEW = 1 << 1, 1 << 5
MULTI_LINE, PASSWORD, RADIO, PUSH_BUTTON, COMB = 1 << 12, 1 << 13, 1 << 15, 1 << 16, 1 << 24

Rect = tuple[float, float, float, float]
Over = Callable[[pikepdf.Pdf], Sequence[pikepdf.Object]]
"""Makes what lies over a page: one annotation, or several of one field."""


def form(
    draw: Draw, *over: Over, need_appearances: bool = False, pages: int = 1, rotate: int = 0
) -> bytes:
    """Return a PDF with annotations over its first page, and on every other page the drawing."""
    output = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf(*[draw] * pages))) as document:
        first = document.pages[0]
        first.Annots = Array([each for make in over for each in make(document)])
        if rotate:
            first.Rotate = rotate
        fields = [each for each in first.Annots if each.Subtype == Name.Widget]
        document.Root.AcroForm = Dictionary(
            Fields=Array(fields),
            NeedAppearances=need_appearances,
            DA=b"/Helv 0 Tf 0 g",
            DR=Dictionary(Font=Dictionary(Helv=_helvetica())),
        )
        document.save(output)
    return output.getvalue()


def typed(value: str | None, rect: Rect, *, drawn: str | None = None, **entries: Any) -> Over:  # noqa: ANN401
    """Return a text field; `drawn` is the text of its drawing, None where it has none."""

    def make(document: pikepdf.Pdf) -> list[pikepdf.Object]:
        field = _widget(document, rect, FT=Name.Tx, T=f"field{rect}", **entries)
        if value is not None:
            field.V = pikepdf.String(value)
        if drawn is not None:
            field.AP = Dictionary(N=_drawing(document, rect, drawn))
        return [field]

    return make


def inherited(value: str, *rects: Rect) -> Over:
    """Return one field that stands at several places; its value is its parent's."""

    def make(document: pikepdf.Pdf) -> list[pikepdf.Object]:
        parent = document.make_indirect(Dictionary(FT=Name.Tx, T="same", V=pikepdf.String(value)))
        return [_widget(document, rect, Parent=parent) for rect in rects]

    return make


def choice(value: object, rect: Rect, options: Sequence[tuple[str, str]]) -> Over:
    """Return a list whose options have an exported and a displayed text."""

    def make(document: pikepdf.Pdf) -> list[pikepdf.Object]:
        listed = Array([Array([pikepdf.String(text) for text in pair]) for pair in options])
        return [_widget(document, rect, FT=Name.Ch, T=f"choice{rect}", Opt=listed, V=value)]

    return make


def check(rect: Rect, *, on: bool, drawn: bool = True, name: str = "box") -> Over:
    """Return a check box; without drawings only its field's value says whether it is on."""

    def make(document: pikepdf.Pdf) -> list[pikepdf.Object]:
        state = Name("/Yes" if on else "/Off")
        box = _widget(document, rect, FT=Name.Btn, T=name, V=state)
        if drawn:
            box.AS = state
            box.AP = Dictionary(N=_states(document, rect, "/Yes"))
        return [box]

    return make


def radio(chosen: str, **rects: Rect) -> Over:
    """Return a group of radio buttons by the names of their states."""

    def make(document: pikepdf.Pdf) -> list[pikepdf.Object]:
        group = document.make_indirect(
            Dictionary(FT=Name.Btn, Ff=RADIO, T="speed", V=Name(f"/{chosen}"))
        )
        buttons = []
        for state, rect in rects.items():
            button = _widget(document, rect, Parent=group)
            button.AS = Name(f"/{state}" if state == chosen else "/Off")
            button.AP = Dictionary(N=_states(document, rect, f"/{state}"))
            buttons.append(button)
        return buttons

    return make


def note(kind: str, rect: Rect, **entries: Any) -> Over:  # noqa: ANN401 - any entry of a PDF
    """Return a comment of a kind such as `Text` or `Highlight`."""

    def make(document: pikepdf.Pdf) -> list[pikepdf.Object]:
        given = {"F": PRINTED, **entries}
        entry = Dictionary(Type=Name.Annot, Subtype=Name(f"/{kind}"), Rect=Array(rect), **given)
        return [document.make_indirect(entry)]

    return make


def with_locked_attachment(content: bytes, *, streams_too: bool = False) -> bytes:
    """Return a PDF that asks for a password, for its attachments alone or for everything."""
    output = io.BytesIO()
    with pikepdf.open(io.BytesIO(content)) as document:
        document.Root.Names = Dictionary(EmbeddedFiles=Dictionary(Names=Array([])))
        filters = Dictionary(
            StdCF=Dictionary(
                AuthEvent=Name.EFOpen, CFM=Name.AESV2, Length=16, Type=Name.CryptFilter
            )
        )
        # The hashes fit no password; nobody needs one for what is not encrypted.
        lock = document.make_indirect(
            Dictionary(
                Filter=Name.Standard,
                V=4,
                R=4,
                Length=128,
                P=-4,
                O=pikepdf.String(b"o" * 32),
                U=pikepdf.String(b"u" * 32),
                CF=filters,
                EFF=Name.StdCF,
            )
        )
        if streams_too:
            lock.StmF = lock.StrF = Name.StdCF
        document.trailer.Unlocked = lock
        document.save(output, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    return output.getvalue().replace(b"/Unlocked", b"/Encrypt ")


def _widget(document: pikepdf.Pdf, rect: Rect, **entries: Any) -> pikepdf.Object:  # noqa: ANN401
    given = {"F": PRINTED, **entries}
    return document.make_indirect(
        Dictionary(Type=Name.Annot, Subtype=Name.Widget, Rect=Array(rect), **given)
    )


def _helvetica() -> Dictionary:
    return Dictionary(
        Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica, Encoding=Name.WinAnsiEncoding
    )


def _drawing(document: pikepdf.Pdf, rect: Rect, text: str) -> pikepdf.Stream:
    width, height = rect[2] - rect[0], rect[3] - rect[1]
    content = f"BT /Helv 11 Tf 2 4 Td ({text}) Tj ET" if text else ""
    return document.make_stream(
        content.encode("latin-1"),
        Type=Name.XObject,
        Subtype=Name.Form,
        BBox=Array([0, 0, width, height]),
        Resources=Dictionary(Font=Dictionary(Helv=_helvetica())),
    )


def _states(document: pikepdf.Pdf, rect: Rect, on: str) -> Dictionary:
    drawings = Dictionary(Off=_drawing(document, rect, ""))
    drawings[on] = _drawing(document, rect, "4")
    return drawings
