"""Start and stop the programs of the local stack, and know where they listen.

May touch: processes, ports, the folder of local state, and the containers of the emulator.
"""

from __future__ import annotations
