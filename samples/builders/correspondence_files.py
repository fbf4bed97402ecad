"""Two documents as offices exchange them: minutes in a word processor's format, and a mail."""

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
