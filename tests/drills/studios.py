"""Studios of every protocol at a gateway while a drill breaks what it stands on: signed calls over lines that fail too.

They play as in `make faults`, and the same outsider judges: it knows what was sent and what was answered, and asks the
journal when everything is whole again.  It breaks nothing itself.
"""

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from random import Random
from typing import Any

from bench.client import Client
from bench.faults.cashier import Cashier
from bench.faults.model import Model
from bench.faults.operations import Operation
from bench.faults.play import play
from bench.faults.readiness import Readiness, look
from bench.faults.run import LANDING, judged
from bench.faults.scene import Scene
from bench.faults.stage import Crew, stage
from bench.studios import STUDIOS
from gateway.sealing import new_master_key
from gateway.settings import Settings
from wallet import embedded

SEED = 7
READYZ_ATTEMPTS = 50
CREW = Crew(tuple(STUDIOS), seats=1, players=6, processes=(2,), haste=4)


class Studios:
    """Everybody who plays, and what they heard."""

    def __init__(self, scene: Scene, cashier: Cashier, model: Model) -> None:
        self.scene = scene
        self.cashier = cashier
        self.model = model
        self.readiness = Readiness()
        self.readyz: dict[str, str] = {}  # what was missing, and why
        self.while_full: Counter[str] = Counter()
        self._before: Counter[str] = Counter()
        self._waiting: list[Operation] = []
        self._stop = asyncio.Event()

    def start(self) -> None:
        """Let everybody play."""
        self._looking = asyncio.create_task(look(self.scene.supervisors, self.readiness))
        self._playing = asyncio.create_task(self._play())

    def listen(self) -> None:
        """From now on what is answered is counted."""
        self._before = self._heard()

    async def look_around(self) -> None:
        """Until now.  Which wins and rollbacks wait to land, and what ``/readyz`` says."""
        self.while_full = self._heard() - self._before
        self._waiting = [one for one in self.model.operations if one.move.act in LANDING and not one.done]
        gateway = self.scene.supervisors[0]
        for _ in range(READYZ_ATTEMPTS):  # a posting that still finds room makes a process ready for a moment
            client = Client(gateway.settings.host, gateway.port)
            answer = await client.send("GET", "/readyz", (), b"")
            client.close()
            checks = json.loads(answer.body)["checks"] if answer else {}
            self.readyz = {name: check["reason"] for name, check in checks.items() if not check["ok"]}
            if self.readyz:
                return
            await asyncio.sleep(0.1)

    async def end(self) -> dict[str, Any]:
        """All is whole: let everybody finish, and judge."""
        whole = time.perf_counter()
        self._stop.set()
        await self._playing
        complaints = await judged(self.scene, self.model, self.readiness, whole, Random(SEED))
        self._looking.cancel()
        with suppress(asyncio.CancelledError):
            await self._looking
        kinds = Counter(complaint.kind for complaint in complaints)
        return {
            "operations": len(self.model.operations),
            "acknowledged": sum(one.done for one in self.model.operations),
            "while_full": dict(sorted(self.while_full.items())),
            "readyz": self.readyz,
            "waiting_then": len(self._waiting),
            "landed_afterwards": sum(one.done for one in self._waiting),
            "ready_again_seconds": self.readiness.recovered,
            "wrong": [str(complaint) for complaint in complaints[:5]],
            **{kind: kinds[kind] for kind in ("lost", "doubled", "contradicted")},
        }

    async def _play(self) -> None:
        async with asyncio.TaskGroup() as group:
            for hand in self.scene.hands:
                group.create_task(play(hand, self._stop))
            group.create_task(self.cashier.pay(self._stop))

    def _heard(self) -> Counter[str]:
        return Counter(str(heard.said) for one in self.model.operations for heard in one.heard)


@asynccontextmanager
async def at_a_gateway(servers: embedded.Servers, folder: Path) -> AsyncGenerator[Studios]:
    """Studios at a gateway on these servers; its log is in the folder."""
    settings = Settings(
        owner_url=servers.owner_url,
        database_url=servers.database_url,
        redis_url=servers.redis_url,
        master_keys=(new_master_key(),),
    )
    async with stage(settings, CREW, SEED, folder) as (scene, cashier, model, _):
        yield Studios(scene, cashier, model)


def told_wrong(found: dict[str, Any]) -> list[str]:
    """What of this must not be: a loss, a contradiction, no temporary word, nothing that landed, or silence on ``/readyz``."""
    wrong = [word for word in ("lost", "doubled", "contradicted") if found[word]]
    needed = ("readyz", "landed_afterwards", "ready_again_seconds")
    wrong += [f"no {word}" for word in needed if not found[word]]
    return wrong if found["while_full"].get("again") else [*wrong, "no temporary word"]
