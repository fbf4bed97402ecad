"""What the HTTP interfaces of several vendors share: credentials and timestamps.

May touch: the headers of a request and the clock. It knows no stand-in.
"""

from __future__ import annotations
