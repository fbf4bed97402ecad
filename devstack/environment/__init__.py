"""Where this repository is, and what makes the environment that its commands run in.

May touch: `.venv`, package registries and the installers that reach them. It runs on the bare
Python of the machine, so it imports the standard library and itself, and nothing of the other
rooms.
"""

from __future__ import annotations
