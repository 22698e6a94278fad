"""What an operator sets, read once from the environment: every ``BANKROLL_…`` name is a field here, any other is refused.

A misspelt name would otherwise be a default in silence.  Values are checked by type; secrets are never printed.
"""

import ipaddress
import os
import re
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated
from urllib.parse import SplitResult, parse_qsl, urlsplit

import msgspec
from msgspec import Meta, Struct

PREFIX = "BANKROLL_"
SECRET = frozenset({"database_url", "owner_url", "replication_url", "redis_url", "master_keys"})
WITHHELD_FROM_WORKERS = frozenset({"owner_url", "replication_url"})
"""What commands alone need: whoever takes over a worker shall not find it in its environment."""

LISTS = frozenset({"master_keys", "trusted_proxies"})
MAXIMUM_PROCESSES = 256
LONGEST_STUDIO_SECONDS = 15.0
CONNECTIONS_BESIDE_LANES = 10
"""Of one process, at most: four for studios' questions, four for the internal API, one for exchanges, one for announcements."""

POSTGRES = ("postgresql", "postgres")
SCHEMES = {
    "database_url": POSTGRES,
    "owner_url": POSTGRES,
    "replication_url": POSTGRES,
    "redis_url": ("redis", "rediss", "unix"),
}
PLACE = re.compile(r"(\[[^\[\]]+\]|[^:\[\]]+)(:(?P<port>[0-9]{0,5}))?")
"""A host, and its port if it is told."""

NO_PART_OF_A_URL = re.compile(r"%(?![0-9A-Fa-f]{2})|[\s\x00-\x1f]")
HIGHEST_PORT = 65535
NO_PARAMETERS = frozenset({"password", "sslpassword"})

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class SettingsError(ValueError):
    """The environment does not make sense; the message names the variable and never its value."""


class Settings(Struct, frozen=True, kw_only=True):
    """The gateway's settings.  A field's variable is its name in capitals behind ``BANKROLL_``."""

    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535)] = 8080
    database_url: str | None = None  # logs in as the service; absent: embedded servers
    owner_url: str | None = None  # may change the schema; needed by migrate only
    replication_url: str | None = None  # may replicate; needed to copy a server; absent: the owner's
    redis_url: str | None = None
    master_keys: tuple[str, ...] = ()  # seal the provider accounts' secrets; the newest first, at most two
    processes: Annotated[int, Meta(ge=1, le=MAXIMUM_PROCESSES)] | None = None  # absent: to fit the cores
    lanes: Annotated[int, Meta(ge=1, le=64)] = 2  # pinned Postgres connections of each process
    trusted_proxies: tuple[str, ...] = ()  # networks whose X-Forwarded-For is believed
    directory: str = ".bankroll"  # of the embedded servers and of what they need kept
    run_directory: str | None = None  # where the processes of one gateway leave their metrics
    exchange_days: Annotated[int, Meta(ge=31, le=3660)] = 130  # studios ask for four months
    session_days: Annotated[int, Meta(ge=31, le=3660)] = 400  # after they ended
    minimum_age: Annotated[int, Meta(ge=0, le=99)] = 18  # years, of whoever is let into a game
    birth_date_needed: bool = False  # true: who has none written down is let into no game
    studio_seconds: Annotated[float, Meta(gt=0, le=LONGEST_STUDIO_SECONDS)] = (
        10.0  # how long a studio may take to answer us
    )
    notice_seconds: Annotated[float, Meta(ge=0, le=600)] = (
        0.0  # a stop is told by /readyz so long before it begins
    )
    slow_ms: Annotated[int, Meta(ge=0)] = 500  # a callback that takes longer is logged

    def __repr__(self) -> str:
        """Every setting but the secrets, of which only whether they are set."""
        shown = (
            f"{name}={'***' if name in SECRET and value else repr(value)}"
            for name in self.__struct_fields__
            if (value := getattr(self, name)) is not None
        )
        return f"Settings({', '.join(shown)})"

    __str__ = __repr__

    @property
    def embedded(self) -> bool:
        """Whether the servers are our own, started beside the gateway: none is named."""
        named = (self.database_url, self.owner_url, self.replication_url, self.redis_url)
        return all(url is None for url in named)

    @property
    def process_count(self) -> int:
        """How many gateway processes: Postgres takes as much of the machine as they do."""
        return self.processes or max(1, (os.cpu_count() or 1) // 2)

    @property
    def connections(self) -> int:
        """What Postgres has to let in: all processes and a successor, and a quarter more for commands and to stay below the alert."""
        needed = (self.process_count + 1) * (self.lanes + CONNECTIONS_BESIDE_LANES)
        return needed + needed // 4

    @property
    def proxies(self) -> tuple[Network, ...]:
        """The trusted proxies as networks."""
        return tuple(map(network_of, self.trusted_proxies))

    @property
    def embedded_directory(self) -> Path:
        """Where the embedded servers keep their data."""
        return Path(self.directory)

    def environment(self) -> dict[str, str]:
        """These settings as variables, for a worker that is started with them."""
        return {
            variable(name): _written(value)
            for name in self.__struct_fields__
            if name not in WITHHELD_FROM_WORKERS and (value := getattr(self, name)) not in (None, ())
        }


def network_of(text: str) -> Network:
    """A network; one of IPv4 that is written as IPv6 is IPv4, as every address that is held against it.  Raises ValueError."""
    if "%" in text:
        raise ValueError(f"{text!r} names a zone, which only its own host knows")
    network = ipaddress.ip_network(text)
    mapped = getattr(network.network_address, "ipv4_mapped", None)
    return network if mapped is None else ipaddress.IPv4Network((mapped, network.prefixlen - 96))


def variable(name: str) -> str:
    """The variable that a setting is read from."""
    return PREFIX + name.upper()


def settings_from(environment: Mapping[str, str]) -> Settings:
    """The settings that the environment holds; an empty variable counts as absent.  Raises `SettingsError`."""
    given = {
        name.removeprefix(PREFIX).lower(): value
        for name, value in environment.items()
        if name.startswith(PREFIX) and value
    }
    for name in sorted(given.keys() - set(Settings.__struct_fields__)):
        near = get_close_matches(name, Settings.__struct_fields__, n=1)
        hint = f"; did you mean {variable(near[0])}?" if near else ""
        raise SettingsError(f"{variable(name)} is no setting{hint}")
    parsed = {name: _listed(value) if name in LISTS else value for name, value in given.items()}
    try:
        settings = msgspec.convert(parsed, Settings, strict=False)
    except msgspec.ValidationError as error:
        reason, _, place = str(error).partition(" - at `$.")
        raise SettingsError(f"{PREFIX}{place.rstrip('`').upper() or '?'}: {reason}") from None
    _check(settings)
    return settings


def _check(settings: Settings) -> None:
    try:
        _ = settings.proxies
    except ValueError:
        raise SettingsError(
            "BANKROLL_TRUSTED_PROXIES: networks such as 10.0.0.0/8, with commas between"
        ) from None
    if len(settings.master_keys) > 2:
        raise SettingsError("BANKROLL_MASTER_KEYS: at most two, the newest first, with a comma between")

    for name, schemes in SCHEMES.items():
        if (url := getattr(settings, name)) is not None:
            _check_url(name, url, schemes)


def _check_url(name: str, text: str, schemes: tuple[str, ...]) -> None:
    """Refuse what drivers would stumble over later: their complaints quote it, and it may be of the password."""
    broken = SettingsError(
        f"{variable(name)}: no URL that can be read; percent-encode what is special in the password"
    )
    try:
        parts = urlsplit(text)
        parameters = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
    except ValueError:
        raise broken from None
    if parts.scheme not in schemes:
        raise SettingsError(
            f"{variable(name)}: a URL that begins with {' or '.join(f'{it}://' for it in schemes)}"
        )
    if NO_PART_OF_A_URL.search(text) or not _is_whole(parts):
        raise broken
    for wrong in sorted(NO_PARAMETERS & parameters.keys()):
        raise SettingsError(
            f"{variable(name)}: {wrong} is no parameter here, where programs would be told it in sight of all; a password"
            " stands before the host, and a client's key is kept without one"
        )


def _is_whole(parts: SplitResult) -> bool:
    """Whether the URL was cut where it was meant to be: an @ behind the host is from a password with a / ? or #."""
    if "@" in parts.path + parts.query + parts.fragment or parts.netloc.count("@") > 1:
        return False
    place = parts.netloc.rpartition("@")[2]
    found = [PLACE.fullmatch(one) for one in place.split(",")] if place else []
    return all(one and int(one["port"] or 0) <= HIGHEST_PORT for one in found)


def _listed(value: str) -> list[str]:
    return [part.strip() for part in value.split(",") if part.strip()]


def _written(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)
