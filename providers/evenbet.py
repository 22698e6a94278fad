"""EvenBet: the seamless wallet that an operator serves to its poker, and to the casino that comes with it.  JSON by POST.

One address for all calls, told apart by ``method``.  The raw body is signed: ``sign: hex(SHA-256(body + secret))``.
Amounts and balances are integers of the currency's smallest unit; ``errorCode`` 0 is success, a repetition too.  A key
is the ``transactionId``.  A call that names a session, an operator, a game or a round is the casino's; any
other buys chips for a table or brings them back.  What the documents leave open is decided in docs/providers/evenbet.md.
"""

from decimal import Decimal
from typing import Annotated

from msgspec import Meta, Raw, Struct

from providers import signing
from providers.contract import Account, Answer, Ask, Exchange, Fault, Query, Refused, StudioCall, StudioOp
from providers.manners import Answered, Manners
from providers.provider import Group, Provider, codes
from providers.scrubbing import starred
from providers.syntax import Read, by_field, complete, json_answer, json_decoder, verbs
from providers.translate import key_of, metadata_of, whole_units
from wallet.types import CREATED_STATUSES, SESSION_DEFECTS, Kind, Policy, RefundAmount, Status

MODE = "mode"
"""Account setting: ``casino`` refuses a call that names no session; else such a call is the poker's."""


class Message(Struct, frozen=True, kw_only=True, rename="camel"):
    """A call of any method; `VERBS` says what each cannot be without.  From `betType` on, what is kept."""

    user_id: str | None = None
    currency: str | None = None
    amount: Annotated[int, Meta(ge=0, le=2**63 - 1)] | None = None
    transaction_id: str = ""
    reference_transaction_id: str = ""
    client_id: str | None = None  # the casino's: which operator this is
    session_id: str | None = None
    game_id: str | None = None
    round_id: str = ""
    bet_type: Raw = Raw()
    tournament_buy_in: Raw = Raw()
    tournament_entry_fee: Raw = Raw()
    linked_transaction_ids: Raw = Raw()
    result: Raw = Raw()
    sum_of_bets: Raw = Raw()
    rake: Raw = Raw()


KEPT = Message.__struct_fields__[Message.__struct_fields__.index("bet_type") :]
PLAYER = ("user_id", "currency")
MONEY = (*PLAYER, "amount", "transaction_id")
CASINO = ("client_id", "session_id")
IN_ROUND = (*CASINO, "game_id", "bet_type", "round_id")

CODES = codes(
    {
        0: (Status.FOUND, *CREATED_STATUSES, Status.DUPLICATE),
        1: (Fault.BAD_SIGNATURE, *Group.STRANGER),
        2: (Status.WALLET_NOT_FOUND, Fault.UNKNOWN_PLAYER, *Group.PLAYER),
        3: (Status.INSUFFICIENT_FUNDS,),
        4: (
            *(*Group.SHAPE, *Group.LIMITS, *Group.FINAL, Status.CURRENCY_DIFFERS, Fault.UNKNOWN_CURRENCY),
            *(Fault.UNKNOWN_GAME, Status.GAME_DISABLED, Status.ACCOUNT_DISABLED, Status.ROUND_CLOSED),
            *(Status.KEY_REUSED, Status.TOMBSTONED),
        ),
        5: (Status.REFERENCE_NOT_FOUND, Status.REFERENCE_REVERSED, Status.REFERENCE_SETTLED),
        6: (Status.REFERENCE_DIFFERS,),
        7: SESSION_DEFECTS,
        (500, 500): Group.REPEATABLE,  # "not understood": what was asked is taken back, or asked again
    },
    {"Rollback": {6: (Status.CURRENCY_DIFFERS,)}},
)


def of_casino(message: Message, account: Account, required: tuple[str, ...]) -> bool:
    """Whether the casino calls, which must then say what is `required`; any word of its own says so."""
    words = (message.session_id, message.client_id, message.game_id, message.round_id or None)
    if words == (None,) * len(words) and account.settings.get(MODE) != "casino":
        return False
    if complete(message, required).client_id != account.settings.get(signing.CLIENT_ID, message.client_id):
        raise Refused(Fault.WRONG_PARTNER, "another operator's clientId")
    return True


def read_balance(asked: Message, account: Account) -> Query:
    """What the player has; a casino's session must live."""
    casino = of_casino(asked, account, CASINO)
    return Query(Ask.BALANCE, asked.user_id, asked.session_id, check_token=casino, currency=asked.currency)


def movement(in_casino: Kind, at_a_table: Kind) -> Read:
    """What a method moves: a stake, its result or chips; or what was taken given back, whole, after a lost answer."""

    def read(message: Message, account: Account) -> StudioCall:
        kind = in_casino if of_casino(message, account, IN_ROUND) else at_a_table
        op = StudioOp(
            kind,
            key_of(message.transaction_id),
            Decimal(message.amount or 0),
            reference=key_of(message.reference_transaction_id) if kind is Kind.REFUND else None,
            round=key_of(message.round_id) if message.round_id else None,
            metadata=metadata_of(message, KEPT),
        )
        names = (message.user_id, message.session_id, kind is Kind.BET, message.currency, message.game_id)
        return StudioCall((op,), *names, in_smallest_units=True)

    return read


def write(exchange: Exchange) -> Answer:
    """The verdict in number and words, and always a balance: zero where no wallet is known."""
    words = "Transaction already processed" if exchange.status is Status.DUPLICATE else "Completed"
    said = {
        "balance": whole_units(exchange.balance, exchange.account.exponents.get(exchange.currency or "", 2)),
        "errorCode": exchange.code,
        "errorDescription": words if exchange.done else exchange.status.replace("_", " ").capitalize(),
    }
    return json_answer(exchange, said)


VERBS = verbs(
    json_decoder,
    Message,
    {
        "GetBalance": (PLAYER, read_balance),
        "GetCash": (MONEY, movement(Kind.BET, Kind.BUY_IN)),
        "ReturnCash": (MONEY, movement(Kind.WIN, Kind.PAYOUT)),
        "Rollback": ((*MONEY, "reference_transaction_id"), movement(Kind.REFUND, Kind.REFUND)),
    },
)
EVENBET = Provider(
    name="evenbet",
    title="EvenBet",
    check=signing.sha256_suffixed_hex(header="sign"),
    route=by_field("method", VERBS),
    verbs=VERBS,
    codes=CODES,
    policy=Policy(refund_amount=RefundAmount.MATCH),
    manners=Manners(
        unknown_rollback=Answered.ERROR,
        unknown_game_pays=True,
        zero_amounts=frozenset({Kind.WIN, Kind.PAYOUT}),
    ),
    write=write,
    scrub=starred("sessionId"),
    settings=frozenset({MODE, signing.CLIENT_ID}),
)
