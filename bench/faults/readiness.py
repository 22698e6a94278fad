"""What the gateways say of themselves on ``/readyz``, looked at past the lines, all the time."""

import asyncio
from collections.abc import Sequence
from time import perf_counter

from msgspec import Struct

from bench.client import Client
from gateway.processes import Supervisor

LOOK_SECONDS = 0.1
ENOUGH = 10
"""How often in a row a gateway must say that it is ready: several processes answer."""

RECOVERY_SECONDS = 60.0


class Readiness(Struct):
    """How often was looked, how often one was not ready, and how long all needed when nothing was broken any more."""

    looks: int = 0
    not_ready: int = 0
    in_a_row: int = 0
    recovered: float | None = None  # seconds


async def look(supervisors: Sequence[Supervisor], readiness: Readiness) -> None:
    """Look until cancelled."""
    clients = [Client(one.settings.host, one.port, timeout=5.0) for one in supervisors]
    while True:
        answers = await asyncio.gather(*(client.send("GET", "/readyz", (), b"") for client in clients))
        good = all(answer is not None and answer.http_status == 200 for answer in answers)
        readiness.looks += 1
        readiness.not_ready += not good
        readiness.in_a_row = readiness.in_a_row + 1 if good else 0
        for client in clients:
            client.close()  # so that another process may answer next
        await asyncio.sleep(LOOK_SECONDS)


async def recovered(readiness: Readiness, since: float) -> None:
    """Wait until all have been ready for a while, by themselves."""
    readiness.in_a_row = 0
    while readiness.in_a_row < ENOUGH:
        if perf_counter() - since > RECOVERY_SECONDS:
            return
        await asyncio.sleep(LOOK_SECONDS)
    readiness.recovered = round(perf_counter() - since, 1)
