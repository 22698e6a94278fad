"""What the operations of one call know of each other, before any of them is in the journal (case 11)."""


async def test_case_11_tips_against_the_opening_cash(play):
    """Case 11: by policy neither a win of the call nor bonus money pays for its tips and buy-ins."""
    await play("""
op           key  player  amount  flags          call │ status              cash  bonus
deposit      d1   alice       50  _              _    │ created               50      0
bonus_grant  g1   alice       50  _              _    │ created               50     50
tip          t1   alice       30  opening_funds  A    │ not_applied           50     50
promo_win    p1   alice      100  opening_funds  A    │ not_applied           50     50
buy_in       i1   alice       21  opening_funds  A    │ insufficient_funds    50     50
tip          t1   alice       30  opening_funds  B    │ created               20     50
promo_win    p1   alice      100  opening_funds  B    │ created              120     50
buy_in       i1   alice       20  opening_funds  B    │ created              100     50
bet          b1   alice       51  opening_funds  C    │ created               49     50
""")


async def test_case_11_a_win_of_what_is_reversed_fails_its_call(play):
    """Case 11: only rollbacks may find their bet reversed; a win that does leaves nothing of its call, and is told why."""
    await play("""
op        key  player  amount  ref  call │ status               cash  original
deposit   d1   alice      100    _  _    │ created               100  _
bet       b1   alice       10    _  _    │ created                90  _
rollback  x1   alice        _   b1  _    │ created               100  b1
bet       b2   alice       10    _  A    │ not_applied           100  _
win       w1   alice       10   b1  A    │ reference_reversed    100  x1
bet       b3   alice       10    _  B    │ not_applied           100  _
rollback  x3   alice        _   b3  B    │ not_applied           100  _
win       w3   alice       10   b3  B    │ reference_reversed    100  _
bet       b3   alice       10    _  _    │ created                90  _
""")


async def test_case_11_a_known_key_twice_in_a_call_that_fails(play):
    """Case 11: what was known before the call is known however often a failing call names it."""
    await play("""
op   key  player  amount  ref  call │ status               cash  stored
bet  b1   alice        0    _  _    │ created                 0       0
bet  b1   alice        0    _  A    │ duplicate               0       0
win  w1   alice       10   b9  A    │ reference_not_found     0       _
bet  b1   alice        0    _  A    │ duplicate               0       0
""")


async def test_case_11_two_wins_on_one_bet_of_the_call(play):
    """Case 11: a bet of the call is won as often as the policy says."""
    await play("""
op   key  player  amount  ref  flags            call │ status              cash
bet  b1   alice        0    _  _                A    │ created                0
win  w1   alice       10   b1  _                A    │ created               10
win  w2   alice       10   b1  _                A    │ created               20
bet  b2   alice        0    _  one_win_per_bet  B    │ not_applied           20
win  w3   alice       10   b2  one_win_per_bet  B    │ not_applied           20
win  w4   alice       10   b2  one_win_per_bet  B    │ reference_settled     20
""")


async def test_case_11_which_wins_of_the_call_settle_a_bet(play):
    """Case 11: where one is the rule, a bet is settled by a win of its call that names it, or its round and nothing."""
    await play(
        """
op   key  player  amount  ref  round  call │ status              cash
bet  b1   alice        0    _  r1     A    │ created                0
bet  b2   alice        0    _  r1     A    │ created                0
win  w1   alice        5   b1  r1     A    │ created                5
win  w2   alice        5   b2  r1     A    │ created               10
bet  b3   alice        0    _  r2     B    │ created               10
bet  b4   alice        0    _  r3     B    │ created               10
win  w4   alice        5    _  r3     B    │ created               15
win  w3   alice        5   b3  r2     B    │ created               20
bet  b5   alice        0    _  r4     C    │ not_applied           20
win  w5   alice        5    _  r4     C    │ not_applied           20
win  w6   alice        5   b5  r4     C    │ reference_settled     20
""",
        flags="one_win_per_bet",
    )


async def test_case_11_a_win_given_back_in_the_call_settles_nothing(play):
    """Case 11: where one is the rule, a bet whose win its call took back can be won again, and then no more."""
    await play(
        """
op        key  player  amount  ref  round  call │ status              cash
deposit   d1   alice      100    _  _      _    │ created              100
bet       b1   alice       10    _  r1     _    │ created               90
win       w1   alice       30   b1  r1     _    │ created              120
rollback  x1   alice        _   w1  r1     A    │ created               90
win       w2   alice       20   b1  r1     A    │ created              110
rollback  x2   alice        _   w2  r1     B    │ not_applied          110
win       w3   alice       20   b1  r1     B    │ not_applied          110
win       w4   alice       20   b1  r1     B    │ reference_settled    110
bet       b2   alice       10    _  r2     C    │ created              100
win       w5   alice        5   b2  r2     C    │ created              105
rollback  x5   alice        _   w5  r2     C    │ created              100
win       w6   alice        7   b2  r2     C    │ created              107
bet       b3   alice       10    _  r3     _    │ created               97
win       w7   alice        5    _  r3     _    │ created              102
win       w8   alice        5    _  r3     D    │ not_applied          102
rollback  x7   alice        _   w7  r3     D    │ not_applied          102
win       w9   alice        5   b3  r3     D    │ reference_settled    102
win       w8   alice        5    _  r3     E    │ created              107
rollback  x7   alice        _   w7  r3     E    │ created              102
rollback  x8   alice        _   w8  r3     E    │ created               97
win       w9   alice        5   b3  r3     E    │ created              102
rollback  y1   alice        _   u1  _      F    │ not_applied          102
win       y2   alice        5   b3  r3     F    │ reference_settled    102
""",
        flags="one_win_per_bet",
    )


async def test_case_11_a_result_among_much_that_was_given_back_in_the_call(play):
    """Case 11: a win is found again among whatever else its call took back, and so is one that stays."""
    tips = "".join(
        f"tip       {name}   alice        1    _  _           A    │ created    _\n" for name in "abcdefgh"
    )
    await play(
        f"""
op        key  player  amount  ref  flags       call │ status               cash
deposit   d1   alice      100    _  _           _    │ created              100
bet       b1   alice       10    _  _           _    │ created               90
bet       b2   alice       10    _  _           _    │ created               80
win       w2   alice        2   b2  _           _    │ created               82
{tips}win       w1   alice       30   b1  _           A    │ created              104
rollback  x1   alice        _   w1  scope=call  B    │ not_applied          104
win       w3   alice       20   b2  _           B    │ reference_settled    104
rollback  x1   alice        _   w1  scope=call  C    │ created               82
win       w4   alice       20   b1  _           C    │ created              102
""",
        flags="one_win_per_bet",
    )


async def test_case_8_an_earlier_win_of_the_call_settles_no_later_bet(play):
    """Cases 8 and 11: within a call too a bet is settled by nothing that came before it."""
    await play(
        """
op        key  player  amount  ref  round  flags            call │ status    cash
deposit   d1   alice      100    _  _      _                _    │ created    100
bet       b1   alice       10    _  r1     _                A    │ created     90
win       w1   alice        5    _  r1     _                A    │ created     95
bet       b2   alice       10    _  r1     _                A    │ created     85
win       w2   alice       20   b2  r1     _                A    │ created    105
win       w3   alice        5   b3  _      win_without_bet  B    │ created    110
bet       b3   alice       10    _  _      _                B    │ created    100
win       w4   alice       20   b3  _      _                B    │ created    120
""",
        flags="one_win_per_bet",
    )


async def test_case_11_one_bet_rolled_back_twice_in_a_call(play):
    """Case 11: the second rollback of a list finds the first, also where the first came before its bet."""
    await play("""
op        key  player  amount  ref  call │ status              cash  original
deposit   d1   alice      100    _  _    │ created              100  _
bet       b1   alice       10    _  _    │ created               90  _
rollback  x1   alice        _   b1  A    │ created              100  b1
rollback  x2   alice        _   b1  A    │ reference_reversed   100  x1
refund    x3   alice        _   b1  A    │ reference_reversed   100  x1
rollback  y1   alice        _   b9  B    │ tombstone_created    100  b9
rollback  y2   alice        _   b9  B    │ reference_reversed   100  y1
bet       b9   alice       10    _  _    │ tombstoned           100  _
""")


async def test_case_11_the_round_within_the_call(play):
    """Cases 11, 13 and 14: bets of the call are won by their round, its end closes it, what it took back is not live."""
    await play("""
op        key  player  amount  ref  round  flags  call │ status               cash  late
deposit   d1   alice      100    _  _      _      _    │ created               100  no
bet       b1   alice       10    _  r1     _      A    │ created                90  no
win       w1   alice       10    _  r1     _      A    │ created               100  no
bet       b2   alice       10    _  r2     end    B    │ not_applied           100  no
bet       b3   alice       10    _  r2     _      B    │ round_closed          100  no
bet       b4   alice       10    _  r3     end    C    │ created                90  no
win       w4   alice       10    _  r3     _      C    │ created               100  yes
bet       b5   alice       10    _  r4     _      D    │ not_applied           100  no
rollback  x5   alice        _   b5  r4     _      D    │ not_applied           100  no
win       w5   alice       10    _  r4     _      D    │ reference_reversed    100  no
bet       b6   alice       10    _  r5     _      _    │ created                90  no
rollback  x6   alice        _   b6  r5     _      E    │ not_applied            90  no
win       w6   alice       10    _  r5     _      E    │ reference_reversed     90  no
""")


async def test_case_7_what_the_call_gave_back_of_no_round_is_no_bet_of_one(play):
    """Cases 7 and 12: a bet without a round, given back under the name of one, takes no win from the call's own."""
    await play("""
op        key  player  amount  ref  round  flags            call │ status   cash
deposit   d1   alice      100    _  _      _                _    │ created   100
bet       b1   alice       10    _  _      _                _    │ created    90
refund    x1   alice        _   b1  r1     _                A    │ created   100
win       w1   alice        5    _  r1     win_without_bet  A    │ created   105
""")


async def test_case_11_a_bet_settled_in_the_call(play):
    """Cases 7 and 11: a win of the call settles the call's bet, by its key or by its round, and a bet known before."""
    await play("""
op        key  player  amount  ref  round  call │ status              cash
deposit   d1   alice      100    _  _      _    │ created              100
bet       b1   alice       10    _  r1     A    │ not_applied          100
win       w1   alice       10   b1  r1     A    │ not_applied          100
rollback  x1   alice        _   b1  r1     A    │ reference_settled    100
bet       b2   alice       10    _  r2     B    │ not_applied          100
win       w2   alice       10    _  r2     B    │ not_applied          100
rollback  x2   alice        _   b2  r2     B    │ reference_settled    100
bet       b3   alice       10    _  r3     _    │ created               90
win       w3   alice       10   b3  r3     C    │ not_applied           90
rollback  x3   alice        _   b3  r3     C    │ reference_settled     90
bet       b4   alice       10    _  r3     _    │ created               80
win       w4   alice        5   b4  r3     D    │ created               85
rollback  x3   alice        _   b3  r3     D    │ created               95
""")
    await play("""
op        key  player  amount  ref  round  flags       call │ status    cash
deposit   d1   alice      100    _  _      _           _    │ created    100
bet       b1   alice       10    _  r1     _           A    │ created     90
bet       b2   alice       10    _  r2     _           A    │ created     80
bet       b3   alice       10    _  r1     _           _    │ created     70
rollback  x1   alice        _   b1  r1     _           _    │ created     80
win       w3   alice        5    _  r1     _           B    │ created     85
rollback  x2   alice        _   b2  _      scope=call  B    │ created     95
""")
    await play(
        """
op        key  player  amount  ref  round  call │ status               cash
deposit   d1   alice      100    _  _      _    │ created               100
bet       b1   alice       10    _  r1     A    │ created                90
win       w1   alice       30   b1  r1     A    │ created               120
rollback  x1   alice        _   b1  r1     A    │ created               100
rollback  x2   alice        _   w1  r1     _    │ reference_reversed    100
""",
        flags="rollback_with_wins",
    )


async def test_case_11_a_round_taken_back_by_its_own_call(play):
    """Case 11: a rollback of the round means what stood there before and what its own call put there."""
    await play("""
op        key  player  amount  ref  round  flags       call │ status              cash
deposit   d1   alice      100    _  _      _           _    │ created              100
bet       b1   alice       10    _  r1     _           _    │ created               90
bet       b2   alice       10    _  r1     _           A    │ created               80
tip       t2   alice        5    _  r1     _           A    │ created               75
bet       b3   alice        5    _  r2     _           A    │ created               70
rollback  x1   alice        _   r1  r1     scope=round A    │ created               95
rollback  x2   alice        _   r1  r1     scope=round _    │ reference_reversed    95
bet       b4   alice       10    _  r3     _           B    │ created               85
rollback  x4   alice        _   r3  r3     scope=round B    │ created               95
""")


async def test_case_11_a_call_taken_back_by_itself(play):
    """Case 11: a rollback that names its own call gives back what came before it in the call, and nothing else."""
    await play("""
op        key  player  amount  ref  round  flags       call │ status              cash
deposit   d1   alice      100    _  _      _           _    │ created              100
bet       b1   alice       10    _  r1     _           _    │ created               90
bet       b2   alice       10    _  r1     _           A    │ created               80
bet       b3   alice       10    _  r1     _           A    │ created               70
rollback  x1   alice        _   b2  r1     scope=call  A    │ created               90
rollback  x2   alice        _   b3  r1     scope=call  _    │ reference_reversed    90
bet       b4   alice       10    _  r1     _           B    │ created               80
rollback  x4   alice        _   b1  r1     scope=call  B    │ created               90
""")


async def test_case_17_parts_within_one_call(play):
    """Cases 11 and 17: parts given back in one call add up, never to more than the original, and name the first."""
    await play("""
op        key  player  amount  ref  round  flags                 call │ status              cash  original
deposit   d1   alice      100    _  _      _                     _    │ created              100  _
bet       b1   alice       10    _  r1     _                     _    │ created               90  _
refund    y1   alice        6   b1  r1     refund_amount=partial A    │ not_applied           90  _
refund    y2   alice        6   b1  r1     refund_amount=partial A    │ reference_differs     90  _
refund    x1   alice        3   b1  r1     refund_amount=partial B    │ created               93  b1
refund    x2   alice        3   b1  r1     refund_amount=partial B    │ created               96  b1
refund    x3   alice        4   b1  r1     refund_amount=partial C    │ created              100  b1
refund    x4   alice        4   b1  r1     refund_amount=partial C    │ reference_reversed   100  x1
rollback  x5   alice        _   b1  r1     _                     _    │ reference_reversed   100  x1
""")


async def test_5_3_within_one_call(play):
    """5.3: stakes and wins of the call are split as if each had come alone."""
    await play("""
op           key  player  amount    ref  round  call │ status   moved    moved_bonus
deposit      d1   alice        1      _  _      _    │ created   1        0
bonus_grant  g1   alice        2      _  _      _    │ created   0        2
bet          b1   alice        3      _  r1     A    │ created  -1       -2
win          w1   alice        1      _  r1     A    │ created   0.33     0.67
win          w2   alice        1      _  r1     A    │ created   0.33     0.67
win          w3   alice        1      _  r1     A    │ created   0.34     0.66
deposit      d2   bob         10      _  _      _    │ created   10       0
bonus_grant  g2   bob         10      _  _      _    │ created   0        10
bet          b2   bob         10      _  r2     B    │ created  -10       0
bet          b3   bob         10      _  r2     B    │ created   0       -10
rollback     x3   bob          _     b3  r2     B    │ created   0        10
win          w4   bob   0.000001      _  r2     B    │ created   0.000001 0
deposit      d5   carol        3      _  _      _    │ created   3        0
bonus_grant  g5   carol        2      _  _      _    │ created   0        2
bet          b5   carol        5      _  _      C    │ created  -3       -2
win          w5   carol     12.5     b5  _      C    │ created   7.5      5
""")


async def test_5_3_a_bet_without_a_round_within_the_call(play):
    """5.3: so are the wins of a bet that names no round, those of the call after those before it."""
    await play("""
op           key  player  amount  ref  call │ status   moved  moved_bonus
deposit      d1   alice        1    _  _    │ created   1      0
bonus_grant  g1   alice        2    _  _    │ created   0      2
bet          b1   alice        3    _  A    │ created  -1     -2
win          w1   alice        1   b1  A    │ created   0.33   0.67
win          w2   alice        1   b1  A    │ created   0.33   0.67
win          w3   alice        1   b1  A    │ created   0.34   0.66
win          w4   alice        1   b1  B    │ created   0.33   0.67
win          w5   alice        1   b1  B    │ created   0.33   0.67
win          w6   alice        1   b1  _    │ created   0.34   0.66
""")


async def test_5_3_a_win_in_another_round_within_the_call(play):
    """5.3: in a call too the bet splits the win that comes in another round, and the round the win that comes in its own."""
    await play("""
op           key  player  amount  ref  round  flags            call │ status   moved  moved_bonus
deposit      d0   alice        5    _  _      _                _    │ created   5      0
bet          b0   alice        5    _  r2     _                _    │ created  -5      0
deposit      d1   alice        3    _  _      _                _    │ created   3      0
bonus_grant  g1   alice        2    _  _      _                _    │ created   0      2
bet          b1   alice        5    _  r1     compare_round=no A    │ created  -3     -2
win          w1   alice     12.5   b1  r2     compare_round=no A    │ created   7.5    5
deposit      d3   bob          3    _  _      _                _    │ created   3      0
bonus_grant  g3   bob          2    _  _      _                _    │ created   0      2
bet          b3   bob          5    _  r1     _                _    │ created  -3     -2
deposit      d4   bob          5    _  _      _                _    │ created   5      0
bet          b4   bob          5    _  r1     _                B    │ created  -5      0
win          w4   bob         10   b4  r1     _                B    │ created   8      2
""")


async def test_5_3_what_the_call_gave_back_is_neither_staked_nor_won(play):
    """5.3: before a win of the call is split, what the call took back of stakes and wins is taken off."""
    await play("""
op           key  player    amount  ref  round  flags                 call │ status    moved      moved_bonus
deposit      d1   alice         10    _  _      _                     _    │ created  10          0
bonus_grant  g1   alice         10    _  _      _                     _    │ created   0         10
bet          b1   alice         10    _  r1     _                     A    │ created -10          0
bet          b2   alice         10    _  r1     _                     A    │ created   0        -10
rollback     x1   alice          _   b1  r1     _                     A    │ created  10          0
win          w1   alice          2    _  r1     _                     A    │ created   0          2
deposit      d2   bob            1    _  _      _                     _    │ created   1          0
bonus_grant  g2   bob            2    _  _      _                     _    │ created   0          2
bet          b3   bob            3    _  r2     _                     B    │ created  -1         -2
win          w2   bob            1    _  r2     _                     B    │ created   0.33       0.67
win          w3   bob            1    _  r2     _                     B    │ created   0.33       0.67
rollback     x2   bob            _   w2  r2     _                     B    │ created  -0.33      -0.67
rollback     x3   bob            _   w3  r2     _                     B    │ created  -0.33      -0.67
win          w4   bob            1    _  r2     _                     B    │ created   0.33       0.67
deposit      d5   carol   0.000001    _  _      _                     _    │ created   0.000001   0
bonus_grant  g5   carol   0.000002    _  _      _                     _    │ created   0          0.000002
bet          b5   carol   0.000003    _  _      _                     _    │ created  -0.000001  -0.000002
refund       x5   carol   0.000001   b5  _      refund_amount=partial C    │ created   0          0.000001
win          w5   carol          3   b5  _      refund_amount=partial C    │ created   1.5        1.5
deposit      d6   dave           6    _  _      _                     _    │ created   6          0
bonus_grant  g6   dave           4    _  _      _                     _    │ created   0          4
bet          b6   dave          10    _  _      _                     _    │ created  -6         -4
jackpot_win  j6   dave          10   b6  _      _                     _    │ created  10          0
rollback     x6   dave           _   j6  _      _                     D    │ created -10          0
win          w6   dave          10   b6  _      _                     D    │ created   6          4
""")


async def test_case_14_a_call_that_ends_the_round_of_its_win(play):
    """Cases 11 and 14: a win on a bet without a round is late where the call has ended the win's round, and no other."""
    await play("""
op           key  player  amount  ref  round  flags  call │ status   late
bet          b1   alice        0    _  _      _      A    │ created  no
round_close  c1   alice        _    _  r1     end    A    │ created  no
win          w1   alice        5   b1  r1     _      A    │ created  yes
bet          b2   alice        0    _  _      _      B    │ created  no
round_close  c2   alice        _    _  r2     end    B    │ created  no
win          w2   alice        5   b2  r3     _      B    │ created  no
bet          b3   alice        0    _  _      _      C    │ created  no
bet          b4   alice        0    _  r4     _      C    │ created  no
win          w3   alice        5   b3  r4     _      C    │ created  no
""")


async def test_case_11_what_follows_a_failure_is_not_applied(play):
    """Case 11: after the first failure nothing else speaks, neither a reused key nor a tombstone."""
    await play("""
op        key  player  amount  ref  call │ status              cash
rollback  x1   alice        _   b9  _    │ tombstone_created      0
bet       b1   alice        0    _  _    │ created                0
bet       b2   alice       10    _  A    │ insufficient_funds     0
bet       b1   alice        1    _  A    │ not_applied            0
bet       b9   alice        1    _  A    │ not_applied            0
bet       b1   alice        0    _  A    │ duplicate              0
""")


async def test_case_27_a_call_that_reverses_its_own_bet_twice_is_posted_again(play):
    """Case 27: a lane that posts a call again gives nothing back twice, whatever its operations found reversed."""
    await play("""
op        key  player  amount  ref  flags       round  call │ status              cash  original
deposit   d1   alice      100    _  _           _      _    │ created              100  _
bet       b1   alice       10    _  _           r1     A    │ created               90  _
rollback  x1   alice        _   b1  _           r1     A    │ created              100  b1
rollback  y1   alice        _   b1  _           r1     A    │ reference_reversed   100  x1
bet       b2   alice       10    _  _           r2     B    │ created               90  _
refund    x2   alice        _   b2  scope=call  r2     B    │ created              100  b2
refund    y2   alice        _   b2  scope=call  r2     B    │ reference_reversed   100  x2
bet       b3   alice       10    _  _           r3     C    │ created               90  _
rollback  x3   alice        _   r3  scope=round r3     C    │ created              100  _
rollback  y3   alice        _   r3  scope=round r3     C    │ reference_reversed    90  _
bet       b4   alice       10    _  _           r3     C    │ created               90  _
bet       b5   alice       10    _  _           r5     _    │ created               80  _
rollback  x5   alice        _   b5  _           r5     _    │ created               90  b5
rollback  y5   alice        _   b5  _           r5     D    │ reference_reversed    90  x5
bet       b6   alice       10    _  _           r6     D    │ created               80  _
rollback  x6   alice        _   b6  _           r6     D    │ created               90  b6
rollback  z6   alice        _   b6  _           r6     D    │ reference_reversed    90  x6
""")


async def test_case_7_a_prize_of_the_call_hides_no_win_of_the_bet(play):
    """Case 7: a bet that was won stays settled, also where an operation before the rollback names it too."""
    await play("""
op         key  player  amount  ref  call │ status             cash
deposit    d1   alice      100    _  _    │ created             100
bet        b1   alice       10    _  _    │ created              90
win        w1   alice        5   b1  _    │ created              95
promo_win  p1   alice        5   b1  A    │ not_applied          95
rollback   x1   alice        _   b1  A    │ reference_settled    95
""")


async def test_case_11_what_a_call_names_before_it_is_there(play):
    """Case 11: what names a key that nobody knows, and is no reversal, leaves no tombstone under it for its call."""
    await play("""
op         key  player  amount  ref  round  flags           call │ status   cash  kind
deposit    d1   alice      100    _  _      _               _    │ created   100  None
promo_win  p1   alice        5   b1  _      _               A    │ created   105  None
bet        b1   alice       10    _  r1     _               A    │ created    95  None
win        w2   alice        5   b2  r2     win_without_bet B    │ created   100  None
win        w3   alice        5   b2  _      win_without_bet B    │ created   105  None
""")


async def test_case_11_what_was_there_when_a_call_of_something_else_came(play):
    """Case 11: a key that is another player's, or a tombstone's, tells nothing of what the rollback before it meant at first."""
    await play("""
op         key  player  amount  ref  round  flags            call │ status             cash
deposit    d1   bob        100    _  _      _                _    │ created             100
bet        b0   bob         10    _  r9     _                _    │ created              90
bet        b0   bob         10    _  r9     _                A    │ duplicate            80
bet        b1   bob         10    _  r9     _                A    │ created              80
deposit    d2   alice      100    _  _      _                _    │ created             100
bet        b2   alice       10    _  r1     _                _    │ created              90
rollback   x2   alice        _   b2  r1     _                _    │ created             100
bet        b3   alice       10    _  r1     _                _    │ created              90
win        w3   alice        5   b3  r2     compare_round=no _    │ created              95
rollback   x3   alice        _    _  r1     scope=round      B    │ reference_settled    95
bet        b1   alice       10    _  r1     _                B    │ not_applied          95
deposit    d4   carol      100    _  _      _                _    │ created             100
bet        b4   carol       10    _  r4     _                _    │ created              90
rollback   x4   carol        _   b4  r4     _                _    │ created             100
bet        b5   carol       10    _  r9     _                _    │ created              90
bet        b5   carol       10    _  r9     _                C    │ duplicate            90
rollback   x6   carol        _   b6  r9     _                C    │ tombstone_created    90
bet        b7   carol       10    _  r4     _                _    │ created              80
win        w7   carol        5   b7  r5     compare_round=no _    │ created              85
rollback   x8   carol        _    _  r4     scope=round      D    │ reference_settled    85
bet        b6   carol       10    _  r4     _                D    │ not_applied          85
""")


async def test_case_11_a_call_that_only_shares_an_operation_is_another(play):
    """Case 11: a rollback beside what stood elsewhere in its call, or where the rollback stands now, takes all there is."""
    await play("""
op         key  player  amount  ref  round  flags        call │ status     cash
deposit    d1   alice      100    _  _      _            _    │ created     100
bet        b0   alice       10    _  r9     _            _    │ created      90
bet        b2   alice       10    _  r1     _            _    │ created      80
rollback   x2   alice        _   b2  r1     _            _    │ created      90
bet        b0   alice       10    _  r9     _            A    │ duplicate    80
bet        b0   alice       10    _  r9     _            A    │ duplicate    80
bet        b1   alice       10    _  r9     _            A    │ created      80
bet        b3   alice       10    _  r1     _            _    │ created      70
rollback   x3   alice        _    _  r1     scope=round  B    │ created      80
bet        b1   alice       10    _  r9     _            B    │ duplicate    80
deposit    d4   bob        100    _  _      _            _    │ created     100
bet        b4   bob         10    _  r4     _            _    │ created      90
rollback   x4   bob          _   b4  r4     _            _    │ created     100
tip        t5   bob         10    _  r9     _            C    │ created      90
bet        b5   bob         10    _  r9     _            C    │ created      80
bet        b6   bob         10    _  r4     _            _    │ created      70
rollback   x6   bob          _    _  r4     scope=round  D    │ created      80
bet        b5   bob         10    _  r9     _            D    │ duplicate    80
""")


async def test_case_7_a_key_that_did_nothing_is_asked_of_something_else(play):
    """Case 7: a settled bet stays settled also under a key by which the call found something reversed before."""
    await play("""
op        key  player  amount  ref  call │ status             cash
deposit   d1   alice      100    _  _    │ created             100
bet       b1   alice       10    _  _    │ created              90
rollback  x1   alice        _   b1  _    │ created             100
bet       b2   alice       10    _  _    │ created              90
win       w2   alice        5   b2  _    │ created              95
rollback  x2   alice        _   b1  A    │ not_applied          95
rollback  x2   alice        _   b2  A    │ reference_settled    95
""")


async def test_case_11_a_call_of_operations_that_came_apart_is_another(play):
    """Case 11: a rollback of a round between two bets that came one after the other is new: no call brought all of them."""
    await play("""
op        key  player  amount  ref  flags        round  call │ status     cash
deposit   d1   alice      100    _  _            _      _    │ created     100
bet       b1   alice       10    _  _            r1     _    │ created      90
rollback  x1   alice        _   b1  _            r1     _    │ created     100
bet       b2   alice       10    _  _            r2     _    │ created      90
bet       b3   alice       10    _  _            r3     _    │ created      80
bet       b4   alice       10    _  _            r1     _    │ created      70
bet       b2   alice       10    _  _            r2     A    │ duplicate    80
rollback  x2   alice        _   r1  scope=round  r1     A    │ created      80
bet       b3   alice       10    _  _            r3     A    │ duplicate    80
""")


async def test_case_11_a_known_reversal_leaves_the_next_one_what_came_since(play):
    """Case 11: a rollback of a round that another call brought is a duplicate; one beside it takes back what is live now."""
    await play("""
op        key  player  amount  ref  flags        round  call │ status     cash
deposit   d1   alice      100    _  _            _      _    │ created     100
bet       b1   alice       10    _  _            r1     _    │ created      90
bet       b0   alice       10    _  _            r2     A    │ created      80
rollback  x1   alice        _   r1  scope=round  r1     A    │ created      90
bet       b2   alice       10    _  _            r1     _    │ created      80
rollback  x1   alice        _   r1  scope=round  r1     B    │ duplicate    90
rollback  x3   alice        _   r1  scope=round  r1     B    │ created      90
""")


async def test_case_27_a_call_that_names_a_key_twice_is_posted_again(play):
    """Case 27: what a call named twice, or named before it was there, is answered as it was when it is posted again."""
    await play("""
op        key  player  amount  ref  round  call │ status              cash  original
deposit   d1   alice      100    _  _      _    │ created              100  _
bet       b1   alice       10    _  r1     A    │ created               90  _
bet       b1   alice       10    _  r1     A    │ duplicate             95  _
win       w1   alice        5   b1  r1     A    │ created               95  b1
bet       b2   alice       10    _  _      _    │ created               85  _
rollback  x2   alice        _   b2  _      _    │ created               95  b2
rollback  x3   alice        _   b2  _      B    │ reference_reversed    95  x2
rollback  x5   alice        _   x3  _      B    │ tombstone_created     95  x3
rollback  x6   alice        _   b2  _      C    │ reference_reversed    85  x2
bet       x6   alice       10    _  _      C    │ created               85  _
rollback  x7   alice        _   b9  _      D    │ tombstone_created     85  b9
rollback  x8   alice        _   b9  _      D    │ reference_reversed    85  x7
""")


async def test_case_11_a_reversal_that_did_nothing_does_nothing_when_its_call_comes_again(play):
    """Case 11: a rollback that found nothing live finds no more when its call comes again, whatever came after it."""
    await play("""
op        key  player  amount  ref  flags        round  call │ status              cash
deposit   d1   alice      100    _  _            _      _    │ created              100
bet       b0   alice       10    _  _            r1     _    │ created               90
rollback  x0   alice        _   b0  _            r1     _    │ created              100
rollback  x1   alice        _   r1  scope=round  r1     A    │ reference_reversed    90
bet       b1   alice       10    _  _            r1     A    │ created               90
rollback  x1   alice        _   r1  scope=round  r1     B    │ reference_reversed    90
bet       b1   alice       10    _  _            r1     B    │ duplicate             90
bet       b2   alice       10    _  _            r2     C    │ created               80
rollback  x2   alice        _   b2  _            r2     C    │ created               90
rollback  y2   alice        _   r2  scope=round  r2     C    │ reference_reversed    90
bet       c2   alice        4    _  _            r2     _    │ created               86
bet       b2   alice       10    _  _            r2     D    │ duplicate             86
rollback  x2   alice        _   b2  _            r2     D    │ duplicate             86
rollback  y2   alice        _   r2  scope=round  r2     D    │ reference_reversed    86
bet       b3   alice       10    _  _            r3     E    │ created               76
rollback  x3   alice        _   b3  _            r3     E    │ created               86
rollback  y3   alice        _   b3  scope=call   r3     E    │ reference_reversed    81
bet       c3   alice        5    _  _            r3     E    │ created               81
bet       b3   alice       10    _  _            r3     F    │ duplicate             81
rollback  x3   alice        _   b3  _            r3     F    │ duplicate             81
rollback  y3   alice        _   b3  scope=call   r3     F    │ reference_reversed    81
bet       c3   alice        5    _  _            r3     F    │ duplicate             81
rollback  x4   alice        _   r2  scope=round  r2     _    │ created               85
rollback  x5   alice        _   b0  _            r1     G    │ reference_reversed    78
rollback  x6   alice        _   r2  scope=round  r2     G    │ reference_reversed    78
bet       b6   alice        7    _  _            r2     G    │ created               78
rollback  x5   alice        _   b0  _            r1     H    │ reference_reversed    78
rollback  x6   alice        _   r2  scope=round  r2     H    │ reference_reversed    78
bet       b6   alice        7    _  _            r2     H    │ duplicate             78
""")


async def test_case_11_a_reversal_that_did_nothing_beside_what_other_calls_brought(play):
    """Case 11: a call that comes again is known though some of its operations were duplicates, or came alone later."""
    await play("""
op        key  player  amount  ref  flags        round  call │ status              cash
deposit   d1   alice      100    _  _            _      _    │ created              100
bet       b0   alice        5    _  _            r0     _    │ created               95
bet       b1   alice       10    _  _            r1     _    │ created               85
rollback  x1   alice        _   b1  _            r1     _    │ created               95
bet       b0   alice        5    _  _            r0     A    │ duplicate             75
rollback  y1   alice        _   r1  scope=round  r1     A    │ reference_reversed    75
bet       c1   alice       20    _  _            r1     A    │ created               75
bet       b0   alice        5    _  _            r0     B    │ duplicate             75
rollback  y1   alice        _   r1  scope=round  r1     B    │ reference_reversed    75
bet       c1   alice       20    _  _            r1     B    │ duplicate             75
bet       b2   alice       10    _  _            r2     _    │ created               65
rollback  x2   alice        _   b2  _            r2     _    │ created               75
bet       b3   alice       10    _  _            r3     _    │ created               65
rollback  x3   alice        _   b3  _            r3     _    │ created               75
rollback  y2   alice        _   r2  scope=round  r2     C    │ reference_reversed    70
bet       b4   alice        5    _  _            r4     C    │ created               70
rollback  y3   alice        _   r3  scope=round  r3     C    │ reference_reversed    70
bet       c2   alice        1    _  _            r2     _    │ created               69
bet       c3   alice        2    _  _            r3     _    │ created               67
rollback  y2   alice        _   r2  scope=round  r2     _    │ created               68
rollback  y2   alice        _   r2  scope=round  r2     D    │ duplicate             68
bet       b4   alice        5    _  _            r4     D    │ duplicate             68
rollback  y3   alice        _   r3  scope=round  r3     D    │ reference_reversed    68
bet       b5   alice        3    _  _            r5     _    │ created               65
bet       b4   alice        5    _  _            r4     E    │ duplicate             67
rollback  y3   alice        _   r3  scope=round  r3     E    │ created               67
bet       b5   alice        3    _  _            r5     E    │ duplicate             67
""")


async def test_case_11_a_new_reversal_beside_known_operations_means_all_that_is_there(play):
    """Case 11: a rollback of a round or call beside operations that other calls brought takes it back whole."""
    await play(
        """
op        key  player  amount  ref  flags        round  call │ status       cash
deposit   d1   alice      100    _  _            _      _    │ created       100
bet       b1   alice       10    _  _            r1     _    │ created        90
win       w1   alice        3    _  _            r1     _    │ created        93
rollback  x1   alice        _   r1  scope=round  r1     A    │ created       100
bet       b1   alice       10    _  _            r1     A    │ duplicate     100
bet       b2   alice       10    _  _            r2     _    │ created        90
win       w2   alice        3    _  _            r2     _    │ created        93
bet       b2   alice       10    _  _            r2     B    │ duplicate     100
rollback  x2   alice        _   r2  scope=round  r2     B    │ created       100
bet       b3   alice       10    _  _            r3     _    │ created        90
win       w3   alice        3    _  _            r3     _    │ created        93
rollback  x3   alice        _   r3  scope=round  r3     C    │ created       100
win       w3   alice        3    _  _            r3     C    │ duplicate     100
bet       b4   alice       10    _  _            r4     D    │ created        90
bet       c4   alice       10    _  _            r4     D    │ created        80
rollback  x4   alice        _   b4  scope=call   r4     E    │ created       100
bet       c4   alice       10    _  _            r4     E    │ duplicate     100
bet       b5   alice       10    _  _            r5     F    │ created        90
bet       c5   alice       10    _  _            r5     F    │ created        80
rollback  x5   alice        _   b5  _            r5     _    │ created        90
bet       b5   alice       10    _  _            r5     G    │ duplicate     100
bet       c5   alice       10    _  _            r5     G    │ duplicate     100
rollback  y5   alice        _   b5  scope=call   r5     G    │ created       100
bet       b6   alice       10    _  _            r6     H    │ created        90
bet       c6   alice       10    _  _            r6     H    │ created        80
rollback  x6   alice        _   b6  _            r6     _    │ created        90
rollback  y6   alice        _   b6  scope=call   r6     I    │ created       100
bet       c6   alice       10    _  _            r6     I    │ duplicate     100
bet       b7   alice       10    _  _            r7     _    │ created        90
bet       b8   alice       10    _  _            r8     _    │ created        80
bet       b7   alice       10    _  _            r7     J    │ duplicate      90
rollback  x8   alice        _   r8  scope=round  r8     J    │ created        90
""",
        flags="rollback_with_wins",
    )


async def test_case_11_a_win_that_its_call_took_back_was_no_share_of_a_bet_elsewhere(play):
    """Case 11: a bet of another round is split without the wins of it, and of no other, that the call took back before."""
    small = "\n".join(f"win u{i} alice 1 b1 r1 _ U │ created _ _" for i in range(9))
    await play(
        f"""
op           key  player  amount  ref  round  flags       call │ status              cash  bonus
deposit      d1   alice        9    _  _      _           _    │ created                9      0
bonus_grant  g1   alice       91    _  _      _           _    │ created                9     91
bet          b1   alice       10    _  r1     _           _    │ created                0     90
bet          b2   alice       90    _  r1     _           _    │ created                0      0
win          w1   alice      100   b1  r1     _           _    │ created                9     91
rollback     x1   alice        _   w1  r1     _           A    │ created                0      0
win          w2   alice      100   b1  r2     _           A    │ created               90     10
rollback     x2   alice        _   w2  r2     _           _    │ created                0      0
{small}
rollback     y1   alice        _   u1  _      scope=call  C    │ created                0      0
win          w3   alice      100   b1  r2     _           C    │ created               90     10
deposit      d2   bob         10    _  _      _           _    │ created               10      0
bonus_grant  g2   bob         10    _  _      _           _    │ created               10     10
bet          b3   bob         20    _  _      _           _    │ created                0      0
win          w4   bob          6   b4  r4     _           _    │ created                6      0
rollback     x4   bob          _   w4  r4     _           D    │ created                0      0
win          w5   bob          2   b3  r3     _           D    │ created                1      1
""",
        flags="compare_round=no,win_without_bet",
    )


async def test_case_11_a_win_before_its_bet_is_no_share_of_it(play):
    """Case 11: a bet of no round is split by the wins that came after it, in one call as one by one."""
    await play(
        """
op           key  player  amount  ref  round  call │ status   cash  bonus
bonus_grant  g1   alice        2    _  _      _    │ created     0      2
win          w0   alice     1.01   b1  r1     _    │ created  1.01      2
bet          b1   alice     3.01    _  _      _    │ created     0      0
win          w1   alice        1   b1  r1     _    │ created  0.33   0.67
bonus_grant  g2   bob          2    _  _      _    │ created     0      2
win          v0   bob       1.01   c1  r1     A    │ created  1.01      2
bet          c1   bob       3.01    _  _      A    │ created     0      0
win          v1   bob          1   c1  r1     A    │ created  0.33   0.67
win          v2   carol        0   d1  r1     _    │ created     0      0
promo_win    p1   carol     1.01    _  _      _    │ created  1.01      0
bonus_grant  g3   carol        2    _  _      _    │ created  1.01      2
win          v3   carol        1   d1  r1     _    │ created  2.01      2
tip          t1   carol        1    _  _      _    │ created  1.01      2
bet          d1   carol     3.01    _  _      _    │ created     0      0
promo_win    p2   carol        1    _  _      _    │ created     1      0
rollback     x1   carol        _   v3  r1     B    │ created     0      0
win          v4   carol        1   d1  r1     B    │ created  0.33   0.67
""",
        flags="win_without_bet",
    )


async def test_case_11_results_of_a_round_among_much_that_was_given_back_in_the_call(play):
    """Case 11: wins that name nothing settle no bet of their round once the call took them back, however many."""
    await play(f"""
op        key  player  amount  ref  round  flags            call │ status              cash
bet       b1   alice        0    _  r1     _                _    │ created                0
{chr(10).join(f"win u{i} alice 1 _ r1 _ U │ created _" for i in range(9))}
win       w1   alice        5   b1  r1     one_win_per_bet  _    │ reference_settled      9
rollback  x1   alice        _   u1  _      scope=call       A    │ created                0
win       w1   alice        5   b1  r1     one_win_per_bet  A    │ created                5
""")


async def test_case_11_a_failed_call_names_nothing_that_was_never_written(play):
    """Case 11: what fails a call names neither its tombstone nor its bet: posted again, it is answered the same."""
    await play("""
op          key  player  amount  ref  call │ status              cash  kind
rollback    x1   alice        _   b9  A    │ not_applied            0  None
correction  c1   alice     -900   b9  A    │ insufficient_funds     0  None
bet         b1   alice        0    _  B    │ not_applied            0  None
correction  c2   alice     -900   b1  B    │ insufficient_funds     0  bet
bet         b2   alice        0    _  C    │ not_applied            0  None
rollback    x2   alice  1000000000001 b8  C    │ balance_overflow       0  _
""")
