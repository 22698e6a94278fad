"""`bankroll verify`: a sound database passes, while posting goes on, and every planted corruption names its proof."""

import asyncio
import time
from collections.abc import AsyncIterator

import asyncpg
import pytest
from msgspec.structs import replace

from tests.ledger.calls import OpenWallet, bet, call, soon, unique
from tests.servers import Database
from wallet.ledger import Ledger
from wallet.types import Call, Kind, Op, Policy, RefundAmount, Scope, ShortRollback, Status
from wallet.verify import PROOFS, Proof, Report, prove_all, verify

LENIENT = Policy(
    win_without_bet=True,
    rollback_with_wins=True,
    short_rollback=ShortRollback.CLAMP,
    refund_amount=RefundAmount.PARTIAL,
    correction_below_zero=True,
)
OVERDRAFT = Policy(rollback_with_wins=True, short_rollback=ShortRollback.OVERDRAFT)


def story(wallet: int) -> list[Call]:
    """Everything that can happen to a wallet of 1,000, in calls that must all be accepted."""
    name = unique("story")

    def op(kind: Kind, key: str, amount: int = 0, reference: str | None = None, **more: object) -> Op:
        named = None if reference is None else f"{name}:{reference}"
        return Op(kind, f"{name}:{key}", amount, reference=named, **more)

    def play(*ops: Op, policy: Policy = LENIENT, account: int = 1, **more: object) -> Call:
        one = call(wallet, *ops, account=account, policy=policy)
        one.game = 7
        for field, value in more.items():
            setattr(one, field, value)
        return one

    return [
        play(op(Kind.BET, "b1", 100, round="r1"), op(Kind.WIN, "w1", 250, "b1", round="r1", end_round=True)),
        play(op(Kind.BET, "b2", 90, round="r2"), op(Kind.BET, "b3", 10, round="r2")),
        play(op(Kind.REFUND, "f1", 30, "b2", round="r2")),
        play(op(Kind.REFUND, "f2", 60, "b2", round="r2")),
        play(op(Kind.ROLLBACK, "x1", 0, "b3")),
        play(op(Kind.ROLLBACK, "x2", 0, "never", round="r9")),
        play(op(Kind.BONUS_GRANT, "g1", 500), account=0),
        play(op(Kind.TIP, "t1", 5), op(Kind.PROMO_WIN, "p1", 12), op(Kind.JACKPOT_WIN, "j1", 40)),
        play(op(Kind.FREE_BET, "n1", round="r3"), op(Kind.WIN, "w3", 8, round="r3")),
        play(op(Kind.BET, "b4", 1300, round="r4")),
        play(op(Kind.WIN, "w4", 77, round="r4")),
        play(op(Kind.BET, "b5", 20, round="r4"), op(Kind.BET, "b6", 20, round="r5")),
        play(op(Kind.ROLLBACK, "x3", 0, "b6", scope=Scope.CALL)),
        play(op(Kind.BET, "b7", 3, round="r6"), op(Kind.WIN, "w7", 60, round="r6")),
        play(op(Kind.ROLLBACK, "x4", 0, scope=Scope.ROUND, round="r6")),
        play(op(Kind.DEPOSIT, "d1", 400), account=0),
        play(op(Kind.WITHDRAWAL_HOLD, "h1", 100), account=0),
        play(op(Kind.WITHDRAWAL, "c1", 100, "h1"), account=0),
        play(op(Kind.WITHDRAWAL_HOLD, "h2", 100), account=0),
        play(op(Kind.WITHDRAWAL_RELEASE, "c2", 100, "h2"), account=0),
        play(op(Kind.WITHDRAWAL, "c3", 100, "h2"), account=0),
        play(op(Kind.WITHDRAWAL_HOLD, "h3", 50), account=0),
        play(op(Kind.ADJUSTMENT, "a1", -15), account=0, actor="clerk", reason="test"),
        play(op(Kind.WIN, "w8", 1000, round="r7")),
        play(op(Kind.BET, "b8", 900, round="r8")),
        play(op(Kind.ROLLBACK, "x5", 0, "w8"), policy=OVERDRAFT),
        play(op(Kind.WIN, "w9", 5000, round="r10")),
        play(op(Kind.BET, "b9", 3000, round="r11")),
        play(op(Kind.ROLLBACK, "x6", 0, "w9")),
        play(op(Kind.CORRECTION, "k1", -30)),
        play(op(Kind.BUY_IN, "i1", 0), op(Kind.PAYOUT, "o1", 55)),
        play(op(Kind.ROUND_CLOSE, "e1", round="r11", end_round=True)),
        play(op(Kind.BET, "b10", 50, round="r12"), op(Kind.REFUND, "f3", 10, "b10", round="r12")),
        play(
            op(Kind.REFUND, "f4", 7, "b10"),
            op(Kind.REFUND, "f5", 11, "b10"),
            op(Kind.ROLLBACK, "x7", 0, "b10"),
        ),
        play(op(Kind.ROLLBACK, "x8", 0, "nor", round="r13"), op(Kind.ROLLBACK, "x9", 0, "neither")),
        play(op(Kind.WITHDRAWAL_HOLD, "h4", 20), op(Kind.WITHDRAWAL_RELEASE, "c4", 20, "h4"), account=0),
        play(op(Kind.TIP, "t2", 1), op(Kind.BET, "b11", 4, round="r14"), op(Kind.BUY_IN, "i2", 2)),
        play(op(Kind.WIN, "w11", 3, round="r14"), op(Kind.WIN, "w12", 6, "b11")),
        play(op(Kind.REFUND, "f6", 0, "t2", scope=Scope.CALL)),
        play(op(Kind.TIP, "t3", 1, round="r15"), op(Kind.BET, "b13", 4, round="r15")),
        play(op(Kind.WIN, "w13", 3, "b13", round="r16"), policy=replace(LENIENT, compare_round=False)),
        play(op(Kind.REFUND, "f7", 0, scope=Scope.ROUND, round="r15")),
        play(op(Kind.BET, "b14", 4, round="r17")),
        play(op(Kind.WIN, "w14", 3, round="r17")),
        play(op(Kind.REFUND, "f8", 0, "b14")),
        play(op(Kind.TIP, "t4", 1), op(Kind.BET, "b15", 4)),
        play(op(Kind.REFUND, "f9", 0, "t4", scope=Scope.CALL)),
        play(op(Kind.DEPOSIT, "d2", 100), account=0),
        play(op(Kind.BET, "b16", 2), op(Kind.FREE_BET, "n2")),
        play(op(Kind.ROLLBACK, "x10", 0, "b16", scope=Scope.CALL)),
        play(op(Kind.BET, "b17", 2, round="r18"), op(Kind.BET, "b18", 2, round="r18")),
        play(op(Kind.BET, "b19", 2, round="r18")),
        play(op(Kind.ROLLBACK, "x11", 0, "b17", scope=Scope.CALL)),
        play(op(Kind.BET, "b20", 6, round="r19"), op(Kind.BET, "b21", 4), op(Kind.TIP, "t5", 0)),
        play(op(Kind.REFUND, "f10", 2, "b20")),
        play(op(Kind.ROLLBACK, "x12", 0, "b21")),
        play(op(Kind.ROLLBACK, "x13", 0, "t5", scope=Scope.CALL)),
        play(
            op(Kind.BET, "b22", 2, round="r20"),
            op(Kind.FREE_BET, "n3"),
            op(Kind.ROLLBACK, "x14", 0, "b22", scope=Scope.CALL),
            op(Kind.BET, "b23", 2, round="r20"),
            op(Kind.ROLLBACK, "x15", 0, scope=Scope.ROUND, round="r20"),
            op(Kind.BET, "b24", 2, round="r20"),
        ),
        play(op(Kind.ROLLBACK, "x16", 0, scope=Scope.ROUND, round="r20")),
        play(op(Kind.BET, "b25", 3, round="r21")),
        play(op(Kind.WIN, "w25", 5, "b25", round="r22"), policy=replace(LENIENT, compare_round=False)),
        play(op(Kind.ROLLBACK, "x17", 0, scope=Scope.ROUND, round="r21")),
        play(op(Kind.BET, "b26", 3), op(Kind.BET, "b27", 3)),
        play(op(Kind.WIN, "w27", 5, "b27")),
        play(op(Kind.ROLLBACK, "x18", 0, "b26", scope=Scope.CALL)),
        play(op(Kind.BET, "b28", 4)),
        play(op(Kind.BET, "b29", 3, round="r23"), op(Kind.BET, "b30", 3)),
        play(op(Kind.WIN, "w29", 0, round="r23"), op(Kind.WIN, "w30", 0, "b30", round="r23")),
        play(op(Kind.ROLLBACK, "x19", 0, "b29")),
        play(op(Kind.REFUND, "f11", 0, "b30", round="r24")),
    ]


TOLD: dict[str, list[int]] = {}


@pytest.fixture
async def wallets(database: Database, ledger: Ledger, open_wallet: OpenWallet) -> list[int]:
    """Three wallets with the whole story behind them, in two currencies; told once for all tests."""
    if database.name in TOLD:
        return TOLD[database.name]
    opened = [await open_wallet(1000, currency) for currency in ("EUR", "EUR", "BTC")]
    for wallet in opened:
        for one in story(wallet):
            outcome = await ledger.post(one, soon())
            assert outcome.status in {Status.CREATED, Status.TOMBSTONE_CREATED}, (one.ops, outcome)
    TOLD[database.name] = opened
    return opened


@pytest.fixture
async def corrupt(owner: asyncpg.Connection, wallets: list[int]) -> AsyncIterator[asyncpg.Connection]:
    """A superuser's transaction without guards; it is rolled back."""
    transaction = owner.transaction()
    await transaction.start()
    await owner.execute("alter table wallet.posting disable trigger all")
    constraints = await owner.fetch(
        "select conrelid::regclass::text as name, conname from pg_constraint where contype in ('c', 'u')"
        " and conrelid in ('wallet.posting'::regclass, 'wallet.wallet'::regclass)"
    )
    for row in constraints:
        await owner.execute(f"alter table {row['name']} drop constraint {row['conname']}")
    # What forbids is gone; what finds stays.
    await owner.execute("create index on wallet.posting (key, provider_account, bucket)")
    yield owner
    await transaction.rollback()


def broken(report: Report) -> set[str]:
    return {proof.name for proof in report.proofs if not proof.holds}


async def test_a_sound_database_passes(wallets: list[int], database: Database) -> None:
    """Every proof checks something and holds, with the service's rights."""
    report = await verify(database.service_url)
    assert report.lines() == [line for line in report.lines() if " ok " in line]
    assert (report.drift, report.complete, report.holds) == (0, True, True)
    assert [proof.name for proof in report.proofs] == list(PROOFS)
    assert all(proof.checked for proof in report.proofs)


async def test_it_holds_while_posting_goes_on(ledger: Ledger, wallets: list[int], database: Database) -> None:
    """One snapshot: traffic neither disturbs it nor is disturbed."""
    ends = time.monotonic() + 1.0

    async def play(wallet: int) -> int:
        played = 0
        while time.monotonic() < ends:
            outcome = await ledger.post(
                call(wallet, Op(Kind.DEPOSIT, unique("deposit"), 5), Op(Kind.BET, unique("bet"), 1)), soon()
            )
            assert outcome.status is Status.CREATED
            played += 1
        return played

    async def check() -> list[int]:
        return [(await verify(database.service_url)).drift for _ in range(3)]

    *played, drifts = await asyncio.gather(*(play(wallet) for wallet in wallets), check())
    assert drifts == [0, 0, 0]
    assert all(played)


async def test_holds_of_nothing_are_sound(
    ledger: Ledger, open_wallet: OpenWallet, database: Database
) -> None:
    """A hold of 0 that is confirmed, released, or confirmed after its release moves what it says: nothing."""
    wallet = await open_wallet(100)
    confirmed, released = unique("hold"), unique("hold")
    for kind, key, reference in (
        (Kind.WITHDRAWAL_HOLD, confirmed, None),
        (Kind.WITHDRAWAL, unique("end"), confirmed),
        (Kind.WITHDRAWAL_HOLD, released, None),
        (Kind.WITHDRAWAL_RELEASE, unique("end"), released),
        (Kind.WITHDRAWAL, unique("end"), released),
    ):
        one = Op(kind, key, 0, reference=reference)
        assert (await ledger.post(call(wallet, one, account=0), soon())).status is Status.CREATED
    report = await verify(database.service_url)
    assert report.holds, report.lines()


async def test_a_bet_that_comes_after_what_names_it_is_sound(
    ledger: Ledger, open_wallet: OpenWallet, database: Database
) -> None:
    """What refers to a key before there is a posting under it, or to another wallet's, refers to nothing."""
    wallet, other = await open_wallet(100), await open_wallet(100)
    later, theirs = unique("bet"), unique("bet")
    for one in (
        call(wallet, Op(Kind.WIN, unique("win"), 7, reference=later), policy=LENIENT),
        bet(wallet, 5, later),
        bet(other, 5, theirs),
        call(wallet, Op(Kind.PROMO_WIN, unique("promotion"), 7, reference=theirs)),
    ):
        assert (await ledger.post(one, soon())).status is Status.CREATED
    report = await verify(database.service_url)
    assert report.holds, report.lines()


async def test_an_empty_ledger_is_sound(fresh_database: Database) -> None:
    """Nothing posted is nothing wrong."""
    report = await verify(fresh_database.service_url)
    assert report.holds


NEWEST = "(select max(id) from wallet.posting)"
A_BET = "(select min(id) from wallet.posting where kind = 'bet' and round is not null)"
A_WIN = "(select min(id) from wallet.posting where kind = 'win')"
A_WALLET = "(select min(id) from wallet.wallet where seq > 20)"


def given_back_by(win: str, refund: str) -> str:
    """A statement: the story's reversal of a win is said to be of another of its refunds."""
    return (
        "update wallet.reversal r set reversal = v.id from wallet.posting p, wallet.posting v where p.id = r.posting"
        f" and v.wallet = r.wallet and p.key like '%:{win}' and v.key like '%:{refund}'"
    )


def put_to(lost: str, instead: str) -> str:
    """A statement: the story's reversal of one posting is said to be of another."""
    return (
        "update wallet.reversal r set posting = q.id from wallet.posting p, wallet.posting q where p.id = r.posting"
        f" and q.wallet = r.wallet and p.key like '%:{lost}' and q.key like '%:{instead}'"
    )


def not_given_back(lost: str) -> str:
    """A statement: the story's reversal of a posting is lost."""
    return f"delete from wallet.reversal r using wallet.posting p where p.id = r.posting and p.key like '%:{lost}'"


CORRUPTIONS = {
    "a wallet with money from nowhere": (
        f"update wallet.wallet set cash = cash + 1 where id = {A_WALLET}",
        {"books", "wallets"},
    ),
    "money moved between wallets": (
        "update wallet.wallet set cash = cash + case id when 1 then 1 else -1 end where id in (1, 2)",
        {"wallets"},
    ),
    "an overdraft granted by hand": (
        f"update wallet.wallet set overdraft = overdraft + 1 where id = {A_WALLET}",
        {"wallets"},
    ),
    "a house balance changed": (
        "update wallet.house_balance set balance = balance + 1 where house = 'game_revenue' and currency = 'EUR'",
        {"books", "house_balances"},
    ),
    "house balances swapped": (
        (
            "update wallet.house_balance set balance = balance + case house when 'game_revenue' then 1 else -1 end"
            " where currency = 'BTC' and house in ('game_revenue', 'jackpot_pool')"
        ),
        {"house_balances"},
    ),
    "a house balance lost": (
        "delete from wallet.house_balance where house = 'payment_clearing'",
        {"books", "house_balances"},
    ),
    "a posting's house leg changed": (
        f"update wallet.posting set house_amount = house_amount + 1 where id = {A_BET}",
        {"legs", "house_balances"},
    ),
    "a further leg without its amount": (
        f"update wallet.posting set other_houses = '{{house_loss}}' where id = {A_BET}",
        {"legs"},
    ),
    "a further leg without its house account": (
        f"update wallet.posting set other_amounts = '{{0}}' where id = {A_BET}",
        {"legs"},
    ),
    "a further leg of nulls": (
        f"update wallet.posting set other_houses = '{{null}}', other_amounts = '{{null}}' where id = {A_BET}",
        {"legs"},
    ),
    "a further leg of unequal lengths": (
        (
            "update wallet.posting set other_houses = '{house_loss}', other_amounts = '{0, 0}'"
            f" where id = {A_BET}"
        ),
        {"legs"},
    ),
    "an amount that cannot be negated": (
        f"update wallet.posting set amount = '-9223372036854775808' where id = {A_BET}",
        {"amounts"},
    ),
    "a posting deleted": (
        f"delete from wallet.posting where wallet = {A_WALLET} and kind = 'payout'",
        {"wallets", "sequences", "chains", "house_balances"},
    ),
    "a posting renumbered": (
        f"update wallet.posting set seq = seq + 1000000000 where wallet = {A_WALLET} and kind = 'round_close'",
        {"sequences", "rounds"},
    ),
    "a posting renumbered below the first": (
        (
            "update wallet.posting p set seq = -p.seq from wallet.wallet w"
            " where w.id = p.wallet and w.seq = p.seq and w.seq > 20"
        ),
        {"wallets"},
    ),
    "a time set back": (
        "update wallet.posting set recorded_at = '2001-01-01' where kind = 'tip'",
        {"sequences"},
    ),
    "a balance after changed": (
        f"update wallet.posting set cash_after = cash_after + 1 where id = {A_BET}",
        {"chains"},
    ),
    "a bet made smaller with all its consequences": (
        f"update wallet.posting set amount = amount + 1 where id = {A_BET}",
        {"amounts"},
    ),
    "a posting given to another currency": (
        "update wallet.posting set currency = 'USD' where kind = 'jackpot_win'",
        {"owners", "house_balances"},
    ),
    "a deposit said to be a promotion": (
        "update wallet.posting set kind = 'promo_win' where kind = 'deposit'",
        {"houses"},
    ),
    "a deposit said to be an adjustment": (
        "update wallet.posting set kind = 'adjustment' where kind = 'deposit'",
        {"houses"},
    ),
    "a win at the house's loss": (
        f"""
        with moved as (
            update wallet.posting set house = 'house_loss' where id = {A_WIN}
            returning bucket, provider_account, currency, house_amount),
        left_behind as (
            update wallet.house_balance h set balance = h.balance - m.house_amount from moved m
            where (h.house, h.provider_account, h.currency) = ('game_revenue', m.provider_account, m.currency)
              and h.lane = (select min(lane) from wallet.house_balance k
                            where (k.house, k.provider_account, k.currency)
                                = ('game_revenue', m.provider_account, m.currency)))
        insert into wallet.house_balance
        select bucket, 'house_loss', provider_account, currency, 1000, house_amount from moved""",
        {"houses"},
    ),
    "a bet with a further leg": (
        f"update wallet.posting set other_houses = '{{house_loss}}', other_amounts = '{{0}}' where id = {A_BET}",
        {"houses"},
    ),
    "a late payment that nobody owes": (
        "update wallet.posting set other_houses = '{house_loss}' where kind = 'withdrawal' and late",
        {"houses"},
    ),
    "a late payment of more than was held": (
        (
            "update wallet.posting set house_amount = house_amount + 1, other_amounts = array[other_amounts[1] - 1]"
            " where kind = 'withdrawal' and late"
        ),
        {"reversing"},
    ),
    "a rollback from another house account": (
        "update wallet.posting set house = 'jackpot_pool' where kind = 'rollback' and scope = 'key'",
        {"houses", "given_back"},
    ),
    "a round's rollback from another house account": (
        "update wallet.posting set house = 'jackpot_pool' where kind = 'rollback' and scope = 'round'",
        {"given_back"},
    ),
    "a round's rollback from payments": (
        "update wallet.posting set house = 'payment_clearing' where kind = 'rollback' and scope = 'round'",
        {"houses", "given_back"},
    ),
    "a loss for a wallet that could pay": (
        (
            "update wallet.posting set other_houses = '{house_loss}', other_amounts = '{-1}',"
            " house_amount = house_amount + 1 where kind = 'refund' and cash_after > 0 and bonus_after > 0"
        ),
        {"houses", "given_back"},
    ),
    "a wallet deleted": (f"delete from wallet.wallet where id = {A_WALLET}", {"owners", "books"}),
    "a player deleted": (
        f"delete from wallet.player p using wallet.wallet w where p.id = w.player and w.id = {A_WALLET}",
        {"players"},
    ),
    "a player excluded, the wallet not": (
        (
            "update wallet.player p set status = 'excluded' from wallet.wallet w"
            f" where p.id = w.player and w.id = {A_WALLET}"
        ),
        {"players"},
    ),
    "a wallet blocked, the player not": (
        f"update wallet.wallet set player_status = 'blocked' where id = {A_WALLET}",
        {"players"},
    ),
    "a win that says it is another bet's": (
        (
            "update wallet.posting w set original = b.id from wallet.posting b"
            " where w.kind = 'win' and w.original <> b.id and b.wallet = w.wallet and b.kind = 'bet'"
        ),
        {"references"},
    ),
    "a win that refers to nothing there is": (
        "update wallet.posting set reference = 'nothing' where kind = 'win' and original_kind = 'bet'",
        {"references"},
    ),
    "a win that forgot its bet": (
        "update wallet.posting set original = null, original_kind = null where kind = 'win'",
        {"references"},
    ),
    "a win of another wallet's bet": (
        (
            "update wallet.posting w set original = b.id, reference = b.key from wallet.posting b"
            " where w.kind = 'win' and w.original_kind = 'bet' and b.wallet <> w.wallet and b.kind = 'bet'"
        ),
        {"references"},
    ),
    "a bet that refers to something": (
        f"update wallet.posting set original = id - 1, original_kind = 'win' where id = {A_BET}",
        {"references"},
    ),
    "a bet's key changed under its refund": (
        "update wallet.posting set key = 'changed ' || id where kind = 'bet' and id in (select posting from wallet.reversal)",
        {"references"},
    ),
    "a refund of another bet that was given back": (
        (
            "update wallet.posting v set original = r.posting from wallet.reversal r join wallet.posting b"
            " on b.id = r.posting where v.kind = 'refund' and r.wallet = v.wallet and r.posting <> v.original"
            " and b.kind = 'bet'"
        ),
        {"references"},
    ),
    "a rollback said to be a tombstone's": (
        (
            "update wallet.posting set original_kind = 'tombstone'"
            " where kind = 'rollback' and scope = 'key' and original_kind = 'bet'"
        ),
        {"references"},
    ),
    "a round's rollback that begins elsewhere": (
        "update wallet.posting set original = original + 1 where kind = 'rollback' and scope = 'round'",
        {"references"},
    ),
    "a release of something else": (
        "update wallet.posting set original_kind = 'deposit' where kind = 'withdrawal_release'",
        {"references"},
    ),
    "a hold forgotten": (
        f"update wallet.wallet set held = held - 50, cash = cash + 50 where id = {A_WALLET}",
        {"held", "wallets"},
    ),
    "a hold's end forgotten": (
        "delete from wallet.reversal where kind = 'withdrawal'",
        {"held", "reversing"},
    ),
    "a hold ended twice": (
        (
            "update wallet.posting set original = (select original from wallet.posting where kind = 'withdrawal'"
            " and not late limit 1) where kind = 'withdrawal' and late"
        ),
        {"reversing"},
    ),
    "a round's stakes changed": (
        "update wallet.round set stake_cash = stake_cash + 1 where round = 'r1'",
        {"rounds"},
    ),
    "a round's win split shifted": (
        "update wallet.round set win_cash = win_cash - 1, win_bonus = win_bonus + 1 where round = 'r4'",
        {"rounds"},
    ),
    "a round's live bets changed": (
        "update wallet.round set live_bets = live_bets + 1 where round = 'r2'",
        {"rounds"},
    ),
    "a round's span shortened": (
        "update wallet.round set last_seq = last_seq - 1 where round = 'r2'",
        {"rounds"},
    ),
    "a round opened at another time": (
        "update wallet.round set opened_at = opened_at - interval '1 day' where round = 'r1'",
        {"rounds"},
    ),
    "a round changed at another time": (
        "update wallet.round set changed_at = changed_at + interval '1 day' where round = 'r5'",
        {"rounds"},
    ),
    "a closed round opened": ("update wallet.round set closed = false where round = 'r1'", {"rounds"}),
    "a round lost": ("delete from wallet.round where round = 'r3'", {"rounds"}),
    "a round invented": (
        (
            "insert into wallet.round select bucket, provider_account, wallet, game, first_seq, last_seq, 0, 0, 0, 0,"
            " 0, 0, 0, false, opened_at, changed_at, 'invented' from wallet.round limit 1"
        ),
        {"rounds"},
    ),
    "a round of nobody": (
        "update wallet.round set wallet = wallet + 1000000 where round = 'r3'",
        {"owners", "rounds"},
    ),
    "a reversal of nobody": (
        "update wallet.reversal set wallet = wallet + 1000000 where kind = 'rollback'",
        {"owners", "reversing", "given_back"},
    ),
    "a release confirmed twice": (
        (
            "update wallet.posting p set kind = 'withdrawal', late = true, original = l.original"
            " from wallet.posting l where l.kind = 'withdrawal' and l.late and l.wallet = p.wallet and p.kind = 'tip'"
        ),
        {"reversing"},
    ),
    "a refund forgotten": (
        "delete from wallet.reversal where kind = 'refund'",
        {"reversing", "given_back", "rounds"},
    ),
    "a refund's parts shifted": (
        "update wallet.reversal set cash = cash - 1, bonus = bonus + 1 where kind = 'refund'",
        {"reversals", "rounds"},
    ),
    "a reversal in another wallet": (
        "update wallet.reversal set wallet = wallet + 1 where kind = 'rollback'",
        {"reversals", "reversing", "given_back"},
    ),
    "a reversal of another kind": (
        "update wallet.reversal set kind = 'withdrawal' where kind = 'rollback'",
        {"reversals", "given_back"},
    ),
    "a reversal said to be partial": (
        "update wallet.reversal set whole = false where kind = 'rollback'",
        {"reversals", "rounds"},
    ),
    "a win given back by another round's refund": (given_back_by("w12", "f7"), {"reversals"}),
    "a win given back by another bet's refund": (given_back_by("w13", "f8"), {"reversals"}),
    "a win given back by another call's refund": (given_back_by("w14", "f9"), {"reversals"}),
    "a win given back without its bet": (not_given_back("b14"), {"reversals", "reversing"}),
    "a call given back without its free bet": (not_given_back("n2"), {"reversing"}),
    "a call given back without its own free bet": (not_given_back("n3"), {"reversing"}),
    "a round given back without its win": (not_given_back("w7"), {"reversing", "given_back", "rounds"}),
    "a round given back once more without its new bet": (not_given_back("b24"), {"reversing", "rounds"}),
    "a bet given back without its result of nothing": (not_given_back("w29"), {"reversing"}),
    "a bet given back without a result of nothing that names it": (not_given_back("w30"), {"reversing"}),
    "a bet given back for another of its round": (put_to("b18", "b19"), {"reversals", "reversing"}),
    "a bet given back for another": (put_to("b21", "b28"), {"reversals", "reversing"}),
    "a reversal invented": (
        (
            f"insert into wallet.reversal select bucket, id, wallet, {NEWEST}, 'rollback', amount, -cash, -bonus, true"
            " from wallet.posting where key like '%:t1'"
        ),
        {"reversals", "given_back"},
    ),
    "a tombstone without its rollback": (
        "update wallet.posting set original = original + 1000000 where kind = 'tombstone'",
        {"tombstones"},
    ),
    "a tombstone of another kind": (
        "update wallet.posting set original_kind = 'refund' where kind = 'tombstone'",
        {"tombstones"},
    ),
    "a live posting under a tombstone": (
        (
            "update wallet.posting p set key = t.key, provider_account = t.provider_account from wallet.posting t"
            f" where t.kind = 'tombstone' and t.wallet = {A_WALLET} and p.kind = 'round_close' and p.wallet = {A_WALLET}"
        ),
        {"tombstones", "keys"},
    ),
    "two postings under one key": (
        "update wallet.posting set key = 'same' where kind = 'tip'",
        {"keys"},
    ),
    "two postings with one id": (
        f"update wallet.posting set id = {A_BET} where kind = 'tip'",
        {"ids"},
    ),
}


@pytest.mark.parametrize("name", CORRUPTIONS)
async def test_a_corruption_names_its_proofs(corrupt: asyncpg.Connection, name: str) -> None:
    """Each planted corruption is found by the proofs that must find it, and shown with its rows."""
    statement, named = CORRUPTIONS[name]
    done = await corrupt.execute(statement)
    assert int(done.split()[-1]) > 0, "the statement planted nothing"
    report = await prove_all(corrupt, soon(60))
    assert report.complete
    assert named <= broken(report)
    assert report.drift > 0
    assert not report.holds
    for proof in report.proofs:
        assert bool(proof.examples) == (proof.broken > 0)


async def test_every_proof_is_shown_to_find_something() -> None:
    """No proof is decoration: each is named by a planted corruption."""
    assert set().union(*(named for _, named in CORRUPTIONS.values())) == set(PROOFS)


async def test_time_that_is_up_is_no_proof(wallets: list[int], database: Database) -> None:
    """What could not be checked in time is reported as not finished, and the report does not hold."""
    report = await verify(database.service_url, timeout_seconds=0.0)
    assert not report.complete
    assert not report.holds
    assert report.drift == 0
    assert {proof.checked for proof in report.proofs} == {None}


def test_a_report_reads_as_text() -> None:
    """One line per proof, the offending rows below theirs, and how many more there are."""
    proof = Proof("keys", "keys are unique", 3000, 25)
    assert Report((proof,)).lines() == ["keys                     3,000  25 BROKEN    keys are unique"]


async def test_bets_after_verification_go_on(ledger: Ledger, wallets: list[int]) -> None:
    """Verification leaves nothing behind that could stop a bet."""
    deposit = await ledger.post(call(wallets[0], Op(Kind.DEPOSIT, unique("deposit"), 100)), soon())
    assert deposit.status is Status.CREATED
    assert (await ledger.post(bet(wallets[0], 1), soon())).status is Status.CREATED
