"""One process of the gateway put together: what it holds while it runs, and the application that answers for it.

It decides nothing: a part is made, started, handed to another, and closed in the reverse order.
"""

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

from litestar import Litestar, Response, get
from litestar.datastructures import State
from litestar.types import ASGIApp, Receive, Send
from msgspec import Struct
from redis.asyncio import BlockingConnectionPool, Redis

from gateway import logs
from gateway.accounts import Accounts
from gateway.admission import Admission
from gateway.api import API, HANDLERS, OPENAPI
from gateway.api.desk import Desk
from gateway.attempts import Attempts
from gateway.callbacks import Callbacks
from gateway.eligibility import AgeRule
from gateway.exchanges import Exchanges
from gateway.health import Health, Readiness, expected_migrations
from gateway.housekeeping import Housekeeping
from gateway.metrics import MEDIA_TYPE, LedgerMetrics, Metrics
from gateway.pauses import Pauses
from gateway.registry import Registry
from gateway.resolution import Resolution
from gateway.sealing import Sealing
from gateway.settings import Settings
from gateway.studios import Studios
from providers import PROVIDERS
from wallet.announcements import Announcements
from wallet.api_keys import ApiKeys
from wallet.audit import Audit
from wallet.catalogue import Catalogue
from wallet.database import open_pool
from wallet.external_ids import ExternalIds
from wallet.free_rounds import FreeRounds
from wallet.history import History
from wallet.hot_copies import HotCopies
from wallet.large_adjustments import LargeAdjustments
from wallet.ledger import Ledger
from wallet.players import Players
from wallet.sessions import Sessions
from wallet.standings import Standings

METRICS_SECONDS = 1.0
REDIS_SECONDS = 1.0
REDIS_CONNECTIONS = 32  # who finds all of them busy waits for one, as long as for an answer
TOKENS = "session tokens"
SAFE = (
    (b"cache-control", b"no-store"),  # some hold a token, a secret or a key
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)
"""On every answer but a callback's, where it says nothing else of its own: the page at /schema has its own policy."""

UNHEARD = frozenset({b"x-request-id", b"host"})
"""What the API is not told as it was sent.  No answer depends on a Host, and the framework fails over an odd one."""


class Gateway(Struct, frozen=True):
    """What one process holds for those who ask it."""

    metrics: Metrics
    callbacks: Callbacks
    health: Health
    desk: Desk


@contextlib.asynccontextmanager
async def running(settings: Settings, *, redis_prefix: str = "bankroll:") -> AsyncGenerator[Gateway, None]:
    """Everything started, and closed at the end: first what takes work, last what the work needs.

    Raises `SealingError`, `wallet.database.UnsafeServer`, and what connecting raises.
    """
    if settings.database_url is None or settings.redis_url is None:
        raise ValueError("the gateway needs a database and a Redis")
    url = settings.database_url
    sealing = Sealing(settings.master_keys)
    run_directory = None if settings.run_directory is None else Path(settings.run_directory)
    metrics = Metrics(run_directory)
    async with contextlib.AsyncExitStack() as closing:
        pool, desk_pool = await open_pool(url, purpose="edge"), await open_pool(url, purpose="desk")
        for each in (pool, desk_pool):  # two, so that no question of the operator's holds a studio's up
            closing.push_async_callback(each.close)
        api_keys = ApiKeys(desk_pool)
        closing.push_async_callback(api_keys.close)
        ledger = Ledger(url, lanes=settings.lanes, observer=LedgerMetrics(metrics))
        await ledger.start()
        closing.push_async_callback(ledger.close)
        announcements = Announcements(url)
        copies = HotCopies(settings.redis_url, prefix=redis_prefix)
        sessions = Sessions(pool, announcements, copies, sealing.derived_keys(TOKENS))
        desk_sessions, catalogue = sessions.over(desk_pool), Catalogue(desk_pool)
        registry = Registry(Catalogue(pool), sealing, announcements, PROVIDERS)
        await announcements.start()
        closing.push_async_callback(announcements.close)
        sessions.start()
        closing.push_async_callback(sessions.close)
        await registry.start()
        closing.push_async_callback(registry.close)
        external_ids, standings, free_rounds = ExternalIds(pool), Standings(pool), FreeRounds(pool)
        desk_free_rounds = FreeRounds(desk_pool)
        for lookups in (external_ids, standings, free_rounds, desk_free_rounds):
            lookups.start()
            closing.push_async_callback(lookups.close)
        exchanges = Exchanges(url, metrics, days=settings.exchange_days)
        await exchanges.start()
        closing.push_async_callback(exchanges.close)
        redis = redis_at(settings.redis_url)
        closing.push_async_callback(redis.aclose)
        attempts = Attempts(redis, metrics, settings.proxies, prefix=redis_prefix)
        studios = Studios(metrics, Pauses(redis, prefix=redis_prefix), seconds=settings.studio_seconds)
        closing.push_async_callback(studios.close)
        housekeeping = Housekeeping(
            desk_pool, desk_sessions, metrics, run_directory, session_days=settings.session_days
        )
        housekeeping.start()
        closing.push_async_callback(housekeeping.close)
        admission = Admission()
        _measure(metrics, ledger, sessions, admission, registry)
        for task in (_write_metrics(metrics), _end_when_restored(ledger)):
            closing.callback(asyncio.create_task(task).cancel)
        resolution = Resolution(ledger, sessions, external_ids, standings, free_rounds)
        yield Gateway(
            metrics,
            Callbacks(
                registry=registry,
                resolution=resolution,
                exchanges=exchanges,
                metrics=metrics,
                admission=admission,
                attempts=attempts,
                proxies=settings.proxies,
                slow_seconds=settings.slow_ms / 1000,
            ),
            Health(pool, redis, ledger, announcements, registry, expected_migrations(), run_directory),
            Desk(
                ledger=ledger,
                players=Players(desk_pool, desk_sessions),
                sessions=desk_sessions,
                api_keys=api_keys,
                audit=Audit(desk_pool),
                large_adjustments=LargeAdjustments(desk_pool),
                history=History(desk_pool),
                catalogue=catalogue,
                registry=registry,
                accounts=Accounts(catalogue, sealing, PROVIDERS),
                studios=studios,
                free_rounds=desk_free_rounds,
                resolution=resolution,
                age_rule=AgeRule(settings.minimum_age, settings.birth_date_needed),
                attempts=attempts,
            ),
        )


def redis_at(url: str) -> Redis:
    """A client of Redis for what is asked of it one by one, however much of that comes at once."""
    return Redis.from_pool(
        BlockingConnectionPool.from_url(
            url,
            max_connections=REDIS_CONNECTIONS,
            timeout=REDIS_SECONDS,
            socket_timeout=REDIS_SECONDS,
            socket_connect_timeout=REDIS_SECONDS,
        )
    )


def application(gateway: Gateway) -> ASGIApp:
    """The application: callbacks, the internal API, health and metrics."""

    @get("/healthz", include_in_schema=False)
    async def healthz() -> dict[str, str]:
        return {"status": "alive"}

    @get("/readyz", include_in_schema=False)
    async def readyz() -> Response[Readiness]:
        readiness = await gateway.health.readiness()
        return Response(readiness, status_code=200 if readiness.ready else 503)

    @get("/metrics", include_in_schema=False, media_type=MEDIA_TYPE)
    async def metrics() -> str:
        return gateway.metrics.text()

    litestar = Litestar(
        [healthz, readyz, metrics, API],
        openapi_config=OPENAPI,
        exception_handlers={**HANDLERS},
        state=State({"desk": gateway.desk}),
        logging_config=None,
    )
    return entrance(gateway.callbacks, litestar)


def entrance(callbacks: Callbacks, api: ASGIApp) -> ASGIApp:
    """Callbacks straight to their handler, which is one for all of them; anything else to the API.

    The API's answers get a request id here (callbacks make their own), and what a browser is to be told.
    """

    async def enter(scope: Any, receive: Receive, send: Send) -> None:
        if scope["path"].startswith("/callbacks"):
            await callbacks(scope, receive, send)
            return
        given = next(
            (value.decode("latin-1") for name, value in scope["headers"] if name == b"x-request-id"), None
        )
        request_id = logs.request_id_of(given).encode()
        others = [header for header in scope["headers"] if header[0] not in UNHEARD]
        scope["headers"] = [*others, (b"x-request-id", request_id)]

        async def answer(message: Any) -> None:
            if message["type"] == "http.response.start":
                theirs = message.get("headers", [])
                names = {name.lower() for name, _ in theirs}
                safe = (header for header in SAFE if header[0] not in names)
                message["headers"] = [*theirs, (b"x-request-id", request_id), *safe]
            await send(message)

        await api(scope, receive, answer)

    return enter


def _measure(
    metrics: Metrics, ledger: Ledger, sessions: Sessions, admission: Admission, registry: Registry
) -> None:
    metrics.gauge("bankroll_processes", "Processes of this gateway that live.", lambda: 1)
    metrics.gauge(
        "bankroll_callbacks_under_way", "Callbacks that are worked on.", lambda: admission.under_way
    )
    metrics.gauge(
        "bankroll_callbacks_bound", "Callbacks that may be; more are turned away.", lambda: admission.bound
    )
    metrics.gauge("bankroll_queue_depth", "Operations that wait for a lane.", lambda: ledger.depth)
    metrics.gauge("bankroll_bulk_depth", "Operations of bulk requests under way.", lambda: ledger.bulk_depth)
    metrics.gauge("bankroll_lanes_up", "Lanes that have a connection.", lambda: ledger.lanes_up)
    metrics.gauge(
        "bankroll_unserved_accounts",
        "Provider accounts that there are and that are not served, once for each process.",
        lambda: sum(not one.revoked for one in registry.unserved.values()),
    )
    metrics.counted(
        "bankroll_redis_fallbacks_total",
        "Session look-ups that Postgres answered because Redis did not.",
        lambda: sessions.fallbacks,
    )


async def _end_when_restored(ledger: Ledger) -> None:
    """End this process when the database was restored: it remembers wallets and accounts that may not exist there."""
    await ledger.restored.wait()
    logs.event(logging.CRITICAL, "database_restored")
    os.kill(os.getpid(), signal.SIGTERM)


async def _write_metrics(metrics: Metrics) -> None:
    """Leave this process's numbers for the others, again and again."""
    while True:
        try:
            metrics.write()
        except Exception as error:  # noqa: BLE001 - whatever it was, the next turn tries again
            logs.event(logging.WARNING, "metrics_not_written", error)
        await asyncio.sleep(METRICS_SECONDS)
