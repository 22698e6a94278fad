"""What Slotegrator is answered in each case, and the rest of what its own test calls are expected to ask."""

import json
from collections.abc import Collection
from typing import Any

from bench.studios.contract import Act, Move
from bench.studios.slotegrator import Slotegrator
from tests.providers.scene import Case, Desk, Scene
from wallet.types import Status

DONE = ""
POOR = "INSUFFICIENT_FUNDS"
ERROR = "INTERNAL_ERROR"

HOSTILE_AMOUNTS = (
    *(b"NaN", b"Infinity", b"-Infinity", b"1E2000000000", b"1e-2000000000", b"1e3", b"1.0E7", b"-1", b"%2B1"),
    *(b"+1", b"1+", b"%201", b"1%0A", b"1%2C00", b"1_000", b"0x10", b"%D9%A1", b"", b".", b"1.", b".5"),
    *(b"9" * 40, b"9223372036854775808000000", b"0.00001", b"1." + b"0" * 40, b"true", b"null"),
    *(b"%5B%5D", b"%00"),
)
HOSTILE_TEXTS = (b"%00", b"a%00b", b"a%0Ab", b"%ED%A0%80", b"%FF", b"k" * 300, b"%C3%A9" * 150)
MALFORMED = (
    *(b"", b"&", b"=", b"{", b"[]", b'{"action":"bet","player_id":"player-1"}', b"\xff\xfe", b"action=%FF"),
    *(b"action=bet&action=bet", b"action=bet;amount=1", b"action%5B0%5D=bet", b"action=bet&amount%5B0%5D=1"),
    *(
        b"action=rollback&rollback_transactions=1",
        b"action=bet&" + b"&".join(b"f%d=1" % n for n in range(1001)),
    ),
    b"action=" + b"a" * 60_000,
)


async def balance(scene: Scene) -> None:
    """A balance is told in the wallet's currency, whatever has become of the session, and of nobody else."""
    await scene.plays(scene.move(Act.BALANCE), "ok", 100)
    await scene.plays(scene.move(Act.BALANCE), "ok", 100, token=None)
    await scene.plays(scene.move(Act.BALANCE), "wrong_currency", 100, currency="USD")
    await scene.plays(scene.move(Act.BALANCE), "unknown_player", 100, player="nobody")
    await scene.stage.spoil(scene.player.token, Status.SESSION_EXPIRED)
    await scene.stage.block(scene.player.external_id)
    await scene.plays(scene.move(Act.BALANCE), "ok", 100)


async def unknown_action(scene: Scene) -> None:
    """An action that the protocol does not have is an error."""
    for action in ("commit", "settle", "close", None):
        await scene.plays(scene.move(Act.BET, 10), "error", 100, action=action)
    await scene.plays(scene.move(Act.BET, 10), "error", 100, type="new")
    await scene.plays(scene.move(Act.BET, 10), "error", 100, type=None)


async def ids_are_of_their_action(scene: Scene) -> None:
    """Bet, win, refund and rollback may carry one id, and each is repeated for itself with the balance of now."""
    bet = scene.move(Act.BET, 10)
    win, undo = scene.move(Act.WIN, 5, bet), scene.move(Act.ROLLBACK, of=bet)
    other = scene.move(Act.BET, 10, round="8")
    await scene.plays(bet, "ok", 90)
    await scene.plays(win, "ok", 95, key=bet.key)
    await scene.plays(other, "ok", 85)
    await scene.plays(undo, "ok", 95, key=other.key, bet_transaction_id=other.key)
    taken = {"action": "win", "transaction_id": bet.key, "amount": "5"}
    await rolls_back(scene, scene.move(Act.ROLLBACK_WIN, of=win), 90, [taken], [bet.key], key=bet.key)
    for move, key in ((bet, bet.key), (win, bet.key), (other, other.key)):
        reply = await scene.plays(move, "duplicate", 90, key=key)
        assert reply.balance == 90


async def without_a_round(scene: Scene) -> None:
    """Rounds need no name: a win names neither a round nor a bet, and is paid once."""
    bet, win = scene.move(Act.BET, 10), scene.move(Act.WIN, 25)
    await scene.plays(bet, "ok", 90, round_id=None, finished=None)
    await scene.plays(win, "ok", 115, round_id=None, finished=None)
    await scene.plays(win, "duplicate", 115, round_id=None, finished=None)


async def a_win_needs_a_bet(scene: Scene) -> None:
    """By policy a win needs a bet in its round, and one that was given back wins nothing."""
    bet = scene.move(Act.BET, 10)
    win = scene.move(Act.WIN, 25, bet)
    await scene.plays(win, "error", 100)
    await scene.plays(bet, "ok", 90)
    await scene.plays(scene.move(Act.WIN, 5, bet), "ok", 95)
    other = scene.move(Act.BET, 10, round="8")
    await scene.plays(other, "ok", 85)
    await scene.plays(scene.move(Act.ROLLBACK, of=other), "ok", 95)
    await scene.plays(scene.move(Act.WIN, 5, other), "error", 95)


async def every_type_of_win(scene: Scene) -> None:
    """A jackpot is paid beside the win; a type that nobody knows is a win; each may be of nothing."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    for kind, cash in (
        ("win", 91),
        ("jackpot", 92),
        ("freespin", 93),
        ("bonus", 94),
        ("prize_drop", 95),
    ):
        await scene.plays(scene.move(Act.WIN, 0, bet), "ok", cash - 1, type=kind)
        await scene.plays(scene.move(Act.WIN, 1, bet), "ok", cash, type=kind)
    await scene.plays(scene.move(Act.WIN, 1, bet), "error", 95, type=None)


async def jackpot_of_a_bet(scene: Scene) -> None:
    """A jackpot is a result of its round's bet, which goes back with it alone; where the bet went back, none is paid."""
    bet = scene.move(Act.BET, 10)
    hit = scene.move(Act.JACKPOT_WIN, 1000, bet, end=True)
    await scene.plays(bet, "ok", 90)
    await scene.plays(hit, "ok", 1090)
    await scene.plays(hit, "duplicate", 1090)
    await scene.plays(scene.move(Act.ROLLBACK, of=bet), "rollback_after_win", 1090)
    undo = scene.move(Act.ROLLBACK_WIN, of=hit)
    await scene.plays(undo, "error", 1090, rollback_transactions=[item("bet", bet)])
    await rolls_back(scene, undo, 100, [item("bet", bet), item("win", hit)], {bet.key, hit.key})
    await scene.plays(scene.move(Act.JACKPOT_WIN, 5, bet), "error", 100)


async def jackpots_without_a_bet(scene: Scene) -> None:
    """Where a win needs a bet a jackpot needs none, nor a round, and its id may be as long as a win's."""
    hit = scene.move(Act.JACKPOT_WIN, 5)
    await scene.plays(hit, "ok", 105, key="k" * 251)
    await scene.plays(hit, "duplicate", 105, key="k" * 251)
    await scene.plays(scene.move(Act.JACKPOT_WIN, 5), "ok", 110, round_id=None)
    await scene.plays(scene.move(Act.WIN, 5), "error", 110, round_id=None)


async def free_spins(scene: Scene) -> None:
    """A free spin is not debited, with an amount or with 0; what it won is paid."""
    for amount in (0, 10):
        bet = scene.move(Act.FREE_BET, amount, bonus_code="F1")
        await scene.plays(bet, "ok", 100)
        await scene.plays(bet, "duplicate", 100)
    await scene.plays(scene.move(Act.FREE_WIN, 0, bet, bonus_code="F1"), "ok", 100)
    await scene.plays(scene.move(Act.FREE_WIN, 7, bet, bonus_code="F1", end=True), "ok", 107)
    free = scene.move(Act.FREE_BET, 10, round="9", bonus_code="F1")
    await scene.plays(free, "ok", 107)
    undo = scene.move(Act.ROLLBACK, of=free)
    await scene.plays(undo, "ok", 107, freespin_id="F1", quantity="3")


async def refunds(scene: Scene) -> None:
    """A bet is refunded once, under any id; of what is unknown the refund is remembered; a win is no bet."""
    bet, late = scene.move(Act.BET, 10), scene.move(Act.BET, 10, round="8")
    await scene.plays(bet, "ok", 90)
    first = await scene.plays(scene.move(Act.ROLLBACK, of=bet), "ok", 100)
    again = await scene.plays(scene.move(Act.ROLLBACK, of=bet), "ok", 100)
    assert again.transaction == first.transaction
    undo = scene.move(Act.ROLLBACK, of=late)
    first = await scene.plays(undo, "unknown_rollback", 100)
    again = await scene.plays(undo, "unknown_rollback", 100)
    assert again.transaction == first.transaction
    await scene.plays(scene.move(Act.ROLLBACK, of=late), "unknown_rollback", 100)
    await scene.plays(late, "late_bet", 100)
    await scene.plays(scene.move(Act.ROLLBACK, of=bet), "error", 100, bet_transaction_id=None)


async def refund_of_another_amount(scene: Scene) -> None:
    """The whole stake is given back, whatever the refund says of its amount."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    await scene.plays(scene.move(Act.ROLLBACK, of=bet), "ok", 100, amount="9.5")


async def amounts_must_match(scene: Scene) -> None:
    """By policy a refund, and each item of a rollback, names the whole amount or is an error."""
    bet, other = scene.move(Act.BET, 10), scene.move(Act.BET, 20, round="8")
    await scene.plays(bet, "ok", 90)
    await scene.plays(other, "ok", 70)
    await scene.plays(scene.move(Act.ROLLBACK, of=bet), "error", 70, amount="9.5")
    await scene.plays(scene.move(Act.ROLLBACK, of=bet), "ok", 80)
    undo = scene.move(Act.ROLLBACK_WIN, of=other)
    for said in ("19", "-20", "twenty", None):
        await scene.plays(undo, "error", 80, rollback_transactions=[{**item("bet", other), "amount": said}])
    await rolls_back(scene, undo, 100, [item("bet", other)], {other.key})
    bet = scene.move(Act.BET, 10, round="9")
    hit = scene.move(Act.JACKPOT_WIN, 5, bet)
    await scene.plays(bet, "ok", 90)
    await scene.plays(hit, "ok", 95)
    undo = scene.move(Act.ROLLBACK_WIN, of=hit)
    await scene.plays(undo, "error", 95, rollback_transactions=[{**item("win", hit), "amount": "4"}])
    await rolls_back(scene, undo, 90, [item("win", hit)], {hit.key})
    await scene.plays(scene.move(Act.ROLLBACK, of=bet), "error", 90)


async def late_bet_is_done(scene: Scene) -> None:
    """By this manner a bet that was refunded before it came is done, under its refund's id; by policy its win is not paid."""
    bet = scene.move(Act.BET, 10)
    undone = await scene.plays(scene.move(Act.ROLLBACK, of=bet), "unknown_rollback", 100)
    for _ in range(2):
        late = await scene.plays(bet, "ok", 100)
        assert late.transaction == undone.transaction
    await scene.plays(scene.move(Act.WIN, 25, bet), "error", 100)


# Lists


async def rollback_of_a_round(scene: Scene) -> None:
    """A bet and its wins are undone as one, in whatever order they are listed; repeated, nothing moves."""
    for turned in (False, True):
        bet = scene.move(Act.BET, 10, round=f"4{turned:d}")
        wins = [scene.move(Act.WIN, 5, bet), scene.move(Act.MORE_WIN, 20, bet)]
        for move, cash in ((bet, 90), (wins[0], 95), (wins[1], 115)):
            await scene.plays(move, "ok", cash)
        listed = [item("bet", bet), item("win", wins[0]), item("win", wins[1])]
        ids = {bet.key, *(win.key for win in wins)}
        undo = scene.move(Act.ROLLBACK_WIN, of=wins[0])
        listed = listed[::-1] if turned else listed
        first = await rolls_back(scene, undo, 100, listed, ids)
        again = await rolls_back(scene, undo, 100, listed, ids)
        assert first == again


async def spent_round(scene: Scene) -> None:
    """Items are judged one by one, wins first: a spent win fails its list, though the bet beside it would cover it."""
    undo, bet, win = await spent(scene)
    for listed in ([bet, win], [win, bet]):
        await scene.plays(undo, "insufficient_funds", 0, rollback_transactions=listed)


async def spent_round_cut(scene: Scene) -> None:
    """By policy a spent win goes down to zero, and the bet beside it is then given back whole, in whatever order they come."""
    undo, bet, win = await spent(scene)
    for listed in ([bet, win], [win, bet]):
        await rolls_back(scene, undo, 10, listed, {bet["transaction_id"], win["transaction_id"]})


async def spent(scene: Scene) -> tuple[Move, dict[str, str], dict[str, str]]:
    """A round's bet of 10 and win of 5 whose money is gone: a rollback, and both as its items."""
    bet, other = scene.move(Act.BET, 10), scene.move(Act.BET, 95, round="8")
    win = scene.move(Act.WIN, 5, bet)
    for move, cash in ((bet, 90), (win, 95), (other, 0)):
        await scene.plays(move, "ok", cash)
    return scene.move(Act.ROLLBACK_WIN, of=win), item("bet", bet), item("win", win)


async def partly_known(scene: Scene) -> None:
    """What is known and stands is undone, what is unknown or undone already is skipped; ids that we know are told."""
    bet, lost = scene.move(Act.BET, 10), scene.move(Act.BET, 20)
    gone, never = scene.move(Act.BET, 30, round="8"), scene.move(Act.WIN, 40)
    for move, cash in ((bet, 90), (gone, 60)):
        await scene.plays(move, "ok", cash)
    await scene.plays(scene.move(Act.ROLLBACK, of=gone), "ok", 90)
    listed = [item("bet", lost), item("bet", gone), item("bet", bet), item("win", never)]
    undo = scene.move(Act.ROLLBACK_WIN, of=bet)
    first = await rolls_back(scene, undo, 100, listed, {gone.key, bet.key})
    assert await rolls_back(scene, undo, 100, listed, {gone.key, bet.key}) == first
    other = scene.move(Act.ROLLBACK_WIN, of=bet)
    await rolls_back(scene, other, 100, listed, {gone.key, bet.key})
    await scene.plays(lost, "late_bet", 100)
    await scene.plays(never, "late_bet", 100)


async def refunds_in_a_list(scene: Scene) -> None:
    """A refund that is listed is told, known or not, and stays given back; what is listed beside it is undone."""
    back, bet = scene.move(Act.BET, 10), scene.move(Act.BET, 20)
    for move, cash in ((back, 90), (bet, 70)):
        await scene.plays(move, "ok", cash)
    refund, never = scene.move(Act.ROLLBACK, of=back), scene.move(Act.ROLLBACK, of=scene.move(Act.BET, 5))
    await scene.plays(refund, "ok", 80)
    alone, undo = scene.move(Act.ROLLBACK_WIN, of=bet), scene.move(Act.ROLLBACK_WIN, of=bet)
    told = await rolls_back(scene, alone, 80, [item("refund", refund)], {refund.key})
    assert told == alone.key
    listed = [item("refund", refund), item("bet", bet), item("refund", never)]
    first = await rolls_back(scene, undo, 100, listed, {refund.key, bet.key, never.key})
    assert await rolls_back(scene, undo, 100, listed, {refund.key, bet.key, never.key}) == first
    await scene.plays(undo, "error", 100, rollback_transactions=[{**item("refund", refund), "amount": "-1"}])


async def all_unknown(scene: Scene) -> None:
    """A list of which we know nothing is done, tells no id, and is remembered."""
    bets = [scene.move(Act.BET, 10, round=place) for place in ("31", "32")]
    undo = scene.move(Act.ROLLBACK_WIN, of=bets[0])
    for _ in range(2):
        await rolls_back(scene, undo, 100, [item("bet", bet) for bet in bets], set())
    for bet in bets:
        await scene.plays(bet, "late_bet", 100)


async def another_list_under_a_known_id(scene: Scene) -> None:
    """A rollback's id that comes back with a longer list undoes what is new in it, and nothing twice."""
    bets = [scene.move(Act.BET, 10 * number, round=f"3{number}") for number in (1, 2, 3)]
    for bet, cash in zip(bets, (90, 70, 40), strict=True):
        await scene.plays(bet, "ok", cash)
    undo, refund = scene.move(Act.ROLLBACK_WIN, of=bets[0]), scene.move(Act.ROLLBACK, of=bets[0])
    await scene.plays(refund, "ok", 50)
    await rolls_back(scene, undo, 50, [item("refund", refund)], {refund.key})
    for listed, cash in ((bets[:2], 70), (bets[1:], 100), (bets, 100), (bets[:1], 100)):
        ids = {bet.key for bet in listed}
        await rolls_back(scene, undo, cash, [item("bet", bet) for bet in listed], ids)


async def the_same_list_in_another_order(scene: Scene) -> None:
    """A repeated list names the same id of ours in whatever order it comes, and an item named twice is one."""
    bets = [scene.move(Act.BET, 10 * number, round=f"3{number}") for number in (1, 2)]
    await scene.plays(bets[0], "ok", 90)
    await scene.plays(bets[1], "ok", 70)
    never, undo = scene.move(Act.WIN, 5), scene.move(Act.ROLLBACK_WIN, of=bets[0])
    listed = [item("bet", bets[0]), item("bet", bets[1]), item("win", never)]
    ids = {bet.key for bet in bets}
    first = await rolls_back(scene, undo, 100, listed, ids)
    assert await rolls_back(scene, undo, 100, listed[::-1], ids) == first
    twice = [item("bet", bets[0]), item("bet", bets[0])]
    for other in (undo, scene.move(Act.ROLLBACK_WIN, of=bets[0])):
        await rolls_back(scene, other, 100, twice, [bets[0].key] * 2)


async def ids_of_lists_that_look_alike(scene: Scene) -> None:
    """A rollback's id and an item's are told apart wherever one ends, and both may be as long as ids are."""
    pairs = (("a", "b:bet:c"), ("a:bet:b", "c"), ("k" * 240, "k" * 240), ("k" * 240, "d"))
    for number, (own, named) in enumerate(pairs):
        await scene.plays(scene.move(Act.BET, 10, round=f"3{number}"), "ok", 90, key=named)
        listed = [{"action": "bet", "transaction_id": named, "amount": "10"}]
        await rolls_back(scene, scene.move(Act.ROLLBACK_WIN), 100, listed, [named], key=own)


async def all_are_echoed(scene: Scene) -> None:
    """By setting every id of the list is told, known or not."""
    bet, never = scene.move(Act.BET, 10), scene.move(Act.BET, 20)
    await scene.plays(bet, "ok", 90)
    undo = scene.move(Act.ROLLBACK_WIN, of=bet)
    await rolls_back(scene, undo, 100, [item("bet", never), item("bet", bet)], {never.key, bet.key})


async def refused_as_a_whole(scene: Scene) -> None:
    """A list with another player's bet, or with a bet whose win is not listed, undoes nothing."""
    stranger = scene.move(Act.BET, 10)
    await scene.plays(stranger, "ok", 90)
    await scene.begin()
    bet, other = scene.move(Act.BET, 10), scene.move(Act.BET, 20, round="8")
    win = scene.move(Act.WIN, 5, bet)
    for move, cash in ((bet, 90), (other, 70), (win, 75)):
        await scene.plays(move, "ok", cash)
    undo = scene.move(Act.ROLLBACK_WIN, of=other)
    for listed in ([item("bet", other), item("bet", stranger)], [item("bet", other), item("bet", bet)]):
        await scene.plays(undo, "error", 75, rollback_transactions=listed)
    await rolls_back(scene, undo, 95, [item("bet", other)], {other.key})


async def bet_with_its_wins(scene: Scene) -> None:
    """By policy a bet that is listed alone takes its round's wins with it; a jackpot stands until it is listed."""
    bet = scene.move(Act.BET, 10)
    win = scene.move(Act.WIN, 5, bet)
    await scene.plays(bet, "ok", 90)
    await scene.plays(win, "ok", 95)
    await rolls_back(scene, scene.move(Act.ROLLBACK_WIN, of=bet), 100, [item("bet", bet)], {bet.key})
    await rolls_back(scene, scene.move(Act.ROLLBACK_WIN, of=win), 100, [item("win", win)], {win.key})
    bet = scene.move(Act.BET, 10, round="8")
    hit = scene.move(Act.JACKPOT_WIN, 70, bet)
    await scene.plays(bet, "ok", 90)
    await scene.plays(hit, "ok", 160)
    await rolls_back(scene, scene.move(Act.ROLLBACK_WIN, of=bet), 170, [item("bet", bet)], {bet.key})
    await rolls_back(scene, scene.move(Act.ROLLBACK_WIN, of=hit), 100, [item("win", hit)], {hit.key})


async def lists_refused(scene: Scene) -> None:
    """A list that is none, is empty, or has an item without its action or id, is an error."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    undo = scene.move(Act.ROLLBACK_WIN, of=bet)
    good = item("bet", bet)
    for listed in (
        *(None, list[str](), "text", {"a": good}, [{**good, "action": "tip"}], [{**good, "action": None}]),
        *([{**good, "transaction_id": ""}], [{**good, "transaction_id": "k" * 300}], [["bet"]]),
    ):
        await scene.plays(undo, "error", 90, rollback_transactions=listed)
    await rolls_back(scene, undo, 100, [good], {bet.key}, type="bonus")


async def long_lists(scene: Scene) -> None:
    """A list may be as long as the ledger's longest call."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    unknown = [item("bet", scene.move(Act.BET, 1)) for _ in range(255)]
    await rolls_back(
        scene, scene.move(Act.ROLLBACK_WIN, of=bet), 100, [*unknown, item("bet", bet)], {bet.key}
    )


async def rolls_back(
    scene: Scene, undo: Move, cash: int, listed: list[dict[str, str]], ids: Collection[str], **changes: Any
) -> str | None:
    """A rollback of these items is done and tells these ids; returns our id of it."""
    reply = await scene.plays(undo, "ok", cash, rollback_transactions=listed, **changes)
    told = json.loads(scene.answer.body)["rollback_transactions"]
    assert sorted(told) == sorted(ids), scene.answer
    return reply.transaction


def item(action: str, move: Move) -> dict[str, str]:
    """An item of a rollback's list."""
    return {"action": action, "transaction_id": move.key, "amount": f"{move.amount:f}"}


# Who may, and when


async def sessions_are_checked(scene: Scene) -> None:
    """By setting a bet needs a living session of this player; wins, refunds and balances do not."""
    bet, other = scene.move(Act.BET, 10), scene.move(Act.BET, 10, round="8")
    await scene.plays(bet, "ok", 90)
    await scene.plays(other, "ok", 80)
    await scene.plays(scene.move(Act.BET, 10), "error", 80, token="no-such-token")
    await scene.plays(scene.move(Act.BET, 10), "error", 80, token=None)
    await scene.stage.spoil(scene.player.token, Status.SESSION_EXPIRED)
    await scene.plays(scene.move(Act.BET, 10), "error", 80)
    await scene.plays(scene.move(Act.TIP, 10), "error", 80)
    await scene.plays(scene.move(Act.FREE_BET, 10), "error", 80)
    await scene.plays(bet, "duplicate", 80)
    await scene.plays(scene.move(Act.WIN, 5, bet), "ok", 85)
    await scene.plays(scene.move(Act.ROLLBACK, of=other), "ok", 95)
    await scene.plays(scene.move(Act.BALANCE), "ok", 95)


async def sessions_are_notes(scene: Scene) -> None:
    """A session that is dead, unknown, another player's or not told is in nobody's way: the player is who is named."""
    await scene.stage.spoil(scene.player.token, Status.SESSION_EXPIRED)
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    await scene.plays(scene.move(Act.WIN, 5, bet), "ok", 95, token="no-such-token")
    await scene.plays(scene.move(Act.BET, 1), "ok", 94, token=None)
    await scene.plays(scene.move(Act.MORE_WIN, 1, bet), "ok", 95, token=None)
    first, token = scene.player.external_id, scene.player.token
    await scene.begin()
    await scene.plays(scene.move(Act.BET, 10), "ok", 90, token=token)
    assert await scene.stage.cash(first) == 95


async def games_that_are_gone(scene: Scene) -> None:
    """A game that we do not have is a reason to refuse a bet, and nothing else."""
    bet, other = scene.move(Act.BET, 10), scene.move(Act.BET, 10, round="8")
    await scene.plays(bet, "ok", 90)
    await scene.plays(other, "ok", 80)
    await scene.plays(scene.move(Act.WIN, 5, bet), "ok", 85, game="gone")
    await scene.plays(scene.move(Act.ROLLBACK, of=other), "ok", 95, game="gone")


async def end_of_a_round(scene: Scene) -> None:
    """Either flag, on a bet or a win, as a number or a word, ends the round."""
    for name, value, place in (
        ("finished", "1", "31"),
        ("is_finished", "true", "32"),
        ("is_finished", "1", "33"),
    ):
        bet = scene.move(Act.BET, 10, round=place)
        await scene.plays(bet, "ok", 90, finished=None)
        await scene.plays(scene.move(Act.WIN, 10, bet), "ok", 100, **({"finished": "0"} | {name: value}))
        await scene.plays(scene.move(Act.BET, 10, round=place), "bet_on_closed_round", 100)


async def four_decimals(scene: Scene) -> None:
    """Amounts have four decimals at most, and balances tell them."""
    bet = scene.move(Act.BET, "0.0001")
    reply = await scene.plays(bet, "ok", "99.9999")
    assert str(reply.balance) == "99.9999"
    await scene.plays(scene.move(Act.WIN, "0.00010", bet), "ok", 100)
    await scene.plays(scene.move(Act.BET, "0.00001"), "error", 100)


async def headers_are_signed(scene: Scene) -> None:
    """A request without one of the signed headers, or with another one's, is not theirs."""
    move = scene.move(Act.BET, 10)
    path, fields = scene.studio.fields(scene.player, move)
    good = scene.studio.seal(path, scene.studio.body(fields))
    for name in ("x-merchant-id", "x-nonce", "x-timestamp", "x-sign"):
        for value in (None, "7"):
            kept = tuple((header, text) for header, text in good.headers if header != name)
            headers = kept if value is None else (*kept, (name, value))
            reply = await scene.deliver(move, type(good)(path, headers, good.body), f"{name}: {value}")
            assert reply.code == scene.desk.says["bad_signature"], scene.answer
    await scene.holds(100)
    reply = await scene.deliver(move, good, "as it was signed")
    assert reply.done
    reply = await scene.deliver(move, good, "the same nonce again: an identical retry")
    assert reply.done
    await scene.holds(90)


CASES = (
    *(balance, unknown_action, ids_are_of_their_action, without_a_round, every_type_of_win, free_spins),
    jackpot_of_a_bet,
    *(
        refunds,
        refund_of_another_amount,
        rollback_of_a_round,
        spent_round,
        partly_known,
        all_unknown,
        refused_as_a_whole,
    ),
    *(refunds_in_a_list,),
    *(another_list_under_a_known_id, the_same_list_in_another_order, ids_of_lists_that_look_alike),
    *(lists_refused, long_lists, sessions_are_notes, games_that_are_gone, end_of_a_round, four_decimals),
    *(headers_are_signed,),
)
NOTE = "session_id is a note: a bet is refused for it only by setting, which has a case of its own"

DESK = Desk(
    studio=Slotegrator,
    key="a-test-secret-of-nobody",
    says={
        "ok": DONE,
        "balance": DONE,
        "duplicate": DONE,
        "error": ERROR,
        "insufficient_funds": POOR,
        "zero_bet": DONE,
        "bet_on_closed_round": ERROR,
        "key_reused_amount": ERROR,
        "key_reused_round": ERROR,
        "key_reused_player": ERROR,
        "unknown_rollback": DONE,
        "late_bet": ERROR,
        "rollback_again": DONE,
        "second_rollback": DONE,
        "win_after_rollback": ERROR,
        "rollback_after_win": ERROR,
        "rollback_of_spent_win": POOR,
        "win_without_bet": DONE,
        "free_bet": DONE,
        "free_bet_again": DONE,
        "free_win": DONE,
        "blocked": ERROR,
        "no_new_bets": ERROR,
        "game_disabled": ERROR,
        "unknown_game": ERROR,
        "unknown_player": ERROR,
        "wrong_currency": ERROR,
        "unknown_currency": ERROR,
        "bad_signature": ERROR,
    },
    shape=frozenset({ERROR}),
    fields={
        "amount": ("amount",),
        "key": ("transaction_id",),
        "round": ("round_id",),
        "player": ("player_id",),
        "token": ("session_id",),
        "currency": ("currency",),
        "game": ("game_uuid",),
    },
    cannot={
        "opening": "the game is opened without a call; a balance needs no session",
        "win_under_the_key_of_its_bet": "ids are of their action: a win may carry its bet's",
        "win_after_rollback": "a win names no bet and needs none: by policy only, in a case of its own",
        "unknown_verb": "there is one address; an unknown action is a case of its own",
        "dead_session": NOTE,
        "superseded_session": NOTE,
        "unknown_token": NOTE,
        "token_of_another_player": NOTE,
        "promo_win": "a promotion's prize is an ordinary win",
        "refund": "a refund is always of the whole",
        "buy_in": "there are no chips",
        "payout": "there are no chips",
        "rotate": "tokens are never replaced by a call",
        "revoke": "sessions are not ended by the studio",
        "exists": "there is no question about a transaction",
    },
    required=("key", "amount", "player", "currency", "game"),
    covers_bytes=False,
    hostile_amounts=HOSTILE_AMOUNTS,
    hostile_texts=HOSTILE_TEXTS,
    malformed=MALFORMED,
    wins_name_round=True,
    cases=(
        *(Case(tell.__name__, tell) for tell in CASES),
        Case("a_win_needs_a_bet", a_win_needs_a_bet, policy={"win_without_bet": False}),
        Case("jackpots_without_a_bet", jackpots_without_a_bet, policy={"win_without_bet": False}),
        Case("bet_with_its_wins", bet_with_its_wins, policy={"rollback_with_wins": True}),
        Case("spent_round_cut", spent_round_cut, policy={"short_rollback": "clamp"}),
        Case("amounts_must_match", amounts_must_match, policy={"refund_amount": "match"}),
        Case(
            "late_bet_is_done",
            late_bet_is_done,
            policy={"win_without_bet": False},
            manners={"late_op": "done"},
        ),
        Case("all_are_echoed", all_are_echoed, settings={"echo_unknown_rollbacks": "yes"}),
        Case("sessions_are_checked", sessions_are_checked, settings={"check_session": "yes"}),
    ),
)
