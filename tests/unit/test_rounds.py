"""How simulated studios take an answer that is temporary: as their protocol has it, and as no error of the operator's."""

from decimal import Decimal
from random import Random

import pytest
from msgspec.structs import replace
from typing_extensions import override

from bench.studios.bogus import Bogus
from bench.studios.contract import Act, Answer, Move, Player, Reply, Step, Studio, Verdict, Word
from bench.studios.judging import UNDONE
from bench.studios.rounds import AT_ONCE, LATER, Table
from tests.providers.suite import driven


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
    assert len(steps) == 1 + (1 if isinstance(studio, Once) else len(AT_ONCE))
    assert (steps[-1].move.act, steps[-1].move.of) == (Act.ROLLBACK, steps[0].move.key)


@pytest.mark.parametrize("act", [Act.WIN, Act.ROLLBACK, Act.CLOSE])
def test_what_must_land_is_sent_again_later_until_patience_ends(studio: Studio, act: Act) -> None:
    """A win, rollback or end that no attempt lands, half a minute long, is unexpected at last, and not before."""
    table = table_of(studio)
    bet = Move(Act.BET, "a" * 32, Decimal(1), table.round)
    waits, verdicts = [], []
    for step in driven(table.send(table.move(act, Decimal(1), bet)), verdicts):
        waits.append(step.wait)
        verdicts.append(busy(step))
    assert [verdict.word for verdict in verdicts] == [Word.TEMPORARY] * (len(LATER) - 1) + [Word.UNEXPECTED]
    assert waits == list(LATER)
    assert sum(LATER) > 30
