"""Sums at the edge of what the ledger holds: one unit more is balance_overflow, never an exception.

A euro is a million units: amounts end at 10^12 euro, balances and the sums of a round at 9 · 10^12.
"""

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


async def test_a_reversal_is_bounded(play):
    """A round whose movements sum to more than a balance holds is not taken back at once."""
    tips = nine(
        "promo_win p{n} alice {amount} _ r9 _ │ created {amount}\ntip t{n} alice {amount} _ r1 _ │ created 0"
    )
    await play(f"""
op         key  player    amount  ref  round  flags       │ status            cash
{tips}
promo_win  p0   alice     {MOST}    _  r9     _           │ created           {MOST}
tip        t0   alice     {MOST}    _  r1     _           │ created           0
rollback   x1   alice          _   r1  r1     scope=round │ balance_overflow  0
rollback   x2   alice          _   t0  r1     _           │ created           {MOST}
""")
