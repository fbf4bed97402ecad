"""Every error code: what it means, what to do about it, and whether it passes by itself.

The tables of docs/errors.md are made from this module by `python -m devstack.error_tables`.
"""

from __future__ import annotations

from enum import StrEnum
from http import HTTPStatus
from typing import Self


class Section(StrEnum):
    """A section of docs/errors.md, by its heading."""

    SET_ASIDE = "Files that were set aside"
    PAGES = "Reading pages"
    MACHINES = "Busy machines"
    MODEL = "The model"
    DELIVERY = "Delivery"
    STEPS = "Storage and steps"
    INSTANCE = "The state of an instance"
    INTAKE = "Taking documents on"
    API = "Requests to the HTTP API"


class Retried(StrEnum):
    """Whether what failed is tried again by itself, as docs/errors.md words it."""

    YES = "yes"
    NO = "no"
    BY_STEP = "its steps, as below"


class ErrorCode(StrEnum):
    """What can go wrong, as a stable code.

    A code is its own name, and a plain text wherever it is stored: histories and records may hold
    codes of other versions. Each member says in this order: the code, the section that explains
    it, what it means, what to do, whether it is retried and, where the HTTP API can answer with
    it, the status of that answer.
    """

    section: Section
    meaning: str
    remedy: str
    retried: Retried
    status: HTTPStatus | None

    def __new__(
        cls,
        code: str,
        section: Section,
        meaning: str,
        remedy: str,
        retried: Retried,
        status: HTTPStatus | None = None,
    ) -> Self:
        """Make a member; called for the lines below alone."""
        member = str.__new__(cls, code)
        member._value_ = code
        member.section = section
        member.meaning = meaning
        member.remedy = remedy
        member.retried = retried
        member.status = status
        return member

    @property
    def heals(self) -> bool:
        """Whether time may heal it, so that trying again can help."""
        return self.retried is Retried.YES

    @classmethod
    def of_stopped_instance(cls, state: str) -> Self:
        """Return the code for an instance that ended in a state other than `Completed`.

        Args:
            state: The state in the words of the durable client, for example `Terminated`.

        Raises:
            KeyError: An instance never ends in this state.
        """
        return cls[f"INSTANCE_{state.upper()}"]

    UNSUPPORTED_TYPE = (
        "UNSUPPORTED_TYPE",
        Section.SET_ASIDE,
        "The content of the file is none of PDF, TIFF, PNG, JPEG, BMP, DOCX, XLSX, PPTX, HTML, "
        "mail (EML), plain text or Markdown; an Office document with macros counts as that too. "
        "The name does not count.",
        "Export or print it to PDF and send that; save a document with macros without them.",
        Retried.NO,
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    )
    EMPTY_FILE = (
        "EMPTY_FILE",
        Section.SET_ASIDE,
        "The file has no bytes, or nothing but blank characters.",
        "Check the original; the scan or the transfer was interrupted.",
        Retried.NO,
        HTTPStatus.BAD_REQUEST,
    )
    ENCRYPTED = (
        "ENCRYPTED",
        Section.SET_ASIDE,
        "The PDF or Office document opens only with a password, or the mail is encrypted or "
        "wrapped in its signature (S/MIME, PGP).",
        "Remove the password, or send what the mail says in a plain mail.",
        Retried.NO,
        HTTPStatus.UNPROCESSABLE_ENTITY,
    )
    DAMAGED = (
        "DAMAGED",
        Section.SET_ASIDE,
        "Something is missing or broken, mostly because the file was cut off.",
        "Open it to check, save or scan it again, send it again.",
        Retried.NO,
        HTTPStatus.UNPROCESSABLE_ENTITY,
    )
    UNREADABLE = (
        "UNREADABLE",
        Section.SET_ASIDE,
        "The file crashed the parser or exceeded its limits (`PARSER_TIMEOUT_SECONDS`, "
        "`PARSER_MEMORY_MB`), not by one to three of its pages alone (`PAGE_UNREADABLE`); or a "
        "picture has too many pixels (four times `MAX_PAGE_PIXELS`), or an Office document "
        "unpacks to more than half of `PARSER_MEMORY_MB`, or the pages for OCR, each by itself, "
        "take more disk than that memory.",
        "Save it with another program, print it to PDF, or send it in a lower resolution. If "
        "many files are affected, raise the limits.",
        Retried.NO,
        HTTPStatus.UNPROCESSABLE_ENTITY,
    )
    TOO_LARGE = (
        "TOO_LARGE",
        Section.SET_ASIDE,
        "More bytes than `MAX_DOCUMENT_BYTES`.",
        "Split it, or send it in a lower resolution.",
        Retried.NO,
    )
    TOO_MANY_PAGES = (
        "TOO_MANY_PAGES",
        Section.SET_ASIDE,
        "More pages than `MAX_DOCUMENT_PAGES`; slides, sheets, and 3,000 characters of a text "
        "document or web page count as pages.",
        "Split it and send the parts.",
        Retried.NO,
    )
    TOO_MANY_ATTACHMENTS = (
        "TOO_MANY_ATTACHMENTS",
        Section.SET_ASIDE,
        "A mail has more attachments than `MAX_ATTACHMENTS`.",
        "Send them in several mails, or as files.",
        Retried.NO,
    )
    NO_TEXT = (
        "NO_TEXT",
        Section.SET_ASIDE,
        "No page holds any text; with `OCR_MODE` `never`, none that can be read without OCR.",
        "Check that it is the right file, or scan it again. Where OCR is off, turn it on and "
        "reprocess.",
        Retried.NO,
    )
    SOURCE_CHANGED = (
        "SOURCE_CHANGED",
        Section.SET_ASIDE,
        "The upload was overwritten or deleted before it could be read. A newer version is a "
        "document of its own.",
        "Nothing, if there is a newer version; otherwise upload it again.",
        Retried.NO,
    )
    TOO_FEW_PAGES_READ = (
        "TOO_FEW_PAGES_READ",
        Section.PAGES,
        "Too many pages of the file are unreadable.",
        "Send a better copy of the file.",
        Retried.NO,
    )
    PAGE_DAMAGED = (
        "PAGE_DAMAGED",
        Section.PAGES,
        "The page is broken in an otherwise sound PDF.",
        "Save the file again with another program; reprocessing alone cannot help.",
        Retried.NO,
    )
    PAGE_UNREADABLE = (
        "PAGE_UNREADABLE",
        Section.PAGES,
        "The page of a PDF or TIFF crashed the parser, took more than its memory "
        "(`PARSER_MEMORY_MB`), or more than a third of the time that was left (of "
        "`PARSER_TIMEOUT_SECONDS`); the other pages were read. With more than three such pages, "
        "or no other, the file is `UNREADABLE`.",
        "Look at the page; save the file again with another program, or print it to PDF. If large "
        "drawings are affected, raise the limits and reprocess.",
        Retried.NO,
    )
    OCR_PAGE_REJECTED = (
        "OCR_PAGE_REJECTED",
        Section.PAGES,
        "Document Intelligence took the request and cannot read this page.",
        "Look at the page; scan it again if it matters.",
        Retried.NO,
    )
    OCR_THROTTLED = (
        "OCR_THROTTLED",
        Section.PAGES,
        "Document Intelligence answered 429, or the free tier's calls are spent.",
        "Wait and reprocess; if that does not help, ask for a higher quota or lower "
        "`OCR_REQUESTS_PER_SECOND`.",
        Retried.YES,
    )
    OCR_RATE_LIMITED = (
        "OCR_RATE_LIMITED",
        Section.PAGES,
        "More pages wait than `OCR_REQUESTS_PER_SECOND` lets through in a minute.",
        "Reprocess; raise the limit if the quota of Document Intelligence allows it, or run "
        "fewer instances.",
        Retried.YES,
    )
    OCR_UNAVAILABLE = (
        "OCR_UNAVAILABLE",
        Section.PAGES,
        "Document Intelligence is down, failed on its side, or could not be reached.",
        "See [outages](operations.md#an-outage). Reprocess once it is back.",
        Retried.YES,
    )
    OCR_TIMEOUT = (
        "OCR_TIMEOUT",
        Section.PAGES,
        "Document Intelligence did not finish the page within `OCR_TIMEOUT_SECONDS`.",
        "Reprocess; raise the limit if large pages need longer.",
        Retried.YES,
    )
    OCR_UNAUTHORIZED = (
        "OCR_UNAUTHORIZED",
        Section.PAGES,
        "Document Intelligence refused the key or the identity.",
        "Check `DOCUMENT_INTELLIGENCE_KEY`, or give the app's identity the role Cognitive "
        "Services User; then reprocess.",
        Retried.NO,
    )
    OCR_NOT_FOUND = (
        "OCR_NOT_FOUND",
        Section.PAGES,
        "No service answers at the address.",
        "Correct `DOCUMENT_INTELLIGENCE_ENDPOINT`; then reprocess.",
        Retried.NO,
    )
    PARSER_STARVED = (
        "PARSER_STARVED",
        Section.MACHINES,
        "A file was not read within `PARSER_TIMEOUT_SECONDS` because the machine gave its parser "
        "less than half of that time, or no memory, or the parser ended before it began with the "
        "file. After three such tries the file is set aside as `UNREADABLE`.",
        "Lower `maxConcurrentActivityFunctions` or raise the memory of an instance; then "
        "reprocess.",
        Retried.YES,
        HTTPStatus.SERVICE_UNAVAILABLE,
    )
    MODEL_THROTTLED = (
        "MODEL_THROTTLED",
        Section.MODEL,
        "Azure OpenAI answered 429: more tokens or requests than the deployment's capacity.",
        "Wait and reprocess; if that does not help, raise the capacity of the deployment.",
        Retried.YES,
    )
    MODEL_UNAVAILABLE = (
        "MODEL_UNAVAILABLE",
        Section.MODEL,
        "Azure OpenAI is down, failed on its side, or gave no answer within "
        "`MODEL_TIMEOUT_SECONDS`.",
        "See [outages](operations.md#an-outage). Reprocess once it is back.",
        Retried.YES,
    )
    MODEL_ANSWER_INVALID = (
        "MODEL_ANSWER_INVALID",
        Section.MODEL,
        "The answer was not of the form asked for. Each try costs tokens.",
        "Reprocess. If one document always ends like this, try another model or prompt version.",
        Retried.YES,
    )
    MODEL_UNAUTHORIZED = (
        "MODEL_UNAUTHORIZED",
        Section.MODEL,
        "Azure OpenAI refused the key or the identity.",
        "Check `AZURE_OPENAI_KEY`, or give the app's identity the role Cognitive Services OpenAI "
        "User; then reprocess.",
        Retried.NO,
    )
    MODEL_NOT_DEPLOYED = (
        "MODEL_NOT_DEPLOYED",
        Section.MODEL,
        "There is no deployment of that name.",
        "Correct `AZURE_OPENAI_DEPLOYMENT` or `AZURE_OPENAI_ENDPOINT`; then reprocess.",
        Retried.NO,
    )
    MODEL_REQUEST_REJECTED = (
        "MODEL_REQUEST_REJECTED",
        Section.MODEL,
        "Azure OpenAI does not take the request, for example because the model knows no "
        "structured outputs or the API version is too old.",
        "Check `AZURE_OPENAI_API_VERSION` and the model; the log names the service's own short "
        "code.",
        Retried.NO,
    )
    CONTENT_FILTERED = (
        "CONTENT_FILTERED",
        Section.MODEL,
        "The content filter stopped the request or the answer.",
        "A person has to read this document; or adjust the filter of the deployment and reprocess.",
        Retried.NO,
    )
    MODEL_REFUSED = (
        "MODEL_REFUSED",
        Section.MODEL,
        "The model declined to answer.",
        "A person has to read this document.",
        Retried.NO,
    )
    ANSWER_TOO_LONG = (
        "ANSWER_TOO_LONG",
        Section.MODEL,
        "The answer reached `SUMMARY_MAX_TOKENS` or `URGENCY_MAX_TOKENS`.",
        "Raise the limit and reprocess.",
        Retried.NO,
    )
    DELIVERY_FAILED = (
        "DELIVERY_FAILED",
        Section.DELIVERY,
        "A step failed for good and the delivery was undone.",
        "Look up the inner code here, remove its cause, reprocess.",
        Retried.BY_STEP,
    )
    TICKETS_UNAVAILABLE = (
        "TICKETS_UNAVAILABLE",
        Section.DELIVERY,
        "Jira is down, or it throttles.",
        "See [outages](operations.md#an-outage).",
        Retried.YES,
    )
    TICKETS_UNAUTHORIZED = (
        "TICKETS_UNAUTHORIZED",
        Section.DELIVERY,
        "Jira refused the user or the token.",
        "Check `JIRA_USER` and `JIRA_TOKEN`, and that this user may work in `JIRA_PROJECT`.",
        Retried.NO,
    )
    TICKET_REJECTED = (
        "TICKET_REJECTED",
        Section.DELIVERY,
        "Jira does not take the issue, or an issue has no transition that cancels it.",
        "Check `JIRA_PROJECT`, `JIRA_ISSUE_TYPE`, `JIRA_CANCEL_TRANSITION` (the target status, "
        "where transition and status differ in name), and the fields that the project requires.",
        Retried.NO,
    )
    WEBHOOK_UNAVAILABLE = (
        "WEBHOOK_UNAVAILABLE",
        Section.DELIVERY,
        "The receiver of notifications is down, or it throttles.",
        "Bring it back, or set `NOTIFICATION_WEBHOOK_URL` to nothing, which turns notifications "
        "off.",
        Retried.YES,
    )
    WEBHOOK_REJECTED = (
        "WEBHOOK_REJECTED",
        Section.DELIVERY,
        "The receiver does not take the notification; redirects count as that.",
        "Check `NOTIFICATION_WEBHOOK_URL` and `NOTIFICATION_WEBHOOK_SECRET`.",
        Retried.NO,
    )
    STORAGE_UNAVAILABLE = (
        "STORAGE_UNAVAILABLE",
        Section.STEPS,
        "Azure Storage is down or throttles, or a row of the index is written by too many at once.",
        "See [outages](operations.md#an-outage).",
        Retried.YES,
        HTTPStatus.SERVICE_UNAVAILABLE,
    )
    STORAGE_UNAUTHORIZED = (
        "STORAGE_UNAUTHORIZED",
        Section.STEPS,
        "Azure Storage refused the connection string or the identity.",
        "Check `DOCUMENTS_STORAGE`, or the roles of the app's identity (see "
        "[deployment](deployment.md#who-may-do-what)).",
        Retried.NO,
        HTTPStatus.UNPROCESSABLE_ENTITY,
    )
    STORAGE_REJECTED = (
        "STORAGE_REJECTED",
        Section.STEPS,
        "Azure Storage does not take the request.",
        "The log names the service's own short code; mostly a name or a size that it does "
        "not allow.",
        Retried.NO,
        HTTPStatus.UNPROCESSABLE_ENTITY,
    )
    ARTEFACT_MISSING = (
        "ARTEFACT_MISSING",
        Section.STEPS,
        "Something that an earlier step left in `work` is gone, mostly deleted by hand or by a "
        "lifecycle rule.",
        "Reprocess. Keep the container `work` for at least as long as `APPROVAL_TIMEOUT_SECONDS`.",
        Retried.NO,
        HTTPStatus.NOT_FOUND,
    )
    STEP_FAILED = (
        "STEP_FAILED",
        Section.STEPS,
        "A step ended abnormally: a defect, or an instance that was lost in the middle.",
        "If the log shows an exception at that time, report it with the id of the document. "
        "Otherwise reprocess.",
        Retried.YES,
    )
    CONFIGURATION = (
        "CONFIGURATION",
        Section.STEPS,
        "A setting is missing or wrong. At start, the app does not start and the message names "
        "every such setting.",
        "Correct the settings and start again.",
        Retried.NO,
        HTTPStatus.INTERNAL_SERVER_ERROR,
    )
    INSTANCE_FAILED = (
        "INSTANCE_FAILED",
        Section.INSTANCE,
        "The orchestration itself failed: its end could not be recorded (storage was down for "
        "all tries), or new code does not fit the history of an instance in flight.",
        "Read the instance's output (status query); see "
        "[deploying](operations.md#deploying-with-documents-in-flight). Reprocess.",
        Retried.NO,
    )
    INSTANCE_TERMINATED = (
        "INSTANCE_TERMINATED",
        Section.INSTANCE,
        "Somebody ended the orchestration through the durable API.",
        "Reprocess if the document is still wanted.",
        Retried.NO,
    )
    INSTANCE_CANCELED = (
        "INSTANCE_CANCELED",
        Section.INSTANCE,
        "The durable backend cancelled the orchestration.",
        "Reprocess if the document is still wanted.",
        Retried.NO,
    )
    LEASE_TAKEN = (
        "LEASE_TAKEN",
        Section.INTAKE,
        "Another delivery of the same upload is just starting the document, or somebody else holds "
        "the blob.",
        "Try again.",
        Retried.YES,
        HTTPStatus.SERVICE_UNAVAILABLE,
    )
    START_TIMED_OUT = (
        "START_TIMED_OUT",
        Section.INTAKE,
        "Starting took longer than 12 s.",
        "Try again; nothing is started twice.",
        Retried.YES,
        HTTPStatus.SERVICE_UNAVAILABLE,
    )
    ORCHESTRATION_UNAVAILABLE = (
        "ORCHESTRATION_UNAVAILABLE",
        Section.INTAKE,
        "The durable backend did not do as asked.",
        "Try again; check the storage account of the host.",
        Retried.YES,
        HTTPStatus.SERVICE_UNAVAILABLE,
    )
    BAD_REQUEST = (
        "BAD_REQUEST",
        Section.API,
        "A parameter is wrong; the detail names it.",
        "Correct it.",
        Retried.NO,
        HTTPStatus.BAD_REQUEST,
    )
    INVALID_DECISION = (
        "INVALID_DECISION",
        Section.API,
        "The body is not a decision; the detail names each wrong field.",
        "Correct it. `approved` (true or false) is the only required field.",
        Retried.NO,
        HTTPStatus.BAD_REQUEST,
    )
    BAD_CONTINUATION = (
        "BAD_CONTINUATION",
        Section.API,
        "The continuation is not one that a listing gave.",
        "List from the start.",
        Retried.NO,
        HTTPStatus.BAD_REQUEST,
    )
    NOT_FOUND = (
        "NOT_FOUND",
        Section.API,
        "There is no such document, page or result yet, or the format has no pictures of pages "
        "(DOCX, XLSX, PPTX, HTML).",
        "Check the id; a result exists only once the document is at its end.",
        Retried.NO,
        HTTPStatus.NOT_FOUND,
    )
    NOT_WAITING = (
        "NOT_WAITING",
        Section.API,
        "The document does not wait for a decision.",
        "Nothing; the detail says where it stands.",
        Retried.NO,
        HTTPStatus.CONFLICT,
    )
    DECIDED_ALREADY = (
        "DECIDED_ALREADY",
        Section.API,
        "The first decision counts, and this is a later one.",
        "Nothing.",
        Retried.NO,
        HTTPStatus.CONFLICT,
    )
    REVIEW_EXPIRED = (
        "REVIEW_EXPIRED",
        Section.API,
        "The time to decide is over.",
        "Reprocess, if a decision is still wanted.",
        Retried.NO,
        HTTPStatus.CONFLICT,
    )
    ATTEMPT_RUNNING = (
        "ATTEMPT_RUNNING",
        Section.API,
        "Reprocessing was asked for while the last attempt still runs.",
        "Wait for its end, or terminate it first.",
        Retried.NO,
        HTTPStatus.CONFLICT,
    )
    SOURCE_GONE = (
        "SOURCE_GONE",
        Section.API,
        "Reprocessing was asked for and the file is no longer stored.",
        "Upload it again.",
        Retried.NO,
        HTTPStatus.CONFLICT,
    )
    FILE_TOO_LARGE = (
        "FILE_TOO_LARGE",
        Section.API,
        "More bytes than `MAX_UPLOAD_BYTES`.",
        "Upload it to the container `incoming` instead.",
        Retried.NO,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    )
    TOO_LARGE_TO_SEND = (
        "TOO_LARGE_TO_SEND",
        Section.API,
        "The original is too large for an HTTP answer.",
        "Fetch it from the container that the detail names.",
        Retried.NO,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    )
    INTERNAL_ERROR = (
        "INTERNAL_ERROR",
        Section.API,
        "A defect.",
        "Look up the invocation id of the detail in the log, and report it.",
        Retried.NO,
        HTTPStatus.INTERNAL_SERVER_ERROR,
    )
    TIMEOUT = (
        "TIMEOUT",
        Section.API,
        "In the health check: a dependency did not answer within 5 s.",
        "Check that dependency; after a cold start, ask again.",
        Retried.NO,
    )
