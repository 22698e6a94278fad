"""What a batch that failed means, by SQLSTATE, and what its lane does about it.

A table, so that the whole of it can be read and tested; pure.  It never looks at a message's text.
"""

from enum import StrEnum

import asyncpg


class Action(StrEnum):
    """What the lane does.  All but FENCE know that nothing of this attempt was committed."""

    SPLIT = "split"  # one operation is the cause: post the halves apart; alone it fails alone
    SINGLE = "single"  # one wallet kept us waiting: post one by one, or every half would wait again
    REPEAT = "repeat"  # we met a peer: post again, and after a few times apart
    LEASE = "lease"  # the lane's epoch is no longer ours: lease a lane and post again
    RECONNECT = "reconnect"  # this connection cannot write: find one that can and post again
    FENCE = "fence"  # unknown outcome: reconnect, fence, and only then post again
    GIVE_UP = "give_up"  # would fail again: every caller is told


SYNC_REPLICATION = "sync_replication"
"""Not an SQLSTATE: the server stopped waiting for its standby, so the commit may not survive a failover."""

CLIENT = "client"
"""Not an SQLSTATE: a timeout of ours, or an error of the connection or the driver."""

ACTIONS = {
    # Exact states come before their class of two characters.
    SYNC_REPLICATION: Action.FENCE,
    CLIENT: Action.FENCE,
    "BR001": Action.LEASE,  # lane fenced
    "BR002": Action.SPLIT,  # one wallet twice in a batch
    "BR003": Action.GIVE_UP,  # wrong isolation level
    "BR010": Action.GIVE_UP,  # the journal refused a change
    "23505": Action.REPEAT,  # unique_violation: another lane posted the key first; the second look finds it
    "25006": Action.RECONNECT,  # read_only_sql_transaction: the primary became a standby
    "25P03": Action.FENCE,  # idle_in_transaction_session_timeout: the connection is gone
    "25P04": Action.FENCE,  # transaction_timeout: the same
    "40003": Action.FENCE,  # statement_completion_unknown
    "55P03": Action.SINGLE,  # lock_not_available
    "57014": Action.FENCE,  # query_canceled, by statement_timeout or by hand
    "0A": Action.REPEAT,  # feature_not_supported: a cached plan whose function was replaced
    "21": Action.SPLIT,  # cardinality_violation
    "22": Action.SPLIT,  # data_exception
    "23": Action.SPLIT,  # integrity_constraint_violation: a guard of the tables held
    "25": Action.RECONNECT,  # invalid_transaction_state
    "26": Action.REPEAT,  # invalid_sql_statement_name: prepared again
    "40": Action.REPEAT,  # serialization_failure, deadlock_detected
    "54": Action.SPLIT,  # program_limit_exceeded
    "P0": Action.SPLIT,  # an error raised by a function
    "XX": Action.REPEAT,  # internal_error: also what a function's replacement in mid-call may look like
    "42": Action.GIVE_UP,  # no such function, no right to it: a deployment's mistake
    "28": Action.GIVE_UP,  # invalid_authorization_specification
    "53": Action.REPEAT,  # insufficient_resources
    "55": Action.REPEAT,  # object_not_in_prerequisite_state
    "08": Action.FENCE,  # connection_exception
    "57": Action.FENCE,  # operator_intervention: shutdown, crash, starting up
    "58": Action.FENCE,  # system_error
    "": Action.FENCE,  # whatever else: take it for unknown, which is safe
}


def state_of(error: BaseException) -> str:
    """The SQLSTATE of an error, or `CLIENT`."""
    state = getattr(error, "sqlstate", None) if isinstance(error, asyncpg.PostgresError) else None
    return state or CLIENT


def row_of(state: str) -> str:
    """A state's own row of `ACTIONS`, else its class's, else the last."""
    return next(row for row in (state, state[:2], "") if row in ACTIONS)


def action_for(state: str) -> Action:
    """What to do about a state."""
    return ACTIONS[row_of(state)]
