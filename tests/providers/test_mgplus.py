"""MG+ without a secret: what the conformance suite, which agrees on one, does not play."""

from decimal import Decimal

import pytest

from bench.studios.contract import Act, Move, Player, write
from bench.studios.mgplus import STATUSES, Mgplus
from providers.contract import Fault, Request
from providers.mgplus import MGPLUS
from tests.providers.paper import Paper
from tests.providers.transcript import Overrides
from wallet.types import SUCCESSES, Status

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


@pytest.mark.parametrize(
    ("letters", "kept"), [(200, None), (256, {"txn_id": "t" * 256, "round_id": "r" * 256})]
)
def test_an_id_that_is_told_by_its_digest_is_kept_whole(letters, kept):
    """What the ledger's words cannot hold stands with the posting; what they hold stands nowhere twice."""
    sent = Move(Act.BET, "t" * letters, Decimal(10), "r" * letters)
    path, fields = Mgplus("").fields(Player("t", "player-1", "EUR", "dice"), sent)
    body = Mgplus("").body(fields | {"betId": None, "metaData": None})
    verb = MGPLUS.verbs["updatebalance"]
    account = Overrides(()).account(MGPLUS)
    (op,) = verb.read(verb.decode(Request("POST", path, path, b"", {}, body)), account).ops
    assert {name: op.metadata[name] for name in ("txn_id", "round_id") if name in op.metadata} == (kept or {})
    assert max(len(op.key), len(op.round)) <= 255


def test_each_call_is_refused_by_a_status_of_its_own():
    """Whatever comes of a call, on demand too, its HTTP status is one that the call can be answered with."""
    for call, statuses in STATUSES.items():
        for became in (*Status, *Fault):
            code, _ = MGPLUS.code(call, became, MGPLUS.manners)
            assert code in statuses, (call, became, code)
            assert (code == 200) == (became in SUCCESSES)
    told = {became: MGPLUS.code("login", became, MGPLUS.manners)[0] for became in Status}
    assert {told[Status.PLAYER_BLOCKED], told[Status.PLAYER_EXCLUDED], told[Status.WALLET_CLOSED]} == {404}
