"""Amounts of the internal API: decimal text with a currency, never finer than the currency's ISO exponent.

The ledger counts finer.  A balance is floored, so that no more is shown than there is; a movement is the difference
of two floored balances, so that a statement adds up; the exact numbers stand beside them in ledger units.
"""

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta, Struct

from gateway.api.problems import FieldProblem, Problem
from wallet.money import BadAmount, Currency

Amount = Annotated[
    str,
    Meta(
        max_length=40,
        description="A plain decimal number as text, no finer than the currency's smallest unit.",
        examples=["12.50"],
    ),
]
CurrencyCode = Annotated[str, Meta(min_length=3, max_length=10, examples=["EUR"])]


class Balances(Struct, frozen=True):
    """What is in a wallet.  `total` is cash and bonus; held money waits for its withdrawal."""

    cash: Amount
    bonus: Amount
    held: Amount
    total: Amount


def currency_of(
    currencies: Mapping[str, Currency], code: str, field: str = "currency", source: str = "body"
) -> Currency:
    """One of our currencies.  Raises `Problem`."""
    currency = currencies.get(code)
    if currency is None:
        detail = "a currency code has capital letters, as in EUR" if code.upper() in currencies else ""
        raise Problem(
            "unknown_currency", detail, errors=(FieldProblem(field, source, detail or "is unknown"),)
        )
    return currency


def units_of(currency: Currency, text: str, *, signed: bool = False, field: str = "amount") -> int:
    """Ledger units of an amount that is not zero.  Raises `Problem`."""
    try:
        units = currency.parse(text, signed=signed)
    except BadAmount as error:
        raise _bad(field, str(error)) from None
    if units == 0:
        raise _bad(field, "the amount is zero")
    return units


def balances_of(currency: Currency, cash: int, bonus: int, held: int) -> Balances:
    """Balances in ledger units as text, each floored."""
    return Balances(
        currency.text(cash), currency.text(bonus), currency.text(held), currency.text(cash + bonus)
    )


def moved(currency: Currency, movement: int, after: int) -> str:
    """A movement as the difference of the balances shown before and after it, in text."""
    step = 10 ** (currency.scale - currency.exponent)
    return currency.text((after // step - (after - movement) // step) * step)


def size_of(currency: Currency, units: int) -> str:
    """An amount with its sign, its size floored."""
    return currency.text(units) if units >= 0 else negative(currency.text(-units))


def negative(text: str) -> str:
    """The text of an amount below zero; there is no negative zero."""
    return text if not text.strip("0.") else f"-{text}"


def _bad(field: str, detail: str) -> Problem:
    return Problem("invalid_amount", detail, errors=(FieldProblem(field, "body", detail),))
