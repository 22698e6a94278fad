"""What PG Soft is answered in each case, and the rest of what its certification is expected to ask."""

from decimal import Decimal
from typing import Any

from bench.studios.contract import Act, Move, Request
from bench.studios.pgsoft import HOST, Pgsoft
from providers.contract import Fault
from tests.providers.scene import (
    HOSTILE_FORM_AMOUNTS,
    HOSTILE_FORM_TEXTS,
    MALFORMED_FORMS,
    Case,
    Desk,
    Scene,
)
from wallet.types import Status

DONE = ""
INVALID, NULL, MISMATCH, STRANGER = "1034", "3001", "3073", "1204"
SESSION, EXISTS, NO_BET, FAILED, FUNDS = "1307", "3032", "3021", "3033", "3202"


async def sessions(scene: Scene) -> None:
    """A living session names the player; a dead one and none at all name nobody."""
    reply = await scene.plays(scene.move(Act.OPEN), "opened", 100)
    assert reply.player == scene.player.external_id
    await scene.plays(scene.move(Act.OPEN), "null", 100, token=None)
    await scene.stage.spoil(scene.player.token, Status.SESSION_EXPIRED)
    await scene.plays(scene.move(Act.OPEN), "unknown_token_open", 100)


async def balance(scene: Scene) -> None:
    """A balance may be asked without a session; one that is sent must live and be this player's."""
    await scene.plays(scene.move(Act.BALANCE), "ok", 100)
    await scene.plays(scene.move(Act.BALANCE), "ok", 100, token=None)
    for transfer in ("NaN", "1e999999", "abc", "-5.00"):  # a balance is asked, nothing is transferred
        await scene.plays(scene.move(Act.BALANCE), "ok", 100, real_transfer_amount=transfer)
        assert b"real_transfer_amount" not in scene.answer.body
    await scene.plays(scene.move(Act.BALANCE), "unknown_token", 100, token="no-such-session")
    await scene.plays(scene.move(Act.BALANCE), "unknown_player", 100, player="nobody", token=None)


async def stake_and_win_in_one(scene: Scene) -> None:
    """A spin moves its net, once; its stake must be there whatever it wins, and both are done or neither."""
    bet = scene.move(Act.BET, 10, end=True)
    await scene.plays(bet, "ok", 115, **spin(10, 25))
    await scene.plays(bet, "duplicate", 115, **spin(10, 25))
    await scene.plays(bet, "exists", 115, **spin(10, 26))
    await scene.plays(scene.move(Act.BET, 120, round="2"), "insufficient_funds", 115, **spin(120, 500))
    await scene.plays(scene.move(Act.BET, 115, round="3"), "ok", "0.50", **spin(115, "0.50"))


async def repeated_with_the_first_balance(scene: Scene) -> None:
    """A repetition tells the balance of the first time; by manner the one of now."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    await scene.plays(scene.move(Act.BET, 20), "ok", 70)
    assert (await scene.plays(bet, "duplicate", 70)).balance == 90


async def repeated_with_todays_balance(scene: Scene) -> None:
    """An account may have the balance of now told with a repetition."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    await scene.plays(scene.move(Act.BET, 20), "ok", 70)
    assert (await scene.plays(bet, "duplicate", 70)).balance == 70


async def sent_again(scene: Scene) -> None:
    """What is sent again to be validated, or settles a pending bet, needs no session: done if it is new, else told again."""
    first, second, third = (scene.move(Act.BET, 10, round=place) for place in ("31", "32", "33"))
    await scene.plays(first, "ok", 90)
    await scene.stage.spoil(scene.player.token, Status.SESSION_EXPIRED)
    await scene.plays(second, "expired", 90)
    await scene.plays(second, "ok", 80, is_validate_bet="True")
    await scene.plays(second, "duplicate", 80, is_validate_bet="true", token=None)
    await scene.plays(third, "ok", 70, is_adjustment="TRUE", is_validate_bet="false", token=None)
    await scene.plays(first, "duplicate", 70, is_validate_bet="True", token="no-such-session")
    await scene.plays(scene.move(Act.BET, 10), "unknown_token", 70, token=None)


async def echoes(scene: Scene) -> None:
    """A transfer is answered as of the time that it names, and a real transfer is echoed."""
    bet = scene.move(Act.BET, 10)
    for _ in range(2):
        await scene.plays(bet, "ok", 90, updated_time=1_700_000_000_123, real_transfer_amount="-10.00")
        assert scene.answer.body == (
            b'{"data":{"currency_code":"EUR","balance_amount":90.00,"updated_time":1700000000123,'
            b'"real_transfer_amount":-10.00},"error":null}'
        )
    await scene.plays(scene.move(Act.BET, 5), "ok", 85, updated_time=1_700_000_000_124)
    assert b"real_transfer_amount" not in scene.answer.body


async def transfers_that_are_not_the_net(scene: Scene) -> None:
    """A transfer is the win less the stake, and so is the real one; else nothing moves."""
    bet = scene.move(Act.BET, 10)
    for changes in (
        {"transfer_amount": "10.00"},
        {"transfer_amount": "-10.01"},
        {"win_amount": "1.00"},
        {"real_transfer_amount": "-10000.00"},
        {"real_transfer_amount": "much"},
    ):
        await scene.plays(bet, "mismatch", 100, **changes)
    await scene.plays(bet, "ok", 90, transfer_amount="-10", real_transfer_amount="-10.0")


async def scaled_currency(scene: Scene) -> None:
    """In a currency that the account calls scaled the real transfer is another amount, and is echoed."""
    await scene.plays(scene.move(Act.BET, 10), "ok", 90, real_transfer_amount="-10000.00")
    assert b'"real_transfer_amount":-10000.00' in scene.answer.body
    await scene.plays(scene.move(Act.BET, 10), "mismatch", 90, real_transfer_amount="much")
    scaled = {"transfer_amount": "-10.01", "real_transfer_amount": "-10000.00"}
    await scene.plays(scene.move(Act.BET, 10), "mismatch", 90, **scaled)


async def amounts_refused(scene: Scene) -> None:
    """A stake or win that is negative, too fine or no plain number is refused, also where the net agrees."""
    bet = scene.move(Act.BET, 10)
    for stake, won, net in (
        ("-10", "0", "10"),
        ("0", "-10", "-10"),
        ("0.001", "0", "-0.001"),
        ("1e1", "0", "-10"),
    ):
        amounts = {"bet_amount": stake, "win_amount": won, "transfer_amount": net}
        await scene.plays(bet, "mismatch", 100, **amounts)
    await scene.plays(bet, "ok", 90)


async def transaction_ids(scene: Scene) -> None:
    """A transaction is its bet, parent bet and type; under another balance's id it is the same one again."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90, key="1-2-106-5")
    await scene.plays(bet, "duplicate", 90, key="1-2-106-6")
    await scene.plays(bet, "ok", 80, key="1-2-400-6")
    await scene.plays(bet, "exists", 80, key="1-2-106-7", round="99")
    await scene.plays(bet, "ok", 70, key="a-b")
    await scene.plays(bet, "ok", 60, key="a-c")


async def whole_transaction_ids(scene: Scene) -> None:
    """An account may take all of a transaction's id for its key."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90, key="1-2-106-5")
    await scene.plays(bet, "duplicate", 90, key="1-2-106-5")
    await scene.plays(bet, "ok", 80, key="1-2-106-6")


async def free_spins(scene: Scene) -> None:
    """A row without a stake pays in its parent's round, also in a dead session or a game that is gone; else it does not."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    await scene.stage.spoil(scene.player.token, Status.SESSION_REVOKED)
    await scene.stage.block(scene.player.external_id)
    await scene.plays(scene.move(Act.MORE_WIN, 5, bet), "ok", 95)
    await scene.plays(scene.move(Act.MORE_WIN, 0, bet), "ok", 95)
    await scene.plays(scene.move(Act.MORE_WIN, 5, bet), "ok", 100, game="gone")
    await scene.plays(scene.move(Act.MORE_WIN, 5, bet, end=True), "ok", 105, token=None)
    await scene.plays(scene.move(Act.MORE_WIN, 5, round="77"), "win_without_bet", 105)


async def wins_of_other_wallets(scene: Scene) -> None:
    """What a bonus or a free game turns into cash needs no stake, and neither does a round that began without one."""
    for number, changes in enumerate(
        ({"wallet_type": "B"}, {"wallet_type": "G"}, {"is_parent_zero_stake": "True"}), 1
    ):
        win = scene.move(Act.WIN, 5, round=f"7{number}")
        await scene.plays(win, "ok", 100 + 5 * number, **changes)
        await scene.plays(win, "duplicate", 100 + 5 * number, **changes)
        await scene.plays(scene.move(Act.WIN, 0, round=f"8{number}"), "ok", 100 + 5 * number, **changes)


async def adjustments(scene: Scene) -> None:
    """An adjustment moves up or down, once, takes no more than there is, and tells the balances around it again."""
    down = scene.move(Act.CORRECTION, "-15.50")
    for _ in range(2):
        await scene.plays(down, "ok", "84.50", adjustment_time=1_700_000_000_123)
        assert scene.answer.body == (
            b'{"data":{"adjust_amount":-15.50,"balance_before":100.00,"balance_after":84.50,'
            b'"updated_time":1700000000123},"error":null}'
        )
    await scene.plays(scene.move(Act.CORRECTION, 20), "ok", "104.50")
    assert (await scene.plays(down, "duplicate", "104.50")).balance == Decimal("84.50")
    await scene.plays(down, "exists", "104.50", transfer_amount="15.50")
    await scene.plays(scene.move(Act.CORRECTION, 0), "ok", "104.50")
    await scene.plays(scene.move(Act.CORRECTION, "-104.51"), "insufficient_funds", "104.50")
    await scene.plays(scene.move(Act.CORRECTION, 1), "invalid", "104.50", transfer_amount="1.001")
    await scene.plays(scene.move(Act.CORRECTION, 1), "unknown_player", "104.50", player="nobody")
    await scene.plays(scene.move(Act.CORRECTION, 1), "null", "104.50", adjustment_transaction_id=None)


async def adjustment_below_zero(scene: Scene) -> None:
    """By policy an adjustment may take more than there is, and the balance says so (18)."""
    await scene.plays(scene.move(Act.CORRECTION, -101), "ok", -1)
    await scene.plays(scene.move(Act.BET, "0.01"), "insufficient_funds", -1)


async def reused_transfer_done(scene: Scene) -> None:
    """By manner a known transfer with another stake, another win or both is done, and moves nothing."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    for stake, won, net in (
        ("20.00", "0.00", "-20.00"),
        ("10.00", "5.00", "-5.00"),
        ("20.00", "5.00", "-15.00"),
    ):
        amounts = {"bet_amount": stake, "win_amount": won, "transfer_amount": net}
        await scene.plays(bet, "ok", 90, **amounts)


async def reused_adjustment_done(scene: Scene) -> None:
    """By manner a known adjustment with another amount is done, moves nothing, and tells the balance of now twice."""
    down = scene.move(Act.CORRECTION, "-15.50")
    await scene.plays(down, "ok", "84.50")
    await scene.plays(scene.move(Act.CORRECTION, 20), "ok", "104.50")
    await scene.plays(down, "ok", "104.50", transfer_amount="15.50", adjustment_time=1_700_000_000_123)
    assert scene.answer.body == (
        b'{"data":{"adjust_amount":0.00,"balance_before":104.50,"balance_after":104.50,'
        b'"updated_time":1700000000123},"error":null}'
    )
    assert (await scene.plays(down, "duplicate", "104.50")).balance == Decimal("84.50")


async def bet_details(scene: Scene) -> None:
    """A game's details of a bet are heard, and change nothing."""
    fields = {
        "operator_token": "operator-1",
        "player_name": scene.player.external_id,
        "bet_id": "1",
        "operator_player_session": "a-dead-one",
        "details": "x",
    }
    request = scene.studio.seal("/Cash/UpdateBetDetail", scene.studio.body(fields))
    await scene.deliver(scene.move(Act.BALANCE), request, "details of a bet")
    assert scene.answer.body == b'{"data":{"is_success":true},"error":null}'
    await scene.holds(100)


async def partners(scene: Scene) -> None:
    """Both halves of the pair must be the account's, on every call."""
    for act in (Act.OPEN, Act.BALANCE, Act.BET, Act.CORRECTION):
        await scene.plays(scene.move(act, 10), "bad_signature", 100, operator_token="operator-2")
    await scene.plays(scene.move(Act.BET, 10), "null", 100, operator_token=None)
    await scene.plays(scene.move(Act.BET, 10), "bad_signature", 100, secret_key="another")


async def header_hash(scene: Scene) -> None:
    """Where there is a salt the headers' hash covers body, date and host; without it nothing passes."""
    bet = scene.move(Act.BET, 10)
    good = request_of(scene, bet)
    headers = dict(good.headers)
    wrong = (
        {"x-date": "19700101"},
        {"x-content-sha256": "0" * 64},
        {"host": f"not.{HOST}"},
        {"authorization": headers["authorization"][:-1] + "g"},
        {"authorization": ""},
    )
    for changes in wrong:
        request = Request(good.path, tuple((headers | changes).items()), good.body)
        reply = await scene.deliver(bet, request, f"another {next(iter(changes))}")
        assert reply.code == STRANGER, (changes, scene.answer)
    await scene.holds(100)
    reply = await scene.deliver(bet, good, "as it was signed")
    assert reply.done, scene.answer


def request_of(scene: Scene, move: Move) -> Request:
    """The signed request of a move."""
    path, fields = scene.studio.fields(scene.player, move)
    return scene.studio.seal(path, scene.studio.body(fields))


def spin(stake: Decimal | int | str, won: Decimal | int | str) -> dict[str, Any]:
    """The amounts of a stake and its result in one."""
    net = Decimal(won) - Decimal(stake)
    return {
        "bet_amount": f"{Decimal(stake):.2f}",
        "win_amount": f"{Decimal(won):.2f}",
        "transfer_amount": f"{net:.2f}",
    }


CASES = (
    *(sessions, balance, stake_and_win_in_one, repeated_with_the_first_balance, sent_again, echoes),
    *(transfers_that_are_not_the_net, amounts_refused, transaction_ids, free_spins, wins_of_other_wallets),
    *(adjustments, bet_details, partners, header_hash),
)

DESK = Desk(
    studio=Pgsoft,
    key="a-test-secret-of-nobody:a-test-salt-of-nobody",
    says={
        "ok": DONE,
        "opened": DONE,
        "balance": DONE,
        "duplicate": DONE,
        "insufficient_funds": FUNDS,
        "zero_bet": NO_BET,
        "bet_on_closed_round": FAILED,
        "invalid": INVALID,
        "null": NULL,
        "mismatch": MISMATCH,
        "exists": EXISTS,
        "key_reused_amount": EXISTS,
        "key_reused_player": EXISTS,
        "win_under_the_bets_key": EXISTS,
        "win_without_bet": NO_BET,
        "promo": DONE,
        "promo_duplicate": DONE,
        "expired": "1308",
        "expired_balance": "1308",
        "superseded": SESSION,
        "unknown_token": SESSION,
        "unknown_token_open": "1300",
        "foreign_token": SESSION,
        "blocked": "1305",
        "no_new_bets": "1400",
        "game_disabled": FAILED,
        "unknown_game": FAILED,
        "unknown_player": "3004",
        "wrong_currency": INVALID,
        "unknown_currency": INVALID,
        "bad_signature": STRANGER,
        "unknown_verb": INVALID,
    },
    # A form that cannot be read has no one meaning in which the secret could have been found.
    shape=frozenset({INVALID, NULL, MISMATCH, STRANGER}),
    fields={
        "amount": ("bet_amount",),
        "key": ("transaction_id",),
        "round": ("parent_bet_id",),
        "player": ("player_name",),
        "token": ("operator_player_session",),
        "currency": ("currency_code",),
        "game": ("game_id",),
    },
    signs=(
        ((b"secret",), {}, False),
        ((b"secret:salt",), {}, True),
        ((b"new:salt", b"old:salt"), {}, True),
        ((b"new:salt", b"old"), {}, False),
        ((b"new", b"old:salt"), {}, False),
    ),
    required=("key", "amount", "player", "round", "currency", "game"),
    cannot={
        "key_reused_in_another_round": "a transaction's id holds its round; transaction_ids has one that lies",
        "rollback": "nothing is rolled back: a transfer is sent again, or adjusted",
        "rollback_win": "nothing is rolled back: a transfer is sent again, or adjusted",
        "refund": "nothing is given back",
        "tip": "there are no tips",
        "buy_in": "there are no chips",
        "jackpot_win": "a jackpot is part of an ordinary win",
        "free_bet": "a free game's stake is no message; what it wins is cash of another wallet",
        "rotate": "tokens are never replaced by a call",
        "revoke": "sessions are not ended by the studio",
        "exists": "there is no question about a transaction",
    },
    hostile_amounts=HOSTILE_FORM_AMOUNTS,
    hostile_texts=HOSTILE_FORM_TEXTS,
    malformed=MALFORMED_FORMS,
    untold=(
        ("Cash/TransferInOut", Fault.OVERLOADED, ("1200", 200)),
        ("Cash/TransferInOut", Status.BALANCE_OVERFLOW, ("3034", 200)),
    ),
    cases=(
        *(Case(tell.__name__, tell) for tell in CASES),
        Case(
            "repeated_with_todays_balance",
            repeated_with_todays_balance,
            manners={"duplicate_balance": "current"},
        ),
        Case("scaled_currency", scaled_currency, settings={"scaled_currencies": "VND,EUR"}),
        Case("whole_transaction_ids", whole_transaction_ids, settings={"transaction_id": "whole"}),
        Case("reused_transfer_done", reused_transfer_done, manners={"key_reused": "done"}),
        Case("reused_adjustment_done", reused_adjustment_done, manners={"key_reused": "done"}),
        Case("adjustment_below_zero", adjustment_below_zero, policy={"correction_below_zero": True}),
    ),
)
