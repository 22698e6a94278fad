"""What a conformance case is told in: a desk says what one protocol answers, a scene plays moves and looks at the money."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal
from typing import Any, Protocol

from msgspec import Struct

from bench.studios.contract import Act, Answer, Move, Player, Reply, Request, Studio
from providers.contract import Account, Fault
from wallet.types import Status

Field = tuple[str | int, ...]
"""Where a field lies in a request: ``("ops", 0, "amount")``."""

Untold = tuple[str, Status | Fault, tuple[Any, int]]
"""A verb, what became of it, and the code and HTTP status that are its word."""

Signs = tuple[tuple[bytes, ...], Mapping[str, str], bool]
"""Secrets and settings of an account, and whether it believes only what is signed."""

HOSTILE_JSON_AMOUNTS = (
    b"NaN",
    b"Infinity",
    b"-Infinity",
    b'"NaN"',
    b'"Infinity"',
    b"1E2000000000",
    b"1e-2000000000",
    b'"1e3"',
    b"-1",
    b'"-1"',
    b'"+1"',
    b'" 1"',
    b'"1 "',
    b'"1,00"',
    b'"1_000"',
    b'"0x10"',
    b'"\\u0661"',
    b'""',
    b'"."',
    b'"1."',
    b"9" * 40,
    b'"' + b"9" * 40 + b'"',
    b'"9223372036854775808000000"',
    b"0.00000000001",
    b'"0.00000000001"',
    b"true",
    b"[]",
    b"{}",
)
HOSTILE_JSON_TEXTS = (
    b"[]",
    b"{}",
    b"true",
    b"1.5",
    b'""',
    b'"\\ud800"',
    b'"a\\u0000b"',
    b'"' + b"k" * 300 + b'"',
)
MALFORMED_JSON = (
    b"",
    b"{",
    b"[]",
    b"null",
    b'"text"',
    b"\xff\xfe{}",
    b'{"a":1,"a":2}',
    b'{"a":' * 100 + b"1" + b"}" * 100,
    b"[" * 50_000,
    b'{"a":' * 10_000,
    b'{"a":"' + b"a" * 70_000 + b'"}',
)
HOSTILE_FORM_AMOUNTS = (
    *(b"NaN", b"Infinity", b"-Infinity", b"1E2000000000", b"1e-2000000000", b"1e3", b"1.0E7", b"-1", b"%2B1"),
    *(b"+1", b"1+", b"%201", b"1%0A", b"1%2C00", b"1_000", b"0x10", b"%D9%A1", b"", b".", b"1.", b".5"),
    *(b"9" * 40, b"9223372036854775808000000", b"0.001", b"10.005", b"1." + b"0" * 40, b"true", b"null"),
    *(b"%5B%5D", b"%00"),
)
HOSTILE_FORM_TEXTS = (b"", b"%00", b"a%00b", b"a%0Ab", b"%ED%A0%80", b"%FF", b"k" * 300, b"%C3%A9" * 150)
MALFORMED_FORMS = (
    *(
        b"",
        b"&",
        b"=",
        b"{",
        b"[]",
        b'{"userId":"player-1"}',
        b"\xff\xfe",
        b"amount=%FF",
        b"amount=1&amount=1",
    ),
    *(b"userId=a;reference=b", b"&".join(b"f%d=1" % n for n in range(300)), b"a" * 60_000),
)


class Desk(Struct, frozen=True):
    """What the conformance suite must know of one protocol besides its simulated studio."""

    studio: type[Studio]
    says: Mapping[str, str]  # a word of the cases -> the protocol's code; see cases.WORDS
    shape: frozenset[str]  # codes that a request of the wrong shape may be answered with
    fields: Mapping[str, Field]  # amount, key, round, player, token, currency, game -> where it lies in a bet
    cannot: Mapping[str, str] = {}  # a case, or an act that cases need -> why this protocol cannot express it
    required: tuple[str, ...] = ("key", "amount", "player")  # fields without which a bet is refused by shape
    key: str | None = None  # a test secret for transcripts; None makes one
    covers_bytes: bool = True  # the signature covers the raw body, not the fields' meaning
    covers_body: bool = True  # False: a secret travels with the request and covers nothing
    signs: tuple[Signs, ...] = (((), {}, True), ((b"secret",), {}, True))
    hostile_amounts: tuple[bytes, ...] = HOSTILE_JSON_AMOUNTS
    hostile_texts: tuple[bytes, ...] = HOSTILE_JSON_TEXTS
    malformed: tuple[bytes, ...] = MALFORMED_JSON
    smallest: Decimal = Decimal("0.01")  # the smallest bet in EUR
    cases: tuple["Case", ...] = ()  # stories that only this protocol can tell
    known_by_bet: frozenset[Act] = frozenset()  # acts that each bet has one of, whatever id it carries
    wins_name_round: bool = False  # a win pays the round, and names none of its bets
    round_of_each_bet: bool = False  # and each bet is a round of its own
    untold: tuple[Untold, ...] = ()  # what it says where no story can bring it about


Tell = Callable[["Scene"], Awaitable[None]]


class Case(Struct, frozen=True):
    """One story, what a studio must be able to say for it, and the account that it is told at."""

    name: str
    tell: Tell
    acts: frozenset[Act] = frozenset()
    policy: Mapping[str, Any] = {}
    manners: Mapping[str, Any] = {}
    settings: Mapping[str, str] = {}

    @property
    def promise(self) -> str:
        """What holds if the story ends well."""
        return " ".join((self.tell.__doc__ or "").split())


class Stage(Protocol):
    """Where cases are played: a gateway, and the operator's hand on it."""

    async def join(self, currency: str, cash: int) -> str:
        """A player with a funded wallet; the studio's name for it."""

    async def launch(self, player: str) -> str:
        """A session; its launch token."""

    async def spoil(self, token: str, defect: Status) -> None:
        """The session behind a token is no longer good."""

    async def block(self, player: str) -> None:
        """The player may not bet."""

    async def take_no_bets(self) -> None:
        """The provider account takes no new bets."""

    async def disable_game(self, game: str) -> None:
        """The game takes no new bets."""

    async def give_free_rounds(self, player: str, issue: str) -> None:
        """Free rounds are the player's; the studio knows them by the issue."""

    async def cash(self, player: str) -> Decimal:
        """What the ledger holds, in major units."""

    async def receive(self, sent: Request) -> Answer:
        """One request of the studio."""


class Scene:
    """One case at one provider: a studio, a player with EUR 100.00, and a gateway."""

    def __init__(self, desk: Desk, studio: Studio, stage: Stage, account: Account, case: str) -> None:
        self.desk = desk
        self.studio = studio
        self.stage = stage
        self.account = account
        self.policy = account.policy
        self.manners = account.manners
        self.acts = studio.expresses
        self.player = Player("", "", "EUR", "dice")
        self.titles: list[str] = []
        self.answer = Answer(0, {}, b"")
        self.prefix = hashlib.sha256(case.encode()).hexdigest()
        self.count = 0

    @classmethod
    def beside(cls, scene: "Scene", name: str) -> "Scene":
        """Another player at the same gateway and account."""
        return cls(scene.desk, scene.studio, scene.stage, scene.account, name)

    async def begin(self) -> None:
        """The player arrives and opens the game."""
        self.player.external_id = await self.stage.join("EUR", 100)
        self.player.token = await self.stage.launch(self.player.external_id)
        reply = await self.send(Move(Act.OPEN), "the game opens")
        assert reply.done, reply
        self.player.token = reply.token or self.player.token
        self.player.external_id = reply.player or self.player.external_id

    # Moves

    def move(self, act: Act, amount: Decimal | int | str = 0, of: Move | None = None, **more: Any) -> Move:
        """A move under a new key, in the round of what it is about."""
        self.count += 1
        key = f"{self.prefix[:24]}{self.count:08x}"
        place = more.pop("round", of.round if of else str(int(self.prefix[:12], 16)))
        return Move(
            act,
            key,
            Decimal(amount),
            place,
            of.key if of else "",
            of.amount if of else Decimal(0),
            **more,
        )

    async def plays(self, move: Move, word: str, cash: Decimal | int | str, **changes: Any) -> Reply:
        """Play a move, with fields changed before it is signed; the answer is `word` and the ledger then holds `cash`."""
        path, fields = self.studio.fields(self.player, move)
        for name, value in changes.items():
            put(fields, self.desk.fields.get(name, (name,)), value)
        reply = await self.deliver(
            move, self.studio.seal(path, self.studio.body(fields)), f"{move.act}: {word}"
        )
        assert not reply.broken, (word, reply, self.answer)
        assert reply.code == self.desk.says[word], (word, reply, self.answer)
        await self.holds(cash)
        if reply.done and reply.balance is not None and word == "ok":
            assert reply.balance == Decimal(cash), (word, reply)
        return reply

    async def send(self, move: Move, title: str) -> Reply:
        """Play a move and judge nothing."""
        path, fields = self.studio.fields(self.player, move)
        return await self.deliver(move, self.studio.seal(path, self.studio.body(fields)), title)

    async def deliver(self, move: Move, request: Request, title: str) -> Reply:
        """Carry a request to the gateway and read the answer as the studio reads it."""
        self.titles.append(title)
        self.answer = await self.stage.receive(request)
        return self.studio.read(move, self.answer)

    async def refuses_shape(self, move: Move, request: Request, title: str) -> None:
        """The request is refused as malformed in the protocol's words, is no crash, and moves nothing."""
        before = await self.stage.cash(self.player.external_id)
        reply = await self.deliver(move, request, title)
        assert not reply.done, (title, request.body[:200], self.answer)
        assert reply.code in self.desk.shape, (title, request.body[:200], self.answer)
        assert await self.stage.cash(self.player.external_id) == before, title

    def with_raw(self, move: Move, name: str, raw: bytes) -> Request:
        """The request of a move in which the field `name` has exactly these bytes for its value."""
        path, fields = self.studio.fields(self.player, move)
        put(fields, self.desk.fields[name], "PLACEHOLDER")
        body = self.studio.body(fields)
        mark = b'"PLACEHOLDER"' if b'"PLACEHOLDER"' in body else b"PLACEHOLDER"
        return self.studio.seal(path, body.replace(mark, raw))

    async def holds(self, cash: Decimal | int | str) -> None:
        """The ledger holds this much of the player's cash."""
        assert await self.stage.cash(self.player.external_id) == Decimal(cash)


def put(fields: Any, place: Field, value: Any) -> None:
    """Set the field at `place`."""
    for name in place[:-1]:
        fields = fields[name]
    fields[place[-1]] = value
