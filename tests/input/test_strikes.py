"""Hostile bytes at every protocol, under valid signatures: thousands on paper, some over a socket.

The same ones every time.  ``FUZZ_MINUTES`` and ``FUZZ_SEED`` choose others, and how long: see ``make fuzz``.
"""

import itertools
import json
import os
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from random import Random
from urllib.parse import quote

import msgspec
import pytest

from bench.client import Client
from bench.studios.contract import Act, Answer, Request
from gateway.arrival import headers_of
from gateway.callbacks import conclude
from providers import PROVIDERS
from providers.contract import Answer as Told
from providers.contract import Exchange
from providers.provider import Provider
from tests.input.mutations import SQL, pieces_of, written
from tests.input.strikes import Moved, Seen, Strike, Target
from tests.input.tally import COUNTED
from tests.input.wire import Wire
from tests.model.books import Posting
from tests.providers.cases import CASES
from tests.providers.live import Gateway, live_scene
from tests.providers.paper import Paper
from tests.providers.suite import desk_of, overrides_of, paper_scene
from wallet.types import Kind

SEED = os.environ.get("FUZZ_SEED", "1")
SECONDS = float(os.environ.get("FUZZ_MINUTES", "0")) * 60
"""Of a long run: a third for strikes on paper, a third for those over a socket; 0: as many as are named here."""

ON_PAPER = 120
OVER_A_SOCKET = 12
AT_ONE = 50
"""Strikes at one player before another takes the place."""

Receive = Callable[[Request], Awaitable[Seen]]


def numbers(usual: int) -> Iterable[int]:
    """The numbers of the strikes at one protocol."""
    if not SECONDS:
        return range(usual)
    deadline = time.monotonic() + SECONDS / 3 / len(PROVIDERS)
    return itertools.takewhile(lambda _: time.monotonic() < deadline, itertools.count())


# On paper


class OnPaper:
    """A protocol's gateway of paper, as a target."""

    def __init__(self, target: Target, paper: Paper) -> None:
        self.target = target
        self.paper = paper
        self.last: Exchange | None = None
        paper.heard = self.hear

    @classmethod
    async def open(cls, name: str) -> "OnPaper":
        """A new one, its player at the game."""
        desk = desk_of(name)
        key = desk.key or keys(name)
        scene, paper, _ = await paper_scene(PROVIDERS[name], desk, CASES["bet_and_win"], key)
        stage = cls(Target(name, scene), paper)
        await stage.target.begin()
        return stage

    def hear(self, exchange: Exchange, _answer: Told) -> None:
        """Remember what was made of the request."""
        self.last = exchange

    async def receive(self, sent: Request) -> Seen:
        """Send, and see what the books have more than before."""
        journal = self.paper.oracle.books.journal
        before, self.last = len(journal), None
        pairs = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in sent.headers]
        together = tuple(headers_of({"headers": pairs}).items())
        answer = await self.paper.receive(msgspec.structs.replace(sent, headers=together))
        return Seen(answer, self.last, tuple(map(self.moved, journal[before:])))

    def moved(self, posting: Posting) -> Moved:
        """What a posting of paper moved."""
        back = sum(self.paper.oracle.books.get(one).amount for one in posting.gave_back)
        given = posting.moved.cash + posting.moved.bonus
        return Moved(posting.kind, given, back if posting.gave_back else None)


@pytest.mark.parametrize("name", PROVIDERS)
async def test_hostile_bytes_on_paper(name: str) -> None:
    """Whatever is sent is answered in the protocol's words, and moves nothing that it does not say."""
    stage, met = await OnPaper.open(name), Counter[str]()
    for number in numbers(ON_PAPER):
        if number % AT_ONE == AT_ONE - 1:
            stage = await OnPaper.open(name)
        strike = stage.target.aim(Random(f"{SEED} {name} {number}"))
        try:
            met[await struck(stage.target, strike, stage.receive)] += 1
        except Exception as error:
            error.add_note(await told(name, number, strike))
            raise
    COUNTED["on_paper"] += met.total()
    assert len(met) > 5, met
    assert sum(met[done] for done in ("created", "duplicate", "found")) > 5, met


async def struck(target: Target, strike: Strike, receive: Receive) -> str:
    """Strike once; returns what became of it."""
    sent = target.request(strike)
    seen = await receive(sent)
    target.check(sent, strike, seen)
    return "unseen" if seen.exchange is None else str(seen.exchange.status)


async def told(name: str, number: int, strike: Strike) -> str:
    """A strike that failed, with the fewest of its steps that still fail by themselves."""
    steps = list(strike.steps)
    for step in strike.steps:
        fewer = [one for one in steps if one is not step]
        if await fails(name, msgspec.structs.replace(strike, steps=tuple(fewer))):
            steps = fewer
    fewest = msgspec.structs.replace(strike, steps=tuple(steps))
    alone = await fails(name, fewest)
    stage = await OnPaper.open(name)
    sent = stage.target.request(fewest if alone else strike)
    return f"FUZZ_SEED={SEED} {name} {number}: {[one.name for one in steps]} of {strike.move.act}\n{sent}"


async def fails(name: str, strike: Strike) -> bool:
    """Whether a strike fails at a gateway where nothing else has happened."""
    stage = await OnPaper.open(name)
    try:
        await struck(stage.target, strike, stage.receive)
    except Exception:  # noqa: BLE001 - whatever it is, it fails
        return True
    return False


def keys(name: str) -> str:
    """One key for all targets of a protocol: making one may take its time."""
    if name not in KEYS:
        KEYS[name] = desk_of(name).studio.make_key()
    return KEYS[name]


KEYS: dict[str, str] = {}


# Over a socket


class OverASocket:
    """A protocol's account at the running gateway, as a target."""

    def __init__(self, wire: Wire, target: Target, client: Client) -> None:
        self.wire = wire
        self.target = target
        self.client = client
        self.last: Exchange | None = None
        self.seen = 0

    async def receive(self, sent: Request) -> Seen:
        """Send, and see what the journal has more than before."""
        self.last = None
        live = self.target.scene.stage
        answer = await self.client.send(
            sent.method, f"/callbacks/{live.slug}{sent.path}", sent.headers, sent.body
        )
        assert answer is not None, "no answer"
        return Seen(Answer(answer.http_status, answer.headers, answer.body), self.last, await self.journal())

    async def journal(self) -> tuple[Moved, ...]:
        """What was posted since this was asked last."""
        rows = await self.wire.road.owner.fetch(
            "select id, kind, cash + bonus as units, original is not null and kind in ('rollback', 'refund') as gave,"
            " (select sum(of.amount) from wallet.reversal given join wallet.posting of on of.id = given.posting"
            "  where given.reversal = one.id) as back"
            " from wallet.posting one where id > $1 order by id",
            self.seen,
        )
        self.seen = max((row["id"] for row in rows), default=self.seen)
        return tuple(
            Moved(Kind(row["kind"]), row["units"], row["back"] if row["gave"] else None) for row in rows
        )


@asynccontextmanager
async def over_a_socket(name: str, wire: Wire, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[OverASocket]:
    """A new account of a protocol's, its player at the game."""
    desk, client = desk_of(name), Client("127.0.0.1", wire.port)
    key, case = desk.key or keys(name), CASES["bet_and_win"]
    gateway = Gateway(wire.road, "", lambda _: None)
    scene = await live_scene(gateway, PROVIDERS[name], desk, case, overrides_of(desk, case, key), key)
    stage = OverASocket(wire, Target(name, scene), client)
    await stage.target.begin()

    def heard(provider: Provider, exchange: Exchange) -> Told:
        stage.last = exchange
        return conclude(provider, exchange)

    monkeypatch.setattr("gateway.callbacks.conclude", heard)
    await stage.journal()
    try:
        yield stage
    finally:
        client.close()


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("name", PROVIDERS)
async def test_hostile_bytes_over_a_socket(name: str, wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same at the real gateway, with a real journal."""
    met = Counter[str]()
    async with over_a_socket(name, wire, monkeypatch) as stage:
        for number in numbers(OVER_A_SOCKET):
            strike = stage.target.aim(Random(f"{SEED} {name} {number} socket"))
            try:
                met[await struck(stage.target, strike, stage.receive)] += 1
            except Exception as error:
                error.add_note(f"FUZZ_SEED={SEED} {number}: {strike.steps} of {strike.move.act}")
                error.add_note(str(stage.target.request(strike)))
                raise
    COUNTED["over_a_socket"] += met.total()
    assert len(met) > 2, met


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("name", PROVIDERS)
async def test_sql_in_every_text_of_a_bet_is_text(
    name: str, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever text of a bet says it, SQL is kept to the letter or refused: nothing fails, and no more moves than is said."""
    async with over_a_socket(name, wire, monkeypatch) as stage:
        scene, texts, number = stage.target.scene, 1, 0
        stake = Act.BET if Act.BET in scene.acts else Act.BUY_IN
        while number < texts:
            said, move = SQL[number % 2], scene.move(stake, "0.10")
            path, fields = scene.studio.fields(scene.player, move)
            body = scene.studio.body(fields)
            in_json = body[:1] == b"{"
            places = [one for one in pieces_of(body) if one[3][:1] == b'"' or not in_json]
            begin, end, field, _ = places[number]
            value = json.dumps(said) if in_json else quote(said, safe="")
            bent = body[:begin] + written(body, field, value.encode()) + body[end:]
            await struck(stage.target, Strike(move, path, bent, ()), stage.receive)
            COUNTED["sql"] += 1
            texts, number = len(places), number + 1
        stored = await wire.road.owner.fetch(
            "select key, round from wallet.posting where provider_account = $1", scene.stage.account
        )
        assert any(said in text for row in stored for text in row if text for said in SQL[:2])
    assert texts > 3
