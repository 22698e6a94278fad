"""Whether a player may be let into a game, as far as what is written down of both decides it.

Pure: the day is an argument.  What the ledger decides under its lock (status, wallet, account) it decides again when the
session begins; a demo, which has none, has only this.
"""

from collections.abc import Iterator, Mapping
from datetime import date

from msgspec import Struct

from gateway.configured_accounts import ConfiguredAccount
from providers.outbound import Mode
from wallet.games import Game
from wallet.players import Player, PlayerStatus
from wallet.types import Status


class AgeRule(Struct, frozen=True):
    """How old a player must be, and whether one whose birth date we were not told may play."""

    minimum: int = 18
    birth_date_needed: bool = False


class Wish(Struct, frozen=True, kw_only=True):
    """Who wants to play what, where and in which money."""

    player: Player | None  # a demo needs none
    game: Game | None  # None: the account has no such game, or it is for the lobby
    mode: Mode
    country: str | None  # where the player is, where that was said
    currency: str | None  # ours
    lobby: bool = False  # no game was named: only what depends on none can object


STOPPED: Mapping[str, Status] = {
    PlayerStatus.BLOCKED: Status.PLAYER_BLOCKED,
    PlayerStatus.EXCLUDED: Status.PLAYER_EXCLUDED,
}


def objection(wish: Wish, account: ConfiguredAccount, rule: AgeRule, today: date) -> str | Status | None:
    """The name of the problem that stands in the way, the first of several; None where nothing does."""
    return next(_objections(wish, account, rule, today), None)


def _objections(wish: Wish, account: ConfiguredAccount, rule: AgeRule, today: date) -> Iterator[str | Status]:
    player = wish.player
    if player is not None and player.status in STOPPED:
        yield STOPPED[player.status]
    if player is not None and player.erased_at is not None:
        yield "player_erased"  # whether who has no birth date any more is old enough, nobody can tell
    if not wish.lobby and (wish.game is None or not wish.game.enabled):
        yield Status.GAME_DISABLED
    if not account.takes_bets:
        yield Status.ACCOUNT_DISABLED
    if wish.game is not None:
        yield from _objections_of(wish.game, wish, account)
    if player is not None and (age := objection_to_age(player.birth_date, rule, today)):
        yield age


def _objections_of(game: Game, wish: Wish, account: ConfiguredAccount) -> Iterator[str]:
    """What the catalogue says of the game."""
    if wish.mode is Mode.DEMO and not (game.demo and account.provider.studio.demo):
        yield "demo_unavailable"
    # Where a player lives and where a player is must both be allowed.
    places = (wish.country, None if wish.player is None else wish.player.country)
    if not all(game.admits_country(place) for place in places if place is not None):
        yield "country_refused"
    if wish.currency is not None and not game.admits_currency(wish.currency):
        yield "currency_refused"


def objection_to_age(birth_date: date | None, rule: AgeRule, today: date) -> str | None:
    """``under_age`` or ``age_unknown``.  Who was born on 29 February grows older on 1 March where there is none."""
    if birth_date is None:
        return "age_unknown" if rule.birth_date_needed else None
    age = today.year - birth_date.year - ((today.month, today.day) < (birth_date.month, birth_date.day))
    return "under_age" if age < rule.minimum else None
