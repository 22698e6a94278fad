"""What St8 is answered in each case, and the rest of what its end-to-end suite asks."""

from pathlib import Path

from bench.studios.contract import Act
from bench.studios.st8 import St8
from tests.providers.cases import read_to_the_last_letter, replaced
from tests.providers.scene import HOSTILE_JSON_AMOUNTS, Case, Desk, Scene
from wallet.types import Status

KEY = (Path(__file__).parents[1] / "keys" / "ecdsa_test_private.pem").read_text()
OK = "ok"
NOT_FOUND = "transaction_not_found"
EXPIRED = "session_expired"
UNKNOWN = "unknown"


async def profile(scene: Scene) -> None:
    """A profile is told with a living token or with none, of a blocked player too, and of nobody else."""
    await scene.plays(scene.move(Act.OPEN), "ok", 100)
    await scene.plays(scene.move(Act.OPEN), "ok", 100, token=None)
    await scene.plays(scene.move(Act.OPEN), "unknown_player", 100, player="nobody", token=None)
    await scene.stage.block(scene.player.external_id)
    await scene.plays(scene.move(Act.OPEN), "ok", 100)
    await scene.stage.spoil(scene.player.token, Status.SESSION_EXPIRED)
    await scene.plays(scene.move(Act.OPEN), "expired", 100)


async def balance(scene: Scene) -> None:
    """A balance is told in the wallet's currency, to a living token of this player."""
    await scene.plays(scene.move(Act.BALANCE), "ok", 100)
    await scene.plays(scene.move(Act.BALANCE), "wrong_currency", 100, currency="USD")
    await scene.plays(scene.move(Act.BALANCE), "foreign_token", 100, player="nobody")
    await scene.plays(scene.move(Act.BALANCE), "unknown_token", 100, token="no-such-token")
    await scene.plays(scene.move(Act.BALANCE), "shape", 100, token=None)


async def insufficient_funds_says_no_more(scene: Scene) -> None:
    """Too little money, on a debit or a buy-in, is a status and nothing else."""
    await scene.plays(scene.move(Act.BET, 101), "insufficient_funds", 100)
    assert scene.answer.body == b'{"status":"not_enough_money"}'
    await scene.plays(scene.move(Act.BUY_IN, 101), "insufficient_funds", 100)
    assert scene.answer.body == b'{"status":"not_enough_money"}'


async def duplicates(scene: Scene) -> None:
    """A repeated debit, credit, buy-in or payout is answered as the first time, to the byte, and moves nothing."""
    bet, chips = scene.move(Act.BET, 10), scene.move(Act.BUY_IN, 20)
    moves = (
        (bet, 90),
        (scene.move(Act.WIN, 5, bet), 95),
        (chips, 75),
        (scene.move(Act.PAYOUT, 30, chips), 105),
    )
    answers = []
    for move, cash in moves:
        await scene.plays(move, "ok", cash)
        answers.append(scene.answer.body)
    for (move, _), answer in zip(moves, answers, strict=True):
        await scene.plays(move, "duplicate", 105)
        assert scene.answer.body == answer


async def correction_debit(scene: Scene) -> None:
    """A correction takes more than there is, as a debit and as a buy-in, and the balance says so; a stake does not."""
    reply = await scene.plays(scene.move(Act.CORRECTION, -101), "ok", -1)
    assert reply.balance == -1
    assert b'"balance":"-1.00"' in scene.answer.body
    await scene.plays(scene.move(Act.BET, 1), "insufficient_funds", -1)
    await scene.plays(scene.move(Act.BUY_IN, 2), "ok", -3, provider_kind="correction_debit")
    await scene.plays(scene.move(Act.CORRECTION, 4), "ok", 1)
    await scene.plays(scene.move(Act.PAYOUT, 2), "ok", 3, provider_kind="correction_credit")


async def corrections_not_below_zero(scene: Scene) -> None:
    """By policy a correction takes no more than there is."""
    await scene.plays(scene.move(Act.CORRECTION, -101), "insufficient_funds", 100)
    await scene.plays(scene.move(Act.CORRECTION, -100), "ok", 0)


async def corrections_need_nobody(scene: Scene) -> None:
    """A correction lands in a dead session and for a blocked player, once, and is cancelled like any movement."""
    await scene.stage.spoil(scene.player.token, Status.SESSION_EXPIRED)
    await scene.stage.block(scene.player.external_id)
    correction = scene.move(Act.CORRECTION, -10)
    await scene.plays(correction, "ok", 90)
    await scene.plays(correction, "duplicate", 90)
    await scene.plays(scene.move(Act.ROLLBACK, of=correction), "ok", 100, amount="10.00")


async def every_kind_of_debit(scene: Scene) -> None:
    """A stake may buy a bonus or a share of a jackpot; what a bonus covers moves nothing; credits are no debits."""
    for kind, cash, left in (("bonus_buy_debit", 90, 89), ("jackpot_debit", 79, 78), ("free_debit", 78, 78)):
        await scene.plays(scene.move(Act.BET, 10), "ok", cash, provider_kind=kind)
        await scene.plays(scene.move(Act.BUY_IN, 1), "ok", left, provider_kind=kind)
    for kind in ("credit", "promo_credit", "", "new_debit", None):
        await scene.plays(scene.move(Act.BET, 10), "shape", 78, provider_kind=kind)


async def every_kind_of_credit(scene: Scene) -> None:
    """A credit may be of a bonus, a jackpot or a promotion, with its round or as a payout; debits are no credits."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    cash = 90
    for kind in ("credit", "free_credit", "bonus_buy_credit", "jackpot_credit", "promo_credit"):
        cash += 2
        await scene.plays(scene.move(Act.WIN, 1, bet), "ok", cash - 1, provider_kind=kind)
        await scene.plays(scene.move(Act.PAYOUT, 1), "ok", cash, provider_kind=kind)
    for kind in ("debit", "free_debit", "", "new_credit"):
        await scene.plays(scene.move(Act.WIN, 1, bet), "shape", cash, provider_kind=kind)


async def amounts_of_nothing(scene: Scene) -> None:
    """Every kind of movement may be of nothing, with its round or without."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    for kind in ("jackpot_credit", "promo_credit", "correction_credit", "credit", "free_credit"):
        await scene.plays(scene.move(Act.WIN, 0, bet), "ok", 90, provider_kind=kind)
        await scene.plays(scene.move(Act.PAYOUT, 0), "ok", 90, provider_kind=kind)
    for kind in ("debit", "free_debit", "jackpot_debit", "correction_debit"):
        await scene.plays(scene.move(Act.BET, 0), "ok", 90, provider_kind=kind)
        await scene.plays(scene.move(Act.BUY_IN, 0), "ok", 90, provider_kind=kind)


async def cancels(scene: Scene) -> None:
    """Whatever moved is undone: a debit, a credit, chips bought and chips paid out; each once."""
    bet, chips = scene.move(Act.BET, 10), scene.move(Act.BUY_IN, 20)
    credit, payout = scene.move(Act.MORE_WIN, 5, bet), scene.move(Act.PAYOUT, 7, chips)
    for move, cash in ((bet, 90), (credit, 95), (chips, 75), (payout, 82)):
        await scene.plays(move, "ok", cash)
    for move, cash in ((credit, 77), (payout, 70), (bet, 80), (chips, 100)):
        undo = scene.move(Act.ROLLBACK, of=move)
        await scene.plays(undo, "ok", cash)
        await scene.plays(undo, "rollback_again", cash)
        await scene.plays(scene.move(Act.ROLLBACK, of=move), "second_rollback", cash)


async def cancels_in_any_state(scene: Scene) -> None:
    """A cancel lands without round, game and token, with a dead token, and in a game that is gone."""
    bets = [scene.move(Act.BET, 10, round=place) for place in ("31", "32", "33")]
    for bet, cash in zip(bets, (90, 80, 70), strict=True):
        await scene.plays(bet, "ok", cash)
    await scene.stage.spoil(scene.player.token, Status.SESSION_REVOKED)
    undo = [scene.move(Act.ROLLBACK, of=bet) for bet in bets]
    await scene.plays(undo[0], "ok", 80, round=None, game=None)
    await scene.plays(undo[1], "ok", 90, token=scene.player.token, developer_code=None)
    await scene.plays(undo[2], "ok", 100, game="gone")


async def prizes_beside_a_cancel(scene: Scene) -> None:
    """Jackpots and promotions are no results: a debit is cancelled beside them, and they are paid after its cancel."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    await scene.plays(scene.move(Act.WIN, 20, bet), "ok", 110, provider_kind="jackpot_credit")
    await scene.plays(scene.move(Act.WIN, 5, bet), "ok", 115, provider_kind="promo_credit")
    await scene.plays(scene.move(Act.ROLLBACK, of=bet), "ok", 125)
    await scene.plays(scene.move(Act.WIN, 20, bet), "ok", 145, provider_kind="jackpot_credit")
    await scene.plays(scene.move(Act.WIN, 5, bet), "ok", 150, provider_kind="promo_credit")


async def cancel_of_another_amount(scene: Scene) -> None:
    """The whole of the original is given back, whatever a cancel says of its amount; it must be one all the same."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    undo = scene.move(Act.ROLLBACK, of=bet)
    await scene.plays(undo, "wrong_currency", 90, currency="USD")
    await scene.plays(undo, "shape", 90, amount="ten")
    await scene.plays(undo, "ok", 100, amount="9.00")


async def cancel_must_match(scene: Scene) -> None:
    """By policy a cancel names the original's amount or is refused."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    undo = scene.move(Act.ROLLBACK, of=bet)
    await scene.plays(undo, "missing", 90, amount="9.00")
    await scene.plays(undo, "ok", 100)


async def cancel_ids_are_their_own(scene: Scene) -> None:
    """A cancel may carry the id of the transaction that it cancels."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    await scene.plays(scene.move(Act.ROLLBACK, of=bet), "ok", 100, cancel_id=bet.key)
    other = scene.move(Act.BET, 10)
    await scene.plays(scene.move(Act.ROLLBACK, of=other), "unknown_rollback", 100, cancel_id=other.key)
    await scene.plays(other, "late_bet", 100)


async def ids_like_our_own_keys(scene: Scene) -> None:
    """A transaction may be called as we call a cancel, and a cancel as we call a transaction: neither is kept from the other."""
    bet = scene.move(Act.BET, 10)
    undo = scene.move(Act.ROLLBACK, of=bet)
    alike = (f"cancel:{undo.key}", f"transaction:{bet.key}", f"transaction:cancel:{undo.key}")
    for number, key in enumerate(alike, 1):
        await scene.plays(replaced(bet, key=key), "ok", 100 - 10 * number)
    await scene.plays(bet, "ok", 60)
    await scene.plays(undo, "ok", 70)
    for number, key in enumerate(alike, 1):
        other = replaced(bet, key=key)
        await scene.plays(other, "duplicate", 60 + 10 * number)
        await scene.plays(scene.move(Act.ROLLBACK, of=other), "ok", 70 + 10 * number, cancel_id=key)


async def long_ids(scene: Scene) -> None:
    """An id has up to 255 bytes, of any script, and no two are taken for one, nor a cancel's."""
    stake = scene.move(Act.BET, 10)
    await read_to_the_last_letter(scene, stake, ("k" * 255, "ж" * 127 + "2"))
    await scene.plays(replaced(stake, key="k" * 256), "shape", 100)
    for letters in ("c" * 255, "c" * 254, "ы" * 127 + "2"):
        bet = scene.move(Act.BET, 10)
        await scene.plays(bet, "ok", 90)
        await scene.plays(scene.move(Act.ROLLBACK, of=bet), "ok", 100, cancel_id=letters)
    await scene.plays(scene.move(Act.ROLLBACK, of=stake), "shape", 100, cancel_id="c" * 256)


async def unknown_cancel_is_done(scene: Scene) -> None:
    """An account may call a cancel of something unknown done; it is remembered all the same."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(scene.move(Act.ROLLBACK, of=bet), "ok", 100)
    await scene.plays(bet, "late_bet", 100)


async def credits_in_a_dead_session(scene: Scene) -> None:
    """Credits, buy-ins and payouts need no living token; a free stake does."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    await scene.stage.spoil(scene.player.token, Status.SESSION_SUPERSEDED)
    await scene.plays(scene.move(Act.FREE_BET, 5), "superseded", 90)
    await scene.plays(scene.move(Act.WIN, 5, bet), "ok", 95)
    await scene.plays(scene.move(Act.MORE_WIN, 5, bet), "ok", 100, token=None)
    await scene.plays(scene.move(Act.BUY_IN, 5), "ok", 95)
    await scene.plays(scene.move(Act.PAYOUT, 5), "ok", 100)


async def win_before_its_bet(scene: Scene) -> None:
    """By policy a credit needs no debit."""
    await scene.plays(scene.move(Act.WIN, 5), "ok", 105)


async def another_profile(scene: Scene) -> None:
    """An account says which limits its players have."""
    await scene.plays(scene.move(Act.OPEN), "ok", 100)
    assert b'"bet_limits":"high"' in scene.answer.body


CASES = (
    *(profile, balance, insufficient_funds_says_no_more, duplicates, correction_debit),
    *(corrections_need_nobody, every_kind_of_debit, every_kind_of_credit, cancels, cancels_in_any_state),
    *(prizes_beside_a_cancel, cancel_of_another_amount, cancel_ids_are_their_own, credits_in_a_dead_session),
    *(amounts_of_nothing, ids_like_our_own_keys, long_ids),
)

DESK = Desk(
    studio=St8,
    key=KEY,
    says={
        "ok": OK,
        "opened": OK,
        "balance": OK,
        "duplicate": OK,
        "insufficient_funds": "not_enough_money",
        "zero_bet": OK,
        "bet_on_closed_round": UNKNOWN,
        "key_reused_amount": UNKNOWN,
        "key_reused_round": UNKNOWN,
        "key_reused_player": UNKNOWN,
        "win_under_the_bets_key": UNKNOWN,
        "unknown_rollback": NOT_FOUND,
        "missing": NOT_FOUND,
        "late_bet": UNKNOWN,
        "rollback_again": OK,
        "second_rollback": OK,
        "win_after_rollback": NOT_FOUND,
        "rollback_after_win": NOT_FOUND,
        "rollback_of_spent_win": OK,
        "win_without_bet": NOT_FOUND,
        "promo": OK,
        "promo_duplicate": OK,
        "free_bet": OK,
        "free_bet_again": OK,
        "free_win": OK,
        "expired": EXPIRED,
        "expired_balance": EXPIRED,
        "superseded": EXPIRED,
        "unknown_token": EXPIRED,
        "unknown_token_open": EXPIRED,
        "foreign_token": EXPIRED,
        "blocked": "player_locked",
        "no_new_bets": "site_disabled",
        "game_disabled": "game_disabled",
        "unknown_game": "game_disabled",
        "unknown_player": "player_not_found",
        "wrong_currency": UNKNOWN,
        "unknown_currency": UNKNOWN,
        "bad_signature": "auth_failed",
        "unknown_verb": UNKNOWN,
        "shape": UNKNOWN,
    },
    shape=frozenset({UNKNOWN}),
    fields={
        "amount": ("amount",),
        "key": ("transaction_id",),
        "round": ("round",),
        "player": ("player",),
        "token": ("token",),
        "currency": ("currency",),
        "game": ("game_code",),
    },
    cannot={
        "tip": "there are no tips",
        "refund": "a cancel is always of the whole",
        "rotate": "tokens are never replaced by a call",
        "revoke": "sessions are not ended by the studio",
        "exists": "there is no question about a transaction",
    },
    required=("key", "amount", "player", "round", "token", "currency", "game"),
    hostile_amounts=(*HOSTILE_JSON_AMOUNTS, b"10", b"1.5", b"null"),
    wins_name_round=True,
    untold=(("debit", Status.LIMIT_REACHED, ("spending_limit", 200)),),
    cases=(
        *(Case(tell.__name__, tell) for tell in CASES),
        Case(
            "corrections_not_below_zero", corrections_not_below_zero, policy={"correction_below_zero": False}
        ),
        Case("cancel_must_match", cancel_must_match, policy={"refund_amount": "match"}),
        Case("unknown_cancel_is_done", unknown_cancel_is_done, manners={"unknown_rollback": "done"}),
        Case("win_before_its_bet", win_before_its_bet, policy={"win_without_bet": True}),
        Case("another_profile", another_profile, settings={"bet_limits": "high"}),
    ),
)
