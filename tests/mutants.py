"""Takes guards away, one at a time, and shows which test notices: ``make mutants``.

There are two sorts.  Written mutants (`tests.mutants_list`) are edits of sql/ that somebody thought of: a rung of the
ladder, a constraint, trigger or fence, with the few tests that are to notice.  Found mutants are every other condition,
comparison and refusal of the SQL that decides and posts, and of the modules of the edge, the adapters and the lanes that
`tests.mutants_nearest` names (how they are found: `tests.mutations`, `tests.mutations_sql`); for them the nearest tests
run first.  What makes no difference is left out with its reason (`tests.mutants_equal`).

The repository is copied to a scratch folder, the tests are seen to pass there as it is, and then every mutant is planted
in turn; those of sql/ are migrated into databases of their own, on servers that are started once (or named by the
environment, as for the tests).  A mutant is caught when a test fails by its own assertion or by what the database
raises, or when the module with it in it cannot be imported or never ends.  A written one whose place in the file is
gone, whose tests are gone, or any that is no SQL or no Python at all counts as a survivor, so that the list stays true; so
does a reason to leave one out that nothing matches.  The exit status is 1 when any survives.

``make mutants ONLY=word`` plants those whose name or file holds the word; ``ONLY=written`` and ``ONLY=found`` one sort.
It never edits the checkout.  Each of ``WORKERS=`` has a copy and servers of its own, and of two every other mutant.
Where there is room in memory the databases lie there: they are made and dropped a thousand times, which on a disk is
most of the time.
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
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import pytest

from tests import mutations, mutations_sql
from tests.mutants_equal import EQUAL
from tests.mutants_list import MUTANTS
from tests.mutants_nearest import NEAREST, stages
from tests.servers import VARIABLES, servers_for_this_run

ROOT = Path(__file__).parents[1]
SECONDS = 120  # for the tests of one written mutant; they take one
FOUND_SECONDS = 60  # at least, for one line of a found one: a loop that never ends is found too
SLOWER = 5  # times as long as without a mutant; what takes longer than that never ends
GRACE = 15  # more, for fixtures to put things away
HOME = "BANKROLL_MUTANTS_HOME"  # says to the program in the copy that it is there
MEMORY = Path("/dev/shm")
ROOM = 2 << 30  # bytes; a container gives it a few megabytes
LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__", "build", "dist")
OURS = ("bench", "docs", "gateway", "providers", "sql", "tests", "wallet")
IMPORTED_ONCE = (
    "asyncpg",
    "cryptography.hazmat.primitives.asymmetric.rsa",
    "httpx",
    "hypothesis.stateful",
    "litestar",
    "prometheus_client",
    "redis.asyncio",
    "tests.columns",
    "tests.model.worlds",
    "uvicorn",
    "wallet.ledger",
)
OPTIONS = ("-x", "-q", "-rfE", "--tb=short", "--assert=plain", "-p", "no:cacheprovider", "-p", "no:xdist")

TEST = re.compile(r"^(?:async )?def (test_\w+)", re.MULTILINE)
FAILED = re.compile(r"^(?:FAILED|ERROR) \S+?::(.+?)(?: - .*)?$", re.MULTILINE)
UNIMPORTABLE = re.compile(r"^ERROR (\S+\.py)(?: - .*)?$", re.MULTILINE)
NO_PYTHON = re.compile(r"(?:SyntaxError|IndentationError|NameError)\b.*")
ENDED = re.compile(r"caught (\d+) of (\d+) planted\n")
REASON = re.compile(r"^E {3,}(\S.*)$", re.MULTILINE)
NO_SQL = re.compile(
    r"sql/ does not apply.*|asyncpg\.exceptions\.(?:Undefined|Ambiguous|PostgresSyntax|Datatype)\w+.*"
)


@dataclass(frozen=True)
class Mutant:
    """One edit of one file, and what pytest is given to notice it, one line after the other."""

    name: str
    file: str
    edit: mutations.Edit | None  # None: its place is gone, or not the only one
    runs: tuple[tuple[str, ...], ...]
    written: bool = False


def mutants(only: str) -> list[Mutant]:
    """Every mutant whose name or file holds a word, or of one sort."""
    every = [*written(), *found()]
    if only in {"written", "found"}:
        return [mutant for mutant in every if mutant.written == (only == "written")]
    return [mutant for mutant in every if only in mutant.name or only in mutant.file]


def written() -> Iterator[Mutant]:
    """Those that somebody thought of."""
    known = places()
    for file, rows in MUTANTS.items():
        text = text_of(f"sql/{file}")
        for name, find, new, *tests in rows:
            edit = None
            if text.count(find) == 1:
                start = len(text[: text.index(find)].encode())
                edit = mutations.Edit(start, start + len(find.encode()), new, name)
            absent = [test for test in tests if test not in known]
            run = () if absent else tuple(place for test in tests for place in known[test])
            yield Mutant(name, f"sql/{file}", edit, (run,) if run else (), written=True)


def found() -> Iterator[Mutant]:
    """Every other place where something is decided, in the files that are gone through."""
    by_hand = defaultdict(list)
    for mutant in written():
        if mutant.edit is not None:
            by_hand[mutant.file].append(mutant.edit)
    for file in NEAREST:
        text = text_of(file)
        every = mutations_sql.edits(text) if file.endswith(".sql") else mutations.edits(text)
        for edit in every:
            thought_of = any(hand.start <= edit.start and edit.end <= hand.end for hand in by_hand[file])
            if not thought_of and edit.name not in EQUAL.get(file, {}):
                yield Mutant(edit.name, file, edit, tuple(tuple(line) for line in stages(file)))


def outlived() -> list[str]:
    """Reasons to leave out what is no longer there."""
    gone = []
    for file, reasons in EQUAL.items():
        text = text_of(file)
        every = mutations_sql.edits(text) if file.endswith(".sql") else mutations.edits(text)
        names = {edit.name for edit in every}
        gone += [f"{file}: {name}" for name in reasons if name not in names]
    return gone


def text_of(file: str) -> str:
    """What stands in a file."""
    return (ROOT / file).read_text(encoding="utf-8")


def places() -> Mapping[str, list[str]]:
    """Where the tests of a name are, as pytest wants them."""
    found = defaultdict(list)
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for name in TEST.findall(path.read_text(encoding="utf-8")):
            found[name].append(f"{path.relative_to(ROOT)}::{name}")
    return found


def run(tests: Sequence[str], seconds: int = SECONDS, *, anew: bool = False) -> tuple[int, str]:
    """Run tests until one fails, in a process that has everything imported already; its status and its words.

    With `anew` what is ours is imported again, because it is what was edited.
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as words:
        sys.stdout.flush()
        child = os.fork()
        if child == 0:
            os.dup2(words.fileno(), sys.stdout.fileno())
            os.dup2(words.fileno(), sys.stderr.fileno())
            signal.signal(signal.SIGALRM, interrupt)
            signal.alarm(seconds)
            status = int(pytest.ExitCode.TESTS_FAILED)
            try:
                if anew:
                    forget_ours()
                status = int(pytest.main([*OPTIONS, *tests]))
                sys.stdout.flush()
            finally:
                # pytest itself raises where a test left something open: further up the servers would be stopped.
                os._exit(status)
        _, status = os.waitpid(child, 0)
        words.seek(0)
        return os.waitstatus_to_exitcode(status), words.read()


def interrupt(_signal: int, _frame: FrameType | None) -> None:
    """End like an interrupt, so that databases are dropped; and whoever does not heed it ends at once."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(GRACE)
    raise KeyboardInterrupt


def forget_ours() -> None:
    """As if nothing of ours had been imported; what is written of it beside the sources stays as it is."""
    sys.dont_write_bytecode = True
    for name in [name for name in sys.modules if name.partition(".")[0] in OURS]:
        del sys.modules[name]


def caught_by(mutant: Mutant, took: Mapping[tuple[str, ...], float]) -> tuple[str | None, str]:
    """Plant a mutant, and name the test that noticed it, and how; or None, and why not.

    `took` has the seconds that each line took without it.
    """
    path = ROOT / mutant.file
    sound = path.read_text(encoding="utf-8")
    if mutant.edit is None:
        return None, f"ITS PLACE IN {mutant.file} IS GONE"
    if not mutant.runs:
        return None, "NO SUCH TEST"
    path.write_text(mutant.edit.planted(sound), encoding="utf-8")
    try:
        for line in mutant.runs:
            seconds = SECONDS if mutant.written else max(FOUND_SECONDS, round(SLOWER * took.get(line, 0.0)))
            test, how = noticed(mutant, *run(line, seconds, anew=path.suffix == ".py"))
            if test is not None or how != SURVIVED:
                return test, how
    finally:
        path.write_text(sound, encoding="utf-8")
    return None, SURVIVED


SURVIVED = "SURVIVED"


def noticed(mutant: Mutant, status: int, words: str) -> tuple[str | None, str]:
    """Which test failed, and how; or None, and what happened instead."""
    failed, unsound, reason = FAILED.search(words), NO_SQL.search(words), REASON.search(words)
    if unsound:
        return (None, f"IS NO SQL: {unsound[0]}")
    if status == pytest.ExitCode.TESTS_FAILED and failed:
        return failed[1], reason[1] if reason else ""
    if status in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        return None, SURVIVED
    if status in (pytest.ExitCode.INTERRUPTED, -signal.SIGALRM):
        unimportable, unreadable = UNIMPORTABLE.search(words), NO_PYTHON.search(words)
        if unreadable:
            return None, f"IS NO PYTHON: {unreadable[0]}"
        if unimportable:
            return f"importing {unimportable[1]}", reason[1] if reason else ""
        return (None, "ITS TESTS DID NOT END") if mutant.written else ("the tests' own end", "they never end")
    return None, words[-2000:]


def plant(
    chosen: Mapping[int, Mutant], took: Mapping[tuple[str, ...], float], *, why: bool
) -> Iterator[Mutant]:
    """Try every mutant and print what became of it; yield those that nobody caught."""
    for number, mutant in chosen.items():
        began = time.monotonic()
        test, how = caught_by(mutant, took)
        seconds = f"({time.monotonic() - began:.1f} s)"
        print(f"{number:5} {mutant.file}: {mutant.name}  → {test or how}  {seconds}", flush=True)
        if test is None:
            yield mutant
        elif why:
            print(f"      {how}", flush=True)


def try_all(chosen: Mapping[int, Mutant], *, why: bool) -> int:
    """Show that every mutant is caught, each under its number; to be run in the copy."""
    with servers_for_this_run() as servers:
        os.environ.update(
            zip(VARIABLES, (servers.owner_url, servers.database_url, servers.redis_url), strict=True)
        )
        for module in IMPORTED_ONCE:
            importlib.import_module(module)
        lines = dict.fromkeys(line for mutant in chosen.values() for line in mutant.runs)
        by_hand = dict.fromkeys(
            place for mutant in chosen.values() if mutant.written for line in mutant.runs for place in line
        )
        every = [tuple(by_hand)] if by_hand else []
        every += [line for line in lines if not set(line) <= set(by_hand)]
        took = {}
        for line in every:
            began = time.monotonic()
            status, words = run(line, 10 * SECONDS)
            took[line] = time.monotonic() - began
            if status != 0:
                print(f"without a mutant this does not pass: {' '.join(line)}\n{words}", flush=True)
                return 1
        print(f"it passes; {len(chosen)} of them are planted here", flush=True)
        survivors = list(plant(chosen, took, why=why))
    for mutant in survivors:
        print(f"not caught: {mutant.name} ({mutant.file})")
    print(f"caught {len(chosen) - len(survivors)} of {len(chosen)} planted")
    return 1 if survivors else 0


def in_a_copy(share: int) -> tuple[int, int]:
    """Have one worker's share tried in a copy of the repository; how many were caught, and planted as far as known."""
    place = scratch()
    with tempfile.TemporaryDirectory(prefix="bankroll-mutants-", dir=place) as name:
        folder = Path(name).resolve() / "repository"
        shutil.copytree(ROOT, folder, ignore=LEFT_OUT)
        command = [sys.executable, "-m", "tests.mutants", *sys.argv[1:], "--share", str(share)]
        there = {**os.environ, HOME: str(folder), "TMPDIR": place}
        with subprocess.Popen(command, cwd=folder, env=there, stdout=subprocess.PIPE, text=True) as worker:
            caught = planted = 0
            for line in worker.stdout or ():
                ended = ENDED.fullmatch(line)
                if ended:
                    caught, planted = int(ended[1]), int(ended[2])
                else:
                    print(line, end="", flush=True)
            return caught, planted


def shared_out(count: int, workers: int) -> int:
    """Have every mutant tried, and say how it ended."""
    print(
        f"{count} mutants, {workers} at a time; first what is to notice them is run without one", flush=True
    )
    with ThreadPoolExecutor(workers) as pool:
        shares = list(pool.map(in_a_copy, range(workers)))
    gone = outlived()
    for name in gone:
        print(f"left out, and no longer there: {name}")
    caught = sum(caught for caught, _ in shares)
    planted = sum(planted for _, planted in shares)
    print(f"left out with a reason {sum(map(len, EQUAL.values()))}")
    print(
        f"caught {caught} of {planted} planted"
        + (f"; {count - planted} were not tried" if planted < count else "")
    )
    return 1 if gone or caught < count else 0


def scratch() -> str:
    """Where the copy and the servers go."""
    roomy = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= ROOM
    return str(MEMORY) if roomy and "TMPDIR" not in os.environ else tempfile.gettempdir()


def main() -> int:
    """Choose, and go on in copies."""
    parser = argparse.ArgumentParser(description="Removes guards one by one and shows which test notices.")
    parser.add_argument("only", nargs="?", default="", help="a word of the names or files; written, found")
    parser.add_argument("--why", action="store_true", help="show how each test failed")
    parser.add_argument("--list", action="store_true", help="show what would be planted, and plant nothing")
    parser.add_argument("--workers", type=int, default=1, help="so many at a time")
    parser.add_argument("--share", type=int, default=0, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    chosen = mutants(asked.only)
    if not chosen:
        print(f"no mutant's name or file holds {asked.only}")
        return 1
    if asked.list:
        print("\n".join(f"{mutant.file}: {mutant.name}" for mutant in chosen), f"\n{len(chosen)} mutants")
        return 0
    if os.environ.get(HOME) == str(ROOT):
        share = list(enumerate(chosen, 1))[asked.share :: asked.workers]
        return try_all(dict(share), why=asked.why)
    return shared_out(len(chosen), min(asked.workers, len(chosen)))


if __name__ == "__main__":
    sys.exit(main())
