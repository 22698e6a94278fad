"""What is Hub88's own: its signature over the raw body, its integers, what it echoes, and the switches of an account.

The stories that it shares with every protocol, and those that only it can tell, are in its transcripts.
"""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from msgspec.structs import replace

from bench.studios.contract import Act, Move, Player
from bench.studios.hub88 import Hub88
from providers.contract import Account, Ask, Exchange, Fault, Profile, Query, Request
from providers.dialogue import conclude, fail, find_verb, understand
from providers.hub88 import HUB88
from providers.manners import Answered
from providers.rs_wallet import PLACES
from tests.providers.test_signing import PUBLIC_KEY, RSA_VECTORS
from wallet.types import Kind, OpOutcome, Outcome, Sex, ShortRollback, Status

PLAYER = Player("token-of-the-player", "user-1", "EUR", "dice")
BET = "b" * 32
MOVES = {
    "user/info": Move(Act.OPEN),
    "user/balance": Move(Act.BALANCE),
    "transaction/bet": Move(Act.BET, BET, Decimal("1.5"), "77"),
    "transaction/win": Move(Act.WIN, "c" * 32, Decimal("2.5"), "77", BET, end=True),
    "transaction/rollback": Move(Act.ROLLBACK, "d" * 32, Decimal(0), "77", BET),
}
MONEY = ("transaction/bet", "transaction/win")
UNKNOWN = {"original_kind": Kind.TOMBSTONE}


@pytest.fixture(scope="module")
def studio():
    return Hub88(Hub88.make_key())


def account(studio=None, **manners):
    secrets = () if studio is None else (studio_public(studio),)
    return Account("hub88", secrets, HUB88.policy, replace(HUB88.manners, **manners))


def studio_public(studio):
    return studio.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def exchange_of(studio, move, owner=None, raw=None, **changes):
    """A signed request of the simulated studio with some fields changed, or with this very body, as understood."""
    path, fields = studio.fields(PLAYER, move)
    fields |= changes
    body = studio.body({name: value for name, value in fields.items() if value is not ...})
    sent = studio.seal(path, body if raw is None else raw)
    request = Request("POST", path, path, b"", dict(sent.headers), sent.body)
    exchange = Exchange(request, owner or account(studio), datetime(2026, 1, 1, tzinfo=UTC))
    understand(HUB88, exchange)
    return exchange


def op_of(exchange):
    """The one operation of a call that was understood."""
    assert exchange.asked is not None, (exchange.status, exchange.detail)
    (op,) = exchange.asked.ops
    return op


def said(exchange):
    """The body of the answer, which always has HTTP status 200."""
    answer = conclude(HUB88, exchange)
    assert answer.http_status == 200
    assert answer.headers == (("content-type", "application/json"),)
    return json.loads(answer.body)


def became(exchange, status, cash="0", bonus="0", **op):
    """The answer when the ledger says `status` and holds these balances."""
    if isinstance(exchange.asked, Query) or isinstance(status, Fault):
        exchange.status = status
    else:
        exchange.outcome = Outcome((OpOutcome(status, **op),))
    exchange.currency, exchange.cash, exchange.bonus = "EUR", Decimal(cash), Decimal(bonus)
    return said(exchange)


# The signature


@pytest.mark.parametrize("body", RSA_VECTORS)
def test_published_vectors_pass_and_no_other_body_does(body):
    """The signatures that Hub88 publishes verify over their exact bytes, and over nothing else."""
    owner = Account("hub88", (PUBLIC_KEY,), HUB88.policy, HUB88.manners)

    def passes(signature, signed):
        return HUB88.check(Request("POST", "/", "/", b"", {"x-hub88-signature": signature}, signed), owner)

    assert passes(RSA_VECTORS[body], body)
    assert not passes(RSA_VECTORS[body], body + b" ")
    assert not passes(RSA_VECTORS[body], body[:-1])
    assert not passes(RSA_VECTORS[body][:-4], body)
    assert not any(passes(other, body) for other in RSA_VECTORS.values() if other != RSA_VECTORS[body])


@pytest.mark.parametrize("verb", MOVES)
def test_a_body_written_anew_is_another_body(studio, verb):
    """The same fields in another order or spacing are refused unless they were signed so, and the trace id comes back."""
    path, fields = studio.fields(PLAYER, MOVES[verb])
    sent = studio.seal(path, studio.body(fields))
    for body in (json.dumps(fields).encode(), studio.body(dict(reversed(fields.items())))):
        request = Request("POST", path, path, b"", dict(sent.headers), body)
        exchange = Exchange(request, account(studio), datetime(2026, 1, 1, tzinfo=UTC))
        assert not understand(HUB88, exchange)
        assert said(exchange) == {
            "status": "RS_ERROR_INVALID_SIGNATURE",
            "request_uuid": fields["request_uuid"],
        }
        assert exchange_of(studio, MOVES[verb], raw=body).asked is not None


# Amounts


@pytest.mark.parametrize("verb", MONEY)
@pytest.mark.parametrize(
    ("wire", "amount"),
    [
        (0, "0"),
        (1, "0.00001"),
        (100, "0.001"),
        (1000, "0.01"),
        (100_000, "1"),
        (6_372_709_234_000, "63727092.34"),
        (2**63 - 1, "92233720368547.75807"),
    ],
)
def test_amounts_are_hundred_thousandths_exactly(studio, verb, wire, amount):
    """An integer of the wire is that many 0.00001 of the currency, from the smallest to the largest."""
    assert op_of(exchange_of(studio, MOVES[verb], amount=wire)).amount == Decimal(amount)


@pytest.mark.parametrize("verb", MONEY)
@pytest.mark.parametrize(
    "raw",
    ["-1", "1.0", "1.5", "1e3", '"100"', "true", "null", "[]", "{}", str(2**63), "9" * 400, "1E2000000000"],
)
def test_an_amount_that_is_no_int64_is_a_wrong_type(studio, verb, raw):
    """Negative, fractional, quoted and oversized amounts are RS_ERROR_WRONG_TYPES and reach no ledger."""
    path, fields = studio.fields(PLAYER, MOVES[verb])
    body = studio.body(fields | {"amount": "HERE"}).replace(b'"HERE"', raw.encode())
    exchange = exchange_of(studio, MOVES[verb], raw=body)
    assert exchange.asked is None
    assert said(exchange)["status"] == "RS_ERROR_WRONG_TYPES"
    assert path == f"/{verb}"


@pytest.mark.parametrize(
    ("cash", "bonus", "balance"),
    [
        ("100", "0", 10_000_000),
        ("0.000019", "0", 1),
        ("0.000009", "0.000001", 1),
        ("63727092.34", "0.01", 6_372_709_235_000),
        ("-1", "0", -100_000),
        ("-0.000001", "0", -1),
        ("9000000000000", "0", 900_000_000_000_000_000),
    ],
)
def test_the_balance_is_cash_and_bonus_floored(studio, cash, bonus, balance):
    """A balance is one integer, of cash and bonus together, and never promises more than there is."""
    exchange = exchange_of(studio, MOVES["user/balance"])
    assert became(exchange, Status.FOUND, cash, bonus) == {
        "status": "RS_OK",
        "request_uuid": exchange.message.request_uuid,
        "user": "user-1",
        "currency": "EUR",
        "balance": balance,
    }


# What is read


def test_a_bet_is_read_whole(studio):
    """Every field of a bet ends where it belongs: identifiers in the call, the rest in what is kept with the posting."""
    exchange = exchange_of(studio, MOVES["transaction/bet"], game_id=132, bet="red", round_closed=True)
    call, op = exchange.asked, op_of(exchange)
    assert (call.player, call.token, call.currency, call.game) == (
        "user-1",
        "token-of-the-player",
        "EUR",
        "dice",
    )
    assert call.check_token
    assert (op.kind, op.key, op.amount, op.round, op.end_round, op.reference) == (
        *(Kind.BET, "bbbbbbbb-bbbb-bbbb-bbbb-bbbbbbbbbbbb", Decimal("1.5"), "77", True, None),
    )
    assert op.metadata == {
        "supplier_transaction_id": "s-bbbbbbbbbbbb",
        "supplier_user": "sup_user-1",
        "is_free": False,
        "is_supplier_promo": False,
        "is_aggregated": False,
        "game_id": 132,
        "bet": "red",
        "meta": '{"selection":"home_team","odds":2.5}',
    }


def test_a_win_and_a_rollback_name_what_they_are_about(studio):
    """Both refer to another transaction, neither asks for a living token, and a rollback has no amount or game of its own."""
    win, rollback = (exchange_of(studio, MOVES[f"transaction/{verb}"]) for verb in ("win", "rollback"))
    assert op_of(win).reference == op_of(rollback).reference == "bbbbbbbb-bbbb-bbbb-bbbb-bbbbbbbbbbbb"
    assert (op_of(win).kind, op_of(rollback).kind) == (Kind.WIN, Kind.ROLLBACK)
    assert not win.asked.check_token
    assert not rollback.asked.check_token
    assert (op_of(win).end_round, op_of(rollback).end_round) == (True, False)
    assert (rollback.asked.currency, rollback.asked.game, op_of(rollback).amount) == (None, None, 0)
    assert (win.asked.currency, win.asked.game) == ("EUR", "dice")


def test_a_free_bet_has_a_value_but_moves_nothing(studio):
    """`is_free` makes the amount of a bet its nominal value, and leaves that of a win to be paid."""
    reward = "12345678-1234-1234-1234-123456789012"
    bet = exchange_of(studio, MOVES["transaction/bet"], is_free=True, reward_uuid=reward)
    win = exchange_of(studio, MOVES["transaction/win"], is_free=True, reward_uuid=reward)
    assert (op_of(bet).kind, op_of(bet).amount, op_of(bet).nominal) == (Kind.FREE_BET, 0, Decimal("1.5"))
    assert (op_of(win).kind, op_of(win).amount, op_of(win).nominal) == (Kind.WIN, Decimal("2.5"), 0)
    assert op_of(bet).metadata["reward_uuid"] == op_of(win).metadata["reward_uuid"] == reward


def test_a_promotion_needs_no_bet_unless_the_account_says_so(studio):
    """What a supplier's promotion pays, be it nothing, is a promotion's win; an account may hold it to a known bet."""
    move = MOVES["transaction/win"]
    strict = replace(account(studio), settings={"supplier_promo": "win"})
    for amount in (1, 0):
        op = op_of(exchange_of(studio, move, is_supplier_promo=True, amount=amount))
        assert op.kind is Kind.PROMO_WIN
    assert op_of(exchange_of(studio, move, strict, is_supplier_promo=True)).kind is Kind.WIN
    assert op_of(exchange_of(studio, move, strict)).kind is Kind.WIN


def test_questions_move_nothing(studio):
    """user/info asks who the player is without a token; user/balance asks with one that must be alive."""
    assert exchange_of(studio, MOVES["user/info"]).asked == Query(Ask.IDENTITY, "user-1")
    asked = Query(Ask.BALANCE, "user-1", "token-of-the-player", check_token=True, game="dice")
    assert exchange_of(studio, MOVES["user/balance"]).asked == asked
    assert exchange_of(studio, MOVES["user/balance"], game_code=...).asked == replace(asked, game=None)


@pytest.mark.parametrize("verb", MOVES)
def test_every_required_field_is_required(studio, verb):
    """Without a required field a request is RS_ERROR_WRONG_SYNTAX; optional ones may be absent or null."""
    optional = {
        "supplier_transaction_id",
        "supplier_user",
        "round_closed",
        "reward_uuid",
        "is_supplier_promo",
    }
    optional |= {"is_aggregated", "game_id", "bet", "meta"} | (
        {"game_code"} if verb == "user/balance" else set()
    )
    _, fields = studio.fields(PLAYER, MOVES[verb])
    for name in fields:
        without = exchange_of(studio, MOVES[verb], **{name: ...})
        null = exchange_of(studio, MOVES[verb], **{name: None})
        if name in optional:
            assert without.asked is not None
            assert null.asked is not None
        else:
            assert said(without)["status"] == "RS_ERROR_WRONG_SYNTAX", name
            assert said(null)["status"] == "RS_ERROR_WRONG_TYPES", name


@pytest.mark.parametrize("verb", MOVES)
def test_unknown_fields_are_ignored_and_wrong_types_refused(studio, verb):
    """A field that we do not know is no reason to refuse; a text where a flag belongs, or a short user, is."""
    assert exchange_of(studio, MOVES[verb], brand_new={"a": [1]}).asked is not None
    for name, value in {"user": "abc", "round_closed": "true", "is_free": 1, "meta": [], "token": 5}.items():
        if name in studio.fields(PLAYER, MOVES[verb])[1]:
            assert said(exchange_of(studio, MOVES[verb], **{name: value}))["status"] == "RS_ERROR_WRONG_TYPES"


def test_what_a_stranger_puts_into_meta_cannot_stop_a_win(studio):
    """`meta` is kept as text: a NUL, a bomb of an exponent or deep nesting in it loses no win."""
    for raw in (b'{"a":"\\u0000"}', b'{"a":1e999999}', b'{"a":' + b"[" * 12 + b"]" * 12 + b"}"):
        _, fields = studio.fields(PLAYER, MOVES["transaction/win"])
        body = studio.body(fields | {"meta": "HERE"}).replace(b'"HERE"', raw)
        kept = op_of(exchange_of(studio, MOVES["transaction/win"], raw=body)).metadata
        assert isinstance(kept["meta"], str)
        assert "\\u0000" not in json.dumps(kept)


# What is answered


def test_identity_is_told_without_money(studio):
    """user/info answers what we know of the player, leaves out what we do not, and holds no balance."""
    exchange = exchange_of(studio, MOVES["user/info"])
    exchange.profile = Profile(
        *("user-1", "EUR", "MT", "MGA", "brand-7", "1990-12-31", "2024-05-06T07:08:09+00:00", "en", ("vip",)),
        affiliate="affiliate-7",
        sex=Sex.FEMALE,
    )
    assert became(exchange, Status.FOUND, "100") == {
        "status": "RS_OK",
        "request_uuid": exchange.message.request_uuid,
        "user": "user-1",
        "country": "MT",
        "jurisdiction": "MGA",
        "sub_partner_id": "brand-7",
        "birth_date": "1990-12-31",
        "registration_date": "2024-05-06",
        "tags": ["vip"],
        "sex": "FEMALE",
        "affiliate_id": "affiliate-7",
    }
    exchange.profile = Profile("user-1", "EUR", "MT")
    assert set(said(exchange)) == {"status", "request_uuid", "user", "country"}


@pytest.mark.parametrize("verb", MOVES)
@pytest.mark.parametrize("status", [one for one in Status if one not in (*Status,)[:4]])
def test_a_refusal_says_no_more_than_its_name(studio, verb, status):
    """A refusal holds the status and the trace id; only a lack of funds shows the balance that was too low."""
    exchange = exchange_of(studio, MOVES[verb])
    lenient = account(studio, second_reversal=Answered.ERROR)
    exchange.account, exchange.profile = lenient, Profile("user-1", "EUR", "MT")
    answer = became(exchange, status, "1.5")
    assert answer["status"].startswith("RS_ERROR_")
    assert answer["request_uuid"] == exchange.message.request_uuid
    if status is Status.INSUFFICIENT_FUNDS and verb != "user/info":
        assert (answer["user"], answer["currency"], answer["balance"]) == ("user-1", "EUR", 150_000)
    else:
        assert set(answer) == {"status", "request_uuid"}


CODES = [
    ("transaction/bet", Status.SESSION_UNKNOWN, "RS_ERROR_INVALID_TOKEN"),
    ("transaction/bet", Status.SESSION_SUPERSEDED, "RS_ERROR_TOKEN_EXPIRED"),
    ("transaction/bet", Status.SESSION_EXPIRED, "RS_ERROR_TOKEN_EXPIRED"),
    ("user/balance", Status.SESSION_UNKNOWN, "RS_ERROR_INVALID_TOKEN"),
    ("user/balance", Status.SESSION_SUPERSEDED, "RS_ERROR_INVALID_TOKEN"),
    ("transaction/bet", Status.PLAYER_BLOCKED, "RS_ERROR_USER_DISABLED"),
    ("transaction/bet", Status.PLAYER_EXCLUDED, "RS_ERROR_USER_DISABLED"),
    ("transaction/bet", Status.INSUFFICIENT_FUNDS, "RS_ERROR_NOT_ENOUGH_MONEY"),
    ("transaction/bet", Status.LIMIT_REACHED, "RS_ERROR_LIMIT_REACHED"),
    ("transaction/bet", Status.CURRENCY_DIFFERS, "RS_ERROR_WRONG_CURRENCY"),
    ("transaction/bet", Fault.UNKNOWN_CURRENCY, "RS_ERROR_WRONG_CURRENCY"),
    ("transaction/bet", Fault.UNKNOWN_GAME, "RS_ERROR_INVALID_GAME"),
    ("transaction/bet", Status.GAME_DISABLED, "RS_ERROR_INVALID_GAME"),
    ("transaction/bet", Status.KEY_REUSED, "RS_ERROR_DUPLICATE_TRANSACTION"),
    ("transaction/bet", Status.TOMBSTONED, "RS_ERROR_DUPLICATE_TRANSACTION"),
    ("transaction/win", Status.REFERENCE_NOT_FOUND, "RS_ERROR_TRANSACTION_DOES_NOT_EXIST"),
    ("transaction/win", Status.REFERENCE_REVERSED, "RS_ERROR_TRANSACTION_DOES_NOT_EXIST"),
    ("transaction/win", Fault.UNKNOWN_GAME, "RS_ERROR_INVALID_GAME"),
    ("transaction/rollback", Status.TOMBSTONE_CREATED, "RS_OK"),
    ("transaction/rollback", Status.REFERENCE_REVERSED, "RS_OK"),
    ("transaction/rollback", Status.REFERENCE_SETTLED, "RS_ERROR_TRANSACTION_DOES_NOT_EXIST"),
    ("transaction/bet", Fault.WRONG_PARTNER, "RS_ERROR_INVALID_PARTNER"),
    ("transaction/bet", Fault.OVERLOADED, "RS_ERROR_UNKNOWN"),
    ("transaction/win", Fault.INTERNAL, "RS_ERROR_UNKNOWN"),
]


@pytest.mark.parametrize(("verb", "status", "code"), CODES)
def test_the_words_of_the_protocol(studio, verb, status, code):
    """Each outcome is told by the status that makes Hub88 discard, stop, retry or roll back as the money requires."""
    assert became(exchange_of(studio, MOVES[verb]), status)["status"] == code


def test_every_code_is_one_of_the_protocols():
    """No answer holds a status that Hub88 does not list."""
    assert set(HUB88.codes.values()) == {
        *("RS_OK", "RS_ERROR_UNKNOWN", "RS_ERROR_INVALID_PARTNER", "RS_ERROR_INVALID_TOKEN"),
        *("RS_ERROR_INVALID_GAME", "RS_ERROR_WRONG_CURRENCY", "RS_ERROR_NOT_ENOUGH_MONEY"),
        *("RS_ERROR_USER_DISABLED", "RS_ERROR_INVALID_SIGNATURE", "RS_ERROR_TOKEN_EXPIRED"),
        *("RS_ERROR_WRONG_SYNTAX", "RS_ERROR_WRONG_TYPES", "RS_ERROR_DUPLICATE_TRANSACTION"),
        *("RS_ERROR_TRANSACTION_DOES_NOT_EXIST", "RS_ERROR_LIMIT_REACHED"),
    }


def test_a_request_that_cannot_be_read_gets_its_trace_id_back_where_it_can(studio):
    """The trace id is echoed out of a request with wrong types, and left out where there is none to read."""
    _, fields = studio.fields(PLAYER, MOVES["transaction/bet"])
    wrong = exchange_of(studio, MOVES["transaction/bet"], amount="1", request_uuid="trace-1")
    assert said(wrong) == {"status": "RS_ERROR_WRONG_TYPES", "request_uuid": "trace-1"}
    for raw in (
        b"",
        b"{",
        b"[]",
        b"null",
        studio.body(fields)[:-1],
        b'{"request_uuid":5}',
        b'{"a":' * 20_000,
    ):
        answer = said(exchange_of(studio, MOVES["transaction/bet"], raw=raw))
        assert set(answer) == {"status"}
        assert answer["status"] in ("RS_ERROR_WRONG_SYNTAX", "RS_ERROR_WRONG_TYPES")


def test_a_path_that_is_none_of_ours_is_answered_in_the_protocols_words(studio):
    """An unknown path is RS_ERROR_WRONG_SYNTAX, under a valid signature and with the trace id."""
    sent = studio.seal("/transaction/gift", b'{"request_uuid":"trace-1"}')
    request = Request("POST", sent.path, sent.path, b"", dict(sent.headers), sent.body)
    exchange = Exchange(request, account(studio), datetime(2026, 1, 1, tzinfo=UTC))
    assert not understand(HUB88, exchange)
    assert said(exchange) == {"status": "RS_ERROR_WRONG_SYNTAX", "request_uuid": "trace-1"}


# What an account may switch


def test_an_account_may_answer_by_other_words(studio):
    """An account's own word replaces a refusal's for one verb, and never a success."""
    word = "RS_ERROR_TRANSACTION_ROLLED_BACK"
    own = account(studio, codes={"transaction/win reference_reversed": word, "transaction/win created": word})
    win = MOVES["transaction/win"]
    assert became(exchange_of(studio, win, own), Status.REFERENCE_REVERSED)["status"] == word
    assert became(exchange_of(studio, win, own), Status.CREATED)["status"] == "RS_OK"
    bet = exchange_of(studio, MOVES["transaction/bet"], own)
    assert became(bet, Status.REFERENCE_REVERSED)["status"] == "RS_ERROR_TRANSACTION_DOES_NOT_EXIST"


@pytest.mark.parametrize(
    ("manner", "verb", "status", "op", "usual", "switched"),
    [
        (
            "unknown_rollback",
            "rollback",
            Status.TOMBSTONE_CREATED,
            UNKNOWN,
            "RS_OK",
            "TRANSACTION_DOES_NOT_EXIST",
        ),
        ("second_reversal", "rollback", Status.REFERENCE_REVERSED, {}, "RS_OK", "TRANSACTION_DOES_NOT_EXIST"),
        ("late_op", "bet", Status.TOMBSTONED, {}, "DUPLICATE_TRANSACTION", "RS_OK"),
        ("key_reused", "bet", Status.KEY_REUSED, {}, "DUPLICATE_TRANSACTION", "RS_OK"),
    ],
)
def test_an_account_may_answer_by_other_manners(studio, manner, verb, status, op, usual, switched):
    """Where the protocol's documents are silent, an account chooses between done and error."""
    move = MOVES[f"transaction/{verb}"]
    other = Answered.DONE if usual != "RS_OK" else Answered.ERROR
    switching = account(studio, **{manner: other})
    assert became(exchange_of(studio, move), status, **op)["status"].removeprefix("RS_ERROR_") == usual
    assert (
        became(exchange_of(studio, move, switching), status, **op)["status"].removeprefix("RS_ERROR_")
        == switched
    )


def test_the_defaults_are_the_documented_ones():
    """Money lost to a rolled-back win is owed by the player, a win needs its bet, and five decimals are told."""
    assert HUB88.policy.short_rollback is ShortRollback.OVERDRAFT
    assert not HUB88.policy.win_without_bet
    assert not HUB88.policy.one_win_per_bet
    assert not HUB88.policy.rollback_with_wins
    assert HUB88.policy.win_on_closed_round
    assert HUB88.manners.places == PLACES


@pytest.mark.parametrize("move", MOVES.values(), ids=MOVES)
def test_a_call_that_is_turned_away_hears_its_request_uuid(studio, move):
    """A call that is refused unverified, because too many are under way, is answered under its own trace id."""
    understood = exchange_of(studio, move)
    exchange = Exchange(understood.request, account(studio), understood.now)
    find_verb(HUB88, exchange)
    fail(exchange, Fault.OVERLOADED)
    told = json.loads(conclude(HUB88, exchange).body)
    assert told["request_uuid"] == json.loads(exchange.request.body)["request_uuid"]
    assert told["status"] != "RS_OK"
