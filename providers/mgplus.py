"""MG+ (Games Global): the single wallet that an operator serves.  JSON, one POST per call; the HTTP status is the verdict.

Nothing is signed; where a secret was agreed on it travels in ``X-MGP-TOKEN``.  Every answer echoes ``X-MGP-REQ-ID`` and
tells its milliseconds in ``X-MGP-RESPONSE-TIME``.  Amounts and balances are JSON numbers in major units.  A key is the
``txnId`` of money; a rollback has none but that of what it takes back.  What is repeated is answered to the byte from
the stored posting.  Source: the single-wallet agent guide; what it leaves open is decided in docs/providers/mgplus.md.
"""

from decimal import Decimal
from typing import Annotated, Any

from msgspec import Meta, Raw, Struct
from msgspec.structs import replace

from providers import signing
from providers.contract import (
    Account,
    Answer,
    Ask,
    Exchange,
    Fault,
    Query,
    Refused,
    Request,
    StudioCall,
    StudioOp,
)
from providers.manners import Manners
from providers.outbound.mgplus import STUDIO
from providers.provider import Group, Provider, SecretForm, Verb, codes
from providers.scrubbing import starred
from providers.syntax import JSON_TYPE, by_path, encode_json, json_decoder, verbs
from providers.translate import (
    amount_of,
    floored,
    jackpot_of,
    key_of,
    metadata_of,
    milliseconds_of,
    moment_of,
    scope_of_undoing,
)
from wallet.types import SESSION_DEFECTS, SUCCESSES, Kind, Policy, Status

PLACES = 6
DO, UNDO = "transaction:", "rollback:"
Id = Annotated[str, Meta(max_length=256)]
TRUE, NULL = Raw(b"true"), Raw(b"null")

MONITOR_PATH = "monitor_path"
"""Account setting: the path that is asked whether anybody is there; ``monitor`` where nothing is set."""

PROGRESSIVE = "progressive"
"""Account setting: ``jackpot`` books a credit that holds a progressive win to the jackpot pool; else it is a win."""

JACKPOT = "jackpot"

UNCHECKED = "stakes_without_session"
"""Account setting: ``yes`` takes stakes also where the token that came with them is dead."""


class Message(Struct, frozen=True, kw_only=True, rename="camel"):
    """A request of any verb; `VERBS` says what each cannot be without."""

    player_id: str | None = None
    content_code: str | None = None
    operator_login_token: str | None = None  # from the launch; exchanged once
    ext_operator_token: str | None = None  # ours, from the login
    txn_type: str = ""
    txn_event_type: str = ""
    txn_id: Id = ""
    amount: Raw = Raw()
    currency: str | None = None
    bet_id: Id | None = None
    round_id: Id | None = None
    completed: bool | None = None
    meta_data: dict[str, Raw] | None = None
    creation_time_ms: Raw = Raw()
    device_type: Raw = Raw()
    platform_type: Raw = Raw()
    channel: Raw = Raw()
    trans_num: Raw = Raw()


KEPT = (
    *("txn_type", "txn_event_type", "bet_id", "meta_data"),
    *("device_type", "platform_type", "channel", "trans_num"),
)

EVENTS = ("TOURNAMENT", "PROMOTION", "ACHIEVEMENT", "STORE")
KINDS = {("DEBIT", "GAME"): Kind.BET, ("CREDIT", "GAME"): Kind.WIN}
KINDS |= {("DEBIT", event): Kind.BUY_IN for event in EVENTS}
KINDS |= {("CREDIT", event): Kind.PROMO_WIN for event in EVENTS}

NOBODY = (Status.WALLET_NOT_FOUND, Fault.UNKNOWN_PLAYER)
BAD = (
    *(*Group.SHAPE, *Group.REFERENCE, *Group.FINAL, *NOBODY, Fault.UNKNOWN_GAME),
    *(Status.KEY_REUSED, Status.TOMBSTONED, Status.ROUND_CLOSED),
    *(Status.CURRENCY_DIFFERS, Fault.UNKNOWN_CURRENCY),
)
MAY_NOT = (
    *(*Group.PLAYER, *Group.LIMITS, *Group.STRANGER, *SESSION_DEFECTS),
    *(Status.GAME_DISABLED, Status.ACCOUNT_DISABLED),
)
ANYTHING = (*BAD, *MAY_NOT, Status.INSUFFICIENT_FUNDS)
CODES = codes(
    {
        200: SUCCESSES,
        400: BAD,
        401: (Fault.BAD_SIGNATURE,),
        402: (Status.INSUFFICIENT_FUNDS,),
        403: MAY_NOT,
        404: (Fault.UNKNOWN_VERB,),
        500: Group.REPEATABLE,
    },
    {
        "login": {
            404: ANYTHING,
            401: SESSION_DEFECTS,
            432: (Status.SESSION_UNKNOWN, Fault.UNKNOWN_GAME),
        },
        "getbalance": {404: ANYTHING, 401: SESSION_DEFECTS},
        "updatebalance": {400: (Fault.UNKNOWN_VERB,), 403: (Fault.BAD_SIGNATURE,)},
        "rollback": {400: (*ANYTHING, Fault.BAD_SIGNATURE)},
    },
)
"""The word is the HTTP status; a call says none but its own, the later of two lines."""


def read_login(login: Message, _account: Account) -> Query:
    """The launch token exchanged where there is one, else who the player is.  Who may not play may not log in."""
    token = login.operator_login_token or None
    return Query(
        Ask.IDENTITY if token is None else Ask.EXCHANGE,
        *(login.player_id, token),
        check_token=token is not None,
        game=login.content_code,
        check_game=True,
        check_player=True,
    )


def read_balance(balance: Message, _account: Account) -> Query:
    """What the player has; a token that is sent must be alive."""
    token = balance.ext_operator_token or None
    return Query(Ask.BALANCE, balance.player_id, token, check_token=token is not None)


def read_update(update: Message, account: Account) -> StudioCall:
    """Money taken or given, in the round of its bet: the queue of what failed tells the bet's id and no other."""
    amount = amount_of(update.amount, places=PLACES)
    places = [key_of(name, any_length=True) for name in (update.bet_id, update.round_id) if name]
    op = StudioOp(
        kind_of(update, amount, account),
        key_of(update.txn_id, prefix=DO, any_length=True),
        amount,
        round=next(iter(places), None),
        end_round=bool(update.completed),
    )
    return call_of(update, op, account)


def kind_of(update: Message, amount: Decimal, account: Account) -> Kind:
    """What a movement is; the protocol's words count in any case."""
    kind = KINDS.get((update.txn_type.upper(), update.txn_event_type.upper()))
    if kind is None:
        raise Refused(Fault.BAD_VALUE, "no txnType and txnEventType of the protocol")
    progressive = (update.meta_data or {}).get("progressive", NULL) != NULL
    if kind is Kind.BET and is_free(update) and not amount:
        return Kind.FREE_BET
    if kind is Kind.WIN and progressive and account.settings.get(PROGRESSIVE) == JACKPOT:
        return Kind.JACKPOT_WIN
    return kind


def is_free(message: Message) -> bool:
    """Whether it is of a free game."""
    return (message.meta_data or {}).get("isFreeGame") == TRUE


def read_rollback(rollback: Message, account: Account) -> StudioCall:
    """A transaction taken back, whole; it is known by the id of what it takes back."""
    amount = Raw(b"0") if rollback.amount in (Raw(), NULL) else rollback.amount
    key, reference = (key_of(rollback.txn_id, prefix=prefix, any_length=True) for prefix in (UNDO, DO))
    op = StudioOp(Kind.ROLLBACK, key, amount_of(amount, places=PLACES), reference=reference)
    if account.settings.get(PROGRESSIVE) == JACKPOT:
        op = replace(op, scope=scope_of_undoing(account.policy))
    return call_of(rollback, op, account)


def call_of(message: Message, op: StudioOp, account: Account) -> StudioCall:
    """The call of one operation.  A token may be missing; one that is sent must be alive for a stake.

    An id that is no word of the ledger, or by its digest alone, is kept whole with the posting.
    """
    moment = bytes(message.creation_time_ms).decode().strip('"')
    untold = [] if message.txn_id in op.key else ["txn_id"]
    if message.round_id and message.round_id != op.round:
        untold.append("round_id")
    op = replace(op, occurred_at=moment_of(moment), metadata=metadata_of(message, (*KEPT, *untold)))
    token = message.ext_operator_token or None
    check = token is not None and account.settings.get(UNCHECKED) != "yes"
    named, free = (message.player_id, token, check), op.kind is Kind.WIN and is_free(message)
    jackpot = op.kind is Kind.JACKPOT_WIN
    ops = jackpot_of(op, message.txn_id) if jackpot else (op,)
    return StudioCall(ops, *named, message.currency, message.content_code, free_wins=free or jackpot)


def read_monitor(path: str, account: Account) -> Query:
    """Whether anybody is there, asked at the path that was agreed on, or by a look at the base."""
    if path and path != account.settings.get(MONITOR_PATH, "monitor").strip("/"):
        raise Refused(Fault.UNKNOWN_VERB, "no path of the protocol")
    return Query(Ask.MONITOR)


def is_a_look(request: Request) -> bool:
    """Whether a request that is no call may be one of the monitor: at any path, at the base by what asks alone."""
    return bool(request.path.strip("/")) or request.method in {"GET", "HEAD"}


def write(exchange: Exchange) -> Answer:
    """The status, and with a success what there is; of a movement everything is the stored posting's."""
    said: dict[str, Any] = {}
    if exchange.done and exchange.cash is not None:
        balance = max(Decimal(0), exchange.balance)  # the protocol has no sign
        said["balance"] = floored(balance, exchange.account.manners.places)
        said["currency"] = exchange.currency
        if exchange.token is not None:
            said["extOperatorToken"] = exchange.token
        if exchange.outcome is not None and (booked := exchange.outcome.ops[0].recorded_at):
            said["extTxnId"] = exchange.transaction()
            said["extCreationTimeMs"] = milliseconds_of(booked)
    request_id = exchange.request.headers.get("x-mgp-req-id", "")
    took = str(exchange.milliseconds)
    headers = (JSON_TYPE, ("x-mgp-req-id", request_id), ("x-mgp-response-time", took))
    return Answer(exchange.code, headers, encode_json(said))


WHO = ("player_id",)
CALLS = verbs(
    json_decoder,
    Message,
    {
        "login": ((*WHO, "content_code"), read_login),
        "getbalance": (WHO, read_balance),
        "updatebalance": (
            (*WHO, "txn_type", "txn_event_type", "txn_id", "amount", "currency", "content_code", "completed"),
            read_update,
        ),
        "rollback": ((*WHO, "txn_id"), read_rollback),
    },
)
CALL_OF = by_path(CALLS)
MGPLUS = Provider(
    name="mgplus",
    title="MG+ (Games Global)",
    check=signing.secret_in_header(header="x-mgp-token"),
    route=lambda request: CALL_OF(request) or ("monitor" if is_a_look(request) else None),
    verbs={**CALLS, "monitor": Verb("monitor", lambda request: request.path.strip("/"), read_monitor)},
    codes=CODES,
    code_is_status=True,
    policy=Policy(win_without_bet=True),  # a credit names no debit, and may come offline
    manners=Manners(
        zero_amounts=frozenset({Kind.BET, Kind.WIN, Kind.BUY_IN, Kind.PROMO_WIN, Kind.JACKPOT_WIN}),
        unknown_game_pays=True,
    ),
    write=write,
    scrub=starred("operatorLoginToken", "extOperatorToken"),
    secret_form=SecretForm.OPTIONAL,
    one_time_launch=True,
    studio=STUDIO,
    settings=frozenset({MONITOR_PATH, PROGRESSIVE, UNCHECKED}),
)
