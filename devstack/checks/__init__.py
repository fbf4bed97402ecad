"""What `dev.py check` and a build server look for beyond the linters.

May touch: the committed files of this repository, the settings table of its README, and the Bicep
CLI where there is one.
"""

from __future__ import annotations
