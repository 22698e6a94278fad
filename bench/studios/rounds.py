"""How a round is played: one script for all simulated studios, driven by what each says of its protocol.

Pure.  A plan yields steps and is sent verdicts; it retries what the protocol lets it retry, rolls back where
the protocol's codes say so, repeats itself on purpose, and never trusts that an answer is right.
"""

from collections.abc import Callable, Generator
from decimal import Decimal
from random import Random

from msgspec.structs import replace

from bench.studios.contract import Act, Move, Plan, Player, Step, Studio, Verdict, Word, write
from bench.studios.judging import FREE, ZERO, Seen, judge_of, may_be_taken_back

AT_ONCE = (0.0,) * 4
LATER = (0.0, 0.25, 0.5, 1.0, 2.0, *(4.0,) * 7)
"""Seconds before each attempt while the answer is temporary or lost: of what can be taken back, and of all else.

A real studio queues what must land and sends it again for minutes or days; who plays here waits for half a minute.
"""

Sending = Generator[Step, Verdict, Verdict]
Betting = Generator[Step, Verdict, Move | None]


def opening(studio: Studio, player: Player) -> Plan:
    """What the game client does before the first round: say who it is, look at the balance."""
    yield from sent(studio, player, Move(Act.OPEN), {})
    if Act.BALANCE in studio.expresses:
        yield from sent(studio, player, Move(Act.BALANCE), {})


def round_of(studio: Studio, player: Player, rng: Random, *, stake: Decimal) -> Plan:
    """One round of any shape this studio plays.  `stake` is the size of a bet in the player's currency."""
    shapes = [(shape, weight) for shape, weight, acts in SHAPES if acts <= studio.expresses]
    (shape,) = rng.choices([shape for shape, _ in shapes], [weight for _, weight in shapes])
    yield from shape(Table(studio, player, rng, stake))


class Table:
    """Where one round is played: the studio, the player, and the round's names."""

    def __init__(self, studio: Studio, player: Player, rng: Random, stake: Decimal) -> None:
        self.studio = studio
        self.player = player
        self.rng = rng
        self.stake = stake
        self.round = str(rng.randrange(10**15, 10**16))
        self.seen: Seen = {}

    def move(self, act: Act, amount: Decimal = ZERO, of: Move | None = None, *, end: bool = False) -> Move:
        """A move of this round under a new key."""
        return Move(
            act,
            f"{self.rng.getrandbits(128):032x}",
            amount,
            self.round,
            of.key if of else "",
            of.amount if of else ZERO,
            end,
            self.round if act in FREE else "",
        )

    def send(self, move: Move) -> Sending:
        """The move, retried where the protocol retries; now and then repeated on purpose.  Returns the verdict."""
        verdict = yield from sent(self.studio, self.player, move, self.seen)
        if verdict.word is Word.OK and move.act not in QUIET and self.rng.random() < 0.03:
            yield from sent(self.studio, self.player, move, self.seen)
        return verdict

    def bet(self, amount: Decimal, act: Act = Act.BET, *, won: Decimal = ZERO) -> Betting:
        """A bet, undone where its answer leaves the studio unsure.  Returns it, or None where it does not stand."""
        move = replace(self.move(act, amount, end=act is Act.SPIN), of_amount=won)
        verdict = yield from self.send(move)
        if verdict.word is Word.OK:
            return move
        unsure = verdict.word is not Word.REFUSED or verdict.reason in self.studio.undo_after
        if unsure and Act.ROLLBACK in self.studio.expresses:
            yield from self.send(self.move(Act.ROLLBACK, of=move))  # others may stand
        return None

    def close(self) -> Plan:
        """The round's end, where it is a message of its own."""
        if Act.CLOSE in self.studio.expresses:
            yield from self.send(self.move(Act.CLOSE, end=True))


QUIET = frozenset({Act.OPEN, Act.BALANCE, Act.EXISTS, Act.ROTATE, Act.REVOKE})


# Shapes


def spin(table: Table) -> Plan:
    """A bet and its result: lost, won small, won big."""
    bet = yield from table.bet(table.stake)
    if bet:
        yield from table.send(table.move(Act.WIN, prize(table), bet, end=True))
        yield from table.close()


def at_once(table: Table) -> Plan:
    """A bet and its result in one message."""
    yield from table.bet(table.stake, Act.SPIN, won=prize(table))


def hands(table: Table) -> Plan:
    """Several bets, one of them perhaps called back, then a result for each that stands."""
    bets = []
    for _ in range(table.rng.randint(2, 4) if table.studio.several_bets else 1):
        bet = yield from table.bet(table.stake)
        if bet:
            bets.append(bet)
    if len(bets) > 1 and Act.ROLLBACK in table.studio.expresses and table.rng.random() < 0.3:
        yield from table.send(table.move(Act.ROLLBACK, of=bets.pop(0)))
    for bet in bets:
        yield from table.send(table.move(Act.WIN, prize(table), bet, end=bet is bets[-1]))
    if bets:
        yield from table.close()


def paid_twice(table: Table) -> Plan:
    """A bet with two wins, each of them perhaps nothing."""
    bet = yield from table.bet(table.stake)
    if bet:
        for act in (Act.WIN, Act.MORE_WIN):
            amount = table.stake * table.rng.randint(0, 1)
            yield from table.send(table.move(act, amount, bet, end=act is Act.MORE_WIN))
        yield from table.close()


def mistaken(table: Table) -> Plan:
    """A win that was a mistake and is taken back, and the right one after it."""
    bet = yield from table.bet(table.stake)
    if bet:
        win = table.move(Act.WIN, table.stake, bet)
        verdict = yield from table.send(win)
        if verdict.word is Word.OK:
            yield from table.send(table.move(Act.ROLLBACK_WIN, of=win))
        yield from table.send(table.move(Act.WIN, prize(table), bet, end=True))
        yield from table.close()


def called_off(table: Table) -> Plan:
    """A bet that the studio takes back, twice."""
    bet = yield from table.bet(table.stake)
    if bet:
        rollback = table.move(Act.ROLLBACK, of=bet, end=True)
        yield from table.send(rollback)
        yield from sent(table.studio, table.player, rollback, table.seen)


def never_arrived(table: Table) -> Plan:
    """A rollback of a bet that the operator never saw."""
    yield from table.send(table.move(Act.ROLLBACK, of=table.move(Act.BET, table.stake), end=True))


def free_rounds(table: Table) -> Plan:
    """Three free spins: paid one by one or by their summary, as the protocol has it."""
    won = ZERO
    for last in (False, False, True):
        bet = yield from table.bet(table.stake, Act.FREE_BET)
        if not bet:
            return
        result = table.move(Act.FREE_WIN, prize(table), bet, end=last)
        won += result.amount
        yield from table.send(result)
    if Act.FREE_END in table.studio.expresses:
        yield from table.send(table.move(Act.FREE_END, won, end=True))


def promotion(table: Table) -> Plan:
    """A prize that no bet paid for."""
    yield from table.send(table.move(Act.PROMO_WIN, table.stake))


def jackpot(table: Table) -> Plan:
    """A spin that hits the jackpot."""
    bet = yield from table.bet(table.stake)
    if bet:
        yield from table.send(table.move(Act.WIN, ZERO, bet))
        yield from table.send(table.move(Act.JACKPOT_WIN, table.stake * 20, bet, end=True))
        yield from table.close()


def corrected(table: Table) -> Plan:
    """A result that a live table puts right afterwards, in favour of the player or of the house."""
    bet = yield from table.bet(table.stake)
    if bet:
        yield from table.send(table.move(Act.WIN, table.stake, bet, end=True))
        yield from table.send(table.move(Act.CORRECTION, table.stake * table.rng.choice((-1, 1)), bet))
        yield from table.close()


def cash_table(table: Table) -> Plan:
    """Chips are bought, some are lost, the rest goes back."""
    chips = yield from table.bet(table.stake * 4, Act.BUY_IN)
    if chips:
        yield from table.send(table.move(Act.PAYOUT, table.stake * table.rng.randint(0, 7), chips, end=True))


SHAPES: list[tuple[Callable[[Table], Plan], int, frozenset[Act]]] = [
    (spin, 80, frozenset({Act.BET, Act.WIN})),
    (at_once, 20, frozenset({Act.SPIN})),
    (hands, 8, frozenset({Act.BET, Act.WIN})),
    (paid_twice, 2, frozenset({Act.BET, Act.WIN, Act.MORE_WIN})),
    (mistaken, 1, frozenset({Act.BET, Act.WIN, Act.ROLLBACK_WIN})),
    (called_off, 3, frozenset({Act.BET, Act.ROLLBACK})),
    (never_arrived, 1, frozenset({Act.BET, Act.ROLLBACK})),
    (free_rounds, 3, frozenset({Act.FREE_BET, Act.FREE_WIN})),
    (promotion, 2, frozenset({Act.PROMO_WIN})),
    (jackpot, 1, frozenset({Act.BET, Act.WIN, Act.JACKPOT_WIN})),
    (corrected, 1, frozenset({Act.BET, Act.WIN, Act.CORRECTION})),
    (cash_table, 2, frozenset({Act.BUY_IN, Act.PAYOUT})),
]


def prize(table: Table) -> Decimal:
    """What a spin wins: nothing two times in three, and in the long run 95 % of the stake."""
    return table.stake * table.rng.choices((0, 1, 2, 5, 20), (662, 170, 110, 40, 18))[0]


# Sending


def sent(studio: Studio, player: Player, move: Move, seen: Seen) -> Sending:
    """One move until its answer is final or the attempts are used up.  Returns the last verdict."""
    waits = AT_ONCE if may_be_taken_back(studio, move) else LATER
    for attempt, wait in enumerate(waits, 1):
        request = write(studio, player, move)
        judge = judge_of(studio, player, move, seen, last=attempt == len(waits))
        verdict = yield Step(move, request, judge, wait)
        if not (verdict.word is Word.LOST or (verdict.word is Word.TEMPORARY and retried(verdict))):
            break
    return verdict


def retried(verdict: Verdict) -> bool:
    """Whether the protocol lets this be sent again; else a temporary answer to a bet is followed by its rollback."""
    return verdict.reply is not None and verdict.reply.retry
