"""What Hub88 is asked: signed in its header, at its paths, in its currency of nothing."""

from tests.gateway.door import Door, one_loop
from tests.gateway.fake_studio import FakeStudio
from tests.providers.outbound import aggregator

pytestmark = one_loop


async def test_a_game_is_launched_with_our_signature(door: Door, studio: FakeStudio):
    """The body is signed as it is sent, with our private key."""
    await aggregator.launch(door, studio, "hub88", "x-hub88-signature", "/operator/generic/v2/game/url")


async def test_a_demo_is_a_currency_of_its_own(door: Door, studio: FakeStudio):
    """No user and no token: the currency says that it is for fun."""
    await aggregator.demo(door, studio, "hub88", "XXX")


async def test_its_games_are_taken_over(door: Door, studio: FakeStudio):
    """The list, at its path."""
    await aggregator.games(door, studio, "hub88", "/operator/generic/v2/game/list")


async def test_free_bets_are_given_and_taken_back(door: Door, studio: FakeStudio):
    """Rewards, at their paths."""
    await aggregator.rewards(
        door,
        studio,
        "hub88",
        "/operator/generic/v2/freebet/rewards/create",
        "/operator/generic/v2/freebet/rewards/cancel",
    )
