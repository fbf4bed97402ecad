"""The form that letters and notices share: letterhead, address, date, subject, text, signature."""

from __future__ import annotations

from dataclasses import dataclass, field

from reportlab.platypus import Flowable, KeepTogether, Paragraph

from samples.builders.layout import Faces, gap, lines, rule, styles_for


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What a letter says; the form is the same for all."""

    sender: str
    sender_lines: tuple[str, ...]
    recipient: tuple[str, ...]
    date: str
    references: tuple[str, ...] = ()
    banner: str = ""
    subject: str
    salutation: str
    text: tuple[str | Flowable, ...] = field(default=())
    closing: str = "Yours sincerely,"
    signature: str = ""
    signatory: tuple[str, ...]


def letter_story(letter: Letter, faces: Faces, *, size: float = 10.5) -> list[Flowable]:
    """Sets a letter.

    Args:
        letter: Its text.
        faces: The fonts to set it in.
        size: The size of body text, in points.

    Returns:
        The flowables, for one page or more as the text needs.
    """
    styles = styles_for(faces, size)
    story: list[Flowable] = [
        Paragraph(letter.sender, styles.title),
        lines(letter.sender_lines, styles.small),
        gap(2),
        rule(),
        lines(letter.recipient, styles.body),
        lines((letter.date, *letter.references), styles.right),
        gap(3),
    ]
    if letter.banner:
        story.append(Paragraph(letter.banner, styles.centred))
    story += [
        Paragraph(letter.subject, styles.heading),
        Paragraph(letter.salutation, styles.body),
        *(Paragraph(part, styles.body) if isinstance(part, str) else part for part in letter.text),
    ]
    ending: list[Flowable] = [Paragraph(letter.closing, styles.body)]
    ending.append(Paragraph(letter.signature, styles.signature) if letter.signature else gap(8))
    ending += [gap(4), lines(letter.signatory, styles.body)]
    story.append(KeepTogether(ending))
    return story
