"""What Pragmatic Play is answered in each case, and the rest of what its certification is expected to ask."""

from itertools import pairwise

from bench.studios.contract import Act, Request
from bench.studios.pragmatic import Pragmatic
from tests.providers.cases import read_to_the_last_letter, replaced
from tests.providers.scene import (
    HOSTILE_FORM_AMOUNTS,
    HOSTILE_FORM_TEXTS,
    MALFORMED_FORMS,
    Case,
    Desk,
    Scene,
)
from wallet.types import Status

DONE = "0"
NO_RETRY = "120"
BAD = "7"
TOKEN = "4"


# Its certification


async def without_html(scene: Scene) -> None:
    """Every verb is served under its name with `.html` and without it."""
    scene.studio.path = lambda verb: f"/{verb}"
    await scene.plays(scene.move(Act.OPEN), "opened", 100)
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    await scene.plays(scene.move(Act.WIN, 25, bet), "ok", 115)
    await scene.plays(scene.move(Act.CLOSE, of=bet), "closed", 115)
    await scene.plays(scene.move(Act.BALANCE), "balance", 115)


async def authentication(scene: Scene) -> None:
    """A living token tells the player and the money, with or without a game; a dead one nothing."""
    reply = await scene.plays(scene.move(Act.OPEN), "opened", 100, game=None)
    assert reply.token == scene.player.token
    assert reply.player == scene.player.external_id
    await scene.plays(scene.move(Act.OPEN), "bad", 100, token=None)
    await scene.stage.spoil(scene.player.token, Status.SESSION_EXPIRED)
    await scene.plays(scene.move(Act.OPEN), "expired", 100)


async def balance(scene: Scene) -> None:
    """A balance may be asked without a token; a token that is sent must be alive and this player's."""
    await scene.plays(scene.move(Act.BALANCE), "ok", 100)
    await scene.plays(scene.move(Act.BALANCE), "ok", 100, token=None)
    await scene.plays(scene.move(Act.BALANCE), "unknown_token", 100, token="no-such-token")
    await scene.plays(scene.move(Act.BALANCE), "unknown_player", 100, player="nobody", token=None)


async def end_of_a_round(scene: Scene) -> None:
    """A round's end is answered again however often it comes; the round takes no more bets and still pays."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    await scene.plays(scene.move(Act.WIN, 0, bet), "ok", 90)
    end = scene.move(Act.CLOSE, of=bet)
    await scene.plays(end, "closed", 90)
    await scene.plays(end, "closed", 90, win="0.00")
    await scene.plays(scene.move(Act.BET, 10), "bet_on_closed_round", 90)
    await scene.plays(scene.move(Act.WIN, 5, bet), "ok", 95)
    await scene.plays(end, "closed", 95, token=None, game="gone")
    await scene.plays(scene.move(Act.CLOSE, round="77"), "closed", 95)
    await scene.plays(scene.move(Act.CLOSE), "unknown_player", 95, player="nobody")


async def after_logout(scene: Scene) -> None:
    """Whatever pays or ends lands with a dead token and with none: the player is found by userId."""
    first, second, third = (scene.move(Act.BET, 10, round=place) for place in ("31", "32", "33"))
    for left, bet in ((90, first), (80, second), (70, third)):
        await scene.plays(bet, "ok", left)
    await scene.stage.spoil(scene.player.token, Status.SESSION_REVOKED)
    await scene.plays(scene.move(Act.WIN, 5, first), "ok", 75)
    await scene.plays(scene.move(Act.WIN, 5, first), "ok", 80, token=None)
    await scene.plays(scene.move(Act.ROLLBACK, of=second), "ok", 90)
    await scene.plays(scene.move(Act.ROLLBACK, of=third), "ok", 100, token=None)
    await scene.plays(scene.move(Act.JACKPOT_WIN, 50, first), "ok", 150, token="no-such-token")
    await scene.plays(scene.move(Act.FREE_END, 7, bonus_code="F1"), "free_end", 150, token=None)
    await scene.plays(scene.move(Act.PROMO_WIN, 2), "promo", 152)
    await scene.plays(scene.move(Act.CORRECTION, -2, first), "ok", 150, token=None)
    await scene.plays(scene.move(Act.CLOSE, of=first), "closed", 150, token=None)
    await scene.plays(scene.move(Act.BET, 10), "revoked", 150)
    await scene.plays(scene.move(Act.FREE_BET, 10, bonus_code="F1"), "revoked", 150)


async def bet_without_a_token(scene: Scene) -> None:
    """A bet is taken in a living session only, so that it needs a token."""
    await scene.plays(scene.move(Act.BET, 10), "unknown_token", 100, token=None)


async def bet_without_a_token_by_setting(scene: Scene) -> None:
    """An account may take bets without a token; one that is sent is still checked."""
    await scene.plays(scene.move(Act.BET, 10), "ok", 90, token=None)
    await scene.plays(scene.move(Act.BET, 10), "unknown_token", 90, token="no-such-token")


async def games_that_are_gone(scene: Scene) -> None:
    """A game that we do not have or that is disabled is a reason to refuse a bet, and nothing else."""
    bet, other = scene.move(Act.BET, 10), scene.move(Act.BET, 10, round="8")
    await scene.plays(bet, "ok", 90)
    await scene.plays(other, "ok", 80)
    await scene.stage.disable_game("dice")
    await scene.plays(scene.move(Act.BET, 10), "game_disabled", 80)
    await scene.plays(scene.move(Act.WIN, 5, bet), "ok", 85, game="gone")
    await scene.plays(scene.move(Act.JACKPOT_WIN, 5, bet), "ok", 90, game="gone")
    await scene.plays(scene.move(Act.ROLLBACK, of=other), "ok", 100, game="gone")


# Results


async def results_of_several_bets(scene: Scene) -> None:
    """A round holds several bets and several results; each result is paid once, those of nothing too."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    await scene.plays(scene.move(Act.BET, 10), "ok", 80)
    for amount, cash in ((0, 80), (5, 85), ("2.50", "87.50")):
        win = scene.move(Act.MORE_WIN, amount, bet)
        first = await scene.plays(win, "ok", cash)
        again = await scene.plays(win, "duplicate", cash)
        assert again.transaction == first.transaction


async def result_under_a_known_reference(scene: Scene) -> None:
    """A result's reference that comes back with another amount, round or player pays nothing."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    win = scene.move(Act.WIN, 5, bet)
    await scene.plays(win, "ok", 95)
    await scene.plays(win, "bad", 95, amount="6.00")
    await scene.plays(win, "bad", 95, round="77")
    await scene.plays(win, "duplicate", 95, amount="5.00")
    await scene.begin()
    await scene.plays(win, "bad", 100)


async def result_without_bet_again_please(scene: Scene) -> None:
    """An account may have results of unknown bets sent again: the bet may still be on its way."""
    bet = scene.move(Act.BET, 10)
    win = scene.move(Act.WIN, 25, bet)
    await scene.plays(win, "again", 100)
    await scene.plays(bet, "ok", 90)
    await scene.plays(win, "ok", 115)


async def result_with_a_prize(scene: Scene) -> None:
    """`promoWinAmount` is paid beside the win under its own reference, once, also if promoWin tells it again."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    prize = {"promoWinReference": "prize-1", "promoCampaignID": "77", "promoCampaignType": "T"}
    win = scene.move(Act.WIN, 5, bet)
    first = await scene.plays(win, "ok", 98, promoWinAmount="3.00", **prize)
    again = await scene.plays(win, "duplicate", 98, promoWinAmount="3.00", **prize)
    assert again.transaction == first.transaction
    await scene.plays(scene.move(Act.PROMO_WIN, 3), "promo", 98, key="prize-1")
    await scene.plays(scene.move(Act.MORE_WIN, 0, bet), "ok", 98, promoWinAmount="0.00")
    await scene.plays(scene.move(Act.MORE_WIN, 1, bet), "bad", 98, promoWinAmount="-3", **prize)
    await scene.plays(scene.move(Act.MORE_WIN, 1, bet), "bad", 98, promoWinAmount="3.00")
    await scene.plays(scene.move(Act.MORE_WIN, 1, bet), "bad", 98, promoWinAmount="4.00", **prize)


# Refunds


async def refunds(scene: Scene) -> None:
    """The stored stake is given back whole, whatever the refund says of amount, round, game or details."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    said = {"amount": "99.99", "round": "5", "originalRoundId": bet.round, "roundDetails": "rolled back"}
    undo = scene.move(Act.ROLLBACK, of=bet)
    first = await scene.plays(undo, "ok", 100, **said, bonusCode="B", timestamp="soon")
    again = await scene.plays(undo, "rollback_again", 100)
    assert again.transaction == first.transaction


async def refunds_refused(scene: Scene) -> None:
    """A settled bet, a result and another player's bet are not given back."""
    bet, other = scene.move(Act.BET, 10), scene.move(Act.BET, 10, round="8")
    win = scene.move(Act.WIN, 5, bet)
    await scene.plays(bet, "ok", 90)
    await scene.plays(win, "ok", 95)
    await scene.plays(scene.move(Act.ROLLBACK, of=bet), "rollback_after_win", 95)
    await scene.plays(scene.move(Act.ROLLBACK, of=win), "refused", 95)
    await scene.plays(other, "ok", 85)
    await scene.begin()
    await scene.plays(scene.move(Act.ROLLBACK, of=other), "refused", 100)


async def unknown_refund_refused(scene: Scene) -> None:
    """An account may call a refund of something unknown an error; it is remembered all the same."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(scene.move(Act.ROLLBACK, of=bet), "refused", 100)
    await scene.plays(bet, "late_bet", 100)


async def refund_must_match(scene: Scene) -> None:
    """By policy a refund's amount must be its bet's."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    undo = scene.move(Act.ROLLBACK, of=bet)
    await scene.plays(undo, "refused", 90, amount="9.00")
    await scene.plays(undo, "bad", 90, amount="ten")
    await scene.plays(undo, "ok", 100, amount="10.0")


# Free rounds, prizes, corrections


async def free_rounds_at_the_end(scene: Scene) -> None:
    """By this manner the results of free rounds move nothing, and the summary pays the total once."""
    bet = scene.move(Act.FREE_BET, 10, bonus_code="F1")
    await scene.plays(bet, "free_bet", 100)
    result = scene.move(Act.FREE_WIN, 7, bet, bonus_code="F1")
    await scene.plays(result, "free_win", 100)
    await scene.plays(result, "duplicate", 100)
    total = scene.move(Act.FREE_END, 7, bonus_code="F1")
    first = await scene.plays(total, "free_end", 107, round=None, game=None)
    again = await scene.plays(total, "duplicate", 107, round=None, game=None)
    assert again.transaction == first.transaction
    await scene.plays(scene.move(Act.FREE_END, 0, bonus_code="F2"), "free_end", 107)


async def free_rounds_one_by_one(scene: Scene) -> None:
    """By default every result of a free round pays, and the summary is a notice that moves nothing, however large."""
    bet = scene.move(Act.FREE_BET, 0, bonus_code="F1")
    await scene.plays(bet, "free_bet", 100)
    await scene.plays(scene.move(Act.FREE_WIN, 7, bet, bonus_code="F1"), "free_win", 107)
    total = scene.move(Act.FREE_END, 7, bonus_code="F1")
    await scene.plays(total, "free_end", 107)
    await scene.plays(total, "duplicate", 107)
    await scene.plays(total, "bad", 107, amount="8.00")
    await scene.plays(scene.move(Act.ROLLBACK, of=bet), "rollback_after_win", 107)


async def free_rounds_without_zero_amounts(scene: Scene) -> None:
    """An account that takes no prize of nothing takes the notice of what the results have paid, unless that was nothing."""
    bet = scene.move(Act.FREE_BET, 10, bonus_code="F1")
    await scene.plays(bet, "free_bet", 100)
    await scene.plays(scene.move(Act.FREE_WIN, 7, bet, bonus_code="F1"), "free_win", 107)
    await scene.plays(scene.move(Act.FREE_WIN, 0, bet, bonus_code="F1"), "bad", 107)
    await scene.plays(scene.move(Act.FREE_END, 7, bonus_code="F1"), "free_end", 107)
    await scene.plays(scene.move(Act.FREE_END, 0, bonus_code="F2"), "bad", 107)


async def free_bet_called_off(scene: Scene) -> None:
    """A free bet is refunded without moving anything, and then wins nothing."""
    bet = scene.move(Act.FREE_BET, 10, bonus_code="F1")
    await scene.plays(bet, "free_bet", 100)
    await scene.plays(scene.move(Act.ROLLBACK, of=bet), "ok", 100)
    await scene.plays(scene.move(Act.FREE_WIN, 7, bet, bonus_code="F1"), "win_after_rollback", 100)


async def free_result_as_a_promotion(scene: Scene) -> None:
    """By setting the result of a free round is a promotion's and needs no bet."""
    stray = scene.move(Act.BET, 10)
    await scene.plays(scene.move(Act.FREE_WIN, 7, stray, bonus_code="F1"), "free_win", 107)
    await scene.plays(scene.move(Act.WIN, 7, stray), "win_without_bet", 107)


async def jackpots(scene: Scene) -> None:
    """A jackpot is paid once, beside the result, and needs its id."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    await scene.plays(scene.move(Act.WIN, 1, bet), "ok", 91)
    hit = scene.move(Act.JACKPOT_WIN, 1000, bet)
    await scene.plays(hit, "ok", 1091)
    await scene.plays(hit, "duplicate", 1091)
    await scene.plays(hit, "bad", 1091, amount="1001.00")
    await scene.plays(scene.move(Act.JACKPOT_WIN, 5, bet), "bad", 1091, jackpotId=None)


async def jackpot_beside_a_refund(scene: Scene) -> None:
    """A jackpot is no result: its round's bet is refunded beside it, and it is paid after the refund."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    await scene.plays(scene.move(Act.JACKPOT_WIN, 1000, bet), "ok", 1090)
    await scene.plays(scene.move(Act.ROLLBACK, of=bet), "ok", 1100)
    await scene.plays(scene.move(Act.JACKPOT_WIN, 5, bet), "ok", 1105)


async def prizes(scene: Scene) -> None:
    """A prize names the wallet's currency, is never nothing, and may be of any campaign."""
    await scene.plays(scene.move(Act.PROMO_WIN, 5), "promo", 105, campaignType="CJP")
    await scene.plays(scene.move(Act.PROMO_WIN, 5), "promo", 110, campaignType="new")
    await scene.plays(scene.move(Act.PROMO_WIN, 0), "bad", 110)
    await scene.plays(scene.move(Act.PROMO_WIN, 5), "bad", 110, currency="USD")
    await scene.plays(scene.move(Act.PROMO_WIN, 5), "bad", 110, currency="XXX")
    await scene.plays(scene.move(Act.PROMO_WIN, 5), "bad", 110, campaignId=None)
    await scene.plays(scene.move(Act.PROMO_WIN, 5), "unknown_player", 110, player="nobody")


async def corrections(scene: Scene) -> None:
    """An adjustment gives or takes, once, and by default takes no more than there is (18)."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    await scene.plays(scene.move(Act.CORRECTION, -5, bet), "ok", 85)
    more = scene.move(Act.CORRECTION, "15.50", bet)
    await scene.plays(more, "ok", "100.50")
    await scene.plays(more, "duplicate", "100.50")
    await scene.plays(more, "bad", "100.50", amount="-15.50")
    await scene.plays(scene.move(Act.CORRECTION, 0, bet), "ok", "100.50")
    await scene.plays(scene.move(Act.CORRECTION, -101, bet), "insufficient_funds", "100.50")


async def correction_below_zero(scene: Scene) -> None:
    """By policy an adjustment may take more than there is, and the balance says so (18)."""
    bet = scene.move(Act.BET, 100)
    await scene.plays(bet, "ok", 0)
    reply = await scene.plays(scene.move(Act.CORRECTION, -1, bet), "ok", -1)
    assert reply.balance == -1
    await scene.plays(scene.move(Act.BET, "0.01"), "insufficient_funds", -1)


# Ids


async def ids_like_our_own_keys(scene: Scene) -> None:
    """A reference may look like the key of a refund or of a round's end: neither is kept from the other."""
    stake = scene.move(Act.BET, 10)
    own = (f"refund:{stake.key}", f"end:{scene.player.external_id}:{stake.round}", f"reference:{stake.key}")
    alike = (*own, *(f"reference:{name}" for name in own[:2]))
    for number, key in enumerate(alike, 1):
        await scene.plays(replaced(stake, key=key), "ok", 100 - 10 * number)
    await scene.plays(stake, "ok", 40)
    await scene.plays(scene.move(Act.ROLLBACK, of=stake), "ok", 50)
    await scene.plays(scene.move(Act.CLOSE, of=stake), "closed", 50)
    await scene.plays(scene.move(Act.BET, 1, round=stake.round), "bet_on_closed_round", 50)
    for key in alike:
        await scene.plays(replaced(stake, key=key), "duplicate", 50)
    for number, key in enumerate(alike, 1):
        await scene.plays(scene.move(Act.ROLLBACK, of=replaced(stake, key=key)), "ok", 50 + 10 * number)


async def long_ids(scene: Scene) -> None:
    """An id has up to 255 bytes, of any script, and no two are taken for one, and a round of any that is open can be ended."""
    stake = scene.move(Act.BET, 10)
    await read_to_the_last_letter(scene, stake, ("k" * 255, "ж" * 127 + "2"))
    await scene.plays(replaced(stake, key="k" * 256), "bad", 100)
    far = scene.move(Act.BET, 10, round="r" * 255)
    await scene.plays(far, "ok", 90)
    prize = {"promoWinAmount": "3.00", "promoWinReference": "p" * 255}
    await scene.plays(scene.move(Act.WIN, 7, far), "ok", 100, **prize)
    await scene.plays(scene.move(Act.PROMO_WIN, 3), "promo", 100, key="p" * 255)
    await scene.plays(scene.move(Act.CLOSE, of=far), "closed", 100)
    await scene.plays(scene.move(Act.BET, 1, round=far.round), "bet_on_closed_round", 100)


# Shape


async def fields_in_any_order(scene: Scene) -> None:
    """The hash is over the fields' meaning: another order, a hash in front and upper case make no difference."""
    bet = scene.move(Act.BET, 10)
    path, fields = scene.studio.fields(scene.player, bet)
    signed = scene.studio.seal(path, scene.studio.body(fields))
    pairs = signed.body.decode().split("&")
    for turned in (pairs[::-1], sorted(pairs), [pairs[-1].upper().replace("HASH", "hash"), *pairs[:-1]]):
        reply = await scene.deliver(bet, Request(path, signed.headers, "&".join(turned).encode()), "turned")
        assert reply.code == DONE, scene.answer
    await scene.holds(90)


async def fields_that_are_tolerated(scene: Scene) -> None:
    """Fields that a bet may carry besides, and empty ones, are covered by the hash and stand in nobody's way."""
    besides = {"platform": "MOBILE", "language": "en", "jackpotContribution": "0.02", "jackpotId": "3"}
    besides |= {"jackpotDetails": "a=1&b=2", "ipAddress": "192.0.2.7", "originalRoundID": "5", "empty": ""}
    await scene.plays(scene.move(Act.BET, "10.00"), "ok", 90, **besides, roundDetails="é & %")
    await scene.plays(scene.move(Act.BET, "10.00"), "ok", 80, roundDetails="d" * 4000, timestamp="9" * 30)


async def bent_forms(scene: Scene) -> None:
    """A paid result whose fields are cut elsewhere has the same text and hash, and is refused: nothing is paid again."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    win = scene.move(Act.WIN, 50, bet)
    await scene.plays(win, "ok", 140)
    path, fields = scene.studio.fields(scene.player, win)
    for first, second in pairwise(sorted(fields)):
        joined = f"{fields[first]}&{second}={fields[second]}"
        bent = {name: value for name, value in fields.items() if name != second} | {first: joined}
        assert scene.studio.hash_of(scene.studio.body(bent)) == scene.studio.hash_of(
            scene.studio.body(fields)
        )
        reply = await scene.deliver(
            win, scene.studio.seal(path, scene.studio.body(bent)), f"bent at {second}"
        )
        assert reply.code == scene.desk.says["bad_signature"], scene.answer
        await scene.holds(140)


async def a_bet_at_other_paths(scene: Scene) -> None:
    """The hash does not cover the path: a known bet's form pays nowhere, and undoes no bet that has its result."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    _, fields = scene.studio.fields(scene.player, bet)
    await scene.plays(scene.move(Act.WIN, 5, bet), "ok", 95)
    answers = {"result": BAD, "adjustment": BAD, "bonusWin": BAD, "jackpotWin": BAD, "promoWin": BAD}
    for verb, code in (answers | {"refund": NO_RETRY}).items():
        sent = scene.studio.seal(f"/{verb}.html", scene.studio.body(fields))
        reply = await scene.deliver(bet, sent, f"the bet's form at {verb}")
        assert reply.code == code, (verb, scene.answer)
        await scene.holds(95)


CASES = (
    *(without_html, authentication, balance, end_of_a_round, after_logout, bet_without_a_token),
    *(games_that_are_gone, results_of_several_bets, result_under_a_known_reference, result_with_a_prize),
    *(refunds, refunds_refused, free_rounds_one_by_one, free_bet_called_off, jackpots, prizes, corrections),
    jackpot_beside_a_refund,
    *(ids_like_our_own_keys, long_ids, fields_in_any_order, fields_that_are_tolerated),
    *(bent_forms, a_bet_at_other_paths),
)
AGAIN = {"result reference_not_found": 100}

DESK = Desk(
    studio=Pragmatic,
    key="a-test-secret-of-nobody",
    says={
        "ok": DONE,
        "opened": DONE,
        "balance": DONE,
        "closed": DONE,
        "duplicate": DONE,
        "insufficient_funds": "1",
        "zero_bet": DONE,
        "bet_on_closed_round": "3",
        "bad": BAD,
        "refused": NO_RETRY,
        "again": "100",
        "key_reused_amount": BAD,
        "key_reused_round": BAD,
        "key_reused_player": BAD,
        "win_under_the_bets_key": BAD,
        "unknown_rollback": DONE,
        "late_bet": NO_RETRY,
        "rollback_again": DONE,
        "second_rollback": DONE,
        "win_after_rollback": NO_RETRY,
        "rollback_after_win": NO_RETRY,
        "win_without_bet": NO_RETRY,
        "promo": DONE,
        "promo_duplicate": DONE,
        "free_bet": DONE,
        "free_bet_again": DONE,
        "free_win": DONE,
        "free_end": DONE,
        "expired": TOKEN,
        "expired_balance": TOKEN,
        "superseded": TOKEN,
        "revoked": TOKEN,
        "unknown_token": TOKEN,
        "unknown_token_open": TOKEN,
        "foreign_token": TOKEN,
        "blocked": "6",
        "no_new_bets": "3",
        "game_disabled": "8",
        "unknown_game": "8",
        "unknown_player": "2",
        "bad_signature": "5",
        "unknown_verb": BAD,
    },
    # A form that cannot be read has no one meaning that could have been hashed.
    shape=frozenset({BAD, "5"}),
    fields={
        "amount": ("amount",),
        "key": ("reference",),
        "round": ("roundId",),
        "player": ("userId",),
        "token": ("token",),
        "game": ("gameId",),
    },
    cannot={
        "wrong_currency": "only a prize names its currency",
        "tip": "there are no tips",
        "buy_in": "there are no chips",
        "payout": "there are no chips",
        "rollback_win": "a result is never taken back; live tables correct it",
        "refund": "a refund is always of the whole",
        "rotate": "tokens are never replaced by a call",
        "revoke": "sessions are not ended by the studio",
        "exists": "there is no question about a transaction",
    },
    covers_bytes=False,
    hostile_amounts=HOSTILE_FORM_AMOUNTS,
    hostile_texts=HOSTILE_FORM_TEXTS,
    malformed=MALFORMED_FORMS,
    wins_name_round=True,
    cases=(
        *(Case(tell.__name__, tell) for tell in CASES),
        Case("result_without_bet_again_please", result_without_bet_again_please, manners={"codes": AGAIN}),
        Case("unknown_refund_refused", unknown_refund_refused, manners={"unknown_rollback": "error"}),
        Case("refund_must_match", refund_must_match, policy={"refund_amount": "match"}),
        Case("correction_below_zero", correction_below_zero, policy={"correction_below_zero": True}),
        Case(
            "free_rounds_without_zero_amounts",
            free_rounds_without_zero_amounts,
            manners={"zero_amounts": []},
        ),
        Case("free_rounds_at_the_end", free_rounds_at_the_end, manners={"free_round_payout": "at_end"}),
        Case(
            "bet_without_a_token_by_setting",
            bet_without_a_token_by_setting,
            settings={"tokenless_bets": "yes"},
        ),
        Case("free_result_as_a_promotion", free_result_as_a_promotion, settings={"free_result": "promotion"}),
    ),
)
