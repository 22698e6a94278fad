"""Deposits, withdrawals and adjustments (semantics, section 3), and bonus money (5.1 to 5.4)."""

import pytest


async def test_a_deposit_is_once(play):
    """Section 3: a deposit credits against payment clearing, and its key makes it idempotent."""
    await play("""
op       key  player  amount  ref   │ status      cash  payment_clearing
deposit  d1   alice      100  pay-1 │ created      100  -100
deposit  d1   alice      100  pay-1 │ duplicate    100  -100
deposit  d1   alice      101  pay-1 │ key_reused   100  -100
deposit  d1   alice      100  pay-2 │ key_reused   100  -100
deposit  d2   alice      100  pay-1 │ created      200  -200
""")


async def test_a_withdrawal_has_two_phases(play):
    """Section 3: hold, then confirm; each idempotent, each once, a release after a confirm is refused."""
    await play("""
op                  key  player  amount  ref │ status               cash  held  payment_clearing  original
deposit             d1   alice      100    _ │ created               100     0  -100  _
withdrawal_hold     h1   alice      101    _ │ insufficient_funds    100     0  -100  _
withdrawal_hold     h1   alice       60    _ │ created                40    60  -100  _
withdrawal_hold     h1   alice       60    _ │ duplicate              40    60  -100  _
withdrawal_hold     h1   alice       61    _ │ key_reused             40    60  -100  _
withdrawal          p1   alice       59   h1 │ reference_differs      40    60  -100  _
withdrawal          p1   alice       60   h1 │ created                40     0   -40  h1
withdrawal          p1   alice       60   h1 │ duplicate              40     0   -40  h1
withdrawal          p2   alice       60   h1 │ reference_settled      40     0   -40  _
withdrawal_release  l1   alice       60   h1 │ reference_settled      40     0   -40  _
withdrawal          p3   alice       60   h9 │ reference_not_found    40     0   -40  _
withdrawal_release  l1   alice       60   h9 │ reference_not_found    40     0   -40  _
withdrawal          p3   alice       60   d1 │ reference_differs      40     0   -40  _
withdrawal          p3   alice       60    _ │ reference_not_found    40     0   -40  _
""")


async def test_a_hold_is_released_once(play):
    """Section 3: a release gives the cash back; a second one is told the first."""
    await play("""
op                  key  player  amount  ref │ status               cash  held  payment_clearing  original
deposit             d1   alice      100    _ │ created               100     0  -100  _
withdrawal_hold     h1   alice       60    _ │ created                40    60  -100  _
withdrawal_hold     h2   alice       10    _ │ created                30    70  -100  _
withdrawal_release  l1   alice       61   h1 │ reference_differs      30    70  -100  _
withdrawal_release  l1   alice        _   h1 │ created                90    10  -100  h1
withdrawal_release  l1   alice        _   h1 │ duplicate              90    10  -100  h1
withdrawal_release  l2   alice       60   h1 │ reference_reversed     90    10  -100  l1
withdrawal          p2   alice        _   h2 │ created                90     0   -90  h2
""")


async def test_another_players_hold(play):
    """Section 3 and case 28: nobody confirms or releases another player's hold."""
    await play("""
op                  key  player  amount  ref │ status              cash  held
deposit             d1   alice      100    _ │ created              100     0
withdrawal_hold     h1   alice       60    _ │ created               40    60
withdrawal          p1   bob         60   h1 │ reference_differs      0     0
withdrawal_release  l1   bob         60   h1 │ reference_differs      0     0
withdrawal          p1   alice       60   h1 │ created               40     0
""")


async def test_only_a_hold_can_be_paid_out(play):
    """Section 3 and case 28: nothing but a hold is confirmed or released, whatever else has the amount."""
    await play("""
op                  key  player  amount  ref │ status              cash  held
deposit             d1   alice       60    _ │ created               60     0
deposit             d2   alice       60    _ │ created              120     0
withdrawal_hold     h1   alice       60    _ │ created               60    60
withdrawal          p1   alice       60   d1 │ reference_differs     60    60
withdrawal          p1   alice        _   d1 │ reference_differs     60    60
withdrawal_release  p1   alice       60   d2 │ reference_differs     60    60
withdrawal          p1   alice       60   h1 │ created               60     0
""")


async def test_a_confirmation_after_a_release_books_a_receivable(play):
    """Section 3: the payment left although the hold was released: the player's cash stays, the claim is booked, flagged."""
    await play("""
op                  key  player  amount  ref │ status              cash  held  payment_clearing  receivables  late
deposit             d1   alice      100    _ │ created              100     0  -100    0  no
withdrawal_hold     h1   alice       60    _ │ created               40    60  -100    0  no
withdrawal_release  l1   alice       60   h1 │ created              100     0  -100    0  no
withdrawal          p1   alice       60   h1 │ created              100     0   -40  -60  yes
withdrawal          p1   alice       60   h1 │ duplicate            100     0   -40  -60  yes
withdrawal          p2   alice       60   h1 │ reference_settled    100     0   -40  -60  _
""")


async def test_a_player_who_may_not_play_may_withdraw(play):
    """Section 3: blocked, excluded and closed, the money can always leave."""
    for act in ("block", "exclude", "close"):
        await play(f"""
op                  key  player  amount  ref │ status   cash  held
deposit             d1   alice      100    _ │ created   100     0
{act} alice
withdrawal_hold     h1   alice       60    _ │ created    40    60
withdrawal_hold     h2   alice       40    _ │ created     0   100
withdrawal_release  l1   alice        _   h1 │ created    60    40
withdrawal          p1   alice        _   h2 │ created    60     0
adjustment          a1   alice      -10    _ │ created    50     0
""")


async def test_bonus_money_cannot_be_withdrawn_tipped_or_bought_in(play):
    """Section 3: a withdrawal, a tip and a buy-in take cash alone."""
    await play("""
op               key  player  amount │ status              cash  bonus
deposit          d1   alice       10 │ created               10      0
bonus_grant      g1   alice       90 │ created               10     90
withdrawal_hold  h1   alice       11 │ insufficient_funds    10     90
tip              t1   alice       11 │ insufficient_funds    10     90
buy_in           i1   alice       11 │ insufficient_funds    10     90
bet              b1   alice      101 │ insufficient_funds    10     90
bet              b1   alice      100 │ created                0      0
""")


async def test_adjustments_are_signed_and_bounded(play):
    """Section 3: booked against adjustments, never below zero, above the limit a second actor is required."""
    await play("""
op          key  player   amount │ status                  cash  adjustments
adjustment  a1   alice       100 │ created                  100  -100
adjustment  a1   alice       100 │ duplicate                100  -100
adjustment  a2   alice       -30 │ created                   70   -70
adjustment  a3   alice       -71 │ insufficient_funds        70   -70
adjustment  a4   alice      1001 │ second_actor_required     70   -70
adjustment  a4   alice     -1001 │ second_actor_required     70   -70
""")


async def test_bonus_grants_convert_and_forfeit(play):
    """Section 5: a grant costs the bonus account, a conversion is the player's own, a forfeit goes back."""
    await play("""
op             key  player  amount │ status              cash  bonus  bonus_cost
bonus_grant    g1   alice      100 │ created                0    100  -100
bonus_convert  v1   alice      101 │ insufficient_funds     0    100  -100
bonus_convert  v1   alice       60 │ created               60     40  -100
bonus_forfeit  f1   alice       41 │ insufficient_funds    60     40  -100
bonus_forfeit  f1   alice       40 │ created               60      0   -60
""")


async def test_5_1_and_5_2_cash_is_spent_first_and_the_split_is_stored(play):
    """5.1, 5.2: a bet takes cash, then bonus; the duplicate and the refund know its parts whatever changed since."""
    await play("""
op           key  player  amount  ref │ status     cash  bonus  moved  moved_bonus  game_revenue
deposit      d1   alice       30    _ │ created      30      0     30            0    0
bonus_grant  g1   alice       50    _ │ created      30     50      0           50    0
bet          b1   alice       20    _ │ created      10     50    -20            0   20
bet          b2   alice       20    _ │ created       0     40    -10          -10   40
bet          b3   alice       20    _ │ created       0     20      0          -20   60
deposit      d2   alice      100    _ │ created     100     20    100            0   60
bet          b2   alice       20    _ │ duplicate   100     20    -10          -10   60
rollback     x2   alice        _   b2 │ created     110     30     10           10   40
rollback     x3   alice        _   b3 │ created     110     50      0           20   20
""")


async def test_5_3_three_wins_of_one_share_a_third(play):
    """5.3: C:B = 1:2 and three wins of 1.00 give cash 0.33, 0.33, 0.34."""
    await play("""
op           key  player  amount  round │ status   moved  moved_bonus
deposit      d1   alice        1  _     │ created   1     0
bonus_grant  g1   alice        2  _     │ created   0     2
bet          b1   alice        3  r1    │ created  -1    -2
win          w1   alice        1  r1    │ created   0.33  0.67
win          w2   alice        1  r1    │ created   0.33  0.67
win          w3   alice        1  r1    │ created   0.34  0.66
""")


async def test_5_3_a_share_is_rounded_down_however_close(play):
    """5.3: a share in cash that lacks less than a billionth of the next cent is the cent below."""
    await play("""
op           key  player      amount  round │ status   moved        moved_bonus
deposit      d1   alice   627.692929  _     │ created   627.692929     0
bonus_grant  g1   alice   506.872110  _     │ created     0          506.872110
bet          b1   alice  1134.565039  r1    │ created  -627.692929  -506.872110
win          w1   alice   451.354831  r1    │ created   249.70       201.654831
""")


async def test_5_3_a_win_is_split_as_the_stake_was(play):
    """5.3: cash 3.00 and bonus 2.00 staked, a win of 12.50 is 7.50 and 5.00; in a round or by the bet's key alone."""
    await play("""
op           key  player  amount  ref  round │ status   moved  moved_bonus
deposit      d1   alice        3    _  _     │ created   3     0
bonus_grant  g1   alice        2    _  _     │ created   0     2
bet          b1   alice        5    _  r1    │ created  -3    -2
win          w1   alice     12.5    _  r1    │ created   7.5   5
deposit      d2   bob          3    _  _     │ created   3     0
bonus_grant  g2   bob          2    _  _     │ created   0     2
bet          b2   bob          5    _  r1    │ created  -3    -2
win          w2   bob       12.5   b2  _     │ created   7.5   5
deposit      d3   carol        3    _  _     │ created   3     0
bonus_grant  g3   carol        2    _  _     │ created   0     2
bet          b3   carol        5    _  _     │ created  -3    -2
win          w3   carol     12.5   b3  _     │ created   7.5   5
""")


LONE_BET = """
deposit      d2   bob          1    _  _                _   │ created    1     0
deposit      d3   bob          1    _  _                _   │ created    1     0
deposit      d4   bob          1    _  _                _   │ created    1     0
deposit      d5   bob          1    _  _                _   │ created    1     0
win          w9   bob         10   b1  win_without_bet  _   │ created   10     0
deposit      d1   alice       10    _  _                _   │ created   10     0
bonus_grant  g1   alice       30    _  _                _   │ created    0    30
win          w0   alice       10   b1  win_without_bet  _   │ created   10     0
bet          b1   alice       40    _  _                {0} │ created  -20   -20
promo_win    p1   alice       10   b1  _                {0} │ created   10     0
win          w8   alice       10   b8  win_without_bet  {0} │ created   10     0
win          w7   alice       20    _  win_without_bet  {0} │ created   20     0
win          w1   alice       20   b1  _                {0} │ created   10    10
win          w2   alice       20   b1  _                {0} │ created   10    10
"""


@pytest.mark.parametrize("call", ["_", "A"], ids=["alone", "in one call"])
async def test_5_3_the_wins_of_a_bet_in_no_round(play, call):
    """5.3: what came after it and names it counts together: no prize, no other win, none from before it or of another player."""
    columns = "op           key  player  amount  ref  flags            call │ status  moved  moved_bonus"
    await play(columns + LONE_BET.format(call))


async def test_5_3_never_a_cash_debit(play):
    """5.3: cash bet 10, win 10, bonus bet 10, win 2: the second win takes back nothing of the first."""
    await play("""
op               key  player  amount  ref  round │ status   moved  moved_bonus
deposit          d1   alice       10    _  _     │ created   10     0
bonus_grant      g1   alice       10    _  _     │ created    0    10
bet              b1   alice       10    _  r1    │ created  -10     0
win              w1   alice       10    _  r1    │ created   10     0
withdrawal_hold  h1   alice       10    _  _     │ created  -10     0
bet              b2   alice       10    _  r1    │ created    0   -10
win              w2   alice        2    _  r1    │ created    0     2
win              w3   alice       12    _  r1    │ created    2    10
""")


async def test_5_3_live_stakes_only(play):
    """5.3: what was given back counts no longer; stakes of cash alone win cash to the last unit, of bonus alone bonus."""
    await play("""
op           key  player     amount  ref  round │ status   moved     moved_bonus
deposit      d1   alice          10    _  _     │ created  10        0
bonus_grant  g1   alice          10    _  _     │ created  0         10
bet          b1   alice          10    _  r1    │ created  -10       0
bet          b2   alice          10    _  r1    │ created  0         -10
rollback     x2   alice           _   b2  r1    │ created  0         10
win          w1   alice    0.000001    _  r1    │ created  0.000001  0
bet          b3   alice          10    _  r2    │ created  -0.000001 -9.999999
deposit      d2   bob            10    _  _     │ created  10        0
bet          b4   bob            10    _  r3    │ created  -10       0
win          w4   bob      1.556179    _  r3    │ created  1.556179  0
bonus_grant  g5   carol          10    _  _     │ created  0         10
bet          b5   carol          10    _  r4    │ created  0         -10
win          w5   carol           7    _  r4    │ created  0         7
deposit      d6   dave:JPY        1    _  _     │ created  1         0
bonus_grant  g6   dave:JPY        1    _  _     │ created  0         1
bet          b6   dave:JPY        2    _  r5    │ created  -1        -1
win          w6   dave:JPY        5    _  r5    │ created  2         3
win          w7   dave:JPY        5    _  r5    │ created  3         2
""")


async def test_5_3_never_more_cash_than_the_win(play):
    """5.3: cash staked late does not make up for wins that were bonus: a win is never more cash than it is."""
    await play("""
op           key  player  amount  round │ status   moved  moved_bonus
bonus_grant  g1   alice       10  _     │ created    0     10
bet          b1   alice       10  r1    │ created    0    -10
win          w1   alice       10  r1    │ created    0     10
deposit      d1   alice       90  _     │ created   90      0
bet          b2   alice       90  r1    │ created  -90      0
win          w2   alice        1  r1    │ created    1      0
win          w3   alice       89  r1    │ created   89      0
win          w4   alice       10  r1    │ created    9      1
""")


async def test_5_3_a_bet_without_a_round_is_its_own(play):
    """5.3: the wins that name it are split by its live parts, cumulatively; what was taken back was never credited."""
    await play("""
op           key  player    amount  ref  flags                 │ status    moved      moved_bonus
deposit      d1   alice          1    _  _                     │ created   1          0
bonus_grant  g1   alice          2    _  _                     │ created   0          2
bet          b1   alice          3    _  _                     │ created  -1         -2
win          w1   alice          1   b1  _                     │ created   0.33       0.67
win          w2   alice          1   b1  _                     │ created   0.33       0.67
win          w3   alice          1   b1  _                     │ created   0.34       0.66
rollback     x3   alice          _   w3  _                     │ created  -0.34      -0.66
win          w4   alice          1   b1  _                     │ created   0.34       0.66
deposit      d2   bob     0.000001    _  _                     │ created   0.000001   0
bonus_grant  g2   bob     0.000002    _  _                     │ created   0          0.000002
bet          b2   bob     0.000003    _  _                     │ created  -0.000001  -0.000002
refund       x2   bob     0.000001   b2  refund_amount=partial │ created   0          0.000001
win          w5   bob            3   b2  _                     │ created   1.5        1.5
""")


async def test_5_3_a_win_in_another_round_is_split_by_its_bet(play):
    """5.3: a win that names a bet of another round is split as that bet was, not as the stakes of its own round were."""
    await play("""
op           key  player  amount  ref  round  flags            │ status   moved  moved_bonus
deposit      d1   alice        3    _  _      _                │ created   3      0
bonus_grant  g1   alice        2    _  _      _                │ created   0      2
bet          b1   alice        5    _  r1     _                │ created  -3     -2
deposit      d2   alice        5    _  _      _                │ created   5      0
bet          b2   alice        5    _  r2     _                │ created  -5      0
win          w1   alice     12.5   b1  r2     compare_round=no │ created   7.5    5
deposit      d3   bob          3    _  _      _                │ created   3      0
bonus_grant  g3   bob          2    _  _      _                │ created   0      2
bet          b3   bob          5    _  r1     _                │ created  -3     -2
deposit      d4   bob          5    _  _      _                │ created   5      0
bet          b4   bob          5    _  r1     _                │ created  -5      0
win          w4   bob         10   b4  r1     _                │ created   8      2
win          w5   bob         10   b4  _      _                │ created   8      2
""")


async def test_5_4_the_stored_parts_come_back(play):
    """5.4: rollback of a bet and of its win restore exactly what each moved of cash and of bonus."""
    await play("""
op           key  player  amount  ref  round  flags              │ status   cash  bonus
deposit      d1   alice       30    _  _      _                  │ created    30      0
bonus_grant  g1   alice       20    _  _      _                  │ created    30     20
bet          b1   alice       50    _  r1     _                  │ created     0      0
win          w1   alice      100    _  r1     _                  │ created    60     40
rollback     x1   alice        _   w1  r1     _                  │ created     0      0
rollback     x2   alice        _   b1  r1     _                  │ created    30     20
bet          b2   alice       50    _  r2     _                  │ created     0      0
win          w2   alice      100    _  r2     _                  │ created    60     40
rollback     x3   alice        _   b2  r2     rollback_with_wins │ created    30     20
""")
