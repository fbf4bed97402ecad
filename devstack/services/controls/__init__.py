"""Faults and counts of the stand-ins, and the interface under `/_control` that sets and shows them.

May touch: requests on their way to a stand-in, which it counts, delays and breaks. It knows no
stand-in.
"""

from __future__ import annotations
