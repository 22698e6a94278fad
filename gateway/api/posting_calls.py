"""What a bulk request asks for, and the calls to the ledger that this makes; by shape alone.

Pure.  A shape that cannot be taken is `Unfit` and names its field; whatever else may be wrong is the ledger's to say.
"""

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from gateway.api.amounts import Amount, CurrencyCode
from gateway.api.problems import Problem
from gateway.api.receipts import metadata_text
from gateway.api.shapes import Metadata, PlayerId, Sentence, Word
from gateway.binding import FIRST_YEAR, LAST_YEAR, NOBODY, sound
from gateway.configured_accounts import ConfiguredAccount
from gateway.registry import Registry
from providers.contract import Refused
from wallet.bulk import MAXIMUM_CALLS
from wallet.cashier import POLICY, posting_key
from wallet.games import Game
from wallet.money import BadAmount, Currency
from wallet.types import MAXIMUM_OPS, OPERATOR, Call, Kind, Op, Scope
from wallet.words import is_seen


class Given(StrEnum):
    """Whether an operation says how much."""

    ALWAYS = "always"
    MAYBE = "maybe"  # 0 where it does not
    NEVER = "never"


class Postable(Struct, frozen=True):
    """What an operation of a kind must look like to be posted in bulk."""

    operators: bool = False  # under the operator's own account, no finer than the currency, never zero
    amount: Given = Given.ALWAYS
    signed: bool = False  # may be below zero
    named: bool = False  # says what it refers to


KINDS: Mapping[Kind, Postable] = {
    Kind.DEPOSIT: Postable(operators=True),
    Kind.WITHDRAWAL_HOLD: Postable(operators=True),
    Kind.WITHDRAWAL: Postable(operators=True, named=True),
    Kind.WITHDRAWAL_RELEASE: Postable(operators=True, named=True),
    Kind.ADJUSTMENT: Postable(operators=True, signed=True),
    Kind.BET: Postable(),
    Kind.TIP: Postable(),
    Kind.FREE_BET: Postable(amount=Given.MAYBE),
    Kind.BUY_IN: Postable(),
    Kind.WIN: Postable(),
    Kind.PROMO_WIN: Postable(),
    Kind.JACKPOT_WIN: Postable(),
    Kind.PAYOUT: Postable(),
    Kind.CORRECTION: Postable(signed=True),
    Kind.REFUND: Postable(amount=Given.MAYBE, named=True),
    Kind.ROLLBACK: Postable(amount=Given.MAYBE, named=True),
    Kind.ROUND_CLOSE: Postable(amount=Given.NEVER),
}
"""The kinds that are posted in bulk.  Bonus money is not: it comes with a grant, and a grant with its rules."""

HOLD_ENDS = frozenset({Kind.WITHDRAWAL, Kind.WITHDRAWAL_RELEASE})

Text = str | None


class Unfit(Exception):  # noqa: N818 - what it is
    """A field of a call that cannot be taken, and why."""

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(detail)
        self.field = field


class PostingOperation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One movement, new under its key."""

    kind: Annotated[Kind, Meta(description=f"One of {', '.join(KINDS)}.")]
    key: Annotated[
        Word,
        Meta(
            description="Names the movement for good: the operator's `Idempotency-Key`, or the studio's key as"
            " `/transactions` shows it."
        ),
    ]
    amount: (
        Annotated[
            Amount,
            Meta(
                description="As fine as the currency; of a studio's kinds as fine as the ledger. Below zero for"
                " adjustments and corrections alone."
            ),
        ]
        | None
    ) = None
    nominal: Annotated[Amount, Meta(description="What free play is worth.")] | None = None
    reference: (
        Annotated[
            Word,
            Meta(
                description="The key it refers to: the bet's, the hold's, that of what is taken back; of a deposit"
                " or a hold the payment."
            ),
        ]
        | None
    ) = None
    scope: Annotated[Scope, Meta(description="What is taken back: under the key, its call, the round.")] = (
        Scope.KEY
    )
    round: Word | None = None
    end_round: bool = False
    occurred_at: Annotated[datetime, Meta(description="With a time zone.")] | None = None
    metadata: Metadata | None = None


class PostingCall(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Movements of one wallet: applied in order, all or nothing for those that are new."""

    player: PlayerId
    currency: CurrencyCode
    provider_account: Annotated[Word, Meta(description="Its slug; none: the operator.")] | None = None
    ops: Annotated[list[PostingOperation], Meta(min_length=1, max_length=MAXIMUM_OPS)]
    game: Annotated[Word, Meta(description="The studio's code of it.")] | None = None
    channel: Word | None = None
    reason: Annotated[Sentence, Meta(description="Adjustments need one.")] | None = None


class PostingRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Calls that do not depend on each other; those of one wallet keep their order."""

    calls: Annotated[list[PostingCall], Meta(min_length=1, max_length=MAXIMUM_CALLS)]


class Reader:
    """Makes the calls of one request.  Their wallet is nobody's until it was looked up."""

    def __init__(self, registry: Registry, actor: str) -> None:
        self._registry = registry
        self._actor = actor
        self._served: dict[str, frozenset[str]] = {}

    def call(self, asked: PostingCall) -> Call:
        """The call.  Raises `Unfit`, and `Problem` where its account cannot be served."""
        currency = self._registry.currencies.get(asked.currency)
        if currency is None:
            raise Unfit("currency", "is unknown")
        account = self._account(asked, currency)
        game = _game(asked, account)
        if asked.reason is None and any(op.kind is Kind.ADJUSTMENT for op in asked.ops):
            raise Unfit("reason", "an adjustment has one")
        if asked.reason is not None and not is_seen(asked.reason):
            raise Unfit("reason", "holds more than white space and invisible characters")
        ops: list[Op] = []
        by_key: dict[str, Op] = {}
        for position, op in enumerate(asked.ops):
            try:
                ops.append(_op(op, currency, operators=account is None))
            except Unfit as unfit:
                raise Unfit(f"ops[{position}].{unfit.field}", str(unfit)) from None
            if by_key.setdefault(ops[-1].key, ops[-1]) != ops[-1]:
                raise Unfit(f"ops[{position}].key", "another operation of the call has it")
        return Call(
            id=secrets.randbits(63),
            provider_account=OPERATOR if account is None else account.id,
            wallet=NOBODY,
            ops=tuple(ops),
            policy=POLICY if account is None else account.policy,
            currency=currency.code,
            game=None if game is None else game.id,
            game_disabled=game is not None and not game.takes_bets_in(currency.code),
            account_disabled=account is not None and not account.takes_bets,
            channel=_sound("channel", asked.channel),
            actor=self._actor,
            reason=asked.reason,
        )

    def _account(self, asked: PostingCall, currency: Currency) -> ConfiguredAccount | None:
        if asked.provider_account is None:
            return None
        account = self._registry.account(asked.provider_account)
        if account is None and asked.provider_account in self._registry.unserved:
            raise Problem("provider_account_unserved", f"{asked.provider_account} cannot be served for now")
        if account is None:
            raise Unfit("provider_account", "there is no such provider account")
        served = self._served.get(account.slug)
        if served is None:
            served = frozenset(wire.currency.code for wire in account.currencies.values())
            self._served[account.slug] = served
        if currency.code not in served:
            raise Unfit("currency", "the provider account has no such currency")
        return account


def _game(asked: PostingCall, account: ConfiguredAccount | None) -> Game | None:
    if asked.game is None:
        return None
    game = None if account is None else account.games.get(asked.game)
    if game is None:
        raise Unfit("game", "the provider account has no such game")
    return game


def _op(op: PostingOperation, currency: Currency, *, operators: bool) -> Op:
    postable = KINDS.get(op.kind)
    if postable is None:
        raise Unfit("kind", f"{op.kind} is not posted in bulk")
    if postable.operators is not operators:
        whose = (
            "the operator's own: name no provider account" if postable.operators else "a provider account's"
        )
        raise Unfit("kind", f"{op.kind} is {whose}")
    if operators:
        for field in ("round", "end_round", "nominal"):
            if getattr(op, field):
                raise Unfit(field, "only a studio's movement has one")
    if op.scope is not Scope.KEY and op.kind not in {Kind.REFUND, Kind.ROLLBACK}:
        raise Unfit("scope", "is of what is taken back alone")
    means = "round" if op.scope is Scope.ROUND else "reference"
    if postable.named and getattr(op, means) is None:
        raise Unfit(means, f"{op.kind} says what it means")
    key, reference = _sound("key", op.key), _sound("reference", op.reference)
    if operators:
        key = posting_key(op.kind, op.key)
        if op.kind in HOLD_ENDS and reference is not None:
            reference = posting_key(Kind.WITHDRAWAL_HOLD, reference)
    return Op(
        kind=op.kind,
        key=key or op.key,
        amount=_amount(op, postable, currency),
        nominal=0 if op.nominal is None else _units("nominal", op.nominal, currency, fine=True),
        reference=reference,
        scope=op.scope,
        round=_sound("round", op.round),
        end_round=op.end_round,
        occurred_at=_moment(op.occurred_at),
        metadata=metadata_text(op.metadata),
    )


def _amount(op: PostingOperation, postable: Postable, currency: Currency) -> int:
    if op.amount is None:
        if postable.amount is Given.ALWAYS:
            raise Unfit("amount", "is missing")
        return 0
    if postable.amount is Given.NEVER:
        raise Unfit("amount", f"{op.kind} has none")
    units = _units("amount", op.amount, currency, signed=postable.signed, fine=not postable.operators)
    if units == 0 and postable.operators:
        raise Unfit("amount", "is zero")
    return units


def _units(field: str, text: str, currency: Currency, *, signed: bool = False, fine: bool = False) -> int:
    try:
        return currency.parse(text, signed=signed, fine=fine)
    except BadAmount as error:
        raise Unfit(field, str(error)) from None


def _sound(field: str, text: Text) -> Text:
    try:
        return sound(text)
    except Refused as refused:
        raise Unfit(field, str(refused)) from None


def _moment(moment: datetime | None) -> datetime | None:
    if moment is not None and (moment.tzinfo is None or not FIRST_YEAR < moment.year < LAST_YEAR):
        raise Unfit("occurred_at", f"has a time zone and lies after {FIRST_YEAR}")
    return None if moment is None else moment.astimezone(UTC)
