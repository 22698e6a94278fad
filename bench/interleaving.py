"""Lets contenders take turns.  Never all of one and then all of the other: the machine is not the same a minute later.

It knows nothing of what they do, keeps what they counted, and compares nothing: `bench.points` does.
"""

from collections.abc import Sequence
from time import process_time

from bench.points import Contender, Effort, Point, Tell, Turn, points_of


async def interleaved(
    contenders: Sequence[Contender], effort: Effort, tell: Tell, baselines: Sequence[str] = ()
) -> list[Point]:
    """One point per contender, compared with those whose variant is among `baselines`.

    Each has a turn of no length first, which warms it up and is not counted; then they go round, the order turned
    by one each time, so that none always follows the same one.
    """
    turns: list[list[Turn]] = [[] for _ in contenders]
    for contender in contenders:
        await contender.turn(0.0)
    for number in range(effort.turns):
        for position in range(len(contenders)):
            index = (position + number) % len(contenders)
            busy = process_time()
            turn = await contenders[index].turn(effort.turn_seconds)
            turn.cpu_seconds = process_time() - busy
            turns[index].append(turn)
    points = points_of(contenders, turns, baselines)
    for point in points:
        tell(line_of(point))
    return points


def line_of(point: Point) -> str:
    """A point in a line; a terminal may break it."""
    parameters = " ".join(f"{name}={value}" for name, value in point.parameters.items())
    against = "".join(f"  {found:.2f} of {variant}" for variant, found in point.ratios.items())
    refused, failed = sum(point.refusals.values()), sum(point.errors.values())
    beside = f"  refused {refused:,}" * bool(refused) + f"  ERRORS {failed:,}" * bool(failed)
    waited = "".join(
        f"  {name} {point.latencies_ms[name]:,.4g} ms" for name in ("p50", "p99") if point.latencies_ms
    )
    return f"{point.name} {point.variant:<12} {parameters}: {point.rate:,.0f}/s{waited}{against}{beside}"
