"""What MG+ is answered in each case, and the rest of what its integration is expected to be asked."""

import json
from hashlib import sha256
from typing import Any

from bench.studios.contract import Act, Request
from bench.studios.mgplus import Mgplus
from tests.providers.cases import replaced
from tests.providers.scene import HOSTILE_JSON_TEXTS, Case, Desk, Scene
from wallet.types import Status

OK, BAD, DEAD, FUNDS, REFUSED, MISSING, LAUNCH = "200", "400", "401", "402", "403", "404", "432"
EVENTS = ("GAME", "TOURNAMENT", "PROMOTION", "ACHIEVEMENT", "STORE")


async def login(scene: Scene) -> None:
    """A launch token is exchanged, the same again; one that is dead, or a game that is not there, has a status of its own."""
    launch = await scene.stage.launch(scene.player.external_id)
    scene.player.token = launch
    first = await scene.plays(scene.move(Act.OPEN), "ok", 100)
    again = await scene.plays(scene.move(Act.OPEN), "ok", 100)
    assert first.token == again.token
    assert first.token not in {None, launch}
    await scene.plays(scene.move(Act.OPEN), "launch", 100, contentCode="no-such-game")
    await scene.plays(scene.move(Act.OPEN), "launch", 100, operatorLoginToken="no-such-token")
    await scene.plays(scene.move(Act.OPEN), "launch", 100, playerId="nobody")
    await scene.plays(scene.move(Act.OPEN), "missing", 100, contentCode=None)
    await scene.plays(scene.move(Act.OPEN), "missing", 100, playerId=None)
    scene.player.token = await scene.stage.launch(scene.player.external_id)
    await scene.stage.spoil(scene.player.token, Status.SESSION_REVOKED)
    await scene.plays(scene.move(Act.OPEN), "expired_balance", 100)


async def login_without_a_token(scene: Scene) -> None:
    """Without a launch token a player is known by name, and no token is handed out, so that the old one is cleared."""
    reply = await scene.plays(scene.move(Act.OPEN), "ok", 100, operatorLoginToken=None)
    assert reply.token is None
    assert set(said(scene)) == {"balance", "currency"}
    await scene.plays(scene.move(Act.OPEN), "missing", 100, operatorLoginToken=None, playerId="nobody")
    await scene.plays(scene.move(Act.BET, 10), "ok", 90, token=None)


async def login_of_a_blocked_player(scene: Scene) -> None:
    """Who may not play may not log in, with a launch token or without, and gets no token for one."""
    scene.player.token = await scene.stage.launch(scene.player.external_id)
    await scene.stage.block(scene.player.external_id)
    for token in (scene.player.token, scene.player.token, None):
        reply = await scene.plays(scene.move(Act.OPEN), "missing", 100, operatorLoginToken=token)
        assert reply.token is None
        assert scene.answer.body == b"{}"


async def balances(scene: Scene) -> None:
    """A balance is told to a living token of this player, and to none; a dead one or another's gets no answer."""
    await scene.plays(scene.move(Act.BALANCE), "ok", 100)
    await scene.plays(scene.move(Act.BALANCE), "ok", 100, token=None)
    await scene.plays(scene.move(Act.BALANCE), "ok", 100, token="")
    await scene.plays(scene.move(Act.BALANCE), "expired_balance", 100, token="no-such-token")
    await scene.plays(scene.move(Act.BALANCE), "missing", 100, token=None, player="nobody")
    await scene.plays(scene.move(Act.BALANCE), "missing", 100, player=None)


async def repeated_to_the_byte(scene: Scene) -> None:
    """A repeated debit, credit or rollback is the first answer to the byte, whatever was done and has died since."""
    bet, other, late = scene.move(Act.BET, 10), scene.move(Act.BET, 20, round="8"), scene.move(Act.BET, 1)
    steps = (
        (bet, 90),
        (other, 70),
        (scene.move(Act.WIN, "12.34", bet, end=True), "82.34"),
        (scene.move(Act.ROLLBACK, of=other), "102.34"),
        (scene.move(Act.ROLLBACK, of=late), "102.34"),
        (scene.move(Act.FREE_BET, 5, round="9"), "102.34"),
        (scene.move(Act.PROMO_WIN, 3), "105.34"),
        (scene.move(Act.BUY_IN, "0.34", round="10"), 105),
    )
    answers = []
    for move, cash in steps:
        await scene.plays(move, "ok", cash)
        answers.append(scene.answer.body)
    await scene.stage.spoil(scene.player.token, Status.SESSION_EXPIRED)
    await scene.stage.block(scene.player.external_id)
    for (move, _), answer in zip(steps, answers, strict=True):
        await scene.plays(move, "duplicate", 105, completed=True)
        assert scene.answer.body == answer


async def a_movement_is_told(scene: Scene) -> None:
    """Every success tells balance and currency, a movement also our id and our time of it; a refusal tells nothing."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    told = {"balance", "currency", "extTxnId", "extCreationTimeMs"}
    assert set(said(scene)) == told
    assert b'"balance":90.00,"currency":"EUR"' in scene.answer.body
    await scene.plays(scene.move(Act.ROLLBACK, of=bet), "ok", 100)
    assert set(said(scene)) == told
    await scene.plays(scene.move(Act.BET, 101), "insufficient_funds", 100)
    assert scene.answer.body == b"{}"


async def headers(scene: Scene) -> None:
    """The request's id comes back, and the time that it took, with every answer: done, refused, not understood or not theirs."""
    bet = scene.move(Act.BET, 10)
    path, fields = scene.studio.fields(scene.player, bet)
    good = scene.studio.seal(path, scene.studio.body(fields))
    sent = dict(good.headers)
    bodies = (good.body, b"", b"{", b"[]", b'{"a":1,"a":1}', scene.studio.body(fields | {"amount": 1000}))
    for number, body in enumerate(bodies):
        for path in ("/updatebalance", "/login", "/getbalance", "/rollback", "/monitor", "/no/such/path"):
            for token in (sent["x-mgp-token"], "another-secret"):
                name = f"request {number} {path}"
                changed = sent | {"x-mgp-req-id": name, "x-mgp-token": token}
                await scene.deliver(bet, Request(path, tuple(changed.items()), body), name)
                assert scene.answer.headers["x-mgp-req-id"] == name
                assert scene.answer.headers["x-mgp-response-time"].isdecimal()


async def secret(scene: Scene) -> None:
    """A secret that was agreed on must come with every call, and each call refuses without it by a status that it has."""
    bet = scene.move(Act.BET, 10)
    moves = (
        (scene.move(Act.OPEN), DEAD),
        (scene.move(Act.BALANCE), DEAD),
        (bet, REFUSED),
        (scene.move(Act.ROLLBACK, of=bet), BAD),
    )
    for move, code in moves:
        path, fields = scene.studio.fields(scene.player, move)
        good = scene.studio.seal(path, scene.studio.body(fields))
        for token in ("", "another-secret", dict(good.headers)["x-mgp-token"].upper()):
            changed = dict(good.headers) | {"x-mgp-token": token}
            reply = await scene.deliver(move, Request(path, tuple(changed.items()), good.body), f"{token!r}")
            assert (reply.code, reply.broken) == (code, ""), scene.answer
    await scene.plays(bet, "ok", 90)


async def monitor(scene: Scene) -> None:
    """The health check is answered by GET and POST at its path and nowhere else."""
    await monitored(scene, "/monitor", "/health")


async def look_at_the_base(scene: Scene) -> None:
    """Who asks at the base whether anybody is there gets the headers of every answer, and needs the secret as for all."""
    sealed = scene.studio.seal("/monitor", b"")
    sent = dict(sealed.headers)
    stranger = tuple((sent | {"x-mgp-token": "another-secret"}).items())
    for method, headers, status in (
        ("GET", sealed.headers, 200),
        ("HEAD", sealed.headers, 200),
        ("POST", sealed.headers, 404),
        ("GET", stranger, 401),
    ):
        for path in ("", "/"):
            title = f"{method} on the base {path!r}"
            await scene.deliver(scene.move(Act.BALANCE), Request(path, headers, b"", method), title)
            assert scene.answer.http_status == status, scene.answer
            assert scene.answer.headers["x-mgp-req-id"] == sent["x-mgp-req-id"]
            assert scene.answer.headers["x-mgp-response-time"].isdecimal()


async def monitor_path(scene: Scene) -> None:
    """Where the health check is, is agreed on."""
    await monitored(scene, "/health/check", "/monitor")


async def monitored(scene: Scene, path: str, nowhere: str) -> None:
    """The health check is at `path` and not at `nowhere`."""
    sealed = scene.studio.seal(path, b"")
    for method in ("GET", "POST"):
        for at, status in ((path, 200), (f"{path}/", 200), (nowhere, 404)):
            request = Request(at, sealed.headers, b"", method)
            await scene.deliver(scene.move(Act.BALANCE), request, f"{method} {at}")
            assert scene.answer.http_status == status, scene.answer
            assert scene.answer.headers["x-mgp-req-id"] == dict(sealed.headers)["x-mgp-req-id"]


async def every_event(scene: Scene) -> None:
    """Each event takes and gives, in whatever case it is written; a word that is none is refused."""
    cash = 100
    for event in EVENTS:
        for text in (event, event.lower(), event.title()):
            bet = scene.move(Act.BET, 2, round=f"{text}-1")
            await scene.plays(bet, "ok", cash - 2, txnType="debit", txnEventType=text)
            await scene.plays(
                scene.move(Act.WIN, 3, bet), "ok", cash + 1, txnType="Credit", txnEventType=text
            )
            cash += 1
    for name, word in (("type", "GIFT"), ("event", "RAFFLE"), ("type", ""), ("event", None)):
        await scene.plays(scene.move(Act.BET, 2), "bad", cash, **{name: word})


async def a_tournament_is_no_bet(scene: Scene) -> None:
    """What a tournament pays is the result of no debit: its price is given back beside it, and it is paid all the same."""
    price = scene.move(Act.BUY_IN, 10)
    bet = f"b-{price.key}"
    await scene.plays(price, "ok", 90)
    await scene.plays(scene.move(Act.PAYOUT, 30, price), "ok", 120, betId=bet)
    await scene.plays(scene.move(Act.ROLLBACK, of=price), "ok", 130)
    await scene.plays(scene.move(Act.PAYOUT, 5, price), "ok", 135, betId=bet)


async def offline_credits(scene: Scene) -> None:
    """A credit lands without a token, under a dead or unknown one, for a blocked player and for a game that is gone."""
    bets = [scene.move(Act.BET, 1, round=str(number)) for number in range(4)]
    for number, bet in enumerate(bets):
        await scene.plays(bet, "ok", 99 - number)
    await scene.stage.spoil(scene.player.token, Status.SESSION_EXPIRED)
    await scene.stage.block(scene.player.external_id)
    await scene.stage.disable_game("dice")
    await scene.plays(scene.move(Act.WIN, 5, bets[0]), "ok", 101)
    await scene.plays(scene.move(Act.WIN, 5, bets[1]), "ok", 106, token=None)
    await scene.plays(scene.move(Act.WIN, 5, bets[2]), "ok", 111, token="no-such-token")
    await scene.plays(scene.move(Act.WIN, 5, bets[3]), "ok", 116, game="gone")
    for number, event in enumerate(EVENTS[1:]):
        await scene.plays(scene.move(Act.PROMO_WIN, 1), "ok", 117 + number, txnEventType=event)


async def dead_token_on_a_stake(scene: Scene) -> None:
    """By setting a stake is taken also under a token that is dead; none at all is always enough."""
    await scene.stage.spoil(scene.player.token, Status.SESSION_EXPIRED)
    await scene.plays(scene.move(Act.BET, 10), "ok", 90)
    await scene.plays(scene.move(Act.BUY_IN, 10), "ok", 80, token="no-such-token")


async def one_id_debited_and_rolled_back(scene: Scene) -> None:
    """A rollback carries its debit's id: both are remembered under it, and neither is taken for the other."""
    bet = scene.move(Act.BET, 10)
    undo = scene.move(Act.ROLLBACK, of=bet)
    await scene.plays(bet, "ok", 90)
    await scene.plays(undo, "ok", 100)
    await scene.plays(bet, "duplicate", 100)
    await scene.plays(undo, "duplicate", 100)
    again = scene.move(Act.BET, 10, round=bet.round)
    await scene.plays(again, "ok", 90)
    await scene.plays(undo, "duplicate", 90)


async def rollbacks(scene: Scene) -> None:
    """A rollback needs no more than player and id, restores what is stored, and reaches no other player's transaction."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    first = scene.player.external_id
    await scene.begin()
    await scene.plays(scene.move(Act.ROLLBACK, of=bet), "bad", 100)
    scene.player.external_id = first
    await scene.stage.spoil(scene.player.token, Status.SESSION_EXPIRED)
    bare: dict[str, Any] = {"amount": None, "currency": None, "token": None}
    await scene.plays(scene.move(Act.ROLLBACK, of=bet), "ok", 100, **bare)
    other = scene.move(Act.BET, 10, round="8")
    await scene.plays(other, "ok", 90, token=None)
    await scene.plays(scene.move(Act.ROLLBACK, of=other), "ok", 100, amount=7)
    await scene.plays(scene.move(Act.ROLLBACK, of=other), "bad", 100, txnId=None)
    await scene.plays(scene.move(Act.ROLLBACK, of=other), "bad", 100, player="nobody")


async def rollback_of_a_credit(scene: Scene) -> None:
    """A credit can be taken back as well; where its money is spent, it cannot."""
    bet = scene.move(Act.BET, 10)
    won, more = scene.move(Act.WIN, 30, bet), scene.move(Act.MORE_WIN, 50, bet)
    for move, cash in ((bet, 90), (won, 120), (more, 170)):
        await scene.plays(move, "ok", cash)
    await scene.plays(scene.move(Act.ROLLBACK, of=won), "ok", 140)
    await scene.plays(scene.move(Act.BET, 100, round="8"), "ok", 40)
    await scene.plays(scene.move(Act.ROLLBACK, of=more), "bad", 40)


async def overdraft_is_told_as_nothing(scene: Scene) -> None:
    """By policy a spent credit is taken back below zero; the protocol has no sign, so that what is owed is told as nothing."""
    bet = scene.move(Act.BET, 10)
    win = scene.move(Act.WIN, 30, bet)
    await scene.plays(bet, "ok", 90)
    await scene.plays(win, "ok", 120)
    await scene.plays(scene.move(Act.BET, 110, round="8"), "ok", 10)
    for move, cash in ((scene.move(Act.ROLLBACK, of=win), -20), (scene.move(Act.WIN, 15, bet), -5)):
        reply = await scene.plays(move, "done", cash)
        assert reply.balance == 0
        reply = await scene.plays(scene.move(Act.BALANCE), "balance", cash)
        assert reply.balance == 0
    await scene.plays(scene.move(Act.WIN, 15, bet), "ok", 10)


async def rollback_must_match(scene: Scene) -> None:
    """By policy a rollback's amount must be its original's."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    await scene.plays(scene.move(Act.ROLLBACK, of=bet), "bad", 90, amount=7)
    await scene.plays(scene.move(Act.ROLLBACK, of=bet), "ok", 100)


async def unknown_rollback_refused(scene: Scene) -> None:
    """An account may call a rollback of something unknown a bad request; it is remembered either way."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(scene.move(Act.ROLLBACK, of=bet), "bad", 100)
    await scene.plays(bet, "late_bet", 100)
    await scene.plays(scene.move(Act.ROLLBACK, of=bet), "bad", 100)


async def late_debit_is_done(scene: Scene) -> None:
    """By this manner a debit that was rolled back before it came is done without an id of ours; by policy its credit is not paid."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(scene.move(Act.ROLLBACK, of=bet), "ok", 100)
    reply = await scene.send(bet, "bet: late")
    assert (reply.code, set(said(scene))) == (OK, {"balance", "currency"})
    await scene.holds(100)
    await scene.plays(scene.move(Act.WIN, 25, bet), "bad", 100)


async def round_ends_with_a_credit_of_nothing(scene: Scene) -> None:
    """A bet's end is `completed`, on its last payout or on a credit of nothing, also where nothing was staked."""
    bet, free = scene.move(Act.BET, 10), scene.move(Act.FREE_BET, 1, round="8")
    await scene.plays(bet, "ok", 90)
    await scene.plays(scene.move(Act.WIN, 5, bet), "ok", 95)
    await scene.plays(scene.move(Act.WIN, 0, bet, end=True), "ok", 95)
    await scene.plays(scene.move(Act.BET, 1, round=bet.round), "bad", 95, betId=f"b-{bet.key}")
    await scene.plays(free, "ok", 95)
    await scene.plays(scene.move(Act.FREE_WIN, 0, free, end=True), "ok", 95)
    await scene.plays(scene.move(Act.BET, 1, round="8"), "bad", 95, betId=f"b-{free.key}")
    await scene.plays(scene.move(Act.BET, 1, round="9"), "ok", 94, betId=None)
    await scene.plays(scene.move(Act.WIN, 0, round="9", end=True), "ok", 94, betId=None)
    await scene.plays(scene.move(Act.BET, 1, round="9"), "bad", 94, betId=None)


async def a_round_id_alone_is_the_round(scene: Scene) -> None:
    """Where there is no bet id, the round's ties a win to its debit; where there is neither, nothing does."""
    bet = scene.move(Act.BET, 10)
    win = scene.move(Act.WIN, 5, bet)
    for empty in (None, ""):
        await scene.plays(bet, "ok", 90, betId=empty)
        await scene.plays(win, "bad", 90, betId=empty, round="another")
        await scene.plays(win, "bad", 90, betId=empty, round=empty)
    await scene.plays(win, "ok", 95, betId=None)


async def a_credit_told_without_its_round(scene: Scene) -> None:
    """What the queue of failed transactions tells, the bet's id and no round, is the same credit of the same bet."""
    bet, returned = scene.move(Act.BET, 10), scene.move(Act.BET, 20)
    win, lost = scene.move(Act.WIN, 25, bet, end=True), scene.move(Act.WIN, 40, returned)
    await scene.plays(bet, "ok", 90)
    await scene.plays(win, "ok", 115, round=None)
    for place in (bet.round, None):
        await scene.plays(win, "duplicate", 115, round=place)
        await scene.plays(scene.move(Act.ROLLBACK, of=bet), "rollback_after_win", 115)
    await scene.plays(returned, "ok", 95)
    await scene.plays(scene.move(Act.ROLLBACK, of=returned), "ok", 115)
    for place in (returned.round, None):
        await scene.plays(lost, "win_after_rollback", 115, round=place)


async def a_credit_without_a_round(scene: Scene) -> None:
    """A debit has its credit where both name one bet or round; a credit that names none belongs to no debit."""
    for number, named in enumerate(({"round": None, "betId": "b"}, {"betId": None})):
        settled = scene.move(Act.BET, 10)
        await scene.plays(settled, "ok", 90 - 5 * number, **named)
        await scene.plays(scene.move(Act.WIN, 5), "ok", 95 - 5 * number, **named)
        await scene.plays(scene.move(Act.ROLLBACK, of=settled), "rollback_after_win", 95 - 5 * number)
    alone = scene.move(Act.BET, 10)
    await scene.plays(alone, "ok", 80, round=None, betId=None)
    await scene.plays(scene.move(Act.WIN, 5), "ok", 85, round=None, betId=None)
    await scene.plays(scene.move(Act.ROLLBACK, of=alone), "ok", 95)


async def free_games(scene: Scene) -> None:
    """A free game stakes nothing and pays each win as it comes; a stake with an amount is a stake, whatever it calls itself."""
    for number in range(3):
        bet = scene.move(Act.FREE_BET, 10, round=str(number), bonus_code="offer-1")
        await scene.plays(bet, "ok", 100 + 2 * number)
        await scene.plays(scene.move(Act.FREE_WIN, 2, bet, bonus_code="offer-1"), "ok", 102 + 2 * number)
    await scene.stage.spoil(scene.player.token, Status.SESSION_EXPIRED)
    await scene.plays(scene.move(Act.FREE_BET, 10), "expired", 106)
    await scene.plays(scene.move(Act.FREE_BET, 10), "ok", 96, amount=10, token=None)


async def zero_amounts(scene: Scene) -> None:
    """An amount of nothing is one, of every movement."""
    for event in EVENTS:
        bet = scene.move(Act.BET, 0, round=event)
        await scene.plays(bet, "ok", 100, txnEventType=event)
        await scene.plays(scene.move(Act.WIN, 0, bet), "ok", 100, txnEventType=event)


async def progressive_from_the_pool(scene: Scene) -> None:
    """By setting a credit with a progressive win is booked to the jackpot pool, where it needs no bet; a stake is a stake."""
    await scene.plays(scene.move(Act.JACKPOT_WIN, 500), "ok", 600)
    await scene.plays(scene.move(Act.WIN, 5), "bad", 600)
    await scene.plays(scene.move(Act.BET, 10), "ok", 590, metaData={"progressive": {"type": "wide-area"}})
    await scene.plays(scene.move(Act.JACKPOT_WIN, 0), "ok", 590)


async def progressive_of_a_bet(scene: Scene) -> None:
    """From the pool too a progressive is a bet's result: the bet goes back after it alone, and one that went back wins none."""
    bet = scene.move(Act.BET, 10)
    hit, undo = scene.move(Act.JACKPOT_WIN, 500, bet, end=True), scene.move(Act.ROLLBACK, of=bet)
    await scene.plays(bet, "ok", 90)
    await scene.plays(hit, "ok", 590)
    first = scene.answer.body
    await scene.plays(undo, "rollback_after_win", 590)
    await scene.plays(scene.move(Act.ROLLBACK, of=hit), "ok", 90)
    await scene.plays(undo, "ok", 100)
    await scene.plays(scene.move(Act.JACKPOT_WIN, 5, bet), "bad", 100)
    await scene.plays(hit, "duplicate", 100)
    assert scene.answer.body == first


async def progressive_taken_back_by_its_amount(scene: Scene) -> None:
    """By policy the rollback of a progressive names its amount, and then goes back alone: its bet stays settled."""
    bet = scene.move(Act.BET, 10)
    hit = scene.move(Act.JACKPOT_WIN, 500, bet)
    await scene.plays(bet, "ok", 90)
    await scene.plays(hit, "ok", 590)
    await scene.plays(scene.move(Act.ROLLBACK, of=hit), "bad", 590, amount=499)
    await scene.plays(scene.move(Act.ROLLBACK, of=hit), "ok", 90)
    await scene.plays(scene.move(Act.ROLLBACK, of=bet), "rollback_after_win", 90)


async def ids(scene: Scene) -> None:
    """Ids, bets and rounds have up to 256 letters of any script, and no two are taken for one; a debit needs one."""
    bet = scene.move(Act.BET, 10)
    for name, text in (("key", ""), ("key", "k" * 257), ("round", "7" * 257), ("betId", "7" * 257)):
        await scene.plays(bet, "bad", 100, **{name: text})
    places = ({"betId": "k" * 256}, {"betId": "ж" * 256}, {"betId": None})
    for longest, place in zip(("k" * 256, "ж" * 256, "й" * 256), places, strict=True):
        nearby = {"betId": None if place["betId"] is None else longest[:-1]}
        first = replaced(bet, key=longest, round=longest)
        other = replaced(first, key=longest[:-1], round=longest[:-1])
        await scene.plays(first, "ok", 90, **place)
        await scene.plays(other, "ok", 80, **nearby)
        await scene.plays(first, "duplicate", 80, **place)
        await scene.plays(replaced(first, round=longest[:-1]), "bad", 80, **nearby)
        await scene.plays(scene.move(Act.WIN, 5, other), "ok", 85, **nearby)
        await scene.plays(scene.move(Act.WIN, 5, first, end=True), "ok", 90, **place)
        await scene.plays(replaced(first, key="another"), "bad", 90, **place)
        late = replaced(bet, key=longest[1:] + "2")
        await scene.plays(late, "ok", 80, betId=None)
        for word in ("ok", "duplicate"):
            await scene.plays(scene.move(Act.ROLLBACK, of=late), word, 90)
        await scene.plays(scene.move(Act.PROMO_WIN, 10), "ok", 100)


async def ids_like_our_own_keys(scene: Scene) -> None:
    """An id that looks like the key of a rollback, or like a digest, is an id as any other."""
    bet, long = scene.move(Act.BET, 10), "k" * 256
    alike = (
        f"rollback:{bet.key}",
        f"transaction:{bet.key}",
        long,
        f"sha256:{sha256(long.encode()).hexdigest()}",
    )
    await scene.plays(bet, "ok", 90)
    for number, key in enumerate(alike, 1):
        await scene.plays(replaced(bet, key=key), "ok", 90 - 10 * number, betId="b")
    await scene.plays(scene.move(Act.ROLLBACK, of=bet), "ok", 60)
    for key in alike:
        await scene.plays(replaced(bet, key=key), "duplicate", 60, betId="b")


async def informative_fields(scene: Scene) -> None:
    """Fields that only inform may hold anything: no money is refused for them."""
    strange: dict[str, Any] = {
        "deviceType": 7,
        "platformType": None,
        "channel": {},
        "transNum": "x",
        "creationTimeMs": "soon",
    }
    await scene.plays(scene.move(Act.BET, 10), "ok", 90, **strange, metaData=None)
    await scene.plays(scene.move(Act.BET, 10), "ok", 80, creationTime=None, metaData={"isFreeGame": None})


def said(scene: Scene) -> dict[str, object]:
    """The last answer's body."""
    return json.loads(scene.answer.body)


CASES = (
    *(login, login_without_a_token, login_of_a_blocked_player, balances, repeated_to_the_byte),
    *(a_movement_is_told, headers, secret, monitor, look_at_the_base, ids_like_our_own_keys),
    *(
        a_credit_without_a_round,
        a_credit_told_without_its_round,
        every_event,
        a_tournament_is_no_bet,
        offline_credits,
        one_id_debited_and_rolled_back,
        rollbacks,
        rollback_of_a_credit,
    ),
    *(round_ends_with_a_credit_of_nothing, free_games, zero_amounts, ids),
    informative_fields,
)

DESK = Desk(
    studio=Mgplus,
    key="a-test-secret-of-nobody",
    covers_bytes=False,
    covers_body=False,
    says={
        "ok": OK,
        "done": OK,
        "opened": OK,
        "balance": OK,
        "duplicate": OK,
        "insufficient_funds": FUNDS,
        "zero_bet": OK,
        "bad": BAD,
        "missing": MISSING,
        "launch": LAUNCH,
        "bet_on_closed_round": OK,  # under another bet's id; under the same one it is refused
        "key_reused_amount": BAD,
        "key_reused_round": OK,  # under the same bet's id; under another one it is refused
        "key_reused_player": BAD,
        "win_under_the_bets_key": BAD,
        "unknown_rollback": OK,
        "late_bet": BAD,
        "rollback_again": OK,
        "second_rollback": OK,
        "win_after_rollback": BAD,
        "rollback_after_win": BAD,
        "win_without_bet": OK,
        "promo": OK,
        "promo_duplicate": OK,
        "free_bet": OK,
        "free_bet_again": OK,
        "free_win": OK,
        "expired": REFUSED,
        "expired_balance": DEAD,
        "superseded": REFUSED,
        "unknown_token": REFUSED,
        "unknown_token_open": LAUNCH,
        "foreign_token": REFUSED,
        "blocked": REFUSED,
        "no_new_bets": REFUSED,
        "game_disabled": REFUSED,
        "unknown_game": BAD,
        "unknown_player": BAD,
        "wrong_currency": BAD,
        "unknown_currency": BAD,
        "bad_signature": REFUSED,
        "unknown_verb": MISSING,
    },
    shape=frozenset({BAD}),
    fields={
        "amount": ("amount",),
        "key": ("txnId",),
        "round": ("roundId",),
        "player": ("playerId",),
        "token": ("extOperatorToken",),
        "currency": ("currency",),
        "game": ("contentCode",),
        "type": ("txnType",),
        "event": ("txnEventType",),
        "end": ("completed",),
    },
    signs=(((), {}, False), ((b"secret",), {}, False)),
    required=("key", "amount", "player", "currency", "game", "type", "event", "end"),
    hostile_texts=tuple(text for text in HOSTILE_JSON_TEXTS if text != b'""'),  # an empty round is none
    cannot={
        "tip": "there are no tips",
        "refund": "a rollback is always of the whole",
        "rollback_win": "a credit in doubt is repeated; that one can be taken back all the same is a case of its own",
        "rotate": "tokens are replaced by a login, not by a call",
        "revoke": "sessions are not ended by the studio",
        "exists": "there is no question about a transaction",
    },
    known_by_bet=frozenset({Act.ROLLBACK}),
    wins_name_round=True,
    round_of_each_bet=True,
    cases=(
        *(Case(tell.__name__, tell) for tell in CASES),
        Case("monitor_path", monitor_path, settings={"monitor_path": "health/check"}),
        Case("dead_token_on_a_stake", dead_token_on_a_stake, settings={"stakes_without_session": "yes"}),
        Case(
            "late_debit_is_done",
            late_debit_is_done,
            policy={"win_without_bet": False},
            manners={"late_op": "done"},
        ),
        Case(
            "overdraft_is_told_as_nothing",
            overdraft_is_told_as_nothing,
            policy={"short_rollback": "overdraft"},
        ),
        Case("rollback_must_match", rollback_must_match, policy={"refund_amount": "match"}),
        Case("unknown_rollback_refused", unknown_rollback_refused, manners={"unknown_rollback": "error"}),
        Case(
            "progressive_from_the_pool",
            progressive_from_the_pool,
            policy={"win_without_bet": False},
            settings={"progressive": "jackpot"},
        ),
        Case("progressive_of_a_bet", progressive_of_a_bet, settings={"progressive": "jackpot"}),
        Case(
            "progressive_taken_back_by_its_amount",
            progressive_taken_back_by_its_amount,
            policy={"refund_amount": "match"},
            settings={"progressive": "jackpot"},
        ),
        Case(
            "a_round_id_alone_is_the_round", a_round_id_alone_is_the_round, policy={"win_without_bet": False}
        ),
    ),
)
