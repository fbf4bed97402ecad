"""What the demo expects of each sample, and how it shows what became of it.

May touch: `samples/`. The command `demo` does the rest.
"""

from __future__ import annotations
