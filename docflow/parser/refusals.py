"""Why a file cannot be read, with what its sender can do about it."""

from __future__ import annotations

from docflow.parser.limits import Limits
from docflow.parser.registry import names_of_formats


class Refusal(Exception):  # noqa: N818 - an outcome for the sender, not a fault of the parser
    """The file cannot be read; `message` tells the sender what to do."""

    def __init__(self, code: str, message: str, content_type: str | None = None) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.content_type = content_type


class PageMissingError(Exception):
    """The document has no page of this number, or no picture of it."""


def check_page_count(pages: int, limits: Limits, content_type: str) -> int:
    """Return the page count.

    Raises:
        Refusal: the document has too many pages.
    """
    if pages > limits.pages:
        raise Refusal(
            "TOO_MANY_PAGES",
            f"The file has {pages:,} pages, at most {limits.pages:,} are taken: split it and send "
            "the parts.",
            content_type,
        )
    return pages


def too_large_to_split(content_type: str, limits: Limits) -> Refusal:
    """Return the refusal of a file whose page files are far larger together than the file."""
    return Refusal(
        "UNREADABLE",
        "The pages of the file, each saved as a file of its own, take more than "
        f"{limits.split_bytes // 1024**2:,} MB: split it and send the parts, or print it to PDF.",
        content_type,
    )


def not_taken(what: str = "of an unknown format") -> Refusal:
    """Return the refusal of a format that is not taken."""
    return Refusal(
        "UNSUPPORTED_TYPE",
        f"The file is {what}, which is not taken: send it as {', '.join(names_of_formats())}; most "
        "programs can export or print to PDF.",
    )


def damaged(content_type: str) -> Refusal:
    """Return the refusal of a file of which something is missing or broken."""
    return Refusal(
        "DAMAGED",
        "The file is damaged or was cut off: open it to check, save or scan it again, and send it "
        "once more.",
        content_type,
    )
