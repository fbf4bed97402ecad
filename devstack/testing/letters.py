"""Two letters for tests: one that can wait, and one that cannot."""

from __future__ import annotations

LETTER = """Harbour Gardening Club
3 March 2026

Dear members,

thank you for coming to the spring meeting. We agreed to plant forty tulips along the east path.
The next meeting takes place in May, in the reading room of the library. Coffee will be served.
The minutes of the meeting hang in the club house, and a copy lies in the reading room.

With kind regards,
the committee
"""
NOTICE = """FINAL NOTICE
Account 4711, 3 March 2026

Dear customer,

your account is overdue. Unless we receive 310.20 EUR within 48 hours, we will disconnect your
electricity supply and start legal action. Call us immediately on the number of your contract.
This is our last reminder. After the disconnection a fee of 95 EUR is due before we reconnect you.

Harbour Energy, collections
"""


def unique(text: str, mark: str) -> bytes:
    """Return the bytes of a letter that no other test has sent."""
    return f"{text}\nReference {mark}\n".encode()
