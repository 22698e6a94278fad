"""What a casino provider of EvenBet's is answered in each case, and what is its own besides."""

import json
from decimal import Decimal

from bench.studios.contract import Act, Request
from bench.studios.evenbet_casino import EvenBetCasino
from providers.contract import Fault
from tests.providers.scene import HOSTILE_JSON_AMOUNTS, Case, Desk, Scene
from wallet.types import Status

DONE, FUNDS, STRANGER, EXPIRED, MISSING, GAME, AMOUNT, TOKEN, OBSOLETE = map(str, range(9))
NO_DEBIT, CLOSED, SHAPE = "9", "11", "400"

PUBLISHED = (
    b'{"token":"b91b664a8e2b558c240824f7da0e842c","gameId":"testGameId","endRound":false,'
    b'"roundId":"29","transactionId":"d_182","amount":0}'
)
DIGEST = "5a0314907c49dea0b8cc90533e80c82ce523285c5f01831e41f06a0d6ba69a6e"


async def published_signature(scene: Scene) -> None:
    """The published signature of the published debit is taken, also in capitals; it is its game that nobody has."""
    move, path = scene.move(Act.BET), "/debit"
    for digest in (DIGEST, DIGEST.upper()):
        request = Request(path, (("authorization", digest),), PUBLISHED)
        reply = await scene.deliver(move, request, "the published debit")
        assert (reply.code, reply.broken) == (GAME, ""), scene.answer
    for digest in (DIGEST[:-1], DIGEST + "0", f"Bearer {DIGEST}", ""):
        request = Request(path, (("authorization", digest),), PUBLISHED)
        assert (await scene.deliver(move, request, "another signature")).code == STRANGER, scene.answer


async def login(scene: Scene) -> None:
    """The launch token is good for the login alone, which tells who plays, and may be repeated."""
    launch = scene.player.token = await scene.stage.launch(scene.player.external_id)
    await scene.plays(scene.move(Act.BET, 10), "unknown_token", 100)
    reply = await scene.plays(scene.move(Act.OPEN), "opened", 100)
    said = json.loads(scene.answer.body)
    assert (said["nickname"], said["currency"]) == (scene.player.external_id, "EUR")
    assert (said["country"], said["currencyPrecision"]) == ("MT", 2)
    assert reply.token not in {None, launch}
    scene.player.token = reply.token or ""
    await scene.plays(scene.move(Act.BET, 10), "ok", 90)
    assert json.loads(scene.answer.body)["userId"] == said["userId"]
    await scene.plays(scene.move(Act.OPEN), "shape", 90, token=None)
    await scene.stage.spoil(scene.player.token, Status.SESSION_REVOKED)
    await scene.plays(scene.move(Act.OPEN), "expired", 90)


async def addresses(scene: Scene) -> None:
    """A call is known by the last step of its path, whatever the aggregator called the provider before it."""
    bet = scene.move(Act.BET, 10)
    _, fields = scene.studio.fields(scene.player, bet)
    for path in ("/debit", "/api/web/casino/providers/another/debit", "/debit/"):
        reply = await scene.deliver(bet, scene.studio.seal(path, scene.studio.body(fields)), path)
        assert reply.code == DONE, scene.answer
    for path in ("/debit/more", "/api/web/casino/providers/debits"):
        reply = await scene.deliver(bet, scene.studio.seal(path, scene.studio.body(fields)), path)
        assert reply.code == SHAPE, scene.answer
    await scene.holds(90)


async def nothing_after_the_end(scene: Scene) -> None:
    """A round that a credit or a debit has ended takes neither; what was booked in it is answered again."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    lost = scene.move(Act.WIN, 0, bet, end=True)
    await scene.plays(lost, "ok", 90)
    await scene.plays(lost, "duplicate", 90)
    await scene.plays(bet, "duplicate", 90)
    await scene.plays(scene.move(Act.BET, 10), "closed", 90)
    await scene.plays(scene.move(Act.WIN, 5, bet), "closed", 90)
    await scene.plays(scene.move(Act.ROLLBACK, of=bet), "rollback_after_win", 90)
    whole = scene.move(Act.BET, 10, round="9", end=True)
    await scene.plays(whole, "ok", 80)
    await scene.plays(scene.move(Act.WIN, 5, whole), "closed", 80)
    await scene.plays(scene.move(Act.ROLLBACK, of=whole), "ok", 90)


async def late_credit_by_policy(scene: Scene) -> None:
    """By policy a credit after the round's end is paid."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    await scene.plays(scene.move(Act.WIN, 0, bet, end=True), "ok", 90)
    await scene.plays(scene.move(Act.BET, 10), "closed", 90)
    await scene.plays(scene.move(Act.WIN, 5, bet), "ok", 95)


async def several_credits(scene: Scene) -> None:
    """A round is paid as often as it wins; a credit is known by its round, and taken back like a debit."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    await scene.plays(scene.move(Act.WIN, "1.5", bet), "ok", "91.5", game="gone")
    more = scene.move(Act.MORE_WIN, 2, bet)
    await scene.plays(more, "ok", "93.5")
    await scene.plays(scene.move(Act.WIN, 2, bet, round="9"), "win_without_bet", "93.5")
    await scene.plays(scene.move(Act.ROLLBACK, of=more), "ok", "91.5")
    await scene.plays(scene.move(Act.ROLLBACK, of=bet), "rollback_after_win", "91.5")
    await scene.plays(scene.move(Act.ROLLBACK, of=bet, round="9"), "unknown_rollback", "91.5")


async def amounts(scene: Scene) -> None:
    """An amount is a number of any length that the ledger can carry; a balance is told to the currency's precision."""
    await scene.plays(scene.move(Act.BET, "1.5E1"), "ok", 85)
    reply = await scene.send(scene.move(Act.BET, "0.001"), "a thousandth")
    assert reply.balance == Decimal("84.99")
    await scene.holds("84.999")
    await scene.plays(scene.move(Act.BET, "0.0000001"), "amount", "84.999")
    await scene.plays(scene.move(Act.BET, -1), "amount", "84.999")
    await scene.plays(scene.move(Act.BET, 10), "shape", "84.999", endRound="yes")


async def rollback_of_another_s(scene: Scene) -> None:
    """Another player's debit is unknown to this player's session."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    first = scene.player.external_id
    await scene.begin()
    await scene.plays(scene.move(Act.ROLLBACK, of=bet), "unknown_rollback", 100)
    assert await scene.stage.cash(first) == 90


CASES = (
    *(published_signature, login, addresses, nothing_after_the_end, several_credits, amounts),
    *(rollback_of_another_s,),
)

DESK = Desk(
    studio=EvenBetCasino,
    key="test_secret_key",  # of the published signature
    says={
        "ok": DONE,
        "opened": DONE,
        "duplicate": DONE,
        "closed": CLOSED,
        "shape": SHAPE,
        "amount": AMOUNT,
        "insufficient_funds": FUNDS,
        "zero_bet": DONE,
        "key_reused_amount": SHAPE,
        "key_reused_round": SHAPE,
        "key_reused_player": SHAPE,
        "win_under_the_bets_key": SHAPE,
        "unknown_rollback": MISSING,
        "late_bet": OBSOLETE,
        "rollback_again": DONE,
        "second_rollback": DONE,
        "win_after_rollback": NO_DEBIT,
        "rollback_after_win": OBSOLETE,
        "win_without_bet": NO_DEBIT,
        "expired": EXPIRED,
        "superseded": TOKEN,
        "unknown_token": TOKEN,
        "unknown_token_open": TOKEN,
        "blocked": TOKEN,
        "no_new_bets": GAME,
        "game_disabled": GAME,
        "unknown_game": GAME,
        "bad_signature": STRANGER,
        "unknown_verb": SHAPE,
    },
    shape=frozenset({SHAPE, AMOUNT}),
    fields={
        "amount": ("amount",),
        "key": ("transactionId",),
        "round": ("roundId",),
        "token": ("token",),
        "game": ("gameId",),
    },
    required=("key", "amount", "round", "token", "game"),
    cannot={
        "unknown_player": "a call names the session alone",
        "token_of_another_player": "a call names the session alone",
        "wrong_currency": "no call names a currency",
        "round_end": "a credit after the round's end is refused too",
        "tip": "there are no tips",
        "buy_in": "there are no chips",
        "promo_win": "there are no prizes",
        "jackpot_win": "there are no jackpots",
        "free_bet": "how free spins reach the wallet is not told",
        "rollback_win": "the facts know a rollback of a debit alone",
        "refund": "a rollback has no amount: it is always of the whole",
        "rotate": "tokens are never replaced by a call",
        "revoke": "sessions are not ended by the provider",
        "exists": "there is no question about a transaction",
    },
    hostile_amounts=(*HOSTILE_JSON_AMOUNTS, b'"100"', b"null", b"0.000000001"),
    wins_name_round=True,
    untold=(
        ("debit", Status.LIMIT_REACHED, (10, 200)),
        ("debit", Fault.INTERNAL, (900, 200)),
    ),
    cases=(
        *(Case(tell.__name__, tell) for tell in CASES),
        Case("late_credit_by_policy", late_credit_by_policy, policy={"win_on_closed_round": True}),
    ),
)
