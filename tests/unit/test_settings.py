"""Settings come from the environment, whole and checked, and never show a secret."""

import re
from pathlib import Path

import pytest
import yaml

from gateway.sealing import Sealing, SealingError
from gateway.settings import SCHEMES, WITHHELD_FROM_WORKERS, Settings, SettingsError, settings_from, variable

URLS = {
    "BANKROLL_DATABASE_URL": "postgresql://service:hush@db/bankroll",
    "BANKROLL_REDIS_URL": "redis://:hush@cache/0",
    "BANKROLL_MASTER_KEYS": "hush,hush2",
}


def test_nothing_set_is_a_gateway_with_its_own_servers() -> None:
    """One command and no setting is enough."""
    settings = settings_from({"PATH": "/bin", "BANKROLL_PORT": ""})
    assert settings.embedded
    assert settings.port == 8080
    assert settings.process_count >= 1


def test_every_setting_is_read_and_passed_on() -> None:
    """What a process was started with, its workers are started with."""
    given = URLS | {
        "BANKROLL_PORT": "9",
        "BANKROLL_PROCESSES": "3",
        "BANKROLL_TRUSTED_PROXIES": "10.0.0.0/8, ::1",
    }
    settings = settings_from(given)
    assert settings.process_count == 3
    assert [str(network) for network in settings.proxies] == ["10.0.0.0/8", "::1/128"]
    assert settings_from(settings.environment()) == settings


def test_no_worker_is_given_the_owner_s_rights() -> None:
    """Who takes over a worker finds the service's login in its environment, and none that may do more."""
    more = dict.fromkeys(map(variable, WITHHELD_FROM_WORKERS), "postgresql://postgres:hush@db/bankroll")
    assert more.keys() == {"BANKROLL_OWNER_URL", "BANKROLL_REPLICATION_URL"}
    assert settings_from(settings_from(URLS | more).environment()) == settings_from(URLS)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("::ffff:198.51.100.0/120", "198.51.100.0/24"),
        ("::ffff:198.51.100.7", "198.51.100.7/32"),
        ("::ffff:0:0/96", "0.0.0.0/0"),
        ("::ffff:0:0:0/96", "::ffff:0:0:0/96"),
        ("::/0", "::/0"),
    ],
)
def test_a_network_of_ipv4_that_is_written_as_ipv6_is_one(written: str, meant: str) -> None:
    """The addresses that are held against it are IPv4, however they came: it would be a network of nobody."""
    proxies = settings_from({"BANKROLL_TRUSTED_PROXIES": written}).proxies
    assert [str(network) for network in proxies] == [meant]


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("BANKROLL_PROT", "1", "BANKROLL_PORT"),
        ("BANKROLL_SECRET", "hush", "BANKROLL_SECRET is no setting"),
        ("BANKROLL_PORT", "hush", "BANKROLL_PORT"),
        ("BANKROLL_PORT", "70000", "BANKROLL_PORT"),
        ("BANKROLL_PROCESSES", "0", "BANKROLL_PROCESSES"),
        ("BANKROLL_TRUSTED_PROXIES", "hush", "BANKROLL_TRUSTED_PROXIES"),
        ("BANKROLL_TRUSTED_PROXIES", "10.0.0.1/8", "BANKROLL_TRUSTED_PROXIES"),
        ("BANKROLL_TRUSTED_PROXIES", "fe80::1%eth0", "BANKROLL_TRUSTED_PROXIES"),
        ("BANKROLL_MASTER_KEYS", "hush,hush,hush", "at most two"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(variable: str, value: str, told: str) -> None:
    """A misspelt or broken setting stops the start, and its value is not repeated."""
    with pytest.raises(SettingsError) as refused:
        settings_from({variable: value})
    assert told in str(refused.value)
    assert "hush" not in str(refused.value)


@pytest.mark.parametrize("name", sorted(SCHEMES))
@pytest.mark.parametrize(
    "password",
    [
        "hush/x9",
        "123/hush",
        "hush#x9",
        "123#hush",
        "hush?x9",
        "12?hush=9",
        "hush@x9",
        "hush[x9",
        "hush]",
        "hush%x9",
        "hush x9",
        "hush\nx9",
    ],
)
def test_a_password_that_is_not_encoded_is_refused_and_not_repeated(name: str, password: str) -> None:
    """A driver would take a part of it for a port or a host, and its complaint would show that part."""
    scheme = SCHEMES[name][0]
    with pytest.raises(SettingsError) as refused:
        settings_from({variable(name): f"{scheme}://service:{password}@db:5432/0"})
    assert str(refused.value).startswith(f"{variable(name)}: ")
    assert "percent-encode" in str(refused.value)
    assert "hush" not in str(refused.value)
    assert refused.value.__cause__ is None


@pytest.mark.parametrize(
    ("name", "url", "told"),
    [
        ("database_url", "mysql://service:hush@db/bankroll", "postgresql:// or postgres://"),
        ("redis_url", "http://:hush@cache/0", "redis:// or rediss:// or unix://"),
        ("redis_url", "hush", "redis:// or rediss:// or unix://"),
        ("redis_url", "redis://:hush@cache:65536/0", "no URL"),
        ("owner_url", "postgresql://hush@db:5432,:5433/bankroll", "no URL"),
        ("replication_url", "postgresql://hush@db/bankroll?sslmode", "no URL"),
        (
            "replication_url",
            "postgresql://db/bankroll?user=copier&p%61ssword=hush",
            "password is no parameter",
        ),
        ("owner_url", "postgresql://db/bankroll?sslkey=/key&sslpassword=hush", "sslpassword is no parameter"),
    ],
)
def test_a_url_that_no_driver_takes_is_refused(name: str, url: str, told: str) -> None:
    """An impossible scheme, port, host or parameter stops every command, before anything is started."""
    with pytest.raises(SettingsError) as refused:
        settings_from({variable(name): url})
    assert told in str(refused.value)
    assert "hush" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("database_url", "postgresql://service:a%2Fb%40c@db:5432,[::1]:5433/bankroll?sslmode=require"),
        ("database_url", "postgres:///bankroll?host=/run/postgresql&user=service"),
        ("owner_url", "postgresql://owner@%2Frun%2Fpostgresql/bankroll"),
        ("redis_url", "rediss://:a:b@cache"),
        ("redis_url", "unix://:hush@/run/valkey.sock?db=1"),
    ],
)
def test_every_form_of_a_url_that_drivers_take_is_taken(name: str, url: str) -> None:
    """Several hosts, sockets, parameters and encoded passwords are as they were."""
    assert getattr(settings_from({variable(name): url}), name) == url


def test_secrets_are_never_printed() -> None:
    """A log or a trace may show the settings."""
    settings = settings_from(URLS)
    assert "hush" not in f"{settings} {settings!r}"
    assert "***" in repr(settings)


def test_nothing_opens_by_default() -> None:
    """Unset, there is no password, no key, no proxy that is believed, and no address but this machine's own."""
    settings = settings_from({})
    assert (settings.host, settings.master_keys, settings.trusted_proxies) == ("127.0.0.1", (), ())
    assert (settings.database_url, settings.owner_url, settings.redis_url) == (None, None, None)
    with pytest.raises(SealingError, match="not set"):
        Sealing(settings.master_keys)
    for name in Settings.__struct_fields__:
        assert not isinstance(getattr(settings, name), str) or name in {"host", "directory"}


def test_nothing_that_is_shipped_brings_a_secret() -> None:
    """compose.yaml and the Dockerfile name secrets and give none: without them nothing starts."""
    root = Path(__file__).parents[2]
    composed = (root / "compose.yaml").read_text()
    named = set(re.findall(r"\$\{([A-Z_]+)", composed))
    assert {"OWNER_PASSWORD", "SERVICE_PASSWORD", "VALKEY_PASSWORD", "BANKROLL_MASTER_KEYS"} <= named
    for name in ("OWNER_PASSWORD", "SERVICE_PASSWORD", "VALKEY_PASSWORD", "BANKROLL_MASTER_KEYS"):
        assert not re.search(rf"\$\{{{name}:?-", composed), name
        assert re.search(rf"\$\{{{name}:\?", composed), name
    assert not re.search(r"(?i)(password|secret|keys?)\s*=\s*\S", (root / "Dockerfile").read_text())


DECIDED_BY_COMPOSE = {"host", "port", "directory", "run_directory", "notice_seconds", "master_keys", *SCHEMES}
"""What compose.yaml and the Dockerfile say or ask for; of its stop nobody is told who could go to another gateway."""


def test_what_is_set_for_compose_reaches_its_gateway() -> None:
    """A container is given nothing that is not named: a setting that stays outside would be a default in silence."""
    composed = yaml.safe_load((Path(__file__).parents[2] / "compose.yaml").read_text())
    given = composed["services"]["bankroll"]["environment"]
    for name in set(Settings.__struct_fields__) - DECIDED_BY_COMPOSE:
        assert given[variable(name)] == f"${{{variable(name)}:-}}", name


def test_every_setting_stands_in_the_table() -> None:
    """Whoever runs a gateway finds each setting, with what it is by default and what it does."""
    table = (
        (Path(__file__).parents[2] / "docs/operations.md")
        .read_text()
        .split("## Settings")[1]
        .split("\n## ")[0]
    )
    rows = "".join(line.split("|")[1] for line in table.splitlines() if line.startswith("|"))
    assert {variable(name) for name in Settings.__struct_fields__} == set(
        re.findall(r"BANKROLL_[A-Z_]+", rows)
    )
