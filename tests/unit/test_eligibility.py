"""Whether a player may be let into a game: every objection by its name, and which comes first."""

from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace

from gateway.eligibility import AgeRule, Wish, objection, objection_to_age
from providers.outbound import Mode, Studio
from wallet.games import Game
from wallet.players import Player, PlayerStatus

TODAY = date(2026, 11, 21)
PLAYER = Player(
    bucket=0,
    id=1,
    external_id="anna",
    status=PlayerStatus.ACTIVE,
    country="MT",
    jurisdiction=None,
    brand=None,
    affiliate=None,
    birth_date=date(1990, 1, 1),
    language="en",
    registered_at=datetime(2026, 1, 1, tzinfo=UTC),
    labels=(),
    test=False,
    erased_at=None,
)
ERASED = {"birth_date": None, "erased_at": datetime(2026, 11, 1, tzinfo=UTC)}
GAME = Game(id=1, provider_account=1, code="dice", name="Dice")


def account(**more: Any) -> Any:
    provider = SimpleNamespace(studio=Studio(demo=more.pop("demo", True)))
    return SimpleNamespace(takes_bets=True, provider=provider, **more)


def said(**more: Any) -> Any:
    """The objection to a wish that differs from a good one in what is given."""
    player, game = more.pop("player", {}), more.pop("game", {})
    wish = Wish(
        player=None if player is None else replace(PLAYER, **player),
        game=None if game is None else replace(GAME, **game),
        mode=more.pop("mode", Mode.REAL),
        country=more.pop("country", None),
        currency=more.pop("currency", "EUR"),
        lobby=more.pop("lobby", False),
    )
    rule = more.pop("rule", AgeRule())
    place = account()
    for name, value in more.items():
        setattr(place, name, value)
    return objection(wish, place, rule, TODAY)


@pytest.mark.parametrize(
    ("wish", "name"),
    [
        ({}, None),
        ({"player": {"status": PlayerStatus.BLOCKED}}, "player_blocked"),
        ({"player": {"status": PlayerStatus.EXCLUDED}}, "player_excluded"),
        ({"game": None}, "game_disabled"),
        ({"game": {"enabled": False}}, "game_disabled"),
        ({"takes_bets": False}, "account_disabled"),
        ({"game": {"demo": False}}, None),
        ({"game": {"demo": False}, "mode": Mode.DEMO}, "demo_unavailable"),
        ({"mode": Mode.DEMO, "player": None, "currency": None}, None),
        ({"mode": Mode.DEMO, "provider": SimpleNamespace(studio=Studio())}, "demo_unavailable"),
        ({"game": {"refused_countries": ("MT",)}}, "country_refused"),
        ({"game": {"refused_countries": ("MT",)}, "country": "DE"}, "country_refused"),
        ({"game": {"refused_countries": ("DE",)}, "country": "DE"}, "country_refused"),
        ({"game": {"allowed_countries": ("MT",)}, "country": "DE"}, "country_refused"),
        ({"game": {"allowed_countries": ("MT", "DE")}, "country": "DE"}, None),
        ({"game": {"refused_currencies": ("EUR",)}}, "currency_refused"),
        ({"game": {"allowed_currencies": ("USD",)}}, "currency_refused"),
        ({"game": {"allowed_currencies": ("USD",)}, "currency": None}, None),
        ({"player": {"birth_date": date(2008, 11, 22)}}, "under_age"),
        ({"player": {"birth_date": date(2008, 11, 22)}, "mode": Mode.DEMO}, "under_age"),
        ({"player": {"birth_date": date(2008, 11, 21)}}, None),
        ({"player": {"birth_date": None}}, None),
        ({"player": ERASED}, "player_erased"),
        ({"player": ERASED, "mode": Mode.DEMO}, "player_erased"),
        ({"player": ERASED, "lobby": True, "game": None}, "player_erased"),
        ({"player": ERASED, "rule": AgeRule(18, birth_date_needed=True)}, "player_erased"),
        ({"lobby": True, "game": None}, None),
        ({"lobby": True, "game": None, "player": {"status": PlayerStatus.BLOCKED}}, "player_blocked"),
        ({"lobby": True, "game": None, "takes_bets": False}, "account_disabled"),
        ({"lobby": True, "game": None, "player": {"birth_date": date(2015, 1, 1)}}, "under_age"),
        ({"player": {"birth_date": None}, "rule": AgeRule(18, birth_date_needed=True)}, "age_unknown"),
    ],
    ids=str,
)
def test_each_objection_has_its_name(wish: dict, name: str | None):
    """What stands in a player's way is named, and what does not is not."""
    assert said(**wish) == name


def test_objections_have_one_order():
    """Of several the first of the list is told."""
    wrong = {
        "player": {**ERASED, "status": PlayerStatus.EXCLUDED},
        "game": {
            "enabled": False,
            "demo": False,
            "refused_countries": ("MT",),
            "refused_currencies": ("EUR",),
        },
        "takes_bets": False,
        "mode": Mode.DEMO,
    }
    found = []
    for cure in (
        {},
        {"player": ERASED},
        {"player": {"birth_date": date(2020, 1, 1)}},
        {"game": {**wrong["game"], "enabled": True}},
        {"takes_bets": True},
        {"mode": Mode.REAL},
        {"game": {"refused_currencies": ("EUR",)}},
        {"game": {}},
        {"player": {}},
    ):
        wrong |= cure
        found.append(said(**dict(wrong)))
    assert found == [
        "player_excluded",
        "player_erased",
        "game_disabled",
        "account_disabled",
        "demo_unavailable",
        "country_refused",
        "currency_refused",
        "under_age",
        None,
    ]


@pytest.mark.parametrize(
    ("born", "today", "minimum", "name"),
    [
        (date(2008, 2, 29), date(2026, 2, 28), 18, "under_age"),
        (date(2008, 2, 29), date(2026, 3, 1), 18, None),
        (date(2005, 11, 21), TODAY, 21, None),
        (date(2005, 11, 22), TODAY, 21, "under_age"),
        (date(2026, 11, 20), TODAY, 0, None),
    ],
)
def test_an_age_is_counted_in_birthdays(born: date, today: date, minimum: int, name: str | None):
    """Old enough from the birthday on, and nobody's birthday is skipped."""
    assert objection_to_age(born, AgeRule(minimum), today) == name
