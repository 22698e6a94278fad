"""What decides whether a shared secret was known is compared in constant time, at every protocol, and nowhere else."""

import hmac

import pytest

from bench.studios.contract import Act, write
from providers import PROVIDERS
from providers.provider import SecretForm
from tests.providers.cases import CASES
from tests.providers.suite import desk_of, paper_scene

SHARED = sorted(
    name
    for name, provider in PROVIDERS.items()
    if provider.secret_form in {SecretForm.SHARED, SecretForm.BEARER, SecretForm.OPTIONAL}
)


@pytest.mark.parametrize("provider", SHARED)
async def test_a_signature_is_compared_in_constant_time(provider: str, monkeypatch: pytest.MonkeyPatch):
    """What ``hmac.compare_digest`` says is what counts, yes of a stranger's signature and no of the right one: no other comparison stands beside it."""
    desk = desk_of(provider)
    key = desk.key or desk.studio.make_key()
    scene, _, _ = await paper_scene(PROVIDERS[provider], desk, CASES["bet_and_win"], key)
    await scene.begin()
    bet = scene.move(Act.BET, 10)
    path, fields = scene.studio.fields(scene.player, bet)
    stranger = type(scene.studio)(key[::-1], clock=scene.studio.clock)
    request = stranger.seal(path, scene.studio.body(fields))
    refused = scene.studio.read(bet, await scene.stage.receive(request))
    assert (refused.done, refused.code) == (False, desk.says["bad_signature"])
    monkeypatch.setattr(hmac, "compare_digest", lambda _given, _known: True)
    assert scene.studio.read(bet, await scene.stage.receive(request)).done
    monkeypatch.setattr(hmac, "compare_digest", lambda _given, _known: False)
    right = scene.studio.read(bet, await scene.stage.receive(write(scene.studio, scene.player, bet)))
    assert (right.done, right.code) == (False, desk.says["bad_signature"])
