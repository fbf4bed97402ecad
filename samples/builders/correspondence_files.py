"""Documents as offices exchange them: minutes in a word processor's format, and mails."""

from __future__ import annotations

from email.message import EmailMessage

from reportlab.platypus import Paragraph

from samples.builders.layout import SANS, build_pdf, footer, gap, styles_for
from samples.builders.office import docx

MINUTES = (
    "# Minutes of the friends of the Larkmere archive",
    "Meeting of 19 November 2026 in the map room, 17.00 to 18.20. Present: Odile Marchetti, "
    "Rowena Castellane, Isaac Thorne, Hanne Brevik and eleven members.",
    "# 1. Minutes of the last meeting",
    "The minutes of 17 September were read and agreed without changes.",
    "# 2. Reading group",
    "Hanne Brevik reported on the autumn readings. Between eighteen and thirty people came on each "
    "of the five evenings. The group would like to begin half an hour later from January, so that "
    "people who work in the harbour can take part. The meeting agreed.",
    "# 3. Map cabinets",
    "The trust has bought two steel cabinets for the tithe maps. They will stand in the north "
    "corner of the map room once the new carpets are laid. Isaac Thorne offered to relabel the "
    "drawers together with two volunteers in the spring.",
    "# 4. Accounts",
    "The friends hold £2,318.40. In the past year £640 came in by membership, £212 by the book "
    "table, and £415 was spent on acid-free boxes. Rowena Castellane and Isaac Thorne looked "
    "through the accounts and found them in order.",
    "# 5. Next meeting",
    "The next meeting takes place on 21 January 2027 at 17.30 in the map room. Tea will be served "
    "from 17.00.",
)


def archive_minutes() -> bytes:
    """Minutes as a Word document."""
    return docx(MINUTES)


MAIL_TEXT = """\
Dear Ms Marchetti,

thank you for showing us the map room last week. Our historical society has about
forty members, and many of them had never seen a tithe map before.

We would like to come again in the spring, with two groups of twenty. A Saturday
morning in March or April suits us best; any date on which the room is free is
fine with us. Could somebody show the groups how a map is unrolled and read? Half
an hour for each group would be plenty.

I enclose the programme of our society for the coming year. If one of your own
evenings fits between ours, we shall be glad to announce it to our members.

With kind regards,
Ewan Pellworth
Wherry Lane Historical Society
"""

PROGRAMME = (
    ("14 January 2027", "Canal boats and their owners, with slides. Speaker: Maud Ansley."),
    ("11 February 2027", "How the railway came to Larkmere. Speaker: Piers Holloway."),
    ("11 March 2027", "A walk along the old town wall, starting at the corn exchange."),
    ("8 April 2027", "Field names and what they tell. Speaker: Ines Okafor."),
    ("13 May 2027", "Members bring an object and tell its story."),
    ("10 June 2027", "Summer outing by train to the lime kilns; lunch at the station inn."),
)


def society_programme() -> bytes:
    """The programme that is attached to the mail, on one page."""
    styles = styles_for(SANS, 11)
    story = [
        Paragraph("Wherry Lane Historical Society", styles.title),
        Paragraph("Programme for the first half of 2027", styles.heading),
        gap(4),
        *(Paragraph(f"<b>{date}.</b> {what}", styles.body) for date, what in PROGRAMME),
        gap(4),
        Paragraph(
            "All evenings begin at 19.30 in the church hall and are open to guests. Membership "
            "costs £12 a year and includes the newsletter.",
            styles.body,
        ),
    ]
    return build_pdf(
        story,
        title="Programme 2027",
        author="Wherry Lane Historical Society",
        mark=footer("Wherry Lane Historical Society", SANS),
    )


def society_mail() -> bytes:
    """A mail with the programme as its attachment."""
    mail = EmailMessage()
    mail["From"] = "Ewan Pellworth <ewan@wherrylane.example.com>"
    mail["To"] = "Odile Marchetti <facilities@larkmere-archive.example.com>"
    mail["Date"] = "Fri, 20 Nov 2026 09:12:00 +0000"
    mail["Subject"] = "A second visit to the map room"
    mail["Message-ID"] = "<20261120.0912@wherrylane.example.com>"
    mail.set_content(MAIL_TEXT)
    mail.add_attachment(
        society_programme(), maintype="application", subtype="pdf", filename="Programme 2027.pdf"
    )
    mail.set_boundary("=====wherry-lane-2026-11-20=====")
    return bytes(mail)


PORTAL_TEXT = """\
A new message from Harbour Heating

There is a new message about contract 58-2204 in your customer account. Sign in to read it:
https://example.com/account/messages/58-2204

You receive this mail as a customer of Harbour Heating, 9 Boathouse Row, Larkmere.
"""

PORTAL_PAGE = """\
<html><body style="font-family: sans-serif">
<img src="cid:logo@harbourheating.example.com" alt="Harbour Heating" width="2" height="2">
<h1>A new message from Harbour Heating</h1>
<p>Dear Mr Thorne,</p>
<p>this is our final notice for contract 58-2204. We wrote to you on 8 September and on
12 October and have had no answer.</p>
<p>Please pay the open amount of 913.40 pounds within 48 hours. Otherwise we will disconnect the
heating supply of the reading room on 20 November 2026 and take legal action for the amount and
all costs.</p>
<p>If you have paid in the last days, please send us the receipt.</p>
<p>You receive this mail as a customer of Harbour Heating, 9 Boathouse Row, Larkmere.</p>
</body></html>
"""

PIXEL = (
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\6\0\0\0\x1f\x15\xc4\x89\0\0\0\rIDATx\x9cc`"
    b"\0\0\0\2\0\1\xe5\x27\xde\xfc\0\0\0\0IEND\xaeB`\x82"
)
"""A picture of one pixel, in place of a logo."""


def notice_in_html() -> bytes:
    """A mail whose plain text says that there is news, and whose HTML says what it is."""
    mail = _mail(
        sender="Harbour Heating <service@harbourheating.example.com>",
        recipient="Isaac Thorne <accounts@larkmere-archive.example.com>",
        date="Mon, 16 Nov 2026 07:40:00 +0000",
        subject="A new message about contract 58-2204",
    )
    mail.set_content(PORTAL_TEXT)
    mail.add_alternative(PORTAL_PAGE, subtype="html")
    page = mail.get_payload(1)
    if isinstance(page, EmailMessage):
        page.add_related(PIXEL, "image", "png", cid="<logo@harbourheating.example.com>")
        page.set_boundary("=====harbour-heating-page=====")
    mail.set_boundary("=====harbour-heating-2026-11-16=====")
    return bytes(mail)


QUOTATION = (
    "Shelving for the east store, 14 bays of six shelves each: &#163;2,940.00.",
    "Delivery and assembly in the second week of January 2027: &#163;310.00.",
    "The old shelves are taken away without charge. The offer is open until 18 December 2026, and "
    "the colours can be chosen until the end of the year.",
)


def shelving_quotation() -> bytes:
    """The quotation that is attached to the mail that is forwarded, on one page."""
    styles = styles_for(SANS, 11)
    story = [
        Paragraph("Brindle &amp; Rowe Shelving", styles.title),
        Paragraph("Quotation 2026-771 for the Larkmere archive", styles.heading),
        gap(4),
        *(Paragraph(line, styles.body) for line in QUOTATION),
    ]
    return build_pdf(
        story,
        title="Quotation 2026-771",
        author="Brindle & Rowe Shelving",
        mark=footer("Brindle & Rowe Shelving", SANS),
    )


OFFER_TEXT = """\
Dear Mr Thorne,

thank you for the tour of the east store last Tuesday. As agreed I send our quotation for the
new shelves, with delivery in January. The floor plan helped us a great deal; nothing more is
needed from your side until you have made a choice of colour.

With kind regards,
Petra Rowe
"""

FORWARD_TEXT = """\
Dear Odile,

the quotation for the shelves has come; you find the mail of Ms Rowe attached. Could you have a
look at it before our next meeting? The price is close to what we had set aside, and the date in
January fits well with the move of the desks.

Isaac
"""


def forwarded_mail() -> bytes:
    """A mail with another mail attached, which has a quotation attached."""
    inner = _mail(
        sender="Petra Rowe <petra@brindlerowe.example.com>",
        recipient="Isaac Thorne <accounts@larkmere-archive.example.com>",
        date="Wed, 18 Nov 2026 14:05:00 +0000",
        subject="Quotation 2026-771",
    )
    inner.set_content(OFFER_TEXT)
    inner.add_attachment(
        shelving_quotation(), maintype="application", subtype="pdf", filename="Quotation.pdf"
    )
    inner.set_boundary("=====brindle-rowe-2026-11-18=====")
    mail = _mail(
        sender="Isaac Thorne <accounts@larkmere-archive.example.com>",
        recipient="Odile Marchetti <facilities@larkmere-archive.example.com>",
        date="Thu, 19 Nov 2026 08:30:00 +0000",
        subject="Fwd: Quotation 2026-771",
    )
    mail.set_content(FORWARD_TEXT)
    mail.add_attachment(inner, filename="Quotation 2026-771.eml")
    mail.set_boundary("=====larkmere-2026-11-19=====")
    return bytes(mail)


def _mail(*, sender: str, recipient: str, date: str, subject: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = recipient
    mail["Date"] = date
    mail["Subject"] = subject
    mail["Message-ID"] = f"<{date[5:16].replace(' ', '')}@{sender.rpartition('@')[2]}"
    return mail
