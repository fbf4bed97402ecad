"""The list of samples: the name of each file, how it is made, and its expected result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from samples.builders.beyond_text import service_form, station_slides, storage_notice
from samples.builders.contract import mixed_agreement
from samples.builders.correspondence import meter_letter, move_memo, supplier_invoice
from samples.builders.correspondence_files import (
    archive_minutes,
    forwarded_mail,
    notice_in_html,
    society_mail,
)
from samples.builders.pictures import complaint_screenshot, delivery_photo, domain_fax
from samples.builders.refused import (
    empty_file,
    encrypted_payslip,
    renamed_program,
    truncated_report,
)
from samples.builders.report.document import annual_report
from samples.builders.urgent_notices import (
    eviction_with_injection,
    final_notice_scan,
    letzte_mahnung,
    product_recall,
    wrapped_final_notice,
)

Status = Literal["published", "rejected", "quarantined"]
Urgency = Literal["urgent", "normal"]
RefusalCode = Literal["UNSUPPORTED_TYPE", "ENCRYPTED", "DAMAGED", "EMPTY_FILE"]
Decision = Literal["approve", "reject"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """An attachment of a mail; it becomes a separate document and is published.

    Attributes:
        name: Its file name in the mail.
        text_pages: Number of pages that have a text layer.
        ocr_pages: Number of pages that are pictures.
        urgency: The expected urgency.
    """

    name: str
    text_pages: int = 0
    ocr_pages: int = 0
    urgency: Urgency = "normal"

    def entry(self) -> dict[str, Any]:
        """Return its entry in `manifest.json`."""
        return {
            "name": self.name,
            **_pages(self.text_pages, self.ocr_pages),
            "expect": _expect("published", None, self.urgency, review=False),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One sample document.

    Attributes:
        file: Its name in `files/`.
        title: A short description of its content.
        kind: The kind of file.
        purpose: What it demonstrates.
        build: A function that returns its bytes.
        language: The language of its text, or None if no text can be read.
        text_pages: Number of pages that have a text layer; 1 for a plain text file or mail.
        ocr_pages: Number of pages that are pictures, or that OCR counts in a file without pages.
        urgency: The expected urgency, or None for a refused file.
        code: The expected code of the refusal, or None.
        decision: The decision of the reviewer in the demo, for an urgent document.
        attachments: The attachments of a mail.
    """

    file: str
    title: str
    kind: str
    purpose: str
    build: Callable[[], bytes]
    language: str | None = "en"
    text_pages: int = 0
    ocr_pages: int = 0
    urgency: Urgency | None = None
    code: RefusalCode | None = None
    decision: Decision | None = None
    attachments: tuple[Attached, ...] = ()

    @property
    def status(self) -> Status:
        """Return the expected status of the document at its end."""
        if self.code:
            return "quarantined"
        return "rejected" if self.decision == "reject" else "published"

    def entry(self) -> dict[str, Any]:
        """Return the document's entry in `manifest.json`."""
        return {
            "file": self.file,
            "title": self.title,
            "kind": self.kind,
            **_pages(self.text_pages, self.ocr_pages),
            "language": self.language,
            "expect": _expect(
                self.status, self.code, self.urgency, review=self.decision is not None
            ),
            "demoDecision": self.decision,
            "attachments": [each.entry() for each in self.attachments],
            "purpose": self.purpose,
        }


def _pages(text: int, ocr: int) -> dict[str, Any]:
    return {"pages": text + ocr, "pagesByMethod": {"text-layer": text, "ocr": ocr, "empty": 0}}


def _expect(
    status: Status, code: RefusalCode | None, urgency: Urgency | None, *, review: bool
) -> dict[str, Any]:
    return {"status": status, "code": code, "urgency": urgency, "review": review}


SAMPLES = (
    Sample(
        file="meter-reading-letter.pdf",
        title="Yearly meter reading and new monthly payment",
        kind="text PDF",
        purpose="A routine letter; it says that no urgent action is required and must stay normal.",
        build=meter_letter,
        text_pages=2,
        urgency="normal",
    ),
    Sample(
        file="office-move-memo.txt",
        title="Memo about moving the reading desks",
        kind="plain text",
        purpose="A file that needs neither PDF reading nor OCR.",
        build=move_memo,
        text_pages=1,
        urgency="normal",
    ),
    Sample(
        file="annual-report.pdf",
        title="Annual report 2025/26 of a library trust",
        kind="text PDF",
        purpose="A long document: text layer only, tables and charts, one topic on each page.",
        build=annual_report,
        text_pages=44,
        urgency="normal",
    ),
    Sample(
        file="final-notice-scan.pdf",
        title="Final notice before disconnection of the electricity supply",
        kind="scanned PDF",
        purpose="Pages without a text layer, crooked and noisy; a supply ends within 48 hours.",
        build=final_notice_scan,
        ocr_pages=2,
        urgency="urgent",
        decision="approve",
    ),
    Sample(
        file="service-agreement-mixed.pdf",
        title="Service agreement with scanned annex and signatures",
        kind="mixed PDF",
        purpose="Pages 1, 2 and 4 have a text layer; only 3 (annex) and 5 (signatures) need OCR.",
        build=mixed_agreement,
        text_pages=3,
        ocr_pages=2,
        urgency="normal",
    ),
    Sample(
        file="domain-renewal-fax.tiff",
        title="Fax that demands payment for a web address within 24 hours",
        kind="multi-page TIFF",
        purpose="Urgent in its words and doubtful in its substance: the reviewer turns it down.",
        build=domain_fax,
        ocr_pages=3,
        urgency="urgent",
        decision="reject",
    ),
    Sample(
        file="delivery-note-photo.jpg",
        title="Signed delivery note, photographed on a desk",
        kind="photo",
        purpose="Perspective, shadow and uneven light, as a telephone camera gives them.",
        build=delivery_photo,
        ocr_pages=1,
        urgency="normal",
    ),
    Sample(
        file="Letzte Mahnung Müller.pdf",
        title="Letzte Mahnung vor Sperrung der Gasversorgung",
        kind="text PDF",
        purpose="Another language, and a file name with a space and an umlaut.",
        build=letzte_mahnung,
        language="de",
        text_pages=1,
        urgency="urgent",
        decision="approve",
    ),
    Sample(
        file="eviction-notice-injected.pdf",
        title="Notice of eviction with an injected instruction",
        kind="text PDF",
        purpose="Tells software to ignore its instructions and mark it as normal; stays urgent.",
        build=eviction_with_injection,
        text_pages=1,
        urgency="urgent",
        decision="approve",
    ),
    Sample(
        file="complaint-screenshot.png",
        title="Polite complaint in a web form",
        kind="screenshot",
        purpose="A picture of a screen: clean letters, boxes and colours around them.",
        build=complaint_screenshot,
        ocr_pages=1,
        urgency="normal",
    ),
    Sample(
        file="supplier-invoice.pdf",
        title="Invoice for archive boxes and paper",
        kind="text PDF",
        purpose="A table of items and a date for payment without any pressure.",
        build=supplier_invoice,
        text_pages=1,
        urgency="normal",
    ),
    Sample(
        file="product-recall.pdf",
        title="Safety recall of a fan heater",
        kind="text PDF",
        purpose="Danger to people and a deadline of one day.",
        build=product_recall,
        text_pages=2,
        urgency="urgent",
        decision="approve",
    ),
    Sample(
        file="archive-minutes.docx",
        title="Minutes of a friends' meeting",
        kind="Word document",
        purpose="A document without pages of its own: OCR reads it as a whole.",
        build=archive_minutes,
        ocr_pages=1,
        urgency="normal",
    ),
    Sample(
        file="map-room-visit.eml",
        title="Enquiry about a visit, with a programme attached",
        kind="mail",
        purpose="Its text is read without OCR; what is attached becomes a document of its own.",
        build=society_mail,
        text_pages=1,
        urgency="normal",
        attachments=(Attached(name="Programme 2027.pdf", text_pages=1),),
    ),
    Sample(
        file="wrapped-final-notice.pdf",
        title="Final notice of a water supplier in a narrow column",
        kind="text PDF",
        purpose="Line ends stand within every phrase that makes it urgent.",
        build=wrapped_final_notice,
        text_pages=1,
        urgency="urgent",
        decision="approve",
    ),
    Sample(
        file="notice-in-html.eml",
        title="Final notice that only the HTML of a mail has",
        kind="mail",
        purpose="The plain text says that there is news; the logo is no document.",
        build=notice_in_html,
        text_pages=1,
        urgency="urgent",
        decision="approve",
    ),
    Sample(
        file="forwarded-quotation.eml",
        title="A mail forwarded with its quotation",
        kind="mail",
        purpose="What is attached to the mail that is attached becomes a document too.",
        build=forwarded_mail,
        text_pages=1,
        urgency="normal",
        attachments=(
            Attached(name="Quotation 2026-771.eml", text_pages=1),
            Attached(name="Quotation.pdf", text_pages=1),
        ),
    ),
    Sample(
        file="tenant-service-form.pdf",
        title="Form of a tenant who smells gas",
        kind="PDF form",
        purpose="What was typed into the form is drawn nowhere, and makes it urgent.",
        build=service_form,
        text_pages=1,
        urgency="urgent",
        decision="approve",
    ),
    Sample(
        file="storage-notice-outlines.pdf",
        title="Notice of termination for a storage unit",
        kind="PDF of curves",
        purpose="The body is drawn as curves; the footer alone is text, and is not all.",
        build=storage_notice,
        ocr_pages=1,
        urgency="urgent",
        decision="approve",
    ),
    Sample(
        file="pumping-station.pptx",
        title="Five slides about a pumping station",
        kind="presentation",
        purpose="Routine up to its last slide, which decides; each slide has to be read.",
        build=station_slides,
        ocr_pages=5,
        urgency="urgent",
        decision="approve",
    ),
    Sample(
        file="payslip-encrypted.pdf",
        title="Payslip behind a password",
        kind="encrypted PDF",
        purpose="Cannot be opened without its user password.",
        build=encrypted_payslip,
        language=None,
        code="ENCRYPTED",
    ),
    Sample(
        file="report-truncated.pdf",
        title="First half of a report",
        kind="damaged PDF",
        purpose="An upload that broke off; no reader can repair it.",
        build=truncated_report,
        language=None,
        code="DAMAGED",
    ),
    Sample(
        file="empty.pdf",
        title="Empty file",
        kind="empty file",
        purpose="No bytes at all.",
        build=empty_file,
        language=None,
        code="EMPTY_FILE",
    ),
    Sample(
        file="setup-program.pdf",
        title="Program renamed to PDF",
        kind="program",
        purpose="The name says PDF, the bytes say Windows program; harmless, nothing in it runs.",
        build=renamed_program,
        language=None,
        code="UNSUPPORTED_TYPE",
    ),
)


def manifest() -> dict[str, Any]:
    """Return the contents of `manifest.json`."""
    return {"documents": [sample.entry() for sample in SAMPLES]}
