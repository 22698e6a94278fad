"""Mutants are found where something is decided, and nothing that is left out is out of date."""

import ast
import re
import signal

import pytest

from tests import mutations, mutations_sql
from tests.mutants import ROOT, Mutant, noticed, outlived, text_of, written
from tests.mutants_nearest import NEAREST

MODULE = '''
def pays(call, account):
    """Words."""
    if call.amount < 0 or call.blocked:
        raise Refused(Fault.BAD_AMOUNT)
    refuse_zeros(call)
    return call.key == account.key and not call.late
POLICY = Policy(win_without_bet=True, short_rollback=CLAMP)
CODES = codes({1: (A, B), 2: C}, {"bet": {3: D}})
'''
SQL = """
create function f() as $$ -- when nothing then
begin
    if not found then
        raise exception 'a < b' using errcode = 'BR001';
    end if;
    x := case when a.id is null and b > 0 then 'c' end;
    if b > case when d then e end then
        return;
    end if;
end $$;
"""
PARTS = """
create or replace function f() as $$
begin
    y := n between 1 and 2 or case when a then b end and (c is distinct from d or not exists (
        select from t where t.bucket = 0 and t.e and -- or f
        t.g for update)) or h;
end $$;
"""


def planted(text, edits):
    """Each edit's name, and the line that it makes."""
    made = {}
    for edit in edits:
        lines = edit.planted(text).splitlines()
        made[edit.name] = next(
            new.strip() for new, old in zip(lines, text.splitlines(), strict=False) if new != old
        )
    return made


def test_every_decision_of_a_module_is_a_mutant():
    """Conditions, their parts and bounds, refusals, verdicts, switches and words of codes: each once."""
    assert planted(MODULE, mutations.edits(MODULE)) == {
        "pays: not (call.amount < 0 or call.blocked)": "if not (call.amount < 0 or call.blocked):",
        "pays: or without call.amount < 0": "if ((call.blocked)):",
        "pays: or without call.blocked": "if ((call.amount < 0)):",
        "pays: call.amount < 0 becomes call.amount <= 0": "if (call.amount <= 0) or call.blocked:",
        "pays: without raise Refused(Fault.BAD_AMOUNT)": "pass",
        "pays: without refuse_zeros(call)": "pass",
        "pays: returns not (call.key == account.key and not call.late)": (
            "return not (call.key == account.key and not call.late)"
        ),
        "pays: and without call.key == account.key": "return ((not call.late))",
        "pays: and without not call.late": "return ((call.key == account.key))",
        "without win_without_bet=True": "POLICY = Policy(short_rollback=CLAMP)",
        "without short_rollback=CLAMP": "POLICY = Policy(win_without_bet=True)",
        "says 2 for 1": 'CODES = codes({2: (*(A, B), *C)}, {"bet": {3: D}})',
        "says 1 for 2": 'CODES = codes({1: (*C, *(A, B))}, {"bet": {3: D}})',
        '"bet" says nothing of its own': 'CODES = codes({1: (A, B), 2: C}, {"bet": {}})',
    }


def test_every_guard_of_a_function_is_a_mutant():
    """Branches, what is looked for, comparisons and exceptions: each once, and none in a comment or a text."""
    made = planted(SQL, mutations_sql.edits(SQL))
    assert made == {
        "not (not found)": "if not coalesce((not found), false) then",
        "without raise exception 'a < b' using errcode = 'BR001';": "null;",
        "not (a.id is null and b > 0)": "x := case when not coalesce((a.id is null and b > 0), false) then 'c' end;",
        "is null becomes is not null in x := case when a.id is null and b > 0 then 'c' end;": (
            "x := case when a.id is not null and b > 0 then 'c' end;"
        ),
        "> becomes >= in x := case when a.id is null and b > 0 then 'c' end;": (
            "x := case when a.id is null and b >= 0 then 'c' end;"
        ),
        "not (d)": "if b > case when not coalesce((d), false) then e end then",
        "not (b > case when d then e end)": "if not coalesce((b > case when d then e end), false) then",
        "> becomes >= in if b > case when d then e end then": "if b >= case when d then e end then",
        "and without a.id is null": "x := case when true and b > 0 then 'c' end;",
        "and without b > 0": "x := case when a.id is null and true then 'c' end;",
    }


def test_every_part_of_a_condition_is_a_mutant():
    """What `and` and `or` join, in its bracket and its ``case``: each left out once, but for the only bucket."""
    made = {
        edit.name: PARTS.encode()[edit.start : edit.end].decode() + " -> " + edit.new
        for edit in mutations_sql.edits(PARTS)
        if " without " in edit.name
    }
    whole = PARTS[PARTS.index("case when") : PARTS.index(" or h")]
    absent = PARTS[PARTS.index("not exists") : PARTS.index(") or h")]
    assert list(made.values()) == [
        "n between 1 and 2 -> false",
        "case when a then b end -> true",
        f"{whole} -> false",
        f"{whole[whole.index('(c') :]} -> true",
        "c is distinct from d -> false",
        f"{absent} -> false",
        "t.e -> true",
        "t.g -> true",
        "h -> false",
    ]


@pytest.mark.parametrize("file", [file for file in NEAREST if file.endswith(".py")])
def test_what_is_planted_can_be_read(file):
    """A mutant is a module that says something else, not one that says nothing."""
    text = text_of(file)
    found = mutations.edits(text)
    assert found
    for edit in found[::7]:
        ast.parse(edit.planted(text))


def test_nothing_is_left_out_that_is_not_there():
    """A reason to plant no mutant is of a mutant that could be planted."""
    assert not outlived()


def test_what_was_written_can_be_planted():
    """Every mutant that somebody thought of has its place, once, and the tests that are to notice it."""
    assert [mutant.name for mutant in written() if mutant.edit is None or not mutant.runs] == []


FAILED, INTERRUPTED = pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED


@pytest.mark.parametrize(
    ("status", "words", "test"),
    [
        (FAILED, "E       assert 1 == 2\nFAILED tests/test_a.py::test_a[b] - assert 1 == 2", "test_a[b]"),
        (FAILED, "ERROR tests/test_a.py::test_a - asyncpg.exceptions.RaiseError: BR010", "test_a"),
        (
            INTERRUPTED,
            "E   ValueError: 1\nERROR tests/test_a.py - ValueError: 1",
            "importing tests/test_a.py",
        ),
        (-signal.SIGALRM, "", "the tests' own end"),
        (pytest.ExitCode.OK, "", None),
        (pytest.ExitCode.NO_TESTS_COLLECTED, "", None),
        (pytest.ExitCode.INTERNAL_ERROR, "INTERNALERROR", None),
        (FAILED, "FAILED tests/test_a.py::test_a\nE   asyncpg.exceptions.PostgresSyntaxError: at", None),
        (FAILED, "ERROR tests/test_a.py::test_a - sql/ does not apply: 42601", None),
        (INTERRUPTED, 'E     File "a.py"\nE   SyntaxError: invalid syntax\nERROR tests/test_a.py', None),
        (INTERRUPTED, "E   NameError: name 'b'\nERROR tests/test_a.py - NameError: name 'b'", None),
    ],
)
def test_only_what_a_test_noticed_is_caught(status, words, test):
    """A mutant is caught where a test fails, ends never or finds no module; what says nothing in its language is not."""
    assert noticed(Mutant("", "wallet/lane.py", None, ()), status, words)[0] == test


def test_what_post_calls_is_gone_through():
    """Every function that a posting comes through is among those whose guards are taken away."""
    folder, reached, coming = ROOT / "sql/functions", set(), {"post"}
    while coming:
        reached |= coming
        text = "".join((folder / f"{name}.sql").read_text() for name in coming)
        named = set(re.findall(r"\bwallet\.(\w+)\s*\(", mutations_sql.COMMENT.sub("", text)))
        coming = {name for name in named - reached if (folder / f"{name}.sql").exists()}
    assert len(reached) > 20
    assert {f"sql/functions/{name}.sql" for name in reached} <= NEAREST.keys()
