"""The script that brings Postgres the log for its recovery, file by file, from a vault and from the old data.

Postgres asks for a segment of the timeline that it follows, and where it gets none for that of an older one, though the
older one had been left by then: it would go on into a future that was given up.  So the script brings nothing of an
older timeline from the fork on.
"""

import shlex
from collections.abc import Iterable
from pathlib import Path

from wallet.segments import SEGMENT, segment_name
from wallet.vault import Fork, Vault

FETCH = "fetch-log.sh"
AT_FORK = "stopped-at-fork"
"""Where the script leaves, beside itself, the fork at which the log ended for want of the next timeline's segment."""

BRING = f"""\
left=
bring() {{
    [ -f "$1" ] || return 0
    if [ "$left" ]
    then {{ head -c "$left" "$1" && head -c $(({SEGMENT} - left)) /dev/zero; }} > "$2"
    else cp "$1" "$2"
    fi || exit 255
    exit 0
}}"""


def script(vault: Vault, old: Path | None, forks: Iterable[Fork]) -> str:
    """The script, which is given a file's name and brings it from wherever most of it is.

    Postgres takes a failure for the end of the log, and one above 125 for what it is.
    """
    streamed, copied = vault.streamed(), vault.copied()
    places = [(place, "") for place in streamed]
    places += [] if old is None else [(old / "pg_wal", "")]
    places += [(place, ".partial") for place in streamed]  # one that was still being written
    places += [(place, "") for place in copied]  # its last file ends where the copy did
    brought = [f'bring {shlex.quote(str(place))}/"$1"{suffix} "$2"' for place, suffix in places]
    return "\n".join([BRING, *map(_stop, forks), *brought, "exit 1", ""])


def _stop(fork: Fork) -> str:
    """Of the segment in which a timeline was left its beginning, with zeros behind; of what it wrote later nothing."""
    number, left = divmod(fork.end, SEGMENT)
    name = segment_name(fork.timeline, number)
    beginning = f"left={left}" if left else "exit 1"
    return (
        f'case "$1" in {name}) echo {fork.end} > {AT_FORK}; {beginning} ;;'
        f' {name[:8]}[0-9A-F]*) [ "$1" \\< {name} ] || exit 1 ;; esac'
    )
