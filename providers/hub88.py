"""Hub88: the wallet that an operator serves to the aggregator.  JSON, one POST per call, always HTTP 200.

What it shares with its dialects is `providers.rs_wallet`; signed in ``X-Hub88-Signature``.  Its own: user/info, the
balance told with a lack of funds, and its words.  Source: docs.hub88.io; what it leaves open is decided in
docs/providers/hub88.md.
"""

from functools import partial
from typing import Annotated

from msgspec import Meta, field

from providers import rs_wallet
from providers.contract import DONE, Account, Answer, Ask, Exchange, Profile, Query
from providers.outbound.rs_wallet import Paths, studio_of
from providers.provider import Group, Provider, SecretForm
from providers.rs_wallet import MANNERS, POLICY, Reply, Trace
from providers.scrubbing import starred
from providers.signing import rsa_sha256_base64
from providers.syntax import by_path, json_answer
from wallet.types import Sex, Status

User = Annotated[str, Meta(min_length=4)]


class Info(Trace, frozen=True, kw_only=True):
    """user/info."""

    user: User


class Balance(rs_wallet.Balance, frozen=True, kw_only=True):
    """user/balance."""

    player: User = field(name="user")


class Bet(rs_wallet.Bet, frozen=True, kw_only=True):
    """transaction/bet."""

    player: User = field(name="user")
    supplier_user: str | None = None


class Win(rs_wallet.Win, frozen=True, kw_only=True):
    """transaction/win."""

    player: User = field(name="user")
    supplier_user: str | None = None


class Rollback(rs_wallet.Rollback, frozen=True, kw_only=True):
    """transaction/rollback."""

    player: User = field(name="user")


class Identity(Reply, frozen=True, kw_only=True, omit_defaults=True):
    """The answer to user/info: what we know of the player and may tell."""

    country: str | None = None
    jurisdiction: str | None = None
    sub_partner_id: str | None = None
    birth_date: str | None = None
    registration_date: str | None = None
    tags: tuple[str, ...] = ()
    sex: str | None = None
    affiliate_id: str | None = None


SEXES = {Sex.FEMALE: "FEMALE", Sex.MALE: "MALE"}
CODES = rs_wallet.codes_of(
    {
        "RS_ERROR_LIMIT_REACHED": Group.LIMITS,
        "RS_ERROR_INVALID_PARTNER": Group.STRANGER,
    },
    unexpired=("user/balance",),
)


def read_info(info: Info, _account: Account) -> Query:
    """Who the player is: no token, no money."""
    return Query(Ask.IDENTITY, info.user)


def write(exchange: Exchange) -> Answer:
    """The verdict; with a success, and with a lack of funds, the balance; of user/info who the player is."""
    if exchange.verb != "user/info":
        return tell_balance(exchange)
    said = rs_wallet.verdict_of(exchange)
    if exchange.done and exchange.profile is not None:
        said = identity_of(said, exchange.profile)
    return json_answer(exchange, said)


tell_balance = partial(rs_wallet.write, with_balance=DONE | {Status.INSUFFICIENT_FUNDS})


def identity_of(said: Reply, player: Profile) -> Identity:
    """What user/info tells of the player; what is not known, or was erased, is left out."""
    return Identity(
        status=said.status,
        request_uuid=said.request_uuid,
        user=player.player,
        country=player.country,
        jurisdiction=player.jurisdiction,
        sub_partner_id=player.brand,
        birth_date=player.birth_date,
        registration_date=player.registered_at and player.registered_at[:10],
        tags=player.labels,
        sex=player.sex and SEXES[player.sex],
        affiliate_id=player.affiliate,
    )


VERBS = rs_wallet.verbs_of(
    {
        "user/info": (Info, read_info),
        "user/balance": (Balance, rs_wallet.read_balance),
        "transaction/bet": (Bet, rs_wallet.read_bet),
        "transaction/win": (Win, rs_wallet.read_win),
        "transaction/rollback": (Rollback, rs_wallet.read_rollback),
    }
)
PATHS = Paths(
    launch="/operator/generic/v2/game/url",
    games="/operator/generic/v2/game/list",
    issue="/operator/generic/v2/freebet/rewards/create",
    cancel="/operator/generic/v2/freebet/rewards/cancel",
)
HUB88 = Provider(
    name="hub88",
    title="Hub88",
    check=rsa_sha256_base64(header="x-hub88-signature"),
    route=by_path(VERBS),
    verbs=VERBS,
    codes=CODES,
    policy=POLICY,
    manners=MANNERS,
    write=write,
    secret_form=SecretForm.PUBLIC_KEY,
    scrub=starred("token"),
    studio=studio_of(PATHS, header="x-hub88-signature", demo_currency="XXX"),
    wins_name_bets=True,
    settings=frozenset({rs_wallet.SUPPLIER_PROMO}),
)
