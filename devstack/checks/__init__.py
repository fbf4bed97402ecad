"""What `dev.py check` and a build server look for beyond the linters.

May touch: the committed files of this repository, and the settings table of its README.
"""

from __future__ import annotations
