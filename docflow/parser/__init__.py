"""Reads files of the formats taken, in a child process: `python -m docflow.parser`.

A hostile file may crash a parser, use up the memory or run without end; in here it harms this
process alone. The module of a format is imported when a file needs it, and nothing of docflow
outside this package, so that the process starts fast.

    __main__      the command line: arguments, limits, commands
    registry      the table of formats: taken and not taken, in the order of recognition
    recognition   finds the format of a file by that table
    formats/      one module or package for each format
    text/         encodings, characters, legibility and pages of text of any origin

To add a format, write one module in `formats/` with the functions of `format.Format`, and add one
line to the table in `registry`.

Records that every process needs are named tuples, since `dataclasses` takes long to import.
"""

from __future__ import annotations
