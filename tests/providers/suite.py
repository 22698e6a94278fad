"""Which case is told at which protocol: the desks, what each can express, and how a scene is set."""

from importlib import import_module

import msgspec

from providers import PROVIDERS
from providers.contract import Account, Provider
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


def told() -> list[tuple[str, str]]:
    """Every protocol and case that is to be played."""
    pairs = []
    for provider in PROVIDERS:
        desk = desk_of(provider)
        pairs += [(provider, name) for name, case in cases_of(desk).items() if not reason_against(desk, case)]
    return pairs


def overrides_of(desk: Desk, case: Case, key: str) -> Overrides:
    """The account that a case is played at."""
    return Overrides(
        (desk.studio.operators_half(key),),
        msgspec.to_builtins(dict(case.policy)),
        msgspec.to_builtins(dict(case.manners)),
        dict(desk.studio.settings),
    )


async def paper_scene(provider: Provider, desk: Desk, case: Case, key: str) -> tuple[Scene, Paper, Account]:
    """A case's scene at a gateway of paper, the game not yet open."""
    account = overrides_of(desk, case, key).account(provider)
    paper = Paper(provider, account)
    studio = desk.studio(key, clock=lambda: paper.now.timestamp())  # noqa: PLW0108 - now moves on
    return Scene(desk, studio, paper, account, case.name), paper, account
