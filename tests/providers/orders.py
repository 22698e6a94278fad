"""Every order in which a bet, its win, its rollback, repetitions and lost answers can come, at one protocol, on paper.

The orders are a tree, walked once: what two of them begin with is played once, and a step back only takes the
ledger's journal back.  After every message the cash is what `Story` says, a dozen lines that know neither the ledger
nor the adapter, and the answer is the word that the protocol's desk has for the case; no answer contradicts an earlier
one of its branch.
"""

from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from bench.studios.contract import Act, Move, Reply, Request, write
from tests.providers.paper import Paper
from tests.providers.scene import Desk, Scene

STAKES = (Decimal(10), Decimal(20))
"""What the bets of a round stake; there are never more of them."""

WINS = (Decimal(25), Decimal(7))
"""What the wins of a bet pay, the first and any further one."""


class Message(NamedTuple):
    """One message of the studio: a bet, or the so-manyth win or rollback of one, each under a key of its own."""

    act: Act
    bet: int
    time: int = 0

    @property
    def amount(self) -> Decimal:
        """What it moves."""
        return {Act.BET: STAKES[self.bet], Act.WIN: WINS[min(self.time, 1)]}.get(self.act, Decimal(0))


class Event(NamedTuple):
    """What happens next: a message whose answer is heard, or one whose answer is lost."""

    message: Message
    lost: bool = False

    def __str__(self) -> str:
        act, bet, time = self.message
        return f"{act}{bet + 1}{chr(ord('a') + time)}{' lost' if self.lost else ''}"


UNKNOWN, TAKEN, RETURNED, FORBIDDEN = "unknown", "taken", "returned", "forbidden"

WORDS = {
    (Act.BET, UNKNOWN): "ok",
    (Act.BET, FORBIDDEN): "late_bet",
    (Act.WIN, UNKNOWN): "win_without_bet",
    (Act.WIN, TAKEN): "ok",
    (Act.WIN, RETURNED): "win_after_rollback",
    (Act.WIN, FORBIDDEN): "win_after_rollback",
    (Act.ROLLBACK, UNKNOWN): "unknown_rollback",
    (Act.ROLLBACK, TAKEN): "ok",
    (Act.ROLLBACK, RETURNED): "second_rollback",
    (Act.ROLLBACK, FORBIDDEN): "unknown_rollback",
}
"""The case that a message not known yet is, by what has become of its bet."""

AGAIN = {Act.BET: "duplicate", Act.WIN: "duplicate", Act.ROLLBACK: "rollback_again"}
"""The case that a message is which was taken before."""


@dataclass
class Story:
    """What must be true after some messages: the cash, what became of each bet, and what was taken under which key."""

    desk: Desk
    cash: Decimal
    bets: dict[int, str] = field(default_factory=dict)  # in the order in which they came
    wins: dict[Message, list[int]] = field(default_factory=dict)  # that stand, and the bets that they pay
    taken: dict[Message, str] = field(default_factory=dict)  # the case that a repetition is
    sent: tuple[Message, ...] = ()
    told: dict[Message, Reply] = field(default_factory=dict)  # the first success that was heard

    def branch(self) -> "Story":
        """The same, to go on from without touching this one."""
        again = copy(self)
        again.bets, again.wins, again.taken, again.told = map(
            dict, (self.bets, self.wins, self.taken, self.told)
        )
        return again

    def case(self, message: Message) -> str:
        """Which case a message is."""
        if message in self.taken:
            return self.taken[message]
        bet = self.round_of(message) if self.desk.wins_name_round else self.bets.get(message.bet, UNKNOWN)
        if message.act is Act.ROLLBACK and bet is TAKEN and self.wins_of(message.bet):
            return "rollback_after_win"
        return WORDS[message.act, bet]

    def round_of(self, message: Message) -> str:
        """What has become of the bet that is meant; a win that names the round means any that stands."""
        came = [became for became in self.round(message.bet).values() if became is not FORBIDDEN]
        if message.act is not Act.WIN:
            return self.bets.get(message.bet, UNKNOWN)
        return TAKEN if TAKEN in came else RETURNED if came else UNKNOWN

    def round(self, bet: int) -> dict[int, str]:
        """The bets that share a round with a bet, and what became of each."""
        return {
            other: became
            for other, became in self.bets.items()
            if other == bet or not self.desk.round_of_each_bet
        }

    def wins_of(self, bet: int) -> list[Message]:
        """The wins that stand on a bet; those that name the round stand on every bet that was there before them."""
        return [win for win, bets in self.wins.items() if bet in bets]

    def hear(self, message: Message) -> str:
        """A message arrives: the case that it is, and what it changes."""
        case = self.case(message)
        if message not in self.sent:
            self.sent += (message,)
        if message in self.taken:
            return case
        if case == "unknown_rollback":
            self.bets[message.bet] = FORBIDDEN
            self.taken[message] = case
        elif case == "ok" or (case in MAY_PASS and self.passes(case)):
            self.taken[message] = AGAIN[message.act]
            self.move(message)
        return case

    def passes(self, case: str) -> bool:
        """Whether this protocol lets a case move money: its desk says that it is answered as what goes well."""
        return self.desk.says[case] == self.desk.says["ok"]

    def move(self, message: Message) -> None:
        """Money moves."""
        if message.act is Act.BET:
            self.bets[message.bet] = TAKEN
            self.cash -= message.amount
        elif message.act is Act.WIN:
            there = [bet for bet, became in self.round(message.bet).items() if became is TAKEN]
            self.wins[message] = there if self.desk.wins_name_round else [message.bet]
            self.cash += message.amount
        else:
            won = self.wins_of(message.bet)
            self.bets[message.bet] = RETURNED
            self.wins = {win: bets for win, bets in self.wins.items() if win not in won}
            self.cash += STAKES[message.bet] - sum(win.amount for win in won)


MAY_PASS = frozenset({"win_without_bet", "rollback_after_win"})
"""Cases in which a protocol's policy decides whether money moves."""


@dataclass
class Walk:
    """The walk through all orders up to a depth, at one protocol."""

    scene: Scene
    paper: Paper
    depth: int
    progress: Callable[[tuple[Event, ...]], None] = lambda _path: None
    orders: int = 0
    operations: int = 0  # messages sent, answers lost or not
    contradictions: list[str] = field(default_factory=list)  # each ends its branch
    cases: set[tuple[Act, str]] = field(default_factory=set)
    requests: dict[Message, tuple[Move, Request, Request]] = field(default_factory=dict)

    async def go(self) -> None:
        """Walk all of it."""
        await self.scene.begin()
        await self.onward(Story(self.scene.desk, Decimal(100)), ())

    async def onward(self, story: Story, path: tuple[Event, ...]) -> None:
        """Every event that may follow, each from where the path has led."""
        if len(path) == self.depth:
            return
        written, calls, notes = len(self.paper.oracle.books.journal), self.paper.calls, self.notes()
        for event in self.events(story):
            further, after = story.branch(), (*path, event)
            self.orders += 1
            self.progress(after)
            try:
                await self.happens(event, further, after)
            except AssertionError as wrong:
                self.contradictions.append(str(wrong))
            else:
                await self.onward(further, after)
            self.paper.oracle.books.forget(written)
            self.paper.calls = calls
            vars(self.scene.studio).update(notes)
            notes = self.notes()

    def notes(self) -> dict[str, Any]:
        """What the studio remembers of earlier answers."""
        return {name: dict(kept) for name, kept in vars(self.scene.studio).items() if isinstance(kept, dict)}

    def events(self, story: Story) -> Iterator[Event]:
        """What may happen next: a new message of each kind, heard or lost, and every earlier one once more."""
        for message in self.new(story):
            yield Event(message)
            yield Event(message, lost=True)
        for message in story.sent:
            yield Event(message)

    def new(self, story: Story) -> Iterator[Message]:
        """The next bet, and another win and rollback of each; where there is none yet, of the first."""
        acts = self.scene.studio.expresses
        bets = [message for message in story.sent if message.act is Act.BET]
        if len(bets) < (len(STAKES) if self.scene.studio.several_bets else 1):
            yield Message(Act.BET, len(bets))
        for bet in range(max(1, len(bets))):
            for act, further in ((Act.WIN, Act.MORE_WIN in acts), (Act.ROLLBACK, True)):
                times = sum((message.act, message.bet) == (act, bet) for message in story.sent)
                again = further and act not in self.scene.desk.known_by_bet
                if act in acts and (times == 0 or again):
                    yield Message(act, bet, times)

    async def happens(self, event: Event, story: Story, path: tuple[Event, ...]) -> None:
        """A message comes; where its answer is lost it comes again, and a bet that is then in doubt is taken back."""
        if event.lost:
            await self.send(event.message, story, path, heard=False)
        reply = await self.send(event.message, story, path)
        doubted = event.lost and event.message.act is Act.BET and not reply.done
        if doubted and reply.code in self.scene.studio.undo_after and Act.ROLLBACK in self.scene.acts:
            times = sum(other[:2] == (Act.ROLLBACK, event.message.bet) for other in story.sent)
            await self.send(Message(Act.ROLLBACK, event.message.bet, times), story, path)

    async def send(
        self, message: Message, story: Story, path: tuple[Event, ...], *, heard: bool = True
    ) -> Reply:
        """One message: the cash, and where it is heard the answer, are what the story says."""
        move, first, again = self.request(message)
        request = again if message in story.sent else first
        known = message in story.taken
        case = story.hear(message)
        self.cases.add((message.act, case))
        self.operations += 1
        answer = await self.paper.receive(request)
        where = f"{', '.join(map(str, path))}: {case}"
        cash = await self.paper.cash(self.scene.player.external_id)
        assert cash == story.cash, f"{where}: {cash} and not {story.cash}"
        reply = self.scene.studio.read(move, answer)
        if heard:
            self.judge(message, reply, story, where, known=known)
        return reply

    def judge(self, message: Message, reply: Reply, story: Story, where: str, *, known: bool) -> None:
        """The answer is the desk's word for the case, and contradicts none that was heard before."""
        case = where.rpartition(": ")[2]
        said = self.scene.desk.says[case]
        assert not reply.broken, f"{where}: {reply}"
        assert reply.code == said, f"{where}: {reply.code} and not {said}"
        if not reply.done:
            assert message not in story.told or said != self.scene.desk.says["ok"], f"{where}: {reply}"
            return
        first = story.told.setdefault(message, reply)
        assert reply.transaction == first.transaction, (
            f"{where}: {first.transaction} became {reply.transaction}"
        )
        if reply.balance is not None:
            right = {story.cash, first.balance} if known else {story.cash}
            assert reply.balance in right, f"{where}: told {reply.balance} and not {story.cash}"

    def request(self, message: Message) -> tuple[Move, Request, Request]:
        """The move behind a message, and its bytes: those of the first time, and those of every further one."""
        if message not in self.requests:
            move = self.moved(message)
            first, again = (write(self.scene.studio, self.scene.player, move) for _ in range(2))
            self.requests[message] = move, first, again
        return self.requests[message]

    def moved(self, message: Message) -> Move:
        """The move behind a message."""
        key = f"{self.scene.prefix[:24]}{list(Act).index(message.act):04x}{message.bet:02x}{message.time:02x}"
        round_ = str(int(self.scene.prefix[:12], 16))
        if message.act is Act.BET:
            return Move(Act.BET, key, message.amount, round_)
        bet = self.moved(Message(Act.BET, message.bet))
        act = Act.MORE_WIN if message.act is Act.WIN and message.time else message.act
        return Move(act, key, message.amount, round_, bet.key, bet.amount)
