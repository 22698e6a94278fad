"""What Hub88 is answered in each case, and the rest of its certification's matrix."""

from decimal import Decimal
from pathlib import Path

from bench.studios.contract import Act, Move
from bench.studios.hub88 import Hub88
from tests.providers.desks.rs_wallet import HOSTILE_AMOUNTS, STORIES
from tests.providers.scene import Case, Desk, Scene
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


async def words_of_its_own(scene: Scene) -> None:
    """An account may answer a win of a rolled-back bet, and a late bet, by a word of its own."""
    bet, late = scene.move(Act.BET, 10), scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    await scene.plays(scene.move(Act.ROLLBACK, of=bet), "ok", 100)
    await scene.plays(scene.move(Act.ROLLBACK, of=late), "ok", 100)
    await answers(scene, scene.move(Act.WIN, 25, bet), ROLLED_BACK)
    await answers(scene, late, ROLLED_BACK)


async def spent_win_refused(scene: Scene) -> None:
    """By policy a win whose money is gone is not taken back, and the balance is told."""
    bet = scene.move(Act.BET, 10)
    win = scene.move(Act.WIN, 25, bet)
    await scene.plays(bet, "ok", 90)
    await scene.plays(win, "ok", 115)
    await scene.plays(scene.move(Act.BET, 110), "ok", 5)
    reply = await scene.plays(scene.move(Act.ROLLBACK_WIN, of=win), "insufficient_funds", 5)
    assert reply.balance == 5


async def answers(scene: Scene, move: Move, status: str) -> None:
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
    hostile_amounts=HOSTILE_AMOUNTS,
    smallest=Decimal("0.00001"),
    cases=(
        Case("identity", identity),
        *STORIES,
        Case("words_of_its_own", words_of_its_own, manners={"codes": OWN_WORDS}),
        Case("spent_win_refused", spent_win_refused, policy={"short_rollback": "refuse"}),
    ),
)
