"""Simulated players for Locust: a user class per studio, which plays, judges and counts as `make run` does.

Locust waits for an answer before it sends again, so that a slow gateway slows its own load down.  Each user therefore
begins its rounds by the clock, and what a first answer took from the moment it was due stands in a row of its own,
``due``.  It is started by ``bench.swarm``, which furnishes the gateway and says where the seats are.
"""

import json
import os
import random
import time
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar

import gevent
from locust import FastHttpUser, events, task
from locust.exception import StopUser
from typing_extensions import override

from bench.studios import STUDIOS
from bench.studios.contract import Answer, Plan, Player, Step, Studio, Verdict, Word, addressed
from bench.studios.rounds import opening, round_of

SEATS: dict[str, list[dict[str, str]]] = {}
"""Seats that nobody has taken, by protocol."""

RESULT = os.environ.get("BANKROLL_SWARM_RESULT", "")
PACE = float(os.environ.get("BANKROLL_SWARM_PACE", "1"))
"""Seconds between the beginnings of a user's rounds."""

DUE = "due"

for seat in json.loads(Path(os.environ["BANKROLL_SWARM_SEATS"]).read_text(encoding="utf-8")):
    SEATS.setdefault(seat["protocol"], []).append(seat)


class StudioPlayer(FastHttpUser):
    """A player at one studio."""

    abstract = True
    protocol: ClassVar[str]

    @override
    def on_start(self) -> None:
        """Take a seat and open the game."""
        free = SEATS.get(self.protocol)
        if not free:
            raise StopUser
        seat = free.pop()
        self.slug = seat["account"]
        self.studio: Studio = addressed(STUDIOS[self.protocol](seat["key"]), f"/callbacks/{self.slug}")
        self.player = Player(seat["token"], seat["external_id"], seat["currency"], seat["game"])
        self.stake = Decimal(seat["stake"])
        self.random = random.Random()  # never seeded: keys of an earlier run would be used again
        # Locust lets users in by the second; players who do not know each other do not bet in step.
        gevent.sleep(self.random.uniform(0, PACE))
        self.due = time.perf_counter()
        self.follow(opening(self.studio, self.player))

    @override
    def wait_time(self) -> float:
        """Seconds until the next round is due."""
        return max(0.0, self.due + PACE - time.perf_counter())

    @task
    def play(self) -> None:
        """One round of any shape that the studio plays."""
        began = time.perf_counter()
        # The clock's moment, not the one at which the last round let go of us.
        self.due = min(began, self.due + PACE) if self.due + 10 * PACE > began else began
        stake = self.stake * self.random.choice((1, 1, 2, 5))
        self.follow(round_of(self.studio, self.player, self.random, stake=stake), due=self.due)

    def follow(self, plan: Plan, due: float | None = None) -> None:
        """Carry a plan's requests, judge each answer, and let the plan say what is next."""
        try:
            step = next(plan)
            while True:
                if step.wait:
                    gevent.sleep(step.wait)
                verdict = self.ask(step)
                if due is not None:
                    self.tell_due((time.perf_counter() - due) * 1000)
                    due = None
                step = plan.send(verdict)
        except StopIteration:
            return

    def ask(self, step: Step) -> Verdict:
        """One request; an answer that the studio did not expect is a failure, a refusal is none."""
        request = step.request
        with self.client.request(
            request.method,
            f"/callbacks/{self.slug}{request.path}",
            data=request.body,  # pyrefly: ignore[bad-argument-type] - bytes travel as they are
            headers=dict(request.headers),
            name=f"{self.protocol} {step.move.act}",
            catch_response=True,
        ) as response:
            answer = None
            if response.status_code:
                answer = Answer(response.status_code, headers_of(response.headers), response.content or b"")
            verdict = step.judge(answer)
            if verdict.word in (Word.OK, Word.REFUSED, Word.TEMPORARY):
                response.success()
            else:
                response.failure(str(verdict))
        return verdict

    def tell_due(self, milliseconds: float) -> None:
        """Count a first answer from the moment it was due."""
        self.environment.events.request.fire(
            request_type=DUE,
            name="first answer, from when it was due",
            response_time=milliseconds,
            response_length=0,
            exception=None,
            context={},
        )


def headers_of(headers: Any) -> dict[str, str]:
    """An answer's headers by lower-case name; what stands twice comes as several values."""
    return {
        name.lower(): value if isinstance(value, str) else ", ".join(value) for name, value in headers.items()
    }


for protocol, studio in STUDIOS.items():
    globals()[studio.__name__] = type(studio.__name__, (StudioPlayer,), {"protocol": protocol})


@events.quitting.add_listener
def write_result(environment: Any, **_: Any) -> None:
    """Say what was seen, for whoever started the swarm."""
    if not RESULT:
        return
    stats = environment.stats
    calls = [entry for (_, method), entry in stats.entries.items() if method != DUE]
    due = next((entry for (_, method), entry in stats.entries.items() if method == DUE), None)
    times: dict[int, int] = {}
    for entry in calls:
        for milliseconds, count in entry.response_times.items():
            times[milliseconds] = times.get(milliseconds, 0) + count
    result = {
        "calls": sum(entry.num_requests for entry in calls),
        "seconds": stats.total.last_request_timestamp - stats.total.start_time,
        "times": times,
        "due": dict(due.response_times) if due else {},
        "errors": sum(entry.num_failures for entry in calls),
        "unexpected": [f"{one.name}: {one.error}" for one in list(stats.errors.values())[:20]],
    }
    Path(RESULT).write_text(json.dumps(result), encoding="utf-8")
