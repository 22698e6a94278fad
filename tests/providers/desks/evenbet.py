"""What EvenBet is answered in each case, and the rest of what its integration is expected to ask."""

import json

from msgspec.structs import replace

from bench.studios.contract import Act, Move
from bench.studios.evenbet import EvenBet
from tests.providers.scene import HOSTILE_JSON_AMOUNTS, Case, Desk, Scene
from wallet.types import Status

DONE, STRANGER, NOBODY, FUNDS, BAD, MISSING, DIFFERS, SESSION = map(str, range(8))


async def answers(scene: Scene, move: Move, word: str, cash: int, *without: str, **changes: object) -> None:
    """A move with fields changed, and some of them left out."""
    path, fields = scene.studio.fields(scene.player, move)
    told = {name: value for name, value in (fields | changes).items() if name not in without}
    title = f"{move.act} without {', '.join(without) or 'nothing'}: {word}"
    reply = await scene.deliver(move, scene.studio.seal(path, scene.studio.body(told)), title)
    assert not reply.broken, (reply, scene.answer)
    assert reply.code == scene.desk.says[word], (title, scene.answer)
    await scene.holds(cash)


# Balances


async def balances(scene: Scene) -> None:
    """The poker asks by player, the casino by its living session and player; nobody else's balance is told."""
    poker = ("sessionId", "clientId")
    await answers(scene, scene.move(Act.BALANCE), "ok", 100, *poker)
    await answers(scene, scene.move(Act.BALANCE), "unknown_player", 100, *poker, userId="nobody")
    await scene.plays(scene.move(Act.BALANCE), "foreign_token", 100, player="nobody")
    await scene.plays(scene.move(Act.BALANCE), "bad", 100, currency="USD")
    await scene.plays(scene.move(Act.BALANCE), "bad", 100, currency="XXX")
    await answers(scene, scene.move(Act.BALANCE), "bad", 100, "userId")
    await answers(scene, scene.move(Act.BALANCE), "bad", 100, "currency")
    token = scene.player.token
    await scene.begin()
    await scene.plays(scene.move(Act.BALANCE), "foreign_token", 100, token=token)


async def what_is_told(scene: Scene) -> None:
    """Every answer has a whole balance and words; a repetition says so, and a stranger is told zero."""
    bet = scene.move(Act.BET, "10.55")
    await scene.plays(bet, "ok", "89.45")
    assert json.loads(scene.answer.body) == {
        "balance": 8945,
        "errorCode": 0,
        "errorDescription": "Completed",
    }
    await scene.plays(bet, "duplicate", "89.45")
    said = json.loads(scene.answer.body)
    assert said == {"balance": 8945, "errorCode": 0, "errorDescription": "Transaction already processed"}
    await scene.plays(scene.move(Act.BET, 90), "insufficient_funds", "89.45")
    assert json.loads(scene.answer.body)["balance"] == 8945
    await scene.plays(scene.move(Act.BET, 10), "unknown_player", "89.45", player="nobody")
    assert json.loads(scene.answer.body)["balance"] == 0


# The poker


async def chips_for_a_table(scene: Scene) -> None:
    """Chips are bought and brought back once, with no session, no round, and no link between the two that must hold."""
    chips = scene.move(Act.BUY_IN, 40)
    await scene.plays(chips, "ok", 60)
    await scene.plays(chips, "duplicate", 60)
    await scene.plays(replace(chips, amount=chips.amount + 1), "bad", 60)
    await scene.plays(scene.move(Act.BUY_IN, "60.01"), "insufficient_funds", 60)
    back = scene.move(Act.PAYOUT, 55, chips)
    await scene.plays(back, "ok", 115)
    await scene.plays(back, "duplicate", 115)
    await scene.plays(scene.move(Act.PAYOUT, 0, chips), "ok", 115)
    await scene.plays(scene.move(Act.PAYOUT, 5), "ok", 120)
    await scene.plays(scene.move(Act.PAYOUT, 5), "ok", 125, linkedTransactionIds=None, rake="0.5%")
    await scene.plays(replace(chips, act=Act.PAYOUT), "bad", 125)


async def tournament(scene: Scene) -> None:
    """A tournament's buy-in tells its parts, which are kept; the amount is the whole."""
    chips = scene.move(Act.BUY_IN, 11)
    await scene.plays(chips, "ok", 89, tournamentBuyIn=1000, tournamentEntryFee=100)
    await scene.plays(scene.move(Act.PAYOUT, 50, chips), "ok", 139, result=3900)


async def chips_taken_back(scene: Scene) -> None:
    """A buy-in whose answer was lost is given back, once; one that never arrived is remembered."""
    chips, late = scene.move(Act.BUY_IN, 40), scene.move(Act.BUY_IN, 30)
    await scene.plays(chips, "ok", 60)
    await scene.plays(scene.move(Act.ROLLBACK, of=chips), "ok", 100)
    await scene.plays(scene.move(Act.ROLLBACK, of=chips), "second_rollback", 100)
    await scene.plays(scene.move(Act.ROLLBACK, of=late), "unknown_rollback", 100)
    await scene.plays(late, "late_bet", 100)


async def player_without_rights(scene: Scene) -> None:
    """A blocked player buys no chips, and brings back what they have."""
    chips = scene.move(Act.BUY_IN, 40)
    await scene.plays(chips, "ok", 60)
    await scene.stage.block(scene.player.external_id)
    await scene.plays(scene.move(Act.BUY_IN, 10), "blocked", 60)
    await scene.plays(scene.move(Act.PAYOUT, 40, chips), "ok", 100)


# The casino


async def casino_alone(scene: Scene) -> None:
    """By its mode an account takes a casino's calls only: each needs clientId and sessionId."""
    await scene.plays(scene.move(Act.BALANCE), "ok", 100)
    await scene.plays(scene.move(Act.BET, 10), "ok", 90)
    await scene.plays(scene.move(Act.BUY_IN, 10), "bad", 90)
    await scene.plays(scene.move(Act.PAYOUT, 10), "bad", 90)
    await answers(scene, scene.move(Act.BALANCE), "bad", 90, "sessionId", "clientId")
    await answers(scene, scene.move(Act.BET, 10), "bad", 90, "sessionId")


async def fields_of_a_casino(scene: Scene) -> None:
    """A call with a session needs the casino's other fields too, and this operator's clientId."""
    bet = scene.move(Act.BET, 10)
    for name in ("clientId", "gameId", "betType", "roundId", "transactionId", "amount", "userId", "currency"):
        await answers(scene, bet, "bad", 100, name)
    await answers(scene, bet, "stranger", 100, clientId="operator-2")
    await scene.plays(bet, "ok", 90)
    undo = scene.move(Act.ROLLBACK, of=bet)
    for name in ("clientId", "gameId", "betType", "roundId", "referenceTransactionId", "amount"):
        await answers(scene, undo, "bad", 90, name)
    await scene.plays(undo, "ok", 100)


async def rollbacks_that_differ(scene: Scene) -> None:
    """A rollback must name the amount, the currency and the player of what it takes back."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    undo = scene.move(Act.ROLLBACK, of=bet)
    await scene.plays(undo, "differs", 90, amount=999)
    await scene.plays(undo, "differs", 90, currency="USD")
    await scene.plays(undo, "bad", 90, currency="XXX")
    first = replace(scene.player)
    await scene.begin()
    await scene.plays(undo, "differs", 100)
    scene.player = first
    await scene.plays(undo, "ok", 100)
    await scene.plays(undo, "rollback_again", 100)


async def rollback_of_what_came_back(scene: Scene) -> None:
    """A rollback undoes what was taken; one that names what was paid takes nothing."""
    bet, chips = scene.move(Act.BET, 10), scene.move(Act.BUY_IN, 10)
    win, left = scene.move(Act.WIN, 30, bet), scene.move(Act.PAYOUT, 15, chips)
    for move, cash in ((bet, 90), (win, 120), (chips, 110), (left, 125)):
        await scene.plays(move, "ok", cash)
    await scene.plays(scene.move(Act.ROLLBACK, of=win), "differs", 125)
    await scene.plays(scene.move(Act.ROLLBACK, of=left), "differs", 125)


async def casino_without_its_session(scene: Scene) -> None:
    """A call with any word of the casino's is the casino's, and without its session it is nobody's."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "bad", 100, token=None)
    await answers(scene, bet, "bad", 100, "sessionId")
    await answers(scene, bet, "bad", 100, "sessionId", "clientId", "betType")
    await answers(scene, scene.move(Act.WIN, 5000, round="never"), "bad", 100, "sessionId")


async def results_of_a_round(scene: Scene) -> None:
    """A round may be paid several times; its stakes are known by the round, in which one was taken back too."""
    bet, other = scene.move(Act.BET, 10, round="5"), scene.move(Act.BET, 20, round="5")
    await scene.plays(bet, "ok", 90)
    await scene.plays(other, "ok", 70)
    await scene.plays(scene.move(Act.ROLLBACK, of=other), "ok", 90)
    await scene.plays(scene.move(Act.WIN, 5, bet), "ok", 95)
    await scene.plays(scene.move(Act.WIN, 6, bet), "ok", 101, game="gone")
    await scene.plays(scene.move(Act.WIN, 7, round="6"), "win_without_bet", 101)


async def result_without_stake_by_policy(scene: Scene) -> None:
    """By policy a result needs no known stake: EvenBet asks again until it is paid."""
    await scene.plays(scene.move(Act.WIN, 7, round="6"), "ok", 107)


async def unknown_method(scene: Scene) -> None:
    """A method that there is not, or none, is refused; the address is not looked at."""
    bet = scene.move(Act.BET, 10)
    for name in ("GiveCash", "getcash", "", 7, None):
        await answers(scene, bet, "bad", 100, method=name)
    await answers(scene, bet, "bad", 100, "method")
    await scene.stage.spoil(scene.player.token, Status.SESSION_REVOKED)
    await scene.plays(bet, "revoked", 100)


CASES = (
    *(balances, what_is_told, chips_for_a_table, tournament, chips_taken_back, player_without_rights),
    *(fields_of_a_casino, rollbacks_that_differ, results_of_a_round, unknown_method),
    *(rollback_of_what_came_back, casino_without_its_session),
)

DESK = Desk(
    studio=EvenBet,
    key="a-test-key-of-nobody",
    says={
        "ok": DONE,
        "opened": DONE,
        "balance": DONE,
        "duplicate": DONE,
        "insufficient_funds": FUNDS,
        "bad": BAD,
        "stranger": STRANGER,
        "differs": DIFFERS,
        "zero_bet": BAD,
        "key_reused_amount": BAD,
        "key_reused_round": BAD,
        "key_reused_player": BAD,
        "win_under_the_bets_key": BAD,
        "unknown_rollback": MISSING,
        "late_bet": BAD,
        "rollback_again": DONE,
        "second_rollback": DONE,
        "win_after_rollback": MISSING,
        "rollback_after_win": MISSING,
        "win_without_bet": MISSING,
        "expired": SESSION,
        "expired_balance": SESSION,
        "superseded": SESSION,
        "revoked": SESSION,
        "unknown_token": SESSION,
        "unknown_token_open": SESSION,
        "foreign_token": SESSION,
        "blocked": NOBODY,
        "no_new_bets": BAD,
        "game_disabled": BAD,
        "unknown_game": BAD,
        "unknown_player": NOBODY,
        "wrong_currency": BAD,
        "unknown_currency": BAD,
        "bad_signature": STRANGER,
    },
    shape=frozenset({BAD}),
    fields={
        "amount": ("amount",),
        "key": ("transactionId",),
        "round": ("roundId",),
        "player": ("userId",),
        "token": ("sessionId",),
        "currency": ("currency",),
        "game": ("gameId",),
    },
    required=("key", "amount", "player", "round", "currency", "game"),
    cannot={
        "unknown_verb": "there is one address, and it is the method that may be unknown",
        "round_end": "nothing ends a round",
        "tip": "there are no tips",
        "promo_win": "there are no prizes: what a tournament pays is a return of cash",
        "jackpot_win": "there are no jackpots",
        "free_bet": "there are no free rounds",
        "rollback_win": "only what was taken is rolled back",
        "refund": "a rollback is always of the whole, and must say its amount",
        "rotate": "tokens are never replaced by a call",
        "revoke": "sessions are not ended by the studio",
        "exists": "there is no question about a transaction",
    },
    hostile_amounts=(*HOSTILE_JSON_AMOUNTS, b"1.0", b"1.5", b"1e2", b'"100"', b"null"),
    wins_name_round=True,
    cases=(
        *(Case(tell.__name__, tell) for tell in CASES),
        Case("casino_alone", casino_alone, settings={"mode": "casino"}),
        Case(
            "result_without_stake_by_policy", result_without_stake_by_policy, policy={"win_without_bet": True}
        ),
    ),
)
