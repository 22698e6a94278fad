"""Secrets are replaced while the studio plays: a shared one without a refused call, the master key without a lost one."""

import asyncio
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass, field

import asyncpg
import httpx
from click.testing import CliRunner

from gateway.command_line import main
from gateway.provider_secrets import id_of
from gateway.sealing import new_master_key
from tests.gateway.road import GAME, MASTER_KEY, SECRET, Road, Somebody, op_of, road_on
from tests.servers import Database

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

    def reseal() -> str:
        given = {
            "BANKROLL_OWNER_URL": "",
            "BANKROLL_DATABASE_URL": database.service_url,
            "BANKROLL_REDIS_URL": redis_url,
            "BANKROLL_MASTER_KEYS": f"{newest},{MASTER_KEY}",
        }
        return CliRunner().invoke(main, ["keys", "reseal"], env=given).output

    assert await served(f"{newest},{MASTER_KEY}") == "created"
    assert "sealed anew" in await asyncio.to_thread(reseal)
    assert await served(newest) == "created"
    assert await served(MASTER_KEY) is None
