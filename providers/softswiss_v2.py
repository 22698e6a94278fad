"""SoftSwiss game aggregator v2 (a8r), and Beexar with the same protocol under shorter paths.  JSON, by POST.

The raw body is signed: ``X-REQUEST-SIGN: hex(HMAC-SHA256(secret, body))``.  Amounts and balances are decimal text in
major units.  Player and currency name the wallet; there is no token.  A call holds transactions, each with an id of its
own, applied whole or not at all; free rounds are paid by the id of their issue.  A refusal is HTTP 400 or 500 with a code
in ``meta``.  Source: Beexar's OpenAPI and SDKs, studios' code; what they leave open is decided in
docs/providers/softswiss_v2.md.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any

from msgspec import Meta, Raw, Struct

from providers import signing
from providers.contract import Account, Answer, Ask, Exchange, Fault, Query, Refused, StudioCall, StudioOp
from providers.manners import Manners
from providers.outbound.softswiss import V2
from providers.provider import Group, Provider, codes
from providers.scrubbing import starred
from providers.syntax import by_path, complete, json_answer, json_decoder, verbs
from providers.translate import amount_of, decimals, floored, key_of, metadata_of
from wallet.types import SESSION_DEFECTS, SUCCESSES, Kind, Policy, ShortRollback, Status

Amount = Annotated[str, Meta(pattern=r"^[0-9]+(\.[0-9]{1,16})?\Z", max_length=40)]
Currency = Annotated[str, Meta(pattern=r"^[A-Z][A-Z0-9_]{2,31}\Z", max_length=32)]
Id = Annotated[str, Meta(max_length=255)]


class Transaction(Struct, frozen=True, kw_only=True):
    """One of a call's transactions."""

    id_provider: Id
    type: str
    amount: Amount | None = None
    original_id_provider: Id | None = None
    bet_type: Raw = Raw()
    jackpot_contribution: Raw = Raw()
    jackpot_win: Raw = Raw()  # part of the amount
    jackpot_details: Raw = Raw()
    sm_result: Raw = Raw()


class Message(Struct, frozen=True, kw_only=True):
    """A request of any verb; `VERBS` says what each cannot be without."""

    account_id: str | None = None
    currency: Currency | None = None
    game_id: str | None = None
    round_id: str | None = None
    round_id_provider: str | None = None
    finished: bool | None = None
    transactions: tuple[Transaction, ...] | None = None
    issue_id: str = ""
    amount: Amount = ""
    id_provider: Id = ""
    event_id: Raw = Raw()
    event_type: Raw = Raw()
    details: Raw = Raw()


PLACES = 16
ROUND_PREFIX = "round_id_prefix"
"""Account setting: what our id of a round has before the studio's; without it the studio's is told."""

TYPES = {"bet": Kind.BET, "win": Kind.WIN}
UNDOING = {"rollback": Kind.ROLLBACK}
NEEDED = {Kind.BET: "amount", Kind.WIN: "amount", Kind.ROLLBACK: "original_id_provider"}
KEPT = ("bet_type", "jackpot_contribution", "jackpot_win", "jackpot_details", "sm_result")
EVENT = ("event_id", "event_type", "details")

LISTS = frozenset({"betwin", "rollback"})
WITH_BALANCE = frozenset({"100", "105", "106"})
CODES = codes(
    {
        "": SUCCESSES,
        ("100", 400): (Status.INSUFFICIENT_FUNDS,),
        ("101", 400): (Status.WALLET_NOT_FOUND, *SESSION_DEFECTS, Fault.UNKNOWN_PLAYER),
        ("105", 400): (Status.LIMIT_REACHED,),
        ("106", 400): (Status.BONUS_RULES,),
        ("110", 400): Group.PLAYER,
        ("154", 400): (Status.CURRENCY_DIFFERS, Fault.UNKNOWN_CURRENCY),
        ("400", 400): (*Group.SHAPE, Status.KEY_REUSED, Status.ROUND_CLOSED),
        ("403", 400): (Fault.BAD_SIGNATURE, *Group.STRANGER),
        ("404", 400): (*Group.REFERENCE, Fault.UNKNOWN_VERB),
        ("405", 400): (Status.GAME_DISABLED, Status.ACCOUNT_DISABLED, Fault.UNKNOWN_GAME),
        ("409", 400): (Status.TOMBSTONED, Status.REFERENCE_REVERSED),
        ("500", 500): (*Group.FINAL, Fault.INTERNAL),
        ("503", 500): (Fault.OVERLOADED,),
    },
    {"freespins": {("404", 400): (Status.WALLET_NOT_FOUND, Fault.UNKNOWN_PLAYER)}},  # no such issue
)


def read_balance(balance: Message, _account: Account) -> Query:
    """What the player has."""
    return Query(Ask.BALANCE, balance.account_id, currency=balance.currency)


def read_betwin(betwin: Message, _account: Account) -> StudioCall:
    """Bets and wins in their order."""
    return call_of(betwin, TYPES, betwin.round_id, game=betwin.game_id)


def read_rollback(rollback: Message, _account: Account) -> StudioCall:
    """Bets and wins taken back, whatever has become of their game."""
    return call_of(rollback, UNDOING, rollback.round_id_provider)


def read_finish(finish: Message, _account: Account) -> StudioCall:
    """The end of a round, where its last bet or win did not say it."""
    key = key_of(f"{finish.account_id}:{finish.round_id}", prefix="close:", any_length=True)
    end = StudioOp(Kind.ROUND_CLOSE, key, round=key_of(finish.round_id or ""), end_round=True)
    return StudioCall((end,), finish.account_id, currency=finish.currency)


def read_freespins(summary: Message, _account: Account) -> StudioCall:
    """What free rounds won, paid once, to whom they were given."""
    key = key_of(summary.issue_id, prefix="freespins:")
    op = StudioOp(Kind.PROMO_WIN, key, amount_of(summary.amount, places=PLACES))
    return StudioCall((op,), free_rounds=summary.issue_id)


def read_promo(promo: Message, _account: Account) -> StudioCall:
    """A prize."""
    amount, kept = amount_of(promo.amount, places=PLACES), metadata_of(promo, EVENT)
    if not amount:
        raise Refused(Fault.BAD_AMOUNT, "a prize of zero")
    op = StudioOp(Kind.PROMO_WIN, name_of(promo.id_provider), amount, metadata=kept)
    return StudioCall((op,), promo.account_id, currency=promo.currency)


def call_of(
    message: Message, kinds: Mapping[str, Kind], place: str | None, game: str | None = None
) -> StudioCall:
    """The call of all transactions; the last one carries the round's end."""
    several = message.transactions or ()
    if not several:
        raise Refused(Fault.BAD_VALUE, "no transactions")
    ends, last = bool(message.finished), several[-1]
    ops = tuple(op_of(one, kinds, key_of(place or ""), end=ends and one is last) for one in several)
    return StudioCall(ops, message.account_id, currency=message.currency, game=game)


def op_of(transaction: Transaction, kinds: Mapping[str, Kind], place: str, *, end: bool) -> StudioOp:
    """The operation of one transaction, in the round of its call."""
    kind = kinds.get(transaction.type)
    if kind is None:
        raise Refused(Fault.BAD_VALUE, "no such type")
    complete(transaction, (NEEDED[kind],))
    original = transaction.original_id_provider if kind is Kind.ROLLBACK else None
    return StudioOp(
        kind,
        name_of(transaction.id_provider),
        amount_of(transaction.amount or "0", places=PLACES),
        reference=None if original is None else name_of(original),
        round=place,
        end_round=end,
        metadata=metadata_of(transaction, KEPT),
    )


def name_of(id_provider: str) -> str:
    """The key of a transaction, which none of our own keys can be."""
    return key_of(id_provider, prefix="transaction:", any_length=True)


def write(exchange: Exchange) -> Answer:
    """The balance, and of every transaction our id of it; or the code, with the balance where the protocol wants one."""
    if not exchange.done:
        words = exchange.status.replace("_", " ")
        meta = {"api_code": exchange.code, "api_message": words}
        if exchange.code in WITH_BALANCE:
            meta["balance"] = text_of(exchange, exchange.balance)
        code = "internal" if exchange.http_status >= 500 else "invalid_argument"
        return json_answer(exchange, {"code": code, "msg": words, "meta": meta})
    asked = exchange.message
    said: dict[str, Any] = {"balance": text_of(exchange, exchange.balance)}
    if exchange.verb == "promo":
        said |= booked(exchange, 0, asked.id_provider)
    if exchange.verb in LISTS:
        prefix = exchange.account.settings.get(ROUND_PREFIX, "")
        place = asked.round_id_provider if exchange.verb == "rollback" else asked.round_id
        said["round_id"] = prefix + place
        ids = (one.id_provider for one in asked.transactions)
        said["transactions"] = [booked(exchange, position, one) for position, one in enumerate(ids)]
    return json_answer(exchange, said)


def booked(exchange: Exchange, position: int, name: str) -> dict[str, Any]:
    """One transaction as it was booked.  What takes back something that has not come has no id of ours."""
    unknown = exchange.outcome is None or exchange.outcome.ops[position].original_kind is Kind.TOMBSTONE
    said = {"id_provider": name, "id": "" if unknown else exchange.transaction(position)}
    if exchange.verb != "rollback":
        said["bonus_amount"] = text_of(exchange, abs(exchange.amounts[position].bonus))
    return said


def text_of(exchange: Exchange, amount: Decimal) -> str:
    """An amount as text, floored: with two decimals, or with as many as it has; without a sign, so never below zero."""
    exact = floored(max(Decimal(0), amount), exchange.account.manners.places)
    return f"{floored(exact, max(2, decimals(exact))):f}"


WHERE = ("account_id", "currency")
GAME = (*WHERE, "game_id")
VERBS = verbs(
    json_decoder,
    Message,
    {
        "balance": (GAME, read_balance),
        "betwin": ((*GAME, "round_id", "transactions"), read_betwin),
        "finish": ((*WHERE, "round_id"), read_finish),
        "rollback": ((*GAME, "round_id_provider", "finished", "transactions"), read_rollback),
        "freespins": (("issue_id", "amount"), read_freespins),
        "promo": ((*WHERE, "amount", "id_provider"), read_promo),
    },
)
CALLED = {
    "v2/provider_a8r.Player/Balance": VERBS["balance"],
    "v2/provider_a8r.Round/BetWin": VERBS["betwin"],
    "v2/provider_a8r.Round/Finish": VERBS["finish"],
    "v2/provider_a8r.Round/Rollback": VERBS["rollback"],
    "v2/provider_a8r.Freespins/Finish": VERBS["freespins"],
    "v2/provider_a8r.Promo/Win": VERBS["promo"],
}
CALLED |= {name: VERBS[name] for name in ("balance", "betwin", "finish", "rollback")}  # as Beexar does
SOFTSWISS_V2 = Provider(
    name="softswiss_v2",
    title="SoftSwiss v2 (Beexar)",
    check=signing.hmac_sha256_hex(header="x-request-sign"),
    route=by_path(CALLED),
    verbs=VERBS,
    codes=CODES,
    policy=Policy(compare_amount=False, rollback_with_wins=True, short_rollback=ShortRollback.CLAMP),
    manners=Manners(places=12, unknown_game_pays=True, zero_amounts=frozenset({Kind.PROMO_WIN})),
    write=write,
    scrub=starred("session_id"),
    studio=V2,
    settings=frozenset({ROUND_PREFIX}),
)
