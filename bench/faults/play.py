"""The rounds: a bet and its win, and all the ways in which studios ask again, take back, race and repeat themselves.

Each is drawn from the hand's own seed.  Nothing here knows what is broken.
"""

import asyncio
from collections.abc import Awaitable, Callable

from bench.faults.hand import KEPT, WHOLE, Hand
from bench.faults.operations import Operation, Said
from bench.studios.contract import write

EQUAL = 50
REMEMBERED = 20


async def play(hand: Hand, stop: asyncio.Event) -> None:
    """Play until told to stop; of the first bet an attempt stays on the line as long as the run lasts."""
    await forgotten(hand)
    shapes, weights = zip(*SHAPES.items(), strict=True)
    while not stop.is_set():
        [shape] = hand.rng.choices(shapes, weights)
        await shape(hand)
        if hand.over:
            await afterwards(hand)


async def spin(hand: Hand) -> None:
    """A bet and its win; a bet in doubt is taken back, or left in doubt."""
    family = hand.bet()
    said = await hand.insist(family.bet)
    if family.bet.done:
        await hand.insist(hand.win(family))
    elif said is not Said.REFUSED and hand.takes_back and hand.rng.random() < 0.5:
        await hand.insist(hand.rollback(family))


async def forgotten(hand: Hand) -> None:
    """A bet whose first attempt arrives when all is over: after the bet and its win, after its rollback, or as the only one."""
    family = hand.bet()
    await hand.send(family.bet, way=KEPT)
    draw = hand.rng.random()
    if draw < 0.5:
        await hand.insist(family.bet)
        if family.bet.done:
            await hand.insist(hand.win(family))
    elif draw < 0.75 and hand.takes_back:
        await hand.insist(hand.rollback(family))


async def called_off(hand: Hand) -> None:
    """A bet that is taken back, whatever became of it."""
    family = hand.bet()
    await hand.insist(family.bet)
    if hand.takes_back:
        await hand.insist(hand.rollback(family))


async def racing(hand: Hand) -> None:
    """A rollback that races its bet."""
    family = hand.bet()
    if not hand.takes_back:
        await hand.insist(family.bet)
        return
    rollback = hand.rollback(family)
    family.bet.tied = rollback.tied = True
    await asyncio.gather(hand.insist(family.bet), hand.insist(rollback))


async def out_of_order(hand: Hand) -> None:
    """A win that is sent before its bet was answered."""
    family = hand.bet()
    win = hand.win(family)
    family.bet.tied = win.tied = True
    await asyncio.gather(hand.insist(win), hand.insist(family.bet))
    if family.bet.done and not win.done:
        await hand.insist(win)


async def storm(hand: Hand) -> None:
    """The same bytes fifty times at once, by all gateways."""
    bet = hand.bet().bet
    request = write(hand.seat.studio, hand.seat.player, bet.move)
    ways = [hand.clients[number % len(hand.clients)] for number in range(EQUAL)]
    await asyncio.gather(*(hand.carry(bet, request, client, WHOLE) for client in ways))


async def both(hand: Hand) -> None:
    """A bet and its win, each by every gateway at once."""
    family = hand.bet()
    await everywhere(hand, family.bet)
    if family.bet.done:
        await everywhere(hand, hand.win(family))


async def everywhere(hand: Hand, operation: Operation) -> None:
    """The same bytes by every gateway at once."""
    request = write(hand.seat.studio, hand.seat.player, operation.move)
    await asyncio.gather(*(hand.carry(operation, request, client, WHOLE) for client in hand.clients))


async def remembered(hand: Hand) -> None:
    """Something of a while ago once more."""
    recent = [pair for pair in hand.sent[-REMEMBERED:] if pair[0].done]
    if recent:
        await hand.send(*hand.rng.choice(recent))


async def afterwards(hand: Hand) -> None:
    """The session is over: what was done stays done, what was won is paid, nothing new begins; then there is a new one."""
    family = hand.bet()
    await hand.insist(family.bet)
    for operation, player in hand.sent[-REMEMBERED:]:
        if operation.done:
            await hand.send(operation, player)
    hand.seat = await hand.desk.renew()
    hand.over = hand.ending = False
    await hand.open()


SHAPES: dict[Callable[[Hand], Awaitable[None]], int] = {
    spin: 59,
    forgotten: 1,
    called_off: 10,
    racing: 8,
    out_of_order: 6,
    storm: 1,
    both: 8,
    remembered: 7,
}
