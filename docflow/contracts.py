"""Names that two sides must agree on: functions, events, containers, queues, paths, ids.

A registered function, its file, its Python function and its constant here have the same name.
"""

from __future__ import annotations

import hashlib
from enum import StrEnum

WORKFLOW_VERSION = "1"
"""Version of the orchestrations, part of every record. Raise it when their steps change."""

RESULT_SCHEMA_VERSION = 1

APPROVAL_EVENT = "ApprovalDecision"


class Orchestrator(StrEnum):
    """Names of the registered orchestrators."""

    PROCESS_DOCUMENT = "process_document"
    READ_PAGES = "read_pages"
    SUMMARIZE_DOCUMENT = "summarize_document"
    DELIVER = "deliver"


class Activity(StrEnum):
    """Names of the registered activities."""

    INSPECT_DOCUMENT = "inspect_document"
    UNPACK_MAIL = "unpack_mail"
    PREPARE_PAGES = "prepare_pages"
    OCR_PAGE = "ocr_page"
    ASSEMBLE_TRANSCRIPT = "assemble_transcript"
    SUMMARIZE_PART = "summarize_part"
    COMBINE_SUMMARIES = "combine_summaries"
    JUDGE_URGENCY = "judge_urgency"
    CHECK_SUMMARY = "check_summary"
    CONFIRM_SOURCE = "confirm_source"
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
    """Names of the blob containers."""

    INCOMING = "incoming"
    WORK = "work"
    RESULTS = "results"
    QUARANTINE = "quarantine"


UNDELIVERED_CONTAINER = "undelivered"
"""Container in which Event Grid puts events that it could not deliver."""

CACHE_FOLDER = "cache/"
"""Folder in `work` with cached answers of OCR and the model: both cost money."""

MAIL_TYPE = "message/rfc822"

PARENT_METADATA = "docflowparent"
"""Metadata key on an attachment's blob: its value is the document id of the mail."""

FOLDER_METADATA = "hdi_isfolder"
"""Metadata key that accounts with hierarchical namespaces set to `true` on the blob of a folder."""

RECEIPT_METADATA = "docflowreceipt"
"""Metadata key on the blob of a file that came by the API: its value is the key of the receipt."""

LONGEST_BLOB_NAME = 1_024
"""Limit of Blob Storage, in characters."""

PROCESSED_QUEUE = "document-processed"
"""Storage queue with one message for each document that ended."""

INDEX_TABLE = "documents"
"""Table of the document index."""

LIMITS_TABLE = "limits"
"""Table of the rate limits that all instances of the app share."""
OCR_RATE = "ocr"
"""Row key of the rate limit for OCR."""


def document_id_for(container: str, name: str, etag: str) -> str:
    """Return the document id of an uploaded blob.

    An upload event that is delivered twice has the same container, name and ETag, so it has the
    same id. New bytes under an old name have a new ETag, so they become a new document.

    Returns:
        32 lower-case hex digits, which are safe in paths, table keys and Jira labels and as an
        instance id.
    """
    identity = "\n".join((container, name, etag.strip('"')))
    return hashlib.sha256(identity.encode()).hexdigest()[:32]


def attempt_id_for(first_document_id: str, attempt: int) -> str:
    """Return the document id of an attempt at the same upload; `attempt` counts from 1."""
    return first_document_id if attempt == 1 else f"{first_document_id}-{attempt}"


def ticket_label_for(document_id: str) -> str:
    """Return the label by which the ticket desk finds the document's issue."""
    return f"docflow-{document_id}"


def ticket_search_for(document_id: str) -> str:
    """Return the search (JQL) with which a person finds the document's issue."""
    return f'labels = "{ticket_label_for(document_id)}"'
