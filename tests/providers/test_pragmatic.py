"""What is Pragmatic Play's own: its hash over a form's fields, exact answers, and the switches of an account.

The stories that it shares with every protocol, and those that only it can tell, are in its transcripts.
"""

import hashlib
import json
from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from urllib.parse import urlencode

import pytest
from msgspec.structs import replace

from bench.studios.contract import Act, Answer, Move, Player, Word, write
from bench.studios.pragmatic import Pragmatic
from bench.studios.rounds import Table, spin
from providers.contract import Account, Amounts, Ask, Exchange, Fault, Profile, Query, Request
from providers.dialogue import conclude, understand
from providers.manners import Answered, FreeRoundPayout
from providers.pragmatic import PRAGMATIC
from providers.signing import ENCODED_VALUES
from tests.providers.cases import CASES
from tests.providers.desks.pragmatic import DESK
from tests.providers.scene import Case
from tests.providers.suite import paper_scene
from wallet.types import SUCCESSES, Call, Kind, Op, OpOutcome, Outcome, RefundAmount, Status

KEY = "testKey"
NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
PLAYER = Player("token-of-the-player", "421", "EUR", "vs50hercules")
BET = "585c1306f89c56f5ecfc2f5d"
MOVES = {
    "authenticate": Move(Act.OPEN),
    "balance": Move(Act.BALANCE),
    "bet": Move(Act.BET, BET, Decimal(100), "5103188801"),
    "result": Move(Act.WIN, "r" * 24, Decimal("2.5"), "5103188801", BET),
    "bonusWin": Move(Act.FREE_END, "b" * 24, Decimal(7), "5103188801", bonus_code="F1"),
    "jackpotWin": Move(Act.JACKPOT_WIN, "j" * 24, Decimal(1000), "5103188801", BET),
    "promoWin": Move(Act.PROMO_WIN, "p" * 24, Decimal(5), "5103188801"),
    "endRound": Move(Act.CLOSE, "e" * 24, Decimal(0), "5103188801"),
    "refund": Move(Act.ROLLBACK, "f" * 24, Decimal(0), "5103188801", BET),
    "adjustment": Move(Act.CORRECTION, "a" * 24, Decimal(-3), "5103188801", BET),
}
CREDITS = ("result", "bonusWin", "jackpotWin", "promoWin", "adjustment")
FREE = {"bonusCode": "F1"}


@pytest.fixture
def studio():
    return Pragmatic(KEY, clock=NOW.timestamp)


def account(settings=None, policy=None, **manners):
    return Account(
        "pragmatic",
        (KEY.encode(),),
        replace(PRAGMATIC.policy, **(policy or {})),
        replace(PRAGMATIC.manners, **manners),
        settings or {},
    )


def exchange_of(studio, move, owner=None, **changes):
    """A hashed request of the simulated studio with some fields changed, as understood."""
    path, fields = studio.fields(PLAYER, move)
    return understood(studio.seal(path, studio.body(fields | changes)), owner)


def understood(sent, owner=None):
    """What is made of a request that the studio sent."""
    exchange = Exchange(
        Request("POST", sent.path, sent.path, b"", dict(sent.headers), sent.body), owner or account(), NOW
    )
    understand(PRAGMATIC, exchange)
    return exchange


def op_of(exchange):
    """The first operation of a call that was understood."""
    assert exchange.asked is not None, (exchange.status, exchange.detail)
    return exchange.asked.ops[0]


def said(exchange, http_status=200):
    """The body of the answer."""
    answer = conclude(PRAGMATIC, exchange)
    assert answer.http_status == http_status
    assert answer.headers == (("content-type", "application/json"),)
    return json.loads(answer.body, parse_float=Decimal)


def became(exchange, status, cash="0", bonus="0", used="0", **op):
    """The answer when the ledger says `status`, holds these balances and moved `used` from the bonus."""
    if isinstance(exchange.asked, Query) or isinstance(status, Fault):
        exchange.status = status
        exchange.profile = Profile("421", "EUR", "MT")
    else:
        made = OpOutcome(status, **({"posting": 7} | op))
        exchange.outcome = Outcome((made,) * len(exchange.asked.ops))
        exchange.amounts = (Amounts(*(Decimal(0), -Decimal(used), *(Decimal(0),) * 4)),)
    exchange.currency, exchange.cash, exchange.bonus = "EUR", Decimal(cash), Decimal(bonus)
    return said(exchange)


# The hash

VECTORS = {  # computed, secret testKey
    "providerId=PragmaticPlay&token=7b1f6e2a-token&userId=421": "725cbc53bbd696ede77024e1038399ca",
    "amount=100.0&gameId=vs50hercules&providerId=PragmaticPlay&reference=585c1306f89c56f5ecfc2f5d&roundDetails=spin&roundId=5103188801&timestamp=1482429190374&userId=421": "d110ddad2d387fc1fcae375bed00a83c",
}


def passes(body, owner=None):
    """Whether a form's hash is accepted."""
    return PRAGMATIC.check(Request("POST", "/bet.html", "/bet.html", b"", {}, body), owner or account())


@pytest.mark.parametrize("text", VECTORS)
def test_both_vectors_pass_and_no_other_form_does(text, studio):
    """The two computed vectors verify, in any order and case, and neither with another value nor with a field more."""
    digest = VECTORS[text]
    assert studio.hash_of(text.encode()) == digest
    for form in (f"{text}&hash={digest}", f"hash={digest.upper()}&{'&'.join(text.split('&')[::-1])}"):
        assert passes(form.encode())
        assert passes(form.encode() + b"&empty=")
        assert not passes(form.encode() + b"&unknown=1")
        assert not passes(form.replace("421", "422").encode())
        assert not passes(form.replace("userId=421", "userId=").encode())
    assert not passes(text.encode())
    assert not passes(f"{text}&hash={digest[:-1]}".encode())


def test_amounts_are_hashed_as_they_were_received(studio):
    """100.0, 100 and 100.00 are one amount under three hashes, none of which stands for another."""
    digests = {}
    for amount in ("100.0", "100", "100.00"):
        exchange = exchange_of(studio, MOVES["bet"], amount=amount)
        assert op_of(exchange).amount == 100
        digests[amount] = exchange.request.body.rpartition(b"hash=")[2]
    assert len(set(digests.values())) == 3
    path, fields = studio.fields(PLAYER, MOVES["bet"])
    body = studio.body(fields | {"amount": "100"}) + b"&hash=" + digests["100.0"]
    assert not passes(body)
    assert path == "/bet.html"


def test_fields_that_nobody_knows_are_hashed_too(studio):
    """A field added on the way breaks the hash; one that the studio added is accepted and ignored."""
    path, fields = studio.fields(PLAYER, MOVES["bet"])
    signed = studio.seal(path, studio.body(fields)).body
    assert not passes(signed + b"&brandNew=1")
    exchange = exchange_of(studio, MOVES["bet"], brandNew="1", ipAddress="192.0.2.7")
    assert op_of(exchange).amount == 100
    assert "192.0.2.7" not in str(op_of(exchange).metadata)


def test_encoded_values_are_accepted_by_setting_only(studio):
    """A hash over values as they travelled (space as +) passes where the account says so; decoded ones always do."""
    form = urlencode({"a": "1", "roundDetails": "spin & win"})
    encoded = "a=1&roundDetails=spin+%26+win"
    for text, usual in (("a=1&roundDetails=spin & win", True), (encoded, False)):
        digest = hashlib.md5(f"{text}{KEY}".encode()).hexdigest()
        assert passes(f"{form}&hash={digest}".encode()) is usual
        assert passes(f"{form}&hash={digest}".encode(), account({ENCODED_VALUES: "yes"}))


@pytest.mark.parametrize("verb", MOVES)
def test_a_bad_hash_is_error_5_for_every_verb(studio, verb):
    """Whatever is asked, a wrong hash is error 5 and no more."""
    exchange = exchange_of(Pragmatic("another"), MOVES[verb])
    assert exchange.asked is None
    assert said(exchange) == {"error": 5, "description": "Bad signature"}


# Paths


@pytest.mark.parametrize("verb", MOVES)
def test_every_verb_has_two_paths(studio, verb):
    """Every verb is served with .html and without, by POST alone."""
    for path in (f"/{verb}.html", f"/{verb}", f"/{verb}/", f"/{verb}.html/"):
        assert PRAGMATIC.route(Request("POST", path, path, b"", {}, b"")) == verb
        assert PRAGMATIC.route(Request("GET", path, path, b"", {}, b"")) is None
    assert set(MOVES) == set(PRAGMATIC.verbs)


@pytest.mark.parametrize("path", ["/sessionExpired.html", "/getBalancePerGame.html", "/bet.htm", "/"])
def test_other_paths_are_bad_parameters(studio, path):
    """A path that we do not serve is refused in the protocol's words, once its hash is right."""
    assert said(understood(studio.seal(path, b"userId=421"))) == {"error": 7, "description": "Unknown verb"}


# What is read


def test_a_bet_is_read_whole(studio):
    """Every field of a bet ends where it belongs, and its time is the studio's."""
    besides = {"platform": "WEB", "language": "en", "jackpotContribution": "0.02", "jackpotDetails": "a=1"}
    exchange = exchange_of(studio, MOVES["bet"], jackpotId="3", originalRoundID="9", **besides)
    call, op = exchange.asked, op_of(exchange)
    assert (call.player, call.token, call.currency, call.game) == (
        *("421", "token-of-the-player", None, "vs50hercules"),
    )
    assert call.check_token
    assert (op.kind, op.key, op.amount, op.nominal, op.round, op.end_round, op.reference) == (
        *(Kind.BET, f"reference:{BET}", Decimal(100), Decimal(0), "5103188801", False, None),
    )
    assert op.occurred_at == NOW
    assert op.metadata == {
        "round_details": "spin",
        "jackpot_id": "3",
        "jackpot_details": "a=1",
        "jackpot_contribution": "0.02",
        "original_round": "9",
        "platform": "WEB",
        "language": "en",
    }


@pytest.mark.parametrize(
    ("verb", "kind", "key", "reference", "round_id"),
    [
        ("result", Kind.WIN, "reference:" + "r" * 24, None, "5103188801"),
        ("bonusWin", Kind.PROMO_WIN, "reference:" + "b" * 24, None, "5103188801"),
        ("jackpotWin", Kind.JACKPOT_WIN, "reference:" + "j" * 24, None, "5103188801"),
        ("promoWin", Kind.PROMO_WIN, "reference:" + "p" * 24, None, None),
        ("endRound", Kind.ROUND_CLOSE, "end:421:5103188801", None, "5103188801"),
        ("refund", Kind.REFUND, f"refund:{BET}", f"reference:{BET}", None),
        ("adjustment", Kind.CORRECTION, "reference:" + "a" * 24, None, "5103188801"),
    ],
)
def test_what_pays_or_ends_is_found_by_the_player(studio, verb, kind, key, reference, round_id):
    """Only bets ask for a living token; all else is the player's, its key the reference or one made from it."""
    for token in ("token-of-the-player", None):
        exchange = exchange_of(studio, MOVES[verb], token=token)
        op = op_of(exchange)
        assert (op.kind, op.key, op.reference, op.round) == (kind, key, reference, round_id)
        assert op.end_round is (verb == "endRound")
        assert (exchange.asked.player, exchange.asked.token) == ("421", token)
        assert not exchange.asked.check_token
    assert exchange.asked.currency == ("EUR" if verb == "promoWin" else None)


def test_campaigns_are_kept(studio):
    """A prize keeps its campaign, of any type; a correction its valid bet, a round's end the win it was told."""
    assert op_of(exchange_of(studio, MOVES["promoWin"], campaignType="CJP")).metadata == {
        "campaign_id": "7001",
        "campaign_type": "CJP",
    }
    adjustment = op_of(exchange_of(studio, MOVES["adjustment"]))
    assert (adjustment.amount, adjustment.metadata) == (Decimal(-3), {"valid_bet_amount": "3.0"})
    assert op_of(exchange_of(studio, MOVES["endRound"], win="2.50")).metadata == {"win": "2.50"}


def test_a_prize_within_a_result_is_an_operation_of_its_own(studio):
    """`promoWinAmount` is added under its own reference; of zero it is nothing, and without a reference it is refused."""
    prize = {"promoWinAmount": "3.0", "promoCampaignID": "77", "promoCampaignType": "T"}
    win, promo = exchange_of(studio, MOVES["result"], **prize, promoWinReference="p-1").asked.ops
    assert (win.kind, win.amount, win.key) == (Kind.WIN, Decimal("2.5"), "reference:" + "r" * 24)
    assert (promo.kind, promo.amount, promo.key, promo.round) == (Kind.PROMO_WIN, 3, "reference:p-1", None)
    assert promo.metadata["promo_campaign_id"] == "77"
    assert promo.metadata["promo_campaign_type"] == "T"
    assert len(exchange_of(studio, MOVES["result"], promoWinAmount="0.00").asked.ops) == 1
    assert said(exchange_of(studio, MOVES["result"], **prize))["error"] == 7


@pytest.mark.parametrize("payout", FreeRoundPayout)
def test_free_rounds_pay_by_their_results_or_by_their_summary(studio, payout):
    """A free bet never debits; of its results and their summary exactly one pays, and the other is recorded."""
    owner = account(free_round_payout=payout)
    bet = op_of(exchange_of(studio, MOVES["bet"], owner, **FREE))
    result = op_of(exchange_of(studio, MOVES["result"], owner, **FREE))
    summary = op_of(exchange_of(studio, MOVES["bonusWin"], owner))
    assert (bet.kind, bet.amount, bet.nominal, bet.metadata["bonus_code"]) == (Kind.FREE_BET, 0, 100, "F1")
    paid, told = (result, summary) if payout is FreeRoundPayout.PER_WIN else (summary, result)
    assert (paid.amount > 0, paid.nominal) == (True, 0)
    assert (told.amount, told.nominal > 0) == (0, True)
    assert op_of(exchange_of(studio, MOVES["result"], owner)).amount == Decimal("2.5")


def test_questions_move_nothing(studio):
    """Authenticate asks by token alone; a balance by player, and by token where one is sent."""
    asked = exchange_of(studio, MOVES["authenticate"]).asked
    assert asked == Query(Ask.IDENTITY, token=PLAYER.token, check_token=True, game="vs50hercules")
    asked = exchange_of(studio, MOVES["balance"]).asked
    assert asked == Query(Ask.BALANCE, "421", PLAYER.token, check_token=True)
    assert exchange_of(studio, MOVES["balance"], token=None).asked == Query(Ask.BALANCE, "421")


REQUIRED = {
    "authenticate": {"providerId", "token"},
    "balance": {"providerId", "userId"},
    "bet": {"providerId", "userId", "gameId", "roundId", "amount", "reference", "timestamp"},
    "result": {"providerId", "userId", "gameId", "roundId", "amount", "reference", "timestamp"},
    "bonusWin": {"providerId", "userId", "amount", "reference", "timestamp", "bonusCode"},
    "jackpotWin": {
        *("providerId", "userId", "gameId", "roundId", "jackpotId", "amount", "reference", "timestamp"),
    },
    "promoWin": {
        *("providerId", "userId", "timestamp", "campaignId", "campaignType", "amount", "currency"),
        "reference",
    },
    "endRound": {"providerId", "userId", "gameId", "roundId"},
    "refund": {"providerId", "userId", "reference"},
    "adjustment": {"providerId", "userId", "gameId", "roundId", "amount", "reference", "timestamp"},
}


@pytest.mark.parametrize("verb", MOVES)
def test_required_fields_are_required_and_no_others(studio, verb):
    """Without a required field, or with an empty one, a request is error 7; any other may be left out."""
    _, fields = studio.fields(PLAYER, MOVES[verb])
    assert set(fields) >= REQUIRED[verb]
    for name in fields:
        for value in (None, ""):
            exchange = exchange_of(studio, MOVES[verb], **{name: value})
            if name in REQUIRED[verb]:
                assert said(exchange)["error"] == 7, name
            else:
                assert exchange.asked is not None, name


@pytest.mark.parametrize("verb", ["bet", *CREDITS])
@pytest.mark.parametrize(("text", "amount"), [("0.01", "0.01"), ("1", "1"), ("63727092.34", "63727092.34")])
def test_amounts_are_exact(studio, verb, text, amount):
    """A decimal of up to two places is that many major units."""
    op = op_of(exchange_of(studio, MOVES[verb], amount=text))
    assert op.amount + op.nominal == Decimal(amount)


@pytest.mark.parametrize("verb", ["bet", *CREDITS])
def test_only_an_adjustment_has_a_sign_and_only_a_prize_is_never_nothing(studio, verb):
    """A negative amount is a correction's alone; zero is allowed for all but promoWin."""
    assert (exchange_of(studio, MOVES[verb], amount="-1.00").asked is not None) is (verb == "adjustment")
    assert (exchange_of(studio, MOVES[verb], amount="0.00").asked is not None) is (verb != "promoWin")
    assert said(exchange_of(studio, MOVES[verb], amount="1.001"))["error"] == 7


@pytest.mark.parametrize("timestamp", ["soon", "-1", "9" * 40, "٣", "1.5"])
def test_a_time_that_is_none_stops_no_money(studio, timestamp):
    """A timestamp that cannot be read is left out; a win is not refused for it."""
    assert op_of(exchange_of(studio, MOVES["result"], timestamp=timestamp)).occurred_at is None


# What is answered

BOOKED = {"transactionId", "currency", "cash", "bonus", "error", "description"}
HOLDS = {
    "authenticate": {"userId", "currency", "cash", "bonus", "token", "error", "description"},
    "balance": {"currency", "cash", "bonus", "error", "description"},
    "bet": BOOKED | {"usedPromo"},
    "endRound": {"cash", "bonus", "error", "description"},
    "refund": {"transactionId", "error", "description"},
} | dict.fromkeys(CREDITS, BOOKED)


@pytest.mark.parametrize("verb", MOVES)
def test_a_success_has_exactly_its_fields(studio, verb):
    """Each verb's success has the fields that the studio asserts, and money is a JSON number of two decimals."""
    exchange = exchange_of(studio, MOVES[verb])
    status = Status.FOUND if isinstance(exchange.asked, Query) else Status.CREATED
    answer = became(exchange, status, "99.999999", "1.005", "2.5")
    assert set(answer) == HOLDS[verb]
    assert (answer["error"], answer["description"]) == (0, "Success")
    told = {name: answer[name] for name in ("cash", "bonus", "usedPromo") if name in answer}
    wanted = {"cash": Decimal("99.99"), "bonus": Decimal("1.00"), "usedPromo": Decimal("2.50")}
    assert told == {name: wanted[name] for name in told}
    assert answer.get("transactionId", "1-7") == "1-7"
    assert answer.get("currency", "EUR") == "EUR"
    assert (answer.get("token", PLAYER.token), answer.get("userId", "421")) == (PLAYER.token, "421")


def test_money_of_nothing_and_below_zero(studio):
    """An empty wallet and one that owes are told as they are, floored."""
    assert became(exchange_of(studio, MOVES["balance"]), Status.FOUND)["cash"] == Decimal("0.00")
    answer = conclude(PRAGMATIC, exchange_of_balance(studio, "-0.001"))
    assert b'"cash":-0.01,"bonus":0.00,' in answer.body


def exchange_of_balance(studio, cash):
    """A balance that was found."""
    exchange = exchange_of(studio, MOVES["balance"])
    exchange.status, exchange.currency = Status.FOUND, "EUR"
    exchange.cash, exchange.bonus = Decimal(cash), Decimal(0)
    return exchange


def test_used_promo_is_the_stored_bonus_part_of_the_bet(studio):
    """A repeated bet tells the same part again, from the posting and not from today's balances."""
    exchange = exchange_of(studio, MOVES["bet"])
    answer = became(exchange, Status.DUPLICATE, "70", "0", "12.34")
    assert (answer["error"], answer["usedPromo"], answer["transactionId"]) == (0, Decimal("12.34"), "1-7")


@pytest.mark.parametrize("verb", MOVES)
@pytest.mark.parametrize("status", [*(one for one in Status if one not in SUCCESSES), *Fault], ids=str)
def test_a_refusal_is_error_and_description(studio, verb, status):
    """Every refusal of every verb is a listed number with a few words, and nothing else."""
    owner = account(second_reversal=Answered.ERROR)
    exchange = exchange_of(studio, MOVES[verb], owner)
    exchange.outcome, exchange.status = None, status
    exchange.cash = exchange.bonus = Decimal(5)
    http_status = 403 if status in (Fault.FOREIGN_NETWORK, Fault.ACCOUNT_REVOKED) else 200
    answer = said(exchange, http_status)
    assert set(answer) == {"error", "description"}
    assert answer["error"] in {1, 2, 3, 4, 5, 6, 7, 8, 100, 120, 130, 310}
    assert (answer["error"] == 130) is (verb == "endRound" and status in (Fault.INTERNAL, Fault.OVERLOADED))
    assert answer["description"] != "Success"


@pytest.mark.parametrize(
    ("verb", "status", "code"),
    [
        ("bet", Status.INSUFFICIENT_FUNDS, 1),
        ("bet", Status.WALLET_NOT_FOUND, 2),
        ("balance", Fault.UNKNOWN_PLAYER, 2),
        ("bet", Status.ACCOUNT_DISABLED, 3),
        ("bet", Status.ROUND_CLOSED, 3),
        ("bet", Status.KYC_REQUIRED, 3),
        *(("authenticate", status, 4) for status in (Status.SESSION_UNKNOWN, Status.SESSION_EXPIRED)),
        *(("bet", status, 4) for status in (Status.SESSION_SUPERSEDED, Status.SESSION_REVOKED)),
        ("bet", Status.PLAYER_BLOCKED, 6),
        ("bet", Status.PLAYER_EXCLUDED, 6),
        ("bet", Status.WALLET_CLOSED, 6),
        ("bet", Status.KEY_REUSED, 7),
        ("promoWin", Status.CURRENCY_DIFFERS, 7),
        ("bet", Status.GAME_DISABLED, 8),
        ("bet", Fault.UNKNOWN_GAME, 8),
        ("bet", Status.LIMIT_REACHED, 310),
        ("bet", Fault.INTERNAL, 100),
        ("result", Fault.OVERLOADED, 100),
        ("endRound", Fault.INTERNAL, 130),
        ("endRound", Fault.OVERLOADED, 130),
        ("bet", Status.TOMBSTONED, 120),
        ("result", Status.REFERENCE_NOT_FOUND, 120),
        ("result", Status.REFERENCE_REVERSED, 120),
        ("refund", Status.REFERENCE_SETTLED, 120),
        ("refund", Status.REFERENCE_DIFFERS, 120),
        ("refund", Status.TOMBSTONE_CREATED, 0),
        ("refund", Status.DUPLICATE, 0),
        ("refund", Status.REFERENCE_REVERSED, 0),
        ("result", Status.DUPLICATE, 0),
        ("endRound", Status.DUPLICATE, 0),
    ],
)
def test_the_numbers_of_the_protocol(studio, verb, status, code):
    """Each outcome is told by the number that makes the provider stop, retry or cancel as the money requires."""
    answer = became(exchange_of(studio, MOVES[verb]), status)
    assert answer["error"] == code


def test_a_foreign_network_is_forbidden(studio):
    """A caller from a network that is not allowed is told so by HTTP, and may try again once it is."""
    exchange = Exchange(
        Request("POST", "/result.html", "/result.html", b"", {}, b""), account(), NOW, "result"
    )
    exchange.status = Fault.FOREIGN_NETWORK
    assert said(exchange, 403) == {"error": 100, "description": "Foreign network"}


async def test_bonus_money_is_told_apart(studio):
    """A bet that uses the bonus says how much of it, again when repeated, and its refund gives that back as bonus."""
    scene, paper, _ = await paper_scene(PRAGMATIC, DESK, Case("bonus", CASES["bet_and_win"].tell), KEY)
    await scene.begin()
    wallet, _ = paper.wallets[scene.player.external_id]
    grant = Op(Kind.BONUS_GRANT, "grant-1", 50_000_000)
    paper.oracle.post(Call(99, 0, wallet, (grant,), PRAGMATIC.policy))
    bet = scene.move(Act.BET, "112.34")
    for word in ("ok", "duplicate"):
        await scene.deliver(bet, write(scene.studio, scene.player, bet), word)
        answer = json.loads(scene.answer.body, parse_float=Decimal)
        assert (answer["usedPromo"], answer["cash"], answer["bonus"]) == (
            *(Decimal("12.34"), 0, Decimal("37.66")),
        )
    await scene.plays(scene.move(Act.ROLLBACK, of=bet), "ok", 100)
    await scene.send(scene.move(Act.BALANCE), "the balance")
    answer = json.loads(scene.answer.body, parse_float=Decimal)
    assert (answer["cash"], answer["bonus"]) == (100, 50)


# The simulated studio

JSON = {"content-type": "application/json"}
FINE = {
    "cash": 1,
    "bonus": 0,
    "currency": "EUR",
    "transactionId": "1-7",
    "error": 0,
    "description": "Success",
}


@pytest.mark.parametrize("answer", [None, Answer(200, JSON, b'{"error":100,"description":"Internal"}')])
def test_a_bet_without_an_answer_is_sent_again_and_then_refunded(studio, answer):
    """A bet whose answer is lost or 100 is sent four times unchanged, then called off; no result follows."""
    plan = spin(Table(studio, PLAYER, Random(1), Decimal(1)))
    step = next(plan)
    bets = []
    while step.move.act is Act.BET:
        bets.append(step.request.body)
        step = plan.send(step.judge(answer))
    assert len(bets) == 4
    assert len({op_of(understood(studio.seal("/bet", body.rpartition(b"&")[0]))).key for body in bets}) == 1
    assert step.move.act is Act.ROLLBACK
    assert f"reference={step.move.of}".encode() in step.request.body
    refunded = Answer(200, JSON, b'{"transactionId":"1-8","error":0,"description":"Success"}')
    assert step.judge(refunded).word is Word.OK


@pytest.mark.parametrize(
    "wrong",
    [
        {"cash": "1.00"},
        {"cash": None},
        {"error": "0"},
        {"error": 9},
        {"description": None},
        {"usedPromo": 0},
        {"userId": "421"},
    ],
)
def test_the_studio_is_strict(studio, wrong):
    """It takes a result's answer with exactly its fields and numbers, and calls anything else broken."""
    assert studio.read(MOVES["result"], Answer(200, JSON, json.dumps(FINE).encode())).balance == 1
    assert studio.read(MOVES["result"], Answer(200, JSON, json.dumps(FINE | wrong).encode())).broken
    assert studio.read(MOVES["result"], Answer(500, JSON, json.dumps(FINE).encode())).broken
    assert studio.read(MOVES["result"], Answer(200, {}, json.dumps(FINE).encode())).broken


# What an account may switch


@pytest.mark.parametrize(
    ("manner", "verb", "status", "usual", "switched"),
    [
        ("unknown_rollback", "refund", Status.TOMBSTONE_CREATED, 0, 120),
        ("second_reversal", "refund", Status.REFERENCE_REVERSED, 0, 120),
        ("late_op", "bet", Status.TOMBSTONED, 120, 0),
        ("key_reused", "bet", Status.KEY_REUSED, 7, 0),
    ],
)
def test_an_account_may_answer_by_other_manners(studio, manner, verb, status, usual, switched):
    """Where sources disagree or are silent, an account chooses between done and error, and the answer stays whole."""
    switching = account(**{manner: Answered.ERROR if usual == 0 else Answered.DONE})
    unknown = status is Status.TOMBSTONE_CREATED
    made = {"posting": 7, "original_kind": Kind.TOMBSTONE} if unknown else {"posting": None}
    assert became(exchange_of(studio, MOVES[verb]), status, **made)["error"] == usual
    answer = became(exchange_of(studio, MOVES[verb], switching), status, **made)
    assert answer["error"] == switched
    assert set(answer) == (HOLDS[verb] if switched == 0 else {"error", "description"})


def test_an_account_may_answer_by_other_numbers(studio):
    """A result without its bet may be sent again (100), a late bet be 3: by number, for one verb, never a success."""
    own = account(codes={"result reference_not_found": 100, "bet tombstoned": 3, "bet created": 3})
    for verb, status, code in (
        ("result", Status.REFERENCE_NOT_FOUND, 100),
        ("bet", Status.TOMBSTONED, 3),
        ("bet", Status.CREATED, 0),
        ("refund", Status.REFERENCE_SETTLED, 120),
    ):
        assert became(exchange_of(studio, MOVES[verb], own), status)["error"] == code


def test_an_account_may_take_bets_without_a_token(studio):
    """By default a bet needs a token; by setting one that is missing does not matter, one that is sent does."""
    lenient = account({"tokenless_bets": "yes"})
    assert exchange_of(studio, MOVES["bet"], token=None).asked.check_token
    assert not exchange_of(studio, MOVES["bet"], lenient, token=None).asked.check_token
    assert exchange_of(studio, MOVES["bet"], lenient).asked.check_token


def test_an_account_may_pay_free_results_as_promotions(studio):
    """By setting the result of a free round is a cost of bonuses; that of a paid one never is."""
    owner = account({"free_result": "promotion"})
    assert op_of(exchange_of(studio, MOVES["result"], owner, **FREE)).kind is Kind.PROMO_WIN
    assert op_of(exchange_of(studio, MOVES["result"], owner)).kind is Kind.WIN
    assert op_of(exchange_of(studio, MOVES["result"], **FREE)).kind is Kind.WIN


def test_a_refunds_amount_is_read_only_where_it_matters(studio):
    """What a refund says of its amount is kept as text; by policy it is an amount that must match."""
    told = {"amount": "ten", "originalRoundId": "9", "gameId": None}
    op = op_of(exchange_of(studio, MOVES["refund"], **told))
    assert (op.amount, op.metadata) == (
        *(0, {"amount": "ten", "round_id": "5103188801", "original_round_id": "9"}),
    )
    strict = account(policy={"refund_amount": RefundAmount.MATCH})
    assert op_of(exchange_of(studio, MOVES["refund"], strict, amount="100.0")).amount == 100
    assert said(exchange_of(studio, MOVES["refund"], strict, amount="ten"))["error"] == 7


def test_the_defaults_are_the_documented_ones():
    """A result needs its bet, late ones pay, nothing goes below zero, free rounds pay one by one, two decimals."""
    policy, manners = PRAGMATIC.policy, PRAGMATIC.manners
    assert (policy.win_without_bet, policy.one_win_per_bet, policy.rollback_with_wins) == (False,) * 3
    assert (policy.win_on_closed_round, policy.bet_on_closed_round) == (True, False)
    assert (policy.correction_below_zero, policy.refund_amount) == (False, RefundAmount.IGNORE)
    assert manners.free_round_payout is FreeRoundPayout.PER_WIN
    assert (manners.unknown_rollback, manners.late_op) == (Answered.DONE, Answered.ERROR)
    assert manners.unknown_game_pays
    assert manners.places == 2
