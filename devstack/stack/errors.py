"""What a command says when it cannot go on."""

from __future__ import annotations


class StackError(Exception):
    """Something outside this program is not as a command needs it; the message says what to do."""
