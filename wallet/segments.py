"""The segments of the kept log: what they are called, whose they are, and whether a vault goes on behind their end.

To Postgres a segment that is not there, and a record that does not hold, are the end of the log; only what lies behind
tells a gap from an end.  It reads the heads of the log's pages and changes nothing.
"""

import re
import struct
from bisect import bisect_right
from collections.abc import Sequence
from pathlib import Path

from wallet.vault import Fork, Vault

SEGMENT = 16 << 20  # as initdb makes it; embedded servers have no other
PAGE = 8 << 10
NAME = re.compile(r"([0-9A-F]{8})([0-9A-F]{8})([0-9A-F]{8})(?:\.partial)?")
HEAD = struct.Struct("=HHIQI")
"""A page's magic number, its flags, timeline and place in the log, and how much is left of a record of earlier pages."""

OWNER = struct.Struct("=24xQ")
"""A segment's first page: behind its head what Postgres calls the server that wrote it."""

CONTINUED = 1  # a flag: a record of earlier pages goes on here
LONG = 2  # a flag: the page begins a segment, and its head is longer
HEAD_BYTES, LONG_HEAD_BYTES = 24, 40


def gap(vault: Vault, timeline: int, forks: Sequence[Fork], reached: int) -> str | None:
    """What is wrong with the log where it was followed to `reached`, if the vault goes on behind; None at its end.

    `forks` are those of the timeline.  It goes on behind the last one, even where nothing more was kept of it.
    """
    begins = [0, *(fork.end // SEGMENT for fork in forks)]
    timelines = [*(fork.timeline for fork in forks), timeline]
    broken = reached // SEGMENT
    kept = _kept(vault)
    behind = [name for name in kept if name.startswith(f"{timeline:08X}") and _number(name) >= broken]
    newest = next((name for name in sorted(behind, reverse=True) if goes_on(kept[name], reached)), None)
    if newest is None and (not forks or reached > forks[-1].end):
        return None
    last = begins[-1] if newest is None else _number(newest)
    wanted = [
        segment_name(timelines[bisect_right(begins, number) - 1], number)
        for number in range(broken, last + 1)
    ]
    missing = next((name for name in wanted if name not in kept), None)
    wrong, how = (wanted[0], "damaged") if missing is None else (missing, "missing")
    to = f"{timeline:08X}.history" if newest is None else kept[newest].name
    return f"of the log {wrong} is {how}, and {vault.path} goes on to {to}"


def goes_on(segment: Path, reached: int) -> bool:
    """Whether a record ends behind `reached`: the one that begins there, which may be cut off at the end, did not hold."""
    content = segment.read_bytes()
    start = _number(segment.name) * SEGMENT
    end = start + len(content) - HEAD_BYTES
    for place in range(max(start, reached // PAGE * PAGE + PAGE), end, PAGE):
        magic, flags, _, told, left = HEAD.unpack_from(content, place - start)
        room = PAGE - (LONG_HEAD_BYTES if flags & LONG else HEAD_BYTES)
        if magic and told == place and not (flags & CONTINUED and left > room):
            return True
    return False


def is_log_of(system: str, folder: Path) -> bool:
    """Whether a segment of this server's log lies in the folder."""
    return any(_owner(path) == system for path in folder.glob("*") if NAME.fullmatch(path.name))


def _owner(segment: Path) -> str | None:
    with segment.open("rb") as file:
        head = file.read(OWNER.size)
    return str(OWNER.unpack(head)[0]) if len(head) == OWNER.size else None


def segment_name(timeline: int, number: int) -> str:
    """What Postgres calls a segment."""
    high, low = divmod(number, (1 << 32) // SEGMENT)
    return f"{timeline:08X}{high:08X}{low:08X}"


def _kept(vault: Vault) -> dict[str, Path]:
    """The segments that were streamed, by name; of one that was finished meanwhile the whole."""
    return {
        path.name[:24]: path
        for folder in vault.streamed()
        for path in sorted(folder.iterdir(), reverse=True)  # the whole comes after its part
        if NAME.fullmatch(path.name)
    }


def _number(name: str) -> int:
    return (int(name[8:16], 16) << 32) // SEGMENT + int(name[16:24], 16)
