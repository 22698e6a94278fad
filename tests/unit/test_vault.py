"""What is chosen from a vault, and how Postgres's programs are told where a server is: without any server."""

import errno
import os
import re
import shutil
import subprocess
import threading
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from wallet import archive
from wallet.backups import consistent_at
from wallet.fetching import AT_FORK, script
from wallet.replication import address, environment
from wallet.restoring import _old_data, plan
from wallet.segments import CONTINUED, HEAD, HEAD_BYTES, LONG, PAGE, SEGMENT, gap, goes_on
from wallet.vault import NOTE, Backup, CopyError, Fork, Vault, choose, forks_of, place_of

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def backup(name: str, minutes: int, timeline: int = 1, end: int = 0) -> Backup:
    ended = NOON + timedelta(minutes=minutes)
    return Backup(name, "7", timeline, 18, ended - timedelta(minutes=1), ended, end, embedded=True)


FIRST, SECOND = backup("first", 0, end=100), backup("second", 30, end=200)
AFTER = backup("after", 60, timeline=2, end=300)
LEFT_AT_150 = [Fork(1, 150)]


@pytest.mark.parametrize(
    ("timeline", "forks", "minutes", "chosen"),
    [
        (1, [], None, SECOND),
        (1, [], 45, SECOND),
        (1, [], 30, SECOND),
        (1, [], 29, FIRST),
        (1, [], -1, None),
        (2, LEFT_AT_150, None, AFTER),
        (2, LEFT_AT_150, 59, FIRST),  # the second was taken in a future that was given up
        (2, [Fork(1, 200)], 59, SECOND),
        (3, LEFT_AT_150, None, FIRST),
        (3, [Fork(1, 150), Fork(2, 299)], None, FIRST),
        (3, [Fork(1, 150), Fork(2, 300)], None, AFTER),
    ],
)
def test_the_newest_backup_on_the_way_is_chosen(timeline, forks, minutes, chosen):
    """The newest backup that ended before the moment, on the timeline or before that one left its own."""
    moment = None if minutes is None else NOON + timedelta(minutes=minutes)
    assert choose([SECOND, FIRST, AFTER], timeline, forks, moment) is chosen


@pytest.mark.parametrize(
    ("history", "forks"),
    [
        (
            "1\t0/3000140\tno recovery target specified\n\n# a remark\n2\t1/2A000028\tbefore 2026-11-21\n",
            [Fork(1, 0x3000140), Fork(2, 0x12A000028)],
        ),
        # restored to a moment, then to an earlier one, and to the end of that
        (
            "1\t0/5009938\tbefore 18:00\n2\t0/3009580\tbefore 17:00\n3\t0/3009700\tno recovery target specified\n",
            [Fork(1, 0x3009580), Fork(2, 0x3009580), Fork(3, 0x3009700)],
        ),
    ],
)
def test_a_history_file_is_read(history, forks):
    """How much of its ancestors a timeline has, from the file that Postgres writes: never more than what came of them had."""
    assert forks_of(history) == forks
    assert place_of("1/2A000028") > place_of("0/FFFFFFFF")


def test_a_manifest_says_where_a_copy_is_consistent():
    """The last of its ranges counts; a copy whose log nobody knows is none."""
    ranges = [
        {"Timeline": 1, "Start-LSN": "0/2000028", "End-LSN": "0/2000120"},
        {"Timeline": 2, "Start-LSN": "0/2000120", "End-LSN": "0/3000000"},
    ]
    assert consistent_at({"WAL-Ranges": ranges}) == (2, 0x3000000)
    with pytest.raises(CopyError, match="names no log"):
        consistent_at({})


def test_a_vault_is_one_servers(tmp_path):
    """Whose copies a vault keeps is written down; another server's are refused, and epochs never go back."""
    vault = Vault(tmp_path / "vault")
    assert vault.holdings is None
    vault.claim("7")
    vault.claim("7")
    with pytest.raises(CopyError, match="another database server"):
        vault.claim("8")
    vault.remember(5)
    vault.remember(3)
    assert Vault(tmp_path / "vault").holdings.restore_epoch == 5


@pytest.mark.parametrize("other", ["7", "8"])
def test_of_two_that_begin_a_vault_at_once_one_is_heard(tmp_path, monkeypatch, other):
    """`archive` and `backup` of one server both go on; of two servers the later is refused as ever."""
    vault, link = Vault(tmp_path / "vault"), os.link

    def meanwhile(*paths: Path) -> None:
        monkeypatch.setattr(os, "link", link)
        Vault(vault.path).claim(other)
        link(*paths)

    monkeypatch.setattr(os, "link", meanwhile)
    with nullcontext() if other == "7" else pytest.raises(CopyError, match="another database server"):
        vault.claim("7")
    assert vault.holdings.system == other
    assert [path.name for path in vault.path.iterdir()] == ["vault.json"]


REACHED = SEGMENT + 3 * PAGE + 100
A_RECORD_LEFT = PAGE - HEAD_BYTES


def page(place: int, left: int | None, told: int | None = None) -> bytes:
    """A page of the log, with so much left of a record of earlier pages; None: a record begins it."""
    flags = (0 if left is None else CONTINUED) | (0 if place % SEGMENT else LONG)
    return HEAD.pack(0xD118, flags, 1, place if told is None else told, left or 0).ljust(PAGE, b"\1")


@pytest.mark.parametrize(
    ("behind", "on"),
    [
        ([], False),
        ([bytes(PAGE)], False),
        (
            [page(SEGMENT + 4 * PAGE, A_RECORD_LEFT + 1), bytes(PAGE)],
            False,
        ),  # cut off, as the log's end may be
        ([page(SEGMENT + 4 * PAGE, A_RECORD_LEFT)], True),
        ([page(SEGMENT + 4 * PAGE, A_RECORD_LEFT + 9), page(SEGMENT + 5 * PAGE, 9)], True),
        ([page(SEGMENT + 4 * PAGE, None)], True),
        ([bytes(PAGE), page(SEGMENT + 5 * PAGE, None)], True),
        ([page(SEGMENT + 4 * PAGE, None, told=4 * PAGE)], False),  # what an older segment left
    ],
)
def test_log_goes_on_where_a_record_ends_behind(tmp_path, behind, on):
    """A record that is cut off is the log's end; one that ends behind what was reached had to be followed."""
    segment = tmp_path / "000000010000000000000001"
    segment.write_bytes(b"".join([*(page(SEGMENT + n * PAGE, None) for n in range(4)), *behind]))
    assert goes_on(segment, REACHED) is on


def test_a_gap_is_told_by_the_first_segment_that_is_not_there(tmp_path):
    """Of the log as it was kept: what is missing, or damaged where all is there, and how far it goes on."""
    log = tmp_path / "wal" / "00000001"
    log.mkdir(parents=True)
    for number in (1, 4):
        (log / f"00000001{number:016X}").write_bytes(page(number * SEGMENT, None))
    (log / "000000010000000000000005.partial").write_bytes(page(5 * SEGMENT, PAGE))
    vault = Vault(tmp_path)
    wrong = "of the log 000000010000000000000002 is missing, and {} goes on to 000000010000000000000004"
    assert gap(vault, 1, [], REACHED) == wrong.format(vault.path)
    assert gap(vault, 1, [], 4 * SEGMENT + 1) is None
    assert gap(vault, 2, [], REACHED) is None
    (log / "000000010000000000000005.partial").write_bytes(page(5 * SEGMENT, None))
    wrong = (
        "of the log 000000010000000000000004 is damaged, and {} goes on to 000000010000000000000005.partial"
    )
    assert gap(vault, 1, [], 4 * SEGMENT + 1) == wrong.format(vault.path)
    assert gap(vault, 1, [], 5 * SEGMENT) is None


FORKED = [Fork(1, 3 * SEGMENT + 5), Fork(2, 16 * SEGMENT)]
"""Within a segment, and between two."""


@pytest.mark.parametrize(
    ("name", "brought", "stopped"),
    [
        ("00000003.history", b"a history", None),
        ("000000010000000000000002", b"before the fork", None),
        ("000000010000000000000003", b"in th".ljust(SEGMENT, b"\0"), FORKED[0].end),
        ("000000010000000000000004", None, None),
        ("000000010000000100000002", None, None),
        ("00000002.history", b"another history", None),
        ("000000020000000000000003", b"the next one's own", None),
        ("00000002000000000000000F", b"a part", None),
        ("000000020000000000000010", None, FORKED[1].end),
        ("000000030000000000000010", b"where it was copied", None),
        ("000000030000000100000010", b"behind", None),
        ("000000030000000000000011", None, None),  # the log's end
    ],
)
def test_nothing_of_a_timeline_that_was_left_is_brought_behind_the_fork(tmp_path, name, brought, stopped):
    """Postgres gets the whole before the part, of the segment with the fork what lies before it, and is told of every end but failures."""
    vault, copied = Vault(tmp_path), tmp_path / "backups" / "first" / "base" / "pg_wal"
    folders = [tmp_path / "wal" / f"{timeline:08X}" for timeline in (1, 2, 3)]
    for folder in (copied, *folders):
        folder.mkdir(parents=True)
    (copied.parents[1] / NOTE).write_bytes(msgspec.json.encode(FIRST))
    for folder, files in (
        (
            folders[0],
            {
                "000000010000000000000002": "before the fork",
                "000000010000000000000002.partial": "a part",
                "000000010000000000000003": "in the fork's segment",
                "000000010000000000000004": "given up",
                "000000010000000100000002": "given up",
            },
        ),
        (
            folders[1],
            {
                "00000002.history": "another history",
                "000000020000000000000003": "the next one's own",
                "00000002000000000000000F.partial": "a part",
                "000000020000000000000010": "given up",
            },
        ),
        (folders[2], {"00000003.history": "a history", "000000030000000100000010": "behind"}),
        (copied, {"000000030000000000000010": "where it was copied", "000000010000000000000002": "less"}),
    ):
        for file, text in files.items():
            (folder / file).write_text(text)

    def ask(target: str) -> int:
        asked = ["sh", "-c", script(vault, None, FORKED), "sh", name, target]
        return subprocess.run(asked, check=False, cwd=tmp_path, stderr=subprocess.DEVNULL).returncode

    assert ask("target") == (1 if brought is None else 0)
    assert ((tmp_path / "target").read_bytes() if brought is not None else None) == brought
    marked = tmp_path / AT_FORK
    assert (int(marked.read_text()) if marked.exists() else None) == stopped
    assert (ask("nowhere/target") > 125) is (brought is not None)  # for Postgres no end of the log


@pytest.mark.parametrize(
    ("segment", "used"),
    [
        (page(0, None)[:HEAD_BYTES] + (7).to_bytes(8, "little"), True),
        (page(0, None)[:HEAD_BYTES] + (8).to_bytes(8, "little"), False),
        (bytes(PAGE), False),  # made ahead, for log to come
        (b"", False),
        (None, False),
    ],
)
def test_old_data_are_of_the_server_whose_log_they_hold(tmp_path, segment, used):
    """However damaged the rest is, the end of the log that was copied is found among them; where it is not, that is told."""
    log = tmp_path / "pg_wal"
    if segment is not None:
        (log / "archive_status").mkdir(parents=True)
        (log / "000000010000000000000001").write_bytes(segment)
    said = []
    assert _old_data(tmp_path, FIRST, said.append) == (tmp_path if used else None)
    told = f"{log} holds no log of the server that was copied: the vault's alone is followed"
    assert said == ([] if used else [told])
    assert _old_data(tmp_path / "none", FIRST, said.append) is None
    assert said[1:] == []


def test_the_command_for_a_restore_by_hand_tells_an_end_from_a_failure(tmp_path):
    """What docs/operations.md gives to Postgres brings the whole before the part, and says only of what is not there that it is not."""
    told = re.search(r"restore_command = '(.*)'", Path("docs/operations.md").read_text(encoding="utf-8"))
    assert told is not None
    log, target = tmp_path / "wal" / "00000001", tmp_path / "target"
    log.mkdir(parents=True)

    def ask(name: str, target: Path) -> int:
        command = told[1].replace("/mnt/vault", str(tmp_path)).replace("%f", name).replace("%p", str(target))
        return subprocess.run(["sh", "-c", command], check=False, stderr=subprocess.DEVNULL).returncode

    (log / "A.partial").write_text("a part")
    assert (ask("A", target), target.read_text()) == (0, "a part")
    (log / "A").write_text("the whole")
    assert (ask("A", target), target.read_text()) == (0, "the whole")
    assert ask("B", target) == 1
    assert ask("A", tmp_path / "nowhere" / "target") > 125  # for Postgres no end of the log


def test_a_timeline_nobody_knows_is_refused(tmp_path):
    """Where a timeline comes from is read from its history; without one there is no way along it."""
    log = tmp_path / "wal" / "00000002"
    log.mkdir(parents=True)
    (log / "000000020000000000000003.partial").touch()
    vault = Vault(tmp_path)
    assert vault.timelines() == [2]
    with pytest.raises(CopyError, match="timeline 2"):
        vault.forks(2)
    (log / "00000002.history").write_text("1\t0/3000140\tno recovery target specified\n")
    assert vault.forks(2) == [Fork(1, 0x3000140)]


@pytest.mark.parametrize("folder", ["backups", "wal"])
@pytest.mark.parametrize("content", ["garbage", "{}", "", '{"system": 7}', "\xff", None])
def test_a_damaged_vault_is_told_by_its_file(tmp_path, content, folder):
    """Whose vault it is cannot be guessed: nothing is copied or restored, and the file, damaged or gone, is named with what to do."""
    (tmp_path / folder).mkdir()
    if content is not None:
        (tmp_path / "vault.json").write_bytes(content.encode("latin-1"))
    for use in (lambda: plan(Vault(tmp_path), None, None), lambda: Vault(tmp_path).claim("7")):
        with pytest.raises(CopyError, match=r"vault\.json is damaged .* put it back"):
            use()


def noted(vault: Path, made: Backup) -> None:
    """A backup, as far as it is looked at to choose it."""
    place = vault / "backups" / made.name
    (place / "base" / "pg_wal").mkdir(parents=True)
    (place / NOTE).write_bytes(msgspec.json.encode(made))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        *((content, NOTE) for content in ("garbage", "{}", "", '{"name": 7}', "\xff")),
        (msgspec.json.encode(backup("broken", 60)).decode(), "base"),  # whose removal was interrupted
    ],
)
def test_a_damaged_backup_blocks_no_other(tmp_path, content, told):
    """The others are chosen from; it is told by what of it is damaged or gone, and alone it is no backup."""
    vault = Vault(tmp_path)
    vault.claim("7")
    place = tmp_path / "backups" / "broken"
    place.mkdir(parents=True)
    (place / NOTE).write_bytes(content.encode("latin-1"))
    with pytest.raises(CopyError, match=rf"no backup that can be used; .*broken/{told} is damaged or gone"):
        plan(vault, None, None)
    noted(tmp_path, FIRST)
    assert plan(vault, None, None).backup == FIRST
    assert vault.backups() == [FIRST]
    assert vault.damaged() == [place / told]


def test_a_vault_that_is_read_only_is_told_before_anything_is_copied(tmp_path, monkeypatch):
    """A restore leaves its epoch there: without it two would give out the same, so it is tried before the hours of copying."""
    vault, opened = Vault(tmp_path), os.open
    vault.claim("7")
    noted(tmp_path, FIRST)
    assert plan(vault, None, None).backup == FIRST
    assert {path.name for path in tmp_path.iterdir()} == {"backups", "vault.json"}

    def refused(path: Path, flags: int, *more: int) -> int:
        if flags & os.O_CREAT:
            raise OSError(errno.EROFS, "Read-only file system", str(path))
        return opened(path, flags, *more)

    monkeypatch.setattr(os, "open", refused)
    with pytest.raises(CopyError, match=r"vault\.json, beside which nothing can be written .*Read-only"):
        plan(vault, None, None)


def test_a_vault_is_used_through_a_folder_that_leads_to_it(tmp_path):
    """What docs/operations.md says of one that is read-only: links to the copies, and a `vault.json` of the folder's own."""
    Vault(tmp_path / "vault").claim("7")
    noted(tmp_path / "vault", FIRST)
    log = tmp_path / "vault" / "wal" / "00000001"
    log.mkdir(parents=True)
    leading = tmp_path / "leading"
    leading.mkdir()
    for name in ("backups", "wal"):
        (leading / name).symlink_to(tmp_path / "vault" / name)
    shutil.copy(tmp_path / "vault" / "vault.json", leading)
    vault = Vault(leading)
    assert plan(vault, None, None).backup == FIRST
    assert [place.resolve() for place in vault.streamed()] == [log]
    vault.remember(5)
    assert (vault.holdings.restore_epoch, Vault(tmp_path / "vault").holdings.restore_epoch) == (5, 1)


def test_a_damaged_history_is_told_by_its_file(tmp_path):
    """Where a timeline comes from is not guessed either."""
    place = tmp_path / "wal" / "00000002"
    place.mkdir(parents=True)
    (place / "00000002.history").write_text("garbage\n")
    with pytest.raises(CopyError, match=r"00000002\.history is damaged"):
        Vault(tmp_path).forks(2)


def test_what_keeps_the_log_from_being_kept_is_said_once(tmp_path, monkeypatch):
    """Whoever waits for a server is told so once, and again when something else is in the way."""
    monkeypatch.setattr(archive, "PAUSE_SECONDS", 0)
    reasons, lines, stop = (
        ["no server", "no server", "refused", "refused", "no server"],
        [],
        threading.Event(),
    )

    def find() -> str:
        reason = reasons.pop(0)
        if not reasons:
            stop.set()
        raise CopyError(reason)

    archive.keep(find, Vault(tmp_path), stop, lines.append)
    assert lines == [f"The log is not kept: {reason}" for reason in ("no server", "refused", "no server")]


@pytest.mark.parametrize(
    ("url", "told", "password"),
    [
        (
            "postgresql://copier:se%40cret@db:5433/bankroll?sslmode=require",
            "postgresql://copier@db:5433/bankroll?sslmode=require&replication=true",
            "se@cret",
        ),
        (
            "postgresql:///bankroll?host=/run/postgresql&options=-c%20work_mem%3D8MB",
            "postgresql:///bankroll?host=/run/postgresql&options=-c%20work_mem%3D8MB&replication=true",
            None,
        ),
        ("postgresql://db/bankroll", "postgresql://db/bankroll?replication=true", None),
    ],
    ids=["before the host", "nowhere, a socket", "nowhere"],
)
def test_no_password_stands_on_a_command_line(url: str, told: str, password: str | None):
    """A program is told the address without the password, which it gets in its environment."""
    assert address(url, replication="true") == told
    assert environment(url).get("PGPASSWORD") == password
    assert address("postgresql://db/bankroll") == "postgresql://db/bankroll"
