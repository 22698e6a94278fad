"""Stamps the files of a new protocol from the worked example of docs/adding-a-provider.md, under the new name.

A developer's tool for a checkout: it writes files that are not there yet, enters the name into the two lists, and has
the transcripts recorded.  It overwrites nothing, and what it leaves passes the conformance suite.
"""

import keyword
import re
import subprocess
import sys
from pathlib import Path

GUIDE = Path("docs/adding-a-provider.md")
LISTS = {
    Path("providers/__init__.py"): ("from providers.{name} import {constant}", "{constant}"),
    Path("bench/studios/__init__.py"): ("from bench.studios.{name} import {type}", "{type}"),
}
"""A list, the line that imports what it lists, and what that is called there."""

EXAMPLE = "acorn"
BLOCK = re.compile(r"```(?:python|markdown)\n# (?P<file>\S+/\S+)\n(?P<code>.*?)```\n", re.DOTALL)
NAME = re.compile(r"[a-z][a-z0-9_]{1,30}")
LISTED = re.compile(r"(for (?:provider|studio) in \()([^)]*)\)")
IMPORTED = re.compile(r"^from \S+ import \w+$", re.MULTILINE)


class CannotStamp(ValueError):  # noqa: N818 - what it is
    """The files cannot be written; the message says why, and what to do."""


def files_of(guide: str) -> dict[Path, str]:
    """The files that the guide's blocks make up."""
    made: dict[Path, str] = {}
    for block in BLOCK.finditer(guide):
        file = Path(block["file"])
        made[file] = made.get(file, "") + block["code"]
    return made


def stamp(name: str, root: Path) -> list[Path]:
    """Write the files of a protocol called `name` into the checkout at `root`, and answer which.  Raises `CannotStamp`."""
    if not (root / GUIDE).is_file() or not all((root / path).is_file() for path in LISTS):
        raise CannotStamp("this is no checkout of Bankroll: change into one, with its docs/ and tests/")
    if not NAME.fullmatch(name) or keyword.iskeyword(name):
        raise CannotStamp("a name is of a-z, 0-9 and _, begins with a letter and is 2 to 31 long")
    stamped = {
        Path(named(str(file), name)): named(code, name)
        for file, code in files_of((root / GUIDE).read_text(encoding="utf-8")).items()
    }
    there = [file for file in (*stamped, Path("providers") / name) if (root / file).exists()]
    if there:
        raise CannotStamp(f"there is {there[0]} already: choose another name")
    for file, code in stamped.items():
        (root / file).write_text(code, encoding="utf-8")
    for path, (line, listed) in LISTS.items():
        text = (root / path).read_text(encoding="utf-8")
        names = {"name": name, "constant": name.upper(), "type": type_of(name)}
        (root / path).write_text(
            entered(text, line.format_map(names), listed.format_map(names)), encoding="utf-8"
        )
    return [*stamped, *LISTS]


def named(text: str, name: str) -> str:
    """The example's text under another name."""
    title = name.replace("_", " ").title()
    words = {
        "ACORN": name.upper(),
        "Acorn Games": title,
        "AcornAnswer": f"{type_of(name)}Answer",
        "Acorn": type_of(name),
        EXAMPLE: name,
    }
    for word, ours in words.items():
        text = text.replace(word, ours)
    return text.replace(f"x-{name}-sign", f"x-{name.replace('_', '-')}-sign")


def type_of(name: str) -> str:
    """The name as a class has it."""
    return name.title().replace("_", "")


def entered(text: str, line: str, listed: str) -> str:
    """A list's module with one more import and one more entry, both in their order."""
    imports = sorted({*IMPORTED.findall(text), line})
    first, last = IMPORTED.search(text), list(IMPORTED.finditer(text))[-1]
    found = LISTED.search(text)
    if first is None or found is None:
        raise CannotStamp("a list of protocols is not written as it was: enter the name by hand")
    entries = sorted({*re.findall(r"\w+", found[2]), listed})
    text = text[: found.start(2)] + ", ".join(entries) + text[found.end(2) :]
    return text[: first.start()] + "\n".join(imports) + text[last.end() :]


def finish(name: str, root: Path, written: list[Path]) -> None:
    """Format what was written, record its transcripts, enter it into the matrix.  Raises `CannotStamp`."""
    python = [str(path) for path in written if path.suffix == ".py"]
    for command in (
        ("-m", "ruff", "format", "--quiet", *python),
        ("-m", "tests.providers.record", name),
        ("-m", "docs.generate"),
    ):
        done = subprocess.run([sys.executable, *command], cwd=root, check=False)
        if done.returncode:
            raise CannotStamp(f"`python {' '.join(command[:3])}` failed: see above")
