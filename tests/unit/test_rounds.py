"""How simulated studios take an answer that is temporary: as their protocol has it, and as no error of the operator's."""

import json
from decimal import Decimal
from random import Random

import pytest

from bench.studios import STUDIOS
from bench.studios.contract import Act, Answer, Move, Player, Step, Studio, Verdict, Word
from bench.studios.rounds import ATTEMPTS, Table

BUSY = {
    "bogus": b'{"code": "overloaded"}',
    "pragmatic": b'{"error": 100, "description": "Internal error"}',
}


@pytest.fixture(params=["bogus", "hub88", "pragmatic"])
def studio(request: pytest.FixtureRequest) -> Studio:
    """Each of the studios, with a key of its own."""
    made = STUDIOS[request.param]
    return made(made.make_key())


def table_of(studio: Studio) -> Table:
    """A place to play."""
    return Table(studio, Player("token", "user-1", "EUR", "dice"), Random(7), Decimal(1))


def busy(studio: Studio, step: Step) -> Verdict:
    """How a step judges its protocol's temporary error."""
    body = BUSY.get(studio.name)
    if body is None:
        asked = json.loads(step.request.body)
        body = json.dumps({"status": "RS_ERROR_UNKNOWN", "request_uuid": asked["request_uuid"]}).encode()
    return step.judge(Answer(200, {"content-type": "application/json"}, body))


@pytest.mark.parametrize("act", [Act.BET, Act.FREE_BET])
def test_a_bet_whose_answer_is_unsure_is_taken_back(studio: Studio, act: Act) -> None:
    """A temporary error to a bet is none of the operator's: the bet is repeated where it may be, then rolled back."""
    table = table_of(studio)
    plan = table.bet(Decimal(1), act)
    steps = [next(plan)]
    while steps[-1].move.act is act:
        verdict = busy(studio, steps[-1])
        assert verdict.word is Word.TEMPORARY
        steps.append(plan.send(verdict))
    assert len(steps) == 1 + (1 if studio.name == "hub88" else ATTEMPTS)
    assert (steps[-1].move.act, steps[-1].move.of) == (Act.ROLLBACK, steps[0].move.key)


@pytest.mark.parametrize("act", [Act.WIN, Act.ROLLBACK])
def test_what_must_land_is_sent_again_until_patience_ends(studio: Studio, act: Act) -> None:
    """A win or rollback that no attempt lands is unexpected at last, and not before."""
    table = table_of(studio)
    bet = Move(Act.BET, "a" * 32, Decimal(1), table.round)
    plan = table.send(table.move(act, Decimal(1), bet))
    step, words = next(plan), []
    for _ in range(ATTEMPTS - 1):
        verdict = busy(studio, step)
        words.append(verdict.word)
        step = plan.send(verdict)
    last = busy(studio, step)
    assert (words, last.word) == ([Word.TEMPORARY] * (ATTEMPTS - 1), Word.UNEXPECTED)
    with pytest.raises(StopIteration):
        plan.send(last)
