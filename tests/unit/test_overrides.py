"""Overrides change what they name, or are refused by name."""

from typing import Any

import pytest

from providers.manners import Answered, Manners
from wallet.overrides import OverrideError, overridden
from wallet.types import Kind, Policy, ShortRollback


def test_named_fields_change_and_no_other() -> None:
    """Values arrive as plain JSON and become what the field is."""
    policy = overridden(Policy(), {"win_without_bet": True, "short_rollback": "clamp"})
    assert policy == Policy(win_without_bet=True, short_rollback=ShortRollback.CLAMP)
    manners = overridden(
        Manners(), {"zero_amounts": ["bet", "win"], "unknown_rollback": "error", "places": 5}
    )
    assert manners.zero_amounts == {Kind.BET, Kind.WIN}
    assert (manners.unknown_rollback, manners.places) == (Answered.ERROR, 5)
    assert overridden(Policy(), {}) == Policy()


@pytest.mark.parametrize(
    ("default", "wrong"),
    [
        (Policy(), {"win_without_bets": True}),
        (Policy(), {"win_without_bet": 1}),
        (Policy(), {"win_without_bet": "true"}),
        (Policy(), {"win_without_bet": None}),
        (Policy(), {"short_rollback": "Clamp"}),
        (Policy(), {"unknown_rollback": "done"}),
        (Manners(), {"places": 2.5}),
        (Manners(), {"places": "2"}),
        (Manners(), {"zero_amounts": ["bets"]}),
        (Manners(), {"codes": ["bet created"]}),
    ],
)
def test_unknown_names_and_values_are_refused(default: Policy | Manners, wrong: dict[str, Any]) -> None:
    """What is misspelt or of another type is never ignored; the message names the field."""
    with pytest.raises(OverrideError, match=next(iter(wrong))):
        overridden(default, wrong)
