"""What a process does beside answering goes on after any error, and says in the log that there was one."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway import app
from gateway.metrics import Metrics
from tests.servers import Database
from wallet import announcements
from wallet.announcements import Announcements


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 - neither has an event for it
            await asyncio.sleep(0.01)


async def test_metrics_are_written_after_any_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A number that cannot be had or kept costs one turn: the next writes again."""
    monkeypatch.setattr(app, "METRICS_SECONDS", 0.01)
    errors: list[Exception] = [OSError("no room"), ValueError("no number"), KeyError("gone")]
    metrics = Metrics(tmp_path)

    def look_up() -> int:
        if errors:
            raise errors.pop()
        return 7

    metrics.gauge("bankroll_moody", "A number.", look_up)
    with caplog.at_level(logging.WARNING, logger="bankroll"):
        writing = asyncio.create_task(app._write_metrics(metrics))
        try:
            await until(lambda: metrics.file is not None and metrics.file.exists())
        finally:
            writing.cancel()
    assert [record.getMessage() for record in caplog.records] == ["metrics_not_written"] * 3


async def test_announcements_are_heard_after_any_error(
    database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever ended a line, another is made, and what is announced from then on is heard."""
    monkeypatch.setattr(announcements, "PAUSE_SECONDS", 0.01)
    line = Announcements(database.service_url)
    with monkeypatch.context() as broken, caplog.at_level(logging.ERROR):
        broken.setattr(line, "_url", object())  # which no driver foresees
        await line.start()
        assert line.since is None
    await until(lambda: line.since is not None)
    await line.close()
    assert "cannot hear announcements" in caplog.text
