"""The stories every studio's certification tells, once, for every protocol that can express them.

A case plays moves in a `Scene`; after each it looks at the answer's word and at the ledger's cash.  The numbers
in brackets are cases of the money semantics.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec

from bench.studios.contract import Act, Request
from tests.providers.scene import Case, Tell
from wallet.types import Status

CASES: dict[str, Case] = {}


def case(*acts: Act, **policy: Any) -> Callable[[Tell], None]:
    """Enter a story into CASES: the acts it needs, and the policy it is told under where that matters."""

    def enter(tell: Tell) -> None:
        CASES[tell.__name__] = Case(tell.__name__, tell, frozenset(acts), policy)

    return enter


# Play


@case(Act.BET, Act.WIN)
async def bet_and_win(scene):
    """A bet is taken once, its win is paid once, and a balance tells what is left."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    await scene.plays(scene.move(Act.WIN, 25, bet, end=True), "ok", 115)
    if Act.BALANCE in scene.acts:
        await scene.plays(scene.move(Act.BALANCE), "balance", 115)


@case(Act.BET, Act.WIN)
async def loss(scene):
    """A win of nothing closes the bet and moves nothing (13)."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    await scene.plays(scene.move(Act.WIN, 0, bet, end=True), "ok", 90)


@case(Act.BET, Act.WIN)
async def several_bets_in_a_round(scene):
    """Bets of one round stand beside each other and are settled one by one (8)."""
    first = scene.move(Act.BET, 10)
    second = scene.move(Act.BET, 20, round=first.round)
    await scene.plays(first, "ok", 90)
    await scene.plays(second, "ok", 70)
    await scene.plays(scene.move(Act.WIN, 15, first), "ok", 85)
    await scene.plays(scene.move(Act.WIN, 40, second, end=True), "ok", 125)


@case(Act.BET, Act.WIN)
async def two_rounds_in_parallel(scene):
    """Two rounds on one table do not disturb each other (21)."""
    first = scene.move(Act.BET, 10, round="7001")
    second = scene.move(Act.BET, 10, round="7002")
    await scene.plays(first, "ok", 90)
    await scene.plays(second, "ok", 80)
    await scene.plays(scene.move(Act.WIN, 5, second, end=True), "ok", 85)
    await scene.plays(scene.move(Act.WIN, 30, first, end=True), "ok", 115)


@case(Act.BET, Act.WIN)
async def large_and_small_amounts(scene):
    """The smallest bet and a payout of 63,727,092.34 are exact (21)."""
    small = scene.desk.smallest
    bet = scene.move(Act.BET, small)
    await scene.plays(bet, "ok", 100 - small)
    await scene.plays(scene.move(Act.WIN, "63727092.34", bet, end=True), "ok", Decimal("63727192.34") - small)


@case(Act.BET)
async def insufficient_funds(scene):
    """A bet above the balance is refused, and one of all that is there is taken (10)."""
    await scene.plays(scene.move(Act.BET, "100.01"), "insufficient_funds", 100)
    await scene.plays(scene.move(Act.BET, 100), "ok", 0)
    await scene.plays(scene.move(Act.BET, "0.01"), "insufficient_funds", 0)


@case(Act.BET)
async def zero_bet(scene):
    """A bet of nothing is taken or refused as the protocol has it, and moves nothing (19)."""
    await scene.plays(scene.move(Act.BET, 0), "zero_bet", 100)


@case(Act.BET, Act.WIN)
async def round_end(scene):
    """After the round's end a bet is answered as the protocol has it, and a late win still pays (14)."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    await scene.plays(scene.move(Act.WIN, 0, bet, end=True), "ok", 90)
    if Act.CLOSE in scene.acts:
        await scene.plays(scene.move(Act.CLOSE, of=bet, end=True), "closed", 90)
    refused = scene.desk.says["bet_on_closed_round"] != scene.desk.says["ok"]
    cash = 90 if refused else 80
    await scene.plays(scene.move(Act.BET, 10, round=bet.round), "bet_on_closed_round", cash)
    await scene.plays(scene.move(Act.WIN, 5, bet), "ok", cash + 5)


# Repetition


@case(Act.BET, Act.WIN)
async def duplicate(scene):
    """A repeated bet or win is answered again, names the same posting and moves nothing (1)."""
    bet = scene.move(Act.BET, 10)
    first = await scene.plays(bet, "ok", 90)
    again = await scene.plays(bet, "duplicate", 90)
    assert again.transaction == first.transaction
    win = scene.move(Act.WIN, 25, bet, end=True)
    first = await scene.plays(win, "ok", 115)
    for _ in range(2):
        again = await scene.plays(win, "duplicate", 115)
        assert again.transaction == first.transaction
    await scene.plays(bet, "duplicate", 115)


@case(Act.BET)
async def key_reused_with_another_amount(scene):
    """A known key with another amount moves no money (2)."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    await scene.plays(replaced(bet, amount=Decimal(11)), "key_reused_amount", 90)


@case(Act.BET)
async def key_reused_in_another_round(scene):
    """A known key in another round moves no money (2)."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    await scene.plays(replaced(bet, round="99"), "key_reused_round", 90)


@case(Act.BET)
async def key_reused_by_another_player(scene):
    """A key that another player used moves no money of either (2)."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    first = scene.player.external_id
    await scene.begin()
    await scene.plays(bet, "key_reused_player", 100)
    assert await scene.stage.cash(first) == 90


@case(Act.BET, Act.WIN)
async def win_under_the_key_of_its_bet(scene):
    """A win that carries the key and the amount of a bet moves no money (28)."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    await scene.plays(replaced(scene.move(Act.WIN, 10, bet), key=bet.key), "win_under_the_bets_key", 90)


# Undoing


@case(Act.BET, Act.ROLLBACK)
async def rollback(scene):
    """A rolled-back bet is given back whole."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    await scene.plays(scene.move(Act.ROLLBACK, of=bet), "ok", 100)


@case(Act.BET, Act.ROLLBACK)
async def rollback_before_bet(scene):
    """A rollback that comes first is remembered: the late bet moves no money, however often it comes (4)."""
    bet = scene.move(Act.BET, 10)
    undo = scene.move(Act.ROLLBACK, of=bet)
    await scene.plays(undo, "unknown_rollback", 100)
    await scene.plays(bet, "late_bet", 100)
    await scene.plays(undo, "unknown_rollback", 100)
    await scene.plays(bet, "late_bet", 100)


@case(Act.BET, Act.ROLLBACK)
async def double_rollback_same_key(scene):
    """The same rollback twice gives one refund (6)."""
    bet = scene.move(Act.BET, 10)
    undo = scene.move(Act.ROLLBACK, of=bet)
    await scene.plays(bet, "ok", 90)
    first = await scene.plays(undo, "ok", 100)
    again = await scene.plays(undo, "rollback_again", 100)
    assert not again.done or again.transaction == first.transaction


@case(Act.BET, Act.ROLLBACK)
async def double_rollback_another_key(scene):
    """A second rollback of one bet under its own key gives no second refund (6)."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    await scene.plays(scene.move(Act.ROLLBACK, of=bet), "ok", 100)
    await scene.plays(scene.move(Act.ROLLBACK, of=bet), "second_rollback", 100)


@case(Act.BET, Act.ROLLBACK, Act.WIN)
async def win_after_rollback(scene):
    """A bet that was given back wins nothing (7)."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    await scene.plays(scene.move(Act.ROLLBACK, of=bet), "ok", 100)
    await scene.plays(scene.move(Act.WIN, 25, bet), "win_after_rollback", 100)


@case(Act.BET, Act.ROLLBACK, Act.WIN)
async def rollback_after_win(scene):
    """A bet with a result is undone together with it, or not at all: never half (7)."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    await scene.plays(scene.move(Act.WIN, 25, bet), "ok", 115)
    undone = scene.desk.says["rollback_after_win"] == scene.desk.says["ok"]
    await scene.plays(scene.move(Act.ROLLBACK, of=bet), "rollback_after_win", 100 if undone else 115)


@case(Act.BET, Act.ROLLBACK, Act.WIN)
async def one_of_several_bets_is_called_off(scene):
    """The other bets of the round are settled as if nothing had been (8)."""
    first = scene.move(Act.BET, 10)
    second = scene.move(Act.BET, 20, round=first.round)
    await scene.plays(first, "ok", 90)
    await scene.plays(second, "ok", 70)
    await scene.plays(scene.move(Act.ROLLBACK, of=first), "ok", 80)
    await scene.plays(scene.move(Act.WIN, 50, second, end=True), "ok", 130)


@case(Act.BET, Act.WIN, Act.ROLLBACK_WIN)
async def rollback_of_a_win(scene):
    """A win can be taken back (15)."""
    bet = scene.move(Act.BET, 10)
    win = scene.move(Act.WIN, 25, bet)
    await scene.plays(bet, "ok", 90)
    await scene.plays(win, "ok", 115)
    await scene.plays(scene.move(Act.ROLLBACK_WIN, of=win), "ok", 90)


@case(Act.BET, Act.WIN, Act.ROLLBACK_WIN)
async def rollback_of_a_win_that_is_spent(scene):
    """What happens when the money is gone is the policy's, and the balance says so (15)."""
    bet = scene.move(Act.BET, 10)
    win = scene.move(Act.WIN, 25, bet)
    await scene.plays(bet, "ok", 90)
    await scene.plays(win, "ok", 115)
    await scene.plays(scene.move(Act.BET, 110, round="5"), "ok", 5)
    left = {"refuse": 5, "clamp": 0, "overdraft": -20}[scene.policy.short_rollback]
    await scene.plays(scene.move(Act.ROLLBACK_WIN, of=win), "rollback_of_spent_win", left)


@case(Act.BET, Act.REFUND, refund_amount="partial")
async def refund_in_parts(scene):
    """Parts of a bet are given back, together never more than it was (17)."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    await scene.plays(scene.move(Act.REFUND, 4, bet), "ok", 94)
    await scene.plays(scene.move(Act.REFUND, 7, bet), "refund_too_much", 94)
    await scene.plays(scene.move(Act.REFUND, 6, bet), "ok", 100)


@case(Act.BET, Act.WIN)
async def win_without_bet(scene):
    """A win that no bet paid for is paid or refused by policy (12)."""
    bet = scene.move(Act.BET, 10)
    paid = scene.desk.says["win_without_bet"] == scene.desk.says["ok"]
    await scene.plays(scene.move(Act.WIN, 25, bet), "win_without_bet", 125 if paid else 100)


# Prizes and free play


@case(Act.PROMO_WIN)
async def promotion(scene):
    """A prize needs no bet, is paid once, and outlives the session (9, 12)."""
    prize = scene.move(Act.PROMO_WIN, 5)
    await scene.plays(prize, "promo", 105)
    await scene.plays(prize, "promo_duplicate", 105)
    await scene.stage.spoil(scene.player.token, Status.SESSION_EXPIRED)
    await scene.plays(scene.move(Act.PROMO_WIN, 5), "promo", 110)


@case(Act.BET, Act.JACKPOT_WIN)
async def jackpot(scene):
    """A jackpot is paid beside the round's own result (12)."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    await scene.plays(scene.move(Act.JACKPOT_WIN, 1000, bet), "ok", 1090)


@case(Act.FREE_BET, Act.FREE_WIN)
async def free_round(scene):
    """A free stake moves nothing; what it wins is paid once, by its result or by the summary."""
    bet = scene.move(Act.FREE_BET, 10, bonus_code="FREE10")
    await scene.plays(bet, "free_bet", 100)
    await scene.plays(bet, "free_bet_again", 100)
    result = scene.move(Act.FREE_WIN, 7, bet, bonus_code="FREE10", end=True)
    paid = 107 if scene.studio.free_wins_pay else 100
    await scene.plays(result, "free_win", paid)
    if Act.FREE_END in scene.acts:
        await scene.plays(scene.move(Act.FREE_END, 7, bonus_code="FREE10", end=True), "free_end", 107)


@case(Act.FREE_BET, Act.FREE_WIN, Act.ROLLBACK, win_without_bet=False)
async def free_win_without_its_bet(scene):
    """What a free round won needs no bet, unlike another win; but where its bet was given back it is not paid (7, 12)."""
    never = scene.move(Act.FREE_BET, 10, bonus_code="FREE10")
    assert not (await scene.send(scene.move(Act.WIN, 7, never), "a win of stakes that never came")).done
    await scene.holds(100)
    free = {"bonus_code": "FREE10"}
    await scene.plays(scene.move(Act.FREE_WIN, 7, never, **free), "free_win", 107)
    bet, undone = (scene.move(Act.FREE_BET, 10, round=place, **free) for place in ("7001", "7002"))
    await scene.plays(bet, "free_bet", 107)
    await scene.plays(scene.move(Act.FREE_WIN, 5, bet, **free), "free_win", 112)
    await scene.plays(undone, "free_bet", 112)
    await scene.plays(scene.move(Act.ROLLBACK, of=undone), "ok", 112)
    await scene.plays(scene.move(Act.FREE_WIN, 5, undone, **free), "win_after_rollback", 112)


@case(Act.TIP)
async def tip(scene):
    """A tip is taken like a bet and expects no result."""
    await scene.plays(scene.move(Act.TIP, 2), "ok", 98)
    await scene.plays(scene.move(Act.TIP, 99), "insufficient_funds", 98)


@case(Act.BUY_IN, Act.PAYOUT)
async def chips(scene):
    """Chips are bought for a table, and what is left of them is paid out."""
    chips = scene.move(Act.BUY_IN, 40)
    await scene.plays(chips, "ok", 60)
    await scene.plays(scene.move(Act.PAYOUT, 55, chips, end=True), "ok", 115)


# Who may


@case(Act.BET, Act.WIN)
async def dead_session(scene):
    """An expired session refuses new bets only: a committed bet repeated in it, wins and rollbacks land (9, 26)."""
    first, second = scene.move(Act.BET, 10), scene.move(Act.BET, 10, round="8")
    await scene.plays(first, "ok", 90)
    await scene.plays(second, "ok", 80)
    await scene.stage.spoil(scene.player.token, Status.SESSION_EXPIRED)
    await scene.plays(scene.move(Act.BET, 10), "expired", 80)
    await scene.plays(first, "duplicate", 80)
    await scene.plays(scene.move(Act.WIN, 25, first, end=True), "ok", 105)
    if Act.ROLLBACK in scene.acts:
        await scene.plays(scene.move(Act.ROLLBACK, of=second), "ok", 115)
    if Act.BALANCE in scene.acts:
        await scene.plays(
            scene.move(Act.BALANCE), "expired_balance", 115 if Act.ROLLBACK in scene.acts else 105
        )


@case(Act.BET)
async def superseded_session(scene):
    """A token that a newer one replaced refuses new bets."""
    await scene.stage.spoil(scene.player.token, Status.SESSION_SUPERSEDED)
    await scene.plays(scene.move(Act.BET, 10), "superseded", 100)


@case(Act.BET)
async def unknown_token(scene):
    """A token that never was refuses bets."""
    scene.player.token = "no-such-token"
    await scene.plays(scene.move(Act.BET, 10), "unknown_token", 100)


@case(Act.BET)
async def token_of_another_player(scene):
    """A token cannot bet with another player's money."""
    first = scene.player.external_id
    await scene.begin()
    token = scene.player.token
    await scene.begin()
    scene.player.token = token
    await scene.plays(scene.move(Act.BET, 10), "foreign_token", 100)
    assert await scene.stage.cash(first) == 100


@case(Act.BET, Act.WIN)
async def blocked_player(scene):
    """A blocked player cannot bet, and is still paid (9)."""
    bet, other = scene.move(Act.BET, 10), scene.move(Act.BET, 10, round="8")
    await scene.plays(bet, "ok", 90)
    await scene.plays(other, "ok", 80)
    await scene.stage.block(scene.player.external_id)
    await scene.plays(scene.move(Act.BET, 10), "blocked", 80)
    await scene.plays(scene.move(Act.WIN, 25, bet), "ok", 105)
    if Act.ROLLBACK in scene.acts:
        await scene.plays(scene.move(Act.ROLLBACK, of=other), "ok", 115)


@case(Act.BET, Act.WIN)
async def account_without_new_bets(scene):
    """An account that takes no new bets still pays (9)."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    await scene.stage.take_no_bets()
    await scene.plays(scene.move(Act.BET, 10), "no_new_bets", 90)
    await scene.plays(scene.move(Act.WIN, 25, bet), "ok", 115)


@case(Act.BET, Act.WIN)
async def disabled_game(scene):
    """A disabled game takes no new bets and still pays (9)."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    await scene.stage.disable_game("dice")
    await scene.plays(scene.move(Act.BET, 10), "game_disabled", 90)
    await scene.plays(scene.move(Act.WIN, 25, bet), "ok", 115)


@case(Act.BET)
async def unknown_game(scene):
    """A game that we do not have takes no bets."""
    await scene.plays(scene.move(Act.BET, 10), "unknown_game", 100, game="no-such-game")


@case(Act.BET)
async def unknown_player(scene):
    """A player that we do not have bets nothing (29)."""
    await scene.plays(scene.move(Act.BET, 10), "unknown_player", 100, player="no-such-player")


@case(Act.BET)
async def wrong_currency(scene):
    """A bet in another currency than the wallet's moves nothing, known or not (2, 19)."""
    await scene.plays(scene.move(Act.BET, 10), "wrong_currency", 100, currency="USD")
    await scene.plays(scene.move(Act.BET, 10), "unknown_currency", 100, currency="XXX")


# Shape


@case(Act.BET)
async def bad_signature(scene):
    """One flipped byte in what the signature covers, another's key or no signature at all is refused."""
    bet = scene.move(Act.BET, 10)
    path, fields = scene.studio.fields(scene.player, bet)
    body = scene.studio.body(fields)
    good = scene.studio.seal(path, body)
    text = scene.desk.key or "-----"  # a shared secret turned round is another; a private key is made anew
    other = scene.studio.make_key() if "-----" in text else text[::-1]
    stranger = type(scene.studio)(other, clock=scene.studio.clock)
    place = good.body.index(b"10") if b"10" in good.body else len(body) // 2
    flipped = good.body[:place] + bytes([good.body[place] ^ 1]) + good.body[place + 1 :]
    tampered = [
        (stranger.seal(path, body), "signed with another key"),
        (Request(good.path, good.headers, flipped), "one byte flipped"),
        (Request(path, (("content-type", "text/plain"),), body), "not signed"),
    ]
    if not scene.desk.covers_body:
        del tampered[1]
    for request, title in tampered:
        reply = await scene.deliver(bet, request, title)
        assert reply.code == scene.desk.says["bad_signature"], (title, scene.answer)
        assert not reply.done
    await scene.holds(100)
    await scene.plays(bet, "ok", 90)


@case(Act.BET)
async def hostile_key_order(scene):
    """Fields in another order are the same request, where the signature was made over them or over their meaning."""
    bet = scene.move(Act.BET, 10)
    path, fields = scene.studio.fields(scene.player, bet)
    signed = scene.studio.seal(path, scene.studio.body(fields))
    turned = scene.studio.body(dict(reversed(fields.items())))
    if scene.desk.covers_bytes:
        reply = await scene.deliver(
            bet, Request(path, signed.headers, turned), "another order, not signed anew"
        )
        assert reply.code == scene.desk.says["bad_signature"], scene.answer
    reply = await scene.deliver(bet, scene.studio.seal(path, turned), "another order, signed")
    assert reply.code == scene.desk.says["ok"], scene.answer
    await scene.holds(90)


@case(Act.BET)
async def unknown_fields(scene):
    """Fields that nobody knows are ignored (20)."""
    bet = scene.move(Act.BET, 10)
    path, fields = scene.studio.fields(scene.player, bet)
    fields["somethingNew"] = "value & é"
    reply = await scene.deliver(bet, scene.studio.seal(path, scene.studio.body(fields)), "an unknown field")
    assert reply.code == scene.desk.says["ok"], scene.answer
    await scene.holds(90)


@case(Act.BET)
async def malformed(scene):
    """What is not the protocol's syntax is refused in its own words, under a valid signature, and never crashes (20)."""
    bet = scene.move(Act.BET, 10)
    path, _ = scene.studio.fields(scene.player, bet)
    for body in scene.desk.malformed:
        await scene.refuses_shape(bet, scene.studio.seal(path, body), "not the protocol's syntax")
    await scene.plays(bet, "ok", 90)


@case(Act.BET)
async def missing_fields(scene):
    """A bet without its amount, its key or its player is refused by shape."""
    bet = scene.move(Act.BET, 10)
    for name in scene.desk.required:
        path, fields = scene.studio.fields(scene.player, bet)
        *outer, last = scene.desk.fields[name]
        within = fields
        for step in outer:
            within = within[step]
        del within[last]
        request = scene.studio.seal(path, scene.studio.body(fields))
        await scene.refuses_shape(bet, request, f"without its {name}")


@case(Act.BET)
async def hostile_amounts(scene):
    """What is no exact, finite, unsigned amount that the ledger can carry is refused by shape (19)."""
    bet = scene.move(Act.BET, 10)
    for raw in scene.desk.hostile_amounts:
        title = f"an amount of {raw[:40].decode(errors='replace')}"
        await scene.refuses_shape(bet, scene.with_raw(bet, "amount", raw), title)
    await scene.plays(bet, "ok", 90)


@case(Act.BET)
async def hostile_texts(scene):
    """A key or a round of another type, empty, too long or with letters that nobody can write is refused (19, 20)."""
    bet = scene.move(Act.BET, 10)
    for name in ("key", "round"):
        for raw in scene.desk.hostile_texts:
            title = f"a {name} of {raw[:40].decode(errors='replace')}"
            await scene.refuses_shape(bet, scene.with_raw(bet, name, raw), title)
    await scene.plays(bet, "ok", 90)


@case(Act.BET)
async def unknown_verb(scene):
    """A path that the protocol does not have is refused in its words."""
    bet = scene.move(Act.BET, 10)
    _, fields = scene.studio.fields(scene.player, bet)
    signed = scene.studio.seal("/no/such/verb", scene.studio.body(fields))
    reply = await scene.deliver(bet, signed, "a path that is not there")
    assert reply.code == scene.desk.says["unknown_verb"], scene.answer
    await scene.holds(100)


# Sessions


@case(Act.OPEN)
async def opening(scene):
    """The launch token opens the game, also a second time; one that never was does not."""
    scene.player.token = await scene.stage.launch(scene.player.external_id)
    first = await scene.plays(scene.move(Act.OPEN), "opened", 100)
    again = await scene.plays(scene.move(Act.OPEN), "opened", 100)
    assert again.token == first.token
    scene.player.token = "no-such-token"
    await scene.plays(scene.move(Act.OPEN), "unknown_token_open", 100)


@case(Act.ROTATE, Act.BET)
async def rotation(scene):
    """A rotated token takes the old one's place: the old one bets no more, the new one does."""
    old = scene.player.token
    reply = await scene.plays(scene.move(Act.ROTATE), "rotated", 100)
    assert reply.token
    assert reply.token != old
    await scene.plays(scene.move(Act.BET, 10), "superseded", 100)
    scene.player.token = reply.token
    await scene.plays(scene.move(Act.BET, 10), "ok", 90)


@case(Act.REVOKE, Act.BET)
async def revocation(scene):
    """A session that the studio ended takes no new bets."""
    await scene.plays(scene.move(Act.REVOKE), "revoke", 100)
    await scene.plays(scene.move(Act.BET, 10), "revoked", 100)


@case(Act.EXISTS, Act.BET)
async def exists(scene):
    """Whether a posting stands under a key can be asked, and asking moves nothing."""
    bet = scene.move(Act.BET, 10)
    ask = replaced(scene.move(Act.EXISTS), key=bet.key)
    reply = await scene.plays(ask, "not_there", 100)
    assert reply.found is False
    await scene.plays(bet, "ok", 90)
    reply = await scene.plays(ask, "there", 90)
    assert reply.found is True


def replaced(move, **changes):
    """The move with other values."""
    return msgspec.structs.replace(move, **changes)


async def read_to_the_last_letter(scene, stake, keys):
    """Two ids that differ in their last letter alone are two bets, each known again and each given back."""
    for key in keys:
        first, other = replaced(stake, key=key), replaced(stake, key=key[:-1])
        await scene.plays(first, "ok", 90)
        await scene.plays(other, "ok", 80)
        await scene.plays(first, "duplicate", 80)
        for one, cash in ((first, 90), (other, 100)):
            await scene.plays(scene.move(Act.ROLLBACK, of=one), "ok", cash)
