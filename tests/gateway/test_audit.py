"""The audit log: every change through the API and the command line leaves an entry, with the change or not at all."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from click.testing import CliRunner
from msgspec.structs import replace

from gateway.api import OPERATIONS
from gateway.command_line import main
from providers.bogus import BOGUS
from tests.gateway.door import MASTER_KEY, Door, name_of, one_loop
from tests.gateway.fake_studio import FakeStudio, fake_studio, http
from tests.gateway.test_failed_transactions import PERMIT, QUEUE
from tests.servers import Database
from wallet.api_keys import ApiScope

CHANGES = {
    operation.handler_name: operation
    for operation in OPERATIONS
    if not {str(method) for method in operation.http_methods} <= {"GET", "HEAD"}
}
"""Every operation that changes something, as the application routes it."""

MADE, CHANGED, NOTHING = (False, True), (True, True), (False, False)
TOLD = {
    **{name: {MADE} for name in ("create_player", "open_wallet", "launch_session", "create_api_key")},
    **{name: {MADE} for name in ("create_provider_account", "create_game", "import_games")},
    "issue_free_rounds": {MADE, CHANGED},  # asked for, then given
    "keep_personal_data": {NOTHING},  # what is personal
    "erase_personal_data": {CHANGED, NOTHING},  # when it was; nothing of what is personal
    "create_postings": {NOTHING},  # it names its calls
    "settle_failed_transactions": {NOTHING},  # a task; each movement of it has an entry of its own
}
"""Whether an operation's entries hold what there was before, and after; both, where it does not stand here."""

UNTIL = "2030-01-01T00:00:00Z"
SOON = (datetime.now(UTC) + timedelta(days=30)).isoformat()
REASON = "the player asked: tickét 7"


@dataclass
class Stage:
    """What the operations below act on, each made when it is asked for."""

    door: Door
    studio: FakeStudio
    slug: str = ""
    made: dict[str, Any] = field(default_factory=dict)

    async def account(self) -> str:
        """A provider account at the studio, with one game."""
        if not self.slug:
            self.slug = f"audited-{secrets.token_hex(4)}"
            account = {"slug": self.slug, "protocol": "bogus", "environment": "test"}
            await self.door.post("/provider-accounts", {**account, "settings": {"api_url": self.studio.url}})
            game = await self.door.post("/games", {"provider_account": self.slug, "code": "g", "name": "G"})
            self.made["game"] = game["id"]
        return self.slug

    async def session(self) -> int:
        """A session that lives."""
        return (await self.door.post("/sessions", await self.launch()))["id"]

    async def launch(self) -> dict[str, Any]:
        """What begins one."""
        player = await self.door.player(EUR="100")
        return {"player": player, "currency": "EUR", "provider_account": await self.account()}

    async def hold(self) -> str:
        """A withdrawal under way."""
        body = {"player": await self.door.player(EUR="100"), "currency": "EUR", "amount": "10"}
        return (await self.door.post("/withdrawals", body))["id"]

    async def free_rounds(self) -> dict[str, Any]:
        """What gives free rounds."""
        wanted = {"id": secrets.token_hex(8), "games": ["g"], "quantity": 5, "expires_at": UNTIL}
        return {**await self.launch(), **wanted, "bet_value": "0.50"}


Asked = tuple[str, Any]
DEEDS: dict[str, Callable[[Stage], Awaitable[Asked]]] = {}
"""An operation's name -> what calls it so that it changes something: the path and the body."""


def deed(name: str) -> Callable[[Callable[[Stage], Awaitable[Asked]]], None]:
    def keep(make: Callable[[Stage], Awaitable[Asked]]) -> None:
        DEEDS[name] = make

    return keep


@deed("create_player")
async def _(_stage: Stage) -> Asked:
    return "/players", {"id": secrets.token_hex(8), "country": "MT"}


@deed("block_player")
async def _(stage: Stage) -> Asked:
    return f"/players/{await stage.door.player()}/block", None


@deed("unblock_player")
async def _(stage: Stage) -> Asked:
    player = await stage.door.player()
    await stage.door.post(f"/players/{player}/block", expected=200)
    return f"/players/{player}/unblock", None


@deed("keep_personal_data")
async def _(stage: Stage) -> Asked:
    return f"/players/{await stage.door.player()}/personal-data", {"personal_data": {"name": "Anna"}}


@deed("erase_personal_data")
async def _(stage: Stage) -> Asked:
    player = secrets.token_hex(8)
    await stage.door.post("/players", {"id": player, "country": "MT", "personal_data": {"name": "Anna"}})
    return f"/players/{player}/personal-data", None


@deed("open_wallet")
async def _(stage: Stage) -> Asked:
    return f"/players/{await stage.door.player()}/wallets", {"currency": "EUR"}


@deed("close_wallet")
async def _(stage: Stage) -> Asked:
    return f"/players/{await stage.door.player(EUR='0')}/wallets/EUR/close", None


@deed("reopen_wallet")
async def _(stage: Stage) -> Asked:
    player = await stage.door.player(EUR="0")
    await stage.door.post(f"/players/{player}/wallets/EUR/close", expected=200)
    return f"/players/{player}/wallets/EUR/reopen", None


@deed("create_deposit")
async def _(stage: Stage) -> Asked:
    return "/deposits", {"player": await stage.door.player(EUR="0"), "currency": "EUR", "amount": "5"}


@deed("hold_withdrawal")
async def _(stage: Stage) -> Asked:
    return "/withdrawals", {"player": await stage.door.player(EUR="9"), "currency": "EUR", "amount": "5"}


@deed("confirm_withdrawal")
async def _(stage: Stage) -> Asked:
    return f"/withdrawals/{await stage.hold()}/confirm", None


@deed("release_withdrawal")
async def _(stage: Stage) -> Asked:
    return f"/withdrawals/{await stage.hold()}/release", None


@deed("create_adjustment")
async def _(stage: Stage) -> Asked:
    body = {"player": await stage.door.player(EUR="9"), "currency": "EUR", "amount": "-5"}
    return "/adjustments", {**body, "reason": REASON}


@deed("approve_adjustment")
async def _(stage: Stage) -> Asked:
    player = await stage.door.player(EUR="9")
    body = {"player": player, "currency": "EUR", "amount": "50000", "reason": "much"}
    key = secrets.token_hex(8)
    await stage.door.post("/adjustments", body, 403, key=key)
    return "/adjustments/approve", {**body, "key": f"adjustment:{key}"}


@deed("create_postings")
async def _(stage: Stage) -> Asked:
    op = {"kind": "deposit", "key": secrets.token_hex(8), "amount": "5"}
    return "/postings", {
        "calls": [{"player": await stage.door.player(EUR="0"), "currency": "EUR", "ops": [op]}]
    }


@deed("launch_session")
async def _(stage: Stage) -> Asked:
    return "/sessions", await stage.launch()


@deed("revoke_session")
async def _(stage: Stage) -> Asked:
    return f"/sessions/{await stage.session()}/revoke", None


@deed("expire_session")
async def _(stage: Stage) -> Asked:
    return f"/sessions/{await stage.session()}/expire", None


@deed("create_provider_account")
async def _(_stage: Stage) -> Asked:
    slug = f"new-{secrets.token_hex(4)}"
    return "/provider-accounts", {"slug": slug, "protocol": "bogus", "environment": "test"}


@deed("change_provider_account")
async def _(stage: Stage) -> Asked:
    return f"/provider-accounts/{await stage.account()}", {"state": "no_new_bets"}


@deed("rotate_provider_account_secret")
async def _(stage: Stage) -> Asked:
    return f"/provider-accounts/{await stage.account()}/rotate-secret", {}


@deed("retire_provider_account_secret")
async def _(stage: Stage) -> Asked:
    slug = await stage.account()
    rotated = await stage.door.post(f"/provider-accounts/{slug}/rotate-secret", {}, 200)
    before = rotated["provider_account"]["active_secrets"][1]
    return f"/provider-accounts/{slug}/retire-secret", {"secret_id": before}


@deed("set_provider_account_own_secret")
async def _(stage: Stage) -> Asked:
    return f"/provider-accounts/{await stage.account()}/own-secret", {"secret": "ours alone, for ever"}


@deed("set_certification")
async def _(stage: Stage) -> Asked:
    rule = {"effect": "lost_answer", "until": UNTIL}
    return f"/provider-accounts/{await stage.account()}/certification", {"rules": [rule]}


@deed("create_game")
async def _(stage: Stage) -> Asked:
    return "/games", {"provider_account": await stage.account(), "code": "h", "name": "H"}


@deed("change_game")
async def _(stage: Stage) -> Asked:
    await stage.account()
    return f"/games/{stage.made['game']}", {"enabled": False}


@deed("import_games")
async def _(stage: Stage) -> Asked:
    stage.studio.says({"games": [{"code": "i", "name": "I"}]})
    return f"/provider-accounts/{await stage.account()}/games/import", {}


@deed("issue_free_rounds")
async def _(stage: Stage) -> Asked:
    return "/free-rounds", await stage.free_rounds()


@deed("cancel_free_rounds")
async def _(stage: Stage) -> Asked:
    body = await stage.free_rounds()
    await stage.door.post("/free-rounds", body)
    return f"/free-rounds/{stage.slug}/{body['id']}/cancel", None


@deed("settle_failed_transactions")
async def _(stage: Stage) -> Asked:
    stage.door.gateway.desk.registry._providers["bogus"] = replace(
        BOGUS, studio=replace(BOGUS.studio, failed=QUEUE, permit=PERMIT)
    )
    await stage.account()
    replies = iter((b'{"token": "of the hour"}', b"[]"))
    stage.studio.answers = lambda _asked: http(200, next(replies))
    return f"/provider-accounts/{stage.slug}/failed-transactions/settle", None


@deed("create_api_key")
async def _(_stage: Stage) -> Asked:
    return "/api-keys", {"name": "new", "scopes": ["players:read"], "expires_at": SOON}


@deed("revoke_api_key")
async def _(stage: Stage) -> Asked:
    body = {"name": "old", "scopes": ["players:read"], "expires_at": SOON}
    return f"/api-keys/{(await stage.door.post('/api-keys', body))['id']}/revoke", None


@pytest_asyncio.fixture(loop_scope="module")
async def stage(door: Door) -> AsyncIterator[Stage]:
    """A studio that agrees to everything, and whatever a test makes."""
    registry = door.gateway.desk.registry
    bogus = registry._providers["bogus"]
    async with fake_studio() as studio:
        yield Stage(door, studio)
    registry._providers["bogus"] = bogus


async def entries(door: Door, **equal: Any) -> list[asyncpg.Record]:
    """The entries of the log, as they are stored."""
    where = " and ".join(f"{name} = ${place}" for place, name in enumerate(equal, 1))
    return await door.owner.fetch(
        f"select * from wallet.audit_log where {where} order by id", *equal.values()
    )


def test_every_operation_that_changes_something_is_asked_below():
    """Whoever adds an operation that changes something says here how it is seen in the audit log."""
    assert DEEDS.keys() == CHANGES.keys()


@one_loop
@pytest.mark.parametrize("name", CHANGES)
async def test_every_operation_that_changes_something_leaves_an_entry(stage: Stage, name: str):
    """The entry says which operation, which API key, which request and why, and what there was before and after."""
    door = stage.door
    key = await door.key(*ApiScope)
    path, body = await DEEDS[name](stage)
    request_id = secrets.token_hex(8)
    (method,) = CHANGES[name].http_methods
    answer = await door.http.request(
        str(method),
        f"/v1{path}",
        content=None if body is None else json.dumps(body),
        headers={
            "authorization": f"Bearer {key}",
            "x-request-id": request_id,
            "idempotency-key": request_id,
            **({} if body is None else {"content-type": "application/json"}),
            "x-reason": REASON.encode(),
        },
    )
    assert answer.is_success, answer.text
    found = await entries(door, request_id=request_id)
    assert found
    assert {(entry["operation"], entry["actor"], entry["reason"]) for entry in found} == {
        (name, f"api_key:{key.split('_')[1]}", REASON)
    }
    told = {(entry["before"] is not None, entry["after"] is not None) for entry in found}
    assert told == TOLD.get(name, {CHANGED})


@one_loop
async def test_a_change_is_told_from_what_to_what(door: Door):
    """The entry of a block holds the player's status before and after, and names what changed."""
    player = await door.player()
    await door.post(f"/players/{player}/block", expected=200)
    (_, block) = await entries(door, subject="player", name=player)
    before, after = json.loads(block["before"]), json.loads(block["after"])
    assert (before["status"], after["status"], block["changed"]) == ("active", "blocked", ["status"])
    assert block["player_external_id"] == player
    await door.post(f"/players/{player}/block", expected=200)
    assert len(await entries(door, subject="player", name=player)) == 2


@one_loop
async def test_money_is_told_from_the_journal(door: Door):
    """A deposit's entry tells the balances before and after and its transaction; a repeat and a refusal tell none."""
    player = await door.player(EUR="7")
    body = {"player": player, "currency": "EUR", "amount": "5"}
    receipt = await door.post("/deposits", body, key="audited-1")
    await door.post("/deposits", body, 200, key="audited-1")
    problem = await door.post("/withdrawals", {**body, "amount": "1000"}, 409, key="audited-2")
    assert name_of(problem) == "insufficient_funds"
    moved, repeated = await entries(door, subject="call", name="deposit:audited-1")
    (refused,) = await entries(door, subject="call", name="withdrawal_hold:audited-2")
    assert json.loads(moved["before"])["cash"] == "7000000"
    assert json.loads(moved["after"]) == {
        "cash": "12000000",
        "bonus": "0",
        "held": "0",
        "transaction": receipt["id"],
    }
    assert [(entry["before"], entry["after"]) for entry in (repeated, refused)] == [(None, None)] * 2
    assert moved["player_external_id"] == player


@one_loop
async def test_bulk_points_to_its_calls(door: Door):
    """One entry stands for a bulk request, and names every call that the journal has of it."""
    player = await door.player(EUR="0")
    ops = [{"kind": "deposit", "key": secrets.token_hex(8), "amount": "1"} for _ in range(3)]
    calls = [{"player": player, "currency": "EUR", "ops": [op]} for op in ops]
    await door.post("/postings", {"calls": calls}, 200)
    entry = (await entries(door, subject="postings"))[-1]
    booked = await door.owner.fetch(
        "select call_id from wallet.posting where key = any ($1)", [f"deposit:{op['key']}" for op in ops]
    )
    assert sorted(entry["calls"]) == sorted(row["call_id"] for row in booked)


@one_loop
async def test_no_secret_and_nothing_personal_is_told(door: Door):
    """Secrets, keys and what is personal are named as changed, and stand nowhere in the log."""
    told = {
        name: f"untold-{name}-{secrets.token_hex(6)}" for name in ("name", "corrected", "label", "affiliate")
    }
    player = secrets.token_hex(8)
    person = {"personal_data": {"name": told["name"]}, "labels": [told["label"]], "birth_date": "1971-03-29"}
    await door.post(
        "/players",
        {**person, "id": player, "country": "MT", "affiliate": told["affiliate"], "language": "tlh-Latn"},
    )
    corrected = {"personal_data": {"name": told["corrected"]}}
    assert (await door.http.put(f"/v1/players/{player}/personal-data", json=corrected)).status_code == 204
    erased = await door.http.delete(f"/v1/players/{player}/personal-data")
    assert erased.status_code == 204
    slug = f"untold-{secrets.token_hex(4)}"
    account = {"slug": slug, "protocol": "bogus", "environment": "test", "secret": "the first secret"}
    await door.post("/provider-accounts", account)
    rotated = await door.post(f"/provider-accounts/{slug}/rotate-secret", {}, 200)
    own = {"secret": "a secret of our own"}
    assert (await door.http.put(f"/v1/provider-accounts/{slug}/own-secret", json=own)).is_success
    api_key = await door.key()
    envelopes = await door.owner.fetchrow(
        "select secrets, own_secret from wallet.provider_account where slug = $1", slug
    )
    sealed = [envelope.hex() for envelope in (*envelopes["secrets"], envelopes["own_secret"])]
    log = "\n".join(row[0] for row in await door.owner.fetch("select e::text from wallet.audit_entry e"))
    hidden = (
        *(
            *told.values(),
            "1971-03-29",
            "tlh-Latn",
            "the first secret",
            own["secret"],
            rotated["secret"],
            *sealed,
        ),
        *(api_key.split("_", 2)[2],),
    )
    assert [text for text in hidden if text in log] == []
    changed = [
        entry["changed"]
        for entry in await entries(door, name=slug, operation="set_provider_account_own_secret")
    ]
    assert changed == [["changed_at", "own_secret"]]
    (correction,) = await entries(door, operation="keep_personal_data", player_external_id=player)
    assert (correction["subject"], correction["changed"]) == ("personal_data", ["data"])
    (erasure,) = await entries(door, operation="erase_personal_data", subject="player", name=player)
    assert erasure["changed"] == ["affiliate", "birth_date", "erased_at", "labels", "language"]


@one_loop
async def test_without_its_entry_nothing_changes(door: Door):
    """Where the log cannot be written no status changes, no key is made and no money moves."""
    player = await door.player(EUR="7")
    postings = await door.postings()
    await door.owner.execute(
        "alter table wallet.audit_entry add constraint full_disk check (recorded_at is null) not valid"
    )
    try:
        await door.post(f"/players/{player}/block", expected=500)
        await door.post("/api-keys", {"name": "n", "scopes": ["players:read"], "expires_at": SOON}, 500)
        await door.post("/deposits", {"player": player, "currency": "EUR", "amount": "5"}, 500)
    finally:
        await door.owner.execute("alter table wallet.audit_entry drop constraint full_disk")
    assert (await door.get(f"/players/{player}"))["status"] == "active"
    assert await door.postings() == postings
    assert not await door.owner.fetchval("select count(*) from wallet.api_key where name = 'n'")


@one_loop
async def test_the_log_is_read_page_by_page(door: Door):
    """Filters narrow it, pages neither skip nor repeat, and another scope than its own opens nothing."""
    player = await door.player(EUR="1", USD="1", GBP="1")
    for _ in range(2):
        await door.post(f"/players/{player}/block", expected=200)
        await door.post(f"/players/{player}/unblock", expected=200)
    whole = (await door.get("/audit", player=player, limit=100))["items"]
    assert len(whole) == 11
    found, cursor = [], None
    while len(found) < 20:
        page = await door.get("/audit", player=player, limit=4, **({"cursor": cursor} if cursor else {}))
        found += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert found == whole
    assert [entry["operation"] for entry in found][:2] == ["unblock_player", "block_player"]
    unblocked = await door.get("/audit", player=player, operation="unblock_player", subject="player")
    assert [entry["after"]["status"] for entry in unblocked["items"]] == ["active"] * 2
    assert (await door.get("/audit", player=player, until="2020-01-01T00:00:00Z"))["items"] == []
    other = await door.key(*(set(ApiScope) - {ApiScope.AUDIT_READ}))
    refused = await door.http.get("/v1/audit", headers={"authorization": f"Bearer {other}"})
    assert (refused.status_code, name_of(refused.json())) == (403, "scope_missing")


@one_loop
async def test_an_entry_is_seen_at_once_and_joins_no_list_under_way(door: Door):
    """A writer still at work hides no other's entries, and its own are in the next list."""
    player, late = await door.player(), await door.player()
    async with door.owner.transaction():
        change = "update wallet.player set status = 'blocked' where bucket = 0 and external_id = $1"
        await door.owner.execute(change, late)
        await door.post(f"/players/{player}/block", expected=200)
        first = await door.get("/audit", limit=1)
        assert [(entry["operation"], entry["player"]) for entry in first["items"]] == [
            ("block_player", player)
        ]
    rest = await door.get("/audit", limit=1, cursor=first["next_cursor"])
    assert [entry["operation"] for entry in rest["items"]] == ["create_player"]
    newer, older = (await door.get("/audit", limit=2))["items"]
    assert (newer["operation"], older["player"]) == ("block_player", late)


@one_loop
@pytest.mark.parametrize("reason", [b"", "\u2800".encode(), b"\xff", b"r" * 501, b"two\tparts"])
async def test_a_reason_that_is_none_is_refused(door: Door, reason: bytes):
    """What nobody could read later is no reason."""
    player = await door.player()
    answer = await door.http.post(f"/v1/players/{player}/block", headers={"x-reason": reason})
    assert (answer.status_code, name_of(answer.json())) == (400, "invalid_request")


@one_loop
@pytest.mark.parametrize(
    "change",
    [
        "update wallet.audit_entry set reason = ''",
        "delete from wallet.audit_entry",
        "truncate wallet.audit_entry",
    ],
)
@pytest.mark.parametrize("role", ["origin", "replica"])
async def test_an_entry_stays_as_it_is(door: Door, change: str, role: str):
    """Nobody changes the log, not even with every right and where ordinary triggers sleep."""
    await door.player()
    async with door.owner.transaction():
        await door.owner.execute(f"set local session_replication_role = {role}")
        with pytest.raises(asyncpg.PostgresError, match="append-only") as refused:
            async with door.owner.transaction():
                await door.owner.execute(change)
    assert refused.value.sqlstate == "BR011"


@one_loop
async def test_nothing_of_ours_drops_an_entry(door: Door):
    """No function names the log but those that write it, and the one that moves its ids on: no retention reaches it."""
    named = await door.owner.fetch(
        "select proname from pg_proc where pronamespace = 'wallet'::regnamespace and prosrc like '%audit_entry%'"
    )
    assert {row[0] for row in named} == {"keep_audit_entry", "record_change", "raise_restore_epoch"}


def test_the_command_line_signs_what_it_changes(database: Database, redis_url: str):
    """A key made by a command has an entry that names the command and who ran it."""
    given = {
        "BANKROLL_OWNER_URL": "",
        "BANKROLL_DATABASE_URL": database.service_url,
        "BANKROLL_REDIS_URL": redis_url,
        "BANKROLL_MASTER_KEYS": MASTER_KEY,
    }
    made = CliRunner().invoke(main, ["keys", "create", "by-hand", "--scope", "audit:read"], env=given)
    assert made.exit_code == 0, made.output

    async def look() -> list[asyncpg.Record]:
        owner = await asyncpg.connect(database.owner_url)
        try:
            return await owner.fetch("select * from wallet.audit_log where operation = 'keys_create'")
        finally:
            await owner.close()

    (entry,) = asyncio.run(look())
    assert entry["actor"].startswith("command_line:")
    assert json.loads(entry["after"])["scopes"] == ["audit:read"]


OF_PLAYER = "(select id from wallet.player where external_id = $1)"


@one_loop
@pytest.mark.parametrize(
    ("subject", "by_hand"),
    [
        ("api_key", "update wallet.api_key set name = name || $1"),
        ("provider_account", "update wallet.provider_account set deadline_ms = 1000 where slug = $1"),
        ("game", "update wallet.game set enabled = false where code = $1"),
        ("game", "delete from wallet.game where code = $1"),
        ("player", "update wallet.player set status = 'blocked' where external_id = $1"),
        ("player", "insert into wallet.player (bucket, external_id, country) values (0, $1 || '-2', 'MT')"),
        ("wallet", f"update wallet.wallet set status = 'closed' where player = {OF_PLAYER}"),
        ("personal_data", f"update wallet.personal_data set data = '{{}}' where player = {OF_PLAYER}"),
        ("personal_data", f"delete from wallet.personal_data where player = {OF_PLAYER}"),
    ],
)
async def test_what_the_owner_does_by_hand_is_seen(door: Door, subject: str, by_hand: str):
    """Whatever is changed behind the API's back leaves one entry for each row, which says so."""
    name = f"hand-{secrets.token_hex(8)}"
    await door.post("/players", {"id": name, "country": "MT", "personal_data": {"name": "Anna"}})
    await door.post(f"/players/{name}/wallets", {"currency": "EUR"})
    await door.post("/provider-accounts", {"slug": name, "protocol": "bogus", "environment": "test"})
    await door.post("/games", {"provider_account": name, "code": name, "name": "Oak"})
    before = await door.owner.fetchval("select max(id) from wallet.audit_entry")
    changed = int((await door.owner.execute(by_hand, name)).rpartition(" ")[2])
    left = await door.owner.fetch("select * from wallet.audit_entry where id > $1", before)
    assert len(left) == changed > 0
    operation = by_hand.partition(" ")[0]
    assert {(entry["subject"], entry["operation"]) for entry in left} == {(subject, operation)}
    assert all(entry["actor"].startswith("database:") for entry in left)
