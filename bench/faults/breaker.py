"""Breaks what the schedule says, when it says it.  What hit nothing is tried again, and never counted."""

import asyncio
from collections.abc import Sequence
from random import Random
from time import monotonic

from bench.faults.breakages import BREAK
from bench.faults.scene import Scene
from bench.faults.schedule import KINDS, Breakage
from bench.faults.servers import AWAY

ATTEMPTS = 4
PAUSE = 1.0


async def follow(scene: Scene, planned: Sequence[Breakage]) -> None:
    """Break everything that is planned; returns when the last of it is whole again."""
    began = monotonic()

    async def in_turn(target: str) -> None:
        for breakage in planned:
            if KINDS[breakage.kind].target == target:
                await asyncio.sleep(max(0.0, began + breakage.at - monotonic()))
                await insisted(scene, breakage)

    async with asyncio.TaskGroup() as group:
        for target in {KINDS[breakage.kind].target for breakage in planned}:
            group.create_task(in_turn(target))


async def insisted(scene: Scene, breakage: Breakage) -> None:
    """Break it; again where it hit nothing, or where what broke before is still in its way."""
    for attempt in range(ATTEMPTS):
        await asyncio.sleep(PAUSE if attempt else 0.0)
        if await broken(scene, breakage):
            scene.times[breakage.kind] += 1
            return


async def broken(scene: Scene, breakage: Breakage) -> int:
    """Break it once; how many it hit."""
    scene.broken[breakage.kind] += 1
    try:
        hits = await BREAK[breakage.kind](scene, breakage.seconds, Random(breakage.seed))
        why = "it hit nothing"
    except AWAY as error:  # another breakage was in its way
        hits, why = 0, f"{type(error).__name__}: {error}"
    finally:
        scene.broken[breakage.kind] -= 1
    if not hits:
        scene.failed.append(f"{breakage.kind}: {why}")
    return hits
