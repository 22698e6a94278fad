"""One suite for every listed protocol: each case it can express, on paper and over the real gateway."""

import asyncio
from functools import cache
from random import Random

import pytest
import pytest_asyncio

from bench.studios.contract import Act
from providers import PROVIDERS
from providers.manners import Manners
from tests.providers.live import live_scene, running_gateway
from tests.providers.record import record
from tests.providers.scene import Scene
from tests.providers.suite import (
    cases_of,
    desk_of,
    overrides_of,
    play_as,
    play_rounds,
    reason_against,
    told,
)
from tests.providers.transcript import FOLDER, parse, render
from wallet.types import Policy
from wallet.verify import verify


@pytest.mark.parametrize(("provider", "name"), told())
async def test_on_paper(provider, name):
    """The adapter answers the case as the protocol's desk says, the oracle's money is right, and the transcript shows it.

    What is compared is what no key changes: of every exchange the title, the verb, the outcome and the HTTP status.
    """
    desk = desk_of(provider)
    played = await record(provider, name, desk.key or key_of(provider))
    recorded = parse((FOLDER / provider / f"{name}.txt").read_text(encoding="utf-8"))
    assert [shown(episode) for episode in parse(render(played)).episodes] == [
        shown(episode) for episode in recorded.episodes
    ]


def shown(episode):
    """What of an exchange depends on no key."""
    return episode.title, episode.verb, episode.became, episode.answer.http_status


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway(database, servers, worker):
    """One running gateway for every case, and how to forget what it keeps in Redis."""
    async with running_gateway(database, servers, f"{servers.run}_{worker}_conformance:") as gateway:
        yield gateway


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(("provider", "name"), told())
async def test_over_the_gateway(provider, name, gateway):
    """The same over a real socket, sessions in Redis and money in Postgres: the same words, the same cash."""
    scene = await scene_over(gateway, provider, name)
    await scene.begin()
    await cases_of(desk_of(provider))[name].tell(scene)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("provider", PROVIDERS)
async def test_fifty_identical_bets_at_once(provider, gateway):
    """Fifty identical bets at once are one debit and fifty answers that name one posting (1)."""
    scene = Scene.beside(await scene_over(gateway, provider, "bet_and_win"), "fifty")
    await scene.begin()
    bet = scene.move(Act.BET, 10)
    path, fields = scene.studio.fields(scene.player, bet)
    request = scene.studio.seal(path, scene.studio.body(fields))
    answers = await asyncio.gather(*[scene.stage.receive(request) for _ in range(50)])
    replies = [scene.studio.read(bet, answer) for answer in answers]
    assert all(reply.done for reply in replies), {reply.code for reply in replies}
    assert len({reply.transaction for reply in replies}) == 1
    await scene.holds(90)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("provider", PROVIDERS)
async def test_rounds_over_the_gateway(provider, gateway):
    """Players who play side by side meet nothing unexpected; the studio's books agree with every ledger account."""
    gateway.accounts.clear()  # an account whose books nobody else writes in
    scene = await scene_over(gateway, provider, "bet_and_win")
    scenes = [Scene.beside(scene, name) for name in ("first", "second", "third", "fourth")]
    for one in scenes:
        await one.begin()
    played = await asyncio.gather(*[play_as(one, Random(seed), rounds=40) for seed, one in enumerate(scenes)])
    won_by_the_house = sum(units for _, units in played)
    booked = await gateway.road.owner.fetchval(
        "select coalesce(sum(balance), 0) from wallet.house_balance where provider_account = $1 and currency = 'EUR'",
        scene.stage.account,
    )
    assert booked == won_by_the_house.scaleb(6)


@pytest.mark.asyncio(loop_scope="module")
async def test_the_books_of_all_that_are_in_order(gateway, database):
    """After all that the cases did, everything kept beside the journal follows from the journal."""
    report = await verify(database.service_url)
    assert report.holds, "\n".join(report.lines())


async def scene_over(gateway, provider, name):
    """A case's scene at the running gateway."""
    desk = desk_of(provider)
    case = cases_of(desk)[name]
    key = desk.key or key_of(provider)
    return await live_scene(gateway, PROVIDERS[provider], desk, case, overrides_of(desk, case, key), key)


@cache
def key_of(provider):
    """One key for all cases of a protocol: making an RSA key takes its time."""
    return desk_of(provider).studio.make_key()


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
}
