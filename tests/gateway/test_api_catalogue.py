"""Provider accounts and games through the internal API."""

from base64 import b64encode
from ipaddress import ip_address

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from providers import PROVIDERS
from providers.outbound import ADDRESSES
from providers.provider import SecretForm
from tests.gateway.door import Door, name_of, one_loop

pytestmark = one_loop

SHARED = next(name for name, provider in PROVIDERS.items() if provider.secret_form is SecretForm.SHARED)
KEYED = next(name for name, provider in PROVIDERS.items() if provider.secret_form is SecretForm.PUBLIC_KEY)
SETTING = min(PROVIDERS[SHARED].known_settings - ADDRESSES)


async def test_an_account_is_made_its_secret_shown_once_and_served_at_once(door: Door):
    """The generated secret is what the account opens with, no later answer holds it, and callbacks know the account."""
    made = await door.post("/provider-accounts", {"slug": "once", "protocol": SHARED, "environment": "test"})
    assert len(made["secret"]) >= 32
    assert door.gateway.desk.registry.account("once").account.secrets == (made["secret"].encode(),)
    assert len(made["provider_account"]["active_secrets"]) == 1
    read = await door.get("/provider-accounts/once")
    assert read == made["provider_account"]
    assert made["secret"] not in str(await door.get("/provider-accounts"))
    assert made["secret"].encode() not in await door.owner.fetchval(
        "select secrets[1] from wallet.provider_account where slug = 'once'"
    )
    again = {"slug": "once", "protocol": SHARED, "environment": "test"}
    assert name_of(await door.post("/provider-accounts", again, 409)) == "provider_account_exists"


async def test_a_secret_is_rotated_with_the_old_one_beside_it(door: Door):
    """After a rotation both secrets open and no other is taken; the old one is retired by word, and the new one stands."""
    made = await door.post(
        "/provider-accounts", {"slug": "turning", "protocol": SHARED, "environment": "test"}
    )
    second = await door.post("/provider-accounts/turning/rotate-secret", {}, 200)
    path = "/provider-accounts/turning"
    for body in ({}, {"secret": "given-by-the-studio"}):
        refused = await door.post(f"{path}/rotate-secret", body, 409)
        assert name_of(refused) == "two_secrets_active"
    assert secrets_of(door, "turning") == (second["secret"], made["secret"])
    newest, oldest = second["provider_account"]["active_secrets"]
    retired = await door.post(f"{path}/retire-secret", {"secret_id": oldest}, 200)
    assert retired["active_secrets"] == [newest]
    assert secrets_of(door, "turning") == (second["secret"],)
    refused = await door.post(f"{path}/retire-secret", {"secret_id": newest}, 409)
    assert name_of(refused) == "only_secret_active"
    third = await door.post(f"{path}/rotate-secret", {}, 200)
    assert secrets_of(door, "turning") == (third["secret"], second["secret"])
    for each, body in (("rotate-secret", {}), ("retire-secret", {"secret_id": newest})):
        nowhere = await door.post(f"/provider-accounts/nowhere/{each}", body, 404)
        assert name_of(nowhere) == "provider_account_not_found"


async def test_a_new_secret_that_never_arrived_is_taken_back(door: Door):
    """Where the answer of a rotation was lost the new secret goes, the studio's stays, and another can be made."""
    account = {"slug": "unheard", "protocol": SHARED, "environment": "test"}
    made = await door.post("/provider-accounts", account)
    await door.post("/provider-accounts/unheard/rotate-secret", {}, 200)
    unheard, _ = (await door.get("/provider-accounts/unheard"))["active_secrets"]
    await door.post("/provider-accounts/unheard/retire-secret", {"secret_id": unheard}, 200)
    assert secrets_of(door, "unheard") == (made["secret"],)
    again = await door.post("/provider-accounts/unheard/rotate-secret", {}, 200)
    assert secrets_of(door, "unheard") == (again["secret"], made["secret"])
    for wrong in ({}, {"secret_id": "oldest"}):
        refused = await door.post("/provider-accounts/unheard/retire-secret", wrong, 400)
        assert name_of(refused) == "invalid_request"
    assert secrets_of(door, "unheard") == (again["secret"], made["secret"])


@pytest.mark.parametrize("position", [0, 1], ids=["the new", "the old"])
async def test_a_retirement_that_is_sent_again_retires_no_other_secret(door: Door, position: int):
    """After a lost answer, and whatever was done between, the same request finds no such secret and changes nothing."""
    slug = f"stale-{position}"
    path = f"/provider-accounts/{slug}"
    await door.post("/provider-accounts", {"slug": slug, "protocol": SHARED, "environment": "test"})
    rotated = await door.post(f"{path}/rotate-secret", {}, 200)
    retirement = {"secret_id": rotated["provider_account"]["active_secrets"][position]}
    await door.post(f"{path}/retire-secret", retirement, 200)
    await door.post(f"{path}/rotate-secret", {}, 200)
    before = secrets_of(door, slug)
    assert len(before) == 2
    assert name_of(await door.post(f"{path}/retire-secret", retirement, 404)) == "secret_not_found"
    assert secrets_of(door, slug) == before


@pytest.mark.parametrize("protocol", [SHARED, KEYED])
async def test_a_secret_that_is_active_is_no_new_one(door: Door, protocol: str):
    """Given again, beside itself or in its own place, it is refused by name and nothing changes, however a key is written."""
    slug = f"same-{protocol}".replace("_", "-")
    secrets = [public_pem() if protocol == KEYED else f"{number} from the studio" for number in range(2)]
    made = await door.post(
        "/provider-accounts",
        {"slug": slug, "protocol": protocol, "environment": "test", "secret": secrets[0]},
    )
    path = f"/provider-accounts/{slug}"
    again = b64encode(secrets[0].encode()).decode() if protocol == KEYED else secrets[0]
    for body in ({}, {"retire_previous": True}):
        for secret in (secrets[0], again):
            refused = await door.post(f"{path}/rotate-secret", {**body, "secret": secret}, 409)
            assert name_of(refused) == "secret_active"
    assert await door.get(path) == made["provider_account"]
    await door.post(f"{path}/rotate-secret", {"secret": secrets[1]}, 200)
    for secret in secrets:
        refused = await door.post(f"{path}/rotate-secret", {"secret": secret}, 409)
        assert name_of(refused) == "secret_active"
    assert secrets_of(door, slug) == (secrets[1], secrets[0])


async def test_a_secret_whose_envelope_no_longer_opens_can_be_replaced(door: Door):
    """What sealed it is lost, so nobody can say whether it is the same: the new one goes in its place."""
    account = {"slug": "lost", "protocol": SHARED, "environment": "test", "secret": "known to the studio"}
    await door.post("/provider-accounts", account)
    await door.owner.execute(
        "update wallet.provider_account set secrets = array['\\x00'::bytea] where slug = 'lost'"
    )
    body = {"secret": "known to the studio", "retire_previous": True}
    await door.post("/provider-accounts/lost/rotate-secret", body, 200)
    assert secrets_of(door, "lost") == ("known to the studio",)


async def test_a_secret_that_leaked_is_retired_at_once(door: Door):
    """With the rotation itself every secret before it goes, one or two; only the new one opens."""
    account = {"slug": "leaking", "protocol": SHARED, "environment": "test"}
    await door.post("/provider-accounts", account)
    for _ in range(2):
        last = await door.post("/provider-accounts/leaking/rotate-secret", {"retire_previous": True}, 200)
        assert len(last["provider_account"]["active_secrets"]) == 1
        assert secrets_of(door, "leaking") == (last["secret"],)
        await door.post("/provider-accounts/leaking/rotate-secret", {}, 200)


def secrets_of(door: Door, slug: str) -> tuple[str, ...]:
    account = door.gateway.desk.registry.account(slug)
    return tuple(secret.decode() for secret in account.account.secrets)


def public_pem() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


async def test_the_studios_public_key_is_taken_and_not_shown(door: Door):
    """Where the scheme has key pairs the studio's public key is kept, and text that is none is refused."""
    pem = public_pem()
    body = {"slug": "keyed", "protocol": KEYED, "environment": "live", "secret": pem}
    made = await door.post("/provider-accounts", body)
    assert made["secret"] is None
    assert door.gateway.desk.registry.account("keyed").account.secrets == (pem.encode(),)
    assert (
        name_of(await door.post("/provider-accounts", {**body, "slug": "bad", "secret": "no key"}, 400))
        == "invalid_request"
    )


async def test_an_account_is_changed_and_the_change_is_seen(door: Door):
    """State, networks, currencies, overrides and deadline change together, and the registry sees them."""
    await door.post("/provider-accounts", {"slug": "changing", "protocol": SHARED, "environment": "test"})
    changes = {
        "state": "no_new_bets",
        "allowed_networks": ["192.0.2.0/24"],
        "currencies": {"mBTC": ["BTC", -3]},
        "policy": {"win_without_bet": True},
        "settings": {SETTING: "yes"},
        "base_url": "https://wallet.example/callbacks/changing",
        "deadline_ms": 900,
        "keep_exchanges": False,
    }
    changed = await door.patch("/provider-accounts/changing", changes)
    assert {name: changed[name] for name in changes} == changes
    served = door.gateway.desk.registry.account("changing")
    assert not served.takes_bets
    assert served.policy.win_without_bet
    assert not served.allows(ip_address("198.51.100.1"))
    assert (await door.patch("/provider-accounts/changing", {"state": "active"}))["deadline_ms"] == 900
    assert name_of(await door.patch("/provider-accounts/nowhere", {}, 404)) == "provider_account_not_found"


@pytest.mark.parametrize(
    "change",
    [
        {"protocol": "carrier-pigeon"},
        {"slug": "Upper"},
        {"slug": ""},
        {"slug": "a/b"},
        {"environment": "staging"},
        {"policy": {"win_with_bet": True}},
        {"policy": {"win_without_bet": "yes"}},
        {"manners": {"places": -1}},
        *({"manners": {"zero_amounts": ["win", kind]}} for kind in ("deposit", "tombstone", "rollback")),
        {"allowed_networks": ["everywhere"]},
        {"allowed_networks": ["192.0.2.1/24"]},
        {"allowed_networks": ["fe80::%eth0"]},
        {"currencies": {"X": ["ABC", 0]}},
        {"currencies": {"X": ["EUR", 99]}},
        {"currencies": {"X": ["EUR"]}},
        {"deadline_ms": 1},
        {"deadline_ms": "900"},
        {"base_url": "ftp://x"},
        {"settings": {SETTING: 1}},
        {"settings": {SETTING: "\x00"}},
        {"settings": {f"{SETTING}s": "yes"}},
        {"secret": "short"},
        {"secrets": []},
    ],
    ids=str,
)
async def test_an_account_that_cannot_be_served_is_not_stored(door: Door, change: dict):
    """What the gateway could not serve is refused with the reason, and nothing is stored."""
    before = await door.owner.fetchval("select count(*) from wallet.provider_account")
    body = {"slug": "never", "protocol": SHARED, "environment": "test", **change}
    problem = await door.post("/provider-accounts", body, 400)
    assert name_of(problem) == "invalid_request"
    assert problem["errors"]
    assert await door.owner.fetchval("select count(*) from wallet.provider_account") == before


@pytest.mark.parametrize(
    "name",
    [
        *("state", "policy", "manners", "settings", "allowed_networks", "currencies", "deadline_ms"),
        "keep_exchanges",
    ],
)
async def test_what_an_account_cannot_be_without_is_not_taken_away(door: Door, name: str):
    """A change to null is refused and leaves no trace: it is no way to say that something stays."""
    slug = f"whole-{name.replace('_', '-')}"
    made = await door.post("/provider-accounts", {"slug": slug, "protocol": SHARED, "environment": "test"})
    problem = await door.patch(f"/provider-accounts/{slug}", {name: None}, 400)
    assert [one["field"] for one in problem["errors"]] == [name]
    assert await door.get(f"/provider-accounts/{slug}") == made["provider_account"]


async def test_a_network_that_is_written_as_ipv6_holds_its_addresses(door: Door):
    """A network of IPv4 is told and served as one, however it was written."""
    account = {"slug": "mapped", "protocol": SHARED, "environment": "test"}
    made = await door.post("/provider-accounts", {**account, "allowed_networks": ["::ffff:198.51.100.0/120"]})
    assert made["provider_account"]["allowed_networks"] == ["198.51.100.0/24"]
    assert door.gateway.desk.registry.account("mapped").allows(ip_address("198.51.100.7"))
    told = await door.patch("/provider-accounts/mapped", {"allowed_networks": ["::ffff:203.0.113.9"]})
    assert told["allowed_networks"] == ["203.0.113.9/32"]


async def test_a_base_url_can_be_taken_away(door: Door):
    """Null ends it and is seen in the entry of the change; a change that does not name it leaves it."""
    account = {"slug": "based", "protocol": SHARED, "environment": "test", "base_url": "https://a.example"}
    await door.post("/provider-accounts", account)
    path = "/provider-accounts/based"
    assert (await door.patch(path, {"deadline_ms": 900}))["base_url"] == "https://a.example"
    assert (await door.patch(path, {"base_url": None}))["base_url"] is None
    assert (await door.patch(path, {"deadline_ms": 800}))["base_url"] is None
    _, entry, *_ = (await door.get("/audit", name="based"))["items"]
    assert (entry["before"]["base_url"], entry["after"]["base_url"]) == ("https://a.example", None)


@pytest.mark.parametrize("environment", ["test", "live"])
async def test_what_changes_nothing_leaves_no_trace(door: Door, environment: str):
    """An empty change, one to what there is and a refused one are answered as it stands: no moment moves, no entry is written."""
    slug = f"still-{environment}"
    account = {"deadline_ms": 900, "policy": {"win_without_bet": True}, "currencies": {"mBTC": ["BTC", -3]}}
    account |= {
        "allowed_networks": ["192.0.2.0/24"],
        "base_url": "https://a.example",
        "keep_exchanges": False,
    }
    game = {"name": "Still", "rtp": "96.5", "allowed_countries": ["MT"], "enabled": False}
    new = {"slug": slug, "protocol": SHARED, "environment": environment, **account}
    made = (await door.post("/provider-accounts", new))["provider_account"]
    listed = await door.post("/games", {"provider_account": slug, "code": slug, **game})

    async def traces():
        changed = "select changed_at from wallet.game where id = $1"
        told = [entry["id"] for entry in (await door.get("/audit", name=slug))["items"]]
        return (
            await door.get(f"/provider-accounts/{slug}"),
            await door.owner.fetchval(changed, listed["id"]),
            told,
        )

    before = await traces()
    assert before[0] == made
    for body in ({}, {"deadline_ms": 900}, {**account, "state": "active"}):
        assert await door.patch(f"/provider-accounts/{slug}", body) == made
    for body in ({}, {"enabled": False}, game):
        assert await door.patch(f"/games/{listed['id']}", body) == listed
    answer = await door.http.put(f"/v1/provider-accounts/{slug}/certification", json={"rules": []})
    assert answer.status_code == (200 if environment == "test" else 409)
    assert await traces() == before


async def test_a_setting_that_nobody_reads_is_refused(door: Door):
    """A misspelt setting is named with those that there are, for a new account and for one that is changed."""
    body = {"slug": "misspelt", "protocol": SHARED, "environment": "test"}
    wrong = {"settings": {"signature_optonal": "yes"}}
    refused = [await door.post("/provider-accounts", {**body, **wrong}, 400)]
    await door.post("/provider-accounts", body)
    refused.append(await door.patch("/provider-accounts/misspelt", wrong, 400))
    for problem in refused:
        assert all(
            name in str(problem["errors"])
            for name in ("signature_optonal", *PROVIDERS[SHARED].known_settings)
        )
    assert (await door.get("/provider-accounts/misspelt"))["settings"] == {}


async def test_the_operators_own_account_is_not_to_be_changed(door: Door):
    """Account 0 is the operator: it is neither listed, read nor changed here."""
    assert "operator" not in str(await door.get("/provider-accounts"))
    for answer in (
        await door.get("/provider-accounts/operator", 404),
        await door.patch("/provider-accounts/operator", {"state": "revoked"}, 404),
        await door.post("/provider-accounts/operator/rotate-secret", {}, 404),
    ):
        assert name_of(answer) == "provider_account_not_found"


async def test_games_are_made_listed_and_changed(door: Door):
    """A game is made once, found in its account's pages, and disabled for the gateway at once."""
    await door.post("/provider-accounts", {"slug": "gaming", "protocol": SHARED, "environment": "test"})
    for code in ("c", "a", "b:1/x"):
        await door.post("/games", {"provider_account": "gaming", "code": code, "name": f"Game {code}"})
    body = {"provider_account": "gaming", "code": "a", "name": "Game a"}
    assert (await door.post("/games", body, 200))["code"] == "a"
    assert name_of(await door.post("/games", {**body, "name": "Other"}, 409)) == "game_exists"
    first = await door.get("/games", provider_account="gaming", limit=2)
    rest = await door.get("/games", provider_account="gaming", limit=2, cursor=first["next_cursor"])
    assert [game["code"] for game in first["items"] + rest["items"]] == ["a", "b:1/x", "c"]
    assert rest["next_cursor"] is None
    game = first["items"][0]
    changed = await door.patch(f"/games/{game['id']}", {"enabled": False})
    assert (changed["enabled"], changed["name"]) == (False, "Game a")
    assert not door.gateway.desk.registry.account("gaming").games["a"].enabled
    assert (await door.patch(f"/games/{game['id']}", {"name": "Better"}))["enabled"] is False


async def test_a_game_says_what_it_is_and_where_it_may_be_played(door: Door):
    """Type, exact return, lists of countries and currencies and demo are kept, changed one by one, and cleared."""
    await door.post("/provider-accounts", {"slug": "listed", "protocol": SHARED, "environment": "test"})
    told = {
        "provider_account": "listed",
        "code": "a",
        "name": "A",
        "type": "live",
        "rtp": "97.30",
        "demo": False,
        "allowed_countries": ["MT", "DE"],
        "refused_countries": ["FR"],
        "allowed_currencies": ["EUR", "BTC"],
        "refused_currencies": ["USD"],
    }
    made = await door.post("/games", told)
    assert made == {"id": made["id"], "enabled": True, **told}
    assert await door.post("/games", told, 200) == made
    for other in ({"rtp": "97.31"}, {"type": "slot"}, {"allowed_countries": ["MT"]}, {"demo": True}):
        assert name_of(await door.post("/games", {**told, **other}, 409)) == "game_exists"
    changed = await door.patch(f"/games/{made['id']}", {"rtp": None, "allowed_countries": []})
    assert changed == {**made, "rtp": None, "allowed_countries": []}
    served = door.gateway.desk.registry.account("listed").games["a"]
    assert (served.rtp, served.allowed_countries, served.refused_currencies) == (None, (), ("USD",))
    assert (await door.get("/games", provider_account="listed"))["items"] == [changed]


@pytest.mark.parametrize(
    ("wrong", "name"),
    [
        ({"type": "fruit machine"}, "invalid_request"),
        ({"rtp": 96.5}, "invalid_request"),
        ({"rtp": "0"}, "invalid_request"),
        ({"rtp": "100.01"}, "invalid_request"),
        ({"rtp": "9.65e1"}, "invalid_request"),
        ({"rtp": "96.12345"}, "invalid_request"),
        ({"allowed_countries": ["XX"]}, "invalid_request"),
        ({"refused_countries": ["de"]}, "invalid_request"),
        ({"refused_countries": ["MT"] * 301}, "invalid_request"),
        ({"allowed_currencies": ["ABC"]}, "unknown_currency"),
        ({"refused_currencies": ["eur"]}, "invalid_request"),
    ],
    ids=lambda value: str(value)[:50],
)
async def test_what_a_game_cannot_be_is_refused(door: Door, wrong: dict, name: str):
    """A closed list of types, a return in percent as text, countries and currencies that there are; made or changed."""
    account = {"slug": "picky", "protocol": SHARED, "environment": "test"}
    await door.http.post("/v1/provider-accounts", json=account)
    game = await door.post("/games", {"provider_account": "picky", "code": str(wrong)[:50], "name": "A"})
    body = {"provider_account": "picky", "code": "never", "name": "A"}
    assert name_of(await door.post("/games", {**body, **wrong}, 400)) == name
    assert name_of(await door.patch(f"/games/{game['id']}", wrong, 400)) == name
    assert game in (await door.get("/games", provider_account="picky", limit=100))["items"]


async def test_a_game_that_was_changed_by_hand_into_none_is_mended(door: Door):
    """It is listed as it is and refused another change; the change that mends it has its account served again."""
    await door.post("/provider-accounts", {"slug": "by-hand", "protocol": SHARED, "environment": "test"})
    game = await door.post("/games", {"provider_account": "by-hand", "code": "a", "name": "A"})
    await door.owner.execute("update wallet.game set refused_countries = '{UK}' where id = $1", game["id"])
    [listed] = (await door.get("/games", provider_account="by-hand"))["items"]
    assert listed == {**game, "refused_countries": ["UK"]}
    assert name_of(await door.patch(f"/games/{game['id']}", {"name": "B"}, 400)) == "invalid_request"
    mended = await door.patch(f"/games/{game['id']}", {"refused_countries": ["GB"]})
    assert mended == {**game, "refused_countries": ["GB"]}
    assert door.gateway.desk.registry.account("by-hand").games["a"].refused_countries == ("GB",)


@pytest.mark.parametrize(
    ("body", "expected", "name"),
    [
        ({"provider_account": "nowhere", "code": "a", "name": "A"}, 404, "provider_account_not_found"),
        ({"provider_account": "operator", "code": "a", "name": "A"}, 404, "provider_account_not_found"),
        ({"provider_account": "x", "code": "", "name": "A"}, 400, "invalid_request"),
        ({"provider_account": "x", "code": "a\n", "name": "A"}, 400, "invalid_request"),
        ({"provider_account": "x", "code": "a", "name": "x" * 201}, 400, "invalid_request"),
        ({"provider_account": "x", "code": "a"}, 400, "invalid_request"),
    ],
)
async def test_a_game_that_cannot_be_is_refused(door: Door, body: dict, expected: int, name: str):
    """A game belongs to an account that is there, with a code and a name."""
    assert name_of(await door.post("/games", body, expected)) == name


async def test_a_game_that_is_none_is_not_found(door: Door):
    """An id of no game is a 404."""
    assert name_of(await door.patch("/games/2147483647", {"enabled": False}, 404)) == "game_not_found"
