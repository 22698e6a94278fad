"""Records transcripts: ``python -m tests.providers.record [provider …]`` plays every case on paper and writes it down.

A case that tries many hostile inputs is cut after `MOST` exchanges: a transcript is to be read.
"""

import asyncio
import sys

from providers import PROVIDERS
from providers.contract import Answer, Exchange, Fault
from tests.providers.suite import cases_of, desk_of, overrides_of, paper_scene, told
from tests.providers.transcript import FOLDER, Became, Episode, Transcript, plain, render

MOST = 9
"""Exchanges of one story that are written down, the opening of the game not counted."""


def episode_of(exchange: Exchange, answer: Answer) -> Episode:
    """What was seen of one exchange, its title still to be given."""
    asked = exchange.asked
    became = Became(
        exchange.now,
        exchange.status if exchange.outcome is None else None,
        exchange.outcome,
        exchange.currency,
        exchange.cash,
        exchange.bonus,
        token=exchange.token,
        profile=exchange.profile,
        session=exchange.session if asked is not None and asked.player is None else None,
    )
    unread = asked is None or isinstance(exchange.status, Fault)
    read = None if unread and asked is None else plain(asked)
    return Episode("", exchange.request, exchange.verb, read, became, answer)


async def record(provider: str, name: str, key: str) -> Transcript:
    """Play one case and write down what was said."""
    desk = desk_of(provider)
    case = cases_of(desk)[name]
    scene, paper, _ = await paper_scene(PROVIDERS[provider], desk, case, key)
    episodes: list[Episode] = []
    paper.heard = lambda exchange, answer: episodes.append(episode_of(exchange, answer))
    await scene.begin()
    await case.tell(scene)
    for episode, title in zip(episodes, scene.titles, strict=True):
        episode.title = title
    return Transcript(f"{name}: {case.promise}", overrides_of(desk, case, key), episodes[1 : MOST + 1])


def main(names: list[str]) -> None:
    """Record the named providers, or all."""
    for provider in names or PROVIDERS:
        desk = desk_of(provider)
        key = desk.key or desk.studio.make_key()
        folder = FOLDER / provider
        folder.mkdir(parents=True, exist_ok=True)
        for _, name in told(provider):
            transcript = asyncio.run(record(provider, name, key))
            (folder / f"{name}.txt").write_text(render(transcript), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
