"""Names and links of attachments: each attachment of a mail becomes one document, once."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from pathlib import PurePosixPath

from docflow.contracts import LONGEST_BLOB_NAME, PARENT_METADATA
from docflow.policy.shown_text import shown

LONGEST_MAIL_NAME = 800
LONGEST_NAME = 120
LONGEST_SUFFIX = 16
FORBIDDEN = re.compile(r'[/\\:*?"<>|#%]')
"""Characters with a special meaning in paths, URLs or file systems."""
UNPRINTABLE = {"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"}
"""Unicode categories of invisible characters; some change the direction of the text around them."""
DOCUMENT_ID = re.compile(r"[0-9a-f]{32}")


def attachment_name(mail_name: str, document_id: str, number: int, name: str) -> str:
    """Return the blob name under which an attachment is put into `incoming`.

    An attachment that is unpacked again gets the same name. Another mail with the same name has
    another id, so its attachments get other names.
    """
    folder = f"{mail_name[:LONGEST_MAIL_NAME]}.attachments"
    return f"{folder}/{document_id[:8]}-{number:02d}-{safe_name(name)}"[:LONGEST_BLOB_NAME]


def safe_name(name: str) -> str:
    """Return a safe file name: one part of a path, without invisible characters, not too long."""
    composed = unicodedata.normalize("NFC", shown(name))
    visible = "".join(c for c in composed if unicodedata.category(c) not in UNPRINTABLE)
    words = " ".join(FORBIDDEN.sub("_", visible).split()).strip(". ")
    suffix = PurePosixPath(words).suffix
    if len(suffix) > LONGEST_SUFFIX:
        suffix = ""
    stem = words.removesuffix(suffix)[: LONGEST_NAME - len(suffix)]
    return f"{stem}{suffix}" or "attachment"


def parent_of(metadata: Mapping[str, str]) -> str | None:
    """Return the id of the mail from a blob's metadata, or None if it is not a document id."""
    parent = metadata.get(PARENT_METADATA, "")
    return parent if DOCUMENT_ID.fullmatch(parent) else None
