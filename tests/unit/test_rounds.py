"""How simulated studios take an answer that is temporary: as their protocol has it, and as no error of the operator's."""

from decimal import Decimal
from random import Random

import pytest
from msgspec.structs import replace
from typing_extensions import override

from bench.studios.bogus import Bogus
from bench.studios.contract import Act, Answer, Move, Player, Reply, Step, Studio, Verdict, Word
from bench.studios.judging import UNDONE
from bench.studios.rounds import ATTEMPTS, Table


class Once(Bogus):
    """A studio that never sends a bet twice."""

    @override
    def read(self, move: Move, answer: Answer) -> Reply:
        """What the answer says; a bet is not repeated whatever it says."""
        reply = super().read(move, answer)
        return replace(reply, retry=False) if move.act in UNDONE else reply


@pytest.fixture(params=[Bogus, Once])
def studio(request: pytest.FixtureRequest) -> Studio:
    """A studio that repeats bets, and one that does not."""
    return request.param(request.param.make_key())


def table_of(studio: Studio) -> Table:
    """A place to play."""
    return Table(studio, Player("token", "user-1", "EUR", "dice"), Random(7), Decimal(1))


def busy(step: Step) -> Verdict:
    """How a step judges a temporary error."""
    return step.judge(Answer(503, {}, b'{"code": "overloaded"}'))


@pytest.mark.parametrize("act", [Act.BET, Act.FREE_BET])
def test_a_bet_whose_answer_is_unsure_is_taken_back(studio: Studio, act: Act) -> None:
    """A temporary error to a bet is none of the operator's: the bet is repeated where it may be, then rolled back."""
    table = table_of(studio)
    plan = table.bet(Decimal(1), act)
    steps = [next(plan)]
    while steps[-1].move.act is act:
        verdict = busy(steps[-1])
        assert verdict.word is Word.TEMPORARY
        steps.append(plan.send(verdict))
    assert len(steps) == 1 + (1 if isinstance(studio, Once) else ATTEMPTS)
    assert (steps[-1].move.act, steps[-1].move.of) == (Act.ROLLBACK, steps[0].move.key)


@pytest.mark.parametrize("act", [Act.WIN, Act.ROLLBACK])
def test_what_must_land_is_sent_again_until_patience_ends(studio: Studio, act: Act) -> None:
    """A win or rollback that no attempt lands is unexpected at last, and not before."""
    table = table_of(studio)
    bet = Move(Act.BET, "a" * 32, Decimal(1), table.round)
    plan = table.send(table.move(act, Decimal(1), bet))
    step, words = next(plan), []
    for _ in range(ATTEMPTS - 1):
        verdict = busy(step)
        words.append(verdict.word)
        step = plan.send(verdict)
    last = busy(step)
    assert (words, last.word) == ([Word.TEMPORARY] * (ATTEMPTS - 1), Word.UNEXPECTED)
    with pytest.raises(StopIteration):
        plan.send(last)
