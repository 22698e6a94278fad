"""Sums at the edge of what the ledger holds: one unit more is balance_overflow, never an exception; and what is long.

A euro is a million units: amounts end at 10^12 euro, balances and the sums of a round at 9 · 10^12.
"""

import secrets
from collections.abc import Awaitable, Callable

import pytest

from tests.ledgers import LedgerUnderTest, OracleLedger, PostgresLedger
from wallet.lane import STATEMENT_SECONDS
from wallet.types import OPERATOR, Call, Kind, Op, Outcome, Policy, Scope

MOST = 10**12


def nine(line: str, amount: int = MOST) -> str:
    """Write a line nine times: ``{n}`` counts, ``{amount}`` is the amount, ``{sum}`` what has come together."""
    return "\n".join(line.format(n=n, amount=amount, sum=n * amount, less=-n * amount) for n in range(1, 10))


async def test_balances_are_bounded(play):
    """Cash, bonus, held money and debt reach nine times the largest amount exactly, and no unit more."""
    await play(f"""
op               key  player  amount  flags                 │ status            cash     bonus  held
{nine("promo_win p{n} alice {amount} _ │ created {sum} 0 0")}
promo_win        p0   alice  0.000001 _                     │ balance_overflow  9{"0" * 12} 0 0
{nine("bonus_grant g{n} bob {amount} _ │ created 0 {sum} 0")}
bonus_grant      g0   bob    0.000001 _                     │ balance_overflow  0 9{"0" * 12} 0
{nine("promo_win q{n} carol {amount} _ │ created {sum} 0 0")}
{nine("withdrawal_hold h{n} carol {amount} _ │ created _ 0 {sum}")}
promo_win        q0   carol         1 _                     │ created           1  0  9{"0" * 12}
withdrawal_hold  h0   carol  0.000001 _                     │ balance_overflow  1  0  9{"0" * 12}
{nine("correction c{n} dave -{amount} correction_below_zero │ created {less} 0 0")}
correction       c0   dave  -0.000001 correction_below_zero │ balance_overflow -9{"0" * 12} 0 0
""")


async def test_what_can_be_spent_is_bounded(play):
    """Cash and bonus money together have the bound of one of them, and a wallet at the bound goes on."""
    await play(f"""
op                  key  player  amount  │ status            cash  bonus
{nine("bonus_grant g{n} alice {amount} │ created 0 {sum}")}
promo_win           p0   alice  0.000001 │ balance_overflow  0     9{"0" * 12}
bonus_convert       v0   alice         5 │ created           5     8{"9" * 11}5
promo_win           p0   alice  0.000001 │ balance_overflow  5     8{"9" * 11}5
bonus_grant         g0   alice  0.000001 │ balance_overflow  5     8{"9" * 11}5
withdrawal_hold     h0   alice         5 │ created           0     8{"9" * 11}5
promo_win           p1   alice         5 │ created           5     8{"9" * 11}5
bet                 b0   alice         7 │ created           0     8{"9" * 11}3
promo_win           p2   alice         7 │ created           7     8{"9" * 11}3
""")


async def test_a_rounds_sums_are_bounded(play):
    """Stakes and wins of one round, of cash and of bonus money, have the bound of a balance."""
    both = nine("promo_win p{n} alice {amount} _ │ created\nbet b{n} alice {amount} r1 │ created")
    won = nine("win w{n} bob {amount} r2 │ created\ntip t{n} bob {amount} _ │ created")
    granted = nine("bonus_grant g{n} carol {amount} _ │ created\nbet c{n} carol {amount} r3 │ created")
    bonus_won = nine("win v{n} dave {amount} r4 │ created\nbonus_forfeit f{n} dave {amount} _ │ created")
    await play(f"""
op           key  player    amount  round │ status
{both}
promo_win    p0   alice   0.000001  _     │ created
bet          b0   alice   0.000001  r1    │ balance_overflow
bet          b0   alice   0.000001  r9    │ created
bet          z2   bob            0  r2    │ created
{won}
win          w0   bob     0.000001  r2    │ balance_overflow
{granted}
bonus_grant  g0   carol   0.000001  _     │ created
bet          c0   carol   0.000001  r3    │ balance_overflow
bonus_grant  f0   dave           1  _     │ created
bet          z4   dave           1  r4    │ created
{bonus_won}
win          v0   dave    0.000001  r4    │ balance_overflow
""")


async def test_stakes_of_both_monies_have_a_sum(play):
    """A round whose stakes in cash and in bonus money are together more than a balance holds still shares its wins."""
    cash, bonus = (
        "\n".join(
            f"{grant} g{n} alice {MOST} _ │ created _ _\nbet b{n} alice {MOST} r1 │ created {moved}"
            for n in numbers
        )
        for grant, numbers, moved in (
            ("promo_win", range(5), f"-{MOST} 0"),
            ("bonus_grant", range(5, 10), f"0 -{MOST}"),
        )
    )
    await play(f"""
op           key  player    amount  round │ status   moved  moved_bonus
{cash}
{bonus}
win          w1   alice          1  r1    │ created  0.5    0.5
""")


async def test_a_reversal_is_bounded(play):
    """A round whose movements sum to more than a balance holds is not taken back at once; one that fills it is."""
    tips = nine(
        "promo_win p{n} alice {amount} _ r9 _ │ created {amount}\ntip t{n} alice {amount} _ r1 _ │ created 0"
    )
    all_that_fits = nine(
        "promo_win q{n} bob {amount} _ r9 _ │ created {amount}\ntip u{n} bob {amount} _ r2 _ │ created 0"
    )
    await play(f"""
op         key  player    amount  ref  round  flags       │ status            cash
{tips}
promo_win  p0   alice     {MOST}    _  r9     _           │ created           {MOST}
tip        t0   alice     {MOST}    _  r1     _           │ created           0
rollback   x1   alice          _   r1  r1     scope=round │ balance_overflow  0
rollback   x2   alice          _   t0  r1     _           │ created           {MOST}
{all_that_fits}
rollback   x3   bob            _   r2  r2     scope=round │ created           9{"0" * 12}
""")


async def test_a_reversal_of_both_monies_is_bounded(play):
    """A round is not taken back whose cash and bonus money have each room in the wallet, and together have none."""
    staked = "\n".join(
        f"promo_win    p{n}   alice  {MOST}  _  r9     _           │ created\n"
        f"bet          b{n}   alice  {MOST}  _  r1     _           │ created"
        for n in range(1, 9)
    )
    granted = "\n".join(
        f"bonus_grant  g{n}   alice  {MOST}  _  _      _           │ created\n"
        f"bet          c{n}   alice  {MOST}  _  r1     _           │ created"
        for n in range(1, 9)
    )
    await play(f"""
op           key  player  amount  ref  round  flags       │ status
{staked}
{granted}
rollback     x1   alice          _   r1  r1     scope=round │ balance_overflow
rollback     x2   alice          _   b1  r1     _           │ created
""")


async def test_what_a_call_spends_is_not_bounded(play):
    """A call that stakes and wins the largest amount over and over is posted, as its operations are one by one."""
    turns = "\n".join(
        f"bet          b{n}   alice  {MOST}  r{n}  A    │ created\nwin          w{n}   alice  {MOST}  r{n}  A    │ created"
        for n in range(11)
    )
    await play(f"""
op           key  player  amount  round  call │ status
promo_win    p0   alice  {MOST}  _     _    │ created
{turns}
""")


async def test_a_win_is_split_by_what_many_reversals_of_its_call_left(play):
    """A call gives twelve stakes of cash back, and its win is bonus money, as the two stakes that stand."""
    staked = "\n".join(f"bet  b{n}  alice  1  _  r1  _  A │ created {11 - n}  _" for n in range(12))
    await play(f"""
op           key  player  amount  ref  round  flags       call │ status   cash  bonus
deposit      d1   alice   12      _    _      _           _    │ created  12     0
{staked}
bonus_grant  g1   alice   10      _    _      _           _    │ created   0    10
bet          c1   alice    4      _    r1     _           _    │ created   0     6
bet          c2   alice    6      _    r1     _           _    │ created   0     0
rollback     x1   alice    _      b0   r1     scope=call  B    │ created  12     0
win          w1   alice   11      c1   r1     _           B    │ created  12    11
""")


LONG, MOST_REVERSALS = 5_000, 250
"""Wins of a long round, and reversals of one call."""

SHORT, SOME_REVERSALS = 40, 12
"""As many as the oracle goes through in a moment; more parts than are recalled one by one."""

DEPOSIT = 1_000
STAKE, WON = 2, 3


def rollbacks(number: int, reference: str, scope: Scope = Scope.KEY, key: str = "x{n}") -> list[Op]:
    """Rollbacks of a call; ``{n}`` counts them."""
    named = "r" if scope is Scope.ROUND else None
    return [
        Op(kind=Kind.ROLLBACK, key=key.format(n=n), reference=reference.format(n=n), scope=scope, round=named)
        for n in range(number)
    ]


MANY: dict[str, Callable[[int], list[Op]]] = {
    "one bet": lambda number: rollbacks(number, "b0"),
    "each bet": lambda number: rollbacks(number, "b{n}"),
    "each bet from the last": lambda number: rollbacks(number, "b{n}")[::-1],
    "each win": lambda number: rollbacks(number, "w{n}"),
    "one call": lambda number: rollbacks(number, "b{n}", Scope.CALL),
    "one round": lambda number: rollbacks(number, "r", Scope.ROUND),
    "one round under one key": lambda number: rollbacks(number, "r", Scope.ROUND, "x"),
}
"""What the rollbacks of one call mean."""

LEFT = {
    ("one bet", False): LONG * WON,
    ("each bet", False): LONG * WON,
    ("each bet from the last", False): LONG * WON,
    ("each win", False): (LONG - MOST_REVERSALS) * WON,
    ("one call", False): LONG * WON,
    ("one round", False): MOST_REVERSALS * STAKE,
    ("one round under one key", False): MOST_REVERSALS * STAKE,
    ("one bet", True): STAKE,
    ("each bet", True): MOST_REVERSALS * STAKE,
    ("each bet from the last", True): MOST_REVERSALS * STAKE,
    ("each win", True): (LONG - MOST_REVERSALS) * WON,
    ("one call", True): MOST_REVERSALS * STAKE,
    ("one round", True): MOST_REVERSALS * STAKE,
    ("one round under one key", True): MOST_REVERSALS * STAKE,
}
"""What is meant, and whether a bet may take its wins with it -> the cash beside what the stakes left of the deposit."""


Post = Callable[[list[Op], bool], Awaitable[Outcome]]


async def played(ledger: LedgerUnderTest, wins: int, stakes: int, *, naming: bool) -> Post:
    """Play a round whose wins name it or, of `naming`, some of them a bet; return what posts a further call on it."""
    wallet, account = await ledger.open(secrets.token_hex(6), "EUR"), 3_000_000 + secrets.randbelow(10**9)

    async def post(ops: list[Op], taking: bool, provider_account: int = account) -> Outcome:
        policy = Policy(win_without_bet=True, rollback_with_wins=taking)
        call = Call(
            id=secrets.randbits(62),
            provider_account=provider_account,
            wallet=wallet,
            ops=tuple(ops),
            policy=policy,
        )
        return (await ledger.post([call]))[0]

    await post([Op(kind=Kind.DEPOSIT, key=secrets.token_hex(6), amount=DEPOSIT)], False, OPERATOR)
    await post([Op(kind=Kind.BET, key=f"b{n}", amount=STAKE, round="r") for n in range(stakes)], False)
    for first in range(0, wins, MOST_REVERSALS):
        places = range(first, min(first + MOST_REVERSALS, wins))
        named = {n: f"b{n % 7}" for n in places if naming and n % 3}
        await post(
            [Op(kind=Kind.WIN, key=f"w{n}", amount=WON, reference=named.get(n), round="r") for n in places],
            False,
        )
    return post


@pytest.mark.parametrize(("meaning", "taking"), LEFT)
async def test_many_reversals_of_a_long_round_end(verified_database, meaning, taking):
    """A call of 250 rollbacks over a round of 5,000 wins ends before its statement is ended, with the right money."""
    ledger = await PostgresLedger.connect(verified_database.service_url, verified_database.owner_url)
    await ledger.service.execute(f"set statement_timeout = {round(STATEMENT_SECONDS * 1000)}")
    post = await played(ledger, LONG, MOST_REVERSALS, naming=False)
    outcome = await post(MANY[meaning](MOST_REVERSALS), taking)
    await ledger.disconnect()
    assert outcome.cash == DEPOSIT - MOST_REVERSALS * STAKE + LEFT[meaning, taking]


@pytest.mark.parametrize(("meaning", "taking"), LEFT)
async def test_many_reversals_are_decided_as_one_by_one(verified_database, meaning, taking):
    """What is read once for a call decides each of its rollbacks, and the wins behind them, as the oracle does."""
    ledger = await PostgresLedger.connect(verified_database.service_url, verified_database.owner_url)
    behind = [
        Op(kind=Kind.WIN, key="late", amount=WON, round="r", reference="b11"),
        *rollbacks(3, "r", Scope.ROUND, "y{n}"),
        Op(kind=Kind.WIN, key="later", amount=WON, round="r"),
    ]
    heard = []
    for under_test in (OracleLedger(), ledger):
        post = await played(under_test, SHORT, SOME_REVERSALS, naming=True)
        many = MANY[meaning](SOME_REVERSALS)
        outcomes = [await post(many + behind[:length], taking) for length in (5, 4, 1, 0)]
        heard.append([(op.status, op.cash) for outcome in outcomes for op in outcome.ops])
        heard[-1] += [(None, outcome.cash) for outcome in outcomes]
    await ledger.disconnect()
    assert heard[0] == heard[1]
