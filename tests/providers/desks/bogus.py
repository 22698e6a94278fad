"""What our own protocol answers in each case."""

from bench.studios.bogus import Bogus
from bench.studios.contract import Act
from tests.providers.cases import replaced
from tests.providers.scene import Case, Desk

OP = ("ops", 0)


async def several_operations(scene):
    """Operations of one call are applied in order, all or nothing; repeated, they are answered again (11)."""
    bet, win = scene.move(Act.BET, 60), scene.move(Act.WIN, 200)
    await plays_together(scene, "created", 240, bet, scene.move(Act.WIN, 200, bet))
    short = scene.move(Act.BET, 300, round="2")
    await plays_together(scene, "insufficient_funds", 240, scene.move(Act.BET, 10, round="2"), short)
    later = scene.move(Act.BET, 250, round="3")
    await plays_together(scene, "insufficient_funds", 240, later, scene.move(Act.WIN, 500, later))
    await plays_together(scene, "duplicate", 240, bet)
    assert win.key not in scene.answer.body.decode()


async def whole_round(scene):
    """A rollback that names the round undoes every live movement in it."""
    first = scene.move(Act.BET, 10)
    await scene.plays(first, "ok", 90)
    await scene.plays(scene.move(Act.BET, 20, round=first.round), "ok", 70)
    undo = scene.move(Act.ROLLBACK, of=first)
    op = {**scene.studio.op(undo), "reference": first.round, "scope": "round"}
    await plays_ops(scene, "created", 100, undo, [op])


async def correction(scene):
    """A correction may take money, and by default not below zero (18)."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    await scene.plays(scene.move(Act.CORRECTION, -5, bet), "ok", 85)
    await scene.plays(scene.move(Act.CORRECTION, 15, bet), "ok", 100)
    await scene.plays(scene.move(Act.CORRECTION, -101, bet), "insufficient_funds", 100)


async def whose_wallet(scene):
    """A call names its wallet by the player, a token, both, or an issue of free rounds; one that names nobody is refused."""
    issue = f"issue-{scene.prefix[:24]}"
    await scene.stage.give_free_rounds(scene.player.external_id, issue)
    await scene.plays(scene.move(Act.BET, 10), "ok", 90)
    await scene.plays(scene.move(Act.BET, 10), "ok", 80, player=None)
    await scene.plays(scene.move(Act.BET, 10), "ok", 70, token=None)
    await scene.plays(scene.move(Act.PROMO_WIN, 7), "ok", 77, player=None, free_rounds=issue)
    await scene.plays(scene.move(Act.PROMO_WIN, 7), "missing_field", 77, player=None)


async def shapes_refused(scene):
    """A call of nothing, a rollback of nothing, and a question about no posting are refused."""
    bet = scene.move(Act.BET, 10)
    undo = scene.studio.op(scene.move(Act.ROLLBACK, of=bet))
    await scene.plays(bet, "ok", 90)
    await plays_ops(scene, "missing_field", 90, bet, [])
    await plays_ops(scene, "missing_field", 90, bet, [undo | {"reference": None}])
    await scene.plays(replaced(scene.move(Act.EXISTS), key=""), "missing_field", 90)


async def what_is_the_operators_own(scene):
    """No studio deposits, pays out, adjusts or grants: these kinds are the operator's."""
    bet = scene.move(Act.BET, 10)
    for kind in OPERATORS_OWN:
        await plays_ops(scene, "bad_value", 100, bet, [scene.studio.op(bet) | {"kind": kind}])
    await scene.plays(bet, "ok", 90)


OPERATORS_OWN = (
    *("deposit", "withdrawal_hold", "withdrawal", "withdrawal_release", "adjustment"),
    *("bonus_grant", "bonus_convert", "bonus_forfeit", "tombstone"),
)


async def amounts_of_nothing(scene):
    """A correction and a payout may be of nothing."""
    for act in (Act.CORRECTION, Act.PAYOUT):
        await scene.plays(scene.move(act, 0), "ok", 100)


async def plays_together(scene, code, cash, *moves):
    """Several moves in one call."""
    await plays_ops(scene, code, cash, moves[-1], [scene.studio.op(move) for move in moves])


async def plays_ops(scene, code, cash, move, ops):
    """Operations as they are, in one call."""
    path, fields = scene.studio.fields(scene.player, move)
    request = scene.studio.seal(path, scene.studio.body({**fields, "ops": ops}))
    reply = await scene.deliver(move, request, f"{len(ops)} operations: {code}")
    assert reply.code == code, scene.answer
    await scene.holds(cash)


# Every policy, turned from its default


async def wins_need_no_bet(scene):
    """By policy a win that no bet paid for is paid (12)."""
    await scene.plays(scene.move(Act.WIN, 25, scene.move(Act.BET, 10)), "ok", 125)


async def one_win_for_a_bet(scene):
    """By policy a bet is paid once, and a second win on it is refused."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    await scene.plays(scene.move(Act.WIN, 25, bet), "ok", 115)
    await scene.plays(scene.move(Act.WIN, 5, bet), "rollback_after_win", 115)


async def bet_on_a_closed_round(scene):
    """By policy a round that ended takes further bets (14)."""
    bet = scene.move(Act.BET, 10, end=True)
    await scene.plays(bet, "ok", 90)
    await scene.plays(scene.move(Act.BET, 10, round=bet.round), "ok", 80)


async def no_late_wins(scene):
    """By policy a win on a closed round is refused (14)."""
    bet = scene.move(Act.BET, 10, end=True)
    await scene.plays(bet, "ok", 90)
    await scene.plays(scene.move(Act.WIN, 25, bet), "bet_on_closed_round", 90)


async def bet_and_its_wins_undone(scene):
    """By policy the rollback of a settled bet takes its wins back as well, as one (7)."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    await scene.plays(scene.move(Act.WIN, 25, bet), "ok", 115)
    await scene.plays(scene.move(Act.ROLLBACK, of=bet), "ok", 100)


async def spent_win(scene):
    """By policy the house bears what is missing of a win that is taken back, or the player owes it (15)."""
    bet = scene.move(Act.BET, 10)
    win = scene.move(Act.WIN, 25, bet)
    await scene.plays(bet, "ok", 90)
    await scene.plays(win, "ok", 115)
    await scene.plays(scene.move(Act.BET, 110, round="5"), "ok", 5)
    left = {"clamp": 0, "overdraft": -20}[scene.policy.short_rollback]
    await scene.plays(scene.move(Act.ROLLBACK_WIN, of=win), "ok", left)


async def refunds_that_must_match(scene):
    """By policy a refund names the whole amount or is refused (16)."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    await scene.plays(scene.move(Act.REFUND, 9, bet), "refund_too_much", 90)
    await scene.plays(scene.move(Act.REFUND, 10, bet), "ok", 100)


async def amounts_that_do_not_count(scene):
    """By policy a known key with another amount is the same operation."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    await scene.plays(bet, "duplicate", 90, amount="11")


async def games_that_count(scene):
    """By policy a known key in another game is another operation; else the game does not matter."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    word = "key_reused_round" if scene.policy.compare_game else "duplicate"
    await scene.plays(bet, word, 90, game="crash")


async def references_across_rounds(scene):
    """By default a win pays a bet of its own round only; by policy of any."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    paid = not scene.policy.compare_round
    word, cash = ("ok", 115) if paid else ("refund_too_much", 90)
    await scene.plays(scene.move(Act.WIN, 25, bet), word, cash, round="another")


async def funds_of_the_opening(scene):
    """By policy all bets of a call are paid from what was there before it; else a win in between counts (11)."""
    bets = [scene.move(Act.BET, 60), scene.move(Act.BET, 60)]
    moves = bets[0], scene.move(Act.WIN, 200, bets[0]), bets[1]
    code, cash = ("insufficient_funds", 100) if scene.policy.opening_funds else ("created", 180)
    await plays_together(scene, code, cash, *moves)


async def correction_below_zero(scene):
    """By policy a correction may leave less than nothing, and what is owed is said (18)."""
    await scene.plays(scene.move(Act.BET, 10), "ok", 90)
    reply = await scene.plays(scene.move(Act.CORRECTION, -91), "ok", -1)
    assert reply.balance == -1
    await scene.plays(scene.move(Act.BET, "0.01"), "insufficient_funds", -1)


# Every manner, turned from its default


async def unknown_rollback_is_an_error(scene):
    """A rollback of something unknown may be answered as an error; it is remembered all the same (4)."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(scene.move(Act.ROLLBACK, of=bet), "win_without_bet", 100)
    await scene.plays(bet, "late_bet", 100)


async def late_bet_is_done(scene):
    """A bet that was rolled back before it came may be answered as done; it moves nothing (4)."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(scene.move(Act.ROLLBACK, of=bet), "unknown_rollback", 100)
    await scene.plays(bet, "duplicate", 100)


async def second_rollback_is_an_error(scene):
    """A second rollback of one bet may be answered as an error that names the first (6)."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    await scene.plays(scene.move(Act.ROLLBACK, of=bet), "ok", 100)
    await scene.plays(scene.move(Act.ROLLBACK, of=bet), "win_after_rollback", 100)


async def key_reused_is_done(scene):
    """A known key with other content may be answered as done; it moves nothing (2)."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    await scene.plays(bet, "duplicate", 90, amount="11")


async def balance_of_a_repetition(scene):
    """A repeated bet reports the balance of back then, or by the account's manners that of now."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    await scene.plays(scene.move(Act.WIN, 25, bet), "ok", 115)
    reply = await scene.plays(bet, "duplicate", 115)
    assert reply.balance == (90 if scene.manners.duplicate_balance == "stored" else 115)


async def win_in_an_unknown_game(scene):
    """A win that names a game we do not have is refused, or paid where the account says so."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    word, cash = ("ok", 115) if scene.manners.unknown_game_pays else ("unknown_game", 90)
    await scene.plays(scene.move(Act.WIN, 25, bet), word, cash, game="no-such-game")


async def no_zero_bets(scene):
    """A bet of nothing is refused by shape where the account does not want it (19)."""
    await scene.plays(scene.move(Act.BET, 0), "bad_amount", 100)


async def a_word_of_its_own(scene):
    """An account may have its own word for a refusal."""
    await scene.plays(scene.move(Act.BET, 101), "poor", 100)


def variants():
    """Each story with the policy or the manners it is told under."""
    own = (
        *(several_operations, whole_round, correction, amounts_of_nothing),
        *(whose_wallet, shapes_refused, what_is_the_operators_own),
    )
    yield from (Case(tell.__name__, tell) for tell in own)
    for tell, policy in (
        (wins_need_no_bet, {"win_without_bet": True}),
        (one_win_for_a_bet, {"one_win_per_bet": True}),
        (bet_on_a_closed_round, {"bet_on_closed_round": True}),
        (no_late_wins, {"win_on_closed_round": False}),
        (bet_and_its_wins_undone, {"rollback_with_wins": True}),
        (spent_win, {"short_rollback": "clamp"}),
        (spent_win, {"short_rollback": "overdraft"}),
        (refunds_that_must_match, {"refund_amount": "match"}),
        (amounts_that_do_not_count, {"compare_amount": False}),
        (games_that_count, {"compare_game": False}),
        (games_that_count, {"compare_game": True}),
        (references_across_rounds, {"compare_round": True}),
        (references_across_rounds, {"compare_round": False}),
        (funds_of_the_opening, {"opening_funds": False}),
        (funds_of_the_opening, {"opening_funds": True}),
        (correction_below_zero, {"correction_below_zero": True}),
    ):
        ((name, value),) = policy.items()
        yield Case(f"{tell.__name__}.{name}_{value}".lower(), tell, policy=policy)
    for tell, manners in (
        (unknown_rollback_is_an_error, {"unknown_rollback": "error"}),
        (late_bet_is_done, {"late_op": "done"}),
        (second_rollback_is_an_error, {"second_reversal": "error"}),
        (key_reused_is_done, {"key_reused": "done"}),
        (balance_of_a_repetition, {"duplicate_balance": "stored"}),
        (balance_of_a_repetition, {"duplicate_balance": "current"}),
        (win_in_an_unknown_game, {"unknown_game_pays": False}),
        (win_in_an_unknown_game, {"unknown_game_pays": True}),
        (no_zero_bets, {"zero_amounts": []}),
        (a_word_of_its_own, {"codes": {"call insufficient_funds": "poor"}}),
    ):
        ((name, value),) = manners.items()
        label = f"_{value}".lower() if isinstance(value, str | bool) else ""
        yield Case(f"{tell.__name__}.{name}{label}", tell, manners=manners)


DESK = Desk(
    studio=Bogus,
    key="a-test-secret-of-nobody",
    says={
        "ok": "created",
        "balance": "found",
        "closed": "created",
        "duplicate": "duplicate",
        "insufficient_funds": "insufficient_funds",
        "zero_bet": "created",
        "bet_on_closed_round": "round_closed",
        "key_reused_amount": "key_reused",
        "key_reused_round": "key_reused",
        "key_reused_player": "key_reused",
        "win_under_the_bets_key": "key_reused",
        "unknown_rollback": "tombstone_created",
        "late_bet": "tombstoned",
        "rollback_again": "duplicate",
        "second_rollback": "duplicate",
        "win_after_rollback": "reference_reversed",
        "rollback_after_win": "reference_settled",
        "rollback_of_spent_win": "insufficient_funds",
        "refund_too_much": "reference_differs",
        "win_without_bet": "reference_not_found",
        "promo": "created",
        "promo_duplicate": "duplicate",
        "free_bet": "created",
        "free_bet_again": "duplicate",
        "free_win": "created",
        "expired": "session_expired",
        "expired_balance": "session_expired",
        "superseded": "session_superseded",
        "revoked": "session_revoked",
        "unknown_token": "session_unknown",
        "foreign_token": "session_unknown",
        "blocked": "player_blocked",
        "no_new_bets": "account_disabled",
        "game_disabled": "game_disabled",
        "unknown_game": "unknown_game",
        "unknown_player": "wallet_not_found",
        "wrong_currency": "currency_differs",
        "unknown_currency": "unknown_currency",
        "bad_signature": "bad_signature",
        "unknown_verb": "unknown_verb",
        "opened": "found",
        "unknown_token_open": "session_unknown",
        "rotated": "found",
        "revoke": "found",
        "there": "found",
        "not_there": "reference_not_found",
        "missing_field": "missing_field",
        "bad_value": "bad_value",
        "bad_amount": "bad_amount",
        "poor": "poor",
    },
    shape=frozenset({"too_large", "malformed", "missing_field", "wrong_type", "bad_value", "bad_amount"}),
    required=("key", "amount"),  # a token alone names the player too
    fields={
        "amount": (*OP, "amount"),
        "key": (*OP, "key"),
        "round": (*OP, "round"),
        "player": ("player",),
        "token": ("token",),
        "currency": ("currency",),
        "game": ("game",),
    },
    cases=tuple(variants()),
)
