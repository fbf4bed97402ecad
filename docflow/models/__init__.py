"""Values that cross a boundary: inputs of orchestrations, results of activities, HTTP bodies.

The modules follow the steps of a document: `documents`, `files`, `pages`, `summaries`, `urgency`,
`checks`, `reviews`, `delivery`. `facts` holds what an orchestration knows about its document,
`index` the row made from that, `outputs` the answers of the model, `usage` their cost. The base
classes are in `payloads`, the enumerations in `states`.
"""

from __future__ import annotations
