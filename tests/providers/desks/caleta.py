"""What Caleta is answered in each case, and the rest of its certification's matrix."""

from decimal import Decimal
from pathlib import Path

from bench.studios.caleta import Caleta
from bench.studios.contract import Act
from providers.contract import Fault
from tests.providers.desks.rs_wallet import HOSTILE_AMOUNTS, STORIES
from tests.providers.scene import Case, Desk, Scene
from wallet.types import Status

KEY = (Path(__file__).parents[1] / "keys" / "rsa_test_private.pem").read_text()
OK = "RS_OK"
DUPLICATE = "RS_ERROR_DUPLICATE_TRANSACTION"
MISSING = "RS_ERROR_TRANSACTION_DOES_NOT_EXIST"
ROLLED_BACK = "RS_ERROR_TRANSACTION_ROLLED_BACK"
TOKEN = "RS_ERROR_INVALID_TOKEN"
EXPIRED = "RS_ERROR_TOKEN_EXPIRED"
TYPES = "RS_ERROR_WRONG_TYPES"


async def session_checked(scene: Scene) -> None:
    """A check keeps the token, whatever the player may do; a dead token and one that never was are invalid."""
    token = scene.player.token
    for _ in range(2):
        reply = await scene.plays(scene.move(Act.OPEN), "ok", 100)
        assert reply.token == token
    await scene.stage.block(scene.player.external_id)
    await scene.plays(scene.move(Act.OPEN), "ok", 100)
    await scene.plays(scene.move(Act.OPEN), "unknown_token", 100, token="no-such-token")
    await scene.stage.spoil(token, Status.SESSION_EXPIRED)
    await scene.plays(scene.move(Act.OPEN), "expired_balance", 100)


async def session_rotated(scene: Scene) -> None:
    """By setting a check hands out a new token: the old one bets no more, and still settles what it began."""
    old = scene.player.token
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    reply = await scene.plays(scene.move(Act.OPEN), "ok", 90)
    assert reply.token != old
    await scene.plays(scene.move(Act.BET, 10), "superseded", 90)
    await scene.plays(scene.move(Act.WIN, 25, bet), "ok", 115)
    scene.player.token = reply.token or ""
    await scene.plays(scene.move(Act.BET, 10), "ok", 105)


async def rollback_by_token(scene: Scene) -> None:
    """A rollback that does not say whose it is goes by its token, a dead one too, and the answer says whose it was."""
    bet, other = scene.move(Act.BET, 10), scene.move(Act.BET, 20)
    await scene.plays(bet, "ok", 90)
    await scene.plays(other, "ok", 70)
    reply = await scene.plays(scene.move(Act.ROLLBACK, of=bet), "ok", 80, user=None)
    assert reply.player == scene.player.external_id
    await scene.stage.spoil(scene.player.token, Status.SESSION_EXPIRED)
    await scene.plays(scene.move(Act.ROLLBACK, of=other), "ok", 100, user=None)
    lost = scene.move(Act.ROLLBACK, of=other)
    await scene.plays(lost, "unknown_token", 100, user=None, token="no-such-token")


async def jackpots(scene: Scene) -> None:
    """A win that a jackpot has part in is a win like any other, told as a flag or as an amount."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    await scene.plays(scene.move(Act.WIN, 25, bet), "ok", 115, jackpot_win=True)
    await scene.plays(scene.move(Act.WIN, 5, bet), "ok", 120, jackpot_win=500_000)
    await scene.plays(scene.move(Act.WIN, 5, scene.move(Act.BET)), "win_without_bet", 120, jackpot_win="yes")


async def jackpots_of_a_pool(scene: Scene) -> None:
    """By setting such a win is a jackpot's, which needs no bet; without one, or one of nothing, it is the result of a bet."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    await scene.plays(scene.move(Act.WIN, 1000, bet), "ok", 1090, jackpot_win=True)
    await scene.plays(scene.move(Act.WIN, 5, scene.move(Act.BET)), "ok", 1095, jackpot_win=500_000)
    for none in (0, 0.0, -0.0, "0.00", "0E+3", "", False, None, {}, []):
        win = scene.move(Act.WIN, 5, scene.move(Act.BET))
        await scene.plays(win, "win_without_bet", 1095, jackpot_win=none)


async def jackpot_of_a_bet(scene: Scene) -> None:
    """From a pool too a jackpot is a bet's result: the bet goes back after it alone, and one that went back wins none."""
    bet, other = scene.move(Act.BET, 10), scene.move(Act.BET, 20, round="8")
    hit, undo = scene.move(Act.WIN, 1000, bet, end=True), scene.move(Act.ROLLBACK, of=bet)
    await scene.plays(bet, "ok", 90)
    await scene.plays(other, "ok", 70)
    await scene.plays(hit, "ok", 1070, jackpot_win=True)
    await scene.plays(hit, "duplicate", 1070, jackpot_win=True)
    await scene.plays(undo, "rollback_after_win", 1070)
    await scene.plays(scene.move(Act.ROLLBACK_WIN, of=hit), "ok", 70)
    await scene.plays(undo, "ok", 80)
    await scene.plays(scene.move(Act.WIN, 5, bet), "win_after_rollback", 80, jackpot_win=True)
    await scene.plays(scene.move(Act.WIN, 5, other), "ok", 85, jackpot_win=True)


async def spent_win_refused(scene: Scene) -> None:
    """By policy a win whose money is gone is not taken back, and no balance is told."""
    bet = scene.move(Act.BET, 10)
    win = scene.move(Act.WIN, 25, bet)
    await scene.plays(bet, "ok", 90)
    await scene.plays(win, "ok", 115)
    await scene.plays(scene.move(Act.BET, 110), "ok", 5)
    reply = await scene.plays(scene.move(Act.ROLLBACK_WIN, of=win), "insufficient_funds", 5)
    assert reply.balance is None


DESK = Desk(
    studio=Caleta,
    key=KEY,
    says={
        "ok": OK,
        "opened": OK,
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
        "late_bet": ROLLED_BACK,
        "rollback_again": OK,
        "second_rollback": OK,
        "win_after_rollback": ROLLED_BACK,
        "rollback_after_win": MISSING,
        "rollback_of_spent_win": OK,
        "win_without_bet": MISSING,
        "promo": OK,
        "promo_duplicate": OK,
        "free_bet": OK,
        "free_bet_again": OK,
        "free_win": OK,
        "expired": EXPIRED,
        "expired_balance": TOKEN,
        "superseded": EXPIRED,
        "unknown_token": TOKEN,
        "unknown_token_open": TOKEN,
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
        "player": ("supplier_user",),
        "token": ("token",),
        "currency": ("currency",),
        "game": ("game_code",),
    },
    cannot={
        "tip": "there are no tips",
        "buy_in": "there are no chips",
        "payout": "there are no chips",
        "jackpot_win": "a jackpot is a field of a win",
        "refund": "a rollback has no amount: it is always of the whole",
        "rotate": "a new token comes with a check, by setting",
        "revoke": "sessions are not ended by the studio",
        "exists": "there is no question about a transaction",
    },
    hostile_amounts=HOSTILE_AMOUNTS,
    smallest=Decimal("0.00001"),
    untold=(
        ("wallet/bet", Status.LIMIT_REACHED, ("RS_ERROR_BET_LIMIT_EXCEEDED", 200)),
        ("wallet/bet", Fault.OVERLOADED, ("RS_ERROR_TIMEOUT", 200)),
        ("wallet/bet", Fault.INTERNAL, ("RS_ERROR_UNKNOWN", 200)),
    ),
    cases=(
        *STORIES,
        *(Case(tell.__name__, tell) for tell in (session_checked, rollback_by_token, jackpots)),
        Case("session_rotated", session_rotated, settings={"check": "rotate"}),
        Case("jackpots_of_a_pool", jackpots_of_a_pool, settings={"jackpot_win": "pool"}),
        Case("jackpot_of_a_bet", jackpot_of_a_bet, settings={"jackpot_win": "pool"}),
        Case("spent_win_refused", spent_win_refused, policy={"short_rollback": "refuse"}),
    ),
)
