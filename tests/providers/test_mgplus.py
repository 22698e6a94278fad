"""MG+ without a secret: what the conformance suite, which agrees on one, does not play."""

from decimal import Decimal

from bench.studios.contract import Act, Move, Player, write
from bench.studios.mgplus import Mgplus
from providers.mgplus import MGPLUS
from tests.providers.paper import Paper
from tests.providers.transcript import Overrides

MOVES = {"open": Move(Act.OPEN), "bet": Move(Act.BET, "k1", Decimal(10), "7")}


async def played(secrets, *, token):
    """A bet by a studio that sends this token, at an account with these secrets; the HTTP status and the cash left."""
    paper = Paper(MGPLUS, Overrides(secrets).account(MGPLUS))
    studio = Mgplus(token)
    player = Player(await paper.launch(await paper.join("EUR", 100)), "player-1", "EUR", "dice")
    opened = await paper.receive(write(studio, player, MOVES["open"]))
    player.token = studio.read(MOVES["open"], opened).token or player.token
    answer = await paper.receive(write(studio, player, MOVES["bet"]))
    return answer.http_status, await paper.cash("player-1")


async def test_an_account_without_a_secret_takes_any_caller_at_its_word():
    """The network alone speaks for the caller then, with a token or without."""
    for token in ("", "whatever-they-send"):
        assert await played((), token=token) == (200, 90)


async def test_either_of_two_secrets_is_good():
    """While a secret is replaced both are good, and nothing else is."""
    for token, outcome in (("new", (200, 90)), ("old", (200, 90)), ("other", (403, 100)), ("", (403, 100))):
        assert await played(("new", "old"), token=token) == outcome
