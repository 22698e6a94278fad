"""Money is carried exactly or refused by name."""

import importlib.util
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wallet.money import BadAmount, Currency, WireCurrency, by_code, floored, wire_currencies
from wallet.types import MAXIMUM_AMOUNT

EUR = Currency("EUR", 6, 2)
JPY = Currency("JPY", 6, 0)
KWD = Currency("KWD", 6, 3)
BTC = Currency("BTC", 8, 8)
SQL = Path(__file__).resolve().parents[2] / "sql"


@pytest.mark.parametrize(
    ("currency", "amount", "units"),
    [
        (EUR, "0.00001", 10),
        (EUR, "1.556179", 1_556_179),
        (EUR, "63727092.34", 63_727_092_340_000),
        (EUR, "6.372709234E7", 63_727_092_340_000),
        (EUR, "-1.00", -1_000_000),
        (EUR, "1.50000000000", 1_500_000),
        (EUR, "1E12", 10**18),
        (BTC, "0.00000001", 1),
        (JPY, "0", 0),
        (EUR, "0E-2000000000", 0),
    ],
)
def test_amounts_become_units_exactly(currency: Currency, amount: str, units: int) -> None:
    """Whatever a studio sends within the ledger's scale arrives to the last digit."""
    assert currency.units(Decimal(amount)) == units


@pytest.mark.parametrize(
    "amount",
    [
        "0.0000001", "1.5561791", "1E13", "1000000000000.000001", "-1E13", "1E2000000000", "1E-2000000000", "NaN", "sNaN",
        "Infinity", "-Infinity", "1." + "0" * 90 + "1", "9" * 200,
    ],
)  # fmt: skip
def test_what_cannot_be_carried_is_refused_by_name(amount: str) -> None:
    """No rounding, no overflow and no bomb: one named error, at once."""
    with pytest.raises(BadAmount):
        EUR.units(Decimal(amount))


@given(st.integers(-MAXIMUM_AMOUNT, MAXIMUM_AMOUNT), st.integers(0, 12), st.integers(-3, 3))
def test_units_survive_the_way_out_and_back(units: int, scale: int, power: int) -> None:
    """A balance written to the wire and read again is the same number of units."""
    wire = WireCurrency("X", Currency("XYZ", scale, min(scale, 2)), power)
    assert wire.units(wire.amount(units)) == units


def test_wire_currencies_scale_by_powers_of_ten() -> None:
    """A thousandth of a bitcoin and a thousand rupiah are exact on the wire."""
    idr = Currency("IDR", 6, 2)
    wire = wire_currencies(by_code([BTC, idr]), {"mBTC": ("BTC", -3), "IDR2": ("IDR", 3)})
    assert wire["mBTC"].units(Decimal("0.00001")) == 1
    assert wire["mBTC"].amount(1) == Decimal("0.00001")
    assert wire["IDR2"].units(Decimal("1.5")) == 1_500_000_000
    assert wire["IDR2"].amount(1_500_000_000) == Decimal("1.5")
    with pytest.raises(BadAmount):
        wire["mBTC"].units(Decimal("0.000001"))


def test_an_account_without_a_map_speaks_our_codes() -> None:
    """Nothing need be configured where the studio writes currencies as we do."""
    assert wire_currencies(by_code([EUR]), {}) == {"EUR": WireCurrency("EUR", EUR, 0)}


@pytest.mark.parametrize("renamed", [{"X": ("NONE", 0)}, {"X": ("EUR", 13)}, {"X": ("EUR", -13)}])
def test_a_currency_map_that_makes_no_sense_is_refused(renamed: dict[str, tuple[str, int]]) -> None:
    """A wrong map is an error when it is set, not when a bet arrives."""
    with pytest.raises(ValueError):  # noqa: PT011 - plain by design
        wire_currencies(by_code([EUR]), renamed)


@pytest.mark.parametrize(
    ("currency", "text", "units"),
    [(EUR, "12.50", 12_500_000), (EUR, "12.5000", 12_500_000), (JPY, "100", 100_000_000), (KWD, "0.001", 1_000), (BTC, "0.00000001", 1)],
)  # fmt: skip
def test_the_cashier_s_text_becomes_units(currency: Currency, text: str, units: int) -> None:
    """The internal API's amounts are plain text in the currency's own decimals."""
    assert currency.parse(text) == units


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1.555",
        "1e3",
        "+1",
        " 1",
        "1 ",
        "01",
        "1.",
        ".5",
        "NaN",
        "-1",
        "1,5",
        "0x1",
        "٣",
        "1_000",
        "9" * 31,
    ],
)
def test_the_cashier_takes_plain_decimals_only(text: str) -> None:
    """Nothing finer than the ISO exponent, no other notation, no sign where none is meant."""
    with pytest.raises(BadAmount):
        EUR.parse(text)


def test_a_sign_is_taken_where_it_is_meant() -> None:
    """Adjustments are signed."""
    assert EUR.parse("-3.20", signed=True) == -3_200_000


def test_an_amount_may_be_as_fine_as_the_ledger_where_that_is_meant() -> None:
    """Finer than the currency's smallest unit down to a ledger unit, never beyond."""
    assert EUR.parse("0.000001", fine=True) == 1
    with pytest.raises(BadAmount):
        EUR.parse("0.0000001", fine=True)


def test_text_shows_the_exponent_s_decimals_floored() -> None:
    """A statement never shows more than there is, also below zero."""
    assert EUR.text(1_559_999) == "1.55"
    assert EUR.text(-1) == "-0.01"
    assert JPY.text(1_999_999) == "1"
    assert BTC.text(1) == "0.00000001"
    assert EUR.text(0) == "0.00"
    assert EUR.text(9 * 10**18) == "9000000000000.00"


def test_balances_are_floored_to_the_protocol_s_places() -> None:
    """Flooring goes towards minus infinity."""
    assert str(floored(Decimal("1.559"), 2)) == "1.55"
    assert str(floored(Decimal("-1.551"), 2)) == "-1.56"


def test_the_seed_is_what_the_generator_prints() -> None:
    """The migration's currencies are those of ISO 4217 and of our own list, none by hand."""
    spec = importlib.util.spec_from_file_location("generate_currencies", SQL / "generate_currencies.py")
    assert spec is not None
    assert spec.loader is not None
    generator = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generator)
    assert (SQL / "migrations" / "0003_currencies.sql").read_text() == generator.text()


def test_every_seeded_currency_is_one_the_table_takes() -> None:
    """Codes, scales and exponents keep the table's constraints, and the euro has two decimals, the yen none."""
    rows = [line.strip(" (),;").split(", ") for line in (SQL / "migrations" / "0003_currencies.sql").read_text().splitlines() if line.startswith("    (")]  # fmt: skip
    seeded = {
        code.strip("'"): (int(scale), int(exponent), int(limit)) for code, scale, exponent, limit in rows
    }
    assert len(seeded) == len(rows) > 150
    assert seeded["EUR"][:2] == (6, 2)
    assert seeded["JPY"][:2] == (6, 0)
    assert seeded["BTC"][:2] == (8, 8)
    assert all(
        0 <= exponent <= scale <= 12 and 0 < limit <= MAXIMUM_AMOUNT
        for scale, exponent, limit in seeded.values()
    )
