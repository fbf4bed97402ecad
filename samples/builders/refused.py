"""Files that must be refused: encrypted, cut short, empty, and a program named like a PDF."""

from __future__ import annotations

import io

import pikepdf
from reportlab.lib.pdfencrypt import StandardEncryption

from samples.builders.layout import SANS, build_pdf, gap, table
from samples.builders.letter import Letter, letter_story
from samples.builders.report.document import annual_report

USER_PASSWORD = "larkmere-november"  # noqa: S105 - opens a sample that holds nothing secret

PAYSLIP = Letter(
    sender="Larkmere Library and Archive Trust",
    sender_lines=("Payroll, 1 Orchard Square, Larkmere LK1 1AA",),
    recipient=("Ms Odile Marchetti", "Facilities"),
    date="30 October 2026",
    references=("Staff number 00417",),
    subject="Payslip for October 2026",
    salutation="Dear Ms Marchetti,",
    text=(
        "Please find your payslip below. It is protected with the password that payroll gave you.",
        table(
            [
                ["Item", "Amount"],
                ["Basic pay", "£2,980.00"],
                ["Income tax", "-£386.40"],
                ["National insurance", "-£154.56"],
                ["Pension", "-£178.80"],
                ["Paid to your account", "£2,260.24"],
            ],
            [90, 40],
            SANS,
        ),
        gap(4),
    ),
    signatory=("Payroll",),
)


def encrypted_payslip() -> bytes:
    """A PDF that asks for a password before it shows anything."""
    lock = StandardEncryption(USER_PASSWORD, ownerPassword=f"{USER_PASSWORD}-owner", strength=128)
    return build_pdf(letter_story(PAYSLIP, SANS), title="Payslip", author="Payroll", lock=lock)


def truncated_report() -> bytes:
    """The first half of a valid PDF, as a broken upload leaves it.

    The report is packed into object streams first, whose index stands at the end of the file:
    without it no reader can put the pages together again.
    """
    buffer = io.BytesIO()
    with pikepdf.open(io.BytesIO(annual_report())) as report:
        report.save(
            buffer,
            deterministic_id=True,
            compress_streams=False,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
        )
    whole = buffer.getvalue()
    return whole[: len(whole) // 2]


def empty_file() -> bytes:
    """No bytes at all, as an interrupted scan leaves it."""
    return b""


def renamed_program() -> bytes:
    """The header of a Windows program, followed by zeros: nothing in it can run."""
    header = bytearray(64)
    header[0:2] = b"MZ"
    header[60:64] = (64).to_bytes(4, "little")
    message = b"This program cannot be run in DOS mode.\r\r\n$"
    return bytes(header) + b"PE\x00\x00" + message + bytes(1984)
