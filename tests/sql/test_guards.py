"""What the tables themselves hold, whoever writes: each invariant by its constraint's name, and a journal only grows.

The functions keep all of it by themselves; here somebody with every right tries by hand.
"""

import json
from collections.abc import AsyncIterator

import asyncpg
import pytest

from tests.ledgers import PostgresLedger
from wallet.types import OPERATOR, Call, Kind, Op, Policy

TABLES = ("posting", "wallet", "player", "currency", "provider_account", "game")
GAME = "insert into wallet.game (provider_account, code, name, {}) values (0, 'g', 'A game', {})"
SOUND = {"seq": 1000, "key": "copy"}
"""What makes a copy of a posting another one."""

POSTINGS: dict[str, list[dict[str, object]]] = {
    "posting_pkey": [{"seq": 1}],
    "key_unique": [{"key": "the first"}],
    "id_shows_its_epoch": [{"restore_epoch": 2}, {"id": 2 << 48}],
    "legs_sum_to_zero": [
        {"house_amount": 1},
        {"cash": 101},
        {"other_houses": ["house_loss"], "other_amounts": [5]},
    ],
    "other_legs_whole": [
        {"other_amounts": [0]},
        {"other_houses": ["house_loss"]},
        {"other_houses": ["house_loss", "receivables"], "other_amounts": [0]},
    ],
    "amount_has_its_sign": [{"amount": -1}, {"amount": -1, "kind": "win"}],
    "amount_bounded": [{"amount": 10**18 + 1}, {"amount": -(10**18) - 1, "kind": "correction"}],
    "key_well_formed": [{"key": ""}, {"key": "k" * 256}, {"key": "a\tb"}, {"key": "é" * 128}],
    "manual_acts_explained": [
        {"kind": "adjustment", "actor": "support"},
        {"kind": "adjustment", "reason": "a test"},
    ],
    "tombstones_move_nothing": [{"kind": kind} for kind in ("tombstone", "round_close", "free_bet")],
}
"""The constraint's name -> copies of a sound posting that it refuses."""

ROWS: dict[str, list[str]] = {
    "cash_above_overdraft": [
        "update wallet.wallet set cash = -1",
        "update wallet.wallet set cash = -2, overdraft = 1",
    ],
    "bonus_not_negative": ["update wallet.wallet set bonus = -1"],
    "held_not_negative": ["update wallet.wallet set held = -1"],
    "overdraft_not_negative": ["update wallet.wallet set overdraft = -1"],
    "balances_bounded": [
        f"update wallet.wallet set {balance} = 9000000000000000001"
        for balance in ("cash", "bonus", "held", "overdraft")
    ],
    "external_id_is_short": [
        "insert into wallet.player (bucket, external_id, country) values (0, '', 'MT')",
        "insert into wallet.player (bucket, external_id, country) values (0, repeat('x', 65), 'MT')",
    ],
    "country_is_iso": ["insert into wallet.player (bucket, external_id, country) values (0, 'new', 'Malta')"],
    "currency_code_is_upper_case": ["insert into wallet.currency values ('eur', 6, 2, 0)"],
    "exponent_within_scale": [
        "insert into wallet.currency values ('AAA', 2, 3, 0)",
        "insert into wallet.currency values ('AAA', 13, 2, 0)",
    ],
    "slug_is_a_path_segment": ["update wallet.provider_account set slug = 'a/b'"],
    "only_tests_are_staged": [
        "update wallet.provider_account set environment = 'live', certification = '[{}]'"
    ],
    "overrides_are_objects": [
        f"update wallet.provider_account set {column} = '{value}'"
        for column in ("policy", "manners", "settings", "currencies")
        for value in ("[]", "null")
    ],
    "rules_are_an_array": ["update wallet.provider_account set certification = '{}'"],
    "at_most_two_secrets": ["update wallet.provider_account set secrets = '{a,b,c}'"],
    "deadline_is_sensible": [
        f"update wallet.provider_account set deadline_ms = {deadline}" for deadline in (49, 30001)
    ],
    "rtp_is_a_share": [GAME.format("rtp", rtp) for rtp in ("0", "100.01", "96.12345", "'NaN'")],
    "nothing_listed_is_null": [
        *(
            f"update wallet.provider_account set {column} = '{{NULL}}'"
            for column in ("secrets", "allowed_networks")
        ),
        *(
            GAME.format(column, "'{NULL}'")
            for column in (
                "allowed_countries",
                "refused_countries",
                "allowed_currencies",
                "refused_currencies",
            )
        ),
    ],
}
"""The constraint's name -> statements that it refuses."""

CHANGES = ("update wallet.posting set late = late", "delete from wallet.posting", "truncate wallet.posting")


@pytest.fixture
async def journal(database, owner) -> AsyncIterator[asyncpg.Connection]:
    """A transaction with every right and one posting; it is rolled back."""
    transaction = owner.transaction()
    await transaction.start()
    ledger = PostgresLedger(owner, owner)
    ledger.lane, ledger.epoch = await owner.fetchrow("select * from wallet.lease_lane()")
    deposit = Op(Kind.DEPOSIT, "the first", 100)
    await ledger.post([Call(1, OPERATOR, await ledger.open("alice", "EUR"), (deposit,), Policy())])
    yield owner
    await transaction.rollback()


async def copy(journal: asyncpg.Connection, changes: dict[str, object]) -> None:
    """Write the posting once more, with changes."""
    await journal.execute(
        "insert into wallet.posting select (jsonb_populate_record(p, $1)).* from wallet.posting p where seq = 1",
        json.dumps(SOUND | changes),
    )


async def test_a_sound_copy_is_accepted(journal):
    """What the next test shows of each change is the change's doing."""
    await copy(journal, {})
    await copy(journal, {"seq": 1001, "key": "k" * 255, "kind": "adjustment", "actor": "a", "reason": "b"})
    assert await journal.fetchval("select count(*) from wallet.posting") == 3


@pytest.mark.parametrize(
    ("name", "changes"), [(name, changes) for name, rows in POSTINGS.items() for changes in rows]
)
async def test_each_invariant_of_a_posting_is_held_by_its_constraint(journal, name, changes):
    """A posting that breaks one invariant is refused in that invariant's name."""
    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refused:
        await copy(journal, changes)
    assert refused.value.constraint_name == name


@pytest.mark.parametrize(
    ("name", "statement"), [(name, statement) for name, rows in ROWS.items() for statement in rows]
)
async def test_each_invariant_of_a_row_is_held_by_its_constraint(journal, name, statement):
    """A wallet, player or currency that breaks one invariant is refused in that invariant's name."""
    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refused:
        await journal.execute(statement)
    assert refused.value.constraint_name == name


async def test_every_named_invariant_is_tried(owner):
    """A new constraint of these tables wants a line above."""
    rows = await owner.fetch(
        "select conname from pg_constraint where contype in ('c', 'u', 'p')"
        " and conrelid = any (select ('wallet.' || name)::regclass from unnest($1::text[]) as name)",
        list(TABLES),
    )
    named = {row["conname"] for row in rows}
    generated = {name for name in named if name.endswith(("_key", "_pkey"))} - {"posting_pkey"}
    assert named - generated == {*POSTINGS, *ROWS}


@pytest.mark.parametrize("role", ["origin", "replica"])
@pytest.mark.parametrize("change", CHANGES)
async def test_the_journal_is_append_only(journal, change, role):
    """Update, delete and truncate are refused, for a superuser too, and where triggers are off for replication."""
    await journal.execute(f"set local session_replication_role = {role}")
    with pytest.raises(asyncpg.PostgresError) as refused:
        await journal.execute(change)
    assert refused.value.sqlstate == "BR010"


async def test_no_function_trusts_the_callers_search_path(owner):
    """Whatever runs with the owner's rights pins where it looks for names, strangers' temporary ones last."""
    loose = """
        select string_agg(proname, ', ') from pg_proc where pronamespace = 'wallet'::regnamespace and prosecdef
        and not exists (select from unnest(proconfig) as setting where setting like 'search\\_path=%, pg\\_temp')"""
    assert await owner.fetchval(loose) is None
