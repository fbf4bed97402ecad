"""Values that cross a boundary: inputs of orchestrations, results of activities, HTTP bodies.

They are cut by the way that a document goes: `documents`, `files`, `pages`, `summaries`, `urgency`,
`checks`, `reviews`, `delivery`. `facts` is what an orchestration knows of its document, `index` the
row that is made of it, `outputs` what the model says, `usage` what that took. What they have in
common is in `payloads` and `states`.
"""

from __future__ import annotations
