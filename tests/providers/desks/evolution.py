"""What Evolution is answered in each case, and the scenarios of its certification by their names."""

import json
from decimal import Decimal

from msgspec.structs import replace

from bench.studios.contract import Act, Move, Player, Request
from bench.studios.evolution import Evolution
from tests.providers.scene import HOSTILE_JSON_AMOUNTS, Case, Desk, Scene
from wallet.types import Status

OK, SETTLED, MISSING = "OK", "BET_ALREADY_SETTLED", "BET_DOES_NOT_EXIST"
SID, SHAPE, FINAL = "INVALID_SID", "INVALID_PARAMETER", "FINAL_ERROR_ACTION_FAILED"
STRANGER = "INVALID_TOKEN_ID"


async def session_of(scene: Scene, channel: str = "P", player: str | None = None) -> str | None:
    """The sid that the test call hands out; None where it is refused."""
    move = scene.move(Act.OPEN)
    fields = {"userId": player or scene.player.external_id, "channel": {"type": channel}}
    body = scene.studio.body(fields | {"uuid": f"{move.key}-sid"})
    reply = await scene.deliver(move, scene.studio.seal("/sid", body), f"a session on {channel}")
    assert not reply.broken, (reply, scene.answer)
    assert (reply.token is not None) is reply.done
    return reply.token


async def settled_with(scene: Scene, bets: list[Move], cash: Decimal | int) -> Decimal | int:
    """Debits, one after the other; what is left after them."""
    for bet in bets:
        cash -= int(bet.amount)
        await scene.plays(bet, "ok", cash)
    return cash


async def second_player(scene: Scene) -> tuple[Player, Player]:
    """The player of the scene, and another at the same tables."""
    first = replace(scene.player)
    await scene.begin()
    return first, replace(scene.player)


# Certification


async def check_using_new_sid(scene: Scene) -> None:
    """A sid of the test call plays without a check; after one, the old sid is good for nothing but its repetition."""
    old = scene.player.token = await session_of(scene) or ""
    await scene.plays(scene.move(Act.BET, 10), "ok", 90)
    new = (await scene.plays(scene.move(Act.ROTATE), "rotated", 90)).token
    assert new
    assert new != old
    await scene.plays(scene.move(Act.BALANCE), "expired_balance", 90)
    await scene.plays(scene.move(Act.BET, 10), "superseded", 90)
    await scene.plays(scene.move(Act.WIN, 10, scene.move(Act.BET, 10)), "win_without_bet", 90)
    assert (await scene.plays(scene.move(Act.ROTATE), "rotated", 90)).token == new
    scene.player.token = new
    await scene.plays(scene.move(Act.BALANCE), "balance", 90)
    await scene.plays(scene.move(Act.BET, 10), "ok", 80)


async def all_methods_check_before_running_tests(scene: Scene) -> None:
    """Every call answers once: sid, check, balance, debit, credit, cancel, promo_payout."""
    scene.player.token = await session_of(scene) or ""
    scene.player.token = (await scene.plays(scene.move(Act.OPEN), "opened", 100)).token or ""
    await scene.plays(scene.move(Act.BALANCE), "balance", 100)
    bet, other = scene.move(Act.BET, 10), scene.move(Act.BET, 20)
    await settled_with(scene, [bet, other], 100)
    await scene.plays(scene.move(Act.WIN, 15, bet), "ok", 85)
    await scene.plays(scene.move(Act.ROLLBACK, of=other), "ok", 105)
    await scene.plays(scene.move(Act.PROMO_WIN, 5), "promo", 110)


async def debit_bet_already_exist(scene: Scene) -> None:
    """The same debit again is done, with an unchanged balance."""
    bet = scene.move(Act.BET, "1.556179")
    await scene.plays(bet, "ok", "98.443821")
    await scene.plays(bet, "duplicate", "98.443821")
    await scene.plays(bet, "late_bet", "98.443821", amount=Decimal("1.556178"))


async def debit_cancel(scene: Scene) -> None:
    """A cancel says the debit's id and refId, and gives the whole stake back."""
    bet = scene.move(Act.BET, "1.556179")
    await scene.plays(bet, "ok", "98.443821")
    await scene.plays(scene.move(Act.ROLLBACK, of=bet), "ok", 100)


async def debit_credit(scene: Scene) -> None:
    """A credit may be bigger than the stake."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    await scene.plays(scene.move(Act.WIN, "350.5", bet), "ok", "440.5")


async def debit_credit_bet_already_settled(scene: Scene) -> None:
    """A second credit has no effect, whatever its id and amount."""
    bet = scene.move(Act.BET, 10)
    win = scene.move(Act.WIN, 20, bet)
    await scene.plays(bet, "ok", 90)
    await scene.plays(win, "ok", 110)
    await scene.plays(win, "duplicate", 110)
    await scene.plays(scene.move(Act.WIN, 30, bet), "settled", 110)
    await scene.plays(scene.move(Act.WIN, 0, bet), "settled", 110)


async def debit_credit_bet_does_not_exist(scene: Scene) -> None:
    """A credit of a refId that nobody knows pays nothing and tells the balance."""
    await scene.plays(scene.move(Act.BET, 10), "ok", 90)
    stray = scene.move(Act.WIN, 20, scene.move(Act.BET, 10))
    reply = await scene.plays(stray, "win_without_bet", 90)
    assert reply.balance == 90


async def debit_credit_cancel(scene: Scene) -> None:
    """A settled bet is not cancelled, even if the cancel's amount is another than the bet's."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    await scene.plays(scene.move(Act.WIN, 20, bet), "ok", 110)
    await scene.plays(scene.move(Act.ROLLBACK, of=bet), "settled", 110)
    await scene.plays(scene.move(Act.ROLLBACK, of=bet), "settled", 110, amount=20)


async def same_user_playing_with_different_channel_type(scene: Scene) -> None:
    """One user on two devices has two sids that live side by side, and one credit settles what both have bet."""
    desktop, mobile = await session_of(scene, "P"), await session_of(scene, "M")
    assert desktop
    assert mobile
    assert desktop != mobile
    scene.player.token = desktop
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    scene.player.token = mobile
    await scene.plays(scene.move(Act.BET, 10), "ok", 80)
    await scene.plays(scene.move(Act.WIN, 40, bet), "ok", 120)
    for token in (desktop, mobile):
        scene.player.token = token
        await scene.plays(scene.move(Act.BALANCE), "balance", 120)


async def two_users_bj_game_each_playing_2_hands(scene: Scene) -> None:
    """Two users with two hands each in one game are settled each for themselves."""
    first, second = await second_player(scene)
    hands: list[tuple[Player, Move, int]] = []
    for player, stake in ((first, 10), (second, 5)):
        scene.player = player
        bets = [scene.move(Act.BET, stake, round="21") for _ in range(2)]
        await settled_with(scene, bets, 100)
        hands += [(player, bet, stake) for bet in bets]
    cash = {10: Decimal(80), 5: Decimal(90)}
    for (player, bet, stake), won in zip(hands, (20, 0, 0, "12.5"), strict=True):
        scene.player = player
        cash[stake] += Decimal(won)
        await scene.plays(scene.move(Act.WIN, won, bet), "ok", cash[stake])


async def verify_can_place_bet_before_settle_for_another_game(scene: Scene) -> None:
    """A bet in another game is taken while the first is unsettled."""
    bet, other = scene.move(Act.BET, 10, round="1"), scene.move(Act.BET, 10, round="2")
    await settled_with(scene, [bet, other], 100)
    await scene.plays(scene.move(Act.WIN, 20, bet), "ok", 100)
    await scene.plays(scene.move(Act.WIN, 20, other), "ok", 120)


async def check_using_invalid_user_id(scene: Scene) -> None:
    """A sid of another user, or of nobody, is invalid for check, debit, credit and cancel; the sid itself lives on."""
    bet, other = scene.move(Act.BET, 10), scene.move(Act.BET, 10)
    await settled_with(scene, [bet, other], 100)
    first, second = await second_player(scene)
    for stranger in (second.external_id, "no-such-user"):
        scene.player = replace(first, external_id=stranger)
        moves = [scene.move(Act.ROTATE), scene.move(Act.BALANCE), scene.move(Act.BET, 10)]
        for move in (*moves, scene.move(Act.WIN, 10, bet), scene.move(Act.ROLLBACK, of=other)):
            reply = await scene.send(move, f"{move.act} by another user")
            assert reply.code == SID, scene.answer
        assert await session_of(scene) is None or stranger == second.external_id
    scene.player = second
    await scene.holds(100)
    scene.player = first
    await scene.plays(scene.move(Act.BET, 10), "ok", 70)


async def debit_cancel_bet_does_not_exist(scene: Scene) -> None:
    """A cancel of a refId that nobody knows is refused and remembered: its late debit is final, its credit settled."""
    late = scene.move(Act.BET, 10)
    await scene.plays(scene.move(Act.ROLLBACK, of=late), "unknown_rollback", 100)
    await scene.plays(late, "late_bet", 100)
    await scene.plays(scene.move(Act.WIN, 10, late), "win_after_rollback", 100)


async def debit_cancel_bet_already_settled(scene: Scene) -> None:
    """A second cancel gives nothing back."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    await scene.plays(scene.move(Act.ROLLBACK, of=bet), "ok", 100)
    await scene.plays(scene.move(Act.ROLLBACK, of=bet), "rollback_again", 100)
    await scene.plays(scene.move(Act.ROLLBACK, of=bet), "rollback_again", 100, amount=1)


async def credit_with_zero_amount(scene: Scene) -> None:
    """A credit of nothing closes the bet as lost."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    await scene.plays(scene.move(Act.WIN, 0, bet), "ok", 90)
    await scene.plays(scene.move(Act.ROLLBACK, of=bet), "settled", 90)


async def debit_credit_with_different_sids(scene: Scene) -> None:
    """A bet is paid under another sid than it was made with, and under one that has died."""
    bet, other = scene.move(Act.BET, 10), scene.move(Act.BET, 10)
    await settled_with(scene, [bet, other], 100)
    old = scene.player.token
    scene.player.token = await session_of(scene) or ""
    await scene.plays(scene.move(Act.WIN, 20, bet), "ok", 100)
    await scene.stage.spoil(old, Status.SESSION_EXPIRED)
    scene.player.token = old
    await scene.plays(scene.move(Act.WIN, 20, other), "ok", 120)


async def multi_step_game_two_debits_credit_cancel(scene: Scene) -> None:
    """Of two debits of a game one is settled, then the other cancelled."""
    bet, other = scene.move(Act.BET, 10), scene.move(Act.BET, 20)
    await settled_with(scene, [bet, other], 100)
    await scene.plays(scene.move(Act.WIN, 15, bet), "ok", 85)
    await scene.plays(scene.move(Act.ROLLBACK, of=other), "ok", 105)


async def multi_step_game_two_debits_cancel_credit(scene: Scene) -> None:
    """Of two debits of a game one is cancelled, then the other settled."""
    bet, other = scene.move(Act.BET, 10), scene.move(Act.BET, 20)
    await settled_with(scene, [bet, other], 100)
    await scene.plays(scene.move(Act.ROLLBACK, of=other), "ok", 90)
    await scene.plays(scene.move(Act.WIN, 15, bet), "ok", 105)


async def funds_of_a_third(scene: Scene) -> None:
    """A debit of three times the balance is refused, and the unchanged balance told."""
    reply = await scene.plays(scene.move(Act.BET, 300), "insufficient_funds", 100)
    assert reply.balance == 100


async def multiple_dont_settlements(scene: Scene) -> None:
    """A hundred and one debits in one game, each with its credit."""
    for number in range(101):
        bet = scene.move(Act.BET, 1, round="101")
        await scene.plays(bet, "ok", 99)
        await scene.plays(scene.move(Act.WIN, 1, bet), "ok", 100)
        assert scene.count == 2 * (number + 1)


async def two_game_rounds_on_one_table_in_parallel(scene: Scene) -> None:
    """One credit pays all bets of its game; the others' own never come, and neither game is disturbed by the other."""
    games = {name: [scene.move(Act.BET, 10, round=name) for _ in range(2)] for name in ("1", "2")}
    cash = await settled_with(scene, [bet for bets in games.values() for bet in bets], 100)
    for bets in games.values():
        cash += 30
        await scene.plays(scene.move(Act.WIN, 30, bets[0]), "ok", cash)
    await scene.plays(scene.move(Act.BALANCE), "balance", 120)
    await scene.plays(scene.move(Act.BET, 10, round="1"), "ok", 110)


async def debit_cancel_credit(scene: Scene) -> None:
    """A credit of a cancelled bet has no effect."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    await scene.plays(scene.move(Act.ROLLBACK, of=bet), "ok", 100)
    await scene.plays(scene.move(Act.WIN, 20, bet), "settled", 100)


async def debit_credit_with_big_payout(scene: Scene) -> None:
    """63,727,092.34 is won, and the same staked again, with an exponent too."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    await scene.plays(scene.move(Act.WIN, "63727092.34", bet), "ok", "63727182.34")
    await scene.plays(scene.move(Act.BET, "6.372709234E7", round="2"), "ok", 90)


async def double_promo_payouts(scene: Scene) -> None:
    """The same payout twice is paid once; its id with another amount is final."""
    prize = scene.move(Act.FREE_END, 5, bonus_code="1")
    await scene.plays(prize, "promo", 105)
    await scene.plays(prize, "promo_duplicate", 105)
    prize = replace(prize, amount=Decimal(6))
    await scene.plays(prize, "late_bet", 105)


async def promo_payout(scene: Scene) -> None:
    """Any type pays, none and an unknown one too, with and without a game and its id, of nothing, and in a dead session."""
    for cash, kind in ((105, "SmartSpinsMonetaryReward"), (110, "NewKindOfReward"), (115, ""), (120, None)):
        move = scene.move(Act.PROMO_WIN, 5)
        said = {"type": kind, "id": move.key, "amount": 5, "campaignId": "77", "origin": {"type": "x"}}
        await scene.plays(move, "promo", cash, promoTransaction=said)
    await scene.plays(scene.move(Act.JACKPOT_WIN, 1000), "promo", 1120)
    await scene.plays(scene.move(Act.JACKPOT_WIN, 1000), "promo", 2120, game="no-such-table")
    await scene.plays(scene.move(Act.FREE_END, 0), "promo", 2120)
    await scene.plays(scene.move(Act.JACKPOT_WIN, 0), "promo", 2120, round="")
    await scene.stage.spoil(scene.player.token, Status.SESSION_SUPERSEDED)
    await scene.plays(scene.move(Act.FREE_END, "0.000001"), "promo", "2120.000001")
    await scene.plays(scene.move(Act.PROMO_WIN, 5), "shape", "2120.000001", promoTransaction={"id": "x"})
    await scene.plays(scene.move(Act.PROMO_WIN, 5), "shape", "2120.000001", promoTransaction="text")
    await scene.plays(scene.move(Act.PROMO_WIN, 5), "shape", "2120.000001", currency="USD")


async def multiple_debit_credit_cancel_settle_type_mixed(scene: Scene) -> None:
    """Fifteen bets of one game: seven won, three lost, one more won, four cancelled."""
    bets = [scene.move(Act.BET, 1) for _ in range(15)]
    cash = await settled_with(scene, bets, 100)
    for bet, won in zip(bets, (*[2] * 7, *[0] * 3, 5), strict=False):
        cash += won
        await scene.plays(scene.move(Act.WIN, won, bet), "ok", cash)
    for bet in bets[11:]:
        cash += 1
        await scene.plays(scene.move(Act.ROLLBACK, of=bet), "ok", cash)
    await scene.holds(108)


# What is its own besides


async def secret_in_the_query(scene: Scene) -> None:
    """The token in the query is compared to the byte, in any encoding; one flipped byte, two tokens or none are refused."""
    bet = scene.move(Act.BET, 10)
    path, fields = scene.studio.fields(scene.player, bet)
    body, key = scene.studio.body(fields), scene.desk.key or ""
    wrong = [f"?authToken={key[:-1]}{chr(ord(key[-1]) ^ 1)}", f"?authToken={key}&authToken={key}"]
    wrong += [f"?authToken={key.upper()}", f"?authtoken={key}", "?authToken=", f"?authToken={key}%20", ""]
    for query in wrong:
        reply = await scene.deliver(bet, Request(path + query, (), body), f"{query or 'no query'}")
        assert reply.code == STRANGER, (query, scene.answer)
        assert not reply.broken, reply
    await scene.holds(100)
    encoded = "".join(f"%{ord(letter):02x}" for letter in key)
    reply = await scene.deliver(bet, Request(f"{path}?more=1&authToken={encoded}", (), body), "encoded")
    assert reply.code == OK, scene.answer


async def unauthorised_by_http(scene: Scene) -> None:
    """An account may answer a wrong token by HTTP 401, and does so for that call alone."""
    bet = scene.move(Act.BET, 10)
    path, fields = scene.studio.fields(scene.player, bet)
    bare = Request(path, (), scene.studio.body(fields))
    assert (await scene.deliver(bet, bare, "no token")).code == STRANGER
    assert scene.answer.http_status == 401
    await scene.plays(scene.move(Act.BET, 10), "ok", 90)
    assert scene.answer.http_status == 200


async def what_is_told(scene: Scene) -> None:
    """Balance and bonus are two numbers of six decimals, told with every verdict on a known wallet; else they are null."""
    await scene.plays(scene.move(Act.BET, "0.000001"), "ok", "99.999999")
    assert b'"balance":99.999999,"bonus":0.000000' in scene.answer.body
    await scene.plays(scene.move(Act.BALANCE), "shape", "99.999999", currency="USD")
    said = json.loads(scene.answer.body)
    assert (said["balance"], said["bonus"]) == (None, None)
    broken = scene.studio.seal("/debit", b'{"uuid":')
    assert (await scene.deliver(scene.move(Act.BET), broken, "half a body")).code == SHAPE
    assert scene.answer.http_status == 400


async def odd_keys(scene: Scene) -> None:
    """Keys in another case and keys that nobody knows are ignored; a table that is not told leaves the session's game."""
    for cash, details in (
        (90, {"Details": {"table": {"id": "no-such-table"}}}),
        (80, {"details": None}),
        (70, {}),
        (60, {"details": {}}),
    ):
        game = {"id": "5", "type": "roulette", "more": [1], **details}
        move = scene.move(Act.BET, 10)
        path, fields = scene.studio.fields(scene.player, move)
        body = scene.studio.body(fields | {"game": game, "Sid": 1})
        reply = await scene.deliver(move, scene.studio.seal(path, body), f"the game {game}")
        assert reply.code == OK, scene.answer
        await scene.holds(cash)


async def bet_of_another_game(scene: Scene) -> None:
    """The refId alone says which bet is meant: a credit or a cancel lands whatever game and table it names."""
    bet, other = scene.move(Act.BET, 10, round="1"), scene.move(Act.BET, 10, round="1")
    await settled_with(scene, [bet, other], 100)
    await scene.plays(scene.move(Act.WIN, 20, bet, round="2"), "ok", 100, game="no-such-table")
    await scene.plays(scene.move(Act.ROLLBACK, of=other, round="3"), "ok", 110, game="no-such-table")
    await scene.plays(bet, "late_bet", 110, round="4")


CASES = (
    *(check_using_new_sid, all_methods_check_before_running_tests, debit_bet_already_exist, debit_cancel),
    *(debit_credit, debit_credit_bet_already_settled, debit_credit_bet_does_not_exist, debit_credit_cancel),
    *(same_user_playing_with_different_channel_type, two_users_bj_game_each_playing_2_hands),
    *(verify_can_place_bet_before_settle_for_another_game, check_using_invalid_user_id),
    *(debit_cancel_bet_does_not_exist, debit_cancel_bet_already_settled, credit_with_zero_amount),
    *(debit_credit_with_different_sids, multi_step_game_two_debits_credit_cancel),
    *(multi_step_game_two_debits_cancel_credit, funds_of_a_third, multiple_dont_settlements),
    *(two_game_rounds_on_one_table_in_parallel, debit_cancel_credit, debit_credit_with_big_payout),
    *(double_promo_payouts, promo_payout, multiple_debit_credit_cancel_settle_type_mixed),
    *(secret_in_the_query, what_is_told, odd_keys, bet_of_another_game),
)
BY_HTTP = {"debit bad_signature": [STRANGER, 401]}

DESK = Desk(
    studio=Evolution,
    key="a-test-token-of-nobody",
    says={
        "ok": OK,
        "opened": OK,
        "balance": OK,
        "rotated": OK,
        "duplicate": OK,
        "settled": SETTLED,
        "shape": SHAPE,
        "insufficient_funds": "INSUFFICIENT_FUNDS",
        "zero_bet": OK,
        "key_reused_amount": FINAL,
        "key_reused_round": FINAL,
        "key_reused_player": FINAL,
        "unknown_rollback": MISSING,
        "late_bet": FINAL,
        "rollback_again": SETTLED,
        "second_rollback": SETTLED,
        "win_after_rollback": SETTLED,
        "rollback_after_win": SETTLED,
        "win_without_bet": MISSING,
        "promo": OK,
        "promo_duplicate": OK,
        "expired": SID,
        "expired_balance": SID,
        "superseded": SID,
        "unknown_token": SID,
        "unknown_token_open": SID,
        "foreign_token": SID,
        "blocked": "ACCOUNT_LOCKED",
        "no_new_bets": FINAL,
        "game_disabled": FINAL,
        "unknown_game": SHAPE,
        "unknown_player": SID,
        "wrong_currency": SHAPE,
        "unknown_currency": SHAPE,
        "bad_signature": STRANGER,
        "unknown_verb": SHAPE,
    },
    shape=frozenset({SHAPE}),
    fields={
        "amount": ("transaction", "amount"),
        "key": ("transaction", "refId"),
        "round": ("game", "id"),
        "player": ("userId",),
        "token": ("sid",),
        "currency": ("currency",),
        "game": ("game", "details", "table", "id"),
    },
    signs=(((b"secret",), {}, False), ((b"secret:salt",), {}, False)),
    required=("key", "amount", "player", "round", "token", "currency"),
    cannot={
        "win_under_the_key_of_its_bet": "debit, credit and cancel of a bet are known by the one refId",
        "round_end": "nothing ends a round, and a bet is settled once",
        "tip": "a tip is a debit like any other: nothing marks it",
        "buy_in": "there are no chips",
        "free_bet": "a free round's stakes are no messages; what they won is one payout",
        "rollback_win": "a credit is never taken back",
        "refund": "a cancel is always of the whole debit",
        "revoke": "sessions are not ended by the studio",
        "exists": "there is no question about a bet",
    },
    covers_bytes=False,
    covers_body=False,
    hostile_amounts=(*HOSTILE_JSON_AMOUNTS, b'"100"', b"null", b"0.0000001", b"1.5561791"),
    smallest=Decimal("0.000001"),
    known_by_bet=frozenset({Act.WIN, Act.ROLLBACK}),
    cases=(
        *(Case(tell.__name__, tell) for tell in CASES),
        Case("unauthorised_by_http", unauthorised_by_http, manners={"codes": BY_HTTP}),
    ),
)
