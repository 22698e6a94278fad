"""The numbered cases of the money semantics that the ledger decides, in tables; 15 to 18 are in test_reversals.py.

Races (1, 5, 22, 23, 27, 30) are in test_races.py.  Elsewhere: 3 with Redis (tests/ledger, tests/gateway), 19 and 20
(shapes and hostile JSON never reach the ledger: tests/providers, tests/gateway), 21's two devices and rotated session
(tests/gateway), 24 and 25 (kills and restarts: tests/faults).
"""

import pytest


async def test_case_1_identical_bets_debit_once(play):
    """Case 1: a bet sent again and again is debited once and answered alike."""
    await play("""
op       key  player  amount │ status     cash  moved  stored
deposit  d1   alice      100 │ created     100    100     100
bet      b1   alice       30 │ created      70    -30      70
bet      b1   alice       30 │ duplicate    70    -30      70
bet      b2   alice       30 │ created      40    -30      40
bet      b1   alice       30 │ duplicate    40    -30      70
""")


async def test_case_2_same_key_with_other_content_is_key_reused(play):
    """Case 2: another amount, round, currency, kind, reference or player under a known key moves no money."""
    await play("""
op       key  player     amount  ref  round  flags        │ status      cash
deposit  d1   alice         100    _  _      _            │ created      100
deposit  d2   bob           100    _  _      _            │ created      100
deposit  d3   alice:USD     100    _  _      _            │ created      100
bet      b1   alice          10    _  r1     _            │ created       90
bet      b1   alice          11    _  r1     _            │ key_reused    90
bet      b1   alice          10    _  r2     _            │ key_reused    90
tip      b1   alice          10    _  r1     _            │ key_reused    90
bet      b1   bob            10    _  r1     _            │ key_reused   100
bet      b1   alice:USD      10    _  r1     _            │ key_reused   100
bet      b1   alice          10    _  r1     currency=USD │ key_reused    90
bet      b1   alice          10    _  r1     currency=EUR │ duplicate     90
bet      b1   alice          10    _  _      _            │ duplicate     90
win      w1   alice          10   b1  r1     _            │ created      100
win      w1   alice          10    _  r1     _            │ key_reused   100
win      w1   alice          10   b1  r1     _            │ duplicate    100
""")


async def test_case_2_game_is_compared_by_policy(play):
    """Case 2: by policy a known key in another game moves no money; a rollback's game is its original's."""
    await play("""
op        key  player  amount  ref  round  flags                │ status      cash
deposit   d1   alice      100    _  _      _                    │ created      100
bet       b1   alice       10    _  r1     game=1,compare_game  │ created       90
bet       b1   alice       10    _  r1     game=2,compare_game  │ key_reused    90
bet       b1   alice       10    _  r1     game=2               │ duplicate     90
bet       b1   alice       10    _  r1     compare_game         │ duplicate     90
bet       b1   alice       10    _  r1     game=1,compare_game  │ duplicate     90
rollback  k1   alice        _   b1  r1     game=1,compare_game  │ created      100
rollback  k1   alice        _   b1  r1     game=2,compare_game  │ duplicate    100
""")


async def test_case_2_the_value_of_free_play_is_compared(play):
    """Case 2: a free bet with another nominal value under a known key is another bet."""
    await play("""
op        key  player  amount  ref  round  flags                       │ status      cash
free_bet  f1   alice        _    _  r1     nominal=3                   │ created        0
free_bet  f1   alice        _    _  r1     nominal=4                   │ key_reused     0
free_bet  f1   alice        _    _  r1     nominal=4,compare_amount=no │ duplicate      0
free_bet  f1   alice        _    _  r1     nominal=3                   │ duplicate      0
""")


async def test_case_2_amount_is_compared_by_policy(play):
    """Case 2: where the protocol does not compare amounts, a known key with another one is the duplicate."""
    await play("""
op        key  player  amount  ref  flags                │ status      cash
deposit   d1   alice      100    _  _                    │ created      100
bet       b1   alice       10    _  _                    │ created       90
bet       b1   alice       11    _  compare_amount=no    │ duplicate     90
bet       b1   alice       11    _  _                    │ key_reused    90
rollback  x1   alice       10   b1  _                    │ created      100
rollback  x1   alice        7   b1  _                    │ duplicate    100
rollback  x1   alice        7   b1  refund_amount=match  │ key_reused   100
""")


async def test_case_2_token_time_and_end_flag_are_not_compared(play):
    """Case 2: a retry with another session or end flag is the duplicate; its end flag closes nothing."""
    await play("""
op       key  player  amount  round  flags           │ status     cash
deposit  d1   alice      100  _      _               │ created     100
bet      b1   alice       10  r1     _               │ created      90
bet      b1   alice       10  r1     end             │ duplicate    90
bet      b1   alice       10  r1     session=unknown │ duplicate    90
bet      b2   alice       10  r1     _               │ created      80
""")


async def test_case_4_a_rollback_before_its_bet_leaves_a_tombstone(play):
    """Case 4: the late bet or win moves no money, and the rollback repeated is its own duplicate."""
    await play("""
op        key  player  amount  ref  round │ status              cash  original  kind       moved
deposit   d1   alice      100    _  _     │ created              100  _         _            100
rollback  x1   alice       10   b1  r1    │ tombstone_created    100  b1        tombstone      0
rollback  x1   alice       10   b1  r1    │ duplicate            100  b1        tombstone      0
bet       b1   alice       10    _  r1    │ tombstoned           100  _         _              0
rollback  x1   alice       10   b1  r1    │ duplicate            100  b1        tombstone      0
bet       b1   alice       10    _  r1    │ tombstoned           100  _         _              0
rollback  x2   alice        _   b1  r1    │ reference_reversed   100  x1        tombstone      _
rollback  x3   alice        _   w1  r1    │ tombstone_created    100  w1        tombstone      0
win       w1   alice       10    _  r1    │ tombstoned           100  _         _              0
refund    x4   alice        5   b2  r1    │ tombstone_created    100  b2        tombstone      0
bet       b2   alice        5    _  r1    │ tombstoned           100  _         _              0
""")


async def test_case_4_a_win_for_a_tombstone_is_refused(play):
    """Cases 4 and 7: a win that names a bet which was rolled back before it came is reference_reversed."""
    await play("""
op        key  player  amount  ref  flags           │ status              cash  original
rollback  x1   alice        _   b1  _               │ tombstone_created      0  b1
win       w1   alice       10   b1  _               │ reference_reversed     0  x1
win       w1   alice       10   b1  win_without_bet │ reference_reversed     0  x1
""")


async def test_case_4_a_win_in_the_round_of_a_tombstone(play):
    """Cases 4 and 7: a bet refunded before it came counts in the round that was named as a bet that was given back."""
    await play("""
op        key  player  amount  ref  round  flags           call │ status              cash
deposit   d1   alice      100    _  _      _               _    │ created              100
refund    x1   alice        _   b1  r1     _               _    │ tombstone_created    100
bet       b1   alice       10    _  r1     _               _    │ tombstoned           100
win       w1   alice       50    _  r1     win_without_bet _    │ reference_reversed   100
win       w1   alice       50   b7  r1     win_without_bet _    │ reference_reversed   100
win       w1   alice       50    _  r1     _               _    │ reference_reversed   100
bet       c1   alice       10    _  r1     _               _    │ created               90
win       w1   alice       50    _  r1     _               _    │ created              140
refund    x2   alice        _   b2  r2     win_without_bet A    │ not_applied          140
win       w2   alice       50    _  r2     win_without_bet A    │ reference_reversed   140
rollback  x3   alice        _   b3  r3     _               _    │ tombstone_created    140
win       w3   alice        1    _  r3     win_without_bet _    │ created              141
refund    x4   alice        _   b4  _      _               _    │ tombstone_created    141
win       w4   alice        1    _  r4     win_without_bet _    │ created              142
rollback  x5   alice        _   b5  r5     win_without_bet B    │ tombstone_created    142
win       w5   alice        1    _  r5     win_without_bet B    │ created              143
""")


async def test_case_4_an_unknown_round_leaves_nothing(play):
    """Case 4: a rollback of a whole round that nobody knows finds nothing, remembers nothing."""
    await play("""
op        key  player  amount  ref  round  flags       │ status               cash
deposit   d1   alice      100    _  _      _           │ created               100
rollback  x1   alice        _   r1  r1     scope=round │ reference_not_found   100
bet       b1   alice       10    _  r1     _           │ created                90
rollback  x1   alice        _   r1  r1     scope=round │ created               100
""")


async def test_case_5_retry_and_rollback_in_either_order_net_zero(play):
    """Case 5: bet, rollback and the bet's retry leave nothing, whichever comes first."""
    await play("""
op        key  player  amount  ref │ status             cash
deposit   d1   alice      100    _ │ created             100
bet       b1   alice       10    _ │ created              90
rollback  x1   alice        _   b1 │ created             100
bet       b1   alice       10    _ │ duplicate           100
rollback  x2   alice        _   b2 │ tombstone_created   100
bet       b2   alice       10    _ │ tombstoned          100
""")


async def test_case_6_two_rollbacks_are_one_refund(play):
    """Case 6: the same id again is the duplicate, another id is told the first reversal."""
    await play("""
op        key  player  amount  ref │ status              cash  original  kind  moved
deposit   d1   alice      100    _ │ created              100  _         _       100
bet       b1   alice       10    _ │ created               90  _         _       -10
rollback  x1   alice        _   b1 │ created              100  b1        bet      10
rollback  x1   alice        _   b1 │ duplicate            100  b1        bet      10
rollback  x2   alice        _   b1 │ reference_reversed   100  x1        bet       0
refund    x3   alice       10   b1 │ reference_reversed   100  x1        bet       0
rollback  x2   alice        _   b1 │ reference_reversed   100  x1        bet       0
""")


async def test_case_7_a_win_for_a_rolled_back_bet_is_refused(play):
    """Case 7: by its key, by its round or by a key nobody knows, the win of a bet that was taken back is not paid."""
    await play("""
op        key  player  amount  ref  round  flags           │ status              cash  original
deposit   d1   alice      100    _  _      _               │ created              100  _
bet       b1   alice       10    _  r1     _               │ created               90  _
rollback  x1   alice        _   b1  r1     _               │ created              100  b1
win       w1   alice       50   b1  r1     _               │ reference_reversed   100  x1
win       w1   alice       50    _  r1     _               │ reference_reversed   100  _
win       w1   alice       50    _  r1     win_without_bet │ reference_reversed   100  _
win       w1   alice       50   b9  r1     win_without_bet │ reference_reversed   100  _
win       w1   alice       50   b9  r1     _               │ reference_not_found  100  _
win       w1   alice       50    _  r2     win_without_bet │ created              150  _
bet       b2   alice       10    _  r1     _               │ created              140  _
win       w2   alice       50   b9  r1     win_without_bet │ created              190  _
""")


async def test_case_7_rollback_of_a_settled_bet(play):
    """Case 7: refused by default; by policy bet and wins go as one, never half."""
    await play("""
op        key  player  amount  ref  round  flags              │ status              cash  moved
deposit   d1   alice      100    _  _      _                  │ created              100    100
bet       b1   alice       10    _  r1     _                  │ created               90    -10
win       w1   alice       30   b1  r1     _                  │ created              120     30
win       w2   alice        5    _  r1     _                  │ created              125      5
rollback  x1   alice        _   b1  r1     _                  │ reference_settled    125      0
refund    x1   alice       10   b1  r1     _                  │ reference_settled    125      0
rollback  x1   alice        _   b1  r1     rollback_with_wins │ created              100    -25
rollback  x2   alice        _   w1  r1     rollback_with_wins │ reference_reversed   100      0
rollback  x2   alice        _   w2  r1     _                  │ reference_reversed   100      0
win       w3   alice        5    _  r1     _                  │ reference_reversed   100      0
""")


async def test_case_7_a_win_of_zero_settles_too(play):
    """Cases 7 and 13: a lost bet has its result; taking the result back makes the bet refundable again."""
    await play("""
op        key  player  amount  ref  round │ status              cash
deposit   d1   alice      100    _  _     │ created              100
bet       b1   alice       10    _  r1    │ created               90
win       w1   alice        0   b1  r1    │ created               90
rollback  x1   alice        _   b1  r1    │ reference_settled     90
rollback  x2   alice        _   w1  r1    │ created               90
rollback  x1   alice        _   b1  r1    │ created              100
""")


async def test_case_8_one_of_three_bets_cancelled(play):
    """Case 8: three bets in a round, one cancelled, the others are settled by one credit."""
    await play("""
op        key  player  amount  ref  round │ status              cash
deposit   d1   alice      100    _  _     │ created              100
bet       b1   alice       10    _  r1    │ created               90
bet       b2   alice       20    _  r1    │ created               70
bet       b3   alice       30    _  r1    │ created               40
rollback  x2   alice        _   b2  r1    │ created               60
win       w1   alice      100    _  r1    │ created              160
rollback  x1   alice        _   b1  r1    │ reference_settled    160
rollback  x3   alice        _   b3  r1    │ reference_settled    160
""")


async def test_case_8_a_win_on_one_bet_leaves_its_siblings_open(play):
    """Case 8: a win that names one bet settles that bet alone; a bet placed after a win is not settled by it."""
    await play("""
op        key  player  amount  ref  round │ status              cash
deposit   d1   alice      100    _  _     │ created              100
bet       b1   alice       10    _  r1    │ created               90
bet       b2   alice       20    _  r1    │ created               70
win       w1   alice        5   b1  r1    │ created               75
rollback  x1   alice        _   b1  r1    │ reference_settled     75
rollback  x2   alice        _   b2  r1    │ created               95
win       w2   alice        0    _  r1    │ created               95
bet       b3   alice       10    _  r1    │ created               85
rollback  x3   alice        _   b3  r1    │ created               95
""")


@pytest.mark.parametrize(
    ("act", "flags"),
    [
        ("block alice", "_"),
        ("exclude alice", "_"),
        ("close alice", "_"),
        ("", "session=unknown"),
        ("", "session=superseded"),
        ("", "session=expired"),
        ("", "session=revoked"),
        ("", "game_disabled"),
        ("", "account_disabled"),
    ],
)
async def test_case_9_what_stops_new_bets_stops_nothing_else(play, act, flags):
    """Case 9: a dead session, player, wallet, game or account refuses new bets and pays everything that is owed."""
    refused = {
        "block alice": "player_blocked",
        "exclude alice": "player_excluded",
        "close alice": "wallet_closed",
    }.get(act, flags.replace("=", "_"))
    await play(f"""
op        key  player  amount  ref  round  flags   │ status     cash
deposit      d1   alice      100    _  _   _       │ created     100
bet          b1   alice       10    _  r1  _       │ created      90
bet          b2   alice       10    _  r1  _       │ created      80
bet          b3   alice       10    _  r2  _       │ created      70
{act}
bet          b4   alice       10    _  r1  {flags} │ {refused}    70
tip          b5   alice       10    _  r1  {flags} │ {refused}    70
buy_in       b6   alice       10    _  r1  {flags} │ {refused}    70
free_bet     b7   alice        _    _  r1  {flags} │ {refused}    70
refund       x1   alice       10   b1  r1  {flags} │ created      80
rollback     x3   alice        _   b3  r2  {flags} │ created      90
win          w1   alice       10   b2  r1  {flags} │ created     100
promo_win    p1   alice       10    _  _   {flags} │ created     110
jackpot_win  j1   alice       10    _  r1  {flags} │ created     120
payout       o1   alice       10    _  _   {flags} │ created     130
correction   c1   alice      -10    _  _   {flags} │ created     120
round_close  e1   alice        _    _  r1  {flags},end │ created     120
""")


async def test_case_10_a_bet_above_the_balance_is_refused(play):
    """Case 10: one unit too many is insufficient_funds with the balance as it was; the exact balance is spent."""
    await play("""
op       key  player  amount     │ status              cash
deposit  d1   alice   100        │ created              100
bet      b1   alice   100.000001 │ insufficient_funds   100
bet      b1   alice   100        │ created                0
bet      b2   alice   0.000001   │ insufficient_funds     0
bet      b3   alice   0          │ created                0
""")


async def test_case_10_a_refusal_burns_no_key(play):
    """Case 10: the studio's later retry of a refused bet succeeds when the money is there."""
    await play("""
op       key  player  amount │ status              cash
bet      b1   alice       30 │ insufficient_funds     0
deposit  d1   alice       30 │ created               30
bet      b1   alice       30 │ created                0
bet      b1   alice       30 │ duplicate              0
""")


async def test_case_12_wins_without_a_bet(play):
    """Case 12: refused unless the policy accepts them; promotions, jackpots and payouts never need a bet."""
    await play("""
op           key  player  amount  ref  round  flags           │ status               cash  payment_clearing  game_revenue  bonus_cost  jackpot_pool
win          w1   alice       10    _  r1     _               │ reference_not_found     0  _   _   _   _
win          w1   alice       10    _  _      _               │ reference_not_found     0  _   _   _   _
win          w1   alice       10   b9  r1     _               │ reference_not_found     0  _   _   _   _
win          w1   alice       10    _  r1     win_without_bet │ created                10  0 -10   0   0
win          w2   alice       10    _  _      win_without_bet │ created                20  0 -20   0   0
win          w3   alice       10   b9  r1     win_without_bet │ created                30  0 -30   0   0
promo_win    p1   alice       10    _  _      _               │ created                40  0 -30 -10   0
promo_win    p2   alice       10   b9  _      _               │ created                50  0 -30 -20   0
jackpot_win  j1   alice       10    _  r2     _               │ created                60  0 -30 -20 -10
payout       o1   alice       10    _  _      _               │ created                70  0 -40 -20 -10
""")


async def test_case_12_a_win_that_needs_no_bet_keeps_the_one_that_is_there(play):
    """Case 12: its original is the free bet that it names, and it is not paid once that was taken back, by its key or its round."""
    await play("""
op        key  player  amount  ref  round  flags           │ status              cash  original
free_bet  f1   alice        5    _  r1     _               │ created                0  _
win       w1   alice       10   f1  r1     win_without_bet │ created               10  f1
free_bet  f2   alice        5    _  r2     _               │ created               10  _
rollback  x2   alice        _   f2  r2     _               │ created               10  f2
win       w2   alice       10   f2  r2     win_without_bet │ reference_reversed    10  x2
win       w3   alice       10    _  r2     win_without_bet │ reference_reversed    10  _
""")


async def test_free_play_and_the_end_of_a_round_move_nothing(play):
    """A free bet and a round's close are recorded with the amount they name, and move none of it."""
    await play("""
op           key  player  amount  round  flags │ status   cash  moved
deposit      d1   alice      100  _      _     │ created   100    100
free_bet     f1   alice        5  r1     _     │ created   100      0
round_close  c1   alice        5  r1     end   │ created   100      0
""")


async def test_case_13_a_win_of_zero_closes_the_bet_as_lost(play):
    """Case 13: the end flag closes the round whoever carries it; a rollback by itself neither closes nor reopens."""
    await play("""
op        key  player  amount  ref  round  flags │ status              cash
deposit   d1   alice      100    _  _      _     │ created              100
bet       b1   alice       10    _  r1     _     │ created               90
win       w1   alice        0   b1  r1     _     │ created               90
bet       b2   alice       10    _  r1     _     │ created               80
win       w2   alice        0   b2  r1     end   │ created               80
bet       b3   alice       10    _  r1     _     │ round_closed          80
rollback  x1   alice        _   w2  r1     _     │ created               80
bet       b3   alice       10    _  r1     _     │ round_closed          80
bet       b4   alice       10    _  r2     _     │ created               70
rollback  x2   alice        _   b4  r2     _     │ created               80
bet       b5   alice       10    _  r2     _     │ created               70
rollback  x3   alice        _   b5  r2     end   │ created               80
bet       b6   alice       10    _  r2     _     │ round_closed          80
""")


async def test_case_14_bets_and_wins_on_a_closed_round(play):
    """Case 14: the bet is refused, the late win credited and flagged; both by policy; a retry is the duplicate."""
    await play("""
op        key  player  amount  ref  round  flags                  │ status        cash  late
deposit   d1   alice      100    _  _      _                      │ created        100  no
bet       b1   alice       10    _  r1     end                    │ created         90  no
bet       b1   alice       10    _  r1     end                    │ duplicate       90  no
bet       b2   alice       10    _  r1     _                      │ round_closed    90  no
free_bet  f1   alice        _    _  r1     _                      │ round_closed    90  no
bet       b2   alice       10    _  r1     bet_on_closed_round    │ created         80  no
win       w1   alice       10   b1  r1     win_on_closed_round=no │ round_closed    80  no
win       w1   alice       10   b1  _      win_on_closed_round=no │ round_closed    80  no
win       w1   alice       10   b1  r1     _                      │ created         90  yes
win       w1   alice       10   b1  r1     _                      │ duplicate       90  yes
tip       t1   alice       10    _  r1     _                      │ created         80  no
rollback  x1   alice        _   b2  r1     _                      │ created         90  no
bet       b1   bob          0    _  r2     _                      │ key_reused       0  no
bet       b3   bob          0    _  r1     _                      │ created          0  no
""")


async def test_case_7_a_result_in_another_round_settles_too(play):
    """Case 7: a win that names the bet from another round is its result, whatever the rollback compares."""
    await play("""
op        key  player  amount  ref  round  flags            │ status              cash
deposit   d1   alice      100    _  _      _                │ created              100
bet       b1   alice       10    _  r1     _                │ created               90
win       w1   alice       30   b1  r2     compare_round=no │ created              120
rollback  x1   alice        _   b1  r1     compare_round=no │ reference_settled    120
rollback  x1   alice        _   b1  r1     _                │ reference_settled    120
""")
