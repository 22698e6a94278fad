"""Provider accounts: configured integrations with studios, made, read and changed; heard by every process at once.

A new secret is shown once, in the answer that made it; what is kept is sealed, and no answer ever holds it.
"""

from datetime import datetime
from typing import Annotated, Any

from litestar import get, patch, post, put
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter
from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import asdict

from gateway.accounts import (
    LONGEST_DEADLINE_MS,
    MAXIMUM_NETWORKS,
    SHORTEST_DEADLINE_MS,
    AccountChange,
    NewAccount,
)
from gateway.api.desk import Caller
from gateway.api.problems import Problem, documented, invalid
from gateway.api.shapes import PLAIN
from gateway.provider_secrets import MAXIMUM_SECRET_BYTES, NotRotated, id_of
from gateway.sealing import SealingError
from wallet.catalogue import AccountRecord, AccountState, Environment

TAGS = ["Catalogue"]

SLUG = PLAIN + "[a-z0-9][a-z0-9-]{0,62}$"
Slug = Annotated[str, Meta(pattern=SLUG, description="Its place under /callbacks/.", examples=["acorn-eu"])]
SlugInPath = Annotated[str, PathParameter(pattern=SLUG)]
Secret = Annotated[
    str,
    Meta(
        max_length=MAXIMUM_SECRET_BYTES,
        description="What the studio gave: a shared secret, or its public key as PEM or that in base64, of the kind "
        "that the protocol signs with. Left out: generated here, but for protocols that may do without.",
    ),
]
SecretId = Annotated[str, Meta(pattern=PLAIN + "[0-9a-f]{16}$", examples=["0d7f5c02b9a1e634"])]
Deadline = Annotated[
    int, Meta(ge=SHORTEST_DEADLINE_MS, le=LONGEST_DEADLINE_MS, description="Below the studio's own time-out.")
]
BaseUrl = Annotated[str, Meta(max_length=500, pattern=PLAIN + r"https?://[^\s?#]+$")]
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
    secret: Secret | None = None
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

    state: AccountState | UnsetType = UNSET
    policy: Overrides | UnsetType = UNSET
    manners: Overrides | UnsetType = UNSET
    settings: Settings | UnsetType = UNSET
    allowed_networks: Networks | UnsetType = UNSET
    base_url: Annotated[BaseUrl | None, Meta(description="Null: none from now on.")] | UnsetType = UNSET
    currencies: WireCurrencies | UnsetType = UNSET
    deadline_ms: Deadline | UnsetType = UNSET
    keep_exchanges: bool | UnsetType = UNSET


class SecretRotation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new secret.  The one before stays valid beside it until it is retired."""

    secret: Secret | None = None
    retire_previous: Annotated[
        bool, Meta(description="At once, as when it leaked: the studio is refused until it has the new one.")
    ] = False


class SecretRetirement(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which of two secrets goes: the old one when the studio uses the new, the new one when the studio never got it."""

    secret_id: SecretId


class OwnSecret(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What signs our own requests to the studio: a text that both sides know, or our private key as PEM."""

    secret: Annotated[str, Meta(max_length=MAXIMUM_SECRET_BYTES)]


class ProviderAccountAnswer(Struct, frozen=True, kw_only=True):
    """A provider account, without its secrets."""

    slug: Slug
    protocol: str
    environment: Environment
    state: AccountState
    active_secrets: Annotated[
        list[SecretId],
        Meta(description="Their ids, the newest first; other ones once sealed anew."),
    ]
    has_own_secret: Annotated[
        bool, Meta(description="Whether one is set that signs what the studio is asked.")
    ]
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
    """A provider account and the secret that was generated for the studio, the only time that it is seen."""

    provider_account: ProviderAccountAnswer
    secret: Annotated[str, Meta(description="For the studio; null where none was generated.")] | None


class ProviderAccountList(Struct, frozen=True):
    """Every provider account."""

    items: list[ProviderAccountAnswer]


@post("/provider-accounts", tags=TAGS, responses=documented("provider_account_exists"))
async def create_provider_account(
    data: JSONBody[ProviderAccountRequest], caller: NamedDependency[Caller]
) -> ProviderAccountWithSecret:
    """Make a provider account; its callbacks are answered from now on."""
    new = NewAccount(
        slug=data.slug,
        protocol=data.protocol,
        environment=data.environment,
        secret=data.secret,
        policy=data.policy,
        manners=data.manners,
        settings=data.settings,
        allowed_networks=tuple(data.allowed_networks),
        base_url=data.base_url,
        currencies=data.currencies,
        deadline_ms=data.deadline_ms,
        keep_exchanges=data.keep_exchanges,
    )
    try:
        created = await caller.desk.accounts.create(new, caller.author)
    except ValueError as error:
        raise invalid("(body)", str(error)) from None
    if created is None:
        raise Problem("provider_account_exists")
    return await _with_secret(caller, data.slug, created[1])


@get("/provider-accounts", tags=TAGS, responses=documented())
async def list_provider_accounts(caller: NamedDependency[Caller]) -> ProviderAccountList:
    """Every provider account."""
    return ProviderAccountList([_answer(record) for record in await caller.desk.catalogue.accounts()])


@get("/provider-accounts/{slug:str}", tags=TAGS, responses=documented("provider_account_not_found"))
async def read_provider_account(slug: SlugInPath, caller: NamedDependency[Caller]) -> ProviderAccountAnswer:
    """One provider account."""
    return _answer(await _record(caller, slug))


@patch(
    "/provider-accounts/{slug:str}",
    tags=TAGS,
    responses=documented("provider_account_not_found", "provider_account_unserved"),
)
async def change_provider_account(
    slug: SlugInPath, data: JSONBody[ProviderAccountChange], caller: NamedDependency[Caller]
) -> ProviderAccountAnswer:
    """Change a provider account; an override that is given replaces all of its kind."""
    change = AccountChange(**asdict(data))
    try:
        changed = await caller.desk.accounts.change(slug, change, caller.author)
    except SealingError as error:
        raise Problem("provider_account_unserved", str(error)) from None
    except ValueError as error:
        raise invalid("(body)", str(error)) from None
    if changed is None:
        raise Problem("provider_account_not_found")
    await caller.desk.registry.refresh()
    return _answer(await _record(caller, slug))


@post(
    "/provider-accounts/{slug:str}/rotate-secret",
    status_code=200,
    tags=TAGS,
    responses=documented(
        *("provider_account_not_found", "provider_account_unserved", "two_secrets_active", "secret_active")
    ),
)
async def rotate_provider_account_secret(
    slug: SlugInPath, data: JSONBody[SecretRotation], caller: NamedDependency[Caller]
) -> ProviderAccountWithSecret:
    """Put a new secret before the one there is, which stays valid until it is retired."""
    accounts, retire = caller.desk.accounts, data.retire_previous
    try:
        rotated = await accounts.rotate_secret(slug, data.secret, caller.author, retire_previous=retire)
    except NotRotated as refusal:
        raise Problem(refusal.problem) from None
    except SealingError as error:
        raise Problem("provider_account_unserved", str(error)) from None
    except ValueError as error:
        raise invalid("(body)", str(error)) from None
    if rotated is None:
        raise Problem("provider_account_not_found")
    return await _with_secret(caller, slug, rotated[1])


@post(
    "/provider-accounts/{slug:str}/retire-secret",
    status_code=200,
    tags=TAGS,
    responses=documented("provider_account_not_found", "secret_not_found", "only_secret_active"),
)
async def retire_provider_account_secret(
    slug: SlugInPath, data: JSONBody[SecretRetirement], caller: NamedDependency[Caller]
) -> ProviderAccountAnswer:
    """Retire one of two secrets, named by its id; sent again, it finds no such secret, whatever came after it."""
    refusal = await caller.desk.accounts.retire_secret(slug, data.secret_id, caller.author)
    if refusal is not None:
        raise Problem(refusal.value)
    await caller.desk.registry.refresh()
    return _answer(await _record(caller, slug))


@put(
    "/provider-accounts/{slug:str}/own-secret", tags=TAGS, responses=documented("provider_account_not_found")
)
async def set_provider_account_own_secret(
    slug: SlugInPath, data: JSONBody[OwnSecret], caller: NamedDependency[Caller]
) -> ProviderAccountAnswer:
    """Set what signs our requests to the studio, where that is not the secret that the studio signs with."""
    try:
        known = await caller.desk.accounts.set_own_secret(slug, data.secret, caller.author)
    except ValueError as error:
        raise invalid("secret", str(error)) from None
    if not known:
        raise Problem("provider_account_not_found")
    await caller.desk.registry.refresh()
    return _answer(await _record(caller, slug))


async def _with_secret(caller: Caller, slug: str, secret: str | None) -> ProviderAccountWithSecret:
    await caller.desk.registry.refresh()
    return ProviderAccountWithSecret(_answer(await _record(caller, slug)), secret)


async def _record(caller: Caller, slug: str) -> AccountRecord:
    record = await caller.desk.catalogue.account(slug)
    if record is None:
        raise Problem("provider_account_not_found")
    return record


def _answer(record: AccountRecord) -> ProviderAccountAnswer:
    return ProviderAccountAnswer(
        slug=record.slug,
        protocol=record.protocol,
        environment=record.environment,
        state=record.state,
        active_secrets=[id_of(envelope) for envelope in record.secrets],
        has_own_secret=record.own_secret is not None,
        policy=dict(record.policy),
        manners=dict(record.manners),
        settings=dict(record.settings),
        allowed_networks=[str(network) for network in record.allowed_networks],
        base_url=record.base_url,
        currencies=dict(record.currencies),
        deadline_ms=record.deadline_ms,
        keep_exchanges=record.keep_exchanges,
        changed_at=record.changed_at,
    )
