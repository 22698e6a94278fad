"""What Schemathesis is told besides the description: names that there are, in the place of some that it made up.

It also tells how often each operation was asked, in the file that ASKED names.

Read by its own process: see test_openapi.py.
"""

import atexit
import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import schemathesis

KNOWN: dict[str, str] = json.loads(os.environ["KNOWN"])
ASKED = Counter[str]()


@schemathesis.hook
def before_call(_context: Any, case: Any, _arguments: Any) -> None:
    """Count the requests of each operation."""
    ASKED[case.operation.label] += 1


@atexit.register
def tell() -> None:
    """Write down how often each operation was asked."""
    Path(os.environ["ASKED"]).write_text(json.dumps(ASKED), encoding="utf-8")


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
