"""The floor: the same journal and round rows, with the same indexes, written by one plain INSERT and nothing else.

No lock, no look-up, no decision, no balance: what the storage can do at most, at the same batch size and with as many
connections.  A round is written once, with its bet.  The rows are in tables of their own and prove nothing.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from itertools import count
from time import perf_counter
from typing import Any

import asyncpg

from bench.calls import OPENING, Play
from bench.points import Turn
from wallet.database import connect
from wallet.types import Call, Kind

TABLES = """
create schema floor authorization bankroll_owner;
set role bankroll_owner;
do $$ declare name text; options text; begin
    foreach name in array array['posting', 'round'] loop
        execute format('create table floor.%1$I (like wallet.%1$I including all)', name);
        options := (select array_to_string(c.reloptions, ', ') from pg_class c
            where c.oid = format('wallet.%I', name)::regclass);  -- these, `like` leaves out
        if options is not null then
            execute format('alter table floor.%I set (%s)', name, options);
        end if;
    end loop;
end $$;
reset role
"""
INSERT = """
with asked as materialized (
    select * from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::wallet.kind[], $6::integer[],
            $7::bigint[], $8::bigint[], $9::boolean[], $10::text[], $11::text[])
        as one (id, wallet, seq, call_id, kind, provider_account, amount, cash, end_round, key, round)
), posted as (
    insert into floor.posting (
        bucket, id, wallet, seq, call_id, op_index, restore_epoch, kind, provider_account, amount, cash, bonus,
        held, cash_after, bonus_after, held_after, house_amount, house, nominal, recorded_at, writer, session,
        game, end_round, late, currency, key, round, channel)
    select 0, id, wallet, seq, call_id, 0, 1, kind, provider_account, amount, cash, 0,
        0, $12 + cash, 0, 0, -cash, 'game_revenue', 0, clock_timestamp(), pg_current_xact_id(), wallet,
        provider_account, end_round, false, 'EUR', key, round, 'desktop'
    from asked order by provider_account, key
)
insert into floor.round (
    bucket, provider_account, wallet, game, first_seq, last_seq, stake_cash, stake_bonus, win_cash, win_bonus,
    bets, live_bets, wins, closed, opened_at, changed_at, round)
select 0, provider_account, wallet, provider_account, seq, seq, amount, 0, 0, 0,
    1, 1, 0, false, clock_timestamp(), clock_timestamp(), round
from asked where kind = 'bet' order by provider_account, wallet, round
"""


class Floor:
    """Connections that each insert the rows of `batch` calls, commit, and go on."""

    def __init__(self, connections: list[asyncpg.Connection], play: Play, batch: int, ids: "Numbers") -> None:
        self.connections, self.play, self.batch, self.ids = connections, play, batch, ids

    async def turn(self, seconds: float) -> Turn:
        """Go on for so long.  A latency is a statement's."""
        turn, began = Turn(), perf_counter()
        await asyncio.gather(*(self._insert(turn, began + seconds, one) for one in self.connections))
        turn.seconds = perf_counter() - began
        return turn

    async def _insert(self, turn: Turn, ends: float, connection: asyncpg.Connection) -> None:
        while True:
            calls = [self.play.next() for _ in range(self.batch)]
            columns = list(zip(*map(self.ids.row, calls), strict=True))
            began = perf_counter()
            await connection.execute(INSERT, *columns, OPENING)
            now = perf_counter()
            turn.latencies.add(now - began)
            turn.count += len(calls)
            for call in calls:
                self.play.answered(call)
            if now >= ends:
                return


class Numbers:
    """The ids and sequence numbers of all rows of the floor."""

    def __init__(self) -> None:
        self.ids = count(1)
        self.seqs: defaultdict[int, count[int]] = defaultdict(lambda: count(1))

    def row(self, call: Call) -> tuple[Any, ...]:
        """The columns that differ from row to row."""
        [op] = call.ops
        cash = -op.amount if op.kind is Kind.BET else op.amount
        seq = next(self.seqs[call.wallet])
        leading = (next(self.ids), call.wallet, seq, call.id, op.kind.value, call.provider_account)
        return (*leading, op.amount, cash, op.end_round, op.key, op.round)


@asynccontextmanager
async def floor(url: str, play: Play, lanes: int, batch: int, numbers: Numbers) -> AsyncGenerator[Floor]:
    """As many connections as there are lanes, of the role that may write tables."""
    connections: list[asyncpg.Connection] = []
    try:
        for _ in range(lanes):
            connection = await connect(url, purpose="bench")
            connections.append(connection)
            await connection.execute("set role bankroll_owner")
        yield Floor(connections, play, batch, numbers)
    finally:
        for connection in connections:
            await connection.close()
