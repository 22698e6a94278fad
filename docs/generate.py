# ruff: noqa: INP001 - a script beside what it writes
"""Writes docs/semantics.md, docs/providers.md and docs/measured.md: what the code, the transcripts and a run's results say.

The comment behind an enumeration's member or a Struct's field is its explanation; this reads them from the source, so
that there is one place to write them.  ``python -m docs.generate`` writes, ``--check`` says whether that would change
anything.
"""

import re
import sys
from pathlib import Path

from docs import measured, provider_matrix

ROOT = Path(__file__).resolve().parent.parent
MEMBER = re.compile(r"    [A-Z_]+ = \"(?P<name>\w+)\"(?:  # (?P<why>.+))?$")
FIELD = re.compile(r"    (?P<name>\w+): (?P<type>[\w\[\]]+) = (?P<default>.+?)(?:  # (?P<why>.+))?$")


def body_of(module: str, name: str) -> list[str]:
    """The lines of a class in a module's source."""
    lines = (ROOT / module).read_text(encoding="utf-8").splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(f"class {name}("))
    following = range(start + 1, len(lines))
    end = next((n for n in following if lines[n] and not lines[n][0].isspace()), len(lines))
    return lines[start:end]


def members(module: str, name: str) -> list[str]:
    """A table of an enumeration's members."""
    rows = [match for line in body_of(module, name) if (match := MEMBER.match(line))]
    return ["| | |", "|---|---|", *(f"| `{row['name']}` | {row['why'] or ''} |" for row in rows)]


def fields(module: str, name: str) -> list[str]:
    """A table of a Struct's fields with their defaults."""
    rows = [match for line in body_of(module, name) if (match := FIELD.match(line))]
    return [
        "| switch | default | meaning |",
        "|---|---|---|",
        *(f"| `{row['name']}` | `{row['default']}` | {row['why'] or ''} |" for row in rows),
    ]


SECTIONS = (
    ("Kinds of operations", members("wallet/types.py", "Kind")),
    ("The ladder: statuses in order of precedence", members("wallet/types.py", "Status")),
    ("Faults: what never reaches the ledger", members("providers/contract.py", "Fault")),
    ("Policy: what may decide about money", fields("wallet/types.py", "Policy")),
    ("What a rollback with short funds does", members("wallet/types.py", "ShortRollback")),
    ("What the amount of a refund is for", members("wallet/types.py", "RefundAmount")),
    ("Manners: what may change the words of an answer", fields("providers/manners.py", "Manners")),
)


def semantics() -> str:
    """The whole page."""
    parts = [(ROOT / "docs/semantics.head.md").read_text(encoding="utf-8").rstrip()]
    for title, table in SECTIONS:
        parts.append(f"\n## {title}\n\n" + "\n".join(table))
    return "\n".join(parts) + "\n"


PAGES = {
    "semantics.md": semantics,
    "providers.md": provider_matrix.page,
    "measured.md": measured.page,
    **measured.plots(),
}
"""What is generated, and how."""


def main() -> int:
    """Write the pages, or say whether one is stale."""
    if sys.argv[1:] == ["--check"]:
        texts = {name: (ROOT / "docs" / name).read_text(encoding="utf-8") for name in PAGES}
        return int(any(texts[name] != page() for name, page in PAGES.items()))
    for stale in (ROOT / "docs/measured").glob("*.svg"):
        stale.unlink()
    for name, page in PAGES.items():
        path = ROOT / "docs" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
