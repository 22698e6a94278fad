"""Fixtures of this folder: a started ledger, what it reports, and wallets with money."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from tests.ledger.calls import Journal, OpenWallet, call, make_wallet, soon, unique
from tests.servers import Database
from wallet.ledger import Ledger
from wallet.types import Kind, Op


@pytest.fixture
async def open_wallet(owner: asyncpg.Connection, ledger: Ledger) -> OpenWallet:
    """Opens a wallet with so much cash."""

    async def open_one(cash: int = 0, currency: str = "EUR") -> int:
        wallet = await make_wallet(owner, currency=currency)
        if cash:
            deposit = Op(Kind.DEPOSIT, unique("deposit"), cash)
            outcome = await ledger.post(call(wallet, deposit, account=0), soon())
            assert outcome.cash == cash
        return wallet

    return open_one


@pytest.fixture
def journal() -> Journal:
    """What the ledger reports."""
    return Journal()


@pytest.fixture
async def ledger(database: Database, journal: Journal) -> AsyncIterator[Ledger]:
    """A started ledger of two lanes."""
    started = Ledger(database.service_url, lanes=2, observer=journal)
    await started.start()
    yield started
    await started.close()
