"""What MG+ is asked: a token, its queue of failed transactions, and their end; each read as the wallet call it was."""

import json
import secrets
from decimal import Decimal
from urllib.parse import parse_qsl

import msgspec
import pytest
from msgspec.structs import replace

from bench.studios.contract import Act, Move, Player
from bench.studios.mgplus import Mgplus
from providers.contract import Account, Request
from providers.manners import Manners
from providers.mgplus import MGPLUS
from providers.outbound import Channel, Declined, Launch, OutboundAnswer, Permit, Settlement, Unready
from providers.outbound.mgplus import STUDIO
from tests.gateway.door import Door, one_loop
from wallet.types import Policy

SETTINGS = {"agent_code": "AG/1", "client_id": "ours"}
ACCOUNT = Account("mg", (), Policy(), Manners(), SETTINGS, own_secret=b"client secret")
PERMIT = Permit(ACCOUNT, "token-1")
QUEUE = STUDIO.failed


def test_a_token_is_asked_for_where_tokens_are():
    """Client credentials as a form, at an address of its own; without a secret nothing is asked."""
    asked = STUDIO.permit.build(ACCOUNT)
    assert (STUDIO.permit.address, asked.method) == ("sts_url", "POST")
    assert asked.body == b"grant_type=client_credentials&client_id=ours&client_secret=client+secret"
    assert STUDIO.permit.read(OutboundAnswer(200, {}, b'{"access_token":"t","expires_in":3600}')) == "t"
    with pytest.raises(Unready, match="own_secret"):
        STUDIO.permit.build(Account("mg", (), Policy(), Manners(), SETTINGS))


@pytest.mark.parametrize("token", ["té€", "t\r\nx: y", "t\x00"])
def test_a_token_that_no_header_can_carry_is_none(token):
    """Letters of other scripts and control characters are no token of the protocol."""
    with pytest.raises(ValueError, match="header"):
        STUDIO.permit.read(OutboundAnswer(200, {}, json.dumps({"access_token": token}).encode()))


@one_loop
async def test_its_codes_are_http_statuses(door: Door):
    """An account's own code of a refusal is an HTTP status here, and anything else is never stored."""
    slug = f"mg-{secrets.token_hex(4)}"
    await door.post("/provider-accounts", {"slug": slug, "protocol": "mgplus", "environment": "test"})
    for code, status in ((7, 400), (600, 400), ([7, 200], 400), (404, 200)):
        change = {"manners": {"codes": {"getbalance unknown_player": code}}}
        answer = await door.http.patch(f"/v1/provider-accounts/{slug}", json=change)
        assert answer.status_code == status, answer.text


def test_the_queue_is_read_as_the_calls_that_failed():
    """A rollback names the bet, a credit is the win to the digit; what MG+ adds is left alone."""
    asked = QUEUE.listed.build(PERMIT)
    assert (asked.method, asked.path) == ("GET", "/api/v1/agents/AG%2F1/failedTransactions")
    assert asked.headers == (("authorization", "Bearer token-1"),)
    body = b"""[
      {"channel":"c","betId":"b","actionType":"Rollback","playerId":"p","amount":1.50,"currency":"EUR","txnId":"t/1",
       "txnEventType":"GAME","contentCode":"g","metadata":null,"completed":false,"new":1},
      {"betId":"b","actionType":"CREDIT","playerId":"p","amount":63727092.34,"currency":"EUR","txnId":"t/2",
       "txnEventType":"TOURNAMENT","contentCode":"g","completed":true,"metadata":{"isFreeGame":true}}]"""
    undo, credit = QUEUE.listed.read(OutboundAnswer(200, {}, body))
    assert (undo.id, undo.verb, credit.id, credit.verb) == ("t/1", "rollback", "t/2", "updatebalance")
    assert json.loads(undo.body)["txnId"] == "t/1"
    assert b'"amount":63727092.34' in credit.body
    told = json.loads(credit.body)
    assert (told["txnType"], told["txnEventType"], told["completed"]) == ("CREDIT", "TOURNAMENT", True)
    assert (told["playerId"], told["currency"], told["betId"]) == ("p", "EUR", "b")
    assert told["metaData"] == {"isFreeGame": True}


def test_the_queue_tells_the_operation_that_its_call_told():
    """Without its round a credit is still the same movement of the same bet, so that either may come first."""
    studio, player = Mgplus(""), Player("t", "p", "EUR", "g")
    win = Move(Act.WIN, "w1", Decimal(25), "7", of="k1", end=True)
    _, fields = studio.fields(player, win)
    same = ("playerId", "amount", "currency", "txnId", "txnEventType", "contentCode", "betId", "completed")
    told = {"actionType": "Credit", **{name: fields[name] for name in same}}
    (queued,) = QUEUE.listed.read(OutboundAnswer(200, {}, studio.body([told])))
    (of_the_call,), (of_the_queue,) = (
        MGPLUS.verbs["updatebalance"]
        .read(MGPLUS.verbs["updatebalance"].decode(Request("POST", "/", "/", b"", {}, body)), ACCOUNT)
        .ops
        for body in (studio.body(fields), queued.body)
    )
    said_once = {"occurred_at": None, "metadata": None}
    assert replace(of_the_call, **said_once) == replace(of_the_queue, **said_once)
    assert of_the_queue.round == fields["betId"]


@pytest.mark.parametrize(
    ("odd", "name"),
    [
        (b'{"actionType":"Weird","playerId":"p","txnId":"t/9"}', "t/9"),
        (b'{"actionType":"DEBIT","playerId":"p","txnId":""}', "number 1"),
        (b'{"actionType":"CREDIT","playerId":5,"txnId":"t/9"}', "t/9"),
        (b'{"actionType":"CREDIT","playerId":"p","txnId":9}', "number 1"),
        (b'{"actionType":"CREDIT","playerId":5,"txnId":"%s"}' % (b"t" * 300), "t" * 255),
        (b"{}", "number 1"),
        (b"7", "number 1"),
        (b"null", "number 1"),
    ],
)
def test_an_odd_transaction_is_named_and_the_others_are_read(odd: bytes, name: str):
    """An action, a player or an id that is none stands alone; a list that is none is none."""
    sound = b'{"actionType":"Rollback","playerId":"p","txnId":"t/1","currency":"EUR"}'
    first, second = QUEUE.listed.read(OutboundAnswer(200, {}, b"[%s,%s]" % (odd, sound)))
    assert (first.id, first.verb) == (name, None)
    assert (second.id, second.verb) == ("t/1", "rollback")
    for garbage in (b"{}", b"[{]", b"[" + odd):
        with pytest.raises(msgspec.MsgspecError):
            QUEUE.listed.read(OutboundAnswer(200, {}, garbage))


def test_a_transaction_leaves_the_queue():
    """Its id stands encoded in the path; one that had left before is done, another refusal is one."""
    asked = QUEUE.settled.build(Settlement(permit=PERMIT, id="t/1", reference="1-7"))
    assert (asked.method, asked.path) == ("PATCH", "/api/v1/agents/AG%2F1/failedTransactions/t%2F1")
    assert asked.body == b'{"referenceId":"1-7"}'
    for status in (200, 204, 404):
        assert QUEUE.settled.read(OutboundAnswer(status, {}, b"")) is None
    with pytest.raises(Declined):
        QUEUE.settled.read(OutboundAnswer(403, {}, b""))


def test_a_game_is_launched_for_the_player():
    """The player and the game at the agent's address, the login token in the form, the permit in the header."""
    launch = Launch(
        account=ACCOUNT,
        game="SMG_game",
        token="t" * 43,
        player="pl/1",
        channel=Channel.MOBILE,
        language="pt-BR",
        permit="token-1",
    )
    asked = STUDIO.launch.build(launch)
    assert (asked.method, asked.path) == ("POST", "/api/v1/agents/AG%2F1/players/pl%2F1/sessions")
    assert ("authorization", "Bearer token-1") in asked.headers
    assert dict(parse_qsl(asked.body.decode())) == {
        "contentCode": "SMG_game",
        "platform": "Mobile",
        "langCode": "pt-BR",
        "operatorLoginToken": "t" * 43,
    }
    for body in (b'{"url":"https://play.example/"}', b'{"gameURL":"https://play.example/"}'):
        assert STUDIO.launch.read(OutboundAnswer(200, {}, body)) == "https://play.example/"
    with pytest.raises(ValueError, match="no url"):
        STUDIO.launch.read(OutboundAnswer(200, {}, b"{}"))
