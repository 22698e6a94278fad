"""How a simulated studio judges an answer, and what it books of it.  One judge for all, by what each says of its protocol.

Pure.  A refusal that honest play may meet is one, and an answer that the protocol lets be repeated or taken back is
temporary; everything else that is no success is unexpected.
"""

from collections.abc import Callable
from decimal import Decimal

from bench.studios.contract import (
    CREDITS,
    STAKES,
    Act,
    Answer,
    Move,
    Player,
    Reply,
    Studio,
    Verdict,
    Word,
)

ZERO = Decimal(0)
FREE = frozenset({Act.FREE_BET, Act.FREE_WIN, Act.FREE_END})
UNDONE = frozenset({Act.BET, Act.SPIN, Act.FREE_BET, Act.BUY_IN})
"""What a studio takes back where an answer leaves it unsure."""

Seen = dict[str, str]
"""Key of a move to the operator's id of its posting: a repetition must name the same one."""


def judge_of(
    studio: Studio, player: Player, move: Move, seen: Seen, *, last: bool
) -> Callable[[Answer | None], Verdict]:
    """The judge of one answer to `move`."""

    def judge(answer: Answer | None) -> Verdict:
        if answer is None:
            return Verdict(Word.LOST, "no answer")
        reply = studio.read(move, answer)
        if reply.broken:
            return Verdict(Word.UNEXPECTED, reply.broken, reply=reply)
        if reply.done:
            return accepted(studio, player, move, reply, seen)
        if (reply.retry and not last) or taken_back(studio, move, reply):
            return Verdict(Word.TEMPORARY, reply.code, reply=reply)
        known = move.key in seen
        if reply.code in studio.refusals.get(move.act, frozenset()) and not known:
            return Verdict(Word.REFUSED, reply.code, reply=reply)
        which = "repeated" if known else "first"
        return Verdict(Word.UNEXPECTED, f"a {which} {move.act} was answered {reply.code}", reply=reply)

    return judge


def taken_back(studio: Studio, move: Move, reply: Reply) -> bool:
    """Whether a rollback follows this answer and makes it good."""
    return reply.code in studio.undo_after and may_be_taken_back(studio, move)


def may_be_taken_back(studio: Studio, move: Move) -> bool:
    """Whether the studio can give this up; all else must land in the end."""
    return move.act in UNDONE and Act.ROLLBACK in studio.expresses


def accepted(studio: Studio, player: Player, move: Move, reply: Reply, seen: Seen) -> Verdict:
    """The verdict on a success: the same posting for a repetition, and the money of a first time."""
    if reply.balance is not None and reply.balance < 0:
        return Verdict(Word.UNEXPECTED, f"a balance of {reply.balance}", reply=reply)
    player.token = reply.token or player.token
    player.external_id = reply.player or player.external_id
    known = seen.get(move.key)
    if known is None:
        verdict = money(studio, move, reply, undone=move.of in seen)
        if move.key:
            seen[move.key] = reply.transaction or ""
        return verdict
    if known != (reply.transaction or ""):
        return Verdict(Word.UNEXPECTED, f"repeated, {known} became {reply.transaction}", reply=reply)
    return Verdict(Word.OK, reply=reply)


def money(studio: Studio, move: Move, reply: Reply, *, undone: bool) -> Verdict:
    """What a first success means for the studio's own books; `undone` where the move it takes back had stood."""
    paying = {Act.FREE_WIN if studio.free_wins_pay else Act.FREE_END, *CREDITS - FREE}
    staked = won = returned = taken = ZERO
    if move.act in STAKES:
        staked, won = move.amount, move.of_amount if move.act is Act.SPIN else ZERO
    elif move.act in paying:
        won = move.amount
    elif move.act is Act.CORRECTION:
        won, taken = max(move.amount, ZERO), max(-move.amount, ZERO)
    elif move.act is Act.REFUND:
        returned = move.amount
    elif move.act is Act.ROLLBACK and undone:
        returned = move.of_amount
    elif move.act is Act.ROLLBACK_WIN and undone:
        taken = move.of_amount
    return Verdict(Word.OK, "", staked, won, returned, taken, reply)
