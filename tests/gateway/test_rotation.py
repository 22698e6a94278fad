"""Secrets are replaced while the studio plays: a shared one without a refused call, the master key without a lost one."""

import asyncio
import hashlib
import hmac
import json
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest
from click.testing import CliRunner, Result

from gateway.accounts import Accounts, NewAccount
from gateway.command_line import main
from gateway.provider_secrets import id_of
from gateway.resealing import Resealed, seal_anew
from gateway.sealing import Sealing, new_master_key
from providers import PROVIDERS
from tests.gateway.road import GAME, MASTER_KEY, SECRET, Road, Somebody, op_of, road_on
from tests.servers import Database
from wallet.api_keys import ApiScope
from wallet.catalogue import Catalogue

PLAYERS = 4


@dataclass
class Studio:
    """A studio that plays without a pause and signs with the secret that it believes in."""

    road: Road
    slug: str
    secret: str
    heard: list[tuple[int, str]] = field(default_factory=list)
    stopped: bool = False

    async def call(self, who: Somebody) -> httpx.Response:
        """One bet of a cent."""
        op = op_of({"kind": "bet", "amount": "0.01", "round": secrets.token_hex(4)})
        body = json.dumps({"game": GAME, "player": who.name, "token": who.token, "ops": [op]}).encode()
        signature = hmac.new(self.secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {"x-bogus-signature": signature}
        return await self.road.http.post(f"/callbacks/{self.slug}/call", content=body, headers=headers)

    async def play(self, who: Somebody) -> None:
        """Call until the end, and remember what was heard."""
        while not self.stopped:
            answer = await self.call(who)
            self.heard.append((answer.status_code, answer.json()["code"]))

    async def some_calls(self) -> None:
        """Wait until every player has called a few times more."""
        until = len(self.heard) + 5 * PLAYERS
        while len(self.heard) < until:  # noqa: ASYNC110 - a studio calls nobody back
            await asyncio.sleep(0.005)


async def test_a_secret_is_rotated_without_a_refused_call(road: Road):
    """Before the studio has the new secret, while it changes over and after the old one is retired, every call is answered."""
    players = [await road.somebody("10.00") for _ in range(PLAYERS)]
    studio = Studio(road, road.slug, SECRET)
    playing = [asyncio.create_task(studio.play(who)) for who in players]
    await studio.some_calls()
    rotated = await road.accounts.rotate_secret(road.slug)
    assert rotated is not None
    await studio.some_calls()
    await road.refresh()  # every process knows the new secret within a second: a studio is told it no sooner
    before, studio.secret = studio.secret, str(rotated[1])
    await studio.some_calls()
    assert await road.accounts.retire_secret(road.slug, id_of(rotated[0].secrets[1])) is None
    await studio.some_calls()
    studio.stopped = True
    await asyncio.gather(*playing)
    assert set(studio.heard) == {(200, "created")}
    await road.refresh()
    studio.secret = before
    assert (await studio.call(players[0])).json()["code"] == "bad_signature"


async def test_the_master_key_is_replaced(
    road: Road, database: Database, redis_url: str, redis_prefix: str, owner: asyncpg.Connection
):
    """With both keys everything opens, `keys reseal` seals anew, and then the new key alone is enough; the old one opens nothing."""
    slug, newest = road.slug, new_master_key()
    await road.accounts.set_own_secret(slug, "ours alone and for long")

    async def served(keys: str) -> str | None:
        """How a gateway with these master keys answers the account's studio; None where it does not serve it."""
        async with road_on(database, redis_url, redis_prefix, owner, BANKROLL_MASTER_KEYS=keys) as other:
            account = other.gateway.callbacks.registry.account(slug)
            if account is None:
                return None
            assert account.account.own_secret == b"ours alone and for long"
            studio = Studio(other, slug, SECRET)
            other.slug, other.account_id = slug, account.id
            return (await studio.call(await other.somebody("1.00"))).json()["code"]

    assert await served(f"{newest},{MASTER_KEY}") == "created"
    assert "sealed anew" in (await asyncio.to_thread(resealing, database, newest, MASTER_KEY)).output
    assert await served(newest) == "created"
    assert await served(MASTER_KEY) is None


def resealing(database: Database, *keys: str) -> Result:
    """`keys reseal` with these master keys, the newest first."""
    named = {"BANKROLL_OWNER_URL": "", "BANKROLL_DATABASE_URL": database.service_url}
    given = {**named, "BANKROLL_REDIS_URL": "redis://127.0.0.1:1/0", "BANKROLL_MASTER_KEYS": ",".join(keys)}
    return CliRunner().invoke(main, ["keys", "reseal"], env=given)


async def test_a_secret_that_does_not_open_keeps_no_other_from_being_sealed_anew(fresh_database: Database):
    """It is named, with what to do, and the command ends with 1; whatever opens is sealed anew, beside it too."""
    lost, old, new = new_master_key(), new_master_key(), new_master_key()
    async with asyncpg.create_pool(fresh_database.service_url, min_size=1, max_size=1) as pool:
        catalogue = Catalogue(pool)
        for slug, key in (("first", lost), ("second", old)):
            new_account = NewAccount(slug=slug, protocol="bogus", secret=SECRET)
            assert await Accounts(catalogue, Sealing([key]), PROVIDERS).create(new_account) is not None
        before = await catalogue.account("first")
        assert before is not None
        beside = (Sealing([old]).seal("first", b"another"), *before.secrets)
        assert await catalogue.replace_secrets("first", before.secrets, beside)

        result = await asyncio.to_thread(resealing, fresh_database, new, old)
        assert (result.exit_code, result.stdout) == (1, "2 provider accounts sealed anew\n")
        assert result.stderr.startswith(
            "Not sealed anew: a secret of first is sealed with a master key that is not in"
        )
        first, second = await catalogue.account("first"), await catalogue.account("second")
        assert first is not None
        assert second is not None
        assert (first.secrets[1], Sealing([new]).open("first", first.secrets[0])) == (beside[1], b"another")
        assert [Sealing([new]).open("second", each) for each in second.secrets] == [SECRET.encode()]

        result = await asyncio.to_thread(resealing, fresh_database, new, lost)
        assert (result.exit_code, result.output) == (0, "1 provider accounts sealed anew\n")


@pytest.mark.parametrize("change", ["rotate_secret", "set_own_secret"])
async def test_a_secret_that_is_changed_meanwhile_is_sealed_anew_too(fresh_database: Database, change: str):
    """After it the older master key may go: nothing that it sealed is left, whatever was changed while it worked."""
    old, new = new_master_key(), new_master_key()

    class Busy(Catalogue):
        """The catalogue of an account that somebody else changes at the last moment, once for every secret."""

        async def replace_secrets(self, slug: str, *arguments: Any, **named: Any) -> bool:
            if others and change == "rotate_secret":
                await others.pop().rotate_secret(slug)
            return await super().replace_secrets(slug, *arguments, **named)

        async def replace_own_secret(self, slug: str, *arguments: Any, **named: Any) -> bool:
            if others and change == "set_own_secret":
                await others.pop().set_own_secret(slug, "ours alone and for longer")
            return await super().replace_own_secret(slug, *arguments, **named)

    async with asyncpg.create_pool(fresh_database.service_url, min_size=1, max_size=2) as pool:
        accounts = Accounts(Catalogue(pool), Sealing([old]), PROVIDERS)
        await accounts.create(NewAccount(slug="busy", protocol="bogus"))
        await accounts.set_own_secret("busy", "ours alone and for long")
        others = [accounts]  # of a gateway that was not started anew yet
        assert await seal_anew(Busy(pool), Sealing([new, old])) == Resealed(1, ())
        record = await Catalogue(pool).account("busy")
    assert record is not None
    assert others == []
    assert [Sealing([new]).is_newest(each) for each in record.secrets] == [True] * len(record.secrets)
    assert len(record.secrets) == (2 if change == "rotate_secret" else 1)
    own_secret = record.own_secret
    assert own_secret is not None
    longest = change == "set_own_secret"
    assert Sealing([new]).open("busy:own", own_secret) == b"ours alone and for long" + b"er" * longest


@pytest.fixture
async def locked_out(
    fresh_database: Database, redis_url: str, redis_prefix: str, fresh_owner: asyncpg.Connection
) -> AsyncIterator[tuple[Studio, Somebody, Road]]:
    """A studio and its player, and beside their gateway one with another master key."""
    servers = fresh_database, redis_url, redis_prefix, fresh_owner
    async with road_on(*servers) as road, road_on(*servers, BANKROLL_MASTER_KEYS=new_master_key()) as other:
        yield Studio(other, road.slug, SECRET), await road.somebody("1.00"), road


async def test_without_its_master_key_a_gateway_says_later(locked_out: tuple[Studio, Somebody, Road]):
    """No account is unknown to it: in the studio's words a call may be repeated, and moved nothing; elsewhere it is booked."""
    studio, who, road = locked_out
    answer = await studio.call(who)
    assert (answer.status_code, answer.json()["code"]) == (503, "overloaded")
    for path in ("/call", "/nowhere", ""):
        odd = await studio.road.http.post(f"/callbacks/{studio.slug}{path}", content=b"\x00" * 70_000)
        assert (odd.status_code, odd.json()["code"], odd.headers["connection"]) == (
            503,
            "overloaded",
            "close",
        )
    page = (await studio.road.http.get("/metrics")).text
    assert "bankroll_unknown_account_total 0" in page
    assert "bankroll_unserved_accounts 2" in page
    series = f'bankroll_callback_seconds_count{{account="{studio.slug}",verb="call",outcome="overloaded"}}'
    assert f"{series} 2" in page
    studio.road = road
    assert (await studio.call(who)).json()["code"] == "created"


async def test_without_its_master_key_a_gateway_is_not_ready(locked_out: tuple[Studio, Somebody, Road]):
    """It names the accounts; with a single secret that opens it is ready and degraded; a revoked account is not missed."""
    studio, _, road = locked_out
    other = studio.road

    async def ready() -> tuple[int, bool, str | None]:
        await other.refresh()
        answer = await other.http.get("/readyz")
        check = answer.json()["checks"]["provider_accounts"]
        return answer.status_code, answer.json()["degraded"], check.get("reason")

    both = ", ".join(sorted((road.slug, other.slug)))
    told = f"not served: {both}"
    assert await ready() == (503, False, f"{told}: no secret opens with the master keys here")
    new = NewAccount(slug="opens", protocol="bogus", secret=SECRET)
    assert await other.gateway.desk.accounts.create(new) is not None
    assert await ready() == (200, True, told)
    revoke = "update wallet.provider_account set state = 'revoked' where slug <> 'opens'"
    await road.owner.execute(revoke)
    assert await ready() == (200, False, None)
    answer = await other.http.post(f"/callbacks/{studio.slug}/call", content=b"{}")
    assert answer.json()["code"] == "account_revoked"
    typo = (
        "update wallet.provider_account set state = 'active', manners = '{\"typo\": 1}' where slug <> 'opens'"
    )
    await road.owner.execute(typo)
    assert await ready() == (200, True, told)
    answer = await other.http.post(f"/callbacks/{studio.slug}/call", content=b"{}")
    assert (answer.status_code, answer.content) == (503, b"")  # no words are to be had


async def test_without_its_master_key_a_gateway_says_so_on_v1(locked_out: tuple[Studio, Somebody, Road]):
    """What needs the account is a 503 that names the problem, never the 404 of an account there is not."""
    studio, who, _ = locked_out
    until = datetime.now(UTC) + timedelta(days=1)
    key = await studio.road.gateway.desk.api_keys.create("test", tuple(ApiScope), until)
    account = {"player": who.player.external_id, "currency": "EUR", "provider_account": studio.slug}
    calls = [{**account, "ops": [{"kind": "win", "key": "w1", "amount": "1.00"}]}]
    path = f"/provider-accounts/{studio.slug}"
    for method, place, body in (
        ("POST", "/sessions", {**account, "game": GAME}),
        ("POST", "/postings", {"calls": calls}),
        ("POST", f"{path}/games/import", {}),
        ("POST", f"{path}/failed-transactions/settle", None),
        ("GET", f"{path}/certification", None),
        ("POST", f"/free-rounds/{studio.slug}/any/cancel", None),
    ):
        headers = {"authorization": f"Bearer {key}"}
        answer = await studio.road.http.request(method, f"/v1{place}", json=body, headers=headers)
        assert answer.status_code == 503, (place, answer.text)
        assert answer.json()["type"] == "urn:bankroll:problem:provider_account_unserved"
    assert await studio.road.owner.fetchval("select count(*) from wallet.posting where kind = 'win'") == 0


@pytest.mark.parametrize("order", [1, -1])
async def test_an_account_without_its_master_key_is_revoked_or_given_new_secrets(
    locked_out: tuple[Studio, Somebody, Road], order: int
):
    """It can be ended at any time, and is served again with secrets in the place of the lost ones; what keeps one is refused."""
    studio, who, road = locked_out
    assert await road.accounts.set_own_secret(studio.slug, "ours alone and for long")
    until = datetime.now(UTC) + timedelta(days=1)
    key = await studio.road.gateway.desk.api_keys.create("test", tuple(ApiScope), until)
    studio.secret = "another one of the studio"

    async def asked(method: str, place: str, body: dict[str, object], expected: int = 200) -> str | None:
        answer = await studio.road.http.request(
            method,
            f"/v1/provider-accounts/{studio.slug}{place}",
            json=body,
            headers={"authorization": f"Bearer {key}"},
        )
        assert answer.status_code == expected, answer.text
        return answer.json().get("type")

    unserved = "urn:bankroll:problem:provider_account_unserved"
    before = await road.catalogue.account(studio.slug)
    assert await asked("PATCH", "", {}) is None
    assert await asked("PATCH", "", {"deadline_ms": 1500}, 503) == unserved
    assert await asked("PATCH", "", {"state": "revoked", "deadline_ms": 1500}, 503) == unserved
    assert await asked("POST", "/rotate-secret", {"secret": studio.secret}, 503) == unserved
    assert await road.catalogue.account(studio.slug) == before
    await asked("PATCH", "", {"state": "revoked"})
    assert (await studio.call(who)).json()["code"] == "account_revoked"
    assert await asked("PATCH", "", {"state": "active"}, 503) == unserved
    renewals = [
        ("POST", "/rotate-secret", {"secret": studio.secret, "retire_previous": True}),
        ("PUT", "/own-secret", {"secret": "ours anew and for long"}),
    ]
    for method, place, body in renewals[::order]:
        await asked(method, place, body)
    await asked("PATCH", "", {"state": "active"})
    assert (await studio.call(who)).json()["code"] == "created"
