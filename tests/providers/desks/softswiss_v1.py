"""What SoftSwiss v1 is answered in each case, and the calls of several actions and the free rounds that are its own."""

import json
from decimal import Decimal
from typing import Any

from bench.studios.contract import Act, Move
from bench.studios.softswiss_v1 import SoftswissV1
from tests.providers.cases import read_to_the_last_letter, replaced
from tests.providers.scene import HOSTILE_JSON_AMOUNTS, Case, Desk, Scene

OK = "200"
WRONG = "400"
REVERSED = "403"
MISSING = "404"
PLAYER = "101"
CURRENCY = "154"
UNAVAILABLE = "405"


async def says(
    scene: Scene, move: Move, word: str, cash: Decimal | int | str, *actions: dict[str, Any], **changes: Any
) -> Any:
    """Play a call of these actions, in the round and on the path of `move`; the answer's body."""
    path, fields = scene.studio.fields(scene.player, move)
    fields |= {"actions": list(actions)} | changes
    request = scene.studio.seal(path, scene.studio.body(fields))
    titles = ", ".join(str(action.get("action")) for action in actions)
    await scene.deliver(move, request, f"{titles or 'no action'}: {word}")
    said = json.loads(scene.answer.body)
    code = OK if scene.answer.http_status == 200 else str(said["code"])
    assert code == scene.desk.says[word], (word, scene.answer)
    if code == OK:
        assert [one["action_id"] for one in said["transactions"]] == [one["action_id"] for one in actions]
    await scene.holds(cash)
    return said


def bet(move: Move, amount: int) -> dict[str, Any]:
    """A bet's action, under the key of the move."""
    return {"action": "bet", "action_id": move.key, "amount": amount}


def win(move: Move, amount: int) -> dict[str, Any]:
    """A win's action, under the key of the move."""
    return {"action": "win", "action_id": move.key, "amount": amount}


def undo(move: Move, original: Move) -> dict[str, Any]:
    """A rollback's action, under the key of the move."""
    return {"action": "rollback", "action_id": move.key, "original_action_id": original.key}


async def balance(scene: Scene) -> None:
    """A /play without actions tells the balance, with or without a round, and needs a player, a currency and a game."""
    await scene.plays(scene.move(Act.BALANCE), "ok", 100)
    await scene.plays(scene.move(Act.BALANCE), "ok", 100, game_id="7", finished=False)
    await scene.plays(scene.move(Act.BALANCE), "ok", 100, finished=True)
    await scene.plays(scene.move(Act.BALANCE), "ok", 100, session_id=None)
    await scene.plays(scene.move(Act.BALANCE), "unknown_player", 100, player="nobody")
    await scene.plays(scene.move(Act.BALANCE), "wrong_currency", 100, currency="USD")
    await scene.plays(scene.move(Act.BALANCE), "unknown_currency", 100, currency="XXX")
    await scene.plays(scene.move(Act.BALANCE), "wrong", 100, game=None)


async def bet_and_win_in_one_call(scene: Scene) -> None:
    """A bet and its win come in one call, each with an id of ours; repeated, both are told again and nothing moves."""
    stake, prize = scene.move(Act.BET, 10), scene.move(Act.WIN, 25)
    said = await says(scene, stake, "ok", 115, bet(stake, 1000), win(prize, 2500), finished=True)
    assert said["balance"] == 11500
    assert said["game_id"] == stake.round
    again = await says(scene, stake, "ok", 115, bet(stake, 1000), win(prize, 2500), finished=True)
    assert again == said


async def actions_in_their_order(scene: Scene) -> None:
    """All bets of a call are paid from the balance before it: a win of the same call does not help them."""
    first, prize, second = scene.move(Act.BET), scene.move(Act.WIN), scene.move(Act.BET)
    said = await says(
        scene, first, "insufficient_funds", 100, bet(first, 6000), win(prize, 9000), bet(second, 6000)
    )
    assert said["balance"] == 10000
    assert scene.answer.http_status == 412
    said = await says(scene, first, "insufficient_funds", 100, bet(first, 6000), bet(second, 6000))
    assert said["balance"] == 10000
    await says(scene, first, "ok", 90, bet(first, 6000), win(prize, 9000), bet(second, 4000))


async def reused_actions_done(scene: Scene) -> None:
    """By manner known actions with other content are done, one or both; not with a bet that is new beside them."""
    stake, prize = scene.move(Act.BET, 10), scene.move(Act.WIN, 25)
    await says(scene, stake, "ok", 115, bet(stake, 1000), win(prize, 2500))
    await says(scene, stake, "ok", 115, bet(stake, 2000), win(prize, 2500))
    await says(scene, stake, "ok", 115, bet(stake, 2000), win(prize, 2600))
    new = bet(scene.move(Act.BET), 500)
    await says(scene, stake, "reused", 115, bet(stake, 2000), win(prize, 2600), new)


async def known_and_new_actions(scene: Scene) -> None:
    """Of a call that holds known actions only the new ones are applied; a known one with another amount fails it whole."""
    first, second, prize = scene.move(Act.BET), scene.move(Act.BET), scene.move(Act.WIN)
    before = await says(scene, first, "ok", 90, bet(first, 1000))
    after = await says(scene, first, "ok", 95, bet(first, 1000), bet(second, 2000), win(prize, 2500))
    assert after["transactions"][0] == before["transactions"][0]
    assert after["balance"] == 9500
    other = scene.move(Act.BET)
    await says(scene, first, "reused", 95, bet(first, 1001), bet(other, 500))
    await says(scene, first, "ok", 90, bet(other, 500))


async def end_of_a_round(scene: Scene) -> None:
    """A call without actions ends its round, as often as it comes, for a blocked player too."""
    stake = scene.move(Act.BET, 10)
    await scene.plays(stake, "ok", 90)
    await scene.stage.block(scene.player.external_id)
    for _ in range(2):
        said = await says(scene, scene.move(Act.CLOSE, of=stake), "ok", 90)
        assert said == {"balance": 9000, "game_id": stake.round, "transactions": []}
    await scene.plays(scene.move(Act.WIN, 5, stake), "ok", 95)
    look = scene.move(Act.CLOSE, of=stake)
    assert (await says(scene, look, "ok", 95, finished=False))["transactions"] == []


async def round_taken_back(scene: Scene) -> None:
    """A round's bet and win are taken back in one call, in any order, once; a second call tells the first one's ids."""
    for turned in (False, True):
        stake, prize = scene.move(Act.BET, round=str(turned + 1)), scene.move(Act.WIN)
        await says(scene, stake, "ok", 115, bet(stake, 1000), win(prize, 2500))
        one, other = scene.move(Act.ROLLBACK, of=stake), scene.move(Act.ROLLBACK, of=prize)
        actions = [undo(one, stake), undo(other, prize)]
        said = await says(scene, one, "ok", 100, *(actions[::-1] if turned else actions))
        assert all(told["tx_id"] for told in said["transactions"])
        again = await says(scene, one, "ok", 100, *(actions[::-1] if turned else actions))
        assert again["transactions"][0] == said["transactions"][0]
        await scene.plays(scene.move(Act.WIN, 5, stake), "win_after_rollback", 100)


async def spent_round_taken_back(scene: Scene) -> None:
    """Of a list each rollback is judged by itself: a spent win is cut before its bet is given back, or counts with it."""
    for amount, number, cash in ((2500, 25, (0, 10)), (500, 5, (5, 10))):
        for turned in (False, True):
            await scene.begin()
            stake, prize = scene.move(Act.BET, round=f"{number}-{turned:d}"), scene.move(Act.WIN)
            await says(scene, stake, "ok", 90 + number, bet(stake, 1000), win(prize, amount))
            await scene.plays(scene.move(Act.BET, 90 + number, round="8"), "ok", 0)
            one, other = scene.move(Act.ROLLBACK, of=stake), scene.move(Act.ROLLBACK, of=prize)
            called = [undo(one, stake), undo(other, prize)][:: -1 if turned else 1]
            await says(scene, one, "ok", cash[turned], *called)


async def spent_round_refused(scene: Scene) -> None:
    """By policy a spent win fails its list where its rollback is first, though the bet behind it would cover it."""
    stake, prize = scene.move(Act.BET), scene.move(Act.WIN)
    await says(scene, stake, "ok", 95, bet(stake, 1000), win(prize, 500))
    await scene.plays(scene.move(Act.BET, 95, round="8"), "ok", 0)
    one, other = scene.move(Act.ROLLBACK, of=stake), scene.move(Act.ROLLBACK, of=prize)
    await says(scene, one, "insufficient_funds", 0, undo(other, prize), undo(one, stake))
    await says(scene, one, "ok", 5, undo(one, stake), undo(other, prize))


async def late_actions(scene: Scene) -> None:
    """What comes after its rollback is answered without an id of ours and moves nothing, the rest of its call neither."""
    stake, prize = scene.move(Act.BET, 10), scene.move(Act.WIN, 25)
    one = scene.move(Act.ROLLBACK, of=stake)
    for _ in range(2):
        said = await says(scene, one, "unknown_rollback", 100, undo(one, stake))
        assert said["transactions"] == [{"action_id": one.key, "tx_id": ""}]
    more = scene.move(Act.ROLLBACK, of=stake)
    said = await says(scene, more, "second_rollback", 100, undo(more, stake))
    assert said["transactions"] == [{"action_id": more.key, "tx_id": ""}]
    said = await says(scene, stake, "late_bet", 100, bet(stake, 1000), win(prize, 2500))
    assert [told["tx_id"] for told in said["transactions"]] == ["", ""]
    assert said["balance"] == 10000


async def new_bet_beside_a_late_one(scene: Scene) -> None:
    """A call of which a new bet was not taken is an error, wherever its late bet stands; by itself the new one is taken."""
    late, new = scene.move(Act.BET, 10), scene.move(Act.BET, 5)
    await scene.plays(scene.move(Act.ROLLBACK, of=late), "unknown_rollback", 100)
    await says(scene, new, "wrong", 100, bet(late, 1000), bet(new, 500))
    await says(scene, new, "wrong", 100, bet(new, 500), bet(late, 1000))
    await says(scene, new, "ok", 95, bet(new, 500))


async def win_beside_a_late_one(scene: Scene) -> None:
    """A call of which a sound win was not paid is an error, wherever its late win stands; by itself the sound one is paid."""
    stake, late, sound = scene.move(Act.BET, 10), scene.move(Act.WIN, 3), scene.move(Act.WIN, 25)
    await scene.plays(stake, "ok", 90)
    undone = scene.move(Act.ROLLBACK_WIN, of=late)
    await says(scene, undone, "unknown_rollback", 90, undo(undone, late))
    await says(scene, sound, "wrong", 90, win(late, 300), win(sound, 2500))
    await says(scene, sound, "wrong", 90, win(sound, 2500), win(late, 300))
    await says(scene, late, "late_bet", 90, win(late, 300), win(scene.move(Act.WIN), 0))
    await says(scene, sound, "ok", 115, win(sound, 2500))


async def win_of_a_live_bet_beside_a_late_one(scene: Scene) -> None:
    """A win that comes with a late bet is an error where another bet stands in its round; by itself it is paid."""
    live, late, prize = scene.move(Act.BET, 10), scene.move(Act.BET, 10), scene.move(Act.WIN, 25)
    await scene.plays(live, "ok", 90)
    undone = scene.move(Act.ROLLBACK, of=late)
    await says(scene, undone, "unknown_rollback", 90, undo(undone, late))
    await says(scene, late, "wrong", 90, bet(late, 1000), win(prize, 2500))
    await says(scene, late, "wrong", 90, bet(live, 1000), bet(late, 1000), win(prize, 2500))
    await says(scene, late, "late_bet", 90, bet(late, 1000))
    await says(scene, live, "ok", 115, win(prize, 2500))


async def several_late_actions(scene: Scene) -> None:
    """A call of which everything was taken back before it came is answered without ids of ours."""
    stakes = [scene.move(Act.BET, 10), scene.move(Act.BET, 5)]
    one, other = (scene.move(Act.ROLLBACK, of=stake) for stake in stakes)
    await says(scene, one, "unknown_rollback", 100, undo(one, stakes[0]), undo(other, stakes[1]))
    said = await says(scene, stakes[0], "late_bet", 100, bet(stakes[0], 1000), bet(stakes[1], 500))
    assert [told["tx_id"] for told in said["transactions"]] == ["", ""]


async def bet_repeated_after_its_rollback(scene: Scene) -> None:
    """A bet that was taken and given back is known when it comes again: its first id, today's balance, no money."""
    stake = scene.move(Act.BET, 10)
    first = await says(scene, stake, "ok", 90, bet(stake, 1000))
    await scene.plays(scene.move(Act.ROLLBACK, of=stake), "ok", 100)
    again = await says(scene, stake, "duplicate", 100, bet(stake, 1000))
    assert again["transactions"] == first["transactions"]
    assert again["balance"] == 10000


async def ids_like_our_own_keys(scene: Scene) -> None:
    """An action may be called as we call the end of a round or the pay of free rounds: neither is kept from the other."""
    stake, issue = scene.move(Act.BET, 10), f"issue-{scene.prefix[:24]}"
    await scene.stage.give_free_rounds(scene.player.external_id, issue)
    own = (f"close:{scene.player.external_id}:{stake.round}", f"freespins:{issue}", f"action:{stake.key}")
    for number, key in enumerate((*own, *(f"action:{name}" for name in own[:2])), 1):
        await scene.plays(replaced(stake, key=key), "ok", 100 - 10 * number)
    await scene.plays(stake, "ok", 40)
    await scene.plays(scene.move(Act.CLOSE, of=stake), "ok", 40)
    await scene.plays(scene.move(Act.BET, 1, round=stake.round), "bet_on_closed_round", 40)
    await scene.plays(scene.move(Act.FREE_END, 7, bonus_code=issue), "ok", 47)


async def long_ids(scene: Scene) -> None:
    """An id has up to 255 letters of any script, no two are taken for one, and a round of any that is open can be ended."""
    stake = scene.move(Act.BET, 10)
    await read_to_the_last_letter(scene, stake, ("k" * 255, "ж" * 255))
    await scene.plays(replaced(stake, key="k" * 256), "wrong", 100)
    far = scene.move(Act.BET, 10, round="r" * 255)
    await scene.plays(far, "ok", 90)
    await scene.plays(scene.move(Act.CLOSE, of=far), "ok", 90)
    await scene.plays(scene.move(Act.BET, 1, round=far.round), "bet_on_closed_round", 90)


async def late_actions_refused(scene: Scene) -> None:
    """By manner what comes after its rollback is an error."""
    stake = scene.move(Act.BET, 10)
    await scene.plays(scene.move(Act.ROLLBACK, of=stake), "unknown_rollback", 100)
    await scene.plays(stake, "wrong", 100)


async def spent_win_refused(scene: Scene) -> None:
    """By policy a win whose money is gone is not taken back, and the balance is told."""
    stake = scene.move(Act.BET, 10)
    prize = scene.move(Act.WIN, 25, stake)
    await scene.plays(stake, "ok", 90)
    await scene.plays(prize, "ok", 115)
    await scene.plays(scene.move(Act.BET, 110), "ok", 5)
    reply = await scene.plays(scene.move(Act.ROLLBACK_WIN, of=prize), "insufficient_funds", 5)
    assert reply.balance == 5


async def win_of_a_late_bet(scene: Scene) -> None:
    """A bet that comes after its rollback is answered without being taken, and so nothing is won with it."""
    stake = scene.move(Act.BET, 10)
    await scene.plays(scene.move(Act.ROLLBACK, of=stake), "unknown_rollback", 100)
    await scene.plays(stake, "late_bet", 100)
    await scene.plays(scene.move(Act.WIN, 500, stake, end=True), "missing", 100)


async def wins_need_no_bet(scene: Scene) -> None:
    """By policy a win is paid in a round that has no bet."""
    await scene.plays(scene.move(Act.WIN, 25), "ok", 125)


async def shapes_refused(scene: Scene) -> None:
    """An action that does not exist, or without what it needs, and a call without its round, move nothing."""
    stake = scene.move(Act.BET, 10)
    undone = scene.move(Act.ROLLBACK, of=stake)
    good = bet(stake, 1000)
    await says(scene, stake, "wrong", 100, good | {"action": "tip"})
    await says(scene, stake, "wrong", 100, good | {"action": "rollback", "original_action_id": "x"})
    await says(scene, stake, "wrong", 100, {"action": "win", "action_id": "w"})
    await says(scene, stake, "wrong", 100, good, game_id=None)
    await says(scene, stake, "wrong", 100, good, {"action": "win"})
    await says(scene, undone, "wrong", 100, {"action": "rollback", "action_id": undone.key})
    await says(scene, undone, "wrong", 100, good)
    await scene.plays(stake, "ok", 90)


async def one_id_of_two_rollbacks(scene: Scene) -> None:
    """Two rollbacks under one id move nothing, also where the first has nothing left to give back; one told twice is one."""
    stake, never = scene.move(Act.BET, 10), scene.move(Act.BET, 10)
    undone = scene.move(Act.ROLLBACK, of=stake)
    await scene.plays(stake, "ok", 90)
    await says(scene, undone, "wrong", 90, undo(undone, stake), undo(undone, never))
    await scene.plays(scene.move(Act.ROLLBACK, of=stake), "ok", 100)
    for _ in range(2):
        await says(scene, undone, "wrong", 100, undo(undone, stake), undo(undone, never))
    await says(scene, undone, "ok", 100, undo(undone, stake), undo(undone, stake))
    await scene.plays(never, "ok", 90)


async def any_game_is_taken_back(scene: Scene) -> None:
    """A rollback lands whatever game it names."""
    stake = scene.move(Act.BET, 10)
    await scene.plays(stake, "ok", 90)
    await scene.stage.disable_game("dice")
    await scene.plays(scene.move(Act.ROLLBACK, of=stake), "ok", 100, game="gone")


async def letters_of_any_script(scene: Scene) -> None:
    """Ids and rounds may be written in any script."""
    stake = replaced(scene.move(Act.BET, round="раунд-七"), key="ставка-1")
    await says(scene, stake, "ok", 90, bet(stake, 1000))
    await says(scene, stake, "reused", 90, bet(stake, 1001))


async def jackpots_in_a_win(scene: Scene) -> None:
    """What a jackpot paid is part of the win's amount, whatever the field says; contributions move nothing."""
    stake, prize = scene.move(Act.BET), scene.move(Act.WIN)
    fed = bet(stake, 1000) | {"jackpot_contribution": 12.5}
    await says(scene, stake, "ok", 115, fed, win(prize, 2500) | {"jackpot_win": 2000})


async def currencies_with_other_units(scene: Scene) -> None:
    """The yen has no smaller unit and the bitcoin a hundred million: amounts and balances are counted in it."""
    for currency, amount, left in (("JPY", 30, Decimal(70)), ("BTC", 250_000_001, Decimal("97.49999999"))):
        scene.player.currency = currency
        scene.player.external_id = await scene.stage.join(currency, 100)
        stake = scene.move(Act.BET)
        await scene.plays(stake, "done", left, amount=amount)
        assert json.loads(scene.answer.body)["balance"] == left.scaleb({"JPY": 0, "BTC": 8}[currency])
        await scene.plays(scene.move(Act.BET), "insufficient_funds", left, amount=10**11)


async def free_rounds(scene: Scene) -> None:
    """The total of free rounds is paid once, be it nothing, when they were played, to their player; a look moves nothing."""
    issue, lost = f"issue-{scene.prefix[:24]}", f"lost-{scene.prefix[:24]}"
    for given in (issue, lost):
        await scene.stage.give_free_rounds(scene.player.external_id, given)
    end = scene.move(Act.FREE_END, 7, bonus_code=issue)
    await scene.plays(end, "ok", 100, status="active", total_amount=300)
    await scene.plays(end, "ok", 100, status="canceled")
    for _ in range(2):
        await scene.plays(end, "ok", 107)
    await scene.plays(end, "ok", 107, status="expired")
    await scene.plays(end, "reused", 107, total_amount=800)
    await scene.plays(scene.move(Act.FREE_END, 7, bonus_code="nobodys"), "unknown_issue", 107)
    await scene.plays(end, "wrong", 107, total_amount=None)
    await scene.plays(end, "wrong", 107, total_amount=-1)
    await scene.plays(scene.move(Act.FREE_END, 0, bonus_code=lost), "ok", 107)
    await scene.plays(scene.move(Act.FREE_END, 7, bonus_code=lost), "reused", 107)


async def free_rounds_that_expired(scene: Scene) -> None:
    """Free rounds that ran out pay what they had won, and nothing where they had not."""
    for name, total, cash in (("lost", 0, 100), ("won", 700, 107)):
        issue = f"{name}-{scene.prefix[:24]}"
        await scene.stage.give_free_rounds(scene.player.external_id, issue)
        end = scene.move(Act.FREE_END, bonus_code=issue)
        await scene.plays(end, "ok", cash, status="expired", total_amount=total)
        await scene.plays(end, "ok", cash, status="expired", total_amount=total)


async def free_rounds_in_another_currency(scene: Scene) -> None:
    """The total is counted in smallest units of the wallet that the free rounds were given to."""
    issue = f"yen-{scene.prefix[:24]}"
    scene.player.external_id = await scene.stage.join("JPY", 100)
    await scene.stage.give_free_rounds(scene.player.external_id, issue)
    await scene.plays(scene.move(Act.FREE_END, bonus_code=issue), "done", 800, total_amount=700)


async def free_rounds_that_pay_by_setting(scene: Scene) -> None:
    """An account may say in which states free rounds pay."""
    issue = f"issue-{scene.prefix[:24]}"
    await scene.stage.give_free_rounds(scene.player.external_id, issue)
    end = scene.move(Act.FREE_END, 7, bonus_code=issue)
    await scene.plays(end, "ok", 100, status="expired")
    await scene.plays(end, "ok", 107, status="canceled")


CANNOT = {
    "opening": "no token is sent: the first call is a look at the balance",
    "dead_session": "no token is sent: player and currency name the wallet",
    "superseded_session": "no token is sent",
    "unknown_token": "no token is sent",
    "token_of_another_player": "no token is sent",
    "free_bet": "free rounds are not told one by one, but by their total",
    "promo_win": "there are no prizes besides free rounds",
    "tip": "there are no tips",
    "buy_in": "there are no chips",
    "payout": "there are no chips",
    "refund": "a rollback has no amount: it is always of the whole",
    "rotate": "there are no tokens",
    "revoke": "there are no tokens",
    "exists": "there is no question about an action",
}
STORIES = (
    *(balance, bet_and_win_in_one_call, actions_in_their_order, known_and_new_actions, end_of_a_round),
    *(
        round_taken_back,
        spent_round_taken_back,
        late_actions,
        new_bet_beside_a_late_one,
        win_beside_a_late_one,
        win_of_a_live_bet_beside_a_late_one,
        several_late_actions,
        bet_repeated_after_its_rollback,
        ids_like_our_own_keys,
        long_ids,
        win_of_a_late_bet,
        shapes_refused,
        one_id_of_two_rollbacks,
        any_game_is_taken_back,
        letters_of_any_script,
    ),
    *(jackpots_in_a_win, currencies_with_other_units, free_rounds, free_rounds_that_expired),
    *(free_rounds_in_another_currency,),
)

DESK = Desk(
    studio=SoftswissV1,
    key="test-auth-token",
    says={
        "ok": OK,
        "done": OK,
        "balance": OK,
        "closed": OK,
        "duplicate": OK,
        "insufficient_funds": "100",
        "zero_bet": OK,
        "bet_on_closed_round": WRONG,
        "reused": WRONG,
        "key_reused_amount": WRONG,
        "key_reused_round": WRONG,
        "key_reused_player": WRONG,
        "win_under_the_bets_key": WRONG,
        "unknown_rollback": OK,
        "late_bet": OK,
        "rollback_again": OK,
        "second_rollback": OK,
        "win_after_rollback": REVERSED,
        "rollback_after_win": OK,
        "rollback_of_spent_win": OK,
        "win_without_bet": MISSING,
        "missing": MISSING,
        "unknown_issue": MISSING,
        "blocked": "110",
        "no_new_bets": UNAVAILABLE,
        "game_disabled": UNAVAILABLE,
        "unknown_game": UNAVAILABLE,
        "unknown_player": PLAYER,
        "wrong_currency": CURRENCY,
        "unknown_currency": CURRENCY,
        "bad_signature": "403",
        "unknown_verb": MISSING,
        "wrong": WRONG,
    },
    shape=frozenset({WRONG}),
    fields={
        "amount": ("actions", 0, "amount"),
        "key": ("actions", 0, "action_id"),
        "round": ("game_id",),
        "player": ("user_id",),
        "currency": ("currency",),
        "game": ("game",),
    },
    cannot=CANNOT,
    hostile_amounts=(*HOSTILE_JSON_AMOUNTS, b"1.0", b"1.5", b"1e2", b'"100"', b"null"),
    wins_name_round=True,
    cases=(
        *(Case(tell.__name__, tell) for tell in STORIES),
        Case("reused_actions_done", reused_actions_done, manners={"key_reused": "done"}),
        Case("late_actions_refused", late_actions_refused, manners={"late_op": "error"}),
        Case("spent_round_refused", spent_round_refused, policy={"short_rollback": "refuse"}),
        Case("spent_win_refused", spent_win_refused, policy={"short_rollback": "refuse"}),
        Case("wins_need_no_bet", wins_need_no_bet, policy={"win_without_bet": True}),
        Case(
            "free_rounds_that_pay_by_setting",
            free_rounds_that_pay_by_setting,
            settings={"free_rounds_pay": "played canceled"},
        ),
    ),
)
