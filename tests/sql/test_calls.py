"""Several operations in one call (case 11), what may be named (28), who is not there (29), and long rounds (21)."""

from tests.tables import read


async def test_case_11_in_order_and_all_or_nothing(play):
    """Case 11: operations apply in order; one that fails leaves none of the new ones and the balance before the call."""
    await play("""
op       key  player  amount  ref  call │ status              cash  moved
deposit  d1   alice      100    _  _    │ created              100    100
bet      b1   alice       60    _  A    │ created               40    -60
win      w1   alice       50   b1  A    │ created               90     50
bet      b2   alice       60    _  A    │ created               30    -60
bet      b3   alice       20    _  B    │ not_applied           30      0
bet      b4   alice       20    _  B    │ insufficient_funds    30      0
tip      t1   alice        5    _  B    │ not_applied           30      0
bet      b3   alice       20    _  _    │ created               10    -20
""")


async def test_case_11_what_was_not_applied_tells_whether_it_would_have_been(play):
    """Case 11: of what was not applied the kind is told of its own tombstone, of a bet that stands for a win in its round, and what its key stands for."""
    await play("""
op        key  player  amount  ref  round  flags            call │ status             kind       original  cash
deposit   d1   alice      100    _  _      _                _    │ created            None       None       100
bet       b1   alice       10    _  r1     _                _    │ created            None       None        90
rollback  x2   alice        _   b2  r1     _                _    │ tombstone_created  tombstone  b2          90
rollback  x3   alice        _   w3  r1     _                _    │ tombstone_created  tombstone  w3          90
bet       b2   alice       10    _  r1     _                A    │ tombstoned         tombstone  x2          90
win       w1   alice        5    _  r1     _                A    │ not_applied        bet        None        90
win       w2   alice        5   b1  r1     _                A    │ not_applied        None       None        90
win       w3   alice        5    _  r1     _                A    │ not_applied        tombstone  None        90
win       w4   alice        5    _  r2     win_without_bet  A    │ not_applied        None       None        90
bet       b4   alice        5    _  r1     _                A    │ not_applied        None       None        90
win       w5   alice        5    _  r1     _                B    │ not_applied        bet        None        90
bet       b2   alice       10    _  r1     _                B    │ tombstoned         tombstone  x2          90
rollback  x1   alice        _   b1  r1     _                _    │ created            bet        b1         100
bet       b2   alice       10    _  r1     _                C    │ tombstoned         tombstone  x2         100
win       w1   alice        5    _  r1     _                C    │ not_applied        None       None       100
rollback  x3   bob          _   b1  r1     _                D    │ key_reused         None       None         0
win       w3   bob          5    _  r1     _                D    │ not_applied        None       None         0
bet       b1   bob         10    _  r1     _                D    │ not_applied        None       None         0
bet       b2   alice       10    _  r1     _                E    │ tombstoned         tombstone  x2         100
bet       b1   alice       11    _  r1     _                E    │ not_applied        None       b1         100
""")


async def test_case_11_a_win_does_not_pay_for_an_earlier_bet(play):
    """Case 11: the running balance pays, in the order of the call."""
    await play("""
op       key  player  amount  ref  flags           call │ status              cash
deposit  d1   alice       50    _  _               _    │ created               50
bet      b1   alice       60    _  win_without_bet A    │ insufficient_funds    50
win      w1   alice       50    _  win_without_bet A    │ not_applied           50
win      w1   alice       50    _  win_without_bet B    │ created              100
bet      b1   alice       60    _  win_without_bet B    │ created               40
""")


async def test_case_11_all_bets_against_the_opening_balance(play):
    """Case 11: by policy a win of the call pays for none of its bets, tips or buy-ins."""
    await play("""
op       key  player  amount  ref  flags         call │ status              cash
deposit  d1   alice      100    _  _             _    │ created              100
bet      b1   alice       60    _  opening_funds A    │ not_applied          100
win      w1   alice      100   b1  opening_funds A    │ not_applied          100
bet      b2   alice       41    _  opening_funds A    │ insufficient_funds   100
bet      b1   alice       60    _  opening_funds B    │ created               40
win      w1   alice      100   b1  opening_funds B    │ created              140
tip      t1   alice       15    _  opening_funds B    │ created              125
buy_in   i1   alice       15    _  opening_funds B    │ created              110
bet      b2   alice       10    _  opening_funds B    │ created              100
bet      b3   alice        1    _  opening_funds C    │ created               99
""")


async def test_case_11_duplicates_stay_and_do_not_abort(play):
    """Case 11: known operations answer as duplicates, before and after the new ones, whether the call fails or not."""
    await play("""
op       key  player  amount  ref  call │ status              cash  stored
deposit  d1   alice      100    _  _    │ created              100     100
bet      b1   alice       10    _  A    │ created               90      90
bet      b2   alice       10    _  A    │ created               80      80
bet      b1   alice       10    _  B    │ duplicate             80      90
bet      b2   alice       10    _  B    │ duplicate             80      80
bet      b1   alice       10    _  C    │ duplicate             70      90
bet      b3   alice       10    _  C    │ created               70      70
bet      b2   alice       10    _  C    │ duplicate             70      80
bet      b1   alice       10    _  D    │ duplicate             70      90
bet      b4   alice       10    _  D    │ not_applied           70       _
bet      b5   alice      999    _  D    │ insufficient_funds    70       _
bet      b2   alice       10    _  D    │ duplicate             70      80
bet      b6   alice       10    _  D    │ not_applied           70       _
""")


async def test_case_11_a_changed_leg_is_key_reused(play):
    """Case 11: zero legs are posted too, so that a re-sent call with a changed leg is found out and moves nothing."""
    await play("""
op       key  player  amount  ref  call │ status       cash
deposit  d1   alice      100    _  _    │ created       100
bet      b1   alice       10    _  A    │ created        90
win      w1   alice        0   b1  A    │ created        90
bet      b1   alice       10    _  B    │ duplicate      90
win      w1   alice       50   b1  B    │ key_reused     90
bet      b2   alice       10    _  B    │ not_applied    90
""")


async def test_case_11_one_key_twice_in_a_call(play):
    """Case 11: the second time is the duplicate of the first, or key_reused; of a call that failed nothing is known."""
    await play("""
op       key  player  amount  ref  call │ status              cash
deposit  d1   alice      100    _  _    │ created              100
bet      b1   alice       10    _  A    │ created               90
bet      b1   alice       10    _  A    │ duplicate             90
bet      b2   alice       10    _  B    │ not_applied           90
bet      b2   alice       11    _  B    │ key_reused            90
bet      b3   alice       10    _  C    │ not_applied           90
bet      b3   alice       10    _  C    │ not_applied           90
bet      b4   alice      999    _  C    │ insufficient_funds    90
bet      b3   alice       10    _  _    │ created               80
""")


async def test_case_11_a_list_of_rollbacks(play):
    """Case 11: unknown and already reversed items of a list of rollbacks do not abort it."""
    await play("""
op        key  player  amount  ref  call │ status              cash  original
deposit   d1   alice      100    _  _    │ created              100  _
bet       b1   alice       10    _  _    │ created               90  _
bet       b2   alice       10    _  _    │ created               80  _
rollback  x1   alice        _   b1  _    │ created               90  b1
rollback  y1   alice        _   b1  A    │ reference_reversed   100  x1
rollback  y2   alice        _   b9  A    │ tombstone_created     90  b9
rollback  y3   alice        _   b2  A    │ created              100  b2
rollback  y2   alice        _   b9  _    │ duplicate            100  b9
bet       b9   alice       10    _  _    │ tombstoned           100  _
rollback  z1   alice        _   d9  B    │ not_applied          100  _
tip       t1   alice      999    _  B    │ insufficient_funds   100  _
bet       d9   alice       10    _  _    │ created               90  _
""")


async def test_case_11_references_within_a_call(play):
    """Case 11: an operation may name an earlier one of its own call; a rollback that comes first makes a tombstone."""
    await play("""
op        key  player  amount  ref  round  call │ status               cash
deposit   d1   alice      100    _  _      _    │ created               100
bet       b1   alice       10    _  r1     A    │ created                90
rollback  x1   alice        _   b1  r1     A    │ created               100
bet       b2   alice       10    _  r1     A    │ created                90
win       w2   alice       30    _  r1     A    │ created               120
rollback  x3   alice        _   b3  r1     B    │ not_applied           120
bet       b3   alice       10    _  r1     B    │ tombstoned            120
bet       b3   alice       10    _  r1     _    │ created               110
bet       b4   alice       10    _  r2     C    │ not_applied           110
win       w4   alice       10   b5  r2     C    │ reference_not_found   110
""")


async def test_case_11_a_win_knows_the_round_of_its_calls_bet(play):
    """Case 11: a win that names no round but a bet of its own call belongs to that bet's round, with all it held before."""
    await play("""
op           key  player  amount  ref  round  flags                                         call │ status        moved  moved_bonus  late
deposit      d1   alice        3    _  _      _                                             _    │ created       3      0            no
bet          b1   alice        3    _  r1     _                                             _    │ created      -3      0            no
bonus_grant  g1   alice        3    _  _      _                                             _    │ created       0      3            no
bet          b2   alice        3    _  r1     _                                             A    │ created       0     -3            no
win          w2   alice        5   b2  _      _                                             A    │ created       2.5    2.5          no
round_close  c1   alice        _    _  r1     end                                           _    │ created       0      0            no
bet          b3   alice        1    _  r1     bet_on_closed_round                           B    │ created      -1      0            no
win          w3   alice        0   b3  _      bet_on_closed_round                           B    │ created       0      0            yes
bet          b4   alice        1    _  r1     bet_on_closed_round,win_on_closed_round=no    C    │ not_applied   0      0            _
win          w4   alice        0   b4  _      bet_on_closed_round,win_on_closed_round=no    C    │ round_closed  0      0            _
""")


async def test_case_11_a_rollback_of_a_call_is_judged_on_the_net(play):
    """Case 11: it reverses all legs or none; a win in the call neither settles its bet nor must be affordable alone."""
    await play("""
op        key  player  amount  ref  flags      call │ status              cash  moved  game_revenue
deposit   d1   alice       20    _  _          _    │ created               20     20   0
bet       b1   alice       20    _  _          A    │ created                0    -20   _
win       w1   alice       15   b1  _          A    │ created               15     15   5
tip       t1   alice       15    _  _          _    │ created                0    -15  20
rollback  x1   alice        _   b1  scope=call _    │ created                5      5  15
rollback  x1   alice        _   b1  scope=call _    │ duplicate              5      5  15
rollback  x2   alice        _   w1  scope=call _    │ reference_reversed     5      0  15
rollback  x3   alice        _   w1  _          _    │ reference_reversed     5      0  15
rollback  x4   alice        _   b9  scope=call _    │ tombstone_created      5      0  15
bet       b9   alice        5    _  _          _    │ tombstoned             5      0  15
""")


async def test_case_11_a_rollback_of_a_call_that_won_needs_the_net(play):
    """Cases 11 and 15: a call that won more than it cost is taken back whole, or for want of money not at all."""
    await play("""
op        key  player  amount  ref  flags                          call │ status              cash  house_loss
deposit   d1   alice       20    _  _                              _    │ created               20   0
bet       b1   alice       20    _  _                              A    │ created                0   _
win       w1   alice       50   b1  _                              A    │ created               50   0
tip       t1   alice       25    _  _                              _    │ created               25   0
rollback  x1   alice        _   b1  scope=call                     _    │ insufficient_funds    25   0
rollback  x1   alice        _   b1  scope=call,short_rollback=clamp _   │ created                0  -5
""")


async def test_case_11_the_rest_of_a_call_and_of_a_round(play):
    """Case 11: of a call or a round that was taken back in part, the rest goes; of a whole one nothing is left."""
    await play("""
op        key  player  amount  ref  round  flags       call │ status              cash
deposit   d1   alice      100    _  _      _           _    │ created              100
bet       b1   alice       10    _  r1     _           A    │ created               90
bet       b2   alice       20    _  r1     _           A    │ created               70
tip       t1   alice        5    _  r1     _           _    │ created               65
free_bet  f1   alice        _    _  r1     nominal=3   _    │ created               65
rollback  x1   alice        _   b1  r1     _           _    │ created               75
rollback  x2   alice        _   b1  r1     scope=call  _    │ created               95
rollback  x3   alice        _   b1  r1     scope=call  _    │ reference_reversed    95
win       w1   alice       50   f1  r1     _           _    │ created              145
rollback  x4   alice        _   r1  r1     scope=round _    │ created              100
rollback  x5   alice        _   r1  r1     scope=round _    │ reference_reversed   100
rollback  x6   alice        _   f1  r1     _           _    │ reference_reversed   100
bet       b3   alice       10    _  r2     _           B    │ created               90
bet       b4   alice       20    _  r2     _           B    │ created               70
rollback  x7   alice        _   b4  r2     scope=call  _    │ created              100
""")


async def test_case_21_a_hundred_and_one_bets_and_wins_in_one_round(play):
    """Case 21: the hundred and first bet and win count like the first, and all can be taken back at once."""
    lines = [f"{kind} {kind}{n} alice 1 _ r1 _ │ created _" for n in range(101) for kind in ("bet", "win")]
    assert len(read("op key │ status\n" + "\n".join("bet k │ created" for _ in lines))) == 202
    await play(
        "\n".join(
            [
                "op key player amount ref round flags │ status cash",
                "deposit d1 alice 100 _ _ _ │ created 100",
                *lines,
                "bet last alice 7 _ r1 _ │ created 93",
                "rollback x1 alice _ r1 r1 scope=round │ created 100",
                "rollback x2 alice _ bet100 r1 _ │ reference_reversed 100",
            ]
        )
    )


async def test_case_21_great_and_small_amounts(play):
    """Case 21: a payout of 63,727,092.34 and stakes of 0.00001 and 1.556179 are exact."""
    await play("""
op       key  player       amount  round │ status     cash
deposit  d1   alice           100  _     │ created     100
bet      b1   alice       0.00001  r1    │ created      99.99999
bet      b2   alice      1.556179  r1    │ created      98.443811
win      w1   alice   63727092.34  r1    │ created     63727190.783811
win      w2   alice      0.000001  r1    │ created     63727190.783812
deposit  d2   bob:BTC  0.00000001  _     │ created     0.00000001
bet      b3   bob:BTC  0.00000001  r2    │ created     0
""")


async def test_case_21_two_rounds_in_parallel(play):
    """Case 21: two rounds at one table keep apart, and equal names of other players' rounds too."""
    await play("""
op        key  player  amount  ref  round  flags │ status               cash
deposit   d1   alice      100    _  _      _     │ created               100
deposit   d2   bob        100    _  _      _     │ created               100
bet       b1   alice       10    _  r1     _     │ created                90
bet       b2   alice       10    _  r2     _     │ created                80
bet       b3   bob         10    _  r1     _     │ created                90
win       w1   alice        0    _  r1     end   │ created                80
bet       b4   alice       10    _  r1     _     │ round_closed           80
bet       b5   alice       10    _  r2     _     │ created                70
bet       b6   bob         10    _  r1     _     │ created                80
rollback  x2   alice        _   b2  r2     _     │ created                80
win       w3   bob         30    _  r2     _     │ reference_not_found    80
win       w3   bob         30    _  r1     _     │ created               110
""")


async def test_case_28_references_of_the_wrong_kind_or_player(play):
    """Case 28: a win under its bet's key, another player's bet, a kind that cannot be meant: never money."""
    await play("""
op        key  player  amount  ref  round  flags            │ status              cash
deposit   d1   alice      100    _  _      _                │ created              100
deposit   d2   bob        100    _  _      _                │ created              100
bet       b1   alice       10    _  r1     _                │ created               90
win       b1   alice       10   b1  r1     _                │ key_reused            90
refund    x1   bob         10   b1  r1     _                │ reference_differs    100
rollback  x1   bob         10   b1  r1     _                │ reference_differs    100
win       w1   bob         10   b1  r1     _                │ reference_differs    100
win       w1   bob         10   b1  r1     win_without_bet  │ reference_differs    100
win       w1   alice       10   b1  r1     _                │ created              100
win       w2   alice       10   w1  r1     _                │ reference_differs    100
refund    x1   alice       10   w1  r1     _                │ reference_differs    100
rollback  x2   alice       10   w1  r1     _                │ created               90
rollback  x3   alice       10   x2  r1     _                │ reference_differs     90
tip       t1   alice       10    _  r1     _                │ created               80
win       w3   alice       10   t1  r1     _                │ reference_differs     80
win       w3   alice       10   b1  r2     _                │ reference_differs     80
win       w3   alice       10   b1  r2     compare_round=no │ created               90
rollback  y1   bob          _   b8  _      _                │ tombstone_created    100
rollback  y2   alice        _   b8  _      _                │ reference_differs     90
win       w4   alice        9   b8  _      _                │ reference_differs     90
""")


async def test_case_29_an_unknown_wallet_is_refused_alone(play):
    """Case 29: wallet_not_found for every operation of that call, and for nobody else in the batch."""
    await play("""
op        key  player  amount  ref  call │ status            cash
deposit   d1   alice      100    _  _    │ created            100
bet       b1   nobody      10    _  _    │ wallet_not_found     _
bet       b2   alice       10    _  _    │ created             90
win       w1   nobody      10   b1  A    │ wallet_not_found     _
rollback  x1   nobody       _   b1  A    │ not_applied          _
bet       b1   alice       10    _  _    │ created             80
""")


async def test_a_rollback_that_names_itself_finds_nothing(play):
    """A rollback under the very key that it wants undone, and that nobody knows, cannot be remembered."""
    await play("""
op        key  player  amount  ref │ status               cash
deposit   d1   alice      100    _ │ created               100
rollback  x1   alice        _   x1 │ reference_not_found   100
bet       x1   alice       10    _ │ created                90
rollback  x1   alice        _   x1 │ key_reused             90
rollback  x2   alice        _    _ │ reference_not_found    90
""")
