"""What Yggdrasil is answered in each case, and what only its steps, rounds and prepaid tickets can tell."""

import json
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from bench.studios.contract import Act, Move, Reply, Request
from bench.studios.yggdrasil import Yggdrasil
from tests.providers.cases import read_to_the_last_letter, replaced
from tests.providers.scene import (
    HOSTILE_FORM_AMOUNTS,
    HOSTILE_FORM_TEXTS,
    HOSTILE_JSON_AMOUNTS,
    HOSTILE_JSON_TEXTS,
    MALFORMED_JSON,
    Case,
    Desk,
    Scene,
)
from wallet.types import Status

DONE, FAILED, EXPIRED, FUNDS = "0", "1", "1000", "1006"
BLOCKED, NOT_ALLOWED = "1007", "1008"


# Who calls


async def organisations(scene: Scene) -> None:
    """Every call says the account's organisation, to the letter; else nothing is done, asked or remembered."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    moves = (
        scene.move(Act.OPEN),
        scene.move(Act.BALANCE),
        scene.move(Act.BET, 10),
        scene.move(Act.ROLLBACK, of=bet),
    )
    for move in (*moves, scene.move(Act.WIN, 5, bet), scene.move(Act.PROMO_WIN, 5)):
        for other in ("Another", "operator", "Operator "):
            await scene.plays(move, "stranger", 90, org=other)
        for nobody in ("", None):
            await scene.plays(move, "refused", 90, org=nobody)


async def player_info(scene: Scene) -> None:
    """A living session tells who the player is and what they have; a dead one, or none, tells nothing."""
    reply = await scene.plays(scene.move(Act.OPEN), "opened", 100)
    said = json.loads(scene.answer.body)["data"]
    assert reply.player == scene.player.external_id
    assert (said["organization"], said["country"], said["homeCurrency"]) == ("Operator", "MT", "EUR")
    await scene.plays(scene.move(Act.OPEN), "refused", 100, token=None)
    await scene.stage.spoil(scene.player.token, Status.SESSION_REVOKED)
    await scene.plays(scene.move(Act.OPEN), "expired", 100)


async def balance_of_the_sessions_player(scene: Scene) -> None:
    """A balance is told to the session of the player who is named."""
    await scene.plays(scene.move(Act.BALANCE), "balance", 100)
    await scene.plays(scene.move(Act.BALANCE), "balance", 100, gameid="gone", description="what for")
    await scene.plays(scene.move(Act.BALANCE), "unknown_token", 100, token="no-such-token")
    await scene.plays(scene.move(Act.BALANCE), "unknown_token", 100, player="nobody")
    await scene.plays(scene.move(Act.BALANCE), "refused", 100, player=None)


async def only_wagers_need_a_session(scene: Scene) -> None:
    """Cancels, results and campaigns go by the player's id: no session, a dead one and a blocked player stand in no way."""
    first, second = scene.move(Act.BET, 10), scene.move(Act.BET, 10, round="8")
    await scene.plays(first, "ok", 90)
    await scene.plays(second, "ok", 80)
    await scene.stage.spoil(scene.player.token, Status.SESSION_EXPIRED)
    await scene.stage.block(scene.player.external_id)
    await scene.stage.take_no_bets()
    await scene.plays(scene.move(Act.WIN, 5, first), "ok", 85)
    await scene.plays(scene.move(Act.WIN, 5, first, end=True), "ok", 90, token="no-such-token", game="gone")
    await scene.plays(scene.move(Act.ROLLBACK, of=second), "ok", 100)
    await scene.plays(scene.move(Act.PROMO_WIN, 5), "promo", 105)
    await scene.plays(scene.move(Act.BET, 10), "expired", 105)


# Steps and rounds


async def steps_of_two_players(scene: Scene) -> None:
    """One subreference of two players is two steps: each is wagered, won and cancelled on its own."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    first = scene.player.external_id
    await scene.begin()
    await scene.plays(scene.move(Act.WIN, 5, bet), "win_without_bet", 100)
    await scene.plays(scene.move(Act.ROLLBACK, of=bet), "unknown_rollback", 100)
    await scene.plays(bet, "late_bet", 100)
    assert await scene.stage.cash(first) == 90
    await scene.begin()
    await scene.plays(bet, "ok", 90)
    await scene.plays(scene.move(Act.ROLLBACK, of=bet), "ok", 100)
    assert await scene.stage.cash(first) == 90


async def repeated_with_todays_balance(scene: Scene) -> None:
    """A repeated step is done again in words alone, and tells what there is now."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    await scene.plays(scene.move(Act.BET, 50, round="8"), "ok", 40)
    reply = await scene.plays(bet, "duplicate", 40)
    assert reply.balance == 40


async def results_of_a_round(scene: Scene) -> None:
    """Appended results leave the round open, the last one closes it, exactly once."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    await scene.plays(scene.move(Act.WIN, 5, bet), "ok", 95)
    await scene.plays(scene.move(Act.BET, 10, round=bet.round), "ok", 85)
    await scene.plays(scene.move(Act.WIN, 7, bet), "ok", 92)
    last = scene.move(Act.WIN, 1, bet, end=True)
    await scene.plays(last, "ok", 93)
    await scene.plays(last, "duplicate", 93)
    await scene.plays(scene.move(Act.WIN, 1, bet, end=True), "closed", 93)
    await scene.plays(scene.move(Act.WIN, 1, bet), "closed", 93)
    await scene.plays(scene.move(Act.JACKPOT_WIN, 1000, bet, end=True), "closed", 93)
    await scene.plays(scene.move(Act.BET, 10, round=bet.round), "closed", 93)
    await scene.plays(scene.move(Act.ROLLBACK, of=bet), "rollback_after_win", 93)


async def late_results_paid(scene: Scene) -> None:
    """By policy a result after the last one is paid."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    await scene.plays(scene.move(Act.WIN, 0, bet, end=True), "ok", 90)
    await scene.plays(scene.move(Act.WIN, 5, bet), "ok", 95)
    await scene.plays(scene.move(Act.WIN, 5, bet, end=True), "ok", 100)


async def results_without_a_wager(scene: Scene) -> None:
    """A result needs a wager that stands in its round: an appended, a last and a jackpot's one."""
    bet = scene.move(Act.BET, 10)
    results = (
        scene.move(Act.WIN, 5, bet),
        scene.move(Act.WIN, 5, bet, end=True),
        scene.move(Act.JACKPOT_WIN, 1000, bet),
        scene.move(Act.JACKPOT_WIN, 1000, bet, end=True),
    )
    for move in results:
        await scene.plays(move, "win_without_bet", 100)
    await scene.plays(bet, "ok", 90)
    for move in results:
        await scene.plays(move, "win_without_bet", 90, reference="another")
    await scene.plays(scene.move(Act.ROLLBACK, of=bet), "ok", 100)
    for move in results:
        await scene.plays(move, "win_after_rollback", 100)


async def results_paid_without_a_wager(scene: Scene) -> None:
    """By policy a result needs no wager."""
    await scene.plays(scene.move(Act.WIN, 5), "ok", 105)
    await scene.plays(scene.move(Act.JACKPOT_WIN, 20, round="8", end=True), "ok", 125)


async def jackpots(scene: Scene) -> None:
    """A jackpot is paid once; the same step as an ordinary win, or another amount, is not the same."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    nothing = scene.move(Act.WIN, 0, bet)
    await scene.plays(nothing, "ok", 90)
    await scene.plays(nothing, "key_reused_amount", 90, amount="1000", isJackpotWin="true")
    hit = scene.move(Act.JACKPOT_WIN, 1000, bet, end=True)
    await scene.plays(hit, "ok", 1090)
    await scene.plays(hit, "duplicate", 1090)
    await scene.plays(hit, "key_reused_amount", 1090, isJackpotWin="false")
    await scene.plays(hit, "key_reused_amount", 1090, amount="1001")
    for flag in ("maybe", "2", "[]"):
        await scene.plays(scene.move(Act.JACKPOT_WIN, 1, bet), "refused", 1090, isJackpotWin=flag)


async def jackpots_without_zero_amounts(scene: Scene) -> None:
    """An account that takes no result of nothing pays a jackpot all the same, beside which nothing is won."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    await scene.plays(scene.move(Act.WIN, 0, bet), "refused", 90)
    await scene.plays(scene.move(Act.JACKPOT_WIN, 0, bet), "refused", 90)
    await scene.plays(scene.move(Act.JACKPOT_WIN, 70, bet), "ok", 160)
    await scene.plays(scene.move(Act.JACKPOT_WIN, 70, bet, end=True), "ok", 230)


async def wager_with_its_results(scene: Scene) -> None:
    """By policy a wager that is cancelled takes its results with it, and a jackpot among them stands."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    await scene.plays(scene.move(Act.WIN, 25, bet), "ok", 115)
    await scene.plays(scene.move(Act.JACKPOT_WIN, 70, bet), "ok", 185)
    await scene.plays(scene.move(Act.ROLLBACK, of=bet), "ok", 170)


async def flags_of_a_jackpot(scene: Scene) -> None:
    """What is no jackpot by its flag is an ordinary win, however large its prize."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    for cash, flag in enumerate(("0", "false", "1", "true", ""), 91):
        move = scene.move(Act.WIN, 1, bet)
        await scene.plays(move, "ok", cash, isJackpotWin=flag, bonusprize="mega & more")
    await scene.plays(scene.move(Act.JACKPOT_WIN, 0, bet), "ok", 95)


# Cancels


async def cancels(scene: Scene) -> None:
    """A cancel names a wager of this player by round and step; it gives back the stake, and never a result."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    undo = scene.move(Act.ROLLBACK, of=bet)
    await scene.plays(undo, "refused", 90, reference="another")
    await scene.plays(undo, "refused", 90, reference=None)
    await scene.plays(undo, "refused", 90, subreference="")
    await scene.plays(undo, "ok", 100)
    await scene.plays(undo, "rollback_again", 100)
    other = scene.move(Act.BET, 10, round="8")
    win = scene.move(Act.WIN, 5, other)
    await scene.plays(other, "ok", 90)
    await scene.plays(win, "ok", 95)
    await scene.plays(scene.move(Act.ROLLBACK, of=win), "refused", 95)
    await scene.plays(scene.move(Act.ROLLBACK, of=other), "rollback_after_win", 95)


async def cancelled_before_it_came(scene: Scene) -> None:
    """A wager that was cancelled before it came is done without a debit, and no result of it pays."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(scene.move(Act.ROLLBACK, of=bet), "unknown_rollback", 100)
    await scene.plays(bet, "late_bet", 100)
    await scene.plays(scene.move(Act.WIN, 25, bet, end=True), "win_without_bet", 100)
    await scene.plays(scene.move(Act.WIN, 25, bet), "win_without_bet", 100)


async def ticket_cancelled_before_it_came(scene: Scene) -> None:
    """A prepaid wager that was cancelled before it came wins nothing, neither before it comes nor after."""
    free = scene.move(Act.FREE_BET, 10)
    await scene.plays(scene.move(Act.ROLLBACK, of=free), "unknown_rollback", 100)
    await scene.plays(scene.move(Act.FREE_WIN, 25, free), "win_after_rollback", 100)
    await scene.plays(free, "late_bet", 100)
    await scene.plays(scene.move(Act.FREE_WIN, 25, free), "win_after_rollback", 100)
    other = scene.move(Act.FREE_BET, 10)
    await scene.plays(other, "free_bet", 100)
    await scene.plays(scene.move(Act.FREE_WIN, 25, other), "free_win", 125)


async def late_wager_refused(scene: Scene) -> None:
    """An account may refuse a wager that was cancelled before it came, and a cancel of something unknown."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(scene.move(Act.ROLLBACK, of=bet), "refused", 100)
    await scene.plays(bet, "refused", 100)


# Ids


async def ids_like_our_own_keys(scene: Scene) -> None:
    """A step may look like the key of a cancel, of a jackpot's win or of a campaign: neither is kept from the other."""
    bet, prize = scene.move(Act.BET, 10), scene.move(Act.PROMO_WIN, 5)
    hit, player = scene.move(Act.JACKPOT_WIN, 20, bet), scene.player.external_id
    own = (
        f"cancel:{player}:{bet.key}",
        f"jackpot:{player}:{hit.key}",
        f"campaign:{player}:{prize.key}",
        f"step:{player}:{bet.key}",
    )
    for number, key in enumerate(own, 1):
        await scene.plays(replaced(bet, key=key), "ok", 100 - 10 * number)
    await scene.plays(bet, "ok", 50)
    await scene.plays(scene.move(Act.ROLLBACK, of=bet), "ok", 60)
    await scene.plays(prize, "promo", 65)
    await scene.plays(hit, "ok", 85)
    for key in own:
        await scene.plays(replaced(bet, key=key), "duplicate", 85)


async def long_ids(scene: Scene) -> None:
    """An id has up to 255 bytes, of any script, and no two are taken for one, nor a campaign's."""
    stake = scene.move(Act.BET, 10)
    await read_to_the_last_letter(scene, stake, ("k" * 255, "ж" * 127 + "2"))
    await scene.plays(replaced(stake, key="k" * 256), "refused", 100)
    for letters, cash in (("k" * 255, 105), ("k" * 254, 110), ("ж" * 127 + "2", 115)):
        await scene.plays(scene.move(Act.PROMO_WIN, 5), "promo", cash, reference=letters)
    await scene.plays(scene.move(Act.PROMO_WIN, 5), "refused", 115, reference="k" * 256)


# Prizes and prepaid tickets


async def campaigns(scene: Scene) -> None:
    """A campaign pays its cash, once by player and reference, and the bonus beside it is only noted."""
    prize = scene.move(Act.PROMO_WIN, 5)
    await scene.plays(prize, "promo", 105, bonus="7")
    await scene.plays(prize, "promo_duplicate", 105)
    await scene.plays(prize, "key_reused_amount", 105, prize="6")
    await scene.plays(scene.move(Act.PROMO_WIN, 0), "promo", 105, bonus="7")
    await scene.plays(scene.move(Act.PROMO_WIN, 5), "refused", 105, prize="-5")
    await scene.plays(scene.move(Act.PROMO_WIN, 5), "refused", 105, currency="USD")
    await scene.plays(scene.move(Act.PROMO_WIN, 5), "unknown_player", 105, player="nobody")
    bet = replace(scene.move(Act.BET, 5), key=prize.key)
    await scene.plays(bet, "ok", 100)
    await scene.begin()
    await scene.plays(prize, "promo", 105)


async def prepaid_tickets(scene: Scene) -> None:
    """Of a prepaid wager its amount moves and nothing else: none by default, the rest of a price where there is one."""
    free = scene.move(Act.FREE_BET, 10)
    await scene.plays(free, "free_bet", 100, prepaidcost="3")
    await scene.plays(scene.move(Act.FREE_WIN, 7, free), "free_win", 107)
    await scene.plays(scene.move(Act.FREE_WIN, 0, free, end=True), "free_win", 107)
    await scene.plays(scene.move(Act.FREE_BET, 10, round="8"), "ok", 105, amount="2")
    await scene.plays(scene.move(Act.FREE_BET, 10, round="9"), "ok", 105, prepaidvalue=None)
    await scene.plays(scene.move(Act.FREE_BET, 10, round="9"), "refused", 105, prepaidvalue="-1")
    undone = scene.move(Act.FREE_BET, 10, round="10")
    await scene.plays(undone, "free_bet", 105)
    await scene.plays(scene.move(Act.ROLLBACK, of=undone), "ok", 105)
    await scene.plays(scene.move(Act.FREE_WIN, 7, undone), "win_after_rollback", 105)
    await scene.stage.spoil(scene.player.token, Status.SESSION_EXPIRED)
    await scene.plays(scene.move(Act.FREE_BET, 10), "expired", 105)


# The same by POST


async def by_post(scene: Scene) -> None:
    """Every call may come by POST as JSON: the same step is the same, amounts as numbers or as text."""
    bet = scene.move(Act.BET, "10.50")
    assert (await posted(scene, bet, {"amount": Decimal("10.5")})).code == DONE
    await scene.holds("89.5")
    await scene.plays(bet, "duplicate", "89.5")
    assert (await posted(scene, scene.move(Act.WIN, 5, bet), {"amount": 5})).code == DONE
    await scene.holds("94.5")
    hit = scene.move(Act.JACKPOT_WIN, 20, bet, end=True)
    assert (await posted(scene, hit, {"isJackpotWin": True, "bonusprize": None})).code == DONE
    await scene.holds("114.5")
    other = scene.move(Act.BET, 10, round="8")
    assert (await posted(scene, other)).code == DONE
    assert (await posted(scene, scene.move(Act.ROLLBACK, of=other))).code == DONE
    assert (await posted(scene, scene.move(Act.PROMO_WIN, 1))).code == DONE
    assert (await posted(scene, scene.move(Act.BALANCE))).balance == Decimal("115.5")
    assert (await posted(scene, scene.move(Act.OPEN))).player == scene.player.external_id
    await scene.holds("115.5")


async def hostile_posts(scene: Scene) -> None:
    """What is no JSON object of plain fields, exact amounts and sound ids is refused, and moves nothing."""
    bet = scene.move(Act.BET, 10)
    path, fields = scene.studio.fields(scene.player, bet)
    for body in MALFORMED_JSON:
        await scene.refuses_shape(bet, post(path, body), "not an object of fields")
    texts = [
        (name, raw) for name in ("reference", "subreference") for raw in HOSTILE_JSON_TEXTS if raw != b"1.5"
    ]
    hostile = [("amount", raw) for raw in HOSTILE_JSON_AMOUNTS] + texts
    for name, raw in (*hostile, ("amount", b"9" * 5000)):
        body = json.dumps(fields | {name: "PLACEHOLDER"}).encode().replace(b'"PLACEHOLDER"', raw)
        await scene.refuses_shape(bet, post(path, body), f"{name} of {raw[:40].decode(errors='replace')}")
    assert (await posted(scene, bet)).code == DONE
    await scene.holds(90)


async def other_methods_and_paths(scene: Scene) -> None:
    """A path without its ending, or another method, is no call."""
    bet = scene.move(Act.BET, 10)
    path, fields = scene.studio.fields(scene.player, bet)
    good = scene.studio.seal(path, scene.studio.body(fields))
    wrong = (
        replace(good, method="PUT"),
        replace(good, path=good.path.replace(".json", "")),
        replace(good, path="/"),
    )
    for request in wrong[:2]:
        assert (await scene.deliver(bet, request, "no call")).code == FAILED, scene.answer
    await scene.holds(100)


async def posted(scene: Scene, move: Move, changes: dict[str, Any] | None = None) -> Reply:
    """A move by POST, some of its fields changed."""
    path, fields = scene.studio.fields(scene.player, move)
    body = json.dumps(fields | (changes or {}), default=str).encode()
    if changes and isinstance(changes.get("amount"), Decimal):
        amount = str(changes["amount"])
        body = body.replace(f'"amount": "{amount}"'.encode(), f'"amount": {amount}'.encode())
    reply = await scene.deliver(move, post(path, body), f"{move.act} by POST")
    assert not reply.broken, (reply, scene.answer)
    return reply


def post(path: str, body: bytes) -> Request:
    """The call with a body."""
    return Request(path, (("content-type", "application/json"),), body)


CASES = (
    *(organisations, player_info, balance_of_the_sessions_player, only_wagers_need_a_session),
    *(steps_of_two_players, repeated_with_todays_balance, results_of_a_round, results_without_a_wager),
    *(
        jackpots,
        flags_of_a_jackpot,
        cancels,
        cancelled_before_it_came,
        ticket_cancelled_before_it_came,
        campaigns,
        prepaid_tickets,
    ),
    *(ids_like_our_own_keys, long_ids, by_post, hostile_posts, other_methods_and_paths),
)

EXACT = (b"0.001", b"10.005")
"""Amounts of more than two decimals are good."""

DESK = Desk(
    studio=Yggdrasil,
    says={
        "ok": DONE,
        "opened": DONE,
        "balance": DONE,
        "duplicate": DONE,
        "insufficient_funds": FUNDS,
        "zero_bet": DONE,
        "closed": FAILED,
        "refused": FAILED,
        "stranger": NOT_ALLOWED,
        "key_reused_amount": FAILED,
        "key_reused_round": FAILED,
        "win_under_the_bets_key": FAILED,
        "unknown_rollback": DONE,
        "late_bet": DONE,
        "rollback_again": DONE,
        "second_rollback": DONE,
        "win_after_rollback": FAILED,
        "rollback_after_win": FAILED,
        "win_without_bet": FAILED,
        "promo": DONE,
        "promo_duplicate": DONE,
        "free_bet": DONE,
        "free_bet_again": DONE,
        "free_win": DONE,
        "expired": EXPIRED,
        "expired_balance": EXPIRED,
        "superseded": EXPIRED,
        "unknown_token": EXPIRED,
        "unknown_token_open": EXPIRED,
        "foreign_token": EXPIRED,
        "blocked": BLOCKED,
        "no_new_bets": NOT_ALLOWED,
        "game_disabled": NOT_ALLOWED,
        "unknown_game": NOT_ALLOWED,
        "unknown_player": FAILED,
        "wrong_currency": FAILED,
        "unknown_currency": FAILED,
        "unknown_verb": FAILED,
    },
    shape=frozenset({FAILED}),
    fields={
        "amount": ("amount",),
        "key": ("subreference",),
        "round": ("reference",),
        "player": ("playerid",),
        "token": ("sessiontoken",),
        "currency": ("currency",),
        "game": ("cat5",),
        "prize": ("cash",),
    },
    signs=(((), {}, False),),
    required=("key", "amount", "player", "round", "token", "currency"),
    cannot={
        "bad_signature": "nothing is signed: the network and the organisation's name speak for the caller",
        "round_end": "nothing is paid after the last result; told in results_of_a_round",
        "key_reused_by_another_player": "ids are the player's own; told in steps_of_two_players",
        "double_rollback_another_key": "a cancel has no id of its own: it is the wager's",
        "rollback_win": "a cancel gives back wagers only",
        "tip": "there are no tips",
        "buy_in": "there are no chips",
        "refund": "a cancel is always of the whole",
        "rotate": "tokens are never replaced by a call",
        "revoke": "sessions are not ended by the studio",
        "exists": "there is no question about a step",
    },
    covers_bytes=False,
    covers_body=False,
    hostile_amounts=tuple(raw for raw in HOSTILE_FORM_AMOUNTS if raw not in EXACT),
    hostile_texts=HOSTILE_FORM_TEXTS,
    malformed=(
        b"",
        b"&",
        b"=",
        b"{",
        b"[]",
        b"amount=%FF",
        b"amount=1&amount=1",
        b"org=Operator;reference=b",
    ),
    wins_name_round=True,
    untold=(("wager", Status.BONUS_RULES, (1009, 200)),),
    cases=(
        *(Case(tell.__name__, tell) for tell in CASES),
        Case("jackpots_without_zero_amounts", jackpots_without_zero_amounts, manners={"zero_amounts": []}),
        Case("wager_with_its_results", wager_with_its_results, policy={"rollback_with_wins": True}),
        Case("late_results_paid", late_results_paid, policy={"win_on_closed_round": True}),
        Case("results_paid_without_a_wager", results_paid_without_a_wager, policy={"win_without_bet": True}),
        Case(
            "late_wager_refused",
            late_wager_refused,
            manners={"late_op": "error", "unknown_rollback": "error"},
        ),
    ),
)
