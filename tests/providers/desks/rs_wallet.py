"""Stories that the desks of all ``RS_`` wallets share: the rest of their certification's matrix."""

from bench.studios.contract import Act
from bench.studios.rs_wallet import UNIT, dashed
from tests.providers.scene import HOSTILE_JSON_AMOUNTS, Case, Scene
from wallet.types import Status


async def balance(scene: Scene) -> None:
    """A balance is told to a living token of this player only, with or without the game's code."""
    await scene.plays(scene.move(Act.BALANCE), "ok", 100, game=None)
    await scene.plays(scene.move(Act.BALANCE), "foreign_token", 100, token="no-such-token")
    await scene.plays(scene.move(Act.BALANCE), "unknown_player", 100, player="nobody")
    await scene.stage.spoil(scene.player.token, Status.SESSION_SUPERSEDED)
    await scene.plays(scene.move(Act.BALANCE), "expired_balance", 100)


async def bets_of_every_size(scene: Scene) -> None:
    """1, 0.01, 0.001 and 0.00001 are exact; int32's and int64's largest are more than there is."""
    for amount, left in (("1", "99"), ("0.01", "98.99"), ("0.001", "98.989"), ("0.00001", "98.98899")):
        await scene.plays(scene.move(Act.BET, amount), "ok", left)
    await scene.plays(scene.move(Act.BET), "insufficient_funds", "98.98899", amount=2**31 - 1)
    await scene.plays(scene.move(Act.BET), "types", "98.98899", amount=2**63 - 1)
    await scene.plays(scene.move(Act.BET), "types", "98.98899", amount=2**63)


async def wins_of_every_size(scene: Scene) -> None:
    """A bet is paid several times, to the smallest unit, each time once."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    await scene.plays(scene.move(Act.WIN, "0.00001", bet), "ok", "90.00001")
    more = scene.move(Act.MORE_WIN, "2.5", bet)
    await scene.plays(more, "ok", "92.50001")
    await scene.plays(more, "duplicate", "92.50001")
    await scene.plays(scene.move(Act.MORE_WIN, 0, bet, end=True), "ok", "92.50001")


async def wins_refused(scene: Scene) -> None:
    """A win of an unknown bet, game or currency, below zero or of another player's bet pays nothing."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    win = scene.move(Act.WIN, 5, bet)
    await scene.plays(scene.move(Act.WIN, 5, scene.move(Act.BET, 1)), "win_without_bet", 90)
    await scene.plays(win, "types", 90, amount=-1)
    await scene.plays(win, "unknown_game", 90, game="no-such-game")
    await scene.plays(win, "wrong_currency", 90, currency="USD")
    await scene.plays(win, "unknown_currency", 90, currency="XXX")
    await scene.plays(win, "win_without_bet", 90, round="another")
    await scene.plays(win, "ok", 95)
    await scene.begin()
    await scene.plays(scene.move(Act.WIN, 5, bet), "win_without_bet", 100)


async def win_under_a_known_key(scene: Scene) -> None:
    """A win's key that comes back with another amount, round, currency, bet or player pays nothing."""
    bet, other = scene.move(Act.BET, 10), scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    await scene.plays(other, "ok", 80)
    win = scene.move(Act.WIN, 5, bet)
    await scene.plays(win, "ok", 85)
    await scene.plays(win, "reused", 85, amount=6 * UNIT)
    await scene.plays(win, "reused", 85, round="another")
    await scene.plays(win, "reused", 85, currency="USD")
    await scene.plays(win, "reused", 85, reference_transaction_uuid=dashed(other.key))
    await scene.plays(win, "duplicate", 85)
    await scene.begin()
    await scene.plays(win, "reused", 100)


async def known_key_in_another_game(scene: Scene) -> None:
    """A key that comes back for another game, or for a free bet of another value, moves nothing; a rollback is the same in any game."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    await scene.plays(bet, "reused", 90, game="crash")
    win = scene.move(Act.WIN, 5, bet)
    await scene.plays(win, "ok", 95)
    await scene.plays(win, "reused", 95, game="crash")
    free = scene.move(Act.FREE_BET, 10)
    await scene.plays(free, "ok", 95)
    await scene.plays(free, "reused", 95, amount=11 * UNIT)
    undo = scene.move(Act.ROLLBACK, of=free)
    await scene.plays(undo, "ok", 95)
    await scene.plays(undo, "duplicate", 95, game="crash")


async def rollback_under_a_known_key(scene: Scene) -> None:
    """A rollback's key that comes back for another bet gives nothing back."""
    bet, other = scene.move(Act.BET, 10), scene.move(Act.BET, 20)
    await scene.plays(bet, "ok", 90)
    await scene.plays(other, "ok", 70)
    undo = scene.move(Act.ROLLBACK, of=bet)
    await scene.plays(undo, "ok", 80)
    await scene.plays(undo, "reused", 80, reference_transaction_uuid=dashed(other.key))
    await scene.plays(undo, "ok", 80)


async def rollback_before_win(scene: Scene) -> None:
    """A rollback of a win that has not come is remembered, and the late win pays nothing."""
    bet = scene.move(Act.BET, 10)
    win = scene.move(Act.WIN, 25, bet)
    await scene.plays(bet, "ok", 90)
    await scene.plays(scene.move(Act.ROLLBACK_WIN, of=win), "unknown_rollback", 90)
    await scene.plays(win, "late_bet", 90)
    await scene.plays(scene.move(Act.WIN, 5, bet), "ok", 95)


async def rollback_of_any_game(scene: Scene) -> None:
    """A rollback lands whatever game it names, and needs no living token."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    await scene.stage.disable_game("dice")
    await scene.plays(scene.move(Act.ROLLBACK, of=bet, end=True), "ok", 100, game="gone", token="never-was")


async def free_bet_called_off(scene: Scene) -> None:
    """A free bet is rolled back in a dead session without moving anything, and then wins nothing."""
    bet = scene.move(Act.FREE_BET, 10)
    await scene.plays(bet, "ok", 100)
    await scene.stage.spoil(scene.player.token, Status.SESSION_EXPIRED)
    await scene.plays(scene.move(Act.ROLLBACK, of=bet), "ok", 100)
    await scene.plays(scene.move(Act.FREE_WIN, 7, bet), "win_after_rollback", 100)


async def free_win_in_a_dead_session(scene: Scene) -> None:
    """What a free bet won is paid although the session has died meanwhile; a new free bet is not taken."""
    bet = scene.move(Act.FREE_BET, 10)
    await scene.plays(bet, "ok", 100)
    await scene.stage.spoil(scene.player.token, Status.SESSION_SUPERSEDED)
    await scene.plays(scene.move(Act.FREE_BET, 10), "superseded", 100)
    await scene.plays(scene.move(Act.FREE_WIN, 7, bet), "ok", 107)


async def closing_bet(scene: Scene) -> None:
    """A bet or a rollback may carry the round's end; a win that comes later still pays."""
    bet = scene.move(Act.BET, 10, end=True)
    await scene.plays(bet, "ok", 90)
    await scene.plays(scene.move(Act.WIN, 25, bet, end=True), "ok", 115)
    other = scene.move(Act.BET, 10, round="9")
    await scene.plays(other, "ok", 105)
    await scene.plays(scene.move(Act.ROLLBACK, of=other, end=True), "ok", 115)
    await scene.plays(scene.move(Act.BET, 10, round="9"), "bet_on_closed_round", 115)


async def unknown_rollback_refused(scene: Scene) -> None:
    """An account may call a rollback of something unknown an error; it is remembered all the same."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(scene.move(Act.ROLLBACK, of=bet), "win_without_bet", 100)
    await scene.plays(bet, "late_bet", 100)


HOSTILE_AMOUNTS = (*HOSTILE_JSON_AMOUNTS, b"1.0", b"1.5", b"1e2", b'"100"', b"null")

STORIES = (
    *(
        Case(tell.__name__, tell)
        for tell in (
            *(balance, bets_of_every_size, wins_of_every_size, wins_refused),
            *(win_under_a_known_key, known_key_in_another_game, rollback_under_a_known_key),
            *(rollback_before_win,),
            *(rollback_of_any_game, free_bet_called_off, free_win_in_a_dead_session, closing_bet),
        )
    ),
    Case("unknown_rollback_refused", unknown_rollback_refused, manners={"unknown_rollback": "error"}),
)
"""Those that need no more than the common words."""
