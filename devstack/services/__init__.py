"""Stand-ins for the cloud services that docflow calls, in one process (see the README).

`app` puts them together. They know nothing of the app, of the stack that starts them, or of each
other.
"""

from __future__ import annotations
