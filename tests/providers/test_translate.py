"""What adapters build on: exact amounts, strict JSON and forms, keys, and the words that manners choose."""

import contextlib
import hashlib
import json
import tracemalloc
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import permutations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw, Struct
from msgspec.structs import replace

from providers import PROVIDERS
from providers.bogus import BOGUS
from providers.contract import (
    Account,
    Answer,
    Exchange,
    Fault,
    Profile,
    Refused,
    Request,
    StudioCall,
    StudioOp,
)
from providers.dialogue import balances_of, refuse_two_undone, spoken, tells_of_a_person
from providers.forms import form_of, unfolded
from providers.manners import Answered, DuplicateBalance, Manners
from providers.syntax import (
    BRACKETS,
    MAXIMUM_DEPTH,
    by_field,
    by_last_step,
    form_decoder,
    json_decoder,
    json_glimpse,
    json_within,
    nesting,
    query_or_json_decoder,
)
from providers.translate import (
    amount_of,
    answered_status,
    decimals,
    floored,
    instant_of,
    key_of,
    metadata_of,
    milliseconds_of,
    moment_of,
)
from wallet.types import NEW_BETS, Kind, OpOutcome, Outcome, Policy, Status


class Message(Struct):
    """A message with a field of every sort."""

    key: str
    amount: Decimal
    number: int = 0
    flag: bool = False
    at: datetime | None = None
    inner: dict[str, msgspec.Raw] | None = None


class Form(Struct):
    """A form."""

    key: str
    amount: str | None = None
    number: int = 0


def request(body):
    return Request("POST", "/", "/", b"", {}, body)


def refusal(work):
    """The fault that is raised."""
    with pytest.raises(Refused) as refused:
        work()
    return refused.value.fault


# Amounts


@pytest.mark.parametrize(
    ("value", "amount"),
    [
        ("10", "10"),
        ("10.00", "10"),
        ("0.00001", "0.00001"),
        ("63727092.34", "63727092.34"),
        (Decimal("6.372709234E7"), "63727092.34"),
        (Decimal("1.556179"), "1.556179"),
        ("1.5560000000", "1.556"),
        (7, "7"),
        ("-0", "0"),
        (Decimal("0E+2000000000"), "0"),
        (Raw(b"10.50"), "10.5"),
        (Raw(b"1.5e2"), "150"),
    ],
)
def test_amounts_are_exact(value, amount):
    """Text, integers and JSON numbers are taken as what they say, trailing zeros or not."""
    assert amount_of(value, places=6) == Decimal(amount)


def test_the_longest_amount_is_thirty_digits_before_the_point_by_exponent():
    """An exponent may say as much as plain digits could, and no more."""
    assert amount_of(Raw(b"1e30"), places=2) == Decimal(10) ** 30
    assert amount_of(Raw(b"1e-30"), places=30) == Decimal(10) ** -30
    longest = f"{'9' * 30}.{'9' * 30}"
    assert amount_of(longest, places=30) == Decimal(longest)
    for raw, places in ((b"1e31", 2), (b"1e-31", 40)):
        with pytest.raises(Refused):
            amount_of(Raw(raw), places=places)


@pytest.mark.parametrize(
    "value",
    [
        "NaN",
        "Infinity",
        "1e3",
        "",
        " 1",
        "1 ",
        "+1",
        "1,5",
        "1_0",
        ".5",
        "5.",
        "--1",
        "0x1",
        "\u0661",
        "1\n",
        "9" * 31,
    ]
    + [Decimal(text) for text in ("NaN", "sNaN", "Infinity", "-1", "1E2000000000", "1E-2000000000", "1E31")]
    + ["-1", "0.0000001", Decimal("9" * 61), Decimal("1." + "0" * 60), 10**40, -1]
    + [Raw(text) for text in (b"", b"null", b'"1"', b"true", b"[]", b"-1", b"1E2000000000", b"1" * 31)],
    ids=lambda value: ascii(bytes(value) if isinstance(value, Raw) else value),
)
def test_hostile_amounts_are_refused(value):
    """What is not finite, plain, unsigned, or fine enough is a bad amount; an exponent is never carried out."""
    assert refusal(lambda: amount_of(value, places=6)) is Fault.BAD_AMOUNT


def test_only_a_signed_field_may_be_negative():
    """A correction may carry a sign."""
    assert amount_of("-1.50", places=2, signed=True) == Decimal("-1.50")


@given(st.decimals(allow_nan=False, allow_infinity=False, places=9, min_value=-(10**20), max_value=10**20))
def test_decimals_counts_what_is_not_zero(value):
    """The number of decimals is that of the shortest way to write the amount."""
    assert decimals(value) == len(f"{value:f}".partition(".")[2].rstrip("0"))


@given(st.decimals(allow_nan=False, allow_infinity=False, places=8, min_value=-(10**30), max_value=10**30))
def test_a_balance_is_floored(value):
    """A reported balance is never more than there is, and less by under one last place."""
    shown = floored(value, 2)
    assert shown.as_tuple().exponent == -2
    assert 0 <= value - shown < Decimal("0.01")


# Keys and times


@pytest.mark.parametrize(
    "text", ["", "k" * 256, "é" * 128, "a\x00", "a\n", "a\x7f", "a\x85", "\ud800"], ids=ascii
)
def test_keys_that_cannot_be_stored_are_refused(text):
    """A key has 1 to 255 bytes, no control characters and no half letters."""
    assert refusal(lambda: key_of(text)) is Fault.BAD_VALUE


def test_keys_keep_what_they_say():
    """A key is taken as it is, behind its prefix."""
    assert key_of("é" * 127) == "é" * 127
    assert key_of("1", prefix="win:") == "win:1"
    assert key_of("sha256:1") == "sha256:1"
    assert refusal(lambda: key_of("k" * 252, prefix="win:")) is Fault.BAD_VALUE


def test_ids_of_any_length_are_keys_of_their_own():
    """Where any length is allowed, what would not fit is digested, and what looks like a digest too: none is another."""
    digest = "sha256:" + hashlib.sha256(b"k" * 252).hexdigest()
    assert key_of("k" * 251, prefix="win:", any_length=True) == "win:" + "k" * 251
    assert key_of("k" * 252, prefix="win:", any_length=True) == f"win:{digest}"
    assert key_of(digest, prefix="win:", any_length=True) not in {f"win:{digest}", f"win:win:{digest}"}
    assert len(key_of("é" * 1000, any_length=True)) == len(digest)
    for text in ("", "k" * 300 + "\n", "\ud800" + "k" * 300):
        assert refusal(lambda text=text: key_of(text, any_length=True)) is Fault.BAD_VALUE


def test_times_as_text_are_instants_or_nothing():
    """A time with or without a zone is read; what is none, of whatever type, is none, and refuses nothing."""
    read = [instant_of(Raw(text)) for text in (b'"2026-01-02T03:04:05.678Z"', b'"2026-01-02T03:04:05"')]
    assert read[0] == datetime(2026, 1, 2, 3, 4, 5, 678000, UTC)
    assert read[1] == datetime(2026, 1, 2, 3, 4, 5)  # noqa: DTZ001 - whose it is decides who binds it
    nothing = (b"", b"null", b"17", b"{}", b'"soon"', b'"2026-13-02T03:04:05Z"', b'"\\ud800"', b'"\xff"')
    assert [instant_of(Raw(text)) for text in nothing] == [None] * 8


def test_times_are_moments_or_nothing():
    """A studio's clock is kept where it can be read, and never refuses a movement."""
    moment = datetime(2016, 12, 22, 17, 53, 10, 374000, tzinfo=UTC)
    assert moment_of("1482429190374") == moment
    assert milliseconds_of(moment + timedelta(microseconds=999)) == 1482429190374
    assert [moment_of(text) for text in ("", "-1", "1e3", "9" * 15, "soon")] == [None] * 5


# JSON

GOOD = b'{"key":"k","amount":1.50}'
decode = json_decoder(Message)


def test_json_is_read():
    """Fields are read whatever their order, with escapes decoded and unknown ones ignored."""
    assert decode(request(GOOD)) == Message("k", Decimal("1.50"))
    body = b' { "new": {"a": [1, {"b": null}]}, "amount": 6.372709234E7, "k\\u0065y": "\\u006b" } '
    assert decode(request(body)) == Message("k", Decimal("63727092.34"))


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b"", Fault.MALFORMED),
        (b"{", Fault.MALFORMED),
        (b"\xff\xfe{}", Fault.MALFORMED),
        (b"\xef\xbb\xbf" + GOOD, Fault.MALFORMED),
        (GOOD + GOOD, Fault.MALFORMED),
        (b'{"key":"a","key":"a","amount":1}', Fault.MALFORMED),
        (b'{"key":"a","\\u006bey":"b","amount":1}', Fault.MALFORMED),
        (b'{"key":"a","amount":1,"inner":{"a":1,"a":2}}', Fault.MALFORMED),
        (b'{"key":"a","amount":NaN}', Fault.MALFORMED),
        (b'{"key":"\xed\xa0\x80","amount":1}', Fault.MALFORMED),
        (b'{"key":"\\ud800","amount":1}', Fault.MALFORMED),
        (b"[" * 60_000, Fault.MALFORMED),
        (b'{"a":' * 17 + b"1" + b"}" * 17, Fault.MALFORMED),
        (b"{}", Fault.MISSING_FIELD),
        (b'{"key":"k"}', Fault.MISSING_FIELD),
        (b"[]", Fault.WRONG_TYPE),
        (b"null", Fault.WRONG_TYPE),
        (b'{"key":1,"amount":1}', Fault.WRONG_TYPE),
        (b'{"key":null,"amount":1}', Fault.WRONG_TYPE),
        (b'{"key":"k","amount":[]}', Fault.WRONG_TYPE),
        (b'{"key":"k","amount":1,"number":1.5}', Fault.WRONG_TYPE),
        (b'{"key":"k","amount":1,"number":' + b"9" * 5000 + b"}", Fault.WRONG_TYPE),
        (b'{"key":"k","amount":1,"flag":1}', Fault.WRONG_TYPE),
        (b'{"key":"k","amount":1,"at":"yesterday"}', Fault.WRONG_TYPE),
    ],
    ids=lambda value: ascii(value[:40]),
)
def test_hostile_json_is_refused(body, fault):
    """Broken syntax, a key that stands twice, depth, and wrong types are refused by name."""
    assert refusal(lambda: decode(request(body))) is fault


@given(
    st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass"))
)
def test_nothing_but_a_refusal_is_raised(body):
    """Whatever bytes come as JSON or as a form, the answer is a message or a refusal."""
    raised = set()
    for read in (decode, form_decoder(Form)):
        try:
            read(request(body))
        except Refused as refused:
            raised.add(refused.fault)
    assert raised <= {Fault.MALFORMED, Fault.MISSING_FIELD, Fault.WRONG_TYPE}
    json_glimpse(Message)(request(body))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["key", "amount", "x"]), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(st.dictionaries(st.sampled_from([*Message.__struct_fields__, "other"]), JSON))
def test_any_json_object_is_a_message_or_refused(fields):
    """Well-formed JSON of any shape never gets further than its types allow."""
    try:
        message = decode(request(json.dumps(fields).encode()))
    except Refused:
        return
    assert isinstance(message.key, str)
    assert isinstance(message.amount, Decimal)


def test_depth_is_measured_in_one_pass():
    """Brackets in strings do not count, and a string without an end is looked at once."""
    assert nesting(b'{"a":"[[[[{{{{","b":[{"c":"\\"["}]}') == 3
    for endless in (b'"' + b'\\"' * 16_000, b'"\\' * 20_001, b'"' * 60_001):
        found = BRACKETS.findall(b"{" * 16 + endless)
        assert nesting(b"{" * 16 + endless) == 16
        assert sum(map(len, found)) == 16 + len(endless)


@pytest.mark.parametrize(
    "body",
    [
        b'{"calls":["' + b"[" * 1_000_000 + b'"]}',
        b'["' + b'\\"' * 500_000 + b'"]',
        b"[" + b"[]," * 300_000,
        b"[" * 1_000_000,
    ],
    ids=["one string of brackets", "one string of quotes", "many brackets", "deep brackets"],
)
def test_depth_is_measured_in_no_room(body):
    """However long a text and whatever it repeats, measuring it keeps next to nothing."""
    tracemalloc.start()
    try:
        nesting(body)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 20_000


def test_depth_beyond_the_most_is_not_counted_on():
    """One beyond is enough to refuse a text: what follows is not read."""
    assert nesting(b"[" * 1_000) == MAXIMUM_DEPTH + 1
    assert nesting(b"[" * MAXIMUM_DEPTH + b"]" * MAXIMUM_DEPTH + b"[") == MAXIMUM_DEPTH


def test_what_is_kept_may_be_of_any_type():
    """A field that only informs is kept as it stood: text, a number, an object; nothing, where nothing was said."""

    class Kept(Struct):
        number: Raw = Raw()
        text: Raw = Raw()
        thing: Raw = Raw()
        null: Raw = Raw()
        absent: Raw = Raw()

    body = rb'{"number":1.10,"text":"a\u0000b","thing":[{"id":"x","won":0.1}],"null":null}'
    assert metadata_of(msgspec.json.decode(body, type=Kept), Kept.__struct_fields__) == {
        "number": "1.10",
        "text": "a\\ufffdb",
        "thing": '[{"id":"x","won":0.1}]',
    }


def test_what_is_kept_is_true_or_a_number_or_text():
    """A flag and a number are kept as such, an object as its JSON text, and nothing where all of it is nothing."""

    class Kept(Struct):
        flag: bool = False
        number: int | None = None
        text: str | None = None
        thing: dict[str, int] | None = None

    kept = metadata_of(Kept(True, 7, "a\0b", {"a": 1}), (*Kept.__struct_fields__, "absent"))
    assert kept == {"flag": True, "number": 7, "text": "a\ufffdb", "thing": '{"a":1}'}
    assert metadata_of(Kept(), ("number", "text", "thing", "absent")) is None


@pytest.mark.parametrize(
    ("part", "fault"),
    [(b"{}", Fault.MISSING_FIELD), (b'{"key":1}', Fault.WRONG_TYPE), (b"", Fault.MALFORMED)],
)
def test_a_part_of_a_message_is_read_later(part, fault):
    """What a message keeps as it stood is read like a message, and refused like one."""

    class Part(Struct):
        key: str

    read = json_within(Part)
    assert read(Raw(b'{"key":"k","more":1}')) == Part("k")
    assert refusal(lambda: read(Raw(part))) is fault


def test_what_must_be_echoed_is_glimpsed_in_a_refused_request():
    """A field of a request that is refused can still be echoed, where it can be read at all."""

    class Echo(Struct):
        key: str

    glimpse = json_glimpse(Echo)
    assert glimpse(request(b'{"key":"k","amount":[]}')) == Echo("k")
    assert [glimpse(request(body)) for body in (b"", b"{", b"[]", b'{"key":1}', b"[" * 60_000)] == [None] * 5


# Forms


def test_forms_are_read():
    """Values are decoded; an empty one is none."""
    decoded = form_decoder(Form)(request(b"key=a+b%26%C3%A9&amount=&number=7&new=1"))
    assert decoded == Form("a b&é", None, 7)


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b"key=1&key=2", Fault.MALFORMED),
        (b"key=%FF", Fault.MALFORMED),
        (b"\xff", Fault.MALFORMED),
        (b"&".join(b"a%d=1" % number for number in range(1001)), Fault.MALFORMED),
        (b"amount=1", Fault.MISSING_FIELD),
        (b"key=&amount=1", Fault.MISSING_FIELD),
        (b"key=a&number=x", Fault.WRONG_TYPE),
    ],
    ids=lambda value: ascii(value[:40]),
)
def test_hostile_forms_are_refused(body, fault):
    """A field that stands twice, text that is none, a flood of fields and missing ones are refused by name."""
    assert refusal(lambda: form_decoder(Form)(request(body))) is fault


def test_names_with_brackets_are_lists_and_objects():
    """What PHP folds into names is put together again, in the order of the form; other brackets are letters."""
    form = {
        "a[1][b]": "x",
        "a[1][c]": "y",
        "a[0][b]": "z",
        "o[p][q]": "1",
        "l[]": "2",
        "t": "3",
        "]": "4",
        "u[": "5",
    }
    assert unfolded(form) == {
        "a": [{"b": "x", "c": "y"}, {"b": "z"}],
        "o": {"p": {"q": "1"}},
        "l": "2",
        "t": "3",
        "]": "4",
        "u[": "5",
    }


@pytest.mark.parametrize(
    "form",
    [{"a": "1", "a[b]": "2"}, {"a[b]": "2", "a": "1"}, {"a[b]": "1", "a[b][c]": "2"}, {"a[]": "1", "a": "2"}],
    ids=str,
)
def test_a_field_is_not_text_and_object_at_once(form):
    """A name that would have two meanings has none."""
    assert refusal(lambda: unfolded(form)) is Fault.MALFORMED


@given(st.dictionaries(st.text("a[]0%", max_size=40), st.text(max_size=3), max_size=6))
def test_any_form_is_put_together_or_refused(form):
    """No name of a field raises anything but a refusal."""
    with contextlib.suppress(Refused):
        unfolded(form)


def test_a_query_and_a_json_object_say_the_same():
    """By GET the query is read, by POST the body; a JSON number is its text as it stood."""
    decode = query_or_json_decoder(Form, ("amount",))
    asked = decode(replace(request(b""), method="GET", query=b"key=a+b&amount=1.50&number=7"))
    assert asked == Form("a b", "1.50", 7)
    assert decode(request(b'{"key":"a b","amount":1.50,"number":"7","new":[1]}')) == asked
    assert (
        decode(request(b'{"key":"1","amount":12345678901234567890123}')).amount == "12345678901234567890123"
    )
    for body, fault in (
        (b'{"key":"a","amount":true}', Fault.WRONG_TYPE),
        (b'{"key":"a","amount":{}}', Fault.WRONG_TYPE),
        (b'{"key":"a","amount":""}', Fault.MISSING_FIELD),
        (b'{"key":"a","amount":null}', Fault.MISSING_FIELD),
        (b'{"key":"\\ud800","amount":1}', Fault.MALFORMED),
        (b'{"key":"a","key":"b","amount":1}', Fault.MALFORMED),
        (b"[]", Fault.WRONG_TYPE),
        (b"{", Fault.MALFORMED),
        (b"", Fault.MALFORMED),
    ):
        assert refusal(lambda body=body: decode(request(body))) is fault, body


def test_a_form_without_pairs_has_no_fields():
    """What is no form is an empty one, and misses its fields."""
    assert form_of(b"") == {}


# Words

UNKNOWN = OpOutcome(Status.TOMBSTONE_CREATED, original_kind=Kind.TOMBSTONE)
AGAIN = replace(UNKNOWN, status=Status.DUPLICATE)
ANOTHER = replace(UNKNOWN, status=Status.REFERENCE_REVERSED)
REVERSED, SETTLED = OpOutcome(Status.REFERENCE_REVERSED), OpOutcome(Status.REFERENCE_SETTLED)
LENIENT = Manners(late_op=Answered.DONE, key_reused=Answered.DONE)


@pytest.mark.parametrize(
    ("manners", "op", "kind", "status"),
    [
        (Manners(), UNKNOWN, Kind.ROLLBACK, Status.TOMBSTONE_CREATED),
        (Manners(), AGAIN, Kind.ROLLBACK, Status.TOMBSTONE_CREATED),
        (Manners(unknown_rollback=Answered.ERROR), UNKNOWN, Kind.ROLLBACK, Status.REFERENCE_NOT_FOUND),
        (Manners(unknown_rollback=Answered.ERROR), AGAIN, Kind.REFUND, Status.REFERENCE_NOT_FOUND),
        (Manners(unknown_rollback=Answered.ERROR), ANOTHER, Kind.ROLLBACK, Status.REFERENCE_NOT_FOUND),
        (Manners(unknown_rollback=Answered.ERROR), ANOTHER, Kind.WIN, Status.REFERENCE_REVERSED),
        (Manners(unknown_rollback=Answered.ERROR), REVERSED, Kind.ROLLBACK, Status.DUPLICATE),
        (Manners(), ANOTHER, Kind.ROLLBACK, Status.TOMBSTONE_CREATED),
        (Manners(second_reversal=Answered.ERROR), ANOTHER, Kind.REFUND, Status.TOMBSTONE_CREATED),
        (Manners(), REVERSED, Kind.ROLLBACK, Status.DUPLICATE),
        (Manners(second_reversal=Answered.ERROR), REVERSED, Kind.ROLLBACK, Status.REFERENCE_REVERSED),
        (Manners(), REVERSED, Kind.WIN, Status.REFERENCE_REVERSED),
        (Manners(), SETTLED, Kind.ROLLBACK, Status.REFERENCE_SETTLED),
        (Manners(), OpOutcome(Status.TOMBSTONED), Kind.BET, Status.TOMBSTONED),
        (Manners(late_op=Answered.DONE), OpOutcome(Status.TOMBSTONED), Kind.BET, Status.DUPLICATE),
        (Manners(), OpOutcome(Status.KEY_REUSED), Kind.BET, Status.KEY_REUSED),
        (Manners(key_reused=Answered.DONE), OpOutcome(Status.KEY_REUSED), Kind.BET, Status.DUPLICATE),
        (LENIENT, OpOutcome(Status.INSUFFICIENT_FUNDS), Kind.BET, Status.INSUFFICIENT_FUNDS),
    ],
)
def test_manners_choose_the_word(manners, op, kind, status):
    """Where protocols answer differently, the account's manners say which status its words are chosen for."""
    assert answered_status(op, kind, manners) is status


def call_of(*kinds):
    return StudioCall(tuple(StudioOp(kind, str(number)) for number, kind in enumerate(kinds)))


def exchange_with(manners):
    return Exchange(request(b""), Account("a", (), Policy(), manners), datetime.now(UTC))


@pytest.mark.parametrize(
    ("statuses", "word"),
    [
        ((Status.CREATED, Status.TOMBSTONE_CREATED), Status.TOMBSTONE_CREATED),
        ((Status.REFERENCE_REVERSED, Status.CREATED), Status.CREATED),
        ((Status.NOT_APPLIED, Status.REFERENCE_SETTLED), Status.REFERENCE_SETTLED),
        ((Status.DUPLICATE, Status.REFERENCE_REVERSED), Status.DUPLICATE),
    ],
)
def test_one_status_speaks_for_a_list(statuses, word):
    """Unknown and already reversed items of a rollback list do not make an error of it; a refused one does."""
    outcome = Outcome(tuple(OpOutcome(status) for status in statuses))
    assert spoken(call_of(Kind.ROLLBACK, Kind.ROLLBACK), outcome, exchange_with(Manners())) is word


@pytest.mark.parametrize("statuses", [(0, 1), (1, 0), (0, 1, 1)])
def test_what_was_not_applied_never_speaks(statuses):
    """A call that was taken back before it came counts as done by manners, though the wins of it were not looked at."""
    outcome = Outcome(tuple(OpOutcome((Status.TOMBSTONED, Status.NOT_APPLIED)[one]) for one in statuses))
    call, lenient = call_of(*[(Kind.BET, Kind.WIN)[one] for one in statuses]), Manners(late_op=Answered.DONE)
    assert spoken(call, outcome, exchange_with(lenient)) is Status.DUPLICATE
    assert spoken(call, outcome, exchange_with(Manners())) is Status.TOMBSTONED


@pytest.mark.parametrize("kind", sorted(NEW_BETS))
@pytest.mark.parametrize("failed", [Status.TOMBSTONED, Status.KEY_REUSED])
def test_no_call_is_done_whose_new_bet_was_not_taken(failed, kind):
    """Else the studio would count a bet that was never debited: by no manner, and wherever in the call the new bet stands."""
    bets = ((failed, Kind.BET), (Status.NOT_APPLIED, kind), (Status.NOT_APPLIED, Kind.WIN))
    for ops in permutations(bets):
        outcome = Outcome(tuple(OpOutcome(status) for status, _ in ops))
        assert spoken(call_of(*(one for _, one in ops)), outcome, exchange_with(LENIENT)) is failed


LATE = OpOutcome(Status.TOMBSTONED, original_kind=Kind.TOMBSTONE)
LEFT = OpOutcome(Status.NOT_APPLIED)
DUE = OpOutcome(Status.NOT_APPLIED, original_kind=Kind.BET)
LATER = OpOutcome(Status.NOT_APPLIED, original_kind=Kind.TOMBSTONE)
BET = StudioOp(Kind.BET, "b", Decimal(10), round="r")


@pytest.mark.parametrize(
    ("late", "op", "became", "done"),
    [
        (BET, StudioOp(Kind.WIN, "w", Decimal(1), round="r"), LEFT, True),
        (BET, StudioOp(Kind.WIN, "w", Decimal(1), round="r"), DUE, False),
        (BET, StudioOp(Kind.WIN, "w", Decimal(1), round="s"), LEFT, False),
        (BET, StudioOp(Kind.WIN, "w", Decimal(1), reference="b", round="s"), LEFT, True),
        (BET, StudioOp(Kind.WIN, "w", Decimal(1), reference="c", round="r"), LEFT, False),
        (BET, StudioOp(Kind.WIN, "w", Decimal(0), round="s"), DUE, True),
        (BET, StudioOp(Kind.WIN, "w", Decimal(1), round="s"), LATER, True),
        (BET, StudioOp(Kind.BET, "c", Decimal(1), round="s"), LATER, True),
        (BET, StudioOp(Kind.BET, "c", Decimal(0), round="r"), LEFT, False),
        (BET, StudioOp(Kind.JACKPOT_WIN, "w", Decimal(1), round="r"), LEFT, False),
        (BET, StudioOp(Kind.PROMO_WIN, "w", Decimal(1), reference="b", round="r"), LEFT, False),
        (BET, StudioOp(Kind.ROUND_CLOSE, "e", round="r"), LEFT, True),
        (BET, StudioOp(Kind.ROLLBACK, "x", reference="c", round="r"), LEFT, False),
        (
            StudioOp(Kind.WIN, "v", Decimal(1), round="r"),
            StudioOp(Kind.WIN, "w", Decimal(1), round="r"),
            LEFT,
            False,
        ),
        (StudioOp(Kind.FREE_BET, "f", round="r"), StudioOp(Kind.WIN, "w", Decimal(1), round="r"), LEFT, True),
        (
            StudioOp(Kind.TIP, "t", Decimal(1), round="r"),
            StudioOp(Kind.WIN, "w", Decimal(1), round="r"),
            LEFT,
            False,
        ),
    ],
)
def test_no_call_is_done_of_which_a_sound_operation_was_not_applied(late, op, became, done):
    """Beside what came late only this counts as done: what came late too, the win of the late bet alone, and nothing."""
    for ops, outcomes in (((late, op), (LATE, became)), ((op, late), (became, LATE))):
        word = spoken(StudioCall(ops), Outcome(outcomes), exchange_with(LENIENT))
        assert word is (Status.DUPLICATE if done else Status.TOMBSTONED)


def test_beside_a_reused_key_nothing_falls_with_what_came_late():
    """By manners a reused key may count as done where what comes late does not: what came late beside it was not applied."""
    manners = Manners(key_reused=Answered.DONE)
    ops = StudioCall((BET, StudioOp(Kind.WIN, "w", Decimal(1), round="r")))
    outcome = Outcome((OpOutcome(Status.KEY_REUSED), LATER))
    assert spoken(ops, outcome, exchange_with(manners)) is Status.KEY_REUSED
    assert (
        spoken(ops, Outcome((OpOutcome(Status.KEY_REUSED), LEFT)), exchange_with(LENIENT))
        is Status.KEY_REUSED
    )


def test_what_is_known_otherwise_too_is_done_where_a_reused_key_is():
    """Of two known operations with other content the second was not applied, and claims nothing that the first does not."""
    ops, known = StudioCall((BET, StudioOp(Kind.BET, "c", Decimal(1)))), replace(LEFT, original=7)
    for first, manners, word in (
        (OpOutcome(Status.KEY_REUSED), LENIENT, Status.DUPLICATE),
        (LATE, LENIENT, Status.DUPLICATE),
        (LATE, Manners(late_op=Answered.DONE), Status.TOMBSTONED),
    ):
        assert spoken(ops, Outcome((first, known)), exchange_with(manners)) is word


def test_only_rollbacks_must_have_keys_of_their_own():
    """Two that undo one thing are one; of two bets or wins under one key the ledger says what becomes."""
    bets = [StudioOp(Kind.BET, "k", Decimal(1), reference=name) for name in ("a", "b")]
    undone = [StudioOp(Kind.ROLLBACK, "k", reference=name) for name in ("a", "b")]
    refuse_two_undone(StudioCall((*bets, undone[0], undone[0])))
    with pytest.raises(Refused):
        refuse_two_undone(StudioCall((*bets, *undone)))


def test_a_repetition_reports_the_balance_of_back_then():
    """All known: the last one's stored balance, or today's by manners; anything new: today's."""
    known = OpOutcome(Status.DUPLICATE, cash_after=90, bonus_after=1)
    new = OpOutcome(Status.CREATED, cash_after=50)
    current = Manners(duplicate_balance=DuplicateBalance.CURRENT)
    assert balances_of(None, Outcome((known,), 50, 2), Manners()) == (90, 1)
    assert balances_of(None, Outcome((known,), 50, 2), current) == (50, 2)
    assert balances_of(None, Outcome((known, new), 50, 2), Manners()) == (50, 2)


def test_what_was_given_back_before_is_in_no_repetition_s_way():
    """The rest of its list speaks for the balance; alone, or where a win is refused for it, today's is told."""
    known = OpOutcome(Status.DUPLICATE, cash_after=90, bonus_after=1)
    gone = OpOutcome(Status.REFERENCE_REVERSED)
    for ops, kinds in (((known, gone), UNDONE), ((gone, known), UNDONE)):
        assert balances_of(call_of(*kinds), Outcome(ops, 50, 2), Manners()) == (90, 1)
    assert balances_of(call_of(Kind.ROLLBACK), Outcome((gone,), 50, 2), Manners()) == (50, 2)
    refused = Outcome((known, gone), 50, 2)
    assert balances_of(call_of(Kind.BET, Kind.WIN), refused, Manners()) == (50, 2)


UNDONE = (Kind.ROLLBACK, Kind.ROLLBACK)


def test_what_was_created_by_an_attempt_whose_answer_was_lost_reports_what_its_repetitions_will():
    """The wallet has moved on since: the stored balance, so that no two answers to a transaction differ."""
    for status in (Status.CREATED, Status.TOMBSTONE_CREATED):
        outcome = Outcome((OpOutcome(status, cash_after=90, bonus_after=1),), 50, 2)
        assert balances_of(None, outcome, Manners()) == (90, 1)
        assert balances_of(None, outcome, Manners(duplicate_balance=DuplicateBalance.CURRENT)) == (50, 2)


def test_the_id_that_is_told_is_of_what_stands():
    """Ours of the posting; where a reversal was there first, before or after the original came, that one's."""
    assert OpOutcome(Status.CREATED, 7, 3).told_id == "1-7"
    assert OpOutcome(Status.REFERENCE_REVERSED, None, 3).told_id == "1-3"
    assert OpOutcome(Status.TOMBSTONED, None, 3, Kind.TOMBSTONE).told_id == "1-3"
    assert OpOutcome(Status.REFERENCE_SETTLED, None, 3).told_id is None


def test_an_adapter_with_a_hole_in_its_codes_does_not_import():
    """A status or fault without a code is found when the adapter is made, not when it is met."""
    provider = next(iter(PROVIDERS.values()))
    holey = {key: code for key, code in provider.codes.items() if key[1] is not Status.BONUS_RULES}
    with pytest.raises(TypeError, match="bonus_rules"):
        replace(provider, codes=holey)


def test_an_account_s_own_word_may_bring_its_http_status():
    """A refusal by another word keeps its HTTP status, or has the one given with it; a success has no other word."""
    provider = PROVIDERS["bogus"]
    known = Manners(codes={"call insufficient_funds": "poor", "call duplicate": "known"})
    assert provider.code("call", Status.INSUFFICIENT_FUNDS, known) == ("poor", 200)
    assert provider.code("call", Status.DUPLICATE, known) == ("duplicate", 200)
    paired = Manners(codes={"call insufficient_funds": ("poor", 402), "call internal": "ours"})
    assert provider.code("call", Status.INSUFFICIENT_FUNDS, paired) == ("poor", 402)
    assert provider.code("call", Fault.INTERNAL, paired) == ("ours", 500)
    assert provider.code("query", Status.INSUFFICIENT_FUNDS, paired) == ("insufficient_funds", 200)


def test_a_route_by_a_field_wants_text_there():
    """A verb that is no text, and a body that cannot be read, are malformed; an unknown one, or none, is no verb."""
    route = by_field("ask", PROVIDERS["bogus"].verbs)
    assert route(request(b'{"ask":"call"}')) == route(request(b"ask=call")) == "call"
    for body in (b'{"ask":"recall"}', b'{"ask":""}', b"{}", b"ask=recall", b"", b"[]", b'"call"'):
        assert route(request(body)) is None, body
    for value in (b"NaN", b"Infinity", b"1", b"1e999", b"null", b"true", b"[]", b'["call"]', b"{}", b""):
        assert refusal(lambda text=b'{"ask":%b}' % value: route(request(text))) is Fault.MALFORMED, value
    for body in (b"{", b"{" * 10_000, b'{"ask":"\xff"}', b"ask=%FF", b"ask=call&ask=call"):
        assert refusal(lambda text=body: route(request(text))) is Fault.MALFORMED, body
    assert route(Request("GET", "/", "/", b"", {}, b'{"ask":1}')) is None


def test_a_route_by_the_last_step_of_the_path():
    """Whatever stands before it; another method, case or step is no verb."""
    route = by_last_step(PROVIDERS["bogus"].verbs)

    def verb_of(path, method="POST"):
        return route(Request(method, path, path, b"", {}, b""))

    assert [verb_of(path) for path in ("/call", "/a/b/call", "/a/query/", "call")] == [
        *("call", "call", "query", "call")
    ]
    assert [verb_of(path) for path in ("", "/", "/recall", "/call/a", "/CALL")] == [None] * 5
    assert verb_of("/call", "GET") is None


def test_what_cannot_be_said_without_the_person_is_taken_to_tell_of_it():
    """An adapter that fails at a profile without what can be erased costs the evidence, and keeps nobody's data."""

    def at_a_loss(_: Exchange) -> Answer:
        raise LookupError("no birth date")

    told = exchange_with(LENIENT)
    told.profile = Profile("player-1", "EUR", "MT", birth_date="1971-03-29")
    assert tells_of_a_person(replace(BOGUS, write=at_a_loss), told, Answer(200, (), b"{}"))
