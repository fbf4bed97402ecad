"""Names that two sides must agree on: functions, events, containers, queues, paths, ids.

A registered function, its file, its Python name and its constant here are the same word.
"""

from __future__ import annotations

import hashlib
from enum import StrEnum

WORKFLOW_VERSION = "1"
"""Version of the orchestrations; recorded in every result. Raised when their steps change."""

RESULT_SCHEMA_VERSION = 1

APPROVAL_EVENT = "ApprovalDecision"


class Orchestrator(StrEnum):
    """Registered orchestrators."""

    PROCESS_DOCUMENT = "process_document"
    READ_PAGES = "read_pages"
    SUMMARIZE_DOCUMENT = "summarize_document"
    DELIVER = "deliver"


class Activity(StrEnum):
    """Registered activities."""

    INSPECT_DOCUMENT = "inspect_document"
    UNPACK_MAIL = "unpack_mail"
    PREPARE_PAGES = "prepare_pages"
    OCR_PAGE = "ocr_page"
    ASSEMBLE_TRANSCRIPT = "assemble_transcript"
    SUMMARIZE_PART = "summarize_part"
    COMBINE_SUMMARIES = "combine_summaries"
    JUDGE_URGENCY = "judge_urgency"
    CHECK_SUMMARY = "check_summary"
    UPDATE_INDEX = "update_index"
    REMIND_REVIEWER = "remind_reviewer"
    SETTLE_DECISION = "settle_decision"
    OPEN_TICKET = "open_ticket"
    CANCEL_TICKET = "cancel_ticket"
    WRITE_RECORD = "write_record"
    WITHDRAW_RECORD = "withdraw_record"
    ANNOUNCE_DOCUMENT = "announce_document"
    RETRACT_ANNOUNCEMENT = "retract_announcement"
    NOTIFY_WEBHOOK = "notify_webhook"
    QUARANTINE_SOURCE = "quarantine_source"


class Container(StrEnum):
    """Blob containers."""

    INCOMING = "incoming"
    WORK = "work"
    RESULTS = "results"
    QUARANTINE = "quarantine"


CACHE_FOLDER = "cache/"
"""Where `work` holds answers that were paid for, to be used again."""

MAIL_TYPE = "message/rfc822"

PARENT_METADATA = "docflowparent"
"""Metadata of an attachment's blob: the document id of the mail that it came with."""

LONGEST_BLOB_NAME = 1_024
"""Characters; a limit of Blob Storage."""

PROCESSED_QUEUE = "document-processed"
"""Storage queue that gets one message per document that reached its end."""

INDEX_TABLE = "documents"
"""Table of the document index."""

LIMITS_TABLE = "limits"
"""Table of the rates that all instances keep together."""
OCR_RATE = "ocr"
"""Row of the rate of OCR."""


def document_id_for(container: str, name: str, etag: str) -> str:
    """Derive the id of an uploaded blob.

    The same upload event, delivered twice, names the same container, blob and ETag and so gives the
    same id; new bytes under an old name have a new ETag and so become a new document. The id is 32
    lower-case hex digits: safe in paths, table keys, Jira labels and as an instance id.
    """
    identity = "\n".join((container, name, etag.strip('"')))
    return hashlib.sha256(identity.encode()).hexdigest()[:32]


def attempt_id_for(first_document_id: str, attempt: int) -> str:
    """Derive the id of a later attempt at the same upload (`attempt` counts from 1)."""
    return first_document_id if attempt == 1 else f"{first_document_id}-{attempt}"


def ticket_label_for(document_id: str) -> str:
    """Give the label under which the document's issue is found again in the ticket desk."""
    return f"docflow-{document_id}"
