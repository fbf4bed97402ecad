"""The stand-in for Document Intelligence: its REST interface over the OCR of this machine.

May touch: the documents it is sent, kept in a temporary folder until they are read.
"""

from __future__ import annotations
