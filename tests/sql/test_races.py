"""What several lanes do to the same wallets and keys at once: cases 1, 2, 5, 6, 22, 23, 27, 29 and 30, and lock order.

Every lane is a connection of its own; what is lost to another lane is posted again, as Ledger does.  A deadlock is
never lost: it fails the test.
"""

import asyncio
import secrets
from collections import Counter
from collections.abc import AsyncIterator

import asyncpg
import pytest

from tests.ledgers import PostgresLedger
from wallet.types import OPERATOR, Call, Kind, Op, Outcome, Policy, Status

LANES = 6


@pytest.fixture
async def lanes(database) -> AsyncIterator[list[PostgresLedger]]:
    """Several lanes to one database."""
    ledgers = [await PostgresLedger.connect(database.service_url, database.owner_url) for _ in range(LANES)]
    yield ledgers
    for ledger in ledgers:
        await ledger.disconnect()


@pytest.fixture
def account() -> int:
    """A provider account that no other test has used."""
    return 2_000_000_000 + secrets.randbelow(100_000_000)


async def funded(ledger: PostgresLedger, cash: int = 100) -> int:
    """Open a wallet with some cash."""
    wallet = await ledger.open(secrets.token_hex(6), "EUR")
    await ledger.post([asked(OPERATOR, wallet, Kind.DEPOSIT, secrets.token_hex(6), cash)])
    return wallet


def asked(
    account: int, wallet: int, kind: Kind, key: str, amount: int = 0, reference: str | None = None
) -> Call:
    """Build a call of one operation."""
    op = Op(kind=kind, key=key, amount=amount, reference=reference)
    return Call(id=secrets.randbits(62), provider_account=account, wallet=wallet, ops=(op,), policy=Policy())


async def insist(ledger: PostgresLedger, call: Call) -> Outcome:
    """Post until it is answered; only a key or a lock lost to another lane is a reason to try again."""
    while True:
        try:
            return (await ledger.post([call]))[0]
        except (asyncpg.UniqueViolationError, asyncpg.LockNotAvailableError):
            await asyncio.sleep(0)


async def at_once(lanes: list[PostgresLedger], *calls: Call) -> list[Outcome]:
    """Post each call on a lane of its own, all at the same time."""
    return await asyncio.gather(*(insist(*pair) for pair in zip(lanes, calls, strict=False)))


def counted(outcomes: list[Outcome]) -> Counter[Status]:
    return Counter(outcome.status for outcome in outcomes)


async def test_case_1_identical_bets_at_once(lanes, account):
    """Case 1: of many identical bets at once one debits, and all are answered with one posting."""
    wallet = await funded(lanes[0])
    outcomes = []
    for _ in range(9):
        outcomes += await at_once(lanes, *(asked(account, wallet, Kind.BET, "b1", 30) for _ in lanes))
    assert counted(outcomes) == {Status.CREATED: 1, Status.DUPLICATE: 9 * LANES - 1}
    assert len({(o.ops[0].posting, o.ops[0].cash_after, o.ops[0].recorded_at) for o in outcomes}) == 1
    assert outcomes[-1].cash == 70


async def test_case_2_one_key_by_two_players_at_once(lanes, account):
    """Case 2: two players with one key at the same moment: one is created, the other key_reused."""
    wallets = [await funded(lane) for lane in lanes]
    for turn in range(5):
        calls = [asked(account, wallet, Kind.BET, f"b{turn}", 1) for wallet in wallets]
        outcomes = await at_once(lanes, *calls)
        assert counted(outcomes) == {Status.CREATED: 1, Status.KEY_REUSED: LANES - 1}


async def test_case_5_retry_and_rollback_at_once(lanes, account):
    """Case 5: a bet, its retry and its rollback at the same time net to zero in any order."""
    wallet = await funded(lanes[0])
    for turn in range(10):
        bet, rollback = f"b{turn}", f"x{turn}"
        outcomes = await at_once(
            lanes,
            asked(account, wallet, Kind.BET, bet, 30),
            asked(account, wallet, Kind.ROLLBACK, rollback, reference=bet),
            asked(account, wallet, Kind.BET, bet, 30),
            asked(account, wallet, Kind.ROLLBACK, rollback, reference=bet),
        )
        seen = counted(outcomes)
        assert seen[Status.CREATED] in (0, 2), seen
        assert seen[Status.TOMBSTONE_CREATED] == (0 if seen[Status.CREATED] else 1), seen
        assert (await insist(lanes[0], asked(account, wallet, Kind.BET, bet, 30))).cash == 100


async def test_case_6_two_rollbacks_at_once(lanes, account):
    """Case 6: rollbacks under different ids at the same time give one refund, and name it."""
    wallet = await funded(lanes[0])
    for turn in range(5):
        bet = f"b{turn}"
        await insist(lanes[0], asked(account, wallet, Kind.BET, bet, 30))
        rollbacks = [
            asked(account, wallet, Kind.ROLLBACK, f"x{turn}-{n}", reference=bet) for n in range(LANES)
        ]
        outcomes = await at_once(lanes, *rollbacks)
        assert counted(outcomes) == {Status.CREATED: 1, Status.REFERENCE_REVERSED: LANES - 1}
        refund = next(o.ops[0].posting for o in outcomes if o.status is Status.CREATED)
        assert {o.ops[0].original for o in outcomes if o.status is Status.REFERENCE_REVERSED} == {refund}
        assert outcomes[-1].cash == 100


async def test_case_22_two_bets_for_one_purse(lanes, account):
    """Case 22: two bets of 60 with 100 left at the same time: exactly one is accepted."""
    for turn in range(5):
        wallet = await funded(lanes[0])
        outcomes = await at_once(
            lanes, *(asked(account, wallet, Kind.BET, f"b{turn}-{n}", 60) for n in range(2))
        )
        assert counted(outcomes) == {Status.CREATED: 1, Status.INSUFFICIENT_FUNDS: 1}
        assert {outcome.cash for outcome in outcomes} <= {40, 100}


async def test_case_23_a_withdrawal_races_a_bet(lanes, account):
    """Case 23: a hold and a bet for the same cash: one wins, the other is refused, nothing goes below zero."""
    for turn in range(5):
        wallet = await funded(lanes[0])
        hold = asked(OPERATOR, wallet, Kind.WITHDRAWAL_HOLD, secrets.token_hex(6), 60)
        outcomes = await at_once(lanes, hold, asked(account, wallet, Kind.BET, f"b{turn}", 60))
        assert counted(outcomes) == {Status.CREATED: 1, Status.INSUFFICIENT_FUNDS: 1}


async def test_case_27_a_late_attempt_of_a_fenced_lane_raises(lanes, account):
    """Case 27: after the fence the first attempt moves nothing; our own re-post is answered created, once."""
    late, other = lanes[:2]
    wallet = await funded(other)
    call = asked(account, wallet, Kind.BET, "b1", 30)
    epoch = await other.service.fetchval("select wallet.fence_lane($1, $2)", late.lane, late.epoch)
    with pytest.raises(asyncpg.PostgresError) as raised:
        await late.post([call])
    assert raised.value.sqlstate == "BR001"
    late.epoch = epoch
    first = (await late.post([call]))[0]
    again = (await late.post([call]))[0]
    assert (first.status, again.status) == (Status.CREATED, Status.CREATED)
    assert first.ops == again.ops
    assert again.cash == 70
    stranger = (await late.post([asked(account, wallet, Kind.BET, "b1", 30)]))[0]
    assert stranger.status is Status.DUPLICATE


async def test_case_27_the_fence_waits_for_an_attempt_that_is_under_way(lanes, account):
    """Case 27: who fences a lane knows afterwards whether the first attempt was committed."""
    slow, other = lanes[:2]
    wallet = await funded(other)
    call = asked(account, wallet, Kind.BET, "b1", 30)
    transaction = slow.service.transaction()
    await transaction.start()
    await slow.post([call])
    fence = asyncio.ensure_future(
        other.service.fetchval("select wallet.fence_lane($1, $2)", slow.lane, slow.epoch)
    )
    await asyncio.sleep(0.05)
    assert not fence.done()
    await transaction.commit()
    slow.epoch = await fence
    assert (await slow.post([call]))[0].status is Status.CREATED
    assert (await slow.post([asked(account, wallet, Kind.BET, "b2", 30)]))[0].cash == 40


async def test_case_29_a_wallet_in_two_calls_of_a_batch_is_the_callers_error(lanes, account):
    """Case 29: refused before anything is written, the other calls of the batch included."""
    wallet, neighbour = await funded(lanes[0]), await funded(lanes[0])
    calls = [
        asked(account, neighbour, Kind.BET, "n1", 10),
        asked(account, wallet, Kind.BET, "b1", 10),
        asked(account, wallet, Kind.BET, "b2", 10),
    ]
    with pytest.raises(asyncpg.PostgresError) as raised:
        await lanes[0].post(calls)
    assert raised.value.sqlstate == "BR002"
    assert [(await insist(lanes[0], call)).cash for call in calls] == [90, 90, 80]


async def test_it_refuses_to_run_on_an_old_snapshot(lanes, account):
    """Under REPEATABLE READ the facts would be older than the locks: post raises and moves nothing."""
    wallet = await funded(lanes[0])
    call = asked(account, wallet, Kind.BET, "b1", 10)
    with pytest.raises(asyncpg.PostgresError) as raised:
        async with lanes[0].service.transaction(isolation="repeatable_read"):
            await lanes[0].post([call])
    assert raised.value.sqlstate == "BR003"
    assert (await insist(lanes[0], call)).cash == 90


async def test_case_30_the_exclusion_waits_for_a_bet_in_flight(lanes, account):
    """Case 30: the bet that came first lands, then the exclusion is acknowledged, and no bet lands after it."""
    lane, office = lanes[:2]
    wallet = await funded(lane)
    transaction = lane.service.transaction()
    await transaction.start()
    assert (await lane.post([asked(account, wallet, Kind.BET, "b1", 10)]))[0].status is Status.CREATED
    exclusion = asyncio.ensure_future(exclude(office, wallet))
    await asyncio.sleep(0.05)
    assert not exclusion.done()
    await transaction.commit()
    assert await exclusion == "excluded"
    refused = (await lane.post([asked(account, wallet, Kind.BET, "b2", 10)]))[0]
    assert refused.status is Status.PLAYER_EXCLUDED
    assert refused.cash == 90


async def test_case_30_a_bet_waits_for_the_exclusion_and_sees_it(lanes, account):
    """Case 30: a bet that waited for the wallet decides on the player as the exclusion left them."""
    lane, office = lanes[:2]
    wallet = await funded(lane)
    transaction = office.service.transaction()
    await transaction.start()
    await exclude(office, wallet)
    bet = asyncio.ensure_future(insist(lane, asked(account, wallet, Kind.BET, "b1", 10)))
    await asyncio.sleep(0.05)
    assert not bet.done()
    await transaction.commit()
    assert (await bet).status is Status.PLAYER_EXCLUDED


async def test_the_revocation_of_a_session_waits_for_a_bet_in_flight(lanes, account):
    """The bet that came first lands, then the revocation is acknowledged, and no bet that was checked lands after it."""
    lane, office = lanes[:2]
    wallet = await funded(lane)
    session = await session_of(office, wallet)
    async with lane.service.transaction():
        [landed] = await lane.post([checked(asked(account, wallet, Kind.BET, "b1", 10), session)])
        assert landed.status is Status.CREATED
        revocation = asyncio.ensure_future(revoke(office, session))
        await asyncio.sleep(0.05)
        assert not revocation.done()
    assert await revocation == [session]
    late = [checked(asked(account, wallet, Kind.BET, "b2", 10), session)]
    assert [(one.status, one.cash) for one in await lane.post(late)] == [(Status.SESSION_REVOKED, 90)]
    assert await revoke(office, session) == []


async def test_a_bet_waits_for_the_revocation_of_its_session_and_sees_it(lanes, account):
    """A bet that waited for the wallet is refused, though its session lived when it was checked; a win lands."""
    lane, office = lanes[:2]
    wallet = await funded(lane)
    session = await session_of(office, wallet)
    await insist(lane, checked(asked(account, wallet, Kind.BET, "b1", 10), session))
    async with office.service.transaction():
        await revoke(office, session)
        late = checked(asked(account, wallet, Kind.BET, "b2", 10), session)
        bet = asyncio.ensure_future(insist(lane, late))
        await asyncio.sleep(0.05)
        assert not bet.done()
    assert (await bet).status is Status.SESSION_REVOKED
    win = asked(account, wallet, Kind.WIN, "w1", 5, reference="b1")
    assert (await insist(lane, checked(win, session))).status is Status.CREATED


async def test_a_bet_whose_session_nobody_checks_lands_after_its_revocation(lanes, account):
    """Where the protocol has bets that no session refuses, a revoked one does not either."""
    wallet = await funded(lanes[0])
    session = await session_of(lanes[1], wallet)
    await revoke(lanes[1], session)
    call = checked(asked(account, wallet, Kind.BET, "b1", 10), session)
    call.session_checked = False
    assert (await insist(lanes[0], call)).status is Status.CREATED


async def test_case_30_a_wallet_opened_during_an_exclusion_is_excluded(lanes):
    """Case 30: a wallet can not be opened past an exclusion that is under way."""
    office, desk = lanes[:2]
    player = await player_of(office, await funded(office))
    transaction = office.service.transaction()
    await transaction.start()
    await change(office, player, "active", "excluded")
    opening = asyncio.ensure_future(
        desk.service.fetchrow("select * from wallet.open_wallet(0, $1, 'USD')", player)
    )
    await asyncio.sleep(0.05)
    assert not opening.done()
    await transaction.commit()
    opened = (await opening)["wallet"]
    status = "select player_status from wallet.wallet where bucket = 0 and id = $1"
    assert await office.owner.fetchval(status, opened) == "excluded"


async def test_case_30_unblocking_does_not_overtake_an_exclusion(lanes):
    """Case 30: who unblocks while a colleague excludes leaves the exclusion standing."""
    office, desk = lanes[:2]
    player = await player_of(office, await funded(office))
    await change(office, player, "active", "blocked")
    transaction = office.service.transaction()
    await transaction.start()
    await change(office, player, "blocked", "excluded")
    unblocking = asyncio.ensure_future(change(desk, player, "blocked", "active"))
    await asyncio.sleep(0.05)
    assert not unblocking.done()
    await transaction.commit()
    assert await unblocking == "excluded"


async def test_opposite_orders_of_wallets_and_keys_never_deadlock(lanes, account):
    """Batches with the same wallets and the same keys in opposite order lose to each other, but never lock for good."""
    wallets = [await funded(lanes[0], 10_000) for _ in range(8)]

    async def play(lane: PostgresLedger, *, forth: bool) -> None:
        for turn in range(15):
            keys = [f"k{turn}-{n}" for n in range(len(wallets))]
            pairs = list(zip(wallets if forth else wallets[::-1], keys, strict=True))
            calls = [asked(account, *pair[:1], Kind.BET, pair[1], 1) for pair in pairs[:: 1 if forth else -1]]
            try:
                await lane.post(calls)
            except (asyncpg.UniqueViolationError, asyncpg.LockNotAvailableError):
                for call in calls:
                    await insist(lane, call)

    await asyncio.gather(*(play(lane, forth=place % 2 == 0) for place, lane in enumerate(lanes)))
    spent = await lanes[0].house("game_revenue", wallets)
    assert spent == 15 * len(wallets)


def checked(call: Call, session: int) -> Call:
    """Let a call be of a session that was found to live."""
    call.session, call.session_checked = session, True
    return call


async def session_of(office: PostgresLedger, wallet: int) -> int:
    """Begin a session at a wallet."""
    return await office.owner.fetchval(
        "insert into wallet.session (bucket, player, wallet, provider_account, external_id, currency_code, expires_at)"
        " values (0, $1, $2, 0, 'p', 'EUR', now() + interval '1 hour') returning id",
        await player_of(office, wallet),
        wallet,
    )


async def revoke(office: PostgresLedger, session: int) -> list[int]:
    """Revoke a session as the internal API does; answer which ended."""
    return await office.service.fetchval("select wallet.revoke_sessions($1)", [session])


async def exclude(office: PostgresLedger, wallet: int) -> str:
    """Exclude a wallet's player as the internal API does."""
    return await change(office, await player_of(office, wallet), "active", "excluded")


async def player_of(office: PostgresLedger, wallet: int) -> int:
    return await office.owner.fetchval(
        "select player from wallet.wallet where bucket = 0 and id = $1", wallet
    )


async def change(office: PostgresLedger, player: int, before: str, after: str) -> str:
    """Change a player's status where it is what was seen before; answer the one that stands."""
    row = await office.service.fetchrow(
        "select * from wallet.change_player_status(0, $1, array[$2::wallet.player_status], $3)",
        player,
        before,
        after,
    )
    return row["status"]
