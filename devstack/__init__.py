"""The local development stack, room by room (see the README); the app never imports it."""

from __future__ import annotations
