"""Every protocol and the internal API are spoken to, and everything that was written down is searched for every secret.

Searched are the log, the metrics, the exchanges that were kept, the audit log, and every answer but the one that a secret
is shown in.
"""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio

import wallet.sessions
from bench.studios.contract import Request, Studio
from gateway.exchanges import PERSONAL
from gateway.logs import JsonLines
from providers import PROVIDERS
from tests.gateway.road import MASTER_KEY
from tests.providers.live import Gateway, running_gateway
from tests.providers.paper import AFFILIATE
from tests.providers.suite import cases_of, desk_of, reason_against
from tests.providers.test_conformance import scene_over
from wallet.api_keys import ApiScope

pytestmark = pytest.mark.asyncio(loop_scope="module")

PLAYED = ("bet_and_win", "bad_signature")
PLAIN_HEADERS = frozenset(
    {"host", "accept", "accept-encoding", "connection", "user-agent", "content-length", "content-type"}
)
"""What a client sends without any secret in it; whatever else a studio sends is a signature, a time or a secret."""

SHORTEST = 16
"""Shorter texts stand in the evidence by chance."""

FOUND = "select answer from wallet.exchange where outcome = 'found'"
LATER = datetime.now(UTC) + timedelta(days=30)
TELLING = re.compile(r"[A-Za-z0-9+/=_-]{16,}")
SEALED = re.compile(r"[A-Za-z0-9_-]{16,}")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway(database, servers, worker):
    """One running gateway for every protocol."""
    async with running_gateway(database, servers, f"{servers.run}_{worker}_leaks:") as gateway:
        yield gateway


class Lines(logging.Handler):
    """Every line that the gateway would have logged, as it would stand in the log."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.setFormatter(JsonLines())

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line, unless it is the test's own client that speaks."""
        if not record.name.startswith(("httpx", "httpcore")):
            self.lines.append(self.format(record))


@contextmanager
def logged() -> Iterator[list[str]]:
    """Everything that is logged, at every level."""
    root, handler = logging.getLogger(), Lines()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield handler.lines
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


@contextmanager
def tokens_seen(monkeypatch: pytest.MonkeyPatch) -> Iterator[set[str]]:
    """Every session token that the gateway is asked about or hands out."""
    seen: set[str] = set()
    digest_of = wallet.sessions.digest_of

    def digest_and_tell(account: int, token: str) -> bytes:
        seen.add(token)
        return digest_of(account, token)

    with monkeypatch.context() as patched:
        patched.setattr(wallet.sessions, "digest_of", digest_and_tell)
        yield seen


async def written(gateway: Gateway, lines: list[str]) -> dict[str, str]:
    """Everything that was written down, by where."""
    await gateway.road.exchanges_written()
    owner = gateway.road.owner
    kept = [row[0] for row in await owner.fetch("select e::text from wallet.exchange e")]
    audited = [row[0] for row in await owner.fetch("select e::text from wallet.audit_entry e")]
    assert len(kept) > len(PROVIDERS)
    return {
        "log": "\n".join(lines),
        "exchanges": "\n".join(kept),
        "audit": "\n".join(audited),
        "metrics": gateway.road.gateway.metrics.text(),
    }


def found(secrets: dict[str, set[str]], places: dict[str, str]) -> dict[str, tuple[str, str]]:
    """Each secret that stands in a place where it must not."""
    return {
        secret: (kind, place)
        for kind, several in secrets.items()
        for secret in several
        for place, text in places.items()
        if len(secret) >= SHORTEST and secret in text
    }


def seals_seen(studio: Studio, seen: set[str]) -> None:
    """Remember whatever the studio adds to a path or a body when it signs: a signature, or the secret itself."""
    seal = studio.seal

    def seal_and_tell(path: str, body: bytes) -> Request:
        request = seal(path, body)
        sent, meant = f"{request.path} {request.body.decode()}", f"{path} {body.decode()}"
        seen.update(set(SEALED.findall(sent)) - set(SEALED.findall(meant)))
        return request

    studio.seal = seal_and_tell


async def test_no_protocol_leaves_a_secret_behind(gateway: Gateway, monkeypatch: pytest.MonkeyPatch):
    """Rounds and wrong signatures at every protocol: no key, token or signature stands in anything that was written."""
    secrets: dict[str, set[str]] = {name: set() for name in ("key", "header", "seal", "token")}
    secrets["master"] = {MASTER_KEY}

    async def look(request: httpx.Request) -> None:
        for name, value in request.headers.items():
            if name not in PLAIN_HEADERS:
                secrets["header"].update(TELLING.findall(value))

    gateway.road.http.event_hooks["request"].append(look)
    with logged() as lines, tokens_seen(monkeypatch) as tokens:
        for provider in PROVIDERS:
            desk = desk_of(provider)
            for name in PLAYED:
                if reason_against(desk, cases_of(desk)[name]):
                    continue
                scene = await scene_over(gateway, provider, name)
                seals_seen(scene.studio, secrets["seal"])
                await scene.begin()
                await cases_of(desk)[name].tell(scene)
                account = gateway.road.gateway.callbacks.registry.account(scene.stage.slug)
                for secret in account.account.secrets:
                    secrets["key"].update(TELLING.findall(secret.decode("latin-1")))
        secrets["token"] = {token for token in tokens if TELLING.fullmatch(token)}
        places = await written(gateway, lines)
    assert len(secrets["token"]) > len(PROVIDERS)
    assert len(secrets["header"]) > len(PROVIDERS)
    assert len(secrets["seal"]) > len(PLAYED)
    assert found(secrets, places) == {}


async def test_an_exchange_is_kept_that_tells_of_no_person(gateway: Gateway):
    """Of questions at every protocol none that is kept tells what may be erased, and what tells nothing of it is kept."""
    for provider in PROVIDERS:
        scene = await scene_over(gateway, provider, "bet_and_win")
        await scene.begin()
    await gateway.road.exchanges_written()
    told = await gateway.road.owner.fetch(FOUND)
    assert not [row for row in told if AFFILIATE in row["answer"]]
    assert {row["answer"] == PERSONAL.decode() for row in told} == {True, False}


async def test_the_internal_api_leaves_no_secret_behind(gateway: Gateway):
    """API keys, studios' secrets and our own, in requests that succeed and that fail, stand only in the answer that shows them."""
    road = gateway.road
    key = await road.gateway.desk.api_keys.create("all", tuple(ApiScope), LATER)
    wrong = f"bk_1_{'w' * 43}"
    given = {"secret": "given-by-the-studio-for-good", "own": "ours-and-nobody-else-s-secret"}
    said: list[str] = []

    async def ask(method: str, path: str, body: Any = None, with_key: str = key) -> dict[str, Any]:
        answer = await road.http.request(
            method, f"/v1{path}", json=body, headers={"authorization": f"Bearer {with_key}"}
        )
        said.append(answer.text)
        return answer.json() if answer.content else {}

    with logged() as lines:
        account = {"slug": "leaky", "protocol": "bogus", "environment": "test"}
        await ask("POST", "/provider-accounts", {**account, "secret": given["secret"]})
        await ask("POST", "/provider-accounts", {**account, "secret": given["secret"]})
        await ask("POST", "/provider-accounts", {**account, "secret": {"no": given["secret"]}})
        await ask("PUT", "/provider-accounts/leaky/own-secret", {"secret": given["own"]})
        await ask(
            "PUT", "/provider-accounts/leaky/own-secret", {"secret": given["own"], "more": given["own"]}
        )
        shown = [(await ask("POST", "/provider-accounts/leaky/rotate-secret", {}))["secret"]]
        said.pop()
        new = {"name": "n", "scopes": ["players:read"], "expires_at": LATER.isoformat()}
        shown.append((await ask("POST", "/api-keys", new))["key"])
        said.pop()
        for path in ("/players", "/provider-accounts", "/api-keys", "/audit"):
            await ask("GET", path)
            await ask("GET", path, with_key=wrong)
        places = await written(gateway, lines)
    secrets = {"api": {key, wrong, *shown, *given.values(), MASTER_KEY}}
    assert found(secrets, {**places, "answers": "\n".join(said)}) == {}
