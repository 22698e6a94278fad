"""Yggdrasil (YGS seamless wallet): the wallet that an operator serves.  GET with a query, or the same fields by POST as JSON.

Nothing is signed: the caller's network and the name of the operator's organisation (``org``) speak for it.  Amounts
are decimals in major units; ``code`` is the verdict, 0 the only success, and HTTP is always 200.  A key is ``step:``, the
player and the ``subreference`` of a wager or a result; ``reference`` is the round.  A result names no wager, only its
round.  Source: operators' code (the specification is not public); what that leaves open is decided in
docs/providers/yggdrasil.md.
"""

from decimal import Decimal
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from providers import signing
from providers.contract import (
    Account,
    Answer,
    Ask,
    Exchange,
    Fault,
    Query,
    Refused,
    StudioCall,
    StudioOp,
)
from providers.manners import Answered, DuplicateBalance, Manners
from providers.outbound.yggdrasil import ORG, STUDIO
from providers.provider import Group, Provider, SecretForm, codes
from providers.scrubbing import starred
from providers.syntax import Read, by_path, json_answer, query_or_json_decoder, verbs
from providers.translate import amount_of, floored, jackpot_of, key_of, metadata_of
from wallet.types import SESSION_DEFECTS, SUCCESSES, Kind, Policy, Status

PLACES = 8


class Message(Struct, frozen=True, kw_only=True):
    """A request of any call; `VERBS` says what each cannot be without."""

    org: str = ""
    sessiontoken: str | None = None
    playerid: str = ""
    amount: str = ""
    currency: str | None = None
    reference: str = ""  # the round; of a campaign its payout
    subreference: str = ""
    cat5: str | None = None  # the game
    is_jackpot_win: bool = field(default=False, name="isJackpotWin")
    cash: str = ""
    # From here on: kept with the posting as it came.
    prepaidticketid: str | None = None
    prepaidvalue: str | None = None
    prepaidcost: str | None = None
    prepaidref: str | None = None
    jackpotcontribution: str | None = None
    bonusprize: str | None = None
    campaignref: str | None = None
    bonus: str | None = None
    description: str | None = None


PREPAID = ("prepaidticketid", "prepaidvalue", "prepaidcost", "prepaidref")
KEPT = (*PREPAID, "jackpotcontribution", "bonusprize", "campaignref", "bonus", "description")

CODES = codes(
    {
        0: SUCCESSES,
        1: (
            *(*Group.SHAPE, *Group.REFERENCE, *Group.FINAL, *Group.REPEATABLE, Status.WALLET_NOT_FOUND),
            *(Status.KEY_REUSED, Status.TOMBSTONED, Status.ROUND_CLOSED, Status.CURRENCY_DIFFERS),
            *(Fault.UNKNOWN_PLAYER, Fault.UNKNOWN_CURRENCY),
        ),
        1000: SESSION_DEFECTS,
        1006: (Status.INSUFFICIENT_FUNDS,),
        1007: Group.PLAYER,
        1008: (
            *(*Group.STRANGER, Fault.BAD_SIGNATURE, Status.LIMIT_REACHED),
            *(Status.GAME_DISABLED, Status.ACCOUNT_DISABLED, Fault.UNKNOWN_GAME),
        ),
        1009: (Status.BONUS_RULES,),
    }
)


def ours(read: Read) -> Read:
    """`read`, for a caller that names the account's organisation; an account without one is nobody's."""

    def read_ours(message: Message, account: Account) -> StudioCall | Query:
        if message.org != account.settings.get(ORG):
            raise Refused(Fault.WRONG_PARTNER, "another organisation")
        return read(message, account)

    return read_ours


def read_player(asked: Message, _account: Account) -> Query:
    """Whose session it is."""
    return Query(Ask.IDENTITY, token=asked.sessiontoken, check_token=True)


def read_balance(asked: Message, _account: Account) -> Query:
    """What the player has."""
    return Query(Ask.BALANCE, asked.playerid, asked.sessiontoken, check_token=True)


def read_wager(wager: Message, _account: Account) -> StudioCall:
    """A stake.  What a prepaid ticket covers is nominal; what is to be paid besides is a stake."""
    key, amount = name_of(wager), amount_in(wager.amount)
    if wager.prepaidticketid and not amount:
        stake = StudioOp(Kind.FREE_BET, key, nominal=amount_in(wager.prepaidvalue or "0"))
    else:
        stake = StudioOp(Kind.BET, key, amount)
    return call_of(wager, stake, check_token=True)


def result(*, last: bool) -> Read:
    """A win of the round, the `last` of which closes it.  A jackpot is paid beside a win of nothing, so that it needs a wager too."""

    def read(message: Message, _account: Account) -> StudioCall:
        win = StudioOp(Kind.WIN, name_of(message), amount_in(message.amount), end_round=last)
        step = f"{message.playerid}:{message.subreference}"
        return call_of(message, *(jackpot_of(win, step) if message.is_jackpot_win else (win,)))

    return read


def read_cancel(cancel: Message, _account: Account) -> StudioCall:
    """A stake given back, whole."""
    return call_of(cancel, StudioOp(Kind.REFUND, name_of(cancel, "cancel:"), reference=name_of(cancel)))


def read_campaign(payout: Message, _account: Account) -> StudioCall:
    """A prize that no wager paid for."""
    key = key_of(f"{payout.playerid}:{key_of(payout.reference)}", prefix="campaign:", any_length=True)
    prize = StudioOp(Kind.PROMO_WIN, key, amount_in(payout.cash))
    return call_of(replace(payout, reference=""), prize)


def name_of(step: Message, prefix: str = "step:") -> str:
    """The key of a player's step, or of what we post beside it, which no step's can be."""
    return key_of(f"{step.playerid}:{key_of(step.subreference)}", prefix=prefix, any_length=True)


def amount_in(text: str) -> Decimal:
    """An amount in major units."""
    return amount_of(text, places=PLACES)


def call_of(message: Message, *ops: StudioOp, check_token: bool = False) -> StudioCall:
    """The call of these operations in the round that is named; only a stake needs a living session.

    What a prepaid ticket wins needs no wager.
    """
    place = key_of(message.reference) if message.reference else None
    kept = metadata_of(message, KEPT)
    named = (message.playerid, message.sessiontoken, check_token)
    ops = tuple(replace(op, round=place, metadata=kept) for op in ops)
    return StudioCall(ops, *named, message.currency, message.cat5, free_wins=bool(message.prepaidticketid))


def write(exchange: Exchange) -> Answer:
    """The verdict; with a success who the player is and what they have."""
    said: dict[str, Any] = {"code": exchange.code, "msg": exchange.status.replace("_", " ")}
    if exchange.done:
        places, player = exchange.account.manners.places, exchange.profile
        name = player.player if player else exchange.message.playerid
        data = {"playerId": name, "organization": exchange.message.org, "currency": exchange.currency}
        data["balance"] = floored(exchange.cash or Decimal(0), places)
        if exchange.verb != "cancelwager":
            bonus = floored(exchange.bonus or Decimal(0), places)
            data |= {"applicableBonus": bonus, "homeCurrency": exchange.currency, "nickName": name}
        if player:
            sex = player.sex.value[0].upper() if player.sex else None
            data |= {"gender": sex, "country": player.country, "birthdate": player.birth_date}
        said["data"] = data
    return json_answer(exchange, said)


SESSION = ("org", "sessiontoken")
STEP = ("org", "playerid", "reference", "subreference")
MONEY = (*STEP, "amount", "currency")
VERBS = verbs(
    query_or_json_decoder,
    Message,
    {
        "playerinfo": (SESSION, ours(read_player)),
        "getbalance": ((*SESSION, "playerid"), ours(read_balance)),
        "wager": ((*MONEY, "sessiontoken"), ours(read_wager)),
        "cancelwager": (STEP, ours(read_cancel)),
        "appendwagerresult": (MONEY, ours(result(last=False))),
        "endwager": (MONEY, ours(result(last=True))),
        "campaignpayout": (("org", "playerid", "reference", "cash", "currency"), ours(read_campaign)),
    },
)
YGGDRASIL = Provider(
    name="yggdrasil",
    title="Yggdrasil",
    check=signing.no_scheme,
    route=by_path({f"{name}.json": verb for name, verb in VERBS.items()}, "GET", "POST"),
    verbs=VERBS,
    codes=CODES,
    policy=Policy(win_on_closed_round=False),
    manners=Manners(
        late_op=Answered.DONE,
        duplicate_balance=DuplicateBalance.CURRENT,
        unknown_game_pays=True,
        zero_amounts=frozenset({Kind.BET, Kind.WIN, Kind.PROMO_WIN, Kind.JACKPOT_WIN}),
    ),
    write=write,
    secret_form=SecretForm.NONE,
    scrub=starred("sessiontoken"),
    studio=STUDIO,
)
