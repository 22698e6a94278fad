"""One suite for every listed protocol: each case it can express, on paper and over the real gateway."""

import pytest

from providers import PROVIDERS
from providers.contract import Manners
from tests.providers.suite import cases_of, desk_of, paper_scene, play_rounds, reason_against, told
from wallet.types import Policy


@pytest.mark.parametrize(("provider", "name"), told())
async def test_on_paper(provider, name):
    """The adapter reads and answers the case as the protocol's desk says, and the oracle's money is right."""
    desk = desk_of(provider)
    key = desk.key or desk.studio.make_key()
    scene, _, _ = await paper_scene(PROVIDERS[provider], desk, cases_of(desk)[name], key)
    await scene.begin()
    await cases_of(desk)[name].tell(scene)


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_rounds_on_paper(provider):
    """The simulated studio plays rounds of every shape; nothing is unexpected and its books agree with the ledger's."""
    judged = await play_rounds(PROVIDERS[provider], desk_of(provider), rounds=400)
    assert judged.total() > 100


@pytest.mark.parametrize("provider", PROVIDERS)
def test_nothing_is_left_out_without_a_reason(provider):
    """A case that a protocol cannot express is named with the reason, and no reason outlives its case."""
    desk = desk_of(provider)
    cases = cases_of(desk)
    for name, case in cases.items():
        reason = reason_against(desk, case)
        assert reason is None or not reason.startswith("no reason"), f"{name}: {reason}"
    needed = {act for case in cases.values() for act in case.acts - desk.studio.expresses}
    assert set(desk.cannot) <= set(cases) | {str(act) for act in needed}


def test_every_policy_and_manner_is_played():
    """There is no switch that no case turns: what differs between integrations is seen to differ."""
    turned = {name: set() for name in ("policy", "manners")}
    for provider in PROVIDERS:
        for case in cases_of(desk_of(provider)).values():
            turned["policy"] |= set(case.policy)
            turned["manners"] |= set(case.manners)
    assert turned["policy"] == set(Policy.__struct_fields__)
    assert turned["manners"] >= set(Manners.__struct_fields__) - NOT_TURNED


NOT_TURNED = {
    "places",  # how a protocol writes a balance; every answer shows it
    "free_round_payout",  # needs a protocol with a summary of free rounds
}
