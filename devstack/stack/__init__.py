"""Starts and stops the processes of the local stack, and knows where they listen."""

from __future__ import annotations
