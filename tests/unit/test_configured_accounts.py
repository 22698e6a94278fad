"""A stored account made ready to be called: what is taken of it, and every way in which it cannot be served."""

import ipaddress
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest
from msgspec.structs import replace

from gateway.configured_accounts import ConfiguredAccount, Misconfigured, configured, own
from gateway.registry import Registry
from gateway.sealing import Sealing, new_master_key
from providers.bogus import BOGUS
from providers.provider import Provider
from wallet.announcements import Announcements
from wallet.catalogue import AccountRecord, AccountState, Catalogue, Environment, Network
from wallet.money import Currency, by_code
from wallet.overrides import overridden

SEALING = Sealing([new_master_key()])
CURRENCIES = by_code([Currency("EUR", 6, 2), Currency("BTC", 8, 8)])
PROVIDERS: dict[str, Provider] = {
    "bogus": BOGUS,
    "timed": replace(BOGUS, name="timed", signed_at=lambda _request: None),
    "rounds": replace(BOGUS, name="rounds", wins_name_bets=False),
    "statuses": replace(BOGUS, name="statuses", code_is_status=True, codes=dict.fromkeys(BOGUS.codes, 402)),
    "numbers": replace(BOGUS, name="numbers", codes=dict.fromkeys(BOGUS.codes, 7)),
}
DELAY = {"effect": "delay", "until": "2027-01-01T00:00:00Z", "milliseconds": 5}


def ready(protocol: str = "bogus", **stored: Any) -> ConfiguredAccount:
    """The account that is stored so."""
    record = AccountRecord(id=1, slug="acorn", protocol=protocol, **stored)
    return configured(record, {}, CURRENCIES, PROVIDERS, SEALING)


class Stored(NamedTuple):
    """Manners of an account, and why they cannot be served, if they cannot."""

    protocol: str
    manners: Mapping[str, Any]
    reason: str | None = None


NO_WINDOW = "replay_window: between 1 and 86400 seconds"
NO_STATUS = "is answered by an HTTP status of 200 to 599"
BROKE = "call insufficient_funds"

STORED = [
    Stored("bogus", {"places": 0}),
    Stored("bogus", {"places": 18}),
    Stored("bogus", {"places": -1}, "places: between 0 and 18"),
    Stored("bogus", {"places": 19}, "places: between 0 and 18"),
    Stored("bogus", {"replay_window": 60}, "replay_window: bogus signs no time"),
    Stored("rounds", {}),
    Stored("timed", {}),
    Stored("timed", {"replay_window": 1}),
    Stored("timed", {"replay_window": 86_400}),
    Stored("timed", {"replay_window": 0}, NO_WINDOW),
    Stored("timed", {"replay_window": 86_401}, NO_WINDOW),
    Stored("bogus", {"zero_amounts": ["win", "bet"]}),
    Stored("bogus", {"zero_amounts": ["win", "deposit"]}, "zero_amounts: no studio sends deposit"),
    Stored("bogus", {"codes": {BROKE: "no_money"}}),
    Stored("bogus", {"codes": {BROKE: ["no_money", 200]}}),
    Stored("bogus", {"codes": {BROKE: ["no_money", 599]}}),
    Stored("bogus", {"codes": {BROKE: ["no_money", 199]}}, NO_STATUS),
    Stored("bogus", {"codes": {BROKE: ["no_money", 600]}}, NO_STATUS),
    Stored("bogus", {"codes": {"cry insufficient_funds": "no_money"}}, "no verb of bogus and status"),
    Stored("bogus", {"codes": {"call hunger": "no_money"}}, "no verb of bogus and status"),
    Stored("bogus", {"codes": {BROKE: 9}}, "is answered by a word"),
    Stored("numbers", {"codes": {BROKE: 9}}),
    Stored("numbers", {"codes": {BROKE: "no_money"}}, "is answered by a number"),
    Stored("statuses", {"codes": {BROKE: 409}}),
    Stored("statuses", {"codes": {BROKE: 99}}, NO_STATUS),
]


@pytest.mark.parametrize("stored", STORED, ids=str)
def test_manners_are_what_the_protocol_can_say(stored: Stored) -> None:
    """An override that the protocol cannot follow is refused by its name; to its bounds it is taken as it stands."""
    if stored.reason is not None:
        with pytest.raises(Misconfigured, match=stored.reason):
            ready(stored.protocol, manners=stored.manners)
        return
    taken = ready(stored.protocol, manners=stored.manners).manners
    assert taken == overridden(PROVIDERS[stored.protocol].manners, stored.manners)


@pytest.mark.parametrize(
    ("protocol", "stored", "reason"),
    [
        ("gone", {}, "there is no protocol 'gone'"),
        ("rounds", {"policy": {"one_win_per_bet": True}}, "one_win_per_bet: a win of rounds may name no bet"),
        ("bogus", {"settings": {"games": 1}}, "settings: games is text"),
        ("bogus", {"currencies": {"EUR": "EUR"}}, "currencies: EUR is"),
        ("bogus", {"currencies": {"EUR": ["EUR", True]}}, "currencies: EUR is"),
        ("bogus", {"certification": [{**DELAY, "verb": "cry"}]}, "certification: verb"),
    ],
)
def test_what_cannot_be_served_says_why(protocol: str, stored: dict[str, Any], reason: str) -> None:
    """Of whatever was stored by hand the first thing that makes no sense is named, and nothing is guessed."""
    with pytest.raises(Misconfigured, match=reason):
        ready(protocol, **stored)


def test_everything_that_was_stored_is_in_effect() -> None:
    """Policy, settings, currencies, our own secret and the studio's are those of the account."""
    account = ready(
        policy={"one_win_per_bet": True},
        settings={"games": "https://games.example"},
        currencies={"mBTC": ["BTC", -3]},
        secrets=(SEALING.seal("acorn", b"the studio's"),),
        own_secret=SEALING.seal(own("acorn"), b"our own"),
    )
    assert account.policy == replace(BOGUS.policy, one_win_per_bet=True)
    assert account.account.settings == {"games": "https://games.example"}
    assert (account.currencies["mBTC"].currency.code, account.currencies["mBTC"].power) == ("BTC", -3)
    assert (account.account.secrets, account.account.own_secret) == ((b"the studio's",), b"our own")
    assert ready().account.own_secret is None


def test_only_a_test_account_does_something_on_demand() -> None:
    """A rule that stands in the row of a live account is not looked at."""
    (rule,) = ready(certification=[DELAY]).certification
    assert (rule.milliseconds, rule.until) == (5, datetime(2027, 1, 1, tzinfo=UTC))
    assert ready(certification=[DELAY], environment=Environment.LIVE).certification == ()


@pytest.mark.parametrize(
    ("state", "takes_bets", "revoked"),
    [
        (AccountState.ACTIVE, True, False),
        (AccountState.NO_NEW_BETS, False, False),
        (AccountState.REVOKED, False, True),
    ],
)
def test_a_state_says_what_is_refused(state: AccountState, takes_bets: bool, revoked: bool) -> None:
    """New bets, or everything."""
    account = ready(state=state)
    assert (account.takes_bets, account.revoked) == (takes_bets, revoked)


NETWORKS: tuple[Network, ...] = (ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("2001:db8::/32"))


@pytest.mark.parametrize(
    ("networks", "address", "allowed"),
    [
        ((), "203.0.113.9", True),
        (NETWORKS, "10.1.2.3", True),
        (NETWORKS, "11.1.2.3", False),
        (NETWORKS, "::ffff:10.1.2.3", True),
        (NETWORKS, "2001:db8::1", True),
        (NETWORKS, "2001:db9::1", False),
    ],
)
def test_networks_let_in_whom_they_name(networks: tuple[Network, ...], address: str, allowed: bool) -> None:
    """IPv4, IPv6, and IPv4 written as IPv6; where there is no list everybody."""
    assert ready(allowed_networks=networks).allows(ipaddress.ip_address(address)) is allowed


async def test_a_registry_that_never_began_is_closed_like_any_other() -> None:
    """Where the start failed before it, there is nothing to end."""
    nowhere: Any = None
    registry = Registry(
        Catalogue(nowhere), SEALING, Announcements("postgresql://127.0.0.1:1/none"), PROVIDERS
    )
    await registry.close()
    assert registry.account("acorn") is None
