"""The formats taken: each module or package reads the files of one format.

Such a module has the functions of `docflow.parser.format.Format`, and is named in a line of
`docflow.parser.registry`. Where the first bytes do not tell the format, it has `recognize` too.
"""

from __future__ import annotations
