"""What a reference may mean: results in other rounds, siblings, bets without a round, other players' bets."""

import pytest


async def test_case_2_a_known_rollback_in_another_round(play):
    """Case 2: where references into other rounds are welcome, so is the retry that named one."""
    await play("""
op        key  player  amount  ref  round  flags            │ status      cash
deposit   d1   alice      100    _  _      _                │ created      100
bet       b1   alice       10    _  r1     _                │ created       90
rollback  x1   alice        _   b1  r2     compare_round=no │ created      100
rollback  x1   alice        _   b1  r2     compare_round=no │ duplicate    100
""")


async def test_case_2_a_known_rollback_of_something_else(play):
    """Case 2: a known key that means another round, or more or less of a call, takes nothing back and is no duplicate."""
    await play("""
op        key  player  amount  ref  round  flags                        call │ status              cash
deposit   d1   alice      100    _  _      _                            _    │ created              100
bet       b1   alice       10    _  r1     _                            _    │ created               90
bet       b2   alice       20    _  r2     _                            _    │ created               70
rollback  x1   alice        _    _  r1     scope=round,compare_round=no _    │ created               80
rollback  x1   alice        _    _  r2     scope=round,compare_round=no _    │ key_reused            80
rollback  x1   alice        _    _  r1     compare_round=no             _    │ key_reused            80
rollback  x1   alice        _    _  r1     scope=round,compare_round=no _    │ duplicate             80
rollback  x2   alice        _    _  r2     scope=round                  A    │ not_applied           80
rollback  x2   alice        _    _  r1     scope=round,compare_round=no A    │ key_reused            80
bet       b3   alice       10    _  r3     _                            B    │ created               70
bet       b4   alice       20    _  r3     _                            B    │ created               50
rollback  x3   alice        _   b3  r3     _                            _    │ created               60
rollback  x3   alice        _   b3  r3     scope=call                   _    │ key_reused            60
rollback  x3   alice        _   b3  r3     scope=round                  _    │ key_reused            60
rollback  x3   alice        _   b3  r3     _                            _    │ duplicate             60
rollback  x4   alice        _   b3  r3     scope=call                   _    │ created               80
rollback  x4   alice        _   b3  r3     _                            _    │ key_reused            80
rollback  x4   alice        _   b3  r3     scope=call                   _    │ duplicate             80
rollback  x5   alice        _   b9  r3     _                            _    │ tombstone_created     80
rollback  x5   alice        _   b9  r3     scope=call                   _    │ key_reused            80
rollback  x5   alice        _   b9  r3     _                            _    │ duplicate             80
bet       b5   alice       10    _  r5     _                            C    │ not_applied           80
rollback  x6   alice        _   b5  r5     _                            C    │ not_applied           80
rollback  x6   alice        _   b5  r5     scope=call                   C    │ key_reused            80
bet       b5   alice       10    _  r5     _                            D    │ created               70
rollback  x6   alice        _   b5  r5     scope=call                   D    │ created               80
rollback  x6   alice        _   b5  r5     scope=call                   D    │ duplicate             80
""")


async def test_a_rollback_in_another_round_by_policy(play):
    """Case 28: a rollback of a bet in another round differs, unless the policy leaves rounds uncompared."""
    await play("""
op        key  player  amount  ref  round  flags            │ status              cash
deposit   d1   alice      100    _  _      _                │ created              100
bet       b1   alice       10    _  r1     _                │ created               90
bet       b2   alice       10    _  _      _                │ created               80
rollback  x1   alice        _   b1  r2     _                │ reference_differs     80
rollback  x2   alice        _   b2  r2     _                │ created               90
rollback  x1   alice        _   b1  r2     compare_round=no │ created              100
""")


async def test_the_round_that_a_rollback_ends(play):
    """Case 13: the end flag of a rollback closes the round of what it names; where it names a call, the one it says."""
    await play("""
op        key  player  amount  ref  round  flags                           │ status        cash
bet       b1   alice        0    _  r1     _                               │ created          0
rollback  x1   alice        _   b1  r2     compare_round=no,end            │ created          0
bet       b2   alice        0    _  r1     _                               │ round_closed     0
bet       b2   alice        0    _  r2     _                               │ created          0
bet       b3   alice        0    _  r3     _                               │ created          0
rollback  x3   alice        _   b3  r4     scope=call,compare_round=no,end │ created          0
bet       b4   alice        0    _  r4     _                               │ round_closed     0
bet       b4   alice        0    _  r3     _                               │ created          0
""")


async def test_case_7_a_result_settles_whatever_its_round(play):
    """Case 7: a win that names the bet settles it, and goes back with it, in another round or in none."""
    await play("""
op        key  player  amount  ref  round  flags                               │ status              cash
deposit   d1   alice      100    _  _      _                                   │ created              100
bet       b1   alice       10    _  r1     compare_round=no                    │ created               90
win       w1   alice       50   b1  r2     compare_round=no                    │ created              140
rollback  x1   alice        _   b1  r1     compare_round=no                    │ reference_settled    140
rollback  x1   alice        _   b1  r1     compare_round=no,rollback_with_wins │ created              100
bet       b2   alice       10    _  _      _                                   │ created               90
win       w2   alice       50   b2  _      _                                   │ created              140
rollback  x2   alice        _   b2  _      _                                   │ reference_settled    140
rollback  x2   alice        _   b2  _      rollback_with_wins                  │ created              100
bet       b3   alice       10    _  _      _                                   │ created               90
win       w3   alice       50   b3  r3     _                                   │ created              140
rollback  x3   alice        _   b3  _      _                                   │ reference_settled    140
rollback  x3   alice        _   b3  _      rollback_with_wins                  │ created              100
rollback  x4   alice        _   w3  _      _                                   │ reference_reversed   100
""")


async def test_case_7_a_siblings_win_stays(play):
    """Cases 7 and 8: what goes back with a bet is its own result, not its sibling's."""
    await play("""
op        key  player  amount  ref  round  flags              │ status   cash
deposit   d1   alice      100    _  _      _                  │ created   100
bet       b1   alice       10    _  r1     _                  │ created    90
bet       b2   alice       10    _  r1     _                  │ created    80
win       w2   alice        7   b2  r1     _                  │ created    87
win       w1   alice        5   b1  r1     _                  │ created    92
rollback  x1   alice        _   b1  r1     rollback_with_wins │ created    97
rollback  x2   alice        _   w2  r1     _                  │ created    90
""")


async def test_case_7_a_win_of_another_round_stays(play):
    """Case 7: a win that names nothing belongs to its own round's bets."""
    await play("""
op        key  player  amount  ref  round  flags              │ status   cash
deposit   d1   alice      100    _  _      _                  │ created   100
bet       b1   alice       10    _  r1     _                  │ created    90
bet       b2   alice       10    _  r2     _                  │ created    80
win       w2   alice        7    _  r2     _                  │ created    87
win       w1   alice        5    _  r1     _                  │ created    92
rollback  x1   alice        _   b1  r1     rollback_with_wins │ created    97
rollback  x2   alice        _   w2  r2     _                  │ created    90
""")


async def test_case_7_the_wins_of_a_reversed_bet_stay(play):
    """Cases 6 and 7: a bet that was taken back takes nothing along a second time."""
    await play("""
op        key  player  amount  ref  round  flags              │ status               cash  original
deposit   d1   alice      100    _  _      _                  │ created               100  _
bet       b1   alice       10    _  r1     _                  │ created                90  _
bet       b2   alice       10    _  r1     _                  │ created                80  _
rollback  x1   alice        _   b1  r1     _                  │ created                90  b1
win       w1   alice        5    _  r1     _                  │ created                95  _
rollback  x2   alice        _   b1  r1     rollback_with_wins │ reference_reversed     95  x1
""")


async def test_a_refund_of_a_win_differs_though_it_is_reversed(play):
    """Case 28: what a refund can not mean differs, before anybody asks whether it stands."""
    await play("""
op        key  player  amount  ref  round │ status              cash
deposit   d1   alice      100    _  _     │ created              100
bet       b1   alice       10    _  r1    │ created               90
win       w1   alice        5    _  r1    │ created               95
rollback  x1   alice        _   w1  r1    │ created               90
refund    x2   alice        _   w1  r1    │ reference_differs     90
""")


async def test_case_12_a_promotion_remembers_what_it_names(play):
    """Case 12: prizes and corrections keep the bet they name, and its round, but never another player's."""
    await play("""
op           key  player  amount  ref  round │ status   original  kind
bet          b1   alice        0    _  r1    │ created  _         _
promo_win    p1   alice       10   b1  _     │ created  b1        bet
jackpot_win  j1   alice       10   b1  _     │ created  b1        bet
payout       o1   alice       10   b1  _     │ created  b1        bet
correction   c1   alice       10   b1  _     │ created  b1        bet
rollback     x1   alice        _   p1  r1    │ created  p1        promo_win
promo_win    p2   bob         10   b1  _     │ created  _         None
tip          t1   alice       10   b1  r1    │ created  _         None
""")


async def test_case_12_a_promotion_names_no_tombstone(play):
    """Cases 4 and 12: prizes and corrections whose bet was rolled back before it came are paid, and name nothing."""
    await play("""
op           key  player  amount  ref  round  call │ status             cash  kind         moved
rollback     x1   alice        _   b1  r1     _    │ tombstone_created     0  tombstone        0
promo_win    p1   alice       10   b1  r2     _    │ created              10  None            10
jackpot_win  j1   alice       10   b1  r2     _    │ created              20  None            10
payout       o1   alice       10   b1  _      _    │ created              30  None            10
correction   c1   alice       10   b1  _      _    │ created              40  None            10
jackpot_win  j1   alice       10   b1  r2     _    │ duplicate            40  None            10
rollback     x2   alice        _   b2  _      A    │ tombstone_created    40  tombstone        0
jackpot_win  j2   alice       10   b2  _      A    │ created              50  None            10
rollback     y2   alice        _   j2  _      _    │ created              40  jackpot_win    -10
""")


async def test_case_15_clamping_leaves_a_debt(play):
    """Case 15: clamped at zero means that nothing is taken, not that a debt is paid."""
    await play("""
op          key  player  amount  ref  round  flags                 │ status   cash  house_loss
deposit     d1   alice       10    _  _      _                     │ created    10    0
bet         b1   alice       10    _  r1     _                     │ created     0    0
win         w1   alice       50   b1  r1     _                     │ created    50    0
correction  c1   alice      -70    _  _      correction_below_zero │ created   -20    0
rollback    x1   alice        _   w1  r1     short_rollback=clamp  │ created   -20  -50
""")


async def test_case_17_a_bet_given_back_in_part_wins_by_its_round(play):
    """Case 17: what is left of a bet is live in its round."""
    await play("""
op       key  player  amount  ref  round  flags                 │ status               cash
deposit  d1   alice      100    _  _      _                     │ created               100
bet      b1   alice       40    _  r1     _                     │ created                60
refund   x1   alice       10   b1  r1     refund_amount=partial │ created                70
win      w1   alice       50    _  r1     _                     │ created               120
bet      b2   alice       40    _  r2     _                     │ created                80
refund   x2   alice       10   b2  r2     refund_amount=partial │ created                90
refund   x3   alice       30   b2  r2     refund_amount=partial │ created               120
win      w2   alice       50    _  r2     _                     │ reference_reversed    120
""")


async def test_a_refund_of_a_call_with_a_win_differs(play):
    """Case 28: a refund gives stakes back; a call with a live win in it is no refund's business."""
    await play("""
op        key  player  amount  ref  round  flags      call │ status              cash
deposit   d1   alice      100    _  _      _          _    │ created              100
bet       b1   alice       10    _  r1     _          A    │ created               90
win       w1   alice        5   b1  r1     _          A    │ created               95
refund    x1   alice        _   b1  r1     scope=call _    │ reference_differs     95
rollback  x2   alice        _   w1  r1     _          _    │ created               90
refund    x1   alice        _   b1  r1     scope=call _    │ created              100
""")


async def test_case_7_one_win_on_a_bet_by_policy(play):
    """Case 7: where one is the rule, a bet is settled by a later live win that names it, or its round and nothing."""
    await play(
        """
op        key  player  amount  ref  round  flags           │ status              cash
deposit   d1   alice      100    _  _      _               │ created              100
bet       b1   alice       10    _  r1     _               │ created               90
bet       b2   alice       10    _  r1     _               │ created               80
win       w2   alice        5   b2  r1     _               │ created               85
win       w1   alice        5   b1  r1     _               │ created               90
win       w3   alice        5   b1  r1     _               │ reference_settled     90
rollback  x1   alice        _   w1  r1     _               │ created               85
win       w3   alice        5   b1  r1     _               │ created               90
bet       b4   alice       10    _  r2     _               │ created               80
win       w4   alice        5    _  r2     _               │ created               85
win       w5   alice        5   b4  r2     _               │ reference_settled     85
bet       b5   alice       10    _  r2     _               │ created               75
tip       t5   alice       10    _  r2     _               │ created               65
win       w5   alice        5   b5  r2     _               │ created               70
bet       b6   alice       10    _  r3     _               │ created               60
bet       b7   alice       10    _  r3     studio=b        │ created               50
win       w7   alice        5    _  r3     studio=b        │ created               55
win       w6   alice        5   b6  r3     _               │ created               60
bet       b8   alice       10    _  r4     _               │ created               50
bet       b9   alice       10    _  r4     _               │ created               40
rollback  x8   alice        _   b8  r4     _               │ created               50
win       w9   alice        5    _  r4     _               │ created               55
win       w8   alice        5   b8  r4     _               │ reference_reversed    55
win       w8   alice        5   b9  r4     _               │ reference_settled     55
""",
        flags="one_win_per_bet",
    )


async def test_case_11_the_results_of_a_call_go_with_it(play):
    """Cases 7 and 11: a win outside the call settles it by any of its bets; by policy it goes with the call, refund or rollback."""
    await play("""
op        key  player  amount  ref  round  flags                         call │ status               cash
deposit   d1   alice      100    _  _      _                             _    │ created               100
bet       b1   alice       10    _  r1     _                             A    │ created                90
bet       b2   alice       10    _  r1     _                             A    │ created                80
win       w2   alice       50   b2  r1     _                             _    │ created               130
rollback  x1   alice        _   b1  r1     scope=call                    _    │ reference_settled     130
rollback  x1   alice        _   b1  r1     scope=call,rollback_with_wins _    │ created               100
bet       b3   alice       10    _  r2     _                             B    │ created                90
win       w3   alice       50   b3  r2     _                             _    │ created               140
refund    x3   alice        _   b3  r2     scope=call                    _    │ reference_settled     140
refund    x3   alice        _   b3  r2     scope=call,rollback_with_wins _    │ created               100
rollback  x4   alice        _   w3  r2     _                             _    │ reference_reversed    100
""")


async def test_case_11_the_results_of_a_round_go_with_it(play):
    """Cases 7 and 11: a win from another round that names a bet of the round settles the round, or goes with it."""
    await play(
        """
op        key  player  amount  ref  round  flags                          │ status               cash
deposit   d1   alice      100    _  _      _                              │ created               100
bet       b1   alice       10    _  r1     _                              │ created                90
win       w1   alice       50   b1  r2     _                              │ created               140
rollback  x1   alice        _   r1  r1     scope=round                    │ reference_settled     140
rollback  x1   alice        _   r1  r1     scope=round,rollback_with_wins │ created               100
""",
        flags="compare_round=no",
    )


async def test_case_8_an_earlier_win_settles_no_later_bet(play):
    """Cases 8 and 11: a win is no result of a bet that came after it, whatever else is given back with that."""
    await play("""
op        key  player  amount  ref  round  flags       call │ status   cash
deposit   d1   alice      100    _  _      _           _    │ created   100
bet       b0   alice       10    _  r0     _           _    │ created    90
bet       b1   alice       10    _  r1     _           _    │ created    80
win       w1   alice        5    _  r1     _           _    │ created    85
bet       b2   alice       10    _  r1     _           _    │ created    75
rollback  x0   alice        _   b0  r0     _           A    │ created    85
rollback  x2   alice        _   b2  r1     _           A    │ created    95
""")


async def test_case_11_a_tombstone_takes_back_nothing_of_its_call(play):
    """Cases 9 and 11: who names what was never there reverses nothing, and leaves its call to whoever names that."""
    await play("""
op        key  player  amount  ref  flags       call │ status               cash
deposit   d1   alice      100    _  _           _    │ created               100
rollback  x1   alice        _   u1  _           A    │ tombstone_created     100
bet       b1   alice       10    _  _           A    │ created                90
bet       b2   alice       20    _  _           A    │ created                70
rollback  y1   alice        _   u1  scope=call  B    │ reference_reversed    _
rollback  y2   alice        _   b1  scope=call  B    │ created               100
""")


@pytest.mark.parametrize("flags", ["scope=call", "_         "])
async def test_case_11_a_tombstone_keeps_no_result_from_a_bet(play, flags):
    """Cases 7 and 11: a bet that has its result is settled, whatever was named before it."""
    await play(f"""
op        key  player  amount  ref  flags       call │ status               cash
deposit   d1   alice      100    _  _           _    │ created               100
rollback  x1   alice        _   u1  _           A    │ tombstone_created     100
bet       b1   alice       10    _  _           A    │ created                90
win       w1   alice       50   b1  _           _    │ created               140
rollback  y1   alice        _   u1  scope=call  B    │ not_applied           140
rollback  y2   alice        _   b1  {flags}  B    │ reference_settled     140
""")


async def test_case_11_an_earlier_win_settles_no_later_call(play):
    """Cases 8 and 11: what a round had won before the call does not settle the call."""
    await play("""
op        key  player  amount  ref  round  flags       call │ status   cash
deposit   d1   alice      100    _  _      _           _    │ created   100
bet       b1   alice       10    _  r1     _           _    │ created    90
win       w1   alice        5    _  r1     _           _    │ created    95
bet       b2   alice       10    _  r1     _           A    │ created    85
bet       b3   alice       10    _  r1     _           A    │ created    75
rollback  x2   alice        _   b2  r1     scope=call  _    │ created    95
""")


async def test_case_11_what_was_taken_back_of_a_call_has_no_results(play):
    """Cases 8 and 11: a win in the round of a bet that was taken back before does not settle the rest of its call."""
    await play("""
op        key  player  amount  ref  round  flags       call │ status   cash
deposit   d1   alice      100    _  _      _           _    │ created   100
bet       b1   alice       10    _  r1     _           A    │ created    90
bet       b2   alice       10    _  r2     _           A    │ created    80
rollback  x1   alice        _   b1  r1     _           _    │ created    90
bet       b3   alice       10    _  r1     _           _    │ created    80
win       w3   alice        5    _  r1     _           _    │ created    85
rollback  x2   alice        _   b2  _      scope=call  _    │ created    95
""")


async def test_case_6_a_call_given_back_in_parts_names_the_reversal_of_what_was_named(play):
    """Case 6: where the operations of a call were taken back one after the other, each names its own first reversal."""
    await play("""
op        key  player  amount  ref  flags       call │ status              cash  original
deposit   d1   alice      100    _  _           _    │ created              100  _
bet       b1   alice       10    _  _           A    │ created               90  _
bet       b2   alice       20    _  _           A    │ created               70  _
rollback  x2   alice        _   b2  _           _    │ created               90  b2
rollback  x1   alice        _   b1  scope=call  _    │ created              100  b1
rollback  x3   alice        _   b2  scope=call  _    │ reference_reversed   100  x2
rollback  x4   alice        _   b1  scope=call  _    │ reference_reversed   100  x1
""")


async def test_case_17_a_rollback_is_whole(play):
    """Case 17: parts are for refunds; a rollback undoes all that is left, whatever amount it names."""
    await play(
        """
op        key  player  amount  ref │ status              cash
deposit   d1   alice      100    _ │ created              100
bet       b1   alice       40    _ │ created               60
refund    x1   alice       10   b1 │ created               70
rollback  x2   alice        5   b1 │ created              100
bet       b2   alice       40    _ │ created               60
rollback  x3   alice       99   b2 │ created              100
""",
        flags="refund_amount=partial",
    )


ONE_WIN = """
deposit    d1   alice      100    _  _      _                _   │ created            100
win        w0   alice        5   b1  r1     win_without_bet  _   │ created            105
bet        b1   alice       10    _  r1     _                {0} │ created             95
bet        b2   alice       10    _  r1     _                {0} │ created             85
bet        b3   alice       10    _  r2     _                {0} │ created             75
promo_win  p1   alice        5   b1  r1     _                {0} │ created             80
win        w2   alice        5   b2  r1     _                {0} │ created             85
win        w3   alice        5    _  r2     _                {0} │ created             90
win        w1   alice        5   b1  r1     one_win_per_bet  {0} │ created             95
win        w4   alice        5   b1  r1     one_win_per_bet  _   │ reference_settled   95
"""


@pytest.mark.parametrize("call", ["_", "A"], ids=["alone", "in one call"])
async def test_case_12_what_settles_a_bet(play, call):
    """Case 12: a win that names it, or nothing but its round; no prize, no win of another bet, none from before it."""
    columns = "op         key  player  amount  ref  round  flags            call │ status            cash"
    await play(columns + ONE_WIN.format(call))


async def test_case_17_a_call_is_refunded_whole(play):
    """Case 17: parts are of one movement; a refund of a call undoes all of it, whatever amount it names."""
    await play("""
op        key  player  amount  ref  flags                             │ status   cash
deposit   d1   alice      100    _  _                                 │ created   100
bet       b1   alice       40    _  _                                 │ created    60
refund    x1   alice       10   b1  refund_amount=partial,scope=call  │ created   100
bet       b2   alice       40    _  _                                 │ created    60
refund    x2   alice       99   b2  refund_amount=partial,scope=call  │ created   100
""")
