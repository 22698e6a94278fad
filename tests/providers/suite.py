"""Which case is told at which protocol: the desks, what each can express, and how a scene is set."""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from importlib import import_module
from importlib.util import find_spec
from random import Random

import msgspec

from bench.studios.contract import Plan, Step, Verdict, Word
from bench.studios.rounds import round_of
from providers import PROVIDERS
from providers.contract import Account
from providers.provider import Provider
from tests.providers.cases import CASES
from tests.providers.paper import Paper
from tests.providers.scene import Case, Desk, Scene
from tests.providers.transcript import Overrides


def desk_of(provider: str) -> Desk:
    """The desk of a listed protocol: ``tests/providers/desks/<name>.py``."""
    return import_module(f"tests.providers.desks.{provider}").DESK


def cases_of(desk: Desk) -> dict[str, Case]:
    """Every case there is for a protocol: those of all, and its own."""
    return CASES | {case.name: case for case in desk.cases}


def reason_against(desk: Desk, case: Case) -> str | None:
    """Why a protocol cannot express a case; None where it can."""
    missing = sorted(case.acts - desk.studio.expresses)
    if missing:
        return desk.cannot.get(missing[0], f"no reason given for {missing[0]}")
    return desk.cannot.get(case.name)


def told(*providers: str) -> list[tuple[str, str]]:
    """Every case that is to be played at these protocols, or at all that have a desk."""
    pairs = []
    for provider in providers or PROVIDERS:
        if find_spec(f"tests.providers.desks.{provider}") is None:
            continue  # a failing test of its own, not the end of all others
        desk = desk_of(provider)
        pairs += [(provider, name) for name, case in cases_of(desk).items() if not reason_against(desk, case)]
    return pairs


def overrides_of(desk: Desk, case: Case, key: str) -> Overrides:
    """The account that a case is played at."""
    half = desk.studio.operators_half(key)
    return Overrides(
        (half,) if half else (),
        msgspec.to_builtins(dict(case.policy)),
        msgspec.to_builtins(dict(case.manners)),
        dict(desk.studio.settings) | dict(case.settings),
    )


async def paper_scene(provider: Provider, desk: Desk, case: Case, key: str) -> tuple[Scene, Paper, Account]:
    """A case's scene at a gateway of paper, the game not yet open."""
    account = overrides_of(desk, case, key).account(provider)
    paper = Paper(provider, account)
    studio = desk.studio(key, clock=lambda: paper.now.timestamp())  # noqa: PLW0108 - now moves on
    return Scene(desk, studio, paper, account, case.name), paper, account


async def play_rounds(provider: Provider, desk: Desk, *, rounds: int) -> Counter[str]:
    """Play rounds of every shape on paper; returns how the answers were judged."""
    case = CASES["bet_and_win"]
    scene, _, _ = await paper_scene(provider, desk, case, desk.key or desk.studio.make_key())
    await scene.begin()
    judged, _ = await play_as(scene, Random(7), rounds=rounds)
    return judged


EXPECTED = frozenset({Word.OK, Word.REFUSED})


async def play_as(
    scene: Scene, rng: Random, *, rounds: int, expected: frozenset[Word] = EXPECTED
) -> tuple[Counter[str], Decimal]:
    """Play rounds until the money runs low; returns how the answers were judged, and what the house won.

    Nothing is unexpected, and what the studio believes was staked and won is what the ledger moved.
    """
    judged, moved = Counter[str](), Decimal(0)
    for _ in range(rounds):
        stake = Decimal(rng.choice(("0.10", "1", "2.50")))
        for step in driven(round_of(scene.studio, scene.player, rng, stake=stake), verdicts := []):
            verdict = step.judge(await scene.stage.receive(step.request))
            assert verdict.word in expected, (step, verdict)
            verdicts.append(verdict)
            judged[f"{step.move.act} {verdict}"] += 1
            moved += verdict.won + verdict.returned - verdict.staked - verdict.taken
        if await scene.stage.cash(scene.player.external_id) < 20:
            break
    await scene.holds(100 + moved)
    return judged, -moved


def driven(plan: Plan, verdicts: list[Verdict]) -> Iterator[Step]:
    """The steps of a plan; before each next one the caller appends the verdict on the last."""
    step = next(plan, None)
    while step is not None:
        yield step
        try:
            step = plan.send(verdicts[-1])
        except StopIteration:
            return
