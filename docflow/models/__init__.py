"""Values that cross a boundary: inputs of orchestrations, results of activities, HTTP bodies.

They are cut by the way that a document goes: `documents`, `files`, `reading`, `understanding`,
`reviewing`, `ending`. What they have in common is in `payloads` and `states`.
"""
