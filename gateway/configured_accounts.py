"""A stored provider account made ready to be called, or why it cannot be: its overrides, secrets, currencies and games.

Pure: what is stored is held against the protocol, and nothing of it is guessed or mended.
"""

from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address

import msgspec
from msgspec import Struct

from gateway.certification import Rule
from gateway.sealing import Sealing
from providers.contract import Account, Fault
from providers.dialogue import MOVED_BY_AMOUNT
from providers.manners import Manners
from providers.provider import Provider
from wallet.catalogue import AccountRecord, AccountState, Environment, Network
from wallet.games import Game
from wallet.money import Currency, WireCurrency, wire_currencies
from wallet.overrides import overridden
from wallet.types import Policy, Status

MAXIMUM_PLACES = 18
HTTP_STATUSES = range(200, 600)
MAXIMUM_WINDOW = 86_400


class Misconfigured(ValueError):  # noqa: N818 - what it is
    """An account cannot be served as it is stored; the message says why, and holds nothing secret."""


class ConfiguredAccount(Struct, frozen=True):
    """A provider account ready to be called."""

    id: int
    provider: Provider
    account: Account  # what the adapter may know: opened secrets, policy and manners as they are in effect
    state: AccountState
    networks: tuple[Network, ...]  # none: any
    currencies: Mapping[str, WireCurrency]  # by wire code
    games: Mapping[str, Game]  # by the studio's code
    deadline: float  # seconds, below the studio's own time-out
    keep_exchanges: bool
    certification: tuple[Rule, ...] = ()  # of test accounts alone

    @property
    def slug(self) -> str:
        """Its place under /callbacks/."""
        return self.account.slug

    @property
    def policy(self) -> Policy:
        """For the ledger."""
        return self.account.policy

    @property
    def manners(self) -> Manners:
        """For the answer."""
        return self.account.manners

    @property
    def takes_bets(self) -> bool:
        """Whether new bets are welcome."""
        return self.state is AccountState.ACTIVE

    @property
    def revoked(self) -> bool:
        """Whether every call is refused."""
        return self.state is AccountState.REVOKED

    def allows(self, client: IPv4Address | IPv6Address) -> bool:
        """Whether the account may be called from this address."""
        if not self.networks:
            return True
        if isinstance(client, IPv6Address) and client.ipv4_mapped is not None:
            client = client.ipv4_mapped
        return any(client in network for network in self.networks)


def own(slug: str) -> str:
    """Whom the secret of our own requests is sealed for: no studio's envelope opens in its place."""
    return f"{slug}:own"


def configured(
    record: AccountRecord,
    games: Mapping[str, Game],
    currencies: Mapping[str, Currency],
    providers: Mapping[str, Provider],
    sealing: Sealing,
) -> ConfiguredAccount:
    """A stored account made ready.  Raises `Misconfigured`, or another ValueError that says why not."""
    provider = providers.get(record.protocol)
    if provider is None:
        known = ", ".join(sorted(providers))
        raise Misconfigured(f"there is no protocol {record.protocol!r}; there are {known}")
    for game in games.values():
        game.check()
    policy = overridden(provider.policy, record.policy)
    if policy.one_win_per_bet and not provider.wins_name_bets:
        raise Misconfigured(f"one_win_per_bet: a win of {provider.name} may name no bet")
    wire = wire_currencies(currencies, _renamed(record))
    account = Account(
        slug=record.slug,
        secrets=tuple(sealing.open(record.slug, envelope) for envelope in record.secrets),
        own_secret=None if record.own_secret is None else sealing.open(own(record.slug), record.own_secret),
        policy=policy,
        manners=_manners(provider, record),
        settings=_settings(record),
        base_url=record.base_url,
        test=record.environment is Environment.TEST,
        exponents={code: currency.exponent for code, currency in wire.items()},
    )
    return ConfiguredAccount(
        id=record.id,
        provider=provider,
        account=account,
        state=record.state,
        networks=record.allowed_networks,
        currencies=wire,
        games=games,
        deadline=record.deadline_ms / 1000,
        keep_exchanges=record.keep_exchanges,
        certification=_certification(provider, record),
    )


def _manners(provider: Provider, record: AccountRecord) -> Manners:
    manners = overridden(provider.manners, record.manners)
    if not 0 <= manners.places <= MAXIMUM_PLACES:
        raise Misconfigured(f"places: between 0 and {MAXIMUM_PLACES}")
    if manners.replay_window is not None and provider.signed_at is None:
        raise Misconfigured(f"replay_window: {provider.name} signs no time")
    if manners.replay_window is not None and not 1 <= manners.replay_window <= MAXIMUM_WINDOW:
        raise Misconfigured(f"replay_window: between 1 and {MAXIMUM_WINDOW} seconds, or null")
    if strange := manners.zero_amounts - provider.manners.zero_amounts - MOVED_BY_AMOUNT:
        known = ", ".join(sorted(MOVED_BY_AMOUNT))
        raise Misconfigured(f"zero_amounts: no studio sends {', '.join(sorted(strange))}; there are {known}")
    words = {status.value: status for status in (*Status, *Fault)}
    for name, said in manners.codes.items():
        verb, _, word = name.partition(" ")
        code, http_status = said if isinstance(said, tuple) else (said, 200)
        if verb not in provider.verbs or word not in words:
            raise Misconfigured(f"codes: {name!r} is no verb of {provider.name} and status")
        usual, _ = provider.code(verb, words[word], provider.manners)
        if isinstance(code, int) != isinstance(usual, int):
            raise Misconfigured(
                f"codes: {name!r} is answered by {'a number' if isinstance(usual, int) else 'a word'}"
            )
        if http_status not in HTTP_STATUSES or (provider.code_is_status and code not in HTTP_STATUSES):
            raise Misconfigured(f"codes: {name!r} is answered by an HTTP status of 200 to 599")
    return manners


def _certification(provider: Provider, record: AccountRecord) -> tuple[Rule, ...]:
    if record.environment is not Environment.TEST:
        return ()
    rules = msgspec.convert(record.certification, tuple[Rule, ...])
    for rule in rules:
        if reason := rule.why_not(tuple(provider.verbs)):
            raise Misconfigured(f"certification: {reason}")
    return rules


def _settings(record: AccountRecord) -> dict[str, str]:
    for name, value in record.settings.items():
        if not isinstance(value, str):
            raise Misconfigured(f"settings: {name} is text")
    return dict(record.settings)


def _renamed(record: AccountRecord) -> dict[str, tuple[str, int]]:
    renamed = {}
    for code, meaning in record.currencies.items():
        match meaning:
            case [str(ours), int(power)] if not isinstance(power, bool):
                renamed[code] = (ours, power)
            case _:
                raise Misconfigured(f"currencies: {code} is [our currency, power of ten]")
    return renamed
