"""Which wallets are proven together, and what of them: pure decisions of `wallet.verify`.

They know what the snapshot has and what is proven; they read nothing.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from msgspec import Struct

from wallet.checkpoints import Checkpoints, HouseAccount, State

FIRST_ID = -(2**63)
LAST_ID = 2**63 - 1
WALLETS_AT_ONCE = 1000
POSTINGS_AT_ONCE = 50_000
"""A range ends with the wallet that reaches it."""


class Found(Struct, frozen=True):
    """A wallet as the snapshot has it, and its last posting."""

    wallet: int
    state: State
    posting: int | None
    more: bool = False
    """Whether there are postings that the wallet knows nothing of."""


def rests(found: Found, proven: Checkpoints) -> bool:
    """Whether a wallet is as its checkpoint left it."""
    kept = proven.wallets.get(found.wallet)
    return kept is not None and kept.state == found.state and not found.more


def cut(found: list[Found], proven: Checkpoints) -> list[Found]:
    """As many of the wallets as one range takes: those at rest are not read, the others perhaps as a whole."""
    postings = 0
    for position, one in enumerate(found):
        postings += 0 if rests(one, proven) else one.state[0]
        if postings >= POSTINGS_AT_ONCE:
            return found[: position + 1]
    return found


def spans(found: Sequence[Found], first: int, last: int, proven: Checkpoints) -> list[tuple[int, int, int]]:
    """All ids from first to last but those at rest, as (first, last, proven up to this sequence number)."""
    taken = []
    for one in found:
        if one.wallet in proven.wallets:
            taken.append((first, one.wallet - 1, 0))
            if not rests(one, proven):
                taken.append((one.wallet, one.wallet, proven.after(one.wallet)))
            first = one.wallet + 1
    return [span for span in (*taken, (first, last, 0)) if span[0] <= span[1]]


def differences(
    legs: Mapping[HouseAccount, int], balances: Mapping[HouseAccount, Decimal]
) -> tuple[int, list[tuple[str, int, Decimal | int]]]:
    """How many house accounts there are, and those whose balance is not the sum of its legs."""
    accounts = sorted(legs.keys() | balances.keys())
    return len(accounts), [
        (f"{house} of account {account} in {currency}", summed, kept)
        for bucket, house, account, currency in accounts
        if (summed := legs.get((bucket, house, account, currency), 0))
        != (kept := balances.get((bucket, house, account, currency), 0))
    ]


def columns(rows: Sequence[Sequence[Any]], width: int) -> list[list[Any]]:
    """Rows as arrays, one per column."""
    return [[row[column] for row in rows] for column in range(width)]
