"""Two studio accounts and one wallet: keys, references and rounds of one name have nothing to do with each other."""


async def test_accounts_share_no_keys(play):
    """Each account has its own keys: known under one, new under the other."""
    await play("""
op       key  player  amount  round  flags    │ status      cash
deposit  d1   alice      100  _      _        │ created      100
bet      b1   alice       10  r1     _        │ created       90
bet      b1   alice       11  r2     studio=b │ created       79
bet      b1   alice       10  r1     _        │ duplicate     79
bet      b1   alice       10  r1     studio=b │ key_reused    79
bet      b1   alice       11  r2     studio=b │ duplicate     79
""")


async def test_accounts_share_no_references(play):
    """A bet of one account can be neither won, nor given back, nor buried by another."""
    await play("""
op        key  player  amount  ref  flags    │ status               cash
deposit   d1   alice      100    _  _        │ created               100
bet       b1   alice       10    _  _        │ created                90
win       w1   alice       50   b1  studio=b │ reference_not_found    90
rollback  x1   alice        _   b1  studio=b │ tombstone_created      90
bet       b1   alice       10    _  studio=b │ tombstoned             90
bet       b1   alice       10    _  _        │ duplicate              90
rollback  x1   alice        _   b1  _        │ created               100
""")


async def test_accounts_share_no_rounds(play):
    """What one account does in its round neither closes, settles, pays nor takes back anything in the other's."""
    await play("""
op        key  player  amount  ref  round  flags                       │ status               cash
deposit   d1   alice      100    _  _      _                           │ created               100
bet       b1   alice       10    _  r1     _                           │ created                90
win       w1   alice        5    _  r1     studio=b                    │ reference_not_found    90
bet       b2   alice       10    _  r1     studio=b                    │ created                80
win       w2   alice        5    _  r1     studio=b,end                │ created                85
bet       b3   alice       10    _  r1     _                           │ created                75
rollback  x1   alice        _   b1  r1     _                           │ created                85
rollback  x3   alice        _   b3  r1     _                           │ created                95
bet       b4   alice       10    _  r2     _                           │ created                85
bet       b5   alice       10    _  r2     studio=b                    │ created                75
bet       b6   alice       10    _  r2     _                           │ created                65
rollback  x4   alice        _   r2  r2     scope=round                 │ created                85
rollback  x5   alice        _   b5  r2     studio=b                    │ created                95
bet       b7   alice       10    _  r3     _                           │ created                85
bet       b8   alice       10    _  r3     studio=b                    │ created                75
win       w8   alice       20    _  r3     studio=b                    │ created                95
win       w7   alice        5    _  r3     _                           │ created               100
rollback  x7   alice        _   b7  r3     rollback_with_wins          │ created               105
rollback  x8   alice        _   b8  r3     rollback_with_wins,studio=b │ created                95
bet       b9   alice       10    _  r4     _                           │ created                85
bet       b10  alice       10    _  r4     studio=b                    │ created                75
win       w10  alice        5    _  r4     studio=b                    │ created                80
win       w9   alice       10   b9  r4     one_win_per_bet             │ created                90
""")


async def test_accounts_share_no_bets(play):
    """The wins of a bet in no round are those that its own account names it by: they alone count in the split of the next."""
    await play("""
op           key  player  amount  ref  flags     │ status   cash  bonus
deposit      d1   alice       10    _  _         │ created    10      0
bonus_grant  g1   alice       30    _  _         │ created    10     30
bet          b1   alice       20    _  _         │ created     0     20
bet          b1   alice       20    _  studio=b  │ created     0      0
win          w1   alice       20   b1  studio=b  │ created     0     20
win          w1   alice       20   b1  _         │ created    10     30
""")
