"""Provider accounts: configured integrations with studios, made, read and changed; heard by every process at once.

A shared secret is generated here and shown once; of a scheme with key pairs the studio's public key is given.  What is
kept is sealed, and no answer ever holds it.
"""

import secrets
from collections.abc import Mapping
from datetime import datetime
from ipaddress import ip_network
from typing import Annotated, Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from litestar import get, patch, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter
from msgspec import Meta, Struct, structs

from gateway.api.desk import Caller
from gateway.api.problems import Problem, documented, invalid
from gateway.registry import configured
from providers import PROVIDERS
from providers.contract import Provider, SecretForm
from wallet.catalogue import AccountRecord, AccountState, Environment, Network

TAGS = ["Catalogue"]
MAXIMUM_NETWORKS = 100

SLUG = "^[a-z0-9][a-z0-9-]{0,62}$"
Slug = Annotated[str, Meta(pattern=SLUG, description="Its place under /callbacks/.", examples=["acorn-eu"])]
SlugInPath = Annotated[str, PathParameter(pattern=SLUG)]
PublicKey = Annotated[
    str, Meta(max_length=4096, description="PEM, where the protocol's scheme has key pairs.")
]
Deadline = Annotated[int, Meta(ge=50, le=60_000, description="Below the studio's own time-out.")]
BaseUrl = Annotated[str, Meta(max_length=500, pattern=r"^https?://[^\s?#]+$")]
Networks = Annotated[list[Annotated[str, Meta(max_length=50)]], Meta(max_length=MAXIMUM_NETWORKS)]
WireCurrencies = Annotated[
    dict[Annotated[str, Meta(min_length=1, max_length=20)], tuple[str, int]],
    Meta(
        max_length=300,
        description="The studio's code to our currency and the power of ten between them, as in mBTC: [BTC, -3].",
    ),
]
Overrides = Annotated[dict[str, Any], Meta(max_length=50)]
Settings = Annotated[dict[str, Annotated[str, Meta(max_length=2000)]], Meta(max_length=50)]


class ProviderAccountRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A provider account to make."""

    slug: Slug
    protocol: Annotated[str, Meta(max_length=50)]
    environment: Environment
    public_key: PublicKey | None = None
    policy: Overrides = {}
    manners: Overrides = {}
    settings: Settings = {}
    allowed_networks: Networks = []
    base_url: BaseUrl | None = None
    currencies: WireCurrencies = {}
    deadline_ms: Deadline = 2000
    keep_exchanges: bool = True


class ProviderAccountChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change; what is left out stays."""

    state: AccountState | None = None
    policy: Overrides | None = None
    manners: Overrides | None = None
    settings: Settings | None = None
    allowed_networks: Networks | None = None
    base_url: BaseUrl | None = None
    currencies: WireCurrencies | None = None
    deadline_ms: Deadline | None = None
    keep_exchanges: bool | None = None


class SecretRotation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new secret.  The one before stays valid beside it unless it is retired."""

    public_key: PublicKey | None = None
    retire_previous: bool = False


class ProviderAccountAnswer(Struct, frozen=True, kw_only=True):
    """A provider account, without its secrets."""

    slug: Slug
    protocol: str
    environment: Environment
    state: AccountState
    active_secrets: int
    policy: dict[str, Any]
    manners: dict[str, Any]
    settings: dict[str, Any]
    allowed_networks: list[str]
    base_url: str | None
    currencies: dict[str, Any]
    deadline_ms: int
    keep_exchanges: bool
    changed_at: datetime | None


class ProviderAccountWithSecret(Struct, frozen=True):
    """A provider account and its new shared secret, the only time that it is seen."""

    provider_account: ProviderAccountAnswer
    secret: Annotated[str, Meta(description="Null where the scheme has none of ours.")] | None


class ProviderAccountList(Struct, frozen=True):
    """Every provider account."""

    items: list[ProviderAccountAnswer]


@post("/provider-accounts", tags=TAGS, responses=documented("provider_account_exists"))
async def create_provider_account(
    data: JSONBody[ProviderAccountRequest], caller: NamedDependency[Caller]
) -> ProviderAccountWithSecret:
    """Make a provider account; its callbacks are answered from now on."""
    provider = PROVIDERS.get(data.protocol)
    if provider is None:
        raise invalid("protocol", f"there are {', '.join(sorted(PROVIDERS))}")
    kept, shown = _new_secret(provider, data.public_key)
    record = AccountRecord(
        id=0,
        slug=data.slug,
        protocol=data.protocol,
        environment=data.environment,
        secrets=() if kept is None else (caller.desk.sealing.seal(data.slug, kept),),
        policy=data.policy,
        manners=data.manners,
        settings=data.settings,
        allowed_networks=_networks(data.allowed_networks),
        base_url=data.base_url,
        currencies=data.currencies,
        deadline_ms=data.deadline_ms,
        keep_exchanges=data.keep_exchanges,
    )
    _check(caller, record)
    if await caller.desk.catalogue.create(record) is None:
        raise Problem("provider_account_exists")
    await caller.desk.registry.refresh()
    return ProviderAccountWithSecret(_answer(await _record(caller, data.slug)), shown)


@get("/provider-accounts", tags=TAGS, responses=documented())
async def list_provider_accounts(caller: NamedDependency[Caller]) -> ProviderAccountList:
    """Every provider account."""
    return ProviderAccountList([_answer(record) for record in await caller.desk.catalogue.accounts()])


@get("/provider-accounts/{slug:str}", tags=TAGS, responses=documented("provider_account_not_found"))
async def read_provider_account(slug: SlugInPath, caller: NamedDependency[Caller]) -> ProviderAccountAnswer:
    """One provider account."""
    return _answer(await _record(caller, slug))


@patch("/provider-accounts/{slug:str}", tags=TAGS, responses=documented("provider_account_not_found"))
async def change_provider_account(
    slug: SlugInPath, data: JSONBody[ProviderAccountChange], caller: NamedDependency[Caller]
) -> ProviderAccountAnswer:
    """Change a provider account; an override that is given replaces all of its kind."""
    changes: dict[str, Any] = {
        name: value for name in data.__struct_fields__ if (value := getattr(data, name)) is not None
    }
    if "allowed_networks" in changes:
        changes["allowed_networks"] = _networks(changes["allowed_networks"])
    record = structs.replace(await _record(caller, slug), **changes)
    _check(caller, record)
    if not await caller.desk.catalogue.change(record):
        raise Problem("provider_account_not_found")
    await caller.desk.registry.refresh()
    return _answer(await _record(caller, slug))


@post(
    "/provider-accounts/{slug:str}/rotate-secret",
    status_code=200,
    tags=TAGS,
    responses=documented("provider_account_not_found", "changed_meanwhile"),
)
async def rotate_provider_account_secret(
    slug: SlugInPath, data: JSONBody[SecretRotation], caller: NamedDependency[Caller]
) -> ProviderAccountWithSecret:
    """Put a new secret before the one there is."""
    record = await _record(caller, slug)
    kept, shown = _new_secret(PROVIDERS[record.protocol], data.public_key)
    if kept is None:
        raise invalid("(body)", "this protocol has no secret")
    previous = () if data.retire_previous else record.secrets[:1]
    sealed = (caller.desk.sealing.seal(slug, kept), *previous)
    if not await caller.desk.catalogue.replace_secrets(slug, record.secrets, sealed):
        raise Problem("changed_meanwhile")
    await caller.desk.registry.refresh()
    return ProviderAccountWithSecret(_answer(await _record(caller, slug)), shown)


async def _record(caller: Caller, slug: str) -> AccountRecord:
    record = await caller.desk.catalogue.account(slug)
    if record is None:
        raise Problem("provider_account_not_found")
    return record


def _new_secret(provider: Provider, public_key: str | None) -> tuple[bytes | None, str | None]:
    """What is kept of a new secret, and what is shown of it once.  Raises `Problem`."""
    if provider.secret_form is SecretForm.PUBLIC_KEY:
        if public_key is None:
            raise invalid("public_key", "the studio's public key is needed, as PEM")
        try:
            load_pem_public_key(public_key.encode())
        except (ValueError, UnsupportedAlgorithm):
            raise invalid("public_key", "is no public key in PEM") from None
        return public_key.encode(), None
    if public_key is not None:
        raise invalid("public_key", "this protocol has no key pairs")
    if provider.secret_form is SecretForm.NONE:
        return None, None
    secret = secrets.token_urlsafe(32)
    return secret.encode(), secret


def _networks(texts: list[str]) -> tuple[Network, ...]:
    try:
        return tuple(ip_network(text) for text in texts)
    except ValueError:
        raise invalid("allowed_networks", "networks such as 192.0.2.0/24 or 2001:db8::/32") from None


def _check(caller: Caller, record: AccountRecord) -> None:
    """Hold a record to what can be served.  Raises `Problem`."""
    desk = caller.desk
    try:
        configured(record, {}, desk.currencies, PROVIDERS, desk.sealing)
    except ValueError as error:
        raise invalid("(body)", str(error)) from None


def _answer(record: AccountRecord) -> ProviderAccountAnswer:
    def plain(mapping: Mapping[str, Any]) -> dict[str, Any]:
        return dict(mapping)

    return ProviderAccountAnswer(
        slug=record.slug,
        protocol=record.protocol,
        environment=record.environment,
        state=record.state,
        active_secrets=len(record.secrets),
        policy=plain(record.policy),
        manners=plain(record.manners),
        settings=plain(record.settings),
        allowed_networks=[str(network) for network in record.allowed_networks],
        base_url=record.base_url,
        currencies=plain(record.currencies),
        deadline_ms=record.deadline_ms,
        keep_exchanges=record.keep_exchanges,
        changed_at=record.changed_at,
    )
