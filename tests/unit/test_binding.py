"""What a studio said, bound to what the ledger knows: whose wallet, which currency, which game, and back again."""

from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from gateway.binding import (
    NOBODY,
    Party,
    call_of,
    party_of,
    report,
    reported_currency,
    sound,
    without_session,
)
from providers.contract import Ask, Fault, Query, Refused, StudioCall, StudioOp
from providers.dialogue import amounts_of, balances_of
from providers.manners import DuplicateBalance, Manners
from wallet.games import Game
from wallet.money import Currency, WireCurrency
from wallet.named_wallets import NamedWallet
from wallet.types import MAXIMUM_OPS, Kind, OpOutcome, Outcome, Policy, Session, Status

EUR, BTC = Currency("EUR", 6, 2), Currency("BTC", 8, 8)
SESSION = Session(5, "tok", 7, 70, 1, "alice", "EUR", game="dice", channel="mobile")
ALICE = NamedWallet(1, "alice", 0, 7, 70, "EUR", "EUR")
ALIAS = NamedWallet(1, "alice-again", 0, 7, 70, "EUR", "EUR")
MICHAEL = NamedWallet(1, "michael", 0, 9, 90, "BTC", "mBTC")
BOB = NamedWallet(1, "bob", 0, 8, 80, "EUR", "EUR")


def account(**changes: Any) -> Any:
    given = {
        "id": 1,
        "policy": Policy(),
        "manners": Manners(),
        "currencies": {"EUR": WireCurrency("EUR", EUR), "mBTC": WireCurrency("mBTC", BTC, -3)},
        "games": {
            "dice": Game(id=3, provider_account=1, code="dice", name="Dice"),
            "old": Game(id=4, provider_account=1, code="old", name="Old", enabled=False),
        },
        "takes_bets": True,
    }
    return SimpleNamespace(**given | changes)


def asks(*ops: StudioOp, **more: Any) -> StudioCall:
    return StudioCall(ops or (StudioOp(Kind.BET, "k", Decimal(1)),), **more)


@pytest.mark.parametrize(
    ("token", "player", "session", "named", "wallet", "defect", "has_session"),
    [
        (None, "alice", None, ALICE, 7, None, False),
        ("tok", None, SESSION, None, 7, None, True),
        ("tok", "alice", SESSION, None, 7, None, True),
        ("tok", "alice-again", SESSION, ALIAS, 7, None, True),
        ("tok", "bob", SESSION, BOB, 8, Status.SESSION_UNKNOWN, False),
        ("tok", "nobody", SESSION, None, NOBODY, Status.SESSION_UNKNOWN, False),
        ("bad", "alice", None, ALICE, 7, Status.SESSION_UNKNOWN, False),
        ("bad", None, None, None, NOBODY, Status.SESSION_UNKNOWN, False),
        (None, "nobody", None, None, NOBODY, None, False),
    ],
)
def test_who_is_meant(
    token: str | None,
    player: str | None,
    session: Session | None,
    named: NamedWallet | None,
    wallet: int,
    defect: Status | None,
    has_session: bool,
) -> None:
    """By token, by player, or by both where they agree; where they do not, the named player without a session."""
    party = party_of(asks(token=token, player=player), 1, session, named)
    assert (party.wallet, party.defect, party.session is not None) == (wallet, defect, has_session)


@pytest.mark.parametrize(
    ("asked", "nameless"),
    [
        (asks(token="bad"), True),
        (Query(Ask.BALANCE, token="bad"), True),
        (asks(token="bad", player="nobody"), False),
        (Query(Ask.BALANCE, player="nobody"), False),
        (asks(token="bad", free_rounds="issue"), False),
    ],
    ids=str,
)
def test_who_names_nobody_but_by_a_token(asked: StudioCall | Query, nameless: bool) -> None:
    """Then it is the token that was not found; else the player, or the wallet of the free rounds."""
    party = party_of(asked, 1, None, None)
    assert (party.wallet, party.nameless) == (NOBODY, nameless)


def test_a_session_of_another_account_is_not_looked_at() -> None:
    """Whatever the store answers, a token is good where it was issued."""
    assert party_of(asks(token="tok"), 2, SESSION, None).defect is Status.SESSION_UNKNOWN


def test_a_dead_session_still_names_its_wallet_and_carries_its_defect() -> None:
    """The defect refuses only where the protocol checks the token."""
    dead = Session(5, "tok", 7, 70, 1, "alice", "EUR", defect=Status.SESSION_EXPIRED)
    party = party_of(asks(token="tok"), 1, dead, None)
    assert (party.wallet, party.defect) == (7, Status.SESSION_EXPIRED)
    assert call_of(asks(check_token=True), party, account(), 1).session_defect is Status.SESSION_EXPIRED
    assert call_of(asks(), party, account(), 1).session_defect is None
    assert call_of(asks(), party, account(), 1).session == 5


def test_only_a_session_whose_token_was_checked_is_checked_again() -> None:
    """A revocation under way refuses the bets of those protocols alone that would have been refused by it before."""
    party = party_of(asks(token="tok"), 1, SESSION, None)
    assert [call_of(asks(check_token=one), party, account(), 1).session_checked for one in (True, False)] == [
        True,
        False,
    ]


def test_a_checked_token_that_is_missing_is_unknown() -> None:
    """A protocol that checks tokens gets no bet past by leaving it out."""
    assert party_of(asks(player="alice", check_token=True), 1, None, ALICE).defect is Status.SESSION_UNKNOWN


PARTY = Party(7, 70, "alice", "EUR", SESSION)


def test_a_call_is_bound_whole() -> None:
    """Units, game, currency, session, channel and clock."""
    op = StudioOp(
        Kind.BET,
        "k",
        Decimal("1.5"),
        reference="r",
        round="round",
        end_round=True,
        occurred_at=datetime(2026, 1, 1),  # noqa: DTZ001 - a studio's clock without a zone
        metadata={"jackpot": Decimal("0.1"), "id": 7},
    )
    call = call_of(asks(op, game="old", currency="EUR"), PARTY, account(takes_bets=False), 99)
    [bound] = call.ops
    assert (call.id, call.wallet, call.currency, call.game, call.channel) == (99, 7, "EUR", 4, "mobile")
    assert (call.game_disabled, call.account_disabled) == (True, True)
    assert (bound.amount, bound.reference, bound.round, bound.end_round) == (1_500_000, "r", "round", True)
    assert bound.occurred_at == datetime(2026, 1, 1, tzinfo=UTC)
    assert bound.metadata == '{"jackpot":0.1,"id":7}'


def test_wins_of_free_rounds_need_no_bet() -> None:
    """Such a call is posted under the account's policy but for that, and still names its bet; another under the policy as it is."""
    agreed, win = Policy(compare_round=False), StudioOp(Kind.WIN, "w", Decimal(1), reference="b")
    free, paid = (
        call_of(asks(win, free_wins=one), PARTY, account(policy=agreed), 99) for one in (True, False)
    )
    assert free.policy == Policy(compare_round=False, win_without_bet=True)
    assert free.ops == paid.ops
    assert paid.policy is agreed


@pytest.mark.parametrize(
    ("named", "code", "units"), [(ALICE, "EUR", 2_500_000), (MICHAEL, "mBTC", 250), (None, None, 250_000_000)]
)
def test_smallest_units_are_the_wallet_s(named: NamedWallet | None, code: str | None, units: int) -> None:
    """A call may count amounts in the smallest unit of a currency that only its wallet knows; nobody's moves nothing."""
    op = StudioOp(Kind.PROMO_WIN, "k1", Decimal(250))
    studio = StudioCall((op,), free_rounds="issue", in_smallest_units=True)
    party = party_of(studio, 1, None, named)
    assert party.currency_code == code
    assert call_of(studio, party, account(), 99).ops[0].amount == units


@pytest.mark.parametrize(
    ("more", "disabled"),
    [
        ({"refused_currencies": ("EUR",)}, True),
        ({"allowed_currencies": ("USD",)}, True),
        ({"allowed_currencies": ("EUR",), "refused_currencies": ("USD",)}, False),
        ({}, False),
    ],
    ids=str,
)
@pytest.mark.parametrize("named", ["EUR", None])
def test_a_game_that_is_not_played_in_the_wallet_s_currency_is_disabled(
    more: dict[str, Any], disabled: bool, named: str | None
) -> None:
    """For the ledger, which refuses new bets alone; whether or not the call names the currency."""
    games = {"dice": Game(id=3, provider_account=1, code="dice", name="Dice", **more)}
    call = call_of(asks(game="dice", currency=named), PARTY, account(games=games), 1)
    assert (call.game, call.game_disabled) == (3, disabled)


def test_the_session_s_game_stands_in_where_the_call_names_none() -> None:
    """And one that the account no longer has is simply not known."""
    assert call_of(asks(), PARTY, account(), 1).game == 3
    assert call_of(asks(), PARTY, account(games={}), 1).game is None


@pytest.mark.parametrize(
    ("studio", "fault"),
    [
        (asks(currency="GBP"), Fault.UNKNOWN_CURRENCY),
        (asks(currency="eur"), Fault.UNKNOWN_CURRENCY),
        (asks(game="nope"), Fault.UNKNOWN_GAME),
        (asks(StudioOp(Kind.WIN, "k", Decimal(1)), game="nope"), Fault.UNKNOWN_GAME),
        (asks(StudioOp(Kind.BET, "k", Decimal("0.0000001"))), Fault.BAD_AMOUNT),
        (asks(StudioOp(Kind.BET, "k", Decimal(-1))), Fault.BAD_AMOUNT),
        (asks(StudioOp(Kind.BET, "k", Decimal("NaN"))), Fault.BAD_AMOUNT),
        (asks(StudioOp(Kind.BET, "k", Decimal("1E2000000000"))), Fault.BAD_AMOUNT),
        (asks(StudioOp(Kind.FREE_BET, "k", nominal=Decimal(-1))), Fault.BAD_AMOUNT),
        (asks(StudioOp(Kind.BET, "")), Fault.BAD_VALUE),
        (asks(StudioOp(Kind.BET, "k" * 256)), Fault.BAD_VALUE),
        (asks(StudioOp(Kind.BET, "k", round="\x00")), Fault.BAD_VALUE),
        (asks(StudioOp(Kind.BET, "k", reference="\ud800")), Fault.BAD_VALUE),
        (asks(StudioOp(Kind.BET, "k", metadata={"a": "\x00"})), Fault.BAD_VALUE),
        (asks(StudioOp(Kind.BET, "k", metadata={"a": "\ud800"})), Fault.BAD_VALUE),
        (asks(StudioOp(Kind.BET, "k", metadata={"a": object()})), Fault.BAD_VALUE),
        (asks(*[StudioOp(Kind.BET, str(n)) for n in range(MAXIMUM_OPS + 1)]), Fault.BAD_VALUE),
    ],
)
def test_what_is_wrong_by_shape_is_refused(studio: StudioCall, fault: Fault) -> None:
    """Before the ledger is asked, so that no key is burned."""
    with pytest.raises(Refused) as refused:
        call_of(studio, PARTY, account(), 1)
    assert refused.value.fault is fault


def test_a_call_may_be_as_long_as_the_bound_and_move_nothing() -> None:
    """The most operations of a call are still a call, and an amount of zero is for the account to forbid."""
    ops = [StudioOp(Kind.BET, str(number)) for number in range(MAXIMUM_OPS)]
    call = call_of(asks(*ops), PARTY, account(), 1)
    assert {op.amount for op in call.ops} == {0}
    assert len(call.ops) == MAXIMUM_OPS


def test_a_correction_may_be_negative() -> None:
    """The one kind of a studio that carries a sign."""
    op = StudioOp(Kind.CORRECTION, "k", Decimal("-1.00"))
    assert call_of(asks(op), PARTY, account(), 1).ops[0].amount == -1_000_000


def test_an_unknown_game_pays_where_the_account_says_so() -> None:
    """But a call with a new bet in it never."""
    lenient = account(manners=Manners(unknown_game_pays=True))
    win, bet = StudioOp(Kind.WIN, "w", Decimal(1)), StudioOp(Kind.BET, "b", Decimal(1))
    assert call_of(asks(win, game="nope"), PARTY, lenient, 1).game is None
    for ops in ((bet,), (win, bet)):
        with pytest.raises(Refused):
            call_of(asks(*ops, game="nope"), PARTY, lenient, 1)


@pytest.mark.parametrize("year", [1, 1970, 9998, 9999])
def test_a_clock_that_cannot_be_right_is_left_out(year: int) -> None:
    """A wrong clock is no reason to lose a win."""
    op = StudioOp(Kind.WIN, "w", Decimal(1), occurred_at=datetime(year, 1, 1, tzinfo=UTC))
    assert call_of(asks(op), PARTY, account(), 1).ops[0].occurred_at is None


def test_text_is_what_the_database_can_hold() -> None:
    """255 bytes, counted as bytes, letters of any script, no control characters."""
    assert sound(None) is None
    assert sound("раунд-7 €") == "раунд-7 €"
    for text in ("x" * 255, "é" * 127 + "x"):
        assert sound(text) == text
    for text in ("x" * 256, "€" * 86, "a\nb", "a\x7fb", "a\x9fb", "\udc00"):
        with pytest.raises(Refused):
            sound(text)


STORED = OpOutcome(Status.DUPLICATE, posting=1, cash=-30, bonus=-10, cash_after=70, bonus_after=5, seq=1)


def test_a_call_known_in_all_its_parts_reports_its_last_posting() -> None:
    """Case 11: all known, then the stored balance; mixed, then the running one; or always today's, by manners."""
    stored, current = Manners(), Manners(duplicate_balance=DuplicateBalance.CURRENT)
    known = Outcome((STORED, STORED), 500, 50, 0, "EUR")
    mixed = Outcome((STORED, OpOutcome(Status.CREATED, posting=2)), 500, 50, 0, "EUR")
    assert balances_of(None, known, stored) == (70, 5)
    assert balances_of(None, known, current) == (500, 50)
    assert balances_of(None, mixed, stored) == (500, 50)


def test_amounts_are_told_in_the_wire_s_currency() -> None:
    """With the balances before and after the stored posting."""
    told = amounts_of(STORED, WireCurrency("mBTC", BTC, -3))
    assert (told.cash, told.cash_before, told.cash_after) == (
        Decimal("-0.00030"),
        Decimal("0.00100"),
        Decimal("0.00070"),
    )
    assert (told.bonus, told.bonus_before, told.bonus_after) == (
        Decimal("-0.00010"),
        Decimal("0.00015"),
        Decimal("0.00005"),
    )


def test_balances_are_never_told_in_a_currency_that_is_not_the_wallet_s() -> None:
    """A call in the wrong currency is answered in the right one."""
    exchange: Any = SimpleNamespace(asked=asks(currency="mBTC"))
    told = reported_currency(exchange, Outcome((), 0, 0, 0, "EUR"), PARTY, account())
    assert told is not None
    assert told.code == "EUR"
    assert reported_currency(exchange, Outcome((), 0, 0, 0, "GBP"), PARTY, account()) is None


def test_balances_are_told_under_the_code_that_the_call_named() -> None:
    """Where the account has several for one currency, such as bitcoins and thousandths of them."""
    party = party_of(asks(player="michael"), 1, None, MICHAEL)
    exchange: Any = SimpleNamespace(asked=asks(currency="BTC"))
    both = account(currencies={"BTC": WireCurrency("BTC", BTC), "mBTC": WireCurrency("mBTC", BTC, -3)})
    told = reported_currency(exchange, Outcome((), 0, 0, 0, "BTC"), party, both)
    assert told is not None
    assert told.code == "BTC"


@pytest.mark.parametrize(
    ("outcome", "moved", "balances"),
    [
        (
            Outcome((STORED,), 500, 50, 0, "EUR"),
            Decimal("-0.00003"),
            (Decimal("0.00007"), Decimal("0.000005")),
        ),
        (Outcome((STORED,), 500, 50, 0, "GBP"), Decimal(0), (None, None)),
        (Outcome((OpOutcome(Status.WALLET_NOT_FOUND),)), Decimal(0), (None, None)),
    ],
    ids=["known", "another currency", "nobody"],
)
def test_what_is_reported_is_a_wallet_s(
    outcome: Outcome, moved: Decimal, balances: tuple[Decimal | None, Decimal | None]
) -> None:
    """Balances are told where there is a wallet and the account has a code for its currency; else none, not zero."""
    exchange: Any = SimpleNamespace(asked=asks(), cash=None, bonus=None)
    report(exchange, outcome, PARTY, account())
    assert [amounts.cash for amounts in exchange.amounts] == [moved]
    assert (exchange.cash, exchange.bonus) == balances


def test_an_unknown_token_is_not_an_unknown_wallet() -> None:
    """What the studio named was a token, so that is what was not found."""
    refused, known = OpOutcome(Status.WALLET_NOT_FOUND), OpOutcome(Status.KEY_REUSED)
    statuses = [op.status for op in without_session(Outcome((refused, known))).ops]
    assert statuses == [Status.SESSION_UNKNOWN, Status.KEY_REUSED]
