"""What tests of the stack and of the app on it share: fakes, documents, a whole stack.

May touch: every other room but `cli`, and `samples`.
"""

from __future__ import annotations
