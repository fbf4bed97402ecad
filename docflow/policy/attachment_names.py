"""How attachments of mails are named and linked, so that each becomes one document, once."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from pathlib import PurePosixPath

from docflow.contracts import LONGEST_BLOB_NAME, PARENT_METADATA

LONGEST_MAIL_NAME = 800
LONGEST_NAME = 120
LONGEST_SUFFIX = 16
FORBIDDEN = re.compile(r'[/\\:*?"<>|#%]')
"""What paths, addresses or file systems give a meaning to."""
UNPRINTABLE = {"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"}
"""Characters that are not seen, some of which turn what stands beside them around."""
DOCUMENT_ID = re.compile(r"[0-9a-f]{32}")


def attachment_name(mail_name: str, document_id: str, number: int, name: str) -> str:
    """Give the blob name under which an attachment is put into `incoming`.

    The same attachment of the same mail has the same name however often it is unpacked; another
    mail of the same name has another id, and so leaves it alone.
    """
    folder = f"{mail_name[:LONGEST_MAIL_NAME]}.attachments"
    return f"{folder}/{document_id[:8]}-{number:02d}-{safe_name(name)}"[:LONGEST_BLOB_NAME]


def safe_name(name: str) -> str:
    """Make a file name of whatever a sender wrote: one part of a path, visible, not too long."""
    composed = unicodedata.normalize("NFC", name)
    visible = "".join(c for c in composed if unicodedata.category(c) not in UNPRINTABLE)
    words = " ".join(FORBIDDEN.sub("_", visible).split()).strip(". ")
    suffix = PurePosixPath(words).suffix
    if len(suffix) > LONGEST_SUFFIX:
        suffix = ""
    stem = words.removesuffix(suffix)[: LONGEST_NAME - len(suffix)]
    return f"{stem}{suffix}" or "attachment"


def parent_of(metadata: Mapping[str, str]) -> str | None:
    """Read from a blob's metadata which mail it was attached to; anybody may have written it."""
    parent = metadata.get(PARENT_METADATA, "")
    return parent if DOCUMENT_ID.fullmatch(parent) else None
