"""PG Soft: the wallet that an operator serves.  Form POST, JSON answer, always HTTP 200.

A form carries the operator's token and secret, and where the account has a salt a hash of it in the headers
(`signing.form_secret_and_hash`).  Amounts are decimals in major units; ``error`` is null with a success.  A transfer is
a stake and its result in one, or a result alone; nothing is ever rolled back, only sent again and adjusted.  Source:
operators' code (the specification is not public); what that leaves open is decided in docs/providers/pgsoft.md.
"""

from decimal import Decimal
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from providers import signing
from providers.contract import Account, Answer, Ask, Exchange, Fault, Query, Refused, StudioCall, StudioOp
from providers.manners import Manners
from providers.outbound import given
from providers.outbound.pgsoft import OPERATOR_TOKEN, STUDIO
from providers.provider import Group, Provider, codes
from providers.scrubbing import starred
from providers.syntax import Read, by_path, form_decoder, json_answer, verbs
from providers.translate import amount_of, floored, key_of, metadata_of, milliseconds_of, moment_of
from wallet.types import SESSION_DEFECTS, SUCCESSES, Kind, Status

PLACES = 2
TRANSACTION_ID = "transaction_id"
"""Account setting: ``whole`` makes all of a transaction's id its key, else its balance's id at the end is left out."""
SCALED_CURRENCIES = "scaled_currencies"
"""Account setting: wire codes, separated by commas, whose real transfers are other amounts than their transfers."""


class Message(Struct, frozen=True, kw_only=True):
    """A form of any verb; `VERBS` says what each cannot be without."""

    operator_token: str = ""
    operator_player_session: str | None = None
    player_name: str | None = None
    game_id: str | None = None
    currency_code: str | None = None
    parent_bet_id: str = ""  # the round
    bet_amount: str = ""
    win_amount: str = ""
    transfer_amount: str = ""
    real_transfer_amount: str | None = None
    updated_time: int | None = None
    is_validate_bet: bool | None = None  # sent again
    is_adjustment: bool | None = None  # of a bet that was pending
    is_end_round: bool = False
    is_parent_zero_stake: bool = False
    adjustment_transaction_id: str = ""
    adjustment_time: int | None = None
    # From here on: kept with the posting as it came.
    transaction_id: str = ""
    bet_id: str | None = None
    wallet_type: str | None = None
    bet_type: str | None = None
    platform: str | None = None
    create_time: str | None = None
    is_feature: str | None = None
    is_feature_buy: str | None = None
    is_minus_count: str | None = None
    free_game_transaction_id: str | None = None
    free_game_name: str | None = None
    free_game_id: str | None = None
    bonus_transaction_id: str | None = None
    bonus_name: str | None = None
    bonus_id: str | None = None
    bonus_balance_amount: str | None = None
    bonus_ratio_amount: str | None = None
    jackpot_rtp_contribution_amount: str | None = None
    adjustment_id: str | None = None
    transaction_type: str | None = None


KEPT = Message.__struct_fields__[Message.__struct_fields__.index("transaction_id") :]
PROMOTIONAL = frozenset({"B", "G"})
"""Wallets of bonuses and free games: what they turn into cash needs no stake of the round."""

CODES = codes(
    {
        "": SUCCESSES,
        "1034": (
            *(Fault.MALFORMED, Fault.WRONG_TYPE, Fault.BAD_VALUE, Fault.BAD_AMOUNT, Fault.TOO_LARGE),
            *(Fault.UNKNOWN_VERB, Fault.UNKNOWN_CURRENCY, Status.CURRENCY_DIFFERS),
        ),
        "1200": Group.REPEATABLE,
        "1204": (Fault.BAD_SIGNATURE, *Group.STRANGER),
        "1305": Group.PLAYER,
        "1307": (Status.SESSION_UNKNOWN, Status.SESSION_SUPERSEDED, Status.SESSION_REVOKED),
        "1308": (Status.SESSION_EXPIRED,),
        "1400": (Status.ACCOUNT_DISABLED,),
        "3001": (Fault.MISSING_FIELD,),
        "3004": (Status.WALLET_NOT_FOUND, Fault.UNKNOWN_PLAYER),
        "3021": Group.REFERENCE,
        "3032": (Status.KEY_REUSED,),
        "3033": (
            *(*Group.LIMITS, Status.GAME_DISABLED, Fault.UNKNOWN_GAME),
            *(Status.ROUND_CLOSED, Status.TOMBSTONED),
        ),
        "3034": Group.FINAL,
        "3202": (Status.INSUFFICIENT_FUNDS,),
    },
    {"VerifySession": {"1300": SESSION_DEFECTS}, "Cash/TransferInOut": {"3073": (Fault.BAD_AMOUNT,)}},
)


def of_the_operator(read: Read) -> Read:
    """`read`, for who names this account's operator; the secret alone is half of the pair."""

    def read_theirs(message: Message, account: Account) -> StudioCall | Query:
        if message.operator_token != account.settings.get(OPERATOR_TOKEN):
            raise Refused(Fault.WRONG_PARTNER, "another operator's token")
        return read(message, account)

    return read_theirs


def read_session(verify: Message, _account: Account) -> Query:
    """Whose session this is."""
    return Query(Ask.IDENTITY, token=verify.operator_player_session, check_token=True)


def read_balance(get: Message, _account: Account) -> Query:
    """The balance; a session that is sent must live."""
    token = get.operator_player_session
    return Query(Ask.BALANCE, get.player_name, token, check_token=token is not None)


def read_transfer(transfer: Message, account: Account) -> StudioCall:
    """A stake and its result; without a stake the further result of a round, or of a promotion."""
    stake, won = (amount_of(text, places=PLACES) for text in (transfer.bet_amount, transfer.win_amount))
    refuse_another_net(transfer, account, won - stake)
    name = name_of(transfer.transaction_id, account)
    prize = not stake and (transfer.wallet_type in PROMOTIONAL or transfer.is_parent_zero_stake)
    bet = StudioOp(Kind.BET, key_of(name, prefix="bet:"), stake)
    win = StudioOp(
        Kind.PROMO_WIN if prize else Kind.WIN,
        key_of(name, prefix="win:"),
        won,
        reference=bet.key if stake else None,
        end_round=transfer.is_end_round,
    )
    again = transfer.is_validate_bet or transfer.is_adjustment
    return call_of(transfer, *((bet, win) if stake else (win,)), check_token=not again)


def read_adjustment(adjustment: Message, _account: Account) -> StudioCall:
    """A correction, up or down."""
    key = key_of(adjustment.adjustment_transaction_id, prefix="adjustment:")
    amount = amount_of(adjustment.transfer_amount, places=PLACES, signed=True)
    return call_of(adjustment, StudioOp(Kind.CORRECTION, key, amount))


def refuse_another_net(transfer: Message, account: Account, net: Decimal) -> None:
    """Raise `Refused` where the transfer is not what was won less what was staked."""
    texts = (transfer.transfer_amount, transfer.real_transfer_amount or transfer.transfer_amount)
    said, real = (amount_of(text, places=PLACES, signed=True) for text in texts)
    scaled = transfer.currency_code in account.settings.get(SCALED_CURRENCIES, "").split(",")
    if said != net or (real != net and not scaled):
        raise Refused(Fault.BAD_AMOUNT, "the transfer is not the win less the bet")


def name_of(transaction_id: str, account: Account) -> str:
    """What a transaction is known by: bet, parent bet and type; another balance's id is the same one again."""
    parts = transaction_id.split("-")
    whole = len(parts) != 4 or account.settings.get(TRANSACTION_ID) == "whole"
    return transaction_id if whole else "-".join(parts[:3])


def call_of(message: Message, *ops: StudioOp, check_token: bool = False) -> StudioCall:
    """The call on the wallet of the player who is named, in the round of the parent bet where there is one."""
    place = key_of(message.parent_bet_id) if message.parent_bet_id else None
    moment = moment_of(str(message.updated_time or message.adjustment_time))
    kept = metadata_of(message, KEPT)
    ops = tuple(replace(op, round=place, occurred_at=moment, metadata=kept) for op in ops)
    named = (message.player_name, message.operator_player_session, check_token)
    return StudioCall(ops, *named, message.currency_code, message.game_id)


def write(exchange: Exchange) -> Answer:
    """What the verb tells, or the error."""
    if not exchange.done:
        error = {"code": exchange.code, "message": exchange.status.replace("_", " ").capitalize()}
        return json_answer(exchange, {"data": None, "error": error})
    tell = TELLS.get(exchange.verb or "")
    return json_answer(exchange, {"data": tell(exchange) if tell else {"is_success": True}, "error": None})


def tell_session(exchange: Exchange) -> dict[str, Any]:
    """Who the player is."""
    name = exchange.profile and exchange.profile.player
    return {"player_name": name, "nickname": name, "currency": exchange.currency}


def tell_balance(exchange: Exchange) -> dict[str, Any]:
    """The balance, as of the time that the request names, else of now; what a transfer says it was is echoed."""
    real = exchange.message.real_transfer_amount if exchange.outcome else None
    return {
        "currency_code": exchange.currency,
        "balance_amount": floored(exchange.balance, exchange.account.manners.places),
        "updated_time": exchange.message.updated_time or milliseconds_of(exchange.now),
        **given(real_transfer_amount=real and Decimal(real)),
    }


def tell_adjustment(exchange: Exchange) -> dict[str, Any]:
    """What was moved and the balances around it, as they are stored; what moved nothing has those of now."""
    moved, places = exchange.amounts[0], exchange.account.manners.places
    stored = exchange.outcome is not None and exchange.outcome.ops[0].posting is not None
    before, after = (moved.before, moved.after) if stored else (exchange.balance, exchange.balance)
    return {
        "adjust_amount": floored(after - before, places),
        "balance_before": floored(before, places),
        "balance_after": floored(after, places),
        "updated_time": exchange.message.adjustment_time,
    }


TELLS = {
    "VerifySession": tell_session,
    "Cash/Get": tell_balance,
    "Cash/TransferInOut": tell_balance,
    "Cash/Adjustment": tell_adjustment,
}
MOVED = ("operator_token", "player_name", "currency_code", "transfer_amount")
SPUN = (
    *(*MOVED, "game_id", "parent_bet_id", "bet_id", "bet_amount", "win_amount", "transaction_id"),
    *("create_time", "updated_time", "is_validate_bet", "is_adjustment"),
)
ADJUSTED = (*MOVED, "adjustment_transaction_id", "adjustment_time")
ABOUT = ("operator_token", "player_name")
VERBS = verbs(
    form_decoder,
    Message,
    {
        "VerifySession": (("operator_token", "operator_player_session"), of_the_operator(read_session)),
        "Cash/Get": (ABOUT, of_the_operator(read_balance)),
        "Cash/TransferInOut": (SPUN, of_the_operator(read_transfer)),
        "Cash/Adjustment": (ADJUSTED, of_the_operator(read_adjustment)),
        # The game's own account of a bet, which we have no need of.
        "Cash/UpdateBetDetail": (ABOUT, of_the_operator(lambda one, _: Query(Ask.BALANCE, one.player_name))),
    },
)
PGSOFT = Provider(
    name="pgsoft",
    title="PG Soft",
    check=signing.form_secret_and_hash(field="secret_key"),
    signed_where=signing.with_salt,
    route=by_path(VERBS),
    verbs=VERBS,
    codes=CODES,
    manners=Manners(
        unknown_game_pays=True,
        zero_amounts=frozenset({Kind.WIN, Kind.PROMO_WIN, Kind.CORRECTION}),
    ),
    write=write,
    scrub=starred("secret_key", "operator_player_session"),
    studio=STUDIO,
    settings=frozenset({OPERATOR_TOKEN, TRANSACTION_ID, SCALED_CURRENCIES}),
)
