"""Caleta: the wallet that an operator serves to the studio.  JSON, one POST per call, always HTTP 200.

What it shares with the aggregator whose dialect it speaks is `providers.rs_wallet`; signed in ``X-Auth-Signature``.
Its own: a session that is checked by its token and may be given another, the player's name (`supplier_user`, and on
a rollback perhaps none), refusals without a balance, and its words.  Source: its public OpenAPI document and the
tests published with it; what they leave open is decided in docs/providers/caleta.md.
"""

from decimal import Decimal, InvalidOperation

from msgspec import Raw, Struct, field
from msgspec.structs import replace

from providers import rs_wallet, signing
from providers.contract import Account, Answer, Ask, Exchange, Fault, Query, StudioCall
from providers.outbound.rs_wallet import Paths, studio_of
from providers.provider import Group, Provider, SecretForm
from providers.rs_wallet import Reply
from providers.scrubbing import starred
from providers.syntax import by_path, json_answer
from providers.translate import jackpot_of
from wallet.types import Scope, Status


class Check(Struct, frozen=True, kw_only=True):
    """wallet/check."""

    token: str
    request_uuid: str | None = None


class Balance(rs_wallet.Balance, frozen=True, kw_only=True):
    """wallet/balance."""

    player: str = field(name="supplier_user")


class Bet(rs_wallet.Bet, frozen=True, kw_only=True):
    """wallet/bet."""

    player: str = field(name="supplier_user")


class Win(rs_wallet.Win, frozen=True, kw_only=True):
    """wallet/win."""

    player: str = field(name="supplier_user")
    jackpot_win: Raw = Raw()  # that, or how much, a jackpot paid of the amount


class Rollback(rs_wallet.Rollback, frozen=True, kw_only=True):
    """wallet/rollback: without `user` it is the token's."""

    player: str | None = field(name="user", default=None)


class Checked(Reply, frozen=True, kw_only=True, omit_defaults=True):
    """The answer to wallet/check."""

    token: str | None = None


CHECK = "check"
"""Account setting: ``rotate`` hands out a new token with every check, and the old one bets no more."""

JACKPOT = "jackpot_win"
"""Account setting: ``pool`` pays a win that a jackpot has part in from the jackpot pool; it then needs no bet."""

POOL = "pool"

NO_JACKPOT = frozenset({"", "null", "false", "{}", "[]"})

CODES = rs_wallet.codes_of(
    {
        "RS_ERROR_BET_LIMIT_EXCEEDED": Group.LIMITS,
        "RS_ERROR_TRANSACTION_ROLLED_BACK": (Status.REFERENCE_REVERSED, Status.TOMBSTONED),
        "RS_ERROR_TIMEOUT": (Fault.OVERLOADED,),
    },
    unexpired=("wallet/check", "wallet/balance"),
)


def read_check(check: Check, account: Account) -> Query:
    """Whether the token is good; by setting another one in its place."""
    ask = Ask.ROTATE if account.settings.get(CHECK) == "rotate" else Ask.IDENTITY
    return Query(ask, token=check.token, check_token=True)


def read_win(win: Win, account: Account) -> StudioCall:
    """What a bet won; by setting a jackpot is paid from its pool."""
    call = rs_wallet.read_win(win, account)
    if account.settings.get(JACKPOT) != POOL or not has_part(win.jackpot_win):
        return call
    return replace(call, ops=jackpot_of(call.ops[0], win.transaction_uuid), free_wins=True)


def has_part(jackpot: Raw) -> bool:
    """Whether a jackpot has part in a win, told as a flag or an amount: none where it is zero, however that is written."""
    text = bytes(jackpot).decode().strip('"')
    try:
        return bool(Decimal(text))
    except InvalidOperation:
        return text not in NO_JACKPOT


def read_rollback(rollback: Rollback, account: Account) -> StudioCall:
    """The end of a bet or win; where jackpots are paid from a pool, with what stands beside it."""
    call = rs_wallet.read_rollback(rollback, account)
    if account.settings.get(JACKPOT) != POOL:
        return call
    return replace(call, ops=tuple(replace(op, scope=Scope.CALL) for op in call.ops))


def write(exchange: Exchange) -> Answer:
    """The verdict, and with a success alone the balance; of wallet/check the token to go on with."""
    if exchange.verb != "wallet/check":
        return rs_wallet.write(exchange)
    said = rs_wallet.verdict_of(exchange)
    if exchange.done:
        token = exchange.token or exchange.message.token
        said = Checked(status=said.status, request_uuid=said.request_uuid, token=token)
    return json_answer(exchange, said)


VERBS = rs_wallet.verbs_of(
    {
        "wallet/check": (Check, read_check),
        "wallet/balance": (Balance, rs_wallet.read_balance),
        "wallet/bet": (Bet, rs_wallet.read_bet),
        "wallet/win": (Win, read_win),
        "wallet/rollback": (Rollback, read_rollback),
    }
)
PATHS = Paths(
    launch="/api/game/url",
    games="/api/game/list",
    issue="/api/freebet/rewards/create",
    cancel="/api/freebet/rewards/cancel",
)
CALETA = Provider(
    name="caleta",
    title="Caleta",
    check=signing.rsa_sha256_base64(header="x-auth-signature"),
    route=by_path(VERBS),
    verbs=VERBS,
    codes=CODES,
    policy=rs_wallet.POLICY,
    manners=rs_wallet.MANNERS,
    write=write,
    secret_form=SecretForm.PUBLIC_KEY,
    scrub=starred("token"),
    studio=studio_of(PATHS, header="x-auth-signature", demo_currency="FUN"),
    wins_name_bets=True,
    settings=frozenset({CHECK, JACKPOT, rs_wallet.SUPPLIER_PROMO}),
)
