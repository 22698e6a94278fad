"""Every protocol's studio is asked everything it can be, and everything that was written down is searched for secrets.

It answers rightly in no protocol's words, and failing, with what it was asked in its answer.
"""

import json
import secrets
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from providers import PROVIDERS
from providers.outbound import ADDRESSES, Outbound
from providers.signing import KeyKind
from tests.gateway.door import MASTER_KEY, Door, one_loop
from tests.gateway.fake_studio import Asked, FakeStudio, http
from tests.providers.outbound import aggregator
from tests.providers.test_leaks import PLAIN_HEADERS, TELLING, found, logged, tokens_seen

pytestmark = one_loop

CURVE = ec.generate_private_key(ec.SECP256K1())
KEYS = {
    KeyKind.RSA: aggregator.PEM,
    KeyKind.CURVE: CURVE.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
}
SETTINGS = {"open_game_url": "https://games.example/{game}?t={token}", "paths": "long"}
PERMIT = "permit-that-the-studio-handed-out"
SAID = {"access_token": PERMIT, "url": "https://play.example/", "error": "0", "status": "RS_OK", "games": []}


def failing(asked: Asked) -> bytes:
    """A failure that repeats the question; tokens are still handed out, as nothing else is asked without."""
    if b"grant_type" in asked.body:
        return http(200, json.dumps(SAID).encode())
    return http(500, json.dumps({"error": asked.target, "said": asked.body.decode()}).encode())


async def account_of(door: Door, studio: FakeStudio, protocol: str) -> tuple[str, set[str]]:
    """An account that lacks nothing; its secrets."""
    asks = PROVIDERS[protocol].studio
    settings = {name: SETTINGS.get(name, f"a-{name}".replace("_", "-")) for name in asks.known_settings}
    settings |= dict.fromkeys(ADDRESSES & asks.known_settings, studio.url)
    slug, own = f"told-{secrets.token_hex(4)}", KEYS.get(asks.private_key, f"own-{secrets.token_hex(12)}")
    account = {"slug": slug, "protocol": protocol, "environment": "test", "settings": settings}
    await door.post("/provider-accounts", account)
    assert (await door.http.put(f"/v1/provider-accounts/{slug}/own-secret", json={"secret": own})).is_success
    await door.post("/games", {"provider_account": slug, "code": "dice", "name": "Dice"})
    return slug, set(TELLING.findall(own))


async def ask_everything(door: Door, slug: str, player: str) -> list[str]:
    """A launch, the list of games, free rounds, their end and the queue; the answers but for the launch's."""
    who = {"player": player, "currency": "EUR", "provider_account": slug}
    await door.http.post("/v1/sessions", json={**who, "game": "dice", "lobby_url": "https://a.example/"})
    issue = secrets.token_hex(8)
    until = (datetime.now(UTC) + timedelta(days=9)).isoformat()
    rounds = {**who, "id": issue, "games": ["dice"], "quantity": 5, "bet_value": "0.20", "expires_at": until}
    asked = [
        ("/free-rounds", rounds),
        (f"/free-rounds/{slug}/{issue}/cancel", None),
        (f"/provider-accounts/{slug}/games/import", {}),
        (f"/provider-accounts/{slug}/failed-transactions/settle", None),
    ]
    return [(await door.http.post(f"/v1{path}", json=body)).text for path, body in asked]


async def test_no_question_to_a_studio_leaves_a_secret_behind(
    door: Door, studio: FakeStudio, monkeypatch: pytest.MonkeyPatch
):
    """Whatever is asked of whichever studio, and however it fails: no key, token or signature of it is written down."""
    kept: dict[str, set[str]] = {"key": set(), "header": set(), "permit": {PERMIT}, "master": {MASTER_KEY}}
    answers: list[str] = []
    player = await door.player(EUR="10.00")
    with logged() as lines, tokens_seen(monkeypatch) as tokens:
        for protocol in PROVIDERS:
            slug, own = await account_of(door, studio, protocol)
            kept["key"] |= own
            before = len(studio.asked)
            for each in (lambda _asked: http(200, json.dumps(SAID).encode()), failing):
                studio.answers = each
                answers += await ask_everything(door, slug, player)
            asks = PROVIDERS[protocol].studio
            assert len(studio.asked) - before >= 2 * sum(
                isinstance(one, Outbound) for one in (asks.launch, asks.issue)
            )
        for asked in studio.asked:
            for name, value in asked.headers.items():
                if name not in PLAIN_HEADERS:
                    kept["header"].update(TELLING.findall(value))
        kept["token"] = {token for token in tokens if TELLING.fullmatch(token)}
    audited = [row[0] for row in await door.owner.fetch("select e::text from wallet.audit_entry e")]
    places = {
        "log": "\n".join(lines),
        "audit": "\n".join(audited),
        "metrics": door.gateway.metrics.text(),
        "answers": "\n".join(answers),
    }
    assert places["log"].count("studio_failed") > 2 * len(PROVIDERS)
    assert len(kept["header"]) > len(PROVIDERS) < len(kept["token"])
    assert found(kept, places) == {}
