"""Takes the guards of the ledger away, one at a time, and shows which test notices: ``make mutants``.

Each mutant of `tests.mutants_list` is one edit of sql/ that removes or turns round one rung of the ladder, one guard
of ``wallet.post``, one constraint, trigger or fence, with the few tests that are to notice.  The repository is copied
to a scratch folder, the tests are seen to pass there as it is, and then every mutant is planted in turn and migrated
into databases of its own, on servers that are started once (or named by the environment, as for the tests).

A mutant is caught when a test fails by its own assertion or by what the database raises.  One whose place in the file
is gone, whose tests are gone, or that is no SQL at all counts as a survivor, so that the list stays true.  The exit
status is 1 when any survives.  ``make mutants ONLY=word`` plants those whose name or file holds the word.

It never edits the checkout, and runs one mutant at a time.  Where there is room in memory the databases lie there: they
are made and dropped a thousand times, which on a disk is most of the time.
"""

import argparse
import importlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.mutants_list import MUTANTS
from tests.servers import VARIABLES, servers_for_this_run

ROOT = Path(__file__).parents[1]
SECONDS = 120  # for the tests of one mutant; they take one
HOME = "BANKROLL_MUTANTS_HOME"  # says to the program in the copy that it is there
MEMORY = Path("/dev/shm")
ROOM = 2 << 30  # bytes; a container gives it a few megabytes
LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__", "build", "dist")
IMPORTED_ONCE = (
    "asyncpg",
    "hypothesis.stateful",
    "redis.asyncio",
    "tests.columns",
    "tests.model.worlds",
    "wallet.ledger",
)
OPTIONS = ("-x", "-q", "-rf", "--tb=short", "--assert=plain", "-p", "no:cacheprovider", "-p", "no:xdist")

TEST = re.compile(r"^(?:async )?def (test_\w+)", re.MULTILINE)
FAILED = re.compile(r"^FAILED \S+?::(.+?)(?: - .*)?$", re.MULTILINE)
REASON = re.compile(r"^E {3,}(\S.*)$", re.MULTILINE)
NO_SQL = re.compile(
    r"sql/ does not apply.*|asyncpg\.exceptions\.(?:Undefined|Ambiguous|PostgresSyntax|Datatype)\w+.*"
)


@dataclass(frozen=True)
class Mutant:
    """One edit of one file under sql/, and the names of the tests that are to notice it."""

    name: str
    file: str
    find: str
    replace: str
    tests: tuple[str, ...]

    def planted(self, text: str) -> str | None:
        """Edit the file's text; None where the place is not there, or not the only one."""
        return text.replace(self.find, self.replace) if text.count(self.find) == 1 else None


def mutants(only: str) -> list[Mutant]:
    """Every mutant whose name or file holds a word."""
    listed = [
        Mutant(name, file, find, replace, tuple(tests))
        for file, rows in MUTANTS.items()
        for name, find, replace, *tests in rows
    ]
    return [mutant for mutant in listed if only in mutant.name or only in mutant.file]


def places() -> Mapping[str, list[str]]:
    """Where the tests of a name are, as pytest wants them."""
    found = defaultdict(list)
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for name in TEST.findall(path.read_text(encoding="utf-8")):
            found[name].append(f"{path.relative_to(ROOT)}::{name}")
    return found


def run(tests: Sequence[str], seconds: int = SECONDS) -> tuple[int, str]:
    """Run tests until one fails, in a process that has everything imported already; its status and its words."""
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as words:
        child = os.fork()
        if child == 0:
            os.dup2(words.fileno(), sys.stdout.fileno())
            os.dup2(words.fileno(), sys.stderr.fileno())
            signal.signal(signal.SIGALRM, signal.default_int_handler)
            signal.alarm(seconds)  # ends like an interrupt, so that its databases are dropped
            status = pytest.main([*OPTIONS, *tests])
            sys.stdout.flush()
            os._exit(status)
        _, status = os.waitpid(child, 0)
        words.seek(0)
        return os.waitstatus_to_exitcode(status), words.read()


def caught_by(mutant: Mutant, known: Mapping[str, list[str]]) -> tuple[str | None, str]:
    """Plant a mutant, and name the test that noticed it, and how; or None, and why not."""
    path = ROOT / "sql" / mutant.file
    sound = path.read_text(encoding="utf-8")
    planted = mutant.planted(sound)
    absent = [test for test in mutant.tests if test not in known]
    if planted is None:
        return None, f"ITS PLACE IN sql/{mutant.file} IS GONE"
    if absent or not mutant.tests:
        return None, f"NO SUCH TEST: {', '.join(absent)}"
    path.write_text(planted, encoding="utf-8")
    try:
        status, words = run([place for test in mutant.tests for place in known[test]])
    finally:
        path.write_text(sound, encoding="utf-8")
    failed, unsound = FAILED.search(words), NO_SQL.search(words)
    if unsound:
        return None, f"IS NO SQL: {unsound[0]}"
    if status == pytest.ExitCode.TESTS_FAILED and failed:
        reason = REASON.search(words)
        return failed[1], reason[1] if reason else ""
    told = {pytest.ExitCode.OK: "SURVIVED", pytest.ExitCode.INTERRUPTED: "ITS TESTS DID NOT END"}
    return None, told.get(pytest.ExitCode(status), words[-2000:])


def plant(chosen: Sequence[Mutant], known: Mapping[str, list[str]], *, why: bool) -> Iterator[Mutant]:
    """Try every mutant and print what became of it; yield those that nobody caught."""
    width = max(len(mutant.name) for mutant in chosen)
    file = ""
    for mutant in chosen:
        if mutant.file != file:
            file = mutant.file
            print(f"\nsql/{file}")
        print(f"  {mutant.name:{width}}  → ", end="", flush=True)
        began = time.monotonic()
        test, how = caught_by(mutant, known)
        print(f"{how if test is None else test}  ({time.monotonic() - began:.1f} s)", flush=True)
        if test is None:
            yield mutant
        elif why:
            print(f"  {'':{width}}    {how}")


def try_all(chosen: Sequence[Mutant], *, why: bool) -> int:
    """Show that every mutant is caught; to be run in the copy."""
    known = places()
    with servers_for_this_run() as servers:
        os.environ.update(
            zip(VARIABLES, (servers.owner_url, servers.database_url, servers.redis_url), strict=True)
        )
        for module in IMPORTED_ONCE:
            importlib.import_module(module)
        needed = dict.fromkeys(place for mutant in chosen for test in mutant.tests for place in known[test])
        print(f"{len(chosen)} mutants; without them {len(needed)} tests ", end="", flush=True)
        status, words = run(list(needed), 10 * SECONDS)
        print("pass" if status == 0 else f"do not all pass\n{words}", flush=True)
        if status != 0:
            return 1
        survivors = list(plant(chosen, known, why=why))
    for mutant in survivors:
        print(f"\nnot caught: {mutant.name} (sql/{mutant.file})")
    print(f"\ncaught {len(chosen) - len(survivors)} of {len(chosen)}")
    return 1 if survivors else 0


def scratch() -> str:
    """Where the copy and the servers go."""
    roomy = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= ROOM
    return str(MEMORY) if roomy and "TMPDIR" not in os.environ else tempfile.gettempdir()


def main() -> int:
    """Copy the repository and go on there."""
    parser = argparse.ArgumentParser(
        description="Removes the ledger's guards one by one and shows which test notices."
    )
    parser.add_argument("only", nargs="?", default="", help="a word of the names or files")
    parser.add_argument("--why", action="store_true", help="show how each test failed")
    asked = parser.parse_args()
    chosen = mutants(asked.only)
    if not chosen:
        print(f"no mutant's name or file holds {asked.only}")
        return 1
    if os.environ.get(HOME) == str(ROOT):
        return try_all(chosen, why=asked.why)
    place = scratch()
    with tempfile.TemporaryDirectory(prefix="bankroll-mutants-", dir=place) as name:
        folder = Path(name).resolve() / "repository"
        shutil.copytree(ROOT, folder, ignore=LEFT_OUT)
        command = [sys.executable, "-m", "tests.mutants", *sys.argv[1:]]
        there = {**os.environ, HOME: str(folder), "TMPDIR": place}
        return subprocess.run(command, cwd=folder, env=there, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
