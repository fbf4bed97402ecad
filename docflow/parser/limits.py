"""How much a file may hold."""

from __future__ import annotations

from typing import NamedTuple


class Limits(NamedTuple):
    """Limits of one file, from the app's settings."""

    pages: int
    pixels: int
    """Largest picture that is handed on; larger ones are scaled down."""
    attachments: int
    """Most attachments of a mail, with those of the mails attached to it."""
    memory_mb: int
    """Most memory that this process may use."""
    mail_depth: int = 3
    """How deep mails attached to mails are opened: 1 for those attached to the file itself."""

    @property
    def decoded_pixels(self) -> int:
        """Largest picture that is decoded at all: four bytes a pixel must fit in memory."""
        return 4 * self.pixels

    @property
    def unpacked_bytes(self) -> int:
        """Most that an archive may unpack to: half of the memory, as others will load it whole."""
        return self.memory_mb * 1024**2 // 2

    @property
    def split_bytes(self) -> int:
        """Most that all page files may take on disk together: as much as this process in memory."""
        return self.memory_mb * 1024**2
