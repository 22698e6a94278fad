"""How the aggregators that speak in RS_ statuses refuse what they are asked, whichever dialect it is."""

import pytest

from providers import PROVIDERS
from providers.signing import KeyKind
from tests.gateway.door import Door, name_of, one_loop
from tests.gateway.fake_studio import FakeStudio
from tests.providers.outbound.aggregator import configured

pytestmark = one_loop

ONE = next(name for name, provider in PROVIDERS.items() if provider.studio.private_key is KeyKind.RSA)


@pytest.mark.parametrize(
    ("answer", "http_status", "status", "name", "code"),
    [
        ({"status": "RS_ERROR_INVALID_SIGNATURE"}, 401, 409, "studio_declined", "RS_ERROR_INVALID_SIGNATURE"),
        ({"status": "RS_ERROR_INVALID_GAME"}, 200, 409, "studio_declined", "RS_ERROR_INVALID_GAME"),
        ({"status": "RS_ERROR_UNKNOWN"}, 200, 503, "studio_unavailable", "RS_ERROR_UNKNOWN"),
        ({"status": "RS_OK"}, 200, 502, "studio_unreadable", None),
        ([], 200, 502, "studio_unreadable", None),
        ({"error": "?"}, 403, 409, "studio_declined", "http 403"),
        ({"error": "?"}, 502, 503, "studio_unavailable", "http 502"),
    ],
    ids=str,
)
async def test_a_refusal_is_told_in_the_aggregators_word(
    door: Door, studio: FakeStudio, answer, http_status: int, status: int, name: str, code: str | None
):
    """Its status counts whatever the HTTP status is, and without one the HTTP status does."""
    studio.says(answer, http_status)
    body = await configured(door, studio, ONE)
    problem = await door.post("/sessions", body, status)
    assert (name_of(problem), problem.get("studio_code")) == (name, code)


async def test_our_key_is_needed_and_must_be_one(door: Door, studio: FakeStudio):
    """Without a private key nobody is asked; a text that is none is not stored."""
    body = await configured(door, studio, ONE, key=False)
    problem = await door.post("/sessions", body, 409)
    assert name_of(problem) == "studio_not_configured"
    path = f"/v1/provider-accounts/{body['provider_account']}/own-secret"
    refused = await door.http.put(path, json={"secret": "no private key"})
    assert name_of(refused.json()) == "invalid_request"
    assert studio.asked == []
