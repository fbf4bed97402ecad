"""The claim-check store: the artefacts of a document in blob storage, which its steps share."""

from __future__ import annotations
