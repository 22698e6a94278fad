"""Which tests are run, the nearest first, for the mutants that are found and not written by hand.

Each line is what pytest is given; the next is run only where the one before it noticed nothing.
"""

import shlex
from collections.abc import Iterator
from pathlib import Path

from providers import PROVIDERS

ROOT = Path(__file__).parents[1]
PAPER = "tests/providers/test_conformance.py::test_on_paper"
PAGES = "tests/test_house.py::test_generated_pages_are_as_the_code_has_them"
REPLAY = "tests/providers/test_transcripts.py::test_replay"
CODES = "tests/providers/test_codes.py"
EDGE = "tests/gateway/test_callbacks.py"
ROAD = " or ".join(
    (
        *("become_postings", "is_kept", "no_exchanges", "worth_a_line", "full_queue", "turned_away"),
        *("networks", "looking", "bare_404", "of_ours", "paths_and", "revoked_account", "bodies_have"),
        "bad_signature",
    )
)
QUESTIONS = " or ".join(
    (
        *("become_postings", "named_by_token", "nobody_is", "for_a_test", "dead_session", "blocked_player"),
        *("currencies_go", "question", "launch_token", "handed_out", "full_queue", "free_rounds"),
        "deadline_is_kept",
    )
)
STUDIO = "fails_is_a_problem or cannot_be_built or nowhere or a_permit or up_to_its_bound or another_host"
BEATS = (
    ("decide", "calls", "within_calls"),
    ("cashier", "reversals", "references", "accounts"),
    ("ladder", "cases", "batches", "bounds", "guards"),
)
TABLES = tuple(
    f"{' '.join(f'tests/sql/test_{name}.py' for name in names)} -k 'not oracle and not long_round'"
    for names in BEATS
)
HISTORIES = "tests/model/test_histories.py -k batch"
LONG = "tests/sql/test_bounds.py -k long_round"  # a second each, so that few mutants come to them
DECISION = (*TABLES, HISTORIES, LONG)
REVERSALS = (*TABLES, LONG, HISTORIES)


def own(name: str) -> str:
    """The tests of one protocol alone, where there are some."""
    path = f"tests/providers/test_{name}.py"
    return path if (ROOT / path).exists() else ""


DIALECTS = [
    name for name in PROVIDERS if " import rs_wallet" in (ROOT / f"providers/{name}.py").read_text("utf-8")
]
"""The protocols that are dialects of one."""

NEAREST: dict[str, tuple[str, ...]] = {
    "gateway/admission.py": ("tests/unit/test_admission.py",),
    "gateway/arrival.py": ("tests/unit/test_arrival.py",),
    "gateway/attempts.py": ("tests/gateway/test_attempts.py",),
    "gateway/binding.py": ("tests/unit/test_binding.py",),
    "gateway/callbacks.py": (
        f"{EDGE} -k '{ROAD}'",
        "tests/gateway/test_attempts.py -k 'flood or nobody or credentials'",
        "tests/gateway/test_erasure.py -k exchange",
    ),
    "gateway/eligibility.py": ("tests/unit/test_eligibility.py",),
    "gateway/failed_transactions.py": ("tests/gateway/test_failed_transactions.py -k 'not in_time'",),
    "gateway/outcomes.py": ("tests/unit/test_outcomes.py",),
    "gateway/provider_secrets.py": (
        "tests/gateway/test_registry.py -k 'so_many_bytes or as_pem or public_half'",
        "tests/gateway/test_api_catalogue.py -k is_no_new_one",
    ),
    "gateway/configured_accounts.py": (
        "tests/unit/test_configured_accounts.py",
        "tests/gateway/test_registry.py -k 'ready_with_everything or damaged_game'",
    ),
    "gateway/registry.py": (
        "tests/unit/test_configured_accounts.py",
        "tests/gateway/test_registry.py -k refresh_sees",
    ),
    "gateway/resolution.py": (f"{EDGE} -k looks_at", f"{EDGE} -k '{QUESTIONS}'"),
    "gateway/studios.py": (
        f"tests/gateway/test_launches.py -k '{STUDIO}'",
        "tests/gateway/test_launches.py -k 'late_studio or silent_studio'",
        "tests/gateway/test_studio_jobs.py -k 'once_a_minute or answer_was_lost'",
    ),
    "providers/dialogue.py": (
        "tests/providers/test_translate.py tests/providers/test_bogus.py",
        f"{PAPER} -k bogus",
        "tests/providers/test_replay_window.py tests/providers/test_turned_away.py",
        PAPER,
        f"{PAPER.replace('on_paper', 'over_the_gateway')} -k bogus-exists",
        f"{EDGE} -k every_exchange_is_kept",
        "tests/gateway/test_erasure.py -k exchange",
    ),
    "providers/translate.py": ("tests/providers/test_translate.py", f"{PAPER} -k bogus", PAPER),
    "providers/provider.py": (
        "tests/providers/test_translate.py",
        f"{PAPER} -k bogus",
        "tests/providers/test_transcripts.py -k signs",
        PAGES,
    ),
    "providers/rs_wallet.py": (
        " ".join(f"{REPLAY}[{name}]" for name in DIALECTS),
        f"{PAPER} -k '{' or '.join(DIALECTS)}'",
        f"{' '.join(map(own, DIALECTS))} {CODES} tests/providers/test_orders.py -k '{' or '.join(DIALECTS)}'",
        PAGES,
    ),
    "wallet/coalesce.py": (
        "tests/unit/test_coalesce.py",
        "tests/ledger/test_bulk.py tests/ledger/test_ledger.py",
    ),
    "wallet/cursors.py": ("tests/unit/test_cursors.py",),
    "wallet/lane.py": (
        "tests/ledger/test_ledger.py",
        "tests/ledger/test_lanes.py",
        "tests/ledger/test_restart.py -k not_replicated",
    ),
    "wallet/ledger.py": (
        "tests/ledger/test_ledger.py -k 'may_write or is_remembered'",
        "tests/ledger/test_bulk.py -k 'own_outcome or bounded or beyond or at_the_deadline or poison'",
        "tests/ledger/test_ledger.py -k 'bounded or deadline'",
        "tests/ledger/test_bulk.py -k eight_thousand",
    ),
    "wallet/pending.py": ("tests/unit/test_bulk.py -k 'word or abandoned'", "tests/unit/test_coalesce.py"),
    "wallet/sessions.py": ("tests/ledger/test_sessions.py",),
    "wallet/session_lookups.py": ("tests/ledger/test_sessions.py",),
    **{
        f"providers/{name}.py": (
            f"{REPLAY}[{name}]",
            f"{PAPER} -k [{name}-",
            f"{own(name)} {CODES} tests/providers/test_transcripts.py -k {name}",
            f"tests/providers/test_orders.py tests/providers/test_settings.py -k {name}",
            PAGES,
        )
        for name in PROVIDERS
    },
    **{
        f"sql/functions/{name}.sql": DECISION
        for name in (
            *("close_call", "decide", "decide_hold", "decide_known", "decide_movement", "decide_posted"),
            *(
                "decide_reversal",
                "find_targets",
                "with_results",
                "is_guarded",
                "is_new_bet",
                "results_of",
                "lone_bet",
                "part_of",
                "pending",
            ),
            *("pending_tombstone", "refusal", "reversible", "same_operation", "write_rounds"),
            *("was_posted", "write_verdicts", "house_of"),
        )
    },
    **{
        f"sql/functions/{name}.sql": REVERSALS
        for name in ("find_results", "meant_at_first", "meant_parts", "read_targets", "recall")
    },
    "sql/functions/post.sql": ("tests/sql/test_races.py -k 'snapshot or fenced'", *DECISION),
    "sql/functions/read_facts.sql": (
        *TABLES,
        "tests/sql/test_races.py -k session",
        "tests/gateway/test_second_actor.py",
        HISTORIES,
        LONG,
    ),
    "sql/functions/lease_lane.sql": ("tests/sql/test_leases.py", "tests/ledger/test_lanes.py"),
    "sql/functions/fence_lane.sql": ("tests/sql/test_leases.py", "tests/ledger/test_lanes.py"),
    "sql/functions/launch_session.sql": ("tests/ledger/test_sessions.py", "tests/gateway/test_launches.py"),
    "sql/functions/succeed_token.sql": ("tests/ledger/test_sessions.py",),
    "sql/functions/attach_token.sql": ("tests/ledger/test_sessions.py",),
    "sql/functions/expire_session.sql": (
        "tests/gateway/test_certification.py -k 'expires or live'",
        "tests/ledger/test_sessions.py -k 'announced or on_demand'",
    ),
    "sql/functions/change_player_status.sql": (
        "tests/ledger/test_players.py",
        "tests/sql/test_batches.py -k exclusion",
        "tests/sql/test_races.py",
    ),
}


def stages(file: str) -> Iterator[list[str]]:
    """What pytest is given for a file's mutants, one after the other."""
    return (shlex.split(line) for line in NEAREST[file])
