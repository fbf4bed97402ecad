"""The stand-in for Azure OpenAI: chat completions that copy out of the text they are sent.

May touch: nothing but the request; the same request gets the same answer.
"""

from __future__ import annotations
