"""What orchestrators share that is subtle on replay: once, with its reasons.

It knows the Durable SDK and the values of docflow, no service and no setting.
"""

from __future__ import annotations
