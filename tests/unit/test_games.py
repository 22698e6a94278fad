"""Games: what one may be, and where and in which money it may be played."""

from decimal import Decimal

import pytest

from wallet.games import NewGame


def game(**more) -> NewGame:
    return NewGame(**{"code": "c", "name": "Name", **more})


@pytest.mark.parametrize(
    "wrong",
    [
        {"code": ""},
        {"code": "c\n"},
        {"code": "c" * 256},
        {"name": ""},
        {"name": "\x00"},
        {"name": "n" * 201},
        {"rtp": Decimal(0)},
        {"rtp": Decimal(-96)},
        {"rtp": Decimal("100.0001")},
        {"rtp": Decimal("96.12345")},
        {"rtp": Decimal("NaN")},
        {"rtp": Decimal("Infinity")},
        {"allowed_countries": ("XX",)},
        {"refused_countries": ("de",)},
        {"allowed_currencies": ("",)},
        {"refused_currencies": ("E-R",)},
        {"allowed_currencies": ("EUR",) * 301},
    ],
    ids=str,
)
def test_a_game_that_is_none_is_refused(wrong: dict):
    """A code, a name, a return that is a share, and countries there are."""
    with pytest.raises(ValueError, match="game"):
        game(**wrong)


@pytest.mark.parametrize("rtp", ["0.0001", "96.5", "96.50", "100", "1E+2"])
def test_a_return_is_exact(rtp: str):
    """What a studio prints is kept as it is."""
    assert game(rtp=Decimal(rtp)).rtp == Decimal(rtp)


@pytest.mark.parametrize(
    ("allowed", "refused", "there", "admitted"),
    [
        ((), (), "DE", True),
        (("DE", "MT"), (), "DE", True),
        (("DE", "MT"), (), "FR", False),
        ((), ("FR",), "FR", False),
        ((), ("FR",), "DE", True),
        (("DE",), ("DE",), "DE", False),
    ],
)
def test_lists_say_where_a_game_may_be_played(allowed, refused, there, admitted):
    """No list admits everybody, a list of allowed ones only those, and a refused one is refused in any case."""
    assert (
        game(allowed_countries=allowed, refused_countries=refused).admits_country(there),
        game(allowed_currencies=allowed, refused_currencies=refused).admits_currency(there),
    ) == (admitted, admitted)
