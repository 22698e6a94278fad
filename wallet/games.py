"""What a game is: the studio's code and name of it, its type and return, and where and in which money it may be played.

Pure: whether somebody may play is asked of it with the country and the currency.  It knows no player and no clock.
"""

from decimal import Decimal

from msgspec import Struct

from wallet.countries import COUNTRIES
from wallet.types import GameType

MAXIMUM_CODE = 255
MAXIMUM_GAME_NAME = 200
MAXIMUM_GAMES = 20_000
"""Most games written at once: more than any studio has, and no more than others can wait for."""

MAXIMUM_CURRENCY = 16
MAXIMUM_LISTED = 300
"""Most codes in one of a game's lists."""

RTP_PLACES = 4


class NewGame(Struct, frozen=True, kw_only=True):
    """A game to be written, by the studio's code.  Raises ValueError for what is none."""

    code: str
    name: str
    enabled: bool = True
    type: GameType = GameType.OTHER
    rtp: Decimal | None = None  # return to player, in percent
    demo: bool = True  # may be played for fun
    allowed_countries: tuple[str, ...] = ()  # ISO 3166-1; none: any
    refused_countries: tuple[str, ...] = ()
    allowed_currencies: tuple[str, ...] = ()  # ours; none: any
    refused_currencies: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Hold every field to what it may be."""
        _check_text("a game's code", self.code, MAXIMUM_CODE)
        _check_text("a game's name", self.name, MAXIMUM_GAME_NAME)
        if self.rtp is not None and not is_share(self.rtp):
            raise ValueError(f"a game's rtp is above 0 and at most 100, with at most {RTP_PLACES} decimals")
        for code in (*self.allowed_countries, *self.refused_countries):
            if code not in COUNTRIES:
                raise ValueError(f"a game's countries: {code!r} is no code of ISO 3166-1")
        for code in (*self.allowed_currencies, *self.refused_currencies):
            if not 1 <= len(code) <= MAXIMUM_CURRENCY or not code.isascii() or not code.isalnum():
                raise ValueError(f"a game's currencies: {code!r} is no code")
        lists = (
            self.allowed_countries,
            self.refused_countries,
            self.allowed_currencies,
            self.refused_currencies,
        )
        if any(len(codes) > MAXIMUM_LISTED for codes in lists):
            raise ValueError(f"a game's lists have at most {MAXIMUM_LISTED} codes each")

    def admits_country(self, country: str) -> bool:
        """Whether it may be played in a country."""
        return country not in self.refused_countries and (
            not self.allowed_countries or country in self.allowed_countries
        )

    def admits_currency(self, currency: str) -> bool:
        """Whether it may be played in one of our currencies."""
        return currency not in self.refused_currencies and (
            not self.allowed_currencies or currency in self.allowed_currencies
        )

    def takes_bets_in(self, currency: str) -> bool:
        """Whether new bets in one of our currencies are welcome."""
        return self.enabled and self.admits_currency(currency)


class Game(NewGame, frozen=True, kw_only=True):
    """A game of a provider account, as it is stored: whether it is one is asked where it is served."""

    id: int
    provider_account: int

    def __post_init__(self) -> None:
        """Read whatever there is: one that was changed by hand keeps no other from being read."""

    def check(self) -> None:
        """Raise ValueError, with its code, for what is none."""
        try:
            super().__post_init__()
        except ValueError as error:
            raise ValueError(f"game {self.code!r}: {error}") from None


def is_share(rtp: Decimal) -> bool:
    """Whether a number is a return to player in percent."""
    exponent = rtp.as_tuple().exponent
    return isinstance(exponent, int) and exponent >= -RTP_PLACES and 0 < rtp <= 100


def _check_text(what: str, text: str, maximum: int) -> None:
    if not 1 <= len(text) <= maximum or not text.isprintable():
        raise ValueError(f"{what} has 1 to {maximum} printable characters")
