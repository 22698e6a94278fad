"""One studio protocol as a value: how its requests are recognised and read, its words, and where its games are.

Pure, and total: a status or a fault without a code of the protocol is a mistake that is found at import.
"""

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Any

from msgspec import Struct

from providers.contract import Account, Answer, Exchange, Fault, Query, Request, StudioCall
from providers.manners import Manners
from providers.outbound import Studio
from providers.signing import always
from wallet.types import SUCCESSES, Policy, Status

ANY = "*"
"""The verb that stands for every verb in `Provider.codes`."""

Codes = Mapping[tuple[str, Status | Fault], Any]
"""(verb or ANY, status or fault) to the protocol's code, or to (code, HTTP status) where that is not 200."""

Words = Mapping[Any, Iterable[Status | Fault]]
"""A protocol's code to the statuses and faults that it is said for."""


class Group:
    """Statuses and faults that protocols seldom tell apart, so that a table of codes can name them together."""

    PLAYER = (Status.PLAYER_BLOCKED, Status.PLAYER_EXCLUDED, Status.KYC_REQUIRED, Status.WALLET_CLOSED)
    LIMITS = (Status.LIMIT_REACHED, Status.BONUS_RULES)
    REFERENCE = (
        *(Status.REFERENCE_NOT_FOUND, Status.REFERENCE_DIFFERS),
        *(Status.REFERENCE_REVERSED, Status.REFERENCE_SETTLED),
    )
    FINAL = (Status.BALANCE_OVERFLOW, Status.SECOND_ACTOR_REQUIRED, Status.NOT_APPLIED)  # nothing helps
    SHAPE = (  # not a request of the protocol
        *(Fault.MALFORMED, Fault.MISSING_FIELD, Fault.WRONG_TYPE, Fault.BAD_VALUE, Fault.BAD_AMOUNT),
        *(Fault.TOO_LARGE, Fault.UNKNOWN_VERB),
    )
    STRANGER = (Fault.WRONG_PARTNER, Fault.FOREIGN_NETWORK, Fault.ACCOUNT_REVOKED)
    REPEATABLE = (Fault.OVERLOADED, Fault.INTERNAL)  # the same request may succeed later


def codes(words: Words, verbs: Mapping[str, Words] | None = None) -> Codes:
    """`Codes` from the table a protocol is written down in: its words, and what single verbs say otherwise."""
    said = {ANY: words, **(verbs or {})}
    return {
        (verb, status): code
        for verb, table in said.items()
        for code, statuses in table.items()
        for status in statuses
    }


class Verb(Struct, frozen=True):
    """One thing a studio may ask.  `decode` takes it apart, `read` says what it means; both may raise `Refused`."""

    name: str
    decode: Callable[[Request], Any]
    read: Callable[[Any, Account], StudioCall | Query]


class SecretForm(StrEnum):
    """What the operator keeps to recognise a studio."""

    SHARED = "shared"  # text that both sides know
    BEARER = "bearer"  # the same, but it travels with each call and signs none
    OPTIONAL = "optional"  # the same where they agreed on one, else nothing
    PUBLIC_KEY = "public_key"  # the studio's public key, RSA, as PEM or that in base64
    EC_PUBLIC_KEY = "ec_public_key"  # the same on an elliptic curve
    NONE = "none"  # the network alone speaks for the caller


SIGN_NOTHING = frozenset({SecretForm.BEARER, SecretForm.OPTIONAL, SecretForm.NONE})
"""The forms under which no call is signed: a secret, where there is one, travels with it."""


class Provider(Struct, frozen=True):
    """One protocol.  Being in `providers.PROVIDERS` is being tested by the conformance suite."""

    name: str
    title: str
    check: Callable[[Request, Account], bool]  # over exactly the bytes the scheme covers, constant time
    route: Callable[[Request], str | None]  # the verb, None for one that is unknown; may raise `Refused`
    verbs: Mapping[str, Verb]
    codes: Codes
    manners: Manners
    write: Callable[[Exchange], Answer]
    scrub: Callable[[str], str]  # takes tokens and signatures out of an exchange that is kept, read or not
    policy: Policy = Policy()
    secret_form: SecretForm = SecretForm.SHARED
    signed_where: Callable[[Account], bool] = always  # of which accounts every call is, if its secret signs
    one_time_launch: bool = False  # the launch token is exchanged for a play token; else it is the play token
    studio: Studio = Studio()  # what the operator may ask
    wins_name_bets: bool = False  # every win says of which bet it is; else one may name its round alone
    code_is_status: bool = False  # its codes are the HTTP statuses of its answers
    signed_at: Callable[[Request], int | None] | None = None  # the time that is signed, ms since 1970
    settings: frozenset[str] = frozenset()  # of the account that its calls are read and answered with

    def __post_init__(self) -> None:
        """Hold CODES total: a status or fault without a code is a mistake in the adapter, found at import."""
        missing = [str(status) for status in (*Status, *Fault) if (ANY, status) not in self.codes]
        if missing:
            raise TypeError(f"{self.name}: CODES has no entry for {missing}")

    @property
    def known_settings(self) -> frozenset[str]:
        """Every setting that an account may have: for the studio's calls and for our questions."""
        return self.settings | self.studio.known_settings

    def signs(self, account: Account) -> bool:
        """Whether `check` lets no call pass that moves money and that nothing signs; else the network must speak too."""
        return self.secret_form not in SIGN_NOTHING and self.signed_where(account)

    def code(self, verb: str | None, status: Status | Fault, manners: Manners) -> tuple[Any, int]:
        """The protocol's code and HTTP status for a verb and a status or fault; a refusal by the account's own word."""
        value = self.codes.get((verb or ANY, status), self.codes[ANY, status])
        code, http_status = value if isinstance(value, tuple) else (value, 200)
        if status not in SUCCESSES:
            own = manners.codes.get(f"{verb} {status}", code)
            code, http_status = own if isinstance(own, tuple) else (own, http_status)
        return code, http_status
