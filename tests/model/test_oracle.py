"""What the oracle and the tables stand on: their words are the ledger's, and a table that goes wrong says where."""

import pytest

from tests.columns import check
from tests.ledgers import CURRENCIES, OracleLedger
from tests.model.books import HOUSES
from tests.tables import read
from wallet.types import Kind

TABLE = """
op        key  player  amount  ref │ status              cash  bonus
deposit   k0   alice      100   _  │ created              100      0
bet       k1   alice       30   _  │ created               70      0   # cash first
bet       k1   alice       30   _  │ duplicate             70      0
bet       k1   alice       31   _  │ key_reused            70      0
bet       k2   alice       71   _  │ insufficient_funds    70      0
rollback  k3   alice        _   k9 │ tombstone_created     70      0
bet       k9   alice       10   _  │ tombstoned            70      0
rollback  k4   alice        _   k1 │ created              100      0
rollback  k5   alice        _   k1 │ reference_reversed   100      0
"""


async def test_the_currencies_of_the_tests_are_those_that_are_seeded(owner):
    """Scales, exponents and adjustment limits that tests reckon with are the database's."""
    rows = await owner.fetch(
        "select code, scale, exponent, adjustment_limit from wallet.currency where code = any ($1)",
        list(CURRENCIES),
    )
    assert {tuple(row) for row in rows} == {
        (known.code, known.scale, known.exponent, known.adjustment_limit) for known in CURRENCIES.values()
    }


def test_every_kind_has_a_house():
    """There is no kind whose other side the oracle would not know."""
    assert set(HOUSES) == set(Kind)


async def test_a_table_reads_as_it_is_written():
    """The example of the column language runs."""
    await check(OracleLedger(), TABLE)


async def test_a_table_that_goes_otherwise_says_where():
    """The failure is the table itself, with what was got beside the line that went otherwise."""
    wrong = TABLE.replace("key_reused ", "created    ")
    with pytest.raises(AssertionError) as failure:
        await check(OracleLedger(), wrong)
    marked = [line for line in str(failure.value).splitlines() if line.startswith("✗")]
    assert len(marked) == 1
    assert marked[0].endswith("← status key_reused, not created")


@pytest.mark.parametrize(
    "table",
    [
        "op key colour │ status\n",
        "op key │ status weather\n",
        "op key status\n",
        "op key │ status\nbet k1 _ │ created\n",
        "op key │ status\nbet k1 created\n",
    ],
)
def test_a_table_that_is_none_is_refused(table):
    """A misspelt column or a line that does not fill its columns is a mistake, not a smaller test."""
    with pytest.raises(ValueError, match=r"not a head|does not fill"):
        read(table)
