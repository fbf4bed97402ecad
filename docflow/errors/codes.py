"""All error codes: what each means, what to do about it, and whether it is retried.

`python -m devstack.checks.error_tables` makes the tables of docs/errors.md from this module.
"""

from __future__ import annotations

from enum import StrEnum
from http import HTTPStatus
from typing import Self


class Section(StrEnum):
    """Sections of docs/errors.md, by their headings."""

    REFUSED = "Refused files"
    PAGES = "Reading pages"
    MACHINES = "Busy machines"
    MODEL = "The model"
    DELIVERY = "Delivery"
    STEPS = "Storage and steps"
    INSTANCE = "The state of an instance"
    INTAKE = "Taking documents on"
    API = "Requests to the HTTP API"


class Retried(StrEnum):
    """Whether a failed call is retried automatically, in the words of docs/errors.md."""

    YES = "yes"
    NO = "no"
    BY_STEP = "its steps, as below"


class ErrorCode(StrEnum):
    """The stable codes of all failures.

    A code is equal to its name. Stored histories and records contain it as text, and may contain
    codes of other versions. The values of a member are, in this order: the code, the section of
    docs/errors.md, the meaning, the remedy, whether it is retried and, if the HTTP API can answer
    with this code, the status of the answer.
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
        """Create a member from the values below."""
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
        """Return whether a retry can help."""
        return self.retried is Retried.YES

    @classmethod
    def of_stopped_instance(cls, state: str) -> Self:
        """Return the code for an instance that ended in a state other than `Completed`.

        Args:
            state: The state in the words of the durable client, for example `Terminated`.

        Raises:
            KeyError: No instance ends in this state.
        """
        return cls[f"INSTANCE_{state.upper()}"]

    UNSUPPORTED_TYPE = (
        "UNSUPPORTED_TYPE",
        Section.REFUSED,
        "The content of the file is not PDF, TIFF, PNG, JPEG, BMP, DOCX, XLSX, PPTX, HTML, mail "
        "(EML), plain text or Markdown, or it is an Office document with macros. The file name "
        "is not considered.",
        "Export or print it to PDF and send the PDF. Save a document with macros without them.",
        Retried.NO,
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    )
    EMPTY_FILE = (
        "EMPTY_FILE",
        Section.REFUSED,
        "The file has no bytes, or only blank characters.",
        "Check the original. The scan or the transfer may have been interrupted.",
        Retried.NO,
        HTTPStatus.BAD_REQUEST,
    )
    ENCRYPTED = (
        "ENCRYPTED",
        Section.REFUSED,
        "The PDF or Office document needs a password, or the mail is encrypted, or its text is "
        "inside a signature (S/MIME, PGP).",
        "Remove the password, or send the text in a mail without encryption and signature.",
        Retried.NO,
        HTTPStatus.UNPROCESSABLE_ENTITY,
    )
    DAMAGED = (
        "DAMAGED",
        Section.REFUSED,
        "A part of the file is missing or broken. In most cases the transfer was interrupted.",
        "Open the file to check it. Save or scan it again, then send it again.",
        Retried.NO,
        HTTPStatus.UNPROCESSABLE_ENTITY,
    )
    UNREADABLE = (
        "UNREADABLE",
        Section.REFUSED,
        "One of these: the file crashed the parser or exceeded its limits "
        "(`PARSER_TIMEOUT_SECONDS`, `PARSER_MEMORY_MB`), and not only with one to three pages "
        "(`PAGE_UNREADABLE`); a picture has more pixels than four times `MAX_PAGE_PIXELS`; an "
        "Office document unpacks to more than half of `PARSER_MEMORY_MB`; the pages for OCR "
        "together take more disk space than `PARSER_MEMORY_MB`.",
        "Save it with another program, print it to PDF, or send it in a lower resolution. If "
        "many files are affected, raise the limits.",
        Retried.NO,
        HTTPStatus.UNPROCESSABLE_ENTITY,
    )
    TOO_LARGE = (
        "TOO_LARGE",
        Section.REFUSED,
        "The file has more bytes than `MAX_DOCUMENT_BYTES`.",
        "Split it, or send it in a lower resolution.",
        Retried.NO,
    )
    TOO_MANY_PAGES = (
        "TOO_MANY_PAGES",
        Section.REFUSED,
        "The file has more pages than `MAX_DOCUMENT_PAGES`. A slide, a sheet, and 3,000 "
        "characters of a text document or web page each count as a page.",
        "Split it and send the parts.",
        Retried.NO,
    )
    TOO_MANY_ATTACHMENTS = (
        "TOO_MANY_ATTACHMENTS",
        Section.REFUSED,
        "The mail has more attachments than `MAX_ATTACHMENTS`.",
        "Send the attachments in several mails, or as files.",
        Retried.NO,
    )
    NO_TEXT = (
        "NO_TEXT",
        Section.REFUSED,
        "No page has text. With `OCR_MODE` `never`: no page has text that can be read without OCR.",
        "Check that it is the right file, or scan it again. If OCR is off, turn it on and "
        "reprocess.",
        Retried.NO,
    )
    SOURCE_CHANGED = (
        "SOURCE_CHANGED",
        Section.REFUSED,
        "The upload was overwritten or deleted before it could be read, or went on growing after "
        "it was read. A newer version is a separate document, named in `source.successor`.",
        "If there is a newer version, nothing. Otherwise upload the file again.",
        Retried.NO,
    )
    SOURCE_LOST = (
        "SOURCE_LOST",
        Section.REFUSED,
        "The upload was taken and its copy was stored, but the storage does not have the copy any "
        "more: it lost what it had acknowledged, as after a full disk or a crash, or somebody "
        "deleted it from `work`.",
        "Check the storage, then upload the file again.",
        Retried.NO,
    )
    BLOB_ARCHIVED = (
        "BLOB_ARCHIVED",
        Section.REFUSED,
        "The upload is in the archive tier, or on its way back from there. Its content cannot be "
        "read.",
        "Change its access tier to Hot, Cool or Cold and wait until that is done, which takes up "
        "to 15 hours. Then reprocess.",
        Retried.NO,
        HTTPStatus.UNPROCESSABLE_ENTITY,
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
        "The page is broken, but the rest of the PDF is not.",
        "Save the file again with another program and send it. To reprocess cannot help.",
        Retried.NO,
    )
    PAGE_MISSING = (
        "PAGE_MISSING",
        Section.PAGES,
        "The file has more pages than the parser found when it read them one by one.",
        "Look at the page. Save the file again with another program, or print it to PDF.",
        Retried.NO,
    )
    PAGE_UNREADABLE = (
        "PAGE_UNREADABLE",
        Section.PAGES,
        "The page of a PDF or TIFF crashed the parser, needed more memory than "
        "`PARSER_MEMORY_MB`, or needed more than a third of the time that was left of "
        "`PARSER_TIMEOUT_SECONDS`. The other pages were read. If there are more than three such "
        "pages, or no other pages, the file is `UNREADABLE`.",
        "Look at the page. Save the file again with another program, or print it to PDF. If large "
        "drawings are affected, raise the limits and reprocess.",
        Retried.NO,
    )
    OCR_PAGE_REJECTED = (
        "OCR_PAGE_REJECTED",
        Section.PAGES,
        "Document Intelligence accepted the request, but cannot read this page.",
        "Look at the page. If it is important, scan it again.",
        Retried.NO,
    )
    OCR_PAGE_TOO_LARGE = (
        "OCR_PAGE_TOO_LARGE",
        Section.PAGES,
        "The page is larger than Document Intelligence accepts: 4 MB in the free tier F0, 500 MB "
        "in S0, and at most 10,000 pixels a side.",
        "Use the tier S0, or lower `MAX_PAGE_PIXELS`; then reprocess. A better copy does not help.",
        Retried.NO,
    )
    OCR_PAGES_MISSING = (
        "OCR_PAGES_MISSING",
        Section.PAGES,
        "Document Intelligence answered fewer pages than the file has. The free tier (F0) reads "
        "the first two pages of a file and says nothing about the others.",
        "Use the standard tier (S0) of Document Intelligence and reprocess, or print the file to "
        "PDF and send that.",
        Retried.NO,
    )
    OCR_THROTTLED = (
        "OCR_THROTTLED",
        Section.PAGES,
        "Document Intelligence answered 429, or the quota of the free tier is used up.",
        "Wait and reprocess. If that does not help, ask for a higher quota or lower "
        "`OCR_REQUESTS_PER_SECOND`.",
        Retried.YES,
    )
    OCR_RATE_LIMITED = (
        "OCR_RATE_LIMITED",
        Section.PAGES,
        "More pages wait for OCR than `OCR_REQUESTS_PER_SECOND` allows in one minute.",
        "Reprocess. If the quota of Document Intelligence allows it, raise the limit; otherwise "
        "run fewer instances.",
        Retried.YES,
    )
    OCR_UNAVAILABLE = (
        "OCR_UNAVAILABLE",
        Section.PAGES,
        "Document Intelligence is down, failed on its side, or could not be reached.",
        "See [outages](operations.md#an-outage). Reprocess when it works again.",
        Retried.YES,
    )
    OCR_TIMEOUT = (
        "OCR_TIMEOUT",
        Section.PAGES,
        "Document Intelligence did not finish the page within `OCR_TIMEOUT_SECONDS`.",
        "Reprocess. If large pages need more time, raise the limit.",
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
        "What answers at the address is not an API.",
        "Correct host name and port in `DOCUMENT_INTELLIGENCE_ENDPOINT`; then reprocess.",
        Retried.NO,
    )
    OCR_PATH_NOT_FOUND = (
        "OCR_PATH_NOT_FOUND",
        Section.PAGES,
        "An API answers at the address, but it is not Document Intelligence: another kind of Azure "
        "resource, or an address with a wrong path.",
        "Set `DOCUMENT_INTELLIGENCE_ENDPOINT` to the endpoint of the resource; then reprocess.",
        Retried.NO,
    )
    OCR_MODEL_NOT_FOUND = (
        "OCR_MODEL_NOT_FOUND",
        Section.PAGES,
        "Document Intelligence does not have the model `prebuilt-read` in this API version.",
        "Use a resource in a region that offers it; then reprocess.",
        Retried.NO,
    )
    PARSER_STARVED = (
        "PARSER_STARVED",
        Section.MACHINES,
        "A file was not read within `PARSER_TIMEOUT_SECONDS` because the machine was too busy: "
        "the parser got less than half of that time, or no memory, or it ended before it started "
        "to read the file. After three such tries the file is refused as `UNREADABLE`.",
        "Lower `maxConcurrentActivityFunctions` or raise the memory of an instance. Then "
        "reprocess.",
        Retried.YES,
        HTTPStatus.SERVICE_UNAVAILABLE,
    )
    PARSERS_BUSY = (
        "PARSERS_BUSY",
        Section.MACHINES,
        "As many parsers ran in this instance as `PARSERS_AT_ONCE` allows, and none was done "
        "within `PARSER_TIMEOUT_SECONDS`. It says nothing about the file.",
        "Reprocess. If it happens often, let more instances take part, give them more memory, or "
        "raise `PARSERS_AT_ONCE`.",
        Retried.YES,
        HTTPStatus.SERVICE_UNAVAILABLE,
    )
    DISK_SHORT = (
        "DISK_SHORT",
        Section.MACHINES,
        "The temporary disk of the instance had no room for the file and its pages: twice the size "
        "of the file and 32 MB must be free. It says nothing about the file.",
        "Reprocess. If it happens often, lower `maxConcurrentActivityFunctions` or "
        "`MAX_DOCUMENT_BYTES`, or use a plan with more temporary disk (Flex Consumption has 0.8 "
        "GB).",
        Retried.YES,
        HTTPStatus.SERVICE_UNAVAILABLE,
    )
    MODEL_THROTTLED = (
        "MODEL_THROTTLED",
        Section.MODEL,
        "The model's service answered 429: the tokens or requests exceed the capacity of the "
        "deployment.",
        "Wait and reprocess. If that does not help, raise the capacity of the deployment.",
        Retried.YES,
    )
    MODEL_UNAVAILABLE = (
        "MODEL_UNAVAILABLE",
        Section.MODEL,
        "The model's service is down, failed on its side, or did not answer within "
        "`MODEL_TIMEOUT_SECONDS`.",
        "See [outages](operations.md#an-outage). Reprocess when it works again.",
        Retried.YES,
    )
    MODEL_ANSWER_INVALID = (
        "MODEL_ANSWER_INVALID",
        Section.MODEL,
        "The answer of the model did not match the schema. Each try costs tokens.",
        "Reprocess. If the same document fails again, use another model or prompt version.",
        Retried.YES,
    )
    MODEL_UNAUTHORIZED = (
        "MODEL_UNAUTHORIZED",
        Section.MODEL,
        "The model's service refused the key or the identity.",
        "Check `AZURE_OPENAI_KEY` or `MODEL_KEY`, or give the app's identity the role Cognitive "
        "Services OpenAI User; then reprocess.",
        Retried.NO,
    )
    MODEL_NOT_DEPLOYED = (
        "MODEL_NOT_DEPLOYED",
        Section.MODEL,
        "The service has no deployment, or no model, of this name; or the model was retired.",
        "Correct `AZURE_OPENAI_DEPLOYMENT` or `MODEL_NAME`, or the address; then reprocess.",
        Retried.NO,
    )
    MODEL_PATH_NOT_FOUND = (
        "MODEL_PATH_NOT_FOUND",
        Section.MODEL,
        "An API answers at the address of the model, but it has no chat completions there: another "
        "kind of Azure resource, or a base URL with a wrong path.",
        "Correct `AZURE_OPENAI_ENDPOINT` or `MODEL_BASE_URL`; then reprocess.",
        Retried.NO,
    )
    MODEL_ENDPOINT_NOT_FOUND = (
        "MODEL_ENDPOINT_NOT_FOUND",
        Section.MODEL,
        "What answers at the address of the model is not an API.",
        "Correct host name, port and path in `AZURE_OPENAI_ENDPOINT` or `MODEL_BASE_URL`; then "
        "reprocess.",
        Retried.NO,
    )
    MODEL_REQUEST_REJECTED = (
        "MODEL_REQUEST_REJECTED",
        Section.MODEL,
        "The model's service rejected the request, for example because the text is longer than "
        "its context.",
        "Read the code of the service in the message. Use another model, or lower "
        "`SUMMARY_PART_CHARACTERS`.",
        Retried.NO,
    )
    CONTENT_FILTERED = (
        "CONTENT_FILTERED",
        Section.MODEL,
        "The content filter stopped the request or the answer.",
        "A person must read this document. Or change the filter of the deployment and reprocess.",
        Retried.NO,
    )
    MODEL_REFUSED = (
        "MODEL_REFUSED",
        Section.MODEL,
        "The model refused to answer.",
        "A person must read this document.",
        Retried.NO,
    )
    ANSWER_TOO_LONG = (
        "ANSWER_TOO_LONG",
        Section.MODEL,
        "The answer reached `SUMMARY_MAX_TOKENS` or `URGENCY_MAX_TOKENS`, or hidden reasoning used "
        "up `MODEL_REASONING_TOKENS`.",
        "Raise the limit that the message names, or lower `MODEL_REASONING_EFFORT`; then "
        "reprocess.",
        Retried.NO,
    )
    DELIVERY_FAILED = (
        "DELIVERY_FAILED",
        Section.DELIVERY,
        "A step of the delivery failed permanently, and the earlier steps were undone.",
        "The message contains the code of the step. Find it here, remove the cause and reprocess.",
        Retried.BY_STEP,
    )
    TICKETS_UNAVAILABLE = (
        "TICKETS_UNAVAILABLE",
        Section.DELIVERY,
        "Jira is down, or it limits our requests, or it did not say whether it opened an issue. "
        "Then its search is asked until it must show the issue (`JIRA_SEARCH_LAG_SECONDS`).",
        "See [outages](operations.md#an-outage).",
        Retried.YES,
    )
    TICKETS_UNAUTHORIZED = (
        "TICKETS_UNAUTHORIZED",
        Section.DELIVERY,
        "Jira refused the user or the token.",
        "Check `JIRA_USER` and `JIRA_TOKEN`, and the permissions of this user in `JIRA_PROJECT`. A "
        "token with scopes works only where `JIRA_URL` is "
        "`https://api.atlassian.com/ex/jira/{cloud id}`.",
        Retried.NO,
    )
    TICKET_REJECTED = (
        "TICKET_REJECTED",
        Section.DELIVERY,
        "Jira rejected the issue, or an issue has no transition that cancels it, or the transition "
        "asks for something. The message names the fields.",
        "Check `JIRA_PROJECT`, `JIRA_ISSUE_TYPE`, `JIRA_CANCEL_TRANSITION` (the name of the "
        "transition or of its target status), `JIRA_CANCEL_RESOLUTION`, and the fields that the "
        "project requires.",
        Retried.NO,
    )
    TICKET_IN_DOUBT = (
        "TICKET_IN_DOUBT",
        Section.DELIVERY,
        "The delivery was undone, but nobody knows whether there is an issue: Jira did not say "
        "whether it opened one, and its search did not show one for `JIRA_SEARCH_LAG_SECONDS`.",
        "Search Jira for the label that the record and the timeline name, and close the issue if "
        "there is one. Then reprocess.",
        Retried.NO,
    )
    WEBHOOK_UNAVAILABLE = (
        "WEBHOOK_UNAVAILABLE",
        Section.DELIVERY,
        "The receiver of notifications is down, or it limits our requests.",
        "Start it again, or turn notifications off: set `NOTIFICATION_WEBHOOK_URL` to an empty "
        "value.",
        Retried.YES,
    )
    WEBHOOK_REJECTED = (
        "WEBHOOK_REJECTED",
        Section.DELIVERY,
        "The receiver rejected the notification, or answered with a redirect.",
        "Check `NOTIFICATION_WEBHOOK_URL` and `NOTIFICATION_WEBHOOK_SECRET`.",
        Retried.NO,
    )
    STORAGE_UNAVAILABLE = (
        "STORAGE_UNAVAILABLE",
        Section.STEPS,
        "Azure Storage is down or limits our requests, or too many writers changed one row of the "
        "index.",
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
        "Azure Storage rejected the request.",
        "The log contains the code of the service. In most cases a name or a size is not allowed.",
        Retried.NO,
        HTTPStatus.UNPROCESSABLE_ENTITY,
    )
    STORAGE_NOT_WRITABLE = (
        "STORAGE_NOT_WRITABLE",
        Section.STEPS,
        "In the health check: Azure Storage answers, but writes fail. Locally the disk may be "
        "full.",
        "Locally, free disk space. In Azure, check the state of the storage account.",
        Retried.YES,
        HTTPStatus.SERVICE_UNAVAILABLE,
    )
    CONTAINER_MISSING = (
        "CONTAINER_MISSING",
        Section.STEPS,
        "In the health check: a blob container was deleted. The detail names it.",
        "Create it: `azd provision` in Azure, `python3 dev.py up` locally. The app creates a "
        "missing container when it writes to it, but nobody can drop a file into a missing "
        "`incoming`.",
        Retried.NO,
        HTTPStatus.SERVICE_UNAVAILABLE,
    )
    ARTEFACT_MISSING = (
        "ARTEFACT_MISSING",
        Section.STEPS,
        "An artefact that an earlier step stored in `work` is gone. In most cases a person or a "
        "lifecycle rule deleted it.",
        "Reprocess. Keep blobs in `work` for at least `APPROVAL_TIMEOUT_SECONDS`.",
        Retried.NO,
        HTTPStatus.NOT_FOUND,
    )
    STEP_FAILED = (
        "STEP_FAILED",
        Section.STEPS,
        "A step ended abnormally: a defect in the app, or an instance of the app that stopped "
        "during the step.",
        "If the log shows an exception at that time, report it with the document id. Otherwise "
        "reprocess.",
        Retried.YES,
    )
    CONFIGURATION = (
        "CONFIGURATION",
        Section.STEPS,
        "A setting is missing or wrong. The app does not start, and the message names every wrong "
        "setting.",
        "Correct the settings and start the app again.",
        Retried.NO,
        HTTPStatus.INTERNAL_SERVER_ERROR,
    )
    INSTANCE_FAILED = (
        "INSTANCE_FAILED",
        Section.INSTANCE,
        "The orchestration failed: its end could not be recorded because storage was down during "
        "all tries, or new code does not match the history of a running instance.",
        "Read the output of the instance (status query), see "
        "[deploying](operations.md#deploying-with-documents-in-flight), and reprocess.",
        Retried.NO,
    )
    INSTANCE_TERMINATED = (
        "INSTANCE_TERMINATED",
        Section.INSTANCE,
        "An operator terminated the orchestration through the durable API.",
        "Reprocess if you still need the document.",
        Retried.NO,
    )
    INSTANCE_CANCELED = (
        "INSTANCE_CANCELED",
        Section.INSTANCE,
        "The durable backend cancelled the orchestration.",
        "Reprocess if you still need the document.",
        Retried.NO,
    )
    INSTANCE_LOST = (
        "INSTANCE_LOST",
        Section.INSTANCE,
        "The document was started and has not ended, but the durable backend does not know its "
        "instance: its storage lost it, or somebody purged it.",
        "Check the storage account of the host. Reprocess if you still need the document.",
        Retried.NO,
    )
    LEASE_TAKEN = (
        "LEASE_TAKEN",
        Section.INTAKE,
        "Another delivery of the same upload is starting the document, or another program holds a "
        "lease on the blob.",
        "Try again.",
        Retried.YES,
        HTTPStatus.SERVICE_UNAVAILABLE,
    )
    START_TIMED_OUT = (
        "START_TIMED_OUT",
        Section.INTAKE,
        "The start of the document took longer than 12 s.",
        "Try again. A document is never started twice.",
        Retried.YES,
        HTTPStatus.SERVICE_UNAVAILABLE,
    )
    ORCHESTRATION_UNAVAILABLE = (
        "ORCHESTRATION_UNAVAILABLE",
        Section.INTAKE,
        "The durable backend did not carry out a request.",
        "Try again. If that does not help, check the storage account of the host.",
        Retried.YES,
        HTTPStatus.SERVICE_UNAVAILABLE,
    )
    BAD_REQUEST = (
        "BAD_REQUEST",
        Section.API,
        "A parameter is wrong. The detail names it.",
        "Correct it.",
        Retried.NO,
        HTTPStatus.BAD_REQUEST,
    )
    INVALID_DECISION = (
        "INVALID_DECISION",
        Section.API,
        "The body is not a valid decision. The detail names each wrong field.",
        "Correct it. `approved` (true or false) is the only required field.",
        Retried.NO,
        HTTPStatus.BAD_REQUEST,
    )
    BAD_CONTINUATION = (
        "BAD_CONTINUATION",
        Section.API,
        "The continuation does not come from an earlier answer.",
        "List from the start, without a continuation.",
        Retried.NO,
        HTTPStatus.BAD_REQUEST,
    )
    NOT_FOUND = (
        "NOT_FOUND",
        Section.API,
        "There is no such document, page or result, or the format has no pictures of pages (DOCX, "
        "XLSX, PPTX, HTML).",
        "Check the id. A result exists only after the document has ended.",
        Retried.NO,
        HTTPStatus.NOT_FOUND,
    )
    NOT_WAITING = (
        "NOT_WAITING",
        Section.API,
        "The document does not wait for a decision.",
        "Nothing. The detail contains the status of the document.",
        Retried.NO,
        HTTPStatus.CONFLICT,
    )
    DECIDED_ALREADY = (
        "DECIDED_ALREADY",
        Section.API,
        "The document already has a decision. The first decision counts.",
        "Nothing.",
        Retried.NO,
        HTTPStatus.CONFLICT,
    )
    REVIEW_EXPIRED = (
        "REVIEW_EXPIRED",
        Section.API,
        "The time for a decision is over.",
        "Reprocess if you still need a decision.",
        Retried.NO,
        HTTPStatus.CONFLICT,
    )
    ATTEMPT_RUNNING = (
        "ATTEMPT_RUNNING",
        Section.API,
        "The document cannot be reprocessed while its last attempt still runs.",
        "Wait until the attempt has ended, or terminate it first.",
        Retried.NO,
        HTTPStatus.CONFLICT,
    )
    SOURCE_GONE = (
        "SOURCE_GONE",
        Section.API,
        "The document cannot be reprocessed because its file is no longer stored.",
        "Upload it again.",
        Retried.NO,
        HTTPStatus.CONFLICT,
    )
    IDEMPOTENCY_KEY_REUSED = (
        "IDEMPOTENCY_KEY_REUSED",
        Section.API,
        "An earlier request with this `Idempotency-Key` sent another file or another name.",
        "Use a new key for each upload, and the same key only to repeat one.",
        Retried.NO,
        HTTPStatus.UNPROCESSABLE_ENTITY,
    )
    FILE_TOO_LARGE = (
        "FILE_TOO_LARGE",
        Section.API,
        "The file has more bytes than `MAX_UPLOAD_BYTES`.",
        "Upload it to the container `incoming` instead.",
        Retried.NO,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    )
    UNSUPPORTED_ENCODING = (
        "UNSUPPORTED_ENCODING",
        Section.API,
        "The `Content-Encoding` of the request is not known.",
        "Send the body as it is, or compressed once, by gzip or deflate.",
        Retried.NO,
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    )
    JSON_EXPECTED = (
        "JSON_EXPECTED",
        Section.API,
        "The body of the request was not sent as JSON.",
        "Send it with `Content-Type: application/json`.",
        Retried.NO,
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    )
    ORIGIN_NOT_ALLOWED = (
        "ORIGIN_NOT_ALLOWED",
        Section.API,
        "A page of another site sent a request that would change something.",
        "If the page is yours, add its origin to `ALLOWED_ORIGINS`.",
        Retried.NO,
        HTTPStatus.FORBIDDEN,
    )
    HOST_NOT_ALLOWED = (
        "HOST_NOT_ALLOWED",
        Section.API,
        "The app on a machine of your own was called by a host name that it does not know.",
        "Call it as `localhost`, or add the name to `ALLOWED_HOSTS`.",
        Retried.NO,
        HTTPStatus.MISDIRECTED_REQUEST,
    )
    TOO_LARGE_TO_SEND = (
        "TOO_LARGE_TO_SEND",
        Section.API,
        "The original is too large for an HTTP answer.",
        "Download it from the container that the detail names.",
        Retried.NO,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    )
    INTERNAL_ERROR = (
        "INTERNAL_ERROR",
        Section.API,
        "A defect in the app.",
        "Find the invocation id from the detail in the log, and report both.",
        Retried.NO,
        HTTPStatus.INTERNAL_SERVER_ERROR,
    )
    TIMEOUT = (
        "TIMEOUT",
        Section.API,
        "In the health check: a dependency did not answer within 5 s.",
        "Check this dependency. After a cold start, ask again.",
        Retried.NO,
    )
