"""Exact money: from decimals and text to ledger units and back, in our currencies and in the codes of the wire.

A ledger unit is 10^-scale of a currency; the scale is our own (fiat 6, crypto 8) and finer than the ISO exponent, by
which the cashier and statements speak.  Pure, and never a float: what cannot be carried exactly raises `BadAmount`.
"""

import re
from collections.abc import Iterable, Mapping
from decimal import ROUND_FLOOR, Context, Decimal, DivisionByZero, Inexact, InvalidOperation

from msgspec import Struct

from wallet.types import MAXIMUM_AMOUNT

EXACT = Context(prec=80, traps=[Inexact, InvalidOperation, DivisionByZero])
"""Arithmetic that raises rather than rounds; wide enough for any amount that `MAXIMUM_DIGITS` lets in."""

FLOOR = Context(prec=80, rounding=ROUND_FLOOR, traps=[InvalidOperation])

MAXIMUM_DIGITS = 30
"""Longest amount, in digits before the point; far beyond `MAXIMUM_AMOUNT`, and cheap to carry."""

MAXIMUM_POWER = 12
"""Largest power of ten between a wire currency and ours, either way."""

PLAIN = re.compile(r"-?(?:0|[1-9][0-9]{0,29})(?:\.[0-9]{1,30})?", re.ASCII)


class BadAmount(ValueError):  # noqa: N818 - the domain's word for it
    """The amount cannot be one of the ledger: not finite, finer than a ledger unit, or beyond `MAXIMUM_AMOUNT`."""


class Currency(Struct, frozen=True):
    """One of our currencies."""

    code: str
    scale: int  # decimals of a ledger unit
    exponent: int  # decimals of the cashier and of statements (ISO 4217)

    def units(self, amount: Decimal) -> int:
        """Ledger units of an amount in major units.  Raises `BadAmount`."""
        return _units(amount, self.scale)

    def amount(self, units: int) -> Decimal:
        """The amount in major units, exactly."""
        return EXACT.scaleb(Decimal(units), -self.scale)

    def parse(self, text: str, *, signed: bool = False, fine: bool = False) -> int:
        """Ledger units of plain text, ``"12.50"``, with at most `exponent` decimals, or if `fine` with `scale`.

        Raises `BadAmount`.
        """
        if not PLAIN.fullmatch(text):
            raise BadAmount("an amount is a plain decimal number in text")
        if text.startswith("-") and not signed:
            raise BadAmount("the amount is negative")
        amount = Decimal(text)
        if not fine and len(text.partition(".")[2].rstrip("0")) > self.exponent:
            raise BadAmount(f"{self.code} has {self.exponent} decimals")
        return self.units(amount)

    def text(self, units: int) -> str:
        """Plain text with exactly `exponent` decimals, floored: never more is shown than there is."""
        return _plain(self.amount(units), self.exponent)


class WireCurrency(Struct, frozen=True):
    """A currency as one provider account writes it: one of its major units is 10^power of ours (mBTC: BTC, -3)."""

    code: str  # on the wire
    currency: Currency
    power: int = 0

    @property
    def exponent(self) -> int:
        """Decimals of its smallest unit: the mBTC's is the bitcoin's, written with three decimals less."""
        return max(0, self.currency.exponent + self.power)

    def units(self, amount: Decimal) -> int:
        """Ledger units of an amount in the wire's major units.  Raises `BadAmount`."""
        return _units(amount, self.currency.scale + self.power)

    def amount(self, units: int) -> Decimal:
        """The amount in the wire's major units, exactly."""
        return EXACT.scaleb(Decimal(units), -self.currency.scale - self.power)


def wire_currencies(
    currencies: Mapping[str, Currency], renamed: Mapping[str, tuple[str, int]]
) -> dict[str, WireCurrency]:
    """What an account's codes mean: ``code -> (currency, power)`` where it names any, else our own codes as they are.

    Raises ValueError for a currency we do not have or a power beyond `MAXIMUM_POWER`.
    """
    if not renamed:
        return {code: WireCurrency(code, currency) for code, currency in currencies.items()}
    wire = {}
    for code, (ours, power) in renamed.items():
        if ours not in currencies:
            raise ValueError(f"{code}: there is no currency {ours}")
        if abs(power) > MAXIMUM_POWER:
            raise ValueError(f"{code}: the power is between -{MAXIMUM_POWER} and {MAXIMUM_POWER}")
        wire[code] = WireCurrency(code, currencies[ours], power)
    return wire


def by_code(currencies: Iterable[Currency]) -> dict[str, Currency]:
    """Currencies by their code."""
    return {currency.code: currency for currency in currencies}


def floored(amount: Decimal, places: int) -> Decimal:
    """`amount` floored to exactly `places` decimals."""
    return amount.quantize(Decimal(1).scaleb(-places), context=FLOOR)


def _units(amount: Decimal, shift: int) -> int:
    """An amount times 10^shift as an integer; the size is looked at first, so that no exponent can be a bomb."""
    if not amount.is_finite():
        raise BadAmount("the amount is not finite")
    if not amount:
        return 0
    if amount.adjusted() >= MAXIMUM_DIGITS:
        raise BadAmount("the amount is too large")
    if amount.adjusted() + shift < 0 or len(amount.as_tuple().digits) > EXACT.prec:
        raise BadAmount("the amount is finer than a ledger unit")
    scaled = EXACT.scaleb(amount, shift)
    units = int(scaled)
    if units != scaled:
        raise BadAmount("the amount is finer than a ledger unit")
    if abs(units) > MAXIMUM_AMOUNT:
        raise BadAmount("the amount is too large")
    return units


def _plain(amount: Decimal, places: int) -> str:
    return f"{floored(amount, places):f}"
