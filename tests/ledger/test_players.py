"""Players, wallets and external ids as the edge keeps them."""

import asyncio
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from msgspec.structs import replace

from tests.edge import Edge, edge
from tests.ledger.calls import call, soon, unique
from wallet.external_ids import NamedWallet
from wallet.ledger import Ledger
from wallet.players import NewPlayer, PlayerStatus, WalletStatus
from wallet.types import Kind, Op, Policy, Status


@pytest.fixture
async def here(database, redis_url, redis_prefix):
    async with edge(database.service_url, redis_url, redis_prefix) as made:
        yield made


@pytest.fixture
async def account(owner) -> int:
    return await owner.fetchval(
        """
        insert into wallet.provider_account (slug, protocol) values ('names-' || gen_random_uuid(), 'bogus')
        returning id
        """
    )


async def test_player_registered_twice_is_one_player(here: Edge) -> None:
    """The same id again answers the player there is, unchanged."""
    first, created = await here.players.create(NewPlayer(external_id="p-1", country="DE", labels=("vip",)))
    again, created_again = await here.players.create(NewPlayer(external_id="p-1", country="FR"))
    assert (created, created_again) == (True, False)
    assert again == first == await here.players.find("p-1") == await here.players.read(first.id)
    assert (again.country, again.labels, again.status) == ("DE", ("vip",), PlayerStatus.ACTIVE)


async def test_personal_data_lie_apart_and_can_be_erased(here: Edge) -> None:
    """Personal data are never part of a player, and go without the player going."""
    player = await here.player(personal_data={"name": "Ada Lovelace", "emails": ["ada@example.org"]})
    assert await here.players.personal_data(player.id) == {
        "name": "Ada Lovelace",
        "emails": ["ada@example.org"],
    }
    assert "Ada" not in repr(player)
    assert await here.players.keep_personal_data(player.id, {"name": "A."})
    assert await here.players.personal_data(player.id) == {"name": "A."}
    assert await here.players.read(player.id) == player
    assert await here.players.erase_personal_data(player.id)
    assert await here.players.personal_data(player.id) is None
    for nobody in (player.id, 10**12):
        assert not await here.players.keep_personal_data(nobody, {"name": "A."})
    assert await here.players.personal_data(player.id) is None
    erased = await here.players.read(player.id)
    assert erased is not None
    assert replace(erased, erased_at=None) == player


@pytest.mark.parametrize(
    "wrong",
    [
        {"external_id": ""},
        {"external_id": "x" * 65},
        {"external_id": "é" * 33},
        {"external_id": "a\nb"},
        {"external_id": "\ud800"},
        {"external_id": " "},
        {"external_id": "\ufeff"},
        {"external_id": "\u200b \u2060\u3164"},
        {"country": "de"},
        {"country": "ZZ"},
        {"country": "DEU"},
        {"language": "Deutsch!"},
        {"birth_date": "2999-01-01"},
        {"birth_date": "1899-12-31"},
        {"registered_at": "2024-01-01T00:00:00"},
        {"registered_at": "2999-01-01T00:00:00Z"},
        {"labels": ["x"] * 33},
        {"labels": ["\u00a0"]},
        {"brand": "\u200d"},
        {"labels": [""]},
        {"brand": "b" * 65},
        {"personal_data": {"essay": "x" * 17_000}},
        {"personal_data": {"essay": "\x00"}},
        {"personal_data": {"sex": "unknown"}},
        {"personal_data": {"sex": "F"}},
        {"personal_data": {"sex": ""}},
        {"personal_data": {"sex": ["male"]}},
        {"affiliate": "a\nb"},
        {"nickname": "Ada"},
    ],
)
def test_what_is_no_player_is_refused_by_shape(wrong: dict[str, object]) -> None:
    """Every field is held to what it may be, and an unknown one is never ignored."""
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"external_id": "p", "country": "MT", **wrong}, NewPlayer)


def test_what_can_be_seen_somewhere_is_a_name() -> None:
    """A name may hold spaces and joiners, and a clock may be a little ahead of ours."""
    for name in (" a", "a\u200db", "👩\u200d🚀", "玩家", "-"):
        NewPlayer(external_id=name, country="MT")
    soon = datetime.now(UTC) + timedelta(minutes=4)
    NewPlayer(external_id="p", country="MT", registered_at=soon)
    with pytest.raises(ValueError, match="registered_at lies in the future"):
        NewPlayer(external_id="p", country="MT", registered_at=soon + timedelta(minutes=2))


async def test_every_field_survives(here: Edge) -> None:
    """What a player is registered with is what is read."""
    new = NewPlayer(
        external_id="whole",
        country="PT",
        jurisdiction="SRIJ",
        brand="acorn",
        affiliate="affiliate-7",
        birth_date=datetime(1990, 2, 28, tzinfo=UTC).date(),
        language="pt-PT",
        registered_at=datetime(2020, 1, 1, tzinfo=UTC),
        labels=("a", "b"),
        test=True,
    )
    player, _ = await here.players.create(new)
    for field in set(NewPlayer.__struct_fields__) - {"personal_data"}:
        assert getattr(player, field) == getattr(new, field)


async def test_wallets_open_on_demand_one_a_currency(here: Edge) -> None:
    """A wallet is opened once a currency, also by many at once; an unknown player or currency opens none."""
    player = await here.player()
    opened = await asyncio.gather(*(here.players.open_wallet(player.id, "EUR") for _ in range(10)))
    wallets, news = zip(*(one for one in opened if isinstance(one, tuple)), strict=True)
    assert len({wallet.id for wallet in wallets}) == 1
    assert sorted(news) == [False] * 9 + [True]
    await here.wallet(player, "BTC")
    assert [wallet.currency for wallet in await here.players.wallets_of(player.id)] == ["BTC", "EUR"]
    assert await here.players.open_wallet(player.id, "XXX") is Status.CURRENCY_DIFFERS
    assert await here.players.open_wallet(10**12, "EUR") is Status.WALLET_NOT_FOUND


async def test_status_reaches_every_wallet_also_later_ones(here: Edge) -> None:
    """Each wallet carries its player's status, whether it was opened before the change or after."""
    player = await here.player()
    await here.wallet(player, "EUR")
    await here.wallet(player, "USD")
    assert await here.players.block(player.id) is PlayerStatus.BLOCKED
    await here.wallet(player, "BTC")
    assert {w.player_status for w in await here.players.wallets_of(player.id)} == {PlayerStatus.BLOCKED}
    assert await here.players.unblock(player.id) is PlayerStatus.ACTIVE
    assert {w.player_status for w in await here.players.wallets_of(player.id)} == {PlayerStatus.ACTIVE}
    assert await here.players.block(10**12) is None


async def test_a_status_is_one_players_alone(here: Edge, owner) -> None:
    """Who is blocked or excluded waits for nobody else's wallet, and nobody else is."""
    player, other = await here.player(), await here.player()
    await here.wallet(player)
    wallet = await here.wallet(other)
    async with owner.transaction():
        await owner.execute("select from wallet.wallet where id = $1 for update", wallet.id)
        async with asyncio.timeout(5):
            assert await here.players.exclude(player.id) is PlayerStatus.EXCLUDED
    found = await here.players.read(other.id)
    assert found is not None
    assert found.status is PlayerStatus.ACTIVE
    assert [one.player_status for one in await here.players.wallets_of(other.id)] == [PlayerStatus.ACTIVE]


async def test_exclusion_is_not_ended_by_unblocking(here: Edge) -> None:
    """Block and unblock leave an exclusion as it is; only a reinstatement ends it."""
    player = await here.player()
    assert await here.players.exclude(player.id) is PlayerStatus.EXCLUDED
    assert await here.players.block(player.id) is PlayerStatus.EXCLUDED
    assert await here.players.unblock(player.id) is PlayerStatus.EXCLUDED
    assert await here.players.reinstate(player.id) is PlayerStatus.ACTIVE
    assert await here.players.reinstate(player.id) is PlayerStatus.ACTIVE


async def test_exclusion_waits_for_the_bet_in_flight(here: Edge, owner) -> None:
    """Case 30: whoever has a wallet locked is waited for, and the acknowledgement comes after the status is in it."""
    player = await here.player()
    wallet = await here.wallet(player)
    transaction = owner.transaction()
    await transaction.start()
    await owner.fetchval("select id from wallet.wallet where id = $1 for update", wallet.id)
    exclusion = asyncio.create_task(here.players.exclude(player.id))
    await asyncio.sleep(0.2)
    assert not exclusion.done()
    await transaction.rollback()
    assert await exclusion is PlayerStatus.EXCLUDED
    status = await owner.fetchval("select player_status from wallet.wallet where id = $1", wallet.id)
    assert status == "excluded"


async def test_no_bet_lands_after_an_exclusion_is_acknowledged(
    here: Edge, ledger: Ledger, account: int, owner
) -> None:
    """Case 30 with real bets: every one before the acknowledgement lands or is refused, every one after is refused."""
    wallet = await here.wallet()
    await ledger.post(call(wallet.id, Op(Kind.DEPOSIT, unique("deposit"), 10**9), account=0), soon())
    statuses: list[Status] = []
    under_way = asyncio.Event()

    async def bet() -> Status:
        outcome = await ledger.post(call(wallet.id, Op(Kind.BET, unique("bet"), 10), account=account), soon())
        return outcome.status

    async def bet_on() -> None:
        while not statuses or statuses[-1] is Status.CREATED:
            statuses.append(await bet())
            if len(statuses) == 20:
                under_way.set()

    betting = asyncio.create_task(bet_on())
    await asyncio.wait_for(under_way.wait(), 10)
    await here.players.exclude(wallet.player)
    journal = "select count(*) from wallet.posting where wallet = $1 and kind = 'bet'"
    landed = await owner.fetchval(journal, wallet.id)
    assert {await bet() for _ in range(5)} == {Status.PLAYER_EXCLUDED}
    await betting
    assert await owner.fetchval(journal, wallet.id) == landed == statuses.count(Status.CREATED)
    assert statuses[-1] is Status.PLAYER_EXCLUDED
    win = Op(Kind.WIN, unique("win"), 10, round="r")
    paid = await ledger.post(
        call(wallet.id, win, account=account, policy=Policy(win_without_bet=True)), soon()
    )
    assert paid.status is Status.CREATED


async def test_opposite_changes_at_once_do_not_deadlock(here: Edge) -> None:
    """Blocks, unblocks, openings and launches of one player at once all come to their end, and agree."""
    player = await here.player()
    for currency in ("EUR", "USD", "BTC"):
        await here.wallet(player, currency)
    changes = (here.players.block, here.players.unblock)
    await asyncio.gather(*(changes[turn % 2](player.id) for turn in range(20)))
    now = await here.players.read(player.id)
    assert now is not None
    assert {w.player_status for w in await here.players.wallets_of(player.id)} == {now.status}


async def test_wallet_closes_and_reopens(here: Edge) -> None:
    """A wallet's own status is apart from its player's."""
    wallet = await here.wallet()
    assert await here.players.close_wallet(wallet.id)
    closed = await here.players.wallet(wallet.id)
    assert closed is not None
    assert closed.status is WalletStatus.CLOSED
    assert closed.player_status is PlayerStatus.ACTIVE
    assert await here.players.reopen_wallet(wallet.id)
    assert await here.players.wallet(wallet.id) == wallet
    assert not await here.players.close_wallet(10**12)


async def test_external_id_is_opaque_short_and_for_good(here: Edge, account: int) -> None:
    """One name per account and wallet, at most 20 of [a-z0-9], the same however often and by however many asked."""
    wallet = await here.wallet()
    named = await asyncio.gather(*(here.external_ids.name_wallet(account, wallet.id) for _ in range(10)))
    names = {name.external_id for name in named if isinstance(name, NamedWallet)}
    assert len(names) == 1
    name = names.pop()
    assert len(name) <= 20
    assert name.isalnum()
    assert name.islower()
    assert str(wallet.id) != name
    found = await here.external_ids.find_wallet(account, name)
    assert found == NamedWallet(account, name, 0, wallet.id, wallet.player, "EUR", "EUR")


async def test_external_id_means_nothing_to_another_account(here: Edge, account: int) -> None:
    """An external id is looked up under its own account, and what is none is not even asked for."""
    wallet = await here.wallet()
    named = await here.external_ids.name_wallet(account, wallet.id)
    assert isinstance(named, NamedWallet)
    assert await here.external_ids.find_wallet(account + 1, named.external_id) is None
    for hostile in ("", "x" * 21, "a' or 1=1", "\x00", "\ud800", "é"):
        assert await here.external_ids.find_wallet(account, hostile) is None


async def test_wire_code_is_chosen_by_the_accounts_map(here: Edge, account: int, owner) -> None:
    """A wallet has one name per wire code of its currency; a code of another currency names nothing."""
    await owner.execute(
        "update wallet.provider_account set currencies = $2 where id = $1",
        account,
        '{"mBTC": ["BTC", -3], "BTC": ["BTC", 0], "EUR": ["EUR", 0]}',
    )
    wallet = await here.wallet(currency="BTC")
    default = await here.external_ids.name_wallet(account, wallet.id)
    milli = await here.external_ids.name_wallet(account, wallet.id, currency="mBTC")
    assert isinstance(default, NamedWallet)
    assert isinstance(milli, NamedWallet)
    assert (default.currency_code, milli.currency_code) == ("BTC", "mBTC")
    assert default.external_id != milli.external_id
    assert (milli.wallet, milli.currency) == (wallet.id, "BTC")
    assert await here.external_ids.name_wallet(account, wallet.id, currency="EUR") is Status.CURRENCY_DIFFERS
    dollars = await here.wallet(currency="USD")
    assert await here.external_ids.name_wallet(account, dollars.id) is Status.CURRENCY_DIFFERS
    assert await here.external_ids.name_wallet(account, 10**12) is Status.WALLET_NOT_FOUND


async def test_remembered_names_need_no_database(here: Edge, account: int) -> None:
    """A name that was met once is answered from memory, and memory is bounded."""
    wallet = await here.wallet()
    named = await here.external_ids.name_wallet(account, wallet.id)
    assert isinstance(named, NamedWallet)
    before = datetime.now(UTC)
    await here.external_ids.close()
    assert await here.external_ids.find_wallet(account, named.external_id) == named
    assert datetime.now(UTC) - before < timedelta(seconds=5)
