"""What Schemathesis is told besides the description: names that there are, in the place of some that it made up.

Read by its own process: see test_openapi.py.
"""

import json
import os
from typing import Any

import schemathesis

KNOWN: dict[str, str] = json.loads(os.environ["KNOWN"])


@schemathesis.hook
def map_case(_context: Any, case: Any) -> Any:
    """Put names that there are into half of the requests that are meant to be right."""
    meta = case.meta
    if meta is None or not meta.generation.mode.is_positive:
        return case
    for part in (case.path_parameters, case.query, case.body):
        if not isinstance(part, dict) or len(json.dumps(part, default=str)) % 2:
            continue
        for name in part.keys() & KNOWN.keys():
            if isinstance(part[name], str):
                part[name] = KNOWN[name]
    return case
