"""The ladder of outcomes: of two reasons that apply to one operation, the one of higher precedence is answered.

Each test makes one rung and the next apply together, and then shows that the next one would have been the answer
alone.  Rungs that the ledger does not reach yet (kyc_required, limit_reached, bonus_rules) are stepped over.  The
same tables run against the oracle, so that both are pinned to the text.
"""


async def test_duplicate_precedes_everything(play):
    """A stored operation is told again whatever has become of player, wallet, session, round and funds since."""
    await play("""
op       key  player  amount  ref  round  flags                                               │ status     cash  stored
deposit  d1   alice      100    _  _      _                                                   │ created     100     100
bet      b1   alice      100    _  r1     end                                                 │ created       0       0
exclude  alice
close    alice
bet      b1   alice      100    _  r1     session=expired,game_disabled,account_disabled,end  │ duplicate     0       0
""")


async def test_key_reused_precedes_tombstoned(play):
    """Another player's operation under a tombstone's key is key_reused, the same player's is tombstoned."""
    await play("""
op        key  player  amount  ref │ status             cash
deposit   d1   alice      100    _ │ created             100
deposit   d2   bob        100    _ │ created             100
rollback  x1   alice        _   b1 │ tombstone_created   100
bet       b1   bob         10    _ │ key_reused          100
bet       b1   alice       10    _ │ tombstoned          100
""")


async def test_key_reused_precedes_wallet_not_found(play):
    """A known key under a wallet that nobody has is key_reused, a new key is wallet_not_found."""
    await play("""
op        key  player  amount  ref │ status             cash
deposit   d1   alice      100    _ │ created             100
bet       b1   alice       10    _ │ created              90
bet       b1   nobody      10    _ │ key_reused            _
rollback  x1   alice        _   b2 │ tombstone_created    90
bet       b2   nobody      10    _ │ key_reused            _
bet       b3   nobody      10    _ │ wallet_not_found      _
""")


async def test_key_reused_precedes_what_the_guards_say(play):
    """A known key with other content is key_reused even where the operation would be refused anyway."""
    await play("""
op        key  player  amount  ref  flags           │ status           cash
deposit   d1   alice      100    _  _               │ created           100
bet       b1   alice       10    _  _               │ created            90
block alice
bet       b1   alice       11    _  session=expired │ key_reused         90
bet       b2   alice       11    _  session=expired │ session_expired    90
bet       b2   alice       11    _  _               │ player_blocked     90
""")


async def test_tombstoned_precedes_currency_and_session(play):
    """What was rolled back before it came is tombstoned, in whatever currency and session it comes."""
    await play("""
op        key  player  amount  ref  flags                        │ status             cash
deposit   d1   alice      100    _  _                            │ created             100
rollback  x1   alice        _   b1  _                            │ tombstone_created   100
bet       b1   alice       10    _  currency=USD,session=expired │ tombstoned          100
bet       b2   alice       10    _  currency=USD,session=expired │ currency_differs    100
win       b1   alice       10    _  currency=USD                 │ tombstoned          100
""")


async def test_wallet_not_found_precedes_currency_differs(play):
    """Of a wallet that is not there nobody can say the currency."""
    await play("""
op        key  player  amount  flags        │ status            cash
bet       b1   nobody      10  currency=USD │ wallet_not_found     _
bet       b1   alice       10  currency=USD │ currency_differs     0
bet       b1   alice       10  currency=EUR │ insufficient_funds   0
""")


async def test_currency_differs_precedes_session(play):
    """The wrong currency is told before the dead session, of each kind of death."""
    await play("""
op   key  player  amount  flags                           │ status              cash
bet  b1   alice       10  currency=USD,session=unknown    │ currency_differs       0
bet  b1   alice       10  currency=USD,session=superseded │ currency_differs       0
bet  b1   alice       10  currency=USD,session=expired    │ currency_differs       0
bet  b1   alice       10  currency=USD,session=revoked    │ currency_differs       0
bet  b1   alice       10  session=unknown                 │ session_unknown        0
bet  b1   alice       10  session=superseded              │ session_superseded     0
bet  b1   alice       10  session=expired                 │ session_expired        0
bet  b1   alice       10  session=revoked                 │ session_revoked        0
""")


async def test_session_precedes_wallet_closed(play):
    """A dead session is told before the closed wallet, by every kind of new bet."""
    await play("""
op        key  player  amount  flags           │ status           cash
deposit   d1   alice      100  _               │ created           100
close alice
bet       b1   alice       10  session=revoked │ session_revoked   100
tip       b2   alice       10  session=revoked │ session_revoked   100
buy_in    b3   alice       10  session=revoked │ session_revoked   100
free_bet  b4   alice        _  session=revoked │ session_revoked   100
bet       b1   alice       10  _               │ wallet_closed     100
tip       b2   alice       10  _               │ wallet_closed     100
buy_in    b3   alice       10  _               │ wallet_closed     100
free_bet  b4   alice        _  _               │ wallet_closed     100
""")


async def test_wallet_closed_precedes_player_blocked(play):
    """The closed wallet is told before the blocked or excluded player, by every guarded kind."""
    await play("""
op           key  player  amount │ status           cash
deposit      d1   alice      100 │ created           100
close alice
block alice
bet          b1   alice       10 │ wallet_closed     100
deposit      d2   alice       10 │ wallet_closed     100
bonus_grant  g1   alice       10 │ wallet_closed     100
exclude alice
bet          b1   alice       10 │ wallet_closed     100
deposit      d2   alice       10 │ wallet_closed     100
bonus_grant  g1   alice       10 │ wallet_closed     100
""")


async def test_player_blocked_precedes_game_disabled(play):
    """A blocked or excluded player is told before the disabled game and account."""
    await play("""
op       key  player  amount  flags                          │ status            cash
deposit  d1   alice      100  _                              │ created            100
block alice
bet      b1   alice       10  game_disabled,account_disabled │ player_blocked     100
deposit  d2   alice       10  _                              │ player_blocked     100
exclude alice
bet      b1   alice       10  game_disabled,account_disabled │ player_excluded    100
deposit  d2   alice       10  _                              │ player_excluded    100
unblock alice
bet      b1   alice       10  game_disabled,account_disabled │ game_disabled      100
""")


async def test_game_disabled_precedes_account_disabled(play):
    """The disabled game is told before the account that takes no new bets."""
    await play("""
op       key  player  amount  flags                          │ status            cash
bet      b1   alice       10  game_disabled,account_disabled │ game_disabled        0
bet      b1   alice       10  account_disabled               │ account_disabled     0
""")


async def test_account_disabled_precedes_round_closed(play):
    """An account without new bets is told before the closed round."""
    await play("""
op           key  player  amount  round  flags                │ status            cash
round_close  c1   alice        _  r1     end                  │ created              0
bet          b1   alice       10  r1     account_disabled     │ account_disabled     0
bet          b1   alice       10  r1     _                    │ round_closed         0
free_bet     f1   alice        _  r1     game_disabled        │ game_disabled        0
free_bet     f1   alice        _  r1     _                    │ round_closed         0
""")


async def test_account_disabled_precedes_insufficient_funds(play):
    """An account without new bets is told before the empty purse."""
    await play("""
op      key  player  amount  flags             │ status              cash
tip     t1   alice       10  account_disabled  │ account_disabled       0
tip     t1   alice       10  _                 │ insufficient_funds     0
buy_in  t2   alice       10  account_disabled  │ account_disabled       0
buy_in  t2   alice       10  _                 │ insufficient_funds     0
""")


async def test_second_actor_precedes_insufficient_funds(play):
    """An adjustment above one actor's limit needs the second before anybody looks at the funds."""
    await play("""
op          key  player   amount │ status                 cash
adjustment  a1   alice  -1000.01 │ second_actor_required     0
adjustment  a1   alice     -1000 │ insufficient_funds        0
adjustment  a2   alice   1000.01 │ second_actor_required     0
adjustment  a2   alice      1000 │ created                1000
adjustment  a3   alice  -1000.01 │ second_actor_required  1000
adjustment  a3   alice     -1000 │ created                   0
""")


async def test_second_actor_follows_currency(play):
    """The wrong currency of an adjustment is told before its size."""
    await play("""
op          key  player   amount  flags        │ status                 cash
adjustment  a1   alice   1000.01  currency=USD │ currency_differs          0
adjustment  a1   alice   1000.01  _            │ second_actor_required     0
""")


async def test_currency_differs_precedes_reference_not_found(play):
    """Wins and rollbacks in the wrong currency are refused as such, before anybody looks for their bet."""
    await play("""
op        key  player  amount  ref  flags        │ status               cash
win       w1   alice       10   b1  currency=USD │ currency_differs        0
win       w1   alice       10   b1  _            │ reference_not_found     0
rollback  x1   alice        _   b1  currency=USD │ currency_differs        0
rollback  x1   alice        _   b1  _            │ tombstone_created       0
""")


async def test_reference_not_found_precedes_round_closed(play):
    """A win for an unknown bet on a closed round says that the bet is unknown."""
    await play("""
op           key  player  amount  ref  round  flags                                  │ status               cash
round_close  c1   alice        _    _  r1     end                                    │ created                 0
win          w1   alice       10   b1  r1     win_on_closed_round=no                 │ reference_not_found     0
win          w1   alice       10    _  r1     win_on_closed_round=no                 │ reference_not_found     0
win          w1   alice       10   b1  r1     win_on_closed_round=no,win_without_bet │ round_closed            0
win          w1   alice       10    _  r1     win_on_closed_round=no,win_without_bet │ round_closed            0
""")


async def test_reference_differs_precedes_reference_reversed(play):
    """A reference that cannot be meant differs, even where it is also reversed already."""
    await play("""
op        key  player  amount  ref  round  flags               │ status               cash
deposit   d1   alice      100    _  _      _                   │ created               100
deposit   d2   bob        100    _  _      _                   │ created               100
bet       b1   alice       10    _  r1     _                   │ created                90
rollback  x1   alice        _   b1  r1     _                   │ created               100
rollback  x2   bob          _   b1  r1     _                   │ reference_differs     100
rollback  x2   alice        _   b1  r2     _                   │ reference_differs     100
rollback  x2   alice        9   b1  r1     refund_amount=match │ reference_differs     100
rollback  x2   alice       10   b1  r1     refund_amount=match │ reference_reversed    100
win       w1   alice       10   b1  r2     _                   │ reference_differs     100
win       w1   alice       10   b1  r1     _                   │ reference_reversed    100
""")


async def test_reference_reversed_precedes_reference_settled(play):
    """Of a bet both settled and given back the reversal is told; of a hold both released and paid the release."""
    await play("""
op                  key  player  amount  ref  round  flags              │ status               cash  held
deposit             d1   alice      100    _  _      _                  │ created               100     0
bet                 b1   alice       10    _  r1     _                  │ created                90     0
bet                 b2   alice       10    _  r1     _                  │ created                80     0
rollback            x1   alice        _   b1  r1     _                  │ created                90     0
win                 w1   alice        5    _  r1     _                  │ created                95     0
rollback            x2   alice        _   b1  r1     _                  │ reference_reversed     95     0
rollback            x2   alice        _   b2  r1     _                  │ reference_settled      95     0
withdrawal_hold     h1   alice       20    _  _      _                  │ created                75    20
withdrawal_release  l1   alice        _   h1  _      _                  │ created                95     0
withdrawal          p1   alice        _   h1  _      _                  │ created                95     0
withdrawal_release  l2   alice        _   h1  _      _                  │ reference_reversed     95     0
withdrawal          p2   alice        _   h1  _      _                  │ reference_settled      95     0
""")


async def test_reference_reversed_precedes_round_closed(play):
    """A win for a rolled-back bet on a closed round says that the bet was rolled back."""
    await play("""
op        key  player  amount  ref  round  flags                  │ status               cash
deposit   d1   alice      100    _  _      _                      │ created               100
bet       b1   alice       10    _  r1     _                      │ created                90
bet       b2   alice       10    _  r1     _                      │ created                80
rollback  x1   alice        _   b1  r1     end                    │ created                90
win       w1   alice       10   b1  r1     win_on_closed_round=no │ reference_reversed     90
win       w1   alice       10   b2  r1     win_on_closed_round=no │ round_closed           90
""")


async def test_reference_settled_precedes_round_closed(play):
    """A second win on one bet, where one is the rule, is settled before its round is closed."""
    await play("""
op       key  player  amount  ref  round  flags                                   │ status              cash
deposit  d1   alice      100    _  _      _                                       │ created              100
bet      b1   alice       10    _  r1     _                                       │ created               90
win      w1   alice        5   b1  r1     end                                     │ created               95
win      w2   alice        5   b1  r1     one_win_per_bet,win_on_closed_round=no  │ reference_settled     95
win      w2   alice        5   b1  r1     win_on_closed_round=no                  │ round_closed          95
""")


async def test_reference_settled_precedes_insufficient_funds(play):
    """A settled bet's rollback is refused as settled; where the wins may go along, then for want of money."""
    await play("""
op        key  player  amount  ref  round  flags              │ status              cash
deposit   d1   alice       10    _  _      _                  │ created               10
bet       b1   alice       10    _  r1     _                  │ created                0
win       w1   alice       50    _  r1     _                  │ created               50
tip       t1   alice       50    _  _      _                  │ created                0
rollback  x1   alice        _   b1  r1     _                  │ reference_settled      0
rollback  x1   alice        _   b1  r1     rollback_with_wins │ insufficient_funds     0
""")


async def test_round_closed_precedes_insufficient_funds(play):
    """A bet on a closed round is refused as such before anybody looks at the funds."""
    await play("""
op           key  player  amount  round  flags               │ status              cash
round_close  c1   alice        _  r1     end                 │ created                0
bet          b1   alice       10  r1     _                   │ round_closed           0
bet          b1   alice       10  r1     bet_on_closed_round │ insufficient_funds     0
""")


async def test_round_closed_precedes_balance_overflow(play):
    """A win beyond all bounds on a closed round is refused for the round first."""
    await play("""
op       key  player         amount  round  flags                                  │ status            cash
bet      b1   alice               0  r1     end                                    │ created              0
win      w1   alice  1000000000001   r1     win_on_closed_round=no                 │ round_closed         0
win      w1   alice  1000000000001   r1     _                                      │ balance_overflow     0
""")


async def test_insufficient_funds_precedes_balance_overflow(play):
    """An amount beyond all bounds that nobody has is short of money first."""
    await play("""
op           key  player         amount │ status              cash
bet          b1   alice   1000000000001 │ insufficient_funds     0
deposit      d1   alice   1000000000001 │ balance_overflow       0
""")


async def test_balance_overflow_precedes_not_applied(play):
    """The operation that failed a call keeps its reason, the others are not applied."""
    await play("""
op         key  player         amount  call │ status            cash
promo_win  p1   alice              10  A    │ not_applied          0
promo_win  p2   alice   1000000000001  A    │ balance_overflow     0
promo_win  p3   alice              10  A    │ not_applied          0
""")


async def test_the_first_failing_operation_speaks_for_its_call(play):
    """Of two failing operations of a call the first keeps its reason, whatever the precedence of the second."""
    await play("""
op       key  player  amount  ref  call │ status               cash
deposit  d1   alice      100    _  _    │ created               100
bet      b1   alice      200    _  A    │ insufficient_funds    100
win      w1   alice       10   b9  A    │ not_applied           100
""")
