"""The app as its users see it: uploads through the blob service, questions over HTTP.

May touch: the blob service and the HTTP API of a running stack; of the app it imports the names
alone (`docflow.contracts`).
"""

from __future__ import annotations
