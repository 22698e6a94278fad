"""Alea Play: the wallet that an operator serves to the aggregator.  Transactions by POST in JSON, questions by GET.

``Digest: SHA-512=`` is over the body of a transaction, and over the ids of a question (`signing.sha512_suffixed_hex`).
Amounts are JSON numbers in major units.  ``type`` says what a transaction is, its key is of its ``id``; a BET_WIN is two
operations under one id, and a ROLLBACK gives back both.  A refusal is an HTTP status and a code.  Source:
docs.alea.com; what it leaves open is decided in docs/providers/alea.md.
"""

from decimal import Decimal
from typing import Any

from msgspec import Raw, Struct
from msgspec.structs import replace

from providers import signing
from providers.contract import (
    Account,
    Amounts,
    Answer,
    Ask,
    Exchange,
    Fault,
    Query,
    Request,
    StudioCall,
    StudioOp,
)
from providers.manners import Manners
from providers.outbound.alea import STUDIO
from providers.paths import body_or_fields, pattern_of, verbs_by_path
from providers.provider import Group, Provider, codes
from providers.scrubbing import starred
from providers.syntax import Read, by_field, json_answer, json_decoder, verbs
from providers.translate import amount_of, floored, instant_of, key_of, metadata_of
from wallet.types import CREATED_STATUSES, SESSION_DEFECTS, SUCCESSES, Kind, Scope, Status

PLACES = 8


class Part(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """An object of a transaction: a player, a game, a round, half a BET_WIN, or another transaction."""

    id: str | int = ""
    casino_player_id: str = ""
    amount: Raw = Raw()
    status: str = ""
    integrator_round_id: Raw = Raw(b"null")


class Message(Struct, frozen=True, kw_only=True, rename="camel"):
    """A transaction of any type, or a question; `VERBS` says what each cannot be without."""

    id: str = ""
    type: str = ""
    player: Part | None = None
    currency: str | None = None
    casino_session_id: str | None = None
    casino_player_id: str | None = None  # of a question
    game: Part | None = None
    round: Part | None = None
    amount: Raw = Raw()
    bet: Part = Part()
    win: Part = Part()
    transaction: Part = Part()
    requested_at: Raw = Raw()
    integrator_transaction_id: Raw = Raw()
    software: Raw = Raw()
    integrator: Raw = Raw()


KEPT = ("integrator_transaction_id", "software", "integrator", "round")

DENIED = frozenset({"SESSION_EXPIRED", "INSUFFICIENT_FUNDS", "BET_DENIED", "GAME_NOT_ALLOWED"})
"""Codes whose status is DENIED; every other's is ERROR."""
FAILED, NOT_ALLOWED = ("UNKNOWN_ERROR", 400), ("GAME_NOT_ALLOWED", 404)
OF_BETS = {("BET_DENIED", 403): (Status.TOMBSTONED, Status.ROUND_CLOSED), NOT_ALLOWED: (Fault.UNKNOWN_GAME,)}

CODES = codes(
    {
        "": SUCCESSES,
        ("SESSION_EXPIRED", 403): SESSION_DEFECTS,
        ("INSUFFICIENT_FUNDS", 403): (Status.INSUFFICIENT_FUNDS,),
        ("BET_DENIED", 403): (Status.ACCOUNT_DISABLED,),
        ("BET_MAX", 403): Group.LIMITS,
        ("PLAYER_BLOCKED", 403): Group.PLAYER,
        NOT_ALLOWED: (Status.GAME_DISABLED,),
        ("TRANSACTION_NOT_FOUND", 404): Group.REFERENCE,
        ("DUPLICATE_TRANSACTION_DATA_MISMATCH", 400): (Status.KEY_REUSED,),
        FAILED: (*Group.FINAL, Status.TOMBSTONED, Status.ROUND_CLOSED),
        ("INVALID_REQUEST", 500): (
            *(*Group.SHAPE, *Group.STRANGER, Fault.BAD_SIGNATURE, Fault.UNKNOWN_CURRENCY, Fault.UNKNOWN_GAME),
            *(Status.CURRENCY_DIFFERS, Status.WALLET_NOT_FOUND, Fault.UNKNOWN_PLAYER),
        ),
        ("GENERAL_ERROR", 503): (Fault.OVERLOADED,),
        ("INTERNAL_ERROR", 503): (Fault.INTERNAL,),
    },
    {
        **dict.fromkeys(("BET", "BET_WIN"), OF_BETS),
        "WIN": {FAILED: Group.REFERENCE},
        "ROLLBACK": {FAILED: (Status.REFERENCE_SETTLED,)},
    },
)


def read_session(session: Message, _account: Account) -> Query:
    """Whose session it is, if it lives."""
    return Query(Ask.IDENTITY, token=session.casino_session_id, check_token=True)


def read_balance(asked: Message, _account: Account) -> Query:
    """What the player has; a session that is named must live."""
    token = asked.casino_session_id
    named = (asked.casino_player_id, token, token is not None)
    return Query(Ask.BALANCE, *named, currency=asked.currency)


def read_as(kind: Kind) -> Read:
    """A stake, which needs a living session, or what was won in the round."""
    stake = kind is Kind.BET
    return lambda message, _account: call_of(
        message, op_of(kind, name_of(message.id), message.amount), check_token=stake
    )


def read_bet_win(message: Message, _account: Account) -> StudioCall:
    """A stake and its result, each naming the other: so neither is what a BET or a WIN of the same id would be."""
    bet, won = name_of(message.id), name_of(message.id, "win:")
    stake = op_of(Kind.BET, bet, message.bet.amount, reference=won)
    return call_of(message, stake, op_of(Kind.WIN, won, message.win.amount, bet), check_token=True)


def read_rollback(message: Message, _account: Account) -> StudioCall:
    """All that stands under an id given or taken back, whatever amount is said."""
    reference = name_of(str(message.transaction.id))
    undo = StudioOp(Kind.ROLLBACK, name_of(message.id), reference=reference, scope=Scope.CALL)
    return call_of(message, undo)


def read_end(message: Message, _account: Account) -> StudioCall:
    """The end of a round."""
    return call_of(message, StudioOp(Kind.ROUND_CLOSE, name_of(message.id), end_round=True))


def name_of(transaction: str, prefix: str = "transaction:") -> str:
    """The key of a transaction, or of a BET_WIN's second half, which no transaction's can be."""
    return key_of(key_of(transaction), prefix=prefix, any_length=True)


def op_of(kind: Kind, key: str, amount: Raw, reference: str | None = None) -> StudioOp:
    """A movement."""
    return StudioOp(kind, key, amount_of(amount, places=PLACES), reference=reference)


def call_of(message: Message, *ops: StudioOp, check_token: bool = False) -> StudioCall:
    """The call of these operations in the round that is named; the last one ends it, where it is completed."""
    player, game, place = message.player or Part(), message.game, message.round
    told = {
        "round": key_of(str(place.id)) if place else None,
        "occurred_at": instant_of(message.requested_at),
        "metadata": metadata_of(message, KEPT),
    }
    *first, last = (replace(op, **told) for op in ops)
    ended = place is not None and place.status == "COMPLETED"
    last = replace(last, end_round=last.end_round or ended)
    named = (key_of(player.casino_player_id), message.casino_session_id, check_token)
    return StudioCall((*first, last), *named, message.currency, str(game.id) if game else None)


def write(exchange: Exchange) -> Answer:
    """The balances, with our id and the parts of what moved, or whose they are; else the code and its status."""
    if not exchange.done:
        status = "DENIED" if exchange.code in DENIED else "ERROR"
        why = {"code": exchange.code, "message": exchange.status.replace("_", " ")}
        return json_answer(exchange, {"statusCode": exchange.http_status, "status": status, **why})
    places = exchange.account.manners.places
    cash, bonus = exchange.cash or Decimal(0), exchange.bonus or Decimal(0)
    said: dict[str, Any] = {"realBalance": floored(cash, places), "bonusBalance": floored(bonus, places)}
    if exchange.outcome is None:
        player = exchange.profile.player if exchange.profile else exchange.message.casino_player_id
        total = {"totalBalance": floored(exchange.balance, places)}
        return json_answer(exchange, said | total | {"currency": exchange.currency, "playerId": player})
    ops = exchange.outcome.ops
    if not any(op.status in CREATED_STATUSES for op in ops):
        said["isAlreadyProcessed"] = True
    if ops[0].of_unknown:
        return json_answer(exchange, said | {"isNotFound": True})
    parts = [parts_of(moved, places) for moved in exchange.amounts]
    moved = dict(zip(("bet", "win"), parts, strict=True)) if exchange.verb == "BET_WIN" else parts[0]
    return json_answer(exchange, {"id": exchange.transaction()} | said | moved)


def parts_of(moved: Amounts, places: int) -> dict[str, Decimal]:
    """What moved, of cash and of bonus, without its direction."""
    parts = {"realAmount": moved.cash, "bonusAmount": moved.bonus}
    return {name: floored(abs(amount), places) for name, amount in parts.items()}


SESSION, BALANCE = "sessions/{casinoSessionId}", "players/{casinoPlayerId}/balance"
SIGNED = {
    SESSION: ("casinoSessionId",),
    BALANCE: ("casinoSessionId", "currency", "gameId", "integratorId", "softwareId"),
}
"""A question to what its digest covers, in that order."""

QUESTIONS = verbs_by_path(Message, {SESSION: ((), read_session), BALANCE: ((), read_balance)})
WHO = ("id", "player", "currency")
PLAYED = (*WHO, "game", "round")
TRANSACTIONS = verbs(
    json_decoder,
    Message,
    {
        "BET": ((*PLAYED, "casino_session_id", "amount"), read_as(Kind.BET)),
        "WIN": ((*PLAYED, "amount"), read_as(Kind.WIN)),
        "BET_WIN": ((*PLAYED, "casino_session_id"), read_bet_win),
        "ROLLBACK": (WHO, read_rollback),
        "END_ROUND": ((*WHO, "round"), read_end),
    },
)
VERBS = TRANSACTIONS | QUESTIONS
question_of, type_of = pattern_of(SIGNED), by_field("type", TRANSACTIONS)


def route(request: Request) -> str | None:
    """A transaction by its type, a question by its path."""
    return type_of(request) if request.path.strip("/") == "transactions" else question_of(request)


ALEA = Provider(
    name="alea",
    title="Alea Play",
    check=signing.sha512_suffixed_hex(header="digest", covers=body_or_fields(SIGNED)),
    route=route,
    verbs=VERBS,
    codes=CODES,
    manners=Manners(unknown_game_pays=True, zero_amounts=frozenset({Kind.BET, Kind.WIN})),
    write=write,
    scrub=starred("casinoSessionId", after="sessions"),
    studio=STUDIO,
    settings=frozenset({signing.DIGEST_IGNORES_WHITE_SPACE}),
)
