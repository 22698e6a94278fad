"""The column language: a table whose every line is an operation and what is expected to become of it.

    op       key  player  amount  ref │ status             cash  bonus
    deposit  k0   alice      100   _  │ created             100      0
    bet      k1   alice       30   _  │ created              70      0
    block alice
    bet      k2   alice       30   _  │ player_blocked       70      0

The first line names the columns; ``_`` is nothing given or nothing expected; ``#`` begins a remark.  Players have a
EUR wallet (``alice``) or one in a currency (``alice:JPY``), made where first named; ``nobody`` has none.  Amounts are
major units.  Operations of the operator go under account 0, all others under one studio account.

Given: op, key, player, amount, ref (a key; with the flag scope=call a key of the call, with scope=round the round),
round, flags, call (consecutive lines with the same letter are one call).
Flags, with commas: end · scope=… · nominal=… · currency=… · session=expired · game=… · game_disabled · account_disabled ·
studio=b (another studio account with keys and rounds of the same names) · any field of `Policy`, as
``opening_funds`` or ``short_rollback=clamp`` or ``compare_amount=no``.
Expected: status; cash, bonus, held after the operation (of what was not written: the wallet's, after the call);
moved, moved_bonus; stored (cash after, as told by the stored posting); original (a key, of what is unknown its
reference); kind (the original's); late (yes or no); a house account (all it moved with the table's wallets).

It checks one ledger and knows nothing of how that ledger decides.
"""

import itertools
import secrets
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, get_type_hints

from msgspec.structs import replace

from tests.ledgers import CURRENCIES, UNKNOWN_WALLET, LedgerUnderTest
from tests.tables import ACTS, HOUSES, Line, Step, read, steps
from wallet.types import CREATED_STATUSES, OPERATOR, Call, Kind, Op, OpOutcome, Outcome, Policy, Scope, Status

OPERATORS_KINDS = frozenset(
    {
        Kind.DEPOSIT,
        Kind.WITHDRAWAL_HOLD,
        Kind.WITHDRAWAL,
        Kind.WITHDRAWAL_RELEASE,
        Kind.ADJUSTMENT,
        Kind.BONUS_GRANT,
        Kind.BONUS_CONVERT,
        Kind.BONUS_FORFEIT,
    }
)
POLICY_FIELDS = get_type_hints(Policy)
NOBODY = "nobody"
_accounts = itertools.count(1_000_000 + secrets.randbelow(1_000_000_000))


async def check(ledger: LedgerUnderTest, table: str, *, batch: bool = False, flags: str = "_") -> None:
    """Run a table; fail with the table and, beside each line that went otherwise, what was got.

    With ``batch`` consecutive calls share a batch where wallets and keys differ (calls of one batch are concurrent),
    with a stranger's sound bet before them and a stranger's hopeless one after.  ``flags`` are given to every line.
    """
    await _Run(ledger, table, flags, batch=batch).go()


class _Run:
    """One table against one ledger."""

    def __init__(self, ledger: LedgerUnderTest, table: str, flags: str, *, batch: bool) -> None:
        self.ledger, self.table, self.flags, self.batch = ledger, table, flags, batch
        self.steps = list(steps(read(table)))
        self.account = next(_accounts)
        self.studios: dict[str, int] = {}  # other accounts, by the letter of the table
        self.wallets = {NOBODY: UNKNOWN_WALLET}
        self.postings: dict[str, int] = {}  # by the key as the table writes it
        self.complaints: dict[int, list[str]] = {}
        self.strangers: list[int] = []

    async def go(self) -> None:
        await self._open()
        for group in self._batches():
            if group[0].act is not None:
                await self._act(*group[0].act)
                continue
            calls = [self._call(step) for step in group]
            before, after = self._strangers() if self.batch else ([], [])
            answers = await self.ledger.post([*before, *calls, *after])
            for step, outcome in zip(group, answers[len(before) :], strict=False):
                await self._compare(step, outcome)
            if self.batch:
                seen = answers[0].status, answers[-1].status
                assert seen == (Status.CREATED, Status.INSUFFICIENT_FUNDS), f"strangers were hurt: {seen}"
        if self.complaints:
            raise AssertionError(self._report())

    async def _open(self) -> None:
        names = [step.act[1] if step.act else step.wallet for step in self.steps]
        for name in dict.fromkeys(names):
            if name != NOBODY:
                self.wallets[name] = await self.ledger.open(self._player(name), self._currency(name))
        if self.batch:
            self.strangers = [
                await self.ledger.open(self._player(name), "EUR") for name in ("stranger", "beggar")
            ]
            await self.ledger.post([self._strange(self.strangers[0], Kind.DEPOSIT, 10**9)])

    def _batches(self) -> Iterator[list[Step]]:
        group: list[Step] = []
        for step in self.steps:
            watched = bool(group) and any(set(line.expected) & set(HOUSES) for line in group[-1].lines)
            apart = step.act or any(other.act or other.meets(step) for other in group)
            if group and (not self.batch or watched or apart):
                yield group
                group = []
            group.append(step)
        yield group

    async def _act(self, act: str, name: str) -> None:
        if act == "close":
            await self.ledger.close(self.wallets[name])
        else:
            await self.ledger.set_player(self._player(name), ACTS[act])

    def _strange(self, wallet: int, kind: Kind, amount: int) -> Call:
        op = Op(kind=kind, key=secrets.token_hex(8), amount=amount)
        return Call(
            id=secrets.randbits(63), provider_account=self.account, wallet=wallet, ops=(op,), policy=Policy()
        )

    def _strangers(self) -> tuple[list[Call], list[Call]]:
        rich, poor = self.strangers
        return [self._strange(rich, Kind.BET, 1)], [self._strange(poor, Kind.BET, 1)]

    def _call(self, step: Step) -> Call:
        """Build the call of a step; what its lines say of the call as a whole is said once or alike."""
        first = Kind(step.lines[0].given["op"])
        call = Call(
            id=secrets.randbits(63),
            provider_account=OPERATOR if first in OPERATORS_KINDS else self.account,
            wallet=self.wallets[step.wallet],
            ops=(),
            policy=Policy(),
            actor="support" if first in OPERATORS_KINDS else None,
            reason="a test" if first is Kind.ADJUSTMENT else None,
        )
        for line in step.lines:
            op = self._op(line, step.wallet)
            for flag in self._flags(line):
                op = self._apply_flag(call, op, flag, step.wallet)
            if op.reference is not None and op.scope is not Scope.ROUND:
                op = replace(op, reference=self._key(op.reference))
            call.ops = (*call.ops, op)
        return call

    def _op(self, line: Line, wallet: str) -> Op:
        def cell(name: str) -> str | None:
            text = line.given.get(name, "_")
            return None if text == "_" else text

        return Op(
            kind=Kind(line.given["op"]),
            key=self._key(line.given["key"]),
            amount=self._units(cell("amount") or "0", wallet),
            reference=cell("ref"),
            round=cell("round"),
        )

    def _flags(self, line: Line) -> list[str]:
        texts = (self.flags, line.given.get("flags", "_"))
        return [flag for text in texts for flag in text.split(",") if flag != "_"]

    def _apply_flag(self, call: Call, op: Op, flag: str, wallet: str) -> Op:
        name, _, value = flag.partition("=")
        match name:
            case "end":
                return replace(op, end_round=True)
            case "scope":
                return replace(op, scope=Scope(value))
            case "nominal":
                return replace(op, nominal=self._units(value, wallet))
            case "currency":
                call.currency = value
            case "session":
                call.session_defect = Status(f"session_{value}")
            case "game":
                call.game = int(value)
            case "studio":
                call.provider_account = self.studios.setdefault(value, next(_accounts))
            case "game_disabled":
                call.game_disabled = True
            case "account_disabled":
                call.account_disabled = True
            case _:
                call.policy = replace(call.policy, **{name: _policy_value(name, value)})
        return op

    def _player(self, wallet: str) -> str:
        """Name a player of this table: another table's alice is somebody else."""
        return f"{wallet.split(':', maxsplit=1)[0]}-{self.account}"

    def _key(self, key: str) -> str:
        """Write a key so that tables can share a database, account 0 included."""
        return f"{self.account}/{key}"

    def _currency(self, wallet: str) -> str:
        return wallet.partition(":")[2] or "EUR"

    def _units(self, text: str, wallet: str) -> int:
        units = Decimal(text).scaleb(CURRENCIES[self._currency(wallet)].scale)
        assert units == int(units), f"{text} is finer than the ledger"
        return int(units)

    async def _compare(self, step: Step, outcome: Outcome) -> None:
        for line, op in zip(step.lines, outcome.ops, strict=True):
            if op.status in CREATED_STATUSES and op.posting is not None:
                self.postings[line.given["key"]] = op.posting
                if op.status is Status.TOMBSTONE_CREATED and op.original is not None:
                    self.postings[line.given["ref"]] = op.original
            for name, wanted in line.expected.items():
                got = await self._seen(name, outcome, op, step.wallet)
                if not self._agree(name, wanted, got, step.wallet):
                    self.complaints.setdefault(line.number, []).append(f"{name} {got}, not {wanted}")

    async def _seen(self, name: str, outcome: Outcome, op: OpOutcome, wallet: str) -> Any:
        written = op.status in CREATED_STATUSES
        match name:
            case "status":
                return str(op.status)
            case "cash" | "bonus" | "held":
                units = getattr(op, f"{name}_after") if written else getattr(outcome, name)
            case "moved":
                units = op.cash
            case "moved_bonus":
                units = op.bonus
            case "stored":
                units = op.cash_after
            case "original":
                return str(
                    {posting: key for key, posting in self.postings.items()}.get(op.original, op.original)
                )
            case "kind":
                return str(op.original_kind)
            case "late":
                return "yes" if op.late else "no"
            case _:
                mine = [wallet for name, wallet in self.wallets.items() if name != NOBODY]
                units = await self.ledger.house(name, mine)
        return Decimal(units).scaleb(-CURRENCIES[self._currency(wallet)].scale)

    def _agree(self, name: str, wanted: str, got: Any, wallet: str) -> bool:
        return Decimal(wanted) == got if isinstance(got, Decimal) else wanted == got

    def _report(self) -> str:
        """Write the table down again, with what was got beside the lines that went otherwise."""
        lines = self.table.splitlines()
        width = max(len(line) for line in lines)
        return "\n".join(
            [
                "",
                *(
                    f"{'✗' if n in self.complaints else ' '} {line:{width}}  "
                    f"{'← ' + '; '.join(self.complaints[n]) if n in self.complaints else ''}".rstrip()
                    for n, line in enumerate(lines)
                ),
            ]
        )


def _policy_value(name: str, value: str) -> Any:
    """Read a policy's word; a permission without a word is given."""
    kind = POLICY_FIELDS[name]
    if kind is bool:
        return {"": True, "yes": True, "no": False}[value]
    return kind(value)
