"""Provider accounts as they are configured: created with generated or given secrets, changed, their secrets rotated.

What the registry would not serve cannot be stored, but for a revocation: every write first makes the account ready, as
a process would.  A secret leaves here once, in the answer that made it; nothing reads one back.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import asdict, replace

from gateway.configured_accounts import Misconfigured, configured, own
from gateway.provider_secrets import Secret, SecretActive, TwoSecretsActive, generated, given_own, id_of, same
from gateway.provider_secrets import given as given_secret
from gateway.sealing import Sealing, SealingError
from gateway.settings import Network, network_of
from providers.outbound import ADDRESSES
from providers.provider import Provider, SecretForm
from wallet.audit import Author
from wallet.catalogue import AccountRecord, AccountState, Catalogue, Environment
from wallet.money import by_code

SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,62}", re.ASCII)
SHORTEST_DEADLINE_MS, LONGEST_DEADLINE_MS = 50, 30_000
MAXIMUM_SECRETS = 2
MAXIMUM_NETWORKS = 256
MAXIMUM_WIRE_CODE = 16


class NotRetired(StrEnum):
    """Why a secret was not retired."""

    NO_ACCOUNT = "provider_account_not_found"
    NOT_ACTIVE = "secret_not_found"  # as when it was retired before: no other goes in its place
    ONLY_ONE = "only_secret_active"


class NewAccount(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an account is created with."""

    slug: str
    protocol: str
    environment: Environment = Environment.TEST
    secret: str | None = None  # absent: generated, where the protocol cannot be without one
    policy: Mapping[str, Any] = {}
    manners: Mapping[str, Any] = {}
    settings: Mapping[str, str] = {}
    allowed_networks: tuple[str, ...] = ()
    base_url: str | None = None
    currencies: Mapping[str, tuple[str, int]] = {}
    deadline_ms: int = 2000
    keep_exchanges: bool = True


class AccountChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change of an account; what is unset stays.  An override replaces all overrides of its kind."""

    state: AccountState | UnsetType = UNSET
    policy: Mapping[str, Any] | UnsetType = UNSET
    manners: Mapping[str, Any] | UnsetType = UNSET
    settings: Mapping[str, str] | UnsetType = UNSET
    allowed_networks: Sequence[str] | UnsetType = UNSET
    base_url: str | UnsetType | None = UNSET  # None: none from now on
    currencies: Mapping[str, tuple[str, int]] | UnsetType = UNSET
    deadline_ms: int | UnsetType = UNSET
    keep_exchanges: bool | UnsetType = UNSET


class Accounts:
    """The provider accounts of one installation, for those who configure them."""

    def __init__(self, catalogue: Catalogue, sealing: Sealing, providers: Mapping[str, Provider]) -> None:
        self._catalogue = catalogue
        self._sealing = sealing
        self._providers = providers

    async def create(
        self, new: NewAccount, author: Author | None = None
    ) -> tuple[AccountRecord, str | None] | None:
        """Create an account; with it what was generated for the studio, if anything was.

        None where the slug is taken.  Raises `Misconfigured`, or another ValueError that says what is wrong.
        """
        if not SLUG.fullmatch(new.slug):
            raise Misconfigured("a slug is of a-z, 0-9 and hyphens, and at most 63 long")
        provider = self._provider(new.protocol)
        _check_names(provider, new.settings)
        optional = provider.secret_form is SecretForm.OPTIONAL
        secret = None if optional and new.secret is None else await self._secret(new.protocol, new.secret)
        record = AccountRecord(
            id=0,
            slug=new.slug,
            protocol=new.protocol,
            environment=new.environment,
            secrets=() if secret is None else (self._sealing.seal(new.slug, secret.ours),),
            policy=new.policy,
            manners=new.manners,
            settings=new.settings,
            allowed_networks=_networks(new.allowed_networks),
            base_url=new.base_url,
            currencies=_renamed(new.currencies),
            deadline_ms=new.deadline_ms,
            keep_exchanges=new.keep_exchanges,
        )
        await self._check(record)
        account_id = await self._catalogue.create(record, author)
        if account_id is None:
            return None
        return replace(record, id=account_id), None if secret is None else secret.theirs

    async def change(
        self, slug: str, change: AccountChange, author: Author | None = None
    ) -> AccountRecord | None:
        """Change an account, or nothing where all is as it shall be; None where there is none of this slug.

        Raises as `create` does, and `SealingError` where its secrets do not open; a revocation alone raises neither.
        """
        while True:
            record = await self._catalogue.account(slug)
            if record is None:
                return None
            given = self._given(record, change)
            changed = replace(record, **given)
            if given not in ({}, {"state": AccountState.REVOKED}):
                await self._check(changed)
            if changed == record or await self._catalogue.change(changed, author):
                return changed

    def _given(self, record: AccountRecord, change: AccountChange) -> dict[str, Any]:
        given = {field: value for field, value in asdict(change).items() if value is not UNSET}
        if change.settings is not UNSET:
            _check_names(self._provider(record.protocol), change.settings)
        if change.allowed_networks is not UNSET:
            given["allowed_networks"] = _networks(change.allowed_networks)
        if change.currencies is not UNSET:
            given["currencies"] = _renamed(change.currencies)
        return given

    async def rotate_secret(
        self,
        slug: str,
        given: str | None = None,
        author: Author | None = None,
        *,
        retire_previous: bool = False,
    ) -> tuple[AccountRecord, str | None] | None:
        """Put a new secret, given or generated, before the one there is, or in the place of all there are.

        None where there is no such account.  Raises `SecretActive`, `TwoSecretsActive`, `SealingError` where one that
        stays does not open, and as `create` does.
        """
        while True:
            record = await self._catalogue.account(slug)
            if record is None:
                return None
            secret = await self._secret(record.protocol, given)
            if secret is None:
                raise Misconfigured(f"{record.protocol} has no secrets")
            if given is not None and self._is_active(record, secret.ours):
                raise SecretActive("the secret is active already")
            previous = () if retire_previous else record.secrets
            if len(previous) >= MAXIMUM_SECRETS:
                raise TwoSecretsActive("two secrets are active: retire one first")
            envelopes = (self._sealing.seal(slug, secret.ours), *previous)
            changed = replace(record, secrets=envelopes)
            await self._check(changed)
            if await self._catalogue.replace_secrets(
                slug, record.secrets, envelopes, author, seen_at=record.changed_at
            ):
                return changed, secret.theirs

    async def retire_secret(
        self, slug: str, secret_id: str, author: Author | None = None
    ) -> NotRetired | None:
        """Of two secrets end the one that is meant, which is `id_of` its envelope; otherwise why not."""
        while True:
            record = await self._catalogue.account(slug)
            if record is None:
                return NotRetired.NO_ACCOUNT
            kept = tuple(envelope for envelope in record.secrets if id_of(envelope) != secret_id)
            if kept == record.secrets:
                return NotRetired.NOT_ACTIVE
            if not kept:
                return NotRetired.ONLY_ONE
            if await self._catalogue.replace_secrets(slug, record.secrets, kept, author):
                return None

    async def set_own_secret(self, slug: str, given: str, author: Author | None = None) -> bool:
        """Let a secret sign what is asked of the studio; False where there is no such account.  Raises `Misconfigured`."""
        while True:
            record = await self._catalogue.account(slug)
            if record is None:
                return False
            provider = self._provider(record.protocol)
            envelope = self._sealing.seal(own(slug), given_own(given, provider.studio.private_key))
            if await self._catalogue.replace_own_secret(slug, record.own_secret, envelope, author):
                return True

    async def _secret(self, protocol: str, given: str | None) -> Secret | None:
        provider = self._provider(protocol)
        if given is not None:
            return Secret(given_secret(provider.secret_form, given), None)
        return await asyncio.to_thread(generated, provider.secret_form)  # an RSA key takes its time

    def _is_active(self, record: AccountRecord, secret: bytes) -> bool:
        form = self._provider(record.protocol).secret_form
        for envelope in record.secrets:
            with suppress(SealingError):  # what no longer opens can still be replaced
                if same(form, self._sealing.open(record.slug, envelope), secret):
                    return True
        return False

    def _provider(self, protocol: str) -> Provider:
        provider = self._providers.get(protocol)
        if provider is None:
            raise Misconfigured(
                f"there is no protocol {protocol!r}; there are {', '.join(sorted(self._providers))}"
            )
        return provider

    async def _check(self, record: AccountRecord) -> None:
        if not SHORTEST_DEADLINE_MS <= record.deadline_ms <= LONGEST_DEADLINE_MS:
            raise Misconfigured(f"deadline_ms: between {SHORTEST_DEADLINE_MS} and {LONGEST_DEADLINE_MS}")
        if record.base_url is not None:
            _check_url("base_url", record.base_url)
        currencies = by_code(await self._catalogue.currencies())
        # Our own secret decides nothing here: one that does not open keeps no new one of the studio's out.
        bare = replace(record, own_secret=None)
        account = configured(bare, {}, currencies, self._providers, self._sealing)
        open_to_all = not (record.allowed_networks or account.provider.signs(account.account))
        # Whatever an account lacks, its revocation is not refused.
        if record.environment is Environment.LIVE and open_to_all and not account.revoked:
            raise Misconfigured("allowed_networks: of a live account that takes unsigned calls, the studio's")
        for name in ADDRESSES & record.settings.keys():
            _check_url(name, record.settings[name])
            if record.environment is Environment.LIVE and not record.settings[name].startswith("https:"):
                raise Misconfigured(f"{name}: a live account speaks https")


def _check_names(provider: Provider, settings: Mapping[str, str]) -> None:
    """Refuse a setting that nobody reads: a misspelt one would be off where it was meant to be on."""
    unknown = sorted(settings.keys() - provider.known_settings)
    if unknown:
        known = ", ".join(sorted(provider.known_settings)) or "none"
        raise Misconfigured(f"settings: {provider.name} has no {', '.join(unknown)}; it has {known}")
    for name, form in provider.studio.forms.items():
        if name in settings and not form.fullmatch(settings[name]):
            raise Misconfigured(f"settings: {name} is of the form {form.pattern}")


def _networks(texts: Sequence[str]) -> tuple[Network, ...]:
    if len(texts) > MAXIMUM_NETWORKS:
        raise Misconfigured(f"at most {MAXIMUM_NETWORKS} networks")
    try:
        return tuple(map(network_of, texts))
    except ValueError as error:
        raise Misconfigured(f"allowed_networks: {error}") from None


def _renamed(currencies: Mapping[str, tuple[str, int]]) -> dict[str, list[str | int]]:
    for code in currencies:
        if not 1 <= len(code) <= MAXIMUM_WIRE_CODE or not code.isprintable() or " " in code:
            raise Misconfigured(f"currencies: a code has 1 to {MAXIMUM_WIRE_CODE} printable characters")
    return {code: [ours, power] for code, (ours, power) in currencies.items()}


def _check_url(name: str, text: str) -> None:
    try:
        url = urlsplit(text)
        sound = url.scheme in {"http", "https"} and bool(url.hostname) and (url.port is None or url.port > 0)
    except ValueError:
        sound = False
    else:
        sound = sound and not (url.query or url.fragment or url.username)
    if not (sound and text.isascii() and text.isprintable()):
        raise Misconfigured(f"{name} is http(s)://host, with port and path where there are any")
