"""The registry: every process sees the same provider accounts within a second of the database."""

import asyncio
import ipaddress
import logging
import time
from base64 import b64encode, encodebytes
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import asyncpg
import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from msgspec.structs import replace

from bench.studios import STUDIOS
from gateway.accounts import AccountChange, Accounts, NewAccount, NotRetired
from gateway.configured_accounts import ConfiguredAccount, Misconfigured
from gateway.provider_secrets import KEYS, TwoSecretsActive, generated, given, given_own, id_of
from gateway.registry import Registry
from gateway.resealing import seal_anew
from gateway.sealing import Sealing, new_master_key
from providers import PROVIDERS as SPOKEN
from providers.bogus import BOGUS
from providers.manners import Answered
from providers.provider import Provider, SecretForm
from providers.signing import SIGNATURE_OPTIONAL, KeyKind, kind_of, unless_optional, with_salt
from tests.ledger.calls import until_waiting
from wallet.announcements import Announcements
from wallet.catalogue import AccountState, Catalogue, Environment
from wallet.database import open_pool
from wallet.games import NewGame
from wallet.types import ShortRollback

MASTER_KEY = new_master_key()
PROVIDERS: dict[str, Provider] = {
    "bogus": BOGUS,
    "signed": replace(BOGUS, name="signed", secret_form=SecretForm.PUBLIC_KEY),
    "curved": replace(BOGUS, name="curved", secret_form=SecretForm.EC_PUBLIC_KEY),
    "open": replace(BOGUS, name="open", secret_form=SecretForm.NONE),
    "bearer": replace(BOGUS, name="bearer", secret_form=SecretForm.BEARER),
    "optional": replace(BOGUS, name="optional", secret_form=SecretForm.OPTIONAL),
    "salted": replace(BOGUS, name="salted", signed_where=with_salt),
    "lenient": replace(
        BOGUS, name="lenient", signed_where=unless_optional, settings=frozenset({SIGNATURE_OPTIONAL})
    ),
}


class Process:
    """A gateway process, as far as the registry goes."""

    def __init__(self, pool: asyncpg.Pool, sealing: Sealing, registry: Registry) -> None:
        self.pool = pool
        self.catalogue = Catalogue(pool)
        self.accounts = Accounts(self.catalogue, sealing, PROVIDERS)
        self.registry = registry
        self.sealing = sealing

    async def sealed_anew(self) -> int:
        """For how many accounts something was sealed anew; everything opens."""
        resealed = await seal_anew(self.catalogue, self.sealing)
        assert resealed.unopened == ()
        return resealed.accounts

    async def seen(self, slug: str) -> ConfiguredAccount:
        """The account, once it is seen; a second is the promise, a slow machine gets more."""
        deadline = time.monotonic() + 10
        while (account := self.registry.account(slug)) is None:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.01)
        return account

    async def until(self, slug: str, holds) -> None:
        """Wait until something holds of the account."""
        deadline = time.monotonic() + 10
        while not holds(self.registry.account(slug)):
            assert time.monotonic() < deadline
            await asyncio.sleep(0.01)


@asynccontextmanager
async def process(
    database_url: str, *, keys: tuple[str, ...] = (MASTER_KEY,), poll_seconds: float = 0.5, deaf: bool = False
) -> AsyncIterator[Process]:
    pool = await open_pool(database_url, purpose="test")
    announcements = Announcements(database_url)
    sealing = Sealing(keys)
    registry = Registry(Catalogue(pool), sealing, announcements, PROVIDERS, poll_seconds=poll_seconds)
    if not deaf:
        await announcements.start()
    await registry.start()
    try:
        yield Process(pool, sealing, registry)
    finally:
        await registry.close()
        await announcements.close()
        await pool.close()


@pytest.fixture
async def here(database) -> AsyncIterator[Process]:
    async with process(database.service_url) as started:
        yield started


@pytest.fixture
def slug(request: pytest.FixtureRequest) -> str:
    name = request.node.originalname.removeprefix("test_").replace("_", "-")[:50]
    return f"{name}-{abs(hash(request.node.name)) % 10**6}"


async def created(process: Process, new: NewAccount) -> str | None:
    """Create, and answer what was generated for the studio."""
    made = await process.accounts.create(new)
    assert made is not None
    return made[1]


async def test_account_is_ready_with_everything_in_effect(here: Process, slug: str) -> None:
    """Secrets opened, overrides over the protocol's defaults, networks, currencies and deadline as stored."""
    secret = await created(
        here,
        NewAccount(
            slug=slug,
            protocol="bogus",
            policy={"short_rollback": "clamp"},
            manners={"unknown_rollback": "error", "codes": {}},
            settings={"games": "https://games.example"},
            allowed_networks=("10.0.0.0/8", "2001:db8::/32"),
            base_url="https://wallet.example/base",
            currencies={"mBTC": ("BTC", -3), "EUR": ("EUR", 0)},
            deadline_ms=1500,
            keep_exchanges=False,
        ),
    )
    account = await here.seen(slug)
    assert secret is not None
    assert account.account.secrets == (secret.encode(),)
    assert account.policy == replace(BOGUS.policy, short_rollback=ShortRollback.CLAMP)
    assert account.manners == replace(BOGUS.manners, unknown_rollback=Answered.ERROR)
    assert account.account.settings == {"games": "https://games.example"}
    assert account.account.base_url == "https://wallet.example/base"
    assert account.account.test
    assert (account.deadline, account.keep_exchanges, account.takes_bets) == (1.5, False, True)
    assert set(account.currencies) == {"mBTC", "EUR"}
    assert account.currencies["mBTC"].currency.code == "BTC"
    assert here.registry.account("nobody") is None


async def test_account_without_a_map_has_all_our_currencies(here: Process, slug: str) -> None:
    """Where nothing is renamed, the codes on the wire are ours."""
    await created(here, NewAccount(slug=slug, protocol="bogus"))
    account = await here.seen(slug)
    assert set(account.currencies) == set(here.registry.currencies) >= {"EUR", "USD", "JPY", "BTC"}


async def test_operator_is_no_provider_account(here: Process) -> None:
    """Account 0 is the operator itself: it has no place under /callbacks/."""
    assert here.registry.account("operator") is None
    assert await here.accounts.change("operator", AccountChange(state=AccountState.REVOKED)) is None


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("10.1.2.3", True),
        ("11.1.2.3", False),
        ("::ffff:10.1.2.3", True),
        ("::ffff:11.1.2.3", False),
        ("2001:db8::1", True),
        ("2001:db9::1", False),
    ],
)
async def test_networks_let_in_whom_they_name(here: Process, slug: str, address: str, allowed: bool) -> None:
    """IPv4, IPv6, and IPv4 written as IPv6."""
    await created(
        here, NewAccount(slug=slug, protocol="bogus", allowed_networks=("10.0.0.0/8", "2001:db8::/32"))
    )
    assert (await here.seen(slug)).allows(ipaddress.ip_address(address)) is allowed


async def test_no_networks_let_everybody_in(here: Process, slug: str) -> None:
    """An account without a list may be called from anywhere."""
    await created(here, NewAccount(slug=slug, protocol="open"))
    assert (await here.seen(slug)).allows(ipaddress.ip_address("203.0.113.9"))


async def test_change_is_seen_by_every_process(database, slug: str) -> None:
    """Each kind of change reaches every process that listens, and one that cannot hear."""
    async with (
        process(database.service_url) as here,
        process(database.service_url, poll_seconds=60) as listening,
        process(database.service_url, deaf=True) as polling,
    ):
        everyone = (here, listening, polling)
        await created(here, NewAccount(slug=slug, protocol="bogus"))
        accounts = [await each.seen(slug) for each in everyone]
        account = accounts[0].id
        await here.accounts.change(slug, AccountChange(state=AccountState.NO_NEW_BETS))
        for each in everyone:
            await each.until(slug, lambda seen: seen and not seen.takes_bets and not seen.revoked)
        await here.accounts.change(slug, AccountChange(state=AccountState.REVOKED))
        for each in everyone:
            await each.until(slug, lambda seen: seen and seen.revoked)
        games = NewGame(code="g1", name="One"), NewGame(code="g2", name="Two", enabled=False)
        assert await here.catalogue.put_games(account, games) == 2
        for each in everyone:
            await each.until(slug, lambda seen: seen and set(seen.games) == {"g1", "g2"})
            seen = each.registry.account(slug)
            assert seen is not None
            assert (seen.games["g1"].enabled, seen.games["g2"].enabled) == (True, False)
        assert await here.catalogue.enable_games(account, ["g1", "nothing"], enabled=False) == 1
        for each in everyone:
            await each.until(slug, lambda seen: seen and not seen.games["g1"].enabled)


async def test_refresh_sees_what_was_committed_before(here: Process, slug: str) -> None:
    """Who changed something sees it at once."""
    await created(here, NewAccount(slug=slug, protocol="bogus"))
    await here.registry.refresh()
    assert here.registry.account(slug) is not None


async def test_secret_rotates_with_two_active(here: Process, slug: str) -> None:
    """The new secret is first and the one before it still opens; there is no third before the oldest is retired."""
    first = await created(here, NewAccount(slug=slug, protocol="bogus", secret="chosen-by-the-studio"))
    assert first is None
    second = await here.accounts.rotate_secret(slug)
    assert second is not None
    await here.registry.refresh()
    account = here.registry.account(slug)
    assert account is not None
    assert account.account.secrets == (str(second[1]).encode(), b"chosen-by-the-studio")
    with pytest.raises(TwoSecretsActive):
        await here.accounts.rotate_secret(slug, "given-again")
    assert await here.accounts.retire_secret(slug, id_of(second[0].secrets[1])) is None
    third = await here.accounts.rotate_secret(slug, "given-again")
    assert third is not None
    assert third[1] is None
    await here.registry.refresh()
    account = here.registry.account(slug)
    assert account is not None
    assert account.account.secrets == (b"given-again", str(second[1]).encode())
    newest, oldest = map(id_of, third[0].secrets)
    assert await here.accounts.retire_secret(slug, oldest) is None
    assert await here.accounts.retire_secret(slug, oldest) is NotRetired.NOT_ACTIVE
    assert await here.accounts.retire_secret(slug, newest) is NotRetired.ONLY_ONE
    assert await here.accounts.retire_secret(f"{slug}-nowhere", newest) is NotRetired.NO_ACCOUNT
    await here.registry.refresh()
    account = here.registry.account(slug)
    assert account is not None
    assert account.account.secrets == (b"given-again",)


async def test_rotations_at_once_lose_no_secret(here: Process, slug: str) -> None:
    """Of several rotations at once one is handed out, beside the secret that the studio uses; the others are refused."""
    first = await created(here, NewAccount(slug=slug, protocol="bogus"))
    rotations = (here.accounts.rotate_secret(slug) for _ in range(4))
    rotated = await asyncio.gather(*rotations, return_exceptions=True)
    assert sum(isinstance(answer, TwoSecretsActive) for answer in rotated) == 3
    (handed_out,) = [answer[1] for answer in rotated if isinstance(answer, tuple)]
    await here.registry.refresh()
    account = here.registry.account(slug)
    assert account is not None
    assert account.account.secrets == (str(handed_out).encode(), str(first).encode())


@pytest.mark.parametrize(("protocol", "kind"), [("signed", KeyKind.RSA), ("curved", KeyKind.CURVE)])
async def test_public_key_scheme_keeps_the_public_half(
    here: Process, slug: str, protocol: str, kind: KeyKind
) -> None:
    """Of a generated pair of the protocol's kind the private key is handed out once and the public one kept."""
    private = await created(here, NewAccount(slug=slug, protocol=protocol))
    assert private is not None
    account = await here.seen(slug)
    [public] = account.account.secrets
    key = load_pem_private_key(private.encode(), None)
    assert load_pem_public_key(public) == key.public_key()
    assert kind_of(key) is kind
    with pytest.raises(Misconfigured, match="PEM"):
        await here.accounts.create(NewAccount(slug=f"{slug}-x", protocol=protocol, secret="not a key"))
    with pytest.raises(Misconfigured, match="no secrets"):
        await here.accounts.create(NewAccount(slug=f"{slug}-x", protocol="open", secret="something"))


@pytest.mark.parametrize(
    ("form", "other"),
    [
        (SecretForm.PUBLIC_KEY, SecretForm.EC_PUBLIC_KEY),
        (SecretForm.EC_PUBLIC_KEY, SecretForm.PUBLIC_KEY),
    ],
)
def test_a_key_is_taken_as_pem_or_in_base64_and_only_of_its_kind(form: SecretForm, other: SecretForm) -> None:
    """The half that is meant, of the kind that the scheme verifies with; what could never work says which it wants."""
    right, wrong = generated(form), generated(other)
    assert right and wrong and right.theirs and wrong.theirs  # noqa: PT018 - for the type checker
    kind = KEYS[form]
    public, private = right.ours.decode(), right.theirs
    for good in (public, wrapped(public), encodebytes(public.encode()).decode()):
        assert given(form, good) == good.encode()
    for bad in (
        wrong.ours.decode(),
        wrapped(wrong.ours.decode()),
        private,
        wrapped("not a key"),
        "not a key",
    ):
        with pytest.raises(Misconfigured, match=f"an {kind} public key as PEM"):
            given(form, bad)
    for good in (private, wrapped(private)):
        assert given_own(good, kind) == good.encode()
    locked = load_pem_private_key(private.encode(), None).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"password")
    )
    for bad in (
        wrong.theirs,
        wrapped(wrong.theirs),
        public,
        locked.decode(),
        wrapped("not a key"),
        "not a key",
    ):
        with pytest.raises(Misconfigured, match=f"an {kind} private key as PEM"):
            given_own(bad, kind)
    for text in ("any text at all", private):
        assert given_own(text, None) == text.encode()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x" * 8, None),
        ("x" * 8192, None),
        ("ä" * 4, None),
        ("x" * 7, "8 to 8192 bytes"),
        ("x" * 8193, "8 to 8192 bytes"),
        ("ä" * 4097, "8 to 8192 bytes"),
        ("\ud800" * 8, "valid unicode"),
    ],
    ids=lambda value: ascii(value)[:20],
)
def test_a_secret_has_so_many_bytes(text: str, reason: str | None) -> None:
    """Any text between the bounds is a secret as it stands, the studio's or our own; what is none says why."""
    for taken in (partial(given, SecretForm.SHARED, text), partial(given_own, text, None)):
        if reason is None:
            assert taken() == text.encode()
            continue
        with pytest.raises(Misconfigured, match=reason):
            taken()


@pytest.mark.parametrize("protocol", SPOKEN)
def test_a_secret_that_is_made_is_one_that_the_studio_signs_with(protocol: str) -> None:
    """Of every protocol: what is handed out is its simulated studio's half, and what is kept belongs to that."""
    secret = generated(SPOKEN[protocol].secret_form)
    if secret is None:
        assert SPOKEN[protocol].secret_form is SecretForm.NONE
        return
    assert secret.theirs is not None
    STUDIOS[protocol](secret.theirs)
    assert STUDIOS[protocol].operators_half(secret.theirs).encode() == secret.ours


def wrapped(pem: str) -> str:
    """A text in base64, in one line."""
    return b64encode(pem.encode()).decode()


async def test_a_secret_that_is_optional_is_made_on_request_only(here: Process, slug: str) -> None:
    """Without one given there is none; one can be given at once, or given or made later."""
    assert await created(here, NewAccount(slug=slug, protocol="optional")) is None
    assert (await here.seen(slug)).account.secrets == ()
    rotated = await here.accounts.rotate_secret(slug)
    assert rotated is not None
    made = str(rotated[1]).encode()
    await here.until(slug, lambda account: account.account.secrets == (made,))
    await created(here, NewAccount(slug=f"{slug}-given", protocol="optional", secret="given-by-them"))
    assert (await here.seen(f"{slug}-given")).account.secrets == (b"given-by-them",)


@pytest.mark.parametrize(
    ("protocol", "unsigned"),
    [
        ("open", {}),
        ("optional", {}),
        ("optional", {"secret": "it only travels"}),
        ("bearer", {"secret": "it only travels"}),
        ("salted", {"secret": "without a salt"}),
        ("lenient", {"settings": {SIGNATURE_OPTIONAL: "yes"}}),
    ],
)
async def test_a_live_account_that_takes_unsigned_calls_names_its_networks(
    here: Process, slug: str, protocol: str, unsigned: dict[str, Any]
) -> None:
    """Whatever lets unsigned calls pass, a live account names its networks and keeps them; a test account may be open."""
    live = NewAccount(slug=slug, protocol=protocol, environment=Environment.LIVE, **unsigned)
    with pytest.raises(Misconfigured, match="allowed_networks"):
        await here.accounts.create(live)
    assert await here.catalogue.account(slug) is None
    await created(here, replace(live, allowed_networks=("192.0.2.0/24",)))
    with pytest.raises(Misconfigured, match="allowed_networks"):
        await here.accounts.change(slug, AccountChange(allowed_networks=()))
    stored = await here.catalogue.account(slug)
    assert stored is not None
    assert len(stored.allowed_networks) == 1
    await created(here, replace(live, slug=f"{slug}-test", environment=Environment.TEST))


async def test_a_live_account_without_networks_stays_signed(here: Process, slug: str) -> None:
    """Neither a setting nor a new secret lets unsigned calls pass at a live account that names no networks."""
    lenient, salted = f"{slug}-lenient", f"{slug}-salted"
    live = NewAccount(slug=lenient, protocol="lenient", environment=Environment.LIVE)
    await created(here, live)
    await created(here, replace(live, slug=salted, protocol="salted", secret="secret:and its salt"))
    before = [await here.catalogue.account(each) for each in (lenient, salted)]
    with pytest.raises(Misconfigured, match="allowed_networks"):
        await here.accounts.change(lenient, AccountChange(settings={SIGNATURE_OPTIONAL: "yes"}))
    for secret in ("without a salt", None):
        with pytest.raises(Misconfigured, match="allowed_networks"):
            await here.accounts.rotate_secret(salted, secret)
    assert [await here.catalogue.account(each) for each in (lenient, salted)] == before


async def test_an_account_that_lacks_networks_can_be_revoked(
    here: Process, slug: str, owner: asyncpg.Connection
) -> None:
    """A live account that came to be open to all is ended at once, and begins again only with networks."""
    live = NewAccount(slug=slug, protocol="salted", environment=Environment.LIVE, secret="without a salt")
    await created(here, replace(live, allowed_networks=("192.0.2.0/24",)))
    await owner.execute("update wallet.provider_account set allowed_networks = '{}' where slug = $1", slug)
    await here.accounts.change(slug, AccountChange(state=AccountState.REVOKED))
    with pytest.raises(Misconfigured, match="allowed_networks"):
        await here.accounts.change(slug, AccountChange(state=AccountState.ACTIVE))


async def test_a_new_secret_and_a_change_that_meet_leave_no_live_account_open(
    here: Process, slug: str, owner: asyncpg.Connection
) -> None:
    """Of a secret that signs nothing and the end of the networks, each sound alone, only the first is taken."""
    live = NewAccount(
        slug=slug, protocol="salted", environment=Environment.LIVE, secret="secret:and its salt"
    )
    await created(here, replace(live, allowed_networks=("192.0.2.0/24",)))
    async with owner.transaction():
        await owner.execute("select from wallet.provider_account where slug = $1 for update", slug)
        both = asyncio.gather(
            here.accounts.change(slug, AccountChange(allowed_networks=())),
            here.accounts.rotate_secret(slug, "without a salt"),
            return_exceptions=True,
        )
        await until_waiting(owner, 2)
    assert [isinstance(each, Misconfigured) for each in await both].count(True) == 1
    stored = await here.catalogue.account(slug)
    assert stored is not None
    assert bool(stored.allowed_networks) is (len(stored.secrets) == 2)


async def test_secrets_are_sealed_in_the_database(
    here: Process, slug: str, owner: asyncpg.Connection
) -> None:
    """No column of any account shows a secret."""
    secret = await created(here, NewAccount(slug=slug, protocol="bogus"))
    row = await owner.fetchrow("select * from wallet.provider_account where slug = $1", slug)
    assert str(secret).encode() not in b"".join(row["secrets"])
    assert str(secret) not in repr(row)


async def test_slug_is_taken_once(here: Process, slug: str) -> None:
    """A second account of the same slug is refused as a value, and changes nothing."""
    await created(here, NewAccount(slug=slug, protocol="bogus"))
    assert await here.accounts.create(NewAccount(slug=slug, protocol="open")) is None
    assert (await here.seen(slug)).provider.name == "bogus"


@pytest.mark.parametrize(
    "wrong",
    [
        {"protocol": "nobody"},
        {"slug": "Upper"},
        {"slug": "a/b"},
        {"slug": ""},
        {"slug": "x" * 64},
        {"policy": {"win_without_bets": True}},
        {"policy": {"short_rollback": "maybe"}},
        {"manners": {"unknown_rollback": True}},
        {"manners": {"places": -1}},
        {"manners": {"codes": {"bet nonsense": "7"}}},
        {"manners": {"codes": {"nonsense insufficient_funds": "7"}}},
        {"manners": {"codes": {"call insufficient_funds": 7}}},
        {"manners": {"codes": {"call insufficient_funds": [7, 402]}}},
        {"manners": {"codes": {"call insufficient_funds": ["7", 99]}}},
        {"currencies": {"EUR": ("EURO", 0)}},
        {"currencies": {"EUR": ("EUR", 99)}},
        {"currencies": {"": ("EUR", 0)}},
        {"allowed_networks": ("10.0.0.1/8",)},
        {"allowed_networks": ("anywhere",)},
        {"base_url": "ftp://wallet.example"},
        {"base_url": "https://wallet.example/?x=1"},
        {"base_url": "wallet.example"},
        {"base_url": "https://[broken"},
        {"manners": {"replay_window": 60}},  # it signs no time
        {"deadline_ms": 49},
        {"deadline_ms": 60_001},
        {"secret": "short"},
    ],
)
async def test_what_could_not_be_served_is_never_stored(here: Process, slug: str, wrong: dict) -> None:
    """Every mistake is refused when the account is created or changed, with the reason."""
    new = NewAccount(**{"slug": slug, "protocol": "bogus", **wrong})
    with pytest.raises(ValueError, match=r"\w+ .*\w"):
        await here.accounts.create(new)
    assert await here.catalogue.account(new.slug) is None
    changeable = {name: value for name, value in wrong.items() if name in AccountChange.__struct_fields__}
    if changeable:
        await created(here, NewAccount(slug=slug, protocol="bogus"))
        before = await here.catalogue.account(slug)
        with pytest.raises(ValueError, match=r"\w+ .*\w"):
            await here.accounts.change(slug, AccountChange(**changeable))
        assert await here.catalogue.account(slug) == before


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        ("protocol = 'gone'", "there is no protocol 'gone'"),
        ("policy = '{\"typo\": true}'", "Policy has no 'typo'"),
        ('manners = \'{"places": "2"}\'', "places"),
        ("settings = '{\"games\": 1}'", "settings: games"),
        ('currencies = \'{"EUR": "EUR"}\'', "currencies: EUR"),
        ("secrets = '{\"\\\\x00\"}'", "no envelope of ours"),
    ],
)
async def test_damaged_account_is_named_and_takes_no_other_with_it(
    here: Process,
    slug: str,
    owner: asyncpg.Connection,
    caplog: pytest.LogCaptureFixture,
    damage: str,
    reason: str,
) -> None:
    """An account that was changed by hand into nonsense is not served, and the log says why; the others are; it can be revoked."""
    await created(here, NewAccount(slug=slug, protocol="bogus"))
    await created(here, NewAccount(slug=f"{slug}-sound", protocol="bogus"))
    await here.seen(f"{slug}-sound")
    with caplog.at_level(logging.ERROR):
        await owner.execute(f"update wallet.provider_account set {damage} where slug = $1", slug)
        await here.until(slug, lambda seen: seen is None)
    assert any(slug in record.getMessage() and reason in record.getMessage() for record in caplog.records)
    assert here.registry.account(f"{slug}-sound") is not None
    revoked = await here.accounts.change(slug, AccountChange(state=AccountState.REVOKED))
    assert revoked is not None
    assert revoked.state is AccountState.REVOKED
    await owner.execute("delete from wallet.provider_account where slug = $1", slug)


async def test_damaged_game_is_named_and_takes_its_account_alone(
    here: Process, slug: str, owner: asyncpg.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    """An account with a game that was changed by hand into none is not served until the game is mended; the others are, and the game can be read."""
    await created(here, NewAccount(slug=slug, protocol="bogus"))
    await created(here, NewAccount(slug=f"{slug}-sound", protocol="bogus"))
    account = (await here.seen(slug)).id
    await here.catalogue.put_games(account, [NewGame(code="g1", name="One")])
    await here.until(slug, lambda seen: seen and seen.games)
    statement = "update wallet.game set refused_countries = $2 where provider_account = $1"
    with caplog.at_level(logging.ERROR):
        await owner.execute(statement, account, ["UK"])
        await here.until(slug, lambda seen: seen is None)
    assert f"{slug} is not served: game 'g1': a game's countries: 'UK'" in caplog.text
    assert here.registry.account(f"{slug}-sound") is not None
    assert [game.refused_countries for game in await here.catalogue.games(account)] == [("UK",)]
    await owner.execute(statement, account, ["GB"])
    assert not (await here.seen(slug)).games["g1"].admits_country("GB")


async def test_master_key_is_replaced_without_a_pause(database, slug: str) -> None:
    """With both keys the account is served, sealed anew, and then served with the new key alone."""
    new_key = new_master_key()
    async with process(database.service_url) as old:
        await created(old, NewAccount(slug=slug, protocol="bogus", secret="studio-secret"))
        assert await old.accounts.set_own_secret(slug, "our own secret")
    async with process(database.service_url, keys=(new_key, MASTER_KEY)) as both:
        assert both.registry.account(slug) is not None
        assert await both.sealed_anew() >= 1
        assert await both.sealed_anew() == 0
    async with process(database.service_url, keys=(new_key,)) as new:
        account = new.registry.account(slug)
        assert account is not None
        assert account.account.secrets == (b"studio-secret",)
        assert account.account.own_secret == b"our own secret"
    async with process(database.service_url) as old:
        assert old.registry.account(slug) is None
    # Back, for the tests that share this database.
    async with process(database.service_url, keys=(MASTER_KEY, new_key)) as back:
        await back.sealed_anew()


async def test_last_picture_stands_while_postgres_is_away(here: Process, slug: str) -> None:
    """An outage takes no account from service."""
    await created(here, NewAccount(slug=slug, protocol="bogus"))
    account = await here.seen(slug)
    await here.pool.close()
    await asyncio.sleep(0.8)
    assert here.registry.account(slug) is account


async def test_games_are_written_once_each(here: Process) -> None:
    """One list names each code once, and is bounded."""
    for wrong in ([NewGame(code="c", name="n")] * 2, [NewGame(code=str(n), name="n") for n in range(20_001)]):
        with pytest.raises(ValueError, match="each code once"):
            await here.catalogue.put_games(1, wrong)
