"""What our own protocol answers in each case."""

from bench.studios.bogus import Bogus
from bench.studios.contract import Act
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
    },
    shape=frozenset({"malformed", "missing_field", "wrong_type", "bad_value", "bad_amount"}),
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
    cases=tuple(Case(tell.__name__, tell) for tell in (several_operations, whole_round, correction)),
)
