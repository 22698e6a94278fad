"""What Hub88 is answered in each case, and the rest of its certification's matrix."""

from decimal import Decimal
from pathlib import Path

from bench.studios.contract import Act
from bench.studios.hub88 import UNIT, Hub88, dashed
from tests.providers.scene import HOSTILE_JSON_AMOUNTS, Case, Desk, Scene
from wallet.types import Status

KEY = (Path(__file__).parents[1] / "keys" / "rsa_test_private.pem").read_text()
OK = "RS_OK"
DUPLICATE = "RS_ERROR_DUPLICATE_TRANSACTION"
MISSING = "RS_ERROR_TRANSACTION_DOES_NOT_EXIST"
TOKEN = "RS_ERROR_INVALID_TOKEN"
TYPES = "RS_ERROR_WRONG_TYPES"
ROLLED_BACK = "RS_ERROR_TRANSACTION_ROLLED_BACK"


async def identity(scene: Scene) -> None:
    """user/info needs no token, works for a dead session and a blocked player, and knows nobody else."""
    await scene.plays(scene.move(Act.OPEN), "ok", 100)
    await scene.stage.spoil(scene.player.token, Status.SESSION_EXPIRED)
    await scene.stage.block(scene.player.external_id)
    await scene.plays(scene.move(Act.OPEN), "ok", 100)
    await scene.plays(scene.move(Act.OPEN), "unknown_player", 100, player="nobody")


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


async def words_of_its_own(scene: Scene) -> None:
    """An account may answer a win of a rolled-back bet, and a late bet, by a word of its own."""
    bet, late = scene.move(Act.BET, 10), scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    await scene.plays(scene.move(Act.ROLLBACK, of=bet), "ok", 100)
    await scene.plays(scene.move(Act.ROLLBACK, of=late), "ok", 100)
    await answers(scene, scene.move(Act.WIN, 25, bet), ROLLED_BACK)
    await answers(scene, late, ROLLED_BACK)


async def unknown_rollback_refused(scene: Scene) -> None:
    """An account may call a rollback of something unknown an error; it is remembered all the same."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(scene.move(Act.ROLLBACK, of=bet), "win_without_bet", 100)
    await scene.plays(bet, "late_bet", 100)


async def spent_win_refused(scene: Scene) -> None:
    """By policy a win whose money is gone is not taken back, and the balance is told."""
    bet = scene.move(Act.BET, 10)
    win = scene.move(Act.WIN, 25, bet)
    await scene.plays(bet, "ok", 90)
    await scene.plays(win, "ok", 115)
    await scene.plays(scene.move(Act.BET, 110), "ok", 5)
    reply = await scene.plays(scene.move(Act.ROLLBACK_WIN, of=win), "insufficient_funds", 5)
    assert reply.balance == 5


async def answers(scene: Scene, move: object, status: str) -> None:
    """A move answered by a status that the simulated studio has never heard of."""
    reply = await scene.send(move, f"{move.act}: {status}")
    assert reply.broken == f"the status {status}", scene.answer
    await scene.holds(100)


OWN_WORDS = {"transaction/win reference_reversed": ROLLED_BACK, "transaction/bet tombstoned": ROLLED_BACK}

DESK = Desk(
    studio=Hub88,
    key=KEY,
    says={
        "ok": OK,
        "balance": OK,
        "duplicate": OK,
        "insufficient_funds": "RS_ERROR_NOT_ENOUGH_MONEY",
        "zero_bet": OK,
        "bet_on_closed_round": DUPLICATE,
        "reused": DUPLICATE,
        "key_reused_amount": DUPLICATE,
        "key_reused_round": DUPLICATE,
        "key_reused_player": DUPLICATE,
        "win_under_the_bets_key": DUPLICATE,
        "unknown_rollback": OK,
        "late_bet": DUPLICATE,
        "rollback_again": OK,
        "second_rollback": OK,
        "win_after_rollback": MISSING,
        "rollback_after_win": MISSING,
        "rollback_of_spent_win": OK,
        "win_without_bet": MISSING,
        "promo": OK,
        "promo_duplicate": OK,
        "free_bet": OK,
        "free_bet_again": OK,
        "free_win": OK,
        "expired": "RS_ERROR_TOKEN_EXPIRED",
        "expired_balance": TOKEN,
        "superseded": "RS_ERROR_TOKEN_EXPIRED",
        "unknown_token": TOKEN,
        "foreign_token": TOKEN,
        "blocked": "RS_ERROR_USER_DISABLED",
        "no_new_bets": "RS_ERROR_INVALID_GAME",
        "game_disabled": "RS_ERROR_INVALID_GAME",
        "unknown_game": "RS_ERROR_INVALID_GAME",
        "unknown_player": TOKEN,
        "wrong_currency": "RS_ERROR_WRONG_CURRENCY",
        "unknown_currency": "RS_ERROR_WRONG_CURRENCY",
        "bad_signature": "RS_ERROR_INVALID_SIGNATURE",
        "unknown_verb": "RS_ERROR_WRONG_SYNTAX",
        "types": TYPES,
    },
    shape=frozenset({"RS_ERROR_WRONG_SYNTAX", TYPES}),
    fields={
        "amount": ("amount",),
        "key": ("transaction_uuid",),
        "round": ("round",),
        "player": ("user",),
        "token": ("token",),
        "currency": ("currency",),
        "game": ("game_code",),
    },
    cannot={
        "opening": "user/info names the player and has no token to be unknown",
        "tip": "there are no tips",
        "buy_in": "there are no chips",
        "payout": "there are no chips",
        "jackpot_win": "a jackpot is an ordinary win",
        "refund": "a rollback has no amount: it is always of the whole",
        "rotate": "tokens are never replaced by a call",
        "revoke": "sessions are not ended by the studio",
        "exists": "there is no question about a transaction",
    },
    hostile_amounts=(*HOSTILE_JSON_AMOUNTS, b"1.0", b"1.5", b"1e2", b'"100"', b"null"),
    smallest=Decimal("0.00001"),
    cases=(
        *(
            Case(tell.__name__, tell)
            for tell in (
                *(identity, balance, bets_of_every_size, wins_of_every_size, wins_refused),
                *(win_under_a_known_key, known_key_in_another_game, rollback_under_a_known_key),
                *(rollback_before_win,),
                *(rollback_of_any_game, free_bet_called_off, free_win_in_a_dead_session, closing_bet),
            )
        ),
        Case("words_of_its_own", words_of_its_own, manners={"codes": OWN_WORDS}),
        Case("unknown_rollback_refused", unknown_rollback_refused, manners={"unknown_rollback": "error"}),
        Case("spent_win_refused", spent_win_refused, policy={"short_rollback": "refuse"}),
    ),
)
