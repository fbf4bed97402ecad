"""Faults and counts of the stand-ins, and the interface under `/_control` that steers them.

May touch: requests on their way to a stand-in, which it counts, delays and spoils. It knows no
stand-in.
"""

from __future__ import annotations
