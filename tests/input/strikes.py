"""A strike at one protocol: an honest request, bent by a few steps, signed where it can be, and what must hold of the answer.

A strike that fails is told with the fewest steps that still fail, by a seed that gives the same again.
"""

import re
from decimal import Decimal
from functools import cache
from random import Random

from msgspec import Struct

from bench.studios.contract import Act, Answer, Move, Request
from providers import PROVIDERS
from providers.contract import Exchange, Fault
from tests.input.mutations import BODY, Step, changed_body, changed_request, steps_of
from tests.input.reading import Ambiguous, fields_of, message_of, placed
from tests.providers.scene import Scene
from tests.providers.suite import desk_of
from tests.providers.transcript import FOLDER, parse
from wallet.types import Kind

LEAKED = re.compile(
    rb"Traceback|File \"|\.py\b|object at 0x|msgspec|asyncpg|litestar|uvicorn|(?:providers|gateway|wallet)\.[a-z_]+\."
)
"""What no answer holds."""

REQUEST_ID = "x-request-id"

JSON = re.compile(r"application/json(;.*)?")

OFTEN = (Act.BET, Act.BET, Act.BET, Act.WIN, Act.ROLLBACK)
LAST = frozenset({Act.REVOKE, Act.ROTATE})
"""After these the player's token is no good; recorded requests have them."""

STORIES = 8
"""Transcripts of a protocol whose requests are used."""

FIRST = frozenset({Act.BET, Act.OPEN, Act.BALANCE, Act.FREE_BET, Act.BUY_IN, Act.PROMO_WIN})
"""What is about no earlier move."""

REMEMBERED = frozenset({Kind.TOMBSTONE, Kind.ROLLBACK, Kind.REFUND})

UNSENDABLE = (ValueError, TypeError, AttributeError, LookupError, RecursionError)
"""Raised by a simulated studio that cannot even write its signature: then there is none."""


class Moved(Struct, frozen=True):
    """What a posting moved: cash and bonus in ledger units; `back` is how much of earlier ones it may give back."""

    kind: Kind
    units: int
    back: int | None = None


class Seen(Struct, frozen=True):
    """What became of a request: its answer, what the gateway made of it (None: it never looked), and what was posted."""

    answer: Answer
    exchange: Exchange | None
    moved: tuple[Moved, ...]


class Strike(Struct, frozen=True):
    """One hostile request before it is signed."""

    move: Move
    path: str
    body: bytes
    steps: tuple[Step, ...]


class Target:
    """One protocol, and a scene in which it is struck."""

    def __init__(self, name: str, scene: Scene) -> None:
        self.desk = desk_of(name)
        self.provider = PROVIDERS[name]
        self.scene = scene
        self.recorded = recorded(name)
        self.names: frozenset[str] = frozenset()
        self.bet = Move(Act.BET)
        self.unit = Decimal(1)
        self.form = False
        said = [code if isinstance(code, tuple) else (code,) for code in self.provider.codes.values()]
        self.known = frozenset({200, *(part for code in said for part in code if isinstance(part, int))})
        self.words = frozenset(
            {*map(str, self.known), *(str(code[0]) for code in said), *self.desk.says.values()}
        )

    async def begin(self) -> None:
        """A player opens the game and bets, so that there is something to win and to take back."""
        scene = self.scene
        self.names = frozenset({await open_game(scene)})
        self.names |= {scene.player.token, scene.player.external_id}
        stake = Act.BET if Act.BET in scene.acts else Act.BUY_IN
        self.bet = scene.move(stake, 10)
        path, fields = scene.studio.fields(scene.player, self.bet)
        body = scene.studio.body(fields)
        await scene.stage.receive(scene.studio.seal(path, body))
        self.form = not body.startswith((b"{", b"["))
        written = placed(fields_of(body), self.desk.fields["amount"])
        assert written
        self.unit = written / 10

    def aim(self, rng: Random) -> Strike:
        """Choose what is asked and how it is bent."""
        scene = self.scene
        act = rng.choice([*sorted(scene.acts - LAST), *(act for act in OFTEN if act in scene.acts)])
        meant = None if act in FIRST else self.bet
        move = scene.move(act, rng.choice(("0.10", "1", "2.50", "10")), of=meant)
        path, fields = scene.studio.fields(scene.player, move)
        body = scene.studio.body(fields)
        if rng.random() < 0.2:
            path, body = rng.choice(self.recorded)
        return Strike(move, path, body, tuple(steps_of(rng)))

    def request(self, strike: Strike) -> Request:
        """The strike as it is sent: bent, signed, and bent again."""
        studio, body = self.scene.studio, strike.body
        others = [body for _, body in self.recorded]
        for step in strike.steps:
            if step.name in BODY:
                body = changed_body(step, body, others)
        try:
            request = studio.seal(strike.path, body)
        except UNSENDABLE:
            request = Request(strike.path, (), body)
        for step in strike.steps:
            if step.name not in BODY:
                request = changed_request(step, request)
        return request

    def check(self, sent: Request, strike: Strike, seen: Seen) -> None:
        """The answer is the protocol's, gives nothing of ours away, and no more moved than the message says."""
        answer, exchange = seen.answer, seen.exchange
        ours = dict(answer.headers)
        if ours.get(REQUEST_ID) in {
            value.strip() for name, value in sent.headers if name.lower() == REQUEST_ID
        }:
            del ours[REQUEST_ID]  # whatever the caller called it
        told = answer.body + repr(ours).encode()
        assert not LEAKED.search(told), "a name of ours"
        if answer.body:
            assert JSON.fullmatch(answer.headers.get("content-type", "")), answer
            fields_of(answer.body)
        if exchange is None:
            assert not seen.moved
            assert answer.http_status in (200, 400, 404, 405, 431), answer
            return
        assert exchange.status is not Fault.INTERNAL, "our failure"
        assert answer.http_status in self.known, answer
        reply = self.scene.studio.read(strike.move, answer)
        assert reply.broken or reply.done or not exchange.done, f"{exchange.status} reads as {reply}"
        if not reply.broken:
            assert reply.code in self.words, f"{reply.code} is no word of the protocol"
        assert exchange.done or not posted(seen.moved), "refused, and posted"
        if any(one.units for one in seen.moved):
            self.check_money(sent, [one for one in seen.moved if one.units])

    def check_money(self, sent: Request, paid: list[Moved]) -> None:
        """What moved stands in the message, in the studio's own units, and the message names the player."""
        try:
            message = message_of(sent, form=self.form)
        except Ambiguous as ambiguous:
            raise AssertionError(f"moved by what has no one meaning: {ambiguous}") from None
        assert message.texts & self.names, "moved for somebody who was not named"
        for one in paid:
            if one.back is not None:
                assert abs(one.units) <= one.back, "more came back than went"
                continue
            said = Decimal(abs(one.units)).scaleb(-6) * self.unit
            assert said in message.numbers, f"{said} moved, and was not said"
            if one.kind is Kind.BET and len(paid) == 1:
                meant = placed(message.fields, self.desk.fields["amount"])
                assert meant in (said, None), f"{said} moved, and {meant} was said"


async def open_game(scene: Scene) -> str:
    """The player arrives with a million and opens the game; returns the launch token."""
    scene.player.external_id = await scene.stage.join("EUR", 1_000_000)
    launch = scene.player.token = await scene.stage.launch(scene.player.external_id)
    reply = await scene.send(Move(Act.OPEN), "the game opens")
    assert reply.done, reply
    scene.player.token = reply.token or launch
    scene.player.external_id = reply.player or scene.player.external_id
    return launch


def posted(moved: tuple[Moved, ...]) -> list[Moved]:
    """What was posted; the memory of what is to be undone and never came is no movement."""
    return [one for one in moved if one.units or one.kind not in REMEMBERED]


@cache
def recorded(name: str) -> tuple[tuple[str, bytes], ...]:
    """Requests that were recorded, as target and body."""
    paths = sorted((FOLDER / name).glob("*.txt"))
    stories = [parse(path.read_text(encoding="utf-8")) for path in paths[:: max(1, len(paths) // STORIES)]]
    return tuple(
        sorted({(one.request.target, one.request.body) for story in stories for one in story.episodes})
    )
