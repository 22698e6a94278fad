"""Refunds and rollbacks (cases 15 to 18): what is restored, how much of it, and what if the money is gone."""


async def test_case_15_a_win_is_taken_back_while_the_cash_is_there(play):
    """Case 15: whatever the policy, a win that is still there goes back to where it came from."""
    await play("""
op           key  player  amount  ref  round  flags                    │ status   cash  game_revenue  jackpot_pool  bonus_cost
deposit      d1   alice      100    _  _      _                        │ created   100    0    0    0
bet          b1   alice       10    _  r1     _                        │ created    90   10    0    0
win          w1   alice       50   b1  r1     _                        │ created   140  -40    0    0
rollback     x1   alice        _   w1  r1     _                        │ created    90   10    0    0
jackpot_win  j1   alice       70    _  r1     _                        │ created   160   10  -70    0
rollback     x2   alice        _   j1  r1     short_rollback=clamp     │ created    90   10    0    0
promo_win    p1   alice       30    _  _      _                        │ created   120   10    0  -30
rollback     x3   alice        _   p1  _      short_rollback=overdraft │ created    90   10    0    0
buy_in       i1   alice       40    _  _      _                        │ created    50   50    0    0
payout       o1   alice       60    _  _      _                        │ created   110  -10    0    0
rollback     x4   alice        _   o1  _      _                        │ created    50   50    0    0
refund       x5   alice        _   i1  _      _                        │ created    90   10    0    0
tip          t1   alice       20    _  _      _                        │ created    70   30    0    0
refund       x6   alice        _   t1  _      _                        │ created    90   10    0    0
correction   c1   alice      -15    _  _      _                        │ created    75   25    0    0
rollback     x7   alice        _   c1  _      _                        │ created    90   10    0    0
""")


SHORT = """
op        key  player  amount  ref  round  flags   │ status                 cash  bonus  house_loss  game_revenue
deposit   d1   alice       10    _  _      _       │ created                  10      0   0    0
bet       b1   alice       10    _  r1     _       │ created                   0      0   0   10
win       w1   alice       50    _  r1     _       │ created                  50      0   0  -40
tip       t1   alice       30    _  _      _       │ created                  20      0   0  -10
"""


async def test_case_15_refuse(play):
    """Case 15: by default a win whose money is gone is not taken back."""
    await play(
        SHORT
        + """
rollback  x1   alice        _   w1  r1     _       │ insufficient_funds       20      0   0  -10
rollback  x2   alice        _   r1  r1     scope=round │ insufficient_funds   20      0   0  -10
"""
    )


async def test_case_15_clamp(play):
    """Case 15: what is there is taken, the shortfall is the house's loss, and the win counts as taken back."""
    await play(
        SHORT
        + """
rollback  x1   alice        _   w1  r1     short_rollback=clamp │ created              0      0 -30   40
rollback  x1   alice        _   w1  r1     short_rollback=clamp │ duplicate            0      0 -30   40
rollback  x2   alice        _   w1  r1     short_rollback=clamp │ reference_reversed   0      0 -30   40
rollback  x3   alice        _   b1  r1     _                    │ created             10      0 -30   30
"""
    )


async def test_case_15_overdraft(play):
    """Case 15: below zero the player owes; debts are paid by what comes in and cannot be staked or withdrawn."""
    await play(
        SHORT
        + """
rollback         x1   alice    _   w1  r1     short_rollback=overdraft │ created             -30      0   0   40
bet              b2   alice    1    _  r2     _                        │ insufficient_funds  -30      0   0   40
withdrawal_hold  h1   alice    1    _  _      _                        │ insufficient_funds  -30      0   0   40
bet              b0   alice    0    _  r2     _                        │ created             -30      0   0   40
bonus_grant      g1   alice    5    _  _      _                        │ created             -30      5   0   40
bet              b3   alice    4    _  r2     _                        │ created             -30      1   0   44
deposit          d2   alice   20    _  _      _                        │ created             -10      1   0   44
deposit          d3   alice   20    _  _      _                        │ created              10      1   0   44
bet              b4   alice   11    _  r2     _                        │ created               0      0   0   55
"""
    )


async def test_case_15_a_bonus_part_that_is_gone(play):
    """Case 15: of a win that was part bonus each part is taken where it is; overdraft puts the rest on cash."""
    for policy, status, cash, bonus, loss in (
        ("refuse", "insufficient_funds", 15, 0, 0),
        ("clamp", "created", 2.5, 0, -12.5),
        ("overdraft", "created", -10, 0, 0),
    ):
        await play(
            f"""
op             key  player    amount  ref  round  flags                   │ status    cash  bonus  house_loss
deposit        d1   alice      10    _  _      _                       │ created     10      0  0
bonus_grant    g1   alice      10    _  _      _                       │ created     10     10  0
bet            b1   alice      20    _  r1     _                       │ created      0      0  0
win            w1   alice      25    _  r1     _                       │ created     12.5   12.5  0
bonus_convert  v1   alice    12.5    _  _      _                       │ created     25      0  0
tip            t1   alice      10    _  _      _                       │ created     15      0  0
rollback       x1   alice       _   w1  r1     short_rollback={policy} │ {status}  {cash} {bonus}  {loss}
"""
        )


async def test_case_16_the_amount_of_a_refund_is_ignored(play):
    """Case 16: the original's amount and its parts are restored, whatever the request says."""
    await play("""
op           key  player  amount  ref │ status     cash  bonus  moved  moved_bonus
deposit      d1   alice       30    _ │ created      30      0     30            0
bonus_grant  g1   alice       30    _ │ created      30     30      0           30
bet          b1   alice       40    _ │ created       0     20    -30          -10
refund       x1   alice        1   b1 │ created      30     30     30           10
refund       x1   alice        2   b1 │ duplicate    30     30     30           10
bet          b2   alice       40    _ │ created       0     20    -30          -10
rollback     x2   alice      999   b2 │ created      30     30     30           10
""")


async def test_case_16_the_amount_must_match_by_policy(play):
    """Case 16: by policy an amount other than the original's is reference_differs."""
    await play("""
op        key  player  amount  ref  flags               │ status              cash
deposit   d1   alice      100    _  _                   │ created              100
bet       b1   alice       40    _  _                   │ created               60
refund    x1   alice       39    b1 refund_amount=match │ reference_differs     60
rollback  x1   alice       41    b1 refund_amount=match │ reference_differs     60
refund    x1   alice        _    b1 refund_amount=match │ reference_differs     60
refund    x1   alice       40    b1 refund_amount=match │ created              100
refund    x1   alice       39    b1 refund_amount=match │ key_reused           100
""")


async def test_case_16_what_a_refund_says_of_what_moved_otherwise(play):
    """Case 16: a free bet's amount is what it was worth, or 0; a correction that took money is undone by what it took."""
    await play("""
op          key  player  amount  ref  flags                             │ status              cash  original
deposit     d1   alice      100    _  _                                 │ created              100  _
free_bet    f1   alice        _    _  nominal=10                        │ created              100  _
refund      x1   alice        9   f1  refund_amount=match               │ reference_differs    100  _
refund      x1   alice       10   f1  refund_amount=match               │ created              100  f1
free_bet    f2   alice        _    _  nominal=10                        │ created              100  _
rollback    x2   alice        _   f2  refund_amount=match               │ created              100  f2
free_bet    f3   alice        _    _  nominal=10                        │ created              100  _
refund      x3   alice       11   f3  refund_amount=partial             │ reference_differs    100  _
refund      x3   alice       10   f3  refund_amount=partial             │ created              100  f3
free_bet    f4   alice        _    _  nominal=10                        │ created              100  _
refund      x4   alice        3   f4  refund_amount=partial             │ created              100  f4
refund      x5   alice        3   f4  refund_amount=partial             │ reference_reversed   100  x4
correction  c1   alice      -10    _  _                                 │ created               90  _
rollback    x6   alice        9   c1  refund_amount=match               │ reference_differs     90  _
rollback    x6   alice       10   c1  refund_amount=match               │ created              100  c1
bet         b1   alice       10    _  nominal=4                         │ created               90  _
refund      x7   alice        4   b1  refund_amount=match               │ reference_differs     90  _
refund      x8   alice        3   b1  refund_amount=partial             │ created               93  b1
refund      x9   alice        8   b1  refund_amount=partial             │ reference_differs     93  _
""")


async def test_case_17_partial_refunds_are_cumulative(play):
    """Case 17: never more than the original; the cash part is the floor of the cumulative share, the last takes the rest."""
    await play("""
op           key  player   amount  ref  flags                 │ status              cash      bonus     original
deposit      d1   alice  0.000005    _  _                     │ created             0.000005  0         _
bonus_grant  g1   alice        10    _  _                     │ created             0.000005  10        _
bet          b1   alice  0.000010    _  _                     │ created             0         9.999995  _
refund       x1   alice  0.000003   b1  refund_amount=partial │ created             0.000001  9.999997  b1
refund       x1   alice  0.000003   b1  refund_amount=partial │ duplicate           0.000001  9.999997  b1
refund       x2   alice  0.000008   b1  refund_amount=partial │ reference_differs   0.000001  9.999997  _
refund       x2   alice  0.000003   b1  refund_amount=partial │ created             0.000003  9.999998  b1
refund       x3   alice  0.000004   b1  refund_amount=partial │ created             0.000005  10        b1
refund       x4   alice  0.000001   b1  refund_amount=partial │ reference_reversed  0.000005  10        x1
""")


async def test_case_17_a_large_part_is_rounded_down(play):
    """Case 17: the floor is exact where the share in cash lacks less than a millionth of the next unit."""
    await play("""
op           key  player          amount  ref  flags                 │ status   moved            moved_bonus
deposit      d1   alice   2000000.000001    _  _                     │ created   2000000.000001        0
bonus_grant  g1   alice   1000000           _  _                     │ created         0        1000000
bet          b1   alice   3000000.000001    _  _                     │ created  -2000000.000001  -1000000
refund       x1   alice   2999999.999998   b1  refund_amount=partial │ created   1999999.999998   1000000
refund       x2   alice                _   b1  refund_amount=partial │ created         0.000003         0
""")


async def test_case_28_a_round_is_one_players(play):
    """Case 28: a round of the same name is another player's own; whoever takes one back leaves the other's."""
    await play("""
op        key  player  amount  ref  round  flags               │ status    cash  moved
deposit   d1   alice      100    _  _      _                   │ created    100    100
deposit   d2   bob        100    _  _      _                   │ created    100    100
bet       b1   alice       10    _  r1     _                   │ created     90    -10
tip       t2   bob          1    _  _      _                   │ created     99     -1
bet       b2   bob         20    _  r1     _                   │ created     79    -20
win       w2   bob          5    _  r1     _                   │ created     84      5
tip       t1   alice        1    _  r1     _                   │ created     89     -1
tip       t3   alice        1    _  _      _                   │ created     88     -1
win       w1   alice        5   b1  r1     one_win_per_bet     │ created     93      5
rollback  x1   alice        _   b1  r1     rollback_with_wins  │ created     98      5
rollback  x2   bob          _   r1  r1     scope=round         │ created     99     15
""")


async def test_case_17_the_whole_rest(play):
    """Case 17: after a part, a rollback, a refund of all that is left or one without an amount gives the rest."""
    await play("""
op        key  player  amount  ref  round  flags                 │ status              cash
deposit   d1   alice      100    _  _      _                     │ created              100
bet       b1   alice       40    _  r1     _                     │ created               60
refund    x1   alice       10   b1  r1     refund_amount=partial │ created               70
rollback  x2   alice        _   b1  r1     _                     │ created              100
bet       b2   alice       40    _  r1     _                     │ created               60
refund    x3   alice       10   b2  r1     refund_amount=partial │ created               70
refund    x4   alice        _   b2  r1     refund_amount=partial │ created              100
tip       t1   alice       40    _  r1     _                     │ created               60
refund    x5   alice       10   t1  r1     refund_amount=partial │ created               70
refund    x6   alice        1   t1  r1     _                     │ created              100
bet       b3   alice       40    _  r2     _                     │ created               60
refund    x8   alice       99   b3  r2     _                     │ created              100
rollback  x7   alice        _   r1  r1     scope=round           │ reference_reversed   100
""")


async def test_case_17_a_bet_given_back_in_part_is_live(play):
    """Case 17: it can win; then it is settled, and a part of it cannot go back any more."""
    await play("""
op        key  player  amount  ref  round  flags                                    │ status              cash
deposit   d1   alice      100    _  _      _                                        │ created              100
bet       b1   alice       40    _  r1     _                                        │ created               60
refund    x1   alice       10   b1  r1     refund_amount=partial                    │ created               70
win       w1   alice       50   b1  r1     _                                        │ created              120
refund    x2   alice       10   b1  r1     refund_amount=partial                    │ reference_settled    120
refund    x2   alice       10   b1  r1     refund_amount=partial,rollback_with_wins │ reference_settled    120
refund    x2   alice       30   b1  r1     refund_amount=partial,rollback_with_wins │ created              100
bet       b2   alice       40    _  r2     _                                        │ created               60
win       w2   alice        5   b2  r2     _                                        │ created               65
refund    x3   alice       40   b2  r2     refund_amount=partial,rollback_with_wins │ created              100
""")


async def test_case_18_a_correction_below_zero(play):
    """Case 18: 1000.00 less 1001.00 is -1.00 where the policy lets a correction do that, and nothing is spendable."""
    await play("""
op           key  player   amount  flags                 │ status              cash
deposit      d1   alice      1000  _                     │ created             1000
correction   c0   alice     -1000  _                     │ created                0
deposit      d2   alice      1000  _                     │ created             1000
correction   c1   alice     -1001  _                     │ insufficient_funds  1000
correction   c1   alice     -1001  correction_below_zero │ created               -1
bet          b1   alice  0.000001  correction_below_zero │ insufficient_funds    -1
tip          t1   alice  0.000001  correction_below_zero │ insufficient_funds    -1
correction   c2   alice        -1  _                     │ insufficient_funds    -1
correction   c3   alice         3  _                     │ created                2
bet          b1   alice         2  _                     │ created                0
""")
