"""Binds what a studio said to what the ledger knows, and what the ledger answered to the studio's currency.

Pure: wallet, session and clock are arguments.  It refuses by shape only (`Refused`: nothing was asked of the ledger
and no key was burned) and decides nothing about money.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from gateway.configured_accounts import ConfiguredAccount
from providers.contract import (
    Amounts,
    Exchange,
    Fault,
    Query,
    Refused,
    StudioCall,
    StudioOp,
)
from providers.dialogue import amounts_of, balances_of
from providers.syntax import encode_json
from wallet.games import Game
from wallet.money import BadAmount, Currency, WireCurrency
from wallet.named_wallets import NamedWallet
from wallet.types import (
    MAXIMUM_KEY_BYTES,
    MAXIMUM_OPS,
    NEW_BETS,
    Call,
    Kind,
    Op,
    Outcome,
    Session,
    Status,
)

NOBODY = 0
"""The wallet of a call that names none we know: the ledger is asked all the same, for a key that it may know."""

NOBODYS_CURRENCY = WireCurrency("", Currency("", 8, 2))
"""What amounts are read in where neither the call nor a wallet names a currency; no wallet means no money."""

SIGNED = frozenset({Kind.CORRECTION})
FIRST_YEAR, LAST_YEAR = 1970, 9998


class Party(Struct, frozen=True):
    """Whose wallet a request names, and what is wrong with its session."""

    wallet: int = NOBODY
    player: int | None = None
    external_id: str | None = None
    currency_code: str | None = None  # on the wire
    session: Session | None = None
    defect: Status | None = None
    nameless: bool = False  # named by a token alone, and that is unknown

    def living(self, session: Session) -> "Party":
        """The same party, its session found to be in order."""
        return replace(self, session=session, defect=None)


def party_of(
    asked: StudioCall | Query, provider_account: int, session: Session | None, named: NamedWallet | None
) -> Party:
    """Whom a request means: by its token's session, by its player's external id, or by both where they agree.

    `session` and `named` are what was found for ``asked.token`` and for ``asked.player``, or where neither is there for
    ``asked.free_rounds``.
    """
    if session is not None and session.provider_account != provider_account:
        session = None
    defect = None
    if asked.token is not None:
        defect = Status.SESSION_UNKNOWN if session is None else session.defect
    elif asked.check_token:
        defect = Status.SESSION_UNKNOWN
    if session is not None and asked.player in {None, session.external_id}:
        return Party(session.wallet, session.player, session.external_id, session.currency, session, defect)
    if named is None:
        return Party(external_id=asked.player, defect=_mismatch(session, defect), nameless=_nameless(asked))
    if session is not None and session.wallet == named.wallet:
        return Party(named.wallet, named.player, named.external_id, named.currency_code, session, defect)
    return Party(
        named.wallet, named.player, named.external_id, named.currency_code, defect=_mismatch(session, defect)
    )


def _nameless(asked: StudioCall | Query) -> bool:
    return asked.player is None and (isinstance(asked, Query) or asked.free_rounds is None)


def _mismatch(session: Session | None, defect: Status | None) -> Status | None:
    """The defect of a token that is somebody else's: for this player it is no token at all."""
    return defect if session is None else Status.SESSION_UNKNOWN


def call_of(studio: StudioCall, party: Party, account: ConfiguredAccount, call_id: int) -> Call:
    """The call for the ledger.  Raises `Refused` for what is wrong by shape."""
    if len(studio.ops) > MAXIMUM_OPS:
        raise Refused(Fault.BAD_VALUE, f"more than {MAXIMUM_OPS} operations")
    currency = wire_currency_of(studio.currency, party, account)
    game = _game_of(studio, party, account)
    counted = smallest_unit_of(currency) if studio.in_smallest_units else currency
    return Call(
        call_id,
        account.id,
        party.wallet,
        tuple(_op_of(op, counted) for op in studio.ops),
        studio.policy(account.policy),
        currency.currency.code if studio.currency is not None else None,
        None if party.session is None else party.session.id,
        party.defect if studio.check_token else None,
        studio.check_token and party.session is not None,
        None if game is None else game.id,
        game is not None and not game.takes_bets_in(currency.currency.code),
        not account.takes_bets,
        sound(studio.channel) or (None if party.session is None else party.session.channel),
    )


def wire_currency_of(named: str | None, party: Party, account: ConfiguredAccount) -> WireCurrency:
    """The currency of a request: the one that it names, else the wallet's.  Raises `Refused`."""
    code = named if named is not None else party.currency_code
    if code is None:
        return NOBODYS_CURRENCY
    currency = account.currencies.get(code)
    if currency is None:
        raise Refused(Fault.UNKNOWN_CURRENCY, "the account has no such currency")
    return currency


def _game_of(studio: StudioCall, party: Party, account: ConfiguredAccount) -> Game | None:
    if studio.game is None:
        played = None if party.session is None else party.session.game
        return None if played is None else account.games.get(played)
    game = account.games.get(studio.game)
    if game is None and (
        not account.manners.unknown_game_pays or any(op.kind in NEW_BETS for op in studio.ops)
    ):
        raise Refused(Fault.UNKNOWN_GAME, "the account has no such game")
    return game


def smallest_unit_of(currency: WireCurrency) -> WireCurrency:
    """The currency's smallest unit as a currency of its own, of which amounts are counted."""
    return replace(currency, power=currency.power - currency.exponent)


def _op_of(op: StudioOp, currency: WireCurrency) -> Op:
    key = sound(op.key)
    if not key:
        raise Refused(Fault.BAD_VALUE, "an operation has a key")
    try:
        amount = currency.units(op.amount)
        nominal = currency.units(op.nominal)
    except BadAmount as error:
        raise Refused(Fault.BAD_AMOUNT, str(error)) from None
    if (amount < 0 and op.kind not in SIGNED) or nominal < 0:
        raise Refused(Fault.BAD_AMOUNT, "negative")
    return Op(
        op.kind,
        key,
        amount,
        nominal,
        sound(op.reference),
        op.scope,
        sound(op.round),
        op.end_round,
        _time_of(op.occurred_at),
        _metadata_of(op.metadata),
    )


def sound(text: str | None) -> str | None:
    """Text that the database can hold as a word: short, valid, without control characters.  Raises `Refused`."""
    if text is None or (len(text) <= MAXIMUM_KEY_BYTES and text.isascii() and text.isprintable()):
        return text
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise Refused(Fault.BAD_VALUE, "text is valid unicode") from None
    if size > MAXIMUM_KEY_BYTES or any(ord(letter) < 32 or 127 <= ord(letter) < 160 for letter in text):
        raise Refused(Fault.BAD_VALUE, "text has at most 255 bytes and no control characters")
    return text


def _time_of(time: datetime | None) -> datetime | None:
    """The studio's clock in UTC, where it is one: a time that no calendar holds is no reason to lose a win."""
    if time is None or not FIRST_YEAR < time.year < LAST_YEAR:
        return None
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time


def _metadata_of(metadata: Mapping[str, Any] | None) -> str | None:
    if not metadata:
        return None
    try:
        text = encode_json(metadata).decode()
    except (UnicodeError, TypeError, RecursionError, msgspec.MsgspecError):
        raise Refused(Fault.BAD_VALUE, "what is kept with a posting is plain JSON") from None
    # As JSON writes the one character that Postgres cannot hold.
    if "\\u0000" in text:
        raise Refused(Fault.BAD_VALUE, "text has no NUL")
    return text


# The answer


def report(exchange: Exchange, outcome: Outcome, party: Party, account: ConfiguredAccount) -> None:
    """Put an outcome into the exchange: what each operation moved, and the balances to report."""
    exchange.outcome = outcome
    currency = reported_currency(exchange, outcome, party, account)
    if currency is None:
        exchange.amounts = (NO_AMOUNTS,) * len(outcome.ops)
        return
    exchange.amounts = tuple(amounts_of(op, currency) for op in outcome.ops)
    if outcome.currency is not None:
        cash, bonus = balances_of(exchange.asked, outcome, account.manners)
        report_balances(exchange, currency, cash, bonus)


def report_balances(exchange: Exchange, currency: WireCurrency, cash: int, bonus: int) -> None:
    """Put balances in ledger units into the exchange, in the studio's currency."""
    exchange.currency = currency.code
    exchange.cash = currency.amount(cash)
    exchange.bonus = currency.amount(bonus)


def without_session(outcome: Outcome) -> Outcome:
    """The outcome of a call that named its wallet by an unknown token alone: it is the token that was not found."""
    return replace(
        outcome,
        ops=tuple(
            replace(op, status=Status.SESSION_UNKNOWN) if op.status is Status.WALLET_NOT_FOUND else op
            for op in outcome.ops
        ),
    )


def reported_currency(
    exchange: Exchange, outcome: Outcome, party: Party, account: ConfiguredAccount
) -> WireCurrency | None:
    """The wire currency that the wallet's balances are told in: the request's, if it is the wallet's at all."""
    named = None if exchange.asked is None else exchange.asked.currency
    for code in (named, party.currency_code):
        currency = account.currencies.get(code) if code is not None else None
        if currency is not None and outcome.currency in {None, currency.currency.code}:
            return currency
    return None


NO_AMOUNTS = Amounts(*(NOBODYS_CURRENCY.amount(0),) * 6)
"""Where the wallet's currency has no code at this account."""
