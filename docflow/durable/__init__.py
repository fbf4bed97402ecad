"""Parts of orchestrators that need care because of replay, in one place and with the reasons.

They use the Durable SDK and the models of docflow, but no service and no setting.
"""

from __future__ import annotations
