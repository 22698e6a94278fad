# ruff: noqa: INP001 - a script's part beside what it writes
"""The page of all protocols: verbs, cases, policies, and the transcript that proves each, from the lists and desks."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from providers import PROVIDERS
from providers.manners import Manners
from providers.outbound import Outbound, Studio
from providers.provider import Provider
from tests.providers.cases import CASES
from tests.providers.scene import Case, Desk
from tests.providers.suite import cases_of, desk_of, reason_against
from tests.providers.transcript import FOLDER
from wallet.types import Policy

ROOT = Path(__file__).resolve().parent.parent


def page() -> str:
    """The whole page."""
    head = (ROOT / "docs/providers.head.md").read_text(encoding="utf-8").rstrip()
    return "\n".join((head, "", *overview(), "", *matrix(), "", *details())) + "\n"


def overview() -> Iterator[str]:
    """A row per protocol: what it is and what it asks."""
    yield "## Protocols\n"
    yield "| protocol | | secret | launch | asked of the studio | verbs | cases of its own |"
    yield "|---|---|---|---|---|---|---|"
    for name, provider in PROVIDERS.items():
        own = len(cases_of(desk_of(name))) - len(CASES)
        launch, asks = how_it_is_launched(provider.studio), ", ".join(asked_of(provider.studio)) or "none"
        verbs = ", ".join(f"`{verb}`" for verb in provider.verbs)
        title = f"[{provider.title}](providers/{name}.md)"
        yield f"| `{name}` | {title} | {provider.secret_form} | {launch} | {asks} | {verbs} | {own} |"


def how_it_is_launched(studio: Studio) -> str:
    """Where a game's address comes from."""
    if studio.launch is None:
        return "none"
    return "asked of the studio" if isinstance(studio.launch, Outbound) else "built here"


def asked_of(studio: Studio) -> Iterator[str]:
    """What else a studio can be asked for."""
    if studio.games is not None:
        yield "games"
    if studio.issue is not None:
        yield "free rounds"


def matrix() -> Iterator[str]:
    """A row per common case, a column per protocol, and the reasons below."""
    reasons: dict[str, int] = {}
    desks = {name: desk_of(name) for name in PROVIDERS}
    yield "## Common cases\n"
    yield "| case | " + " | ".join(f"`{name}`" for name in PROVIDERS) + " |"
    yield "|---|" + ":-:|" * len(PROVIDERS)
    for case in CASES.values():
        cells = (cell(name, desk, case, reasons) for name, desk in desks.items())
        yield f"| {words(case)} | " + " | ".join(cells) + " |"
    yield ""
    for reason, number in reasons.items():
        yield f"{number}. {reason[0].upper()}{reason[1:]}."


def words(case: Case) -> str:
    """A case's name as a reader says it."""
    return case.name.replace("_", " ").replace(".", ": ", 1)


def cell(name: str, desk: Desk, case: Case, reasons: dict[str, int]) -> str:
    """The proof of a case at a protocol, or the number of the reason why there is none."""
    reason = reason_against(desk, case)
    if reason is not None:
        return str(reasons.setdefault(reason, len(reasons) + 1))
    return f"[●]({proof(name, case)})"


def proof(name: str, case: Case) -> str:
    """The transcript of a case, seen from the page."""
    found = sorted(path for path in (FOLDER / name).glob(f"{case.name}.*") if path.suffix == ".txt")
    if not found:
        raise LookupError(f"no transcript of {case.name} at {name}: python -m tests.providers.record {name}")
    return f"../{found[0].relative_to(ROOT).as_posix()}"


def details() -> Iterator[str]:
    """What differs from the usual at each protocol, and the cases that only it can tell."""
    yield "## One by one\n"
    for name, provider in PROVIDERS.items():
        yield f"### {provider.title}\n"
        yield from differences(provider)
        own = [case for case in cases_of(desk_of(name)).values() if case.name not in CASES]
        if own:
            yield "\n| its own case | promise | proof |"
            yield "|---|---|---|"
            yield from (
                f"| {words(case)} | {case.promise.replace('|', chr(92) + '|')} | [●]({proof(name, case)}) |"
                for case in own
            )
        yield ""


def differences(provider: Provider) -> Iterator[str]:
    """The policies and manners that are not the usual ones."""
    usual = msgspec.to_builtins(Policy()) | msgspec.to_builtins(Manners())
    here = msgspec.to_builtins(provider.policy) | msgspec.to_builtins(provider.manners)
    unusual = [f"`{field}` {said(value)}" for field, value in here.items() if value != usual[field]]
    yield (
        "Policies and manners that are not the usual ones: "
        + ("; ".join(unusual) if unusual else "none")
        + "."
    )


def said(value: object) -> str:
    """A value as a reader writes it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(sorted(value)) if isinstance(value, list) else str(value)
