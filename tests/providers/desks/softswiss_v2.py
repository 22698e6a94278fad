"""What SoftSwiss v2 and Beexar are answered in each case, and the lists of transactions that are their own."""

import json
from decimal import Decimal
from typing import Any

from bench.studios.contract import Act, Move, Request
from bench.studios.softswiss_v2 import SoftswissV2
from tests.providers.cases import read_to_the_last_letter, replaced
from tests.providers.scene import HOSTILE_JSON_AMOUNTS, Case, Desk, Scene

OK = "200"
FUNDS = "100"
PLAYER = "101"
CURRENCY = "154"
WRONG = "400"
MISSING = "404"
UNAVAILABLE = "405"
GONE = "409"

BEEXAR = {
    Act.BALANCE: "/balance",
    Act.BET: "/betwin",
    Act.WIN: "/betwin",
    Act.CLOSE: "/finish",
    Act.ROLLBACK: "/rollback",
}


async def says(
    scene: Scene, move: Move, word: str, cash: Decimal | int | str, *several: dict[str, Any], **changes: Any
) -> Any:
    """Play a call of these transactions, in the round and on the path of `move`; the answer's body."""
    path, fields = scene.studio.fields(scene.player, move)
    fields |= {"transactions": list(several)} | changes
    titles = ", ".join(str(one.get("type")) for one in several)
    await scene.deliver(
        move, scene.studio.seal(path, scene.studio.body(fields)), f"{titles or 'none'}: {word}"
    )
    said = json.loads(scene.answer.body)
    code = OK if scene.answer.http_status == 200 else said["meta"]["api_code"]
    assert code == scene.desk.says[word], (word, scene.answer)
    if code == OK:
        assert [one["id_provider"] for one in said["transactions"]] == [one["id_provider"] for one in several]
    await scene.holds(cash)
    return said


async def refused(scene: Scene, move: Move, name: str, value: Any) -> None:
    """With this value for a field of the message itself, a move is refused by shape."""
    path, fields = scene.studio.fields(scene.player, move)
    request = scene.studio.seal(path, scene.studio.body(fields | {name: value}))
    await scene.refuses_shape(move, request, f"{name} is {value!r}")


def bet(move: Move, amount: str) -> dict[str, Any]:
    """A bet, under the key of the move."""
    return {"id_provider": move.key, "type": "bet", "amount": amount}


def win(move: Move, amount: str) -> dict[str, Any]:
    """A win, under the key of the move."""
    return {"id_provider": move.key, "type": "win", "amount": amount}


def undo(move: Move, original: Move) -> dict[str, Any]:
    """A rollback, under the key of the move."""
    return {"id_provider": move.key, "type": "rollback", "original_id_provider": original.key}


async def balance(scene: Scene) -> None:
    """A balance is text with two decimals at least, told by player and currency; the session is not looked at."""
    await scene.plays(scene.move(Act.BALANCE), "ok", 100)
    assert scene.answer.body == b'{"balance":"100.00"}'
    await scene.plays(scene.move(Act.BALANCE), "ok", 100, session_id=None)
    await scene.plays(scene.move(Act.BALANCE), "ok", 100, session_id="no uuid")
    await scene.plays(scene.move(Act.BALANCE), "unknown_player", 100, player="nobody")
    await scene.plays(scene.move(Act.BALANCE), "wrong_currency", 100, currency="USD")
    await scene.plays(scene.move(Act.BALANCE), "unknown_currency", 100, currency="XXX")
    for wrong in ("eur", "E", "EUR-", "", None, "E" * 33, "EUR\n", "\nEUR"):
        await scene.plays(scene.move(Act.BALANCE), "wrong", 100, currency=wrong)
    await scene.plays(scene.move(Act.BALANCE), "wrong", 100, game=None)
    await scene.plays(scene.move(Act.BALANCE), "ok", 100, transactions=[bet(scene.move(Act.BET), "5")])
    await scene.plays(scene.move(Act.BET, "0.001"), "ok", "99.999")


async def beexars_paths(scene: Scene) -> None:
    """The short paths are the same calls."""
    stake = scene.move(Act.BET, 10)
    steps = (
        (stake, 90),
        (scene.move(Act.WIN, 25, stake), 115),
        (scene.move(Act.CLOSE, of=stake), 115),
        (scene.move(Act.BALANCE), 115),
        (scene.move(Act.ROLLBACK, of=stake), 100),
    )
    for move, cash in steps:
        _, fields = scene.studio.fields(scene.player, move)
        request = scene.studio.seal(BEEXAR[move.act], scene.studio.body(fields))
        reply = await scene.deliver(move, request, BEEXAR[move.act])
        assert (reply.code, reply.broken) == (OK, ""), scene.answer
        await scene.holds(cash)


async def bet_and_win_in_one_call(scene: Scene) -> None:
    """A bet and its win come in one call, each with an id and its share of bonus; repeated, all of it is told again."""
    stake, prize = scene.move(Act.BET, 10), scene.move(Act.WIN, 25)
    called = (bet(stake, "10.00"), win(prize, "25.00"))
    said = await says(scene, stake, "ok", 115, *called, finished=True)
    assert (said["balance"], said["round_id"]) == ("115.00", stake.round)
    assert [one["bonus_amount"] for one in said["transactions"]] == ["0.00", "0.00"]
    assert all(one["id"] for one in said["transactions"])
    assert await says(scene, stake, "ok", 115, *called, finished=True) == said
    await scene.plays(scene.move(Act.BET, 1, round=stake.round), "bet_on_closed_round", 115)
    assert await says(scene, stake, "ok", 115, *called, finished=True) == said


async def transactions_in_their_order(scene: Scene) -> None:
    """A call is applied in order or not at all: a win pays for what comes after it, and short funds tell the balance before."""
    first, prize, second = scene.move(Act.BET), scene.move(Act.WIN), scene.move(Act.BET)
    said = await says(scene, first, "insufficient_funds", 100, bet(first, "60"), bet(second, "60"))
    assert said["meta"]["balance"] == "100.00"
    assert scene.answer.http_status == 400
    await says(scene, first, "insufficient_funds", 100, bet(first, "60"), bet(second, "60"), win(prize, "90"))
    said = await says(scene, first, "ok", 70, bet(first, "60"), win(prize, "90"), bet(second, "60"))
    assert said["balance"] == "70.00"


async def known_and_new_transactions(scene: Scene) -> None:
    """Known ones tell their id and new ones are applied; where all are known, the balance is the last one's of back then."""
    first, second, prize = scene.move(Act.BET), scene.move(Act.BET), scene.move(Act.WIN)
    before = await says(scene, first, "ok", 90, bet(first, "10"))
    after = await says(scene, first, "ok", 95, bet(first, "10"), bet(second, "20"), win(prize, "25"))
    assert after["transactions"][0] == before["transactions"][0]
    assert after["balance"] == "95.00"
    assert await says(scene, first, "ok", 95, bet(first, "10")) == before
    again = await says(scene, first, "ok", 95, win(prize, "25"), bet(second, "20"))
    assert again["balance"] == "70.00"
    other = scene.move(Act.BET)
    said = await says(scene, first, "ok", 90, bet(first, "11"), bet(other, "5"))
    assert said["transactions"][0] == before["transactions"][0]


async def amounts_must_match(scene: Scene) -> None:
    """By policy a known id with another amount fails its whole call."""
    first, second = scene.move(Act.BET), scene.move(Act.BET)
    await says(scene, first, "ok", 90, bet(first, "10"))
    await says(scene, first, "wrong", 90, bet(second, "5"), bet(first, "11"))


async def end_of_a_round(scene: Scene) -> None:
    """Finish ends a round and moves nothing, as often as it comes, for a blocked player too, and needs no game."""
    stake = scene.move(Act.BET, 10)
    await scene.plays(stake, "ok", 90)
    await scene.stage.block(scene.player.external_id)
    for _ in range(2):
        await scene.plays(scene.move(Act.CLOSE, of=stake), "ok", 90)
        assert scene.answer.body == b'{"balance":"90.00"}'
    await scene.plays(scene.move(Act.WIN, 5, stake), "ok", 95)
    await scene.plays(scene.move(Act.CLOSE, of=stake), "wrong", 95, round="")
    await scene.plays(scene.move(Act.CLOSE, of=stake), "unknown_player", 95, player="nobody")


async def round_taken_back(scene: Scene) -> None:
    """A round's bet and win are taken back in one call, in any order, once; the list is answered in its order."""
    for turned in (False, True):
        stake, prize = scene.move(Act.BET, round=str(turned + 1)), scene.move(Act.WIN)
        await says(scene, stake, "ok", 115, bet(stake, "10"), win(prize, "25"))
        one, other = scene.move(Act.ROLLBACK, of=stake), scene.move(Act.ROLLBACK, of=prize)
        called = [undo(one, stake), undo(other, prize)][:: -1 if turned else 1]
        said = await says(scene, one, "ok", 100, *called, finished=True)
        assert all(told["id"] for told in said["transactions"])
        assert set(said["transactions"][0]) == {"id_provider", "id"}
        assert said["round_id"] == stake.round
        again = await says(scene, one, "ok", 100, *called, finished=True)
        assert again["transactions"] == said["transactions"]
        await scene.plays(scene.move(Act.WIN, 5, stake), "win_after_rollback", 100)


async def spent_round_taken_back(scene: Scene) -> None:
    """Of a list each rollback is judged by itself: a spent win is cut before its bet is given back, or counts with it."""
    for amount, number, cash in (("25", 25, (0, 10)), ("5", 5, (5, 10))):
        for turned in (False, True):
            await scene.begin()
            stake, prize = scene.move(Act.BET, round=f"{number}-{turned:d}"), scene.move(Act.WIN)
            await says(scene, stake, "ok", 90 + number, bet(stake, "10"), win(prize, amount))
            await scene.plays(scene.move(Act.BET, 90 + number, round="8"), "ok", 0)
            one, other = scene.move(Act.ROLLBACK, of=stake), scene.move(Act.ROLLBACK, of=prize)
            called = [undo(one, stake), undo(other, prize)][:: -1 if turned else 1]
            await says(scene, one, "ok", cash[turned], *called)


async def spent_round_refused(scene: Scene) -> None:
    """By policy a spent win fails its list where its rollback is first, though the bet behind it would cover it."""
    stake, prize = scene.move(Act.BET), scene.move(Act.WIN)
    await says(scene, stake, "ok", 95, bet(stake, "10"), win(prize, "5"))
    await scene.plays(scene.move(Act.BET, 95, round="8"), "ok", 0)
    one, other = scene.move(Act.ROLLBACK, of=stake), scene.move(Act.ROLLBACK, of=prize)
    await says(scene, one, "insufficient_funds", 0, undo(other, prize), undo(one, stake))
    await says(scene, one, "ok", 5, undo(one, stake), undo(other, prize))


async def round_taken_back_repeated(scene: Scene) -> None:
    """A repeated list of rollbacks is told the balance of back then, though a bet's takes its win along, in any order."""
    for cash, turned in ((100, False), (90, True)):
        stake, prize = scene.move(Act.BET, round=str(cash)), scene.move(Act.WIN)
        await says(scene, stake, "ok", cash + 15, bet(stake, "10"), win(prize, "25"))
        one, other = scene.move(Act.ROLLBACK, of=stake), scene.move(Act.ROLLBACK, of=prize)
        called = [undo(one, stake), undo(other, prize)][:: -1 if turned else 1]
        said = await says(scene, one, "ok", cash, *called)
        await scene.plays(scene.move(Act.BET, 10, round="7"), "ok", cash - 10)
        assert await says(scene, one, "ok", cash - 10, *called) == said


async def partly_known_rollbacks(scene: Scene) -> None:
    """In one list a known bet is given back, an unknown one has no id, and one that was taken back tells the first one's."""
    known, gone, unknown = (scene.move(Act.BET, 10) for _ in range(3))
    await says(scene, known, "ok", 80, bet(known, "10"), bet(gone, "10"))
    first = scene.move(Act.ROLLBACK, of=gone)
    said = await says(scene, first, "ok", 90, undo(first, gone))
    three = [scene.move(Act.ROLLBACK, of=one) for one in (known, gone, unknown)]
    told = await says(
        scene, first, "ok", 100, undo(three[0], known), undo(three[1], gone), undo(three[2], unknown)
    )
    ids = [one["id"] for one in told["transactions"]]
    assert ids[0]
    assert ids[1] == said["transactions"][0]["id"]
    assert ids[2] == ""
    await scene.plays(unknown, "late_bet", 100)


async def late_transactions(scene: Scene) -> None:
    """What comes after its rollback fails its whole call, as often as it comes; a second rollback of it has no id either."""
    stake, prize = scene.move(Act.BET, 10), scene.move(Act.WIN, 25)
    for one in (scene.move(Act.ROLLBACK, of=stake), scene.move(Act.ROLLBACK, of=stake)):
        said = await says(scene, one, "unknown_rollback", 100, undo(one, stake))
        assert said["transactions"] == [{"id_provider": one.key, "id": ""}]
    for _ in range(2):
        await says(scene, stake, "late_bet", 100, bet(stake, "10"), win(prize, "25"))
    other = scene.move(Act.BET)
    await says(scene, other, "late_bet", 100, bet(other, "5"), bet(stake, "10"))


async def bet_repeated_after_its_rollback(scene: Scene) -> None:
    """A bet that was taken and given back is known when it comes again: the first answer whole, and no money."""
    stake = scene.move(Act.BET, 10)
    first = await says(scene, stake, "ok", 90, bet(stake, "10"))
    await scene.plays(scene.move(Act.ROLLBACK, of=stake), "ok", 100)
    for _ in range(2):
        assert await says(scene, stake, "duplicate", 100, bet(stake, "10")) == first
    assert first["balance"] == "90.00"


async def ids_like_our_own_keys(scene: Scene) -> None:
    """A transaction may be called as we call the end of a round or the pay of free rounds: neither is kept from the other."""
    stake, issue = scene.move(Act.BET, 10), f"issue-{scene.prefix[:24]}"
    await scene.stage.give_free_rounds(scene.player.external_id, issue)
    own = (
        f"close:{scene.player.external_id}:{stake.round}",
        f"freespins:{issue}",
        f"transaction:{stake.key}",
    )
    for number, key in enumerate((*own, *(f"transaction:{name}" for name in own[:2])), 1):
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


async def no_other_paths(scene: Scene) -> None:
    """A path is one of the protocol's, whole: none that only ends like one, and who does not sign learns of none."""
    stake = scene.move(Act.BET, 10)
    _, fields = scene.studio.fields(scene.player, stake)
    body = scene.studio.body(fields)
    there = ("/betwin", "/v2/provider_a8r.Round/BetWin")
    nowhere = ("/x/betwin", "/x/v2/provider_a8r.Round/BetWin", "/v2/betwin", "/BetWin", "/")
    for path in nowhere:
        reply = await scene.deliver(stake, scene.studio.seal(path, body), f"{path}, signed")
        assert reply.code == scene.desk.says["unknown_verb"], scene.answer
    for path in (*nowhere, *there):
        unsigned = Request(path, (("content-type", "application/json"),), body)
        reply = await scene.deliver(stake, unsigned, f"{path}, not signed")
        assert reply.code == scene.desk.says["bad_signature"], scene.answer
    await scene.holds(100)


async def late_transactions_done(scene: Scene) -> None:
    """By manner what comes after its rollback is answered without an id, and moves nothing; not where a new bet came with it."""
    stake = scene.move(Act.BET, 10)
    one = scene.move(Act.ROLLBACK, of=stake)
    await says(scene, one, "ok", 100, undo(one, stake))
    said = await says(scene, stake, "ok", 100, bet(stake, "10"))
    assert said["transactions"] == [{"id_provider": stake.key, "id": "", "bonus_amount": "0.00"}]
    await says(scene, stake, "late_bet", 100, bet(stake, "10"), bet(scene.move(Act.BET), "5"))


async def our_own_round_ids(scene: Scene) -> None:
    """An account may tell an id of ours for a round: the studio's behind a word."""
    stake = scene.move(Act.BET, 10)
    said = await says(scene, stake, "ok", 90, bet(stake, "10"))
    assert said["round_id"] == f"op-round-{stake.round}"
    back = scene.move(Act.ROLLBACK, of=stake)
    said = await says(scene, back, "ok", 100, undo(back, stake))
    assert said["round_id"] == f"op-round-{stake.round}"


async def spent_win_refused(scene: Scene) -> None:
    """By policy a win whose money is gone is not taken back, and the balance is told."""
    stake = scene.move(Act.BET, 10)
    prize = scene.move(Act.WIN, 25, stake)
    await scene.plays(stake, "ok", 90)
    await scene.plays(prize, "ok", 115)
    await scene.plays(scene.move(Act.BET, 110, round="8"), "ok", 5)
    reply = await scene.plays(scene.move(Act.ROLLBACK_WIN, of=prize), "insufficient_funds", 5)
    assert reply.balance == 5


async def overdraft_is_told_as_nothing(scene: Scene) -> None:
    """By policy a spent win is taken back below zero; the protocol has no sign, so that what is owed is told as nothing."""
    stake = scene.move(Act.BET, 10)
    prize = scene.move(Act.WIN, 25, stake)
    await scene.plays(stake, "ok", 90)
    await scene.plays(prize, "ok", 115)
    await scene.plays(scene.move(Act.BET, 110, round="8"), "ok", 5)
    for move, word in (
        (scene.move(Act.ROLLBACK_WIN, of=prize), "done"),
        (scene.move(Act.BALANCE), "balance"),
        (scene.move(Act.BET, 1, round="9"), "insufficient_funds"),
    ):
        reply = await scene.plays(move, word, -20)
        assert reply.balance == 0


async def shapes_refused(scene: Scene) -> None:
    """A type that is none, or not of its call, a transaction without what it needs, and a list of nothing move nothing."""
    stake = scene.move(Act.BET, 10)
    undone = scene.move(Act.ROLLBACK, of=stake)
    good = bet(stake, "10.00")
    await says(scene, stake, "wrong", 100, good | {"type": "tip"})
    await says(scene, stake, "wrong", 100, good | {"type": "rollback", "original_id_provider": "x"})
    await says(scene, stake, "wrong", 100, {"type": "win", "id_provider": "w"})
    await says(scene, stake, "wrong", 100, good, round_id=None)
    await says(scene, stake, "wrong", 100, good, win(stake, "0"))
    await says(scene, stake, "wrong", 100)
    await says(scene, stake, "wrong", 100, transactions=None)
    await says(scene, undone, "wrong", 100, {"type": "rollback", "id_provider": undone.key})
    await says(scene, undone, "wrong", 100, good)
    await says(scene, undone, "wrong", 100, undo(undone, stake), finished=None)
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
    """A rollback lands whatever game it names, and so does a win."""
    stake, other = scene.move(Act.BET, 10), scene.move(Act.BET, 10, round="8")
    await scene.plays(stake, "ok", 90)
    await scene.plays(other, "ok", 80)
    await scene.stage.disable_game("dice")
    await scene.plays(scene.move(Act.ROLLBACK, of=stake), "ok", 90, game="gone")
    await scene.plays(scene.move(Act.WIN, 5, other), "ok", 95, game="gone")


async def letters_of_any_script(scene: Scene) -> None:
    """Ids and rounds may be written in any script."""
    stake = replaced(scene.move(Act.BET, round="раунд-七"), key="ставка-1")
    said = await says(scene, stake, "ok", 90, bet(stake, "10"))
    assert said["round_id"] == "раунд-七"
    await says(scene, stake, "duplicate", 90, bet(stake, "10"))


async def jackpots_and_bought_features(scene: Scene) -> None:
    """What a jackpot paid is part of the win, contributions move nothing, and a bought feature is a bet."""
    stake, prize = scene.move(Act.BET), scene.move(Act.WIN)
    fed = bet(stake, "10") | {"bet_type": "bonusBuy", "jackpot_contribution": "0.0001"}
    fed["jackpot_details"] = {"breakdown": [{"contribution": "0.0001", "id": "mini"}]}
    won = win(prize, "25") | {"jackpot_win": "20.00", "sm_result": {"lines": [1, 2.5, None]}}
    await says(scene, stake, "ok", 115, fed, won)


async def prizes(scene: Scene) -> None:
    """A prize of any event is paid once, to a blocked player too, and is never nothing; the answer tells its ids."""
    await scene.stage.block(scene.player.external_id)
    for number, event in enumerate(("Tournament", "Prize Drop", "Promo"), 1):
        prize = scene.move(Act.PROMO_WIN, 5)
        await scene.plays(prize, "ok", 100 + 5 * number, event_type=event, event_id=None)
        first = json.loads(scene.answer.body)
        assert set(first) == {"balance", "id", "id_provider", "bonus_amount"}
        await scene.plays(prize, "ok", 100 + 5 * number, event_type=event)
        assert json.loads(scene.answer.body) == first
    for name, value in (("amount", "0"), ("amount", None), ("id_provider", ""), ("currency", "eur")):
        await refused(scene, scene.move(Act.PROMO_WIN, 5), name, value)
    await scene.plays(scene.move(Act.PROMO_WIN, 5), "unknown_player", 115, player="nobody")


async def free_rounds(scene: Scene) -> None:
    """What free rounds won is paid once, to whom they were given; nothing is a result too, and nobody's issue is none."""
    issue, lost = f"issue-{scene.prefix[:24]}", f"lost-{scene.prefix[:24]}"
    await scene.stage.give_free_rounds(scene.player.external_id, issue)
    await scene.stage.give_free_rounds(scene.player.external_id, lost)
    end = scene.move(Act.FREE_END, 7, bonus_code=issue)
    for _ in range(2):
        await scene.plays(end, "ok", 107)
        assert scene.answer.body == b'{"balance":"107.00"}'
    await scene.plays(scene.move(Act.FREE_END, 0, bonus_code=lost), "ok", 107)
    await scene.plays(scene.move(Act.FREE_END, 7, bonus_code="nobodys"), "unknown_issue", 107)
    for name, value in (("amount", None), ("amount", "-1"), ("amount", 7), ("issue_id", "")):
        await refused(scene, end, name, value)


async def free_rounds_in_another_currency(scene: Scene) -> None:
    """The amount is in the currency of the wallet that the free rounds were given to."""
    issue = f"yen-{scene.prefix[:24]}"
    scene.player.external_id = await scene.stage.join("JPY", 100)
    await scene.stage.give_free_rounds(scene.player.external_id, issue)
    await scene.plays(scene.move(Act.FREE_END, 700, bonus_code=issue), "done", 800)


STORIES = (
    *(balance, beexars_paths, bet_and_win_in_one_call, transactions_in_their_order),
    *(
        known_and_new_transactions,
        end_of_a_round,
        round_taken_back,
        spent_round_taken_back,
        round_taken_back_repeated,
        partly_known_rollbacks,
    ),
    *(bet_repeated_after_its_rollback, ids_like_our_own_keys, long_ids, no_other_paths),
    *(
        late_transactions,
        shapes_refused,
        one_id_of_two_rollbacks,
        any_game_is_taken_back,
        letters_of_any_script,
    ),
    *(jackpots_and_bought_features, prizes, free_rounds, free_rounds_in_another_currency),
)

DESK = Desk(
    studio=SoftswissV2,
    key="test-auth-token",
    says={
        "ok": OK,
        "done": OK,
        "balance": OK,
        "closed": OK,
        "duplicate": OK,
        "insufficient_funds": FUNDS,
        "zero_bet": WRONG,
        "bet_on_closed_round": WRONG,
        "key_reused_amount": OK,
        "key_reused_round": WRONG,
        "key_reused_player": WRONG,
        "win_under_the_bets_key": WRONG,
        "unknown_rollback": OK,
        "late_bet": GONE,
        "rollback_again": OK,
        "second_rollback": OK,
        "win_after_rollback": GONE,
        "rollback_after_win": OK,
        "rollback_of_spent_win": OK,
        "win_without_bet": MISSING,
        "unknown_issue": MISSING,
        "promo": OK,
        "promo_duplicate": OK,
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
        "amount": ("transactions", 0, "amount"),
        "key": ("transactions", 0, "id_provider"),
        "round": ("round_id",),
        "player": ("account_id",),
        "currency": ("currency",),
        "game": ("game_id",),
    },
    required=("key", "amount", "player", "round", "currency", "game"),
    cannot={
        "opening": "no token is sent: the first call is a look at the balance",
        "dead_session": "no token is sent: player and currency name the wallet",
        "superseded_session": "no token is sent",
        "unknown_token": "no token is sent",
        "token_of_another_player": "no token is sent",
        "free_bet": "free rounds are not told one by one, but by their total",
        "tip": "there are no tips",
        "buy_in": "there are no chips",
        "payout": "there are no chips",
        "refund": "a rollback has no amount: it is always of the whole",
        "rotate": "there are no tokens",
        "revoke": "there are no tokens",
        "exists": "there is no question about a transaction",
    },
    hostile_amounts=(
        *HOSTILE_JSON_AMOUNTS,
        *(
            b"10",
            b"1.5",
            b"null",
            b'"0"',
            b'"0.00"',
            b'".5"',
            b'"10\\n"',
            b'"00000000000000000000000000000000000000001"',
        ),
        b'"1.00000000000000000"',
    ),
    smallest=Decimal("0.001"),
    wins_name_round=True,
    cases=(
        *(Case(tell.__name__, tell) for tell in STORIES),
        Case("amounts_must_match", amounts_must_match, policy={"compare_amount": True}),
        Case("late_transactions_done", late_transactions_done, manners={"late_op": "done"}),
        Case("our_own_round_ids", our_own_round_ids, settings={"round_id_prefix": "op-round-"}),
        Case(
            "overdraft_is_told_as_nothing",
            overdraft_is_told_as_nothing,
            policy={"short_rollback": "overdraft"},
        ),
        Case("spent_round_refused", spent_round_refused, policy={"short_rollback": "refuse"}),
        Case("spent_win_refused", spent_win_refused, policy={"short_rollback": "refuse"}),
    ),
)
