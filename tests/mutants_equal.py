"""Mutants that make no difference anyone could see, and why: file, name, reason.

A reason that fits nothing any more fails (`tests.mutants`).
"""

A_FULL_BATCH = "a full batch takes no more: it is only looked through longer"
A_SHORT_CUT = "what nearly every text is, answered at once: the lines after it find the same"
THE_MOMENT = "a clock that shows the deadline itself: nobody can tell on which side of it a test arrived"
ITSELF = "the operation itself is not among those that it is compared with"
NO_WORD = "a success is told without a word"
NO_ZERO = "zero was answered before"
TIME_ALONE = "what is read or said again for nothing costs time alone"
A_LOOK_UP = "who is found already is not looked up again; `party_of` lets the session decide all the same"
BOOKED_IN_A_WALLET = (
    "where nothing has a currency there is no wallet, and nothing was booked: said for the types"
)
WOKEN_FOR_NOTHING = "a lane that is woken for nothing finds nothing, and rests again"
TO_THE_TICK = "two clocks that show the same to the tick: later by one, and it is what it would be anyway"
THE_INDEX = (
    "a bound that lets an index find it: what it keeps out, the rest of the condition keeps out as well"
)
FAILS_ANYWAY = (
    "whose key or reference is a tombstone or another player's: his call fails, whatever else it means"
)
NOT_ASKED = "read for nothing: of the other kinds nobody asks for it"
NOTHING_IS_NOTHING = "where nothing is there, the comparisons that follow hold of nothing either"
THE_WINDOW = "a window that is over to the tick ends with this callback or with the next"

EQUAL: dict[str, dict[str, str]] = {
    "gateway/admission.py": {
        "Admission.leave: elapsed >= WINDOW_SECONDS becomes elapsed > WINDOW_SECONDS": THE_WINDOW,
    },
    "gateway/attempts.py": {
        "Attempts._count: monotonic() < self._rests_until becomes monotonic() <= self._rests_until": THE_MOMENT,
    },
    "gateway/binding.py": {
        "sound: or without len(text) <= MAXIMUM_KEY_BYTES and text.isascii() and text.isprinta…": A_SHORT_CUT,
        "sound: len(text) <= MAXIMUM_KEY_BYTES becomes len(text) < MAXIMUM_KEY_BYTES": A_SHORT_CUT,
    },
    "gateway/callbacks.py": {
        "Callbacks._record: seconds > self.slow_seconds becomes seconds >= self.slow_seconds": THE_MOMENT,
        "Callbacks._count_money: or without outcome.currency is None": BOOKED_IN_A_WALLET,
    },
    "gateway/failed_transactions.py": {
        "settle: time.monotonic() >= until becomes time.monotonic() > until": THE_MOMENT,
    },
    "gateway/resolution.py": {
        "Resolution._party: and without session is None or session.external_id != asked.player": A_LOOK_UP,
        "Resolution._party: and without session is None": A_LOOK_UP,
        "Resolution._party: and without asked.free_rounds is not None": A_LOOK_UP,
        "Resolution._post: and without studio.free_rounds is not None": (
            "what has no name was never issued: a statement that changes nothing is spared"
        ),
        'Resolution._look_for: without raise LookupError("a posting has a wallet")': (
            "it has; otherwise the line after it fails as loudly"
        ),
    },
    "providers/dialogue.py": {
        "tells_of_a_person: or without profile == profile.erased": "what is erased already is told again in the same"
        " bytes; the clause saves writing the answer twice",
    },
    "providers/evenbet_casino.py": {
        "says 1 for 0": NO_WORD,
    },
    "providers/pgsoft.py": {
        'says "1034" for ""': NO_WORD,
    },
    "providers/slotegrator.py": {
        'says "INSUFFICIENT_FUNDS" for ""': NO_WORD,
    },
    "providers/translate.py": {
        "amount_of: value < 0 becomes value <= 0": NO_ZERO,
        "key_of: and without not key.isascii()": TIME_ALONE,
    },
    "wallet/coalesce.py": {
        "Coalescer.submit: time.monotonic() >= deadline becomes time.monotonic() > deadline": THE_MOMENT,
        "Coalescer.submit_many: left <= 0 becomes left < 0": THE_MOMENT,
        "Coalescer._gather: and without weight < bound": A_FULL_BATCH,
        "Coalescer._gather: weight < bound becomes weight <= bound": A_FULL_BATCH,
        "Coalescer._wake: or without self._waking": WOKEN_FOR_NOTHING,
    },
    "wallet/ledger.py": {
        "PostingHealth.refused: time.monotonic() > self._refused[1] becomes time.monotonic() >= self._refused[1]": THE_MOMENT,
    },
    "wallet/session_lookups.py": {
        "SessionLookups._extend: copy.expires_at - copy.read_at < late becomes copy.expires_at - copy.read_at <= late": TO_THE_TICK,
        "SessionLookups._trusts: copy.read_at >= since becomes copy.read_at > since": TO_THE_TICK,
        "SessionLookups._trusts: time.monotonic() >= self._distrust_until becomes time.monotonic() > self._distrust_until": TO_THE_TICK,
        "SessionLookups._hear: next(iter(self._died.values())) < now becomes next(iter(self._died.values())) <= now": TO_THE_TICK,
    },
    "wallet/sessions.py": {
        "Sessions._succeed: and without not read[digest].launch": (
            "a launch token has no copy in Redis: a round trip for nothing is spared"
        ),
    },
    "sql/functions/decide.sql": {
        "and without not f.last_of_call": (
            "a call of one operation that is found under its own id is told by its key either way"
        ),
        "and without earlier is not null (2)": NOTHING_IS_NOTHING,
        "> becomes >= in if i > first then": TIME_ALONE,
    },
    "sql/functions/decide_movement.sql": {
        "and without f.kind = 'correction'": (
            "of the other kinds none takes more cash than there is: the rungs before have refused it"
        ),
    },
    "sql/functions/decide_posted.sql": {
        "and without (f.known).id is not null": "a reversal names something: it is not the same as nothing",
        "and without own (2)": "what another call wrote under the key makes it a duplicate already",
    },
    "sql/functions/find_results.sql": {
        "and without f.ordinality = any (positions)": (
            "who shares a key with an operation before him has read his results, or makes his call fail"
        ),
        "and without (f.referenced).wallet is not distinct from case when f.scope <> 'ro…": FAILS_ANYWAY,
        "and without p.wallet = span.wallet": "the wins of others come in too, and meet none of their bets",
        "and without p.seq > span.first_seq": "a win from before a bet is before it in its row as well",
        "and without p.seq <= span.last_seq": THE_INDEX,
        "> becomes >= in where p.bucket = find_results.bucket and p.wallet = span.wallet and…": "a bet is no win",
    },
    "sql/functions/find_targets.sql": {
        "and without p.seq >= case find_targets.scope when 'round' then round.first_seq …": THE_INDEX,
        "and without p.seq <= case find_targets.scope when 'round' then round.last_seq w…": THE_INDEX,
    },
    "sql/functions/meant_at_first.sql": {
        "or without known.id is null": NOTHING_IS_NOTHING,
        "and without known.call_id <> all (calls)": TIME_ALONE,
        "and without p.wallet = came.wallet": THE_INDEX,
        "and without p.seq between came.seq - 512 and came.seq + 512": THE_INDEX,
        "< becomes <= in select max(p.seq), coalesce(max(p.seq) filter (where p.op_index < p…": ITSELF,
    },
    "sql/functions/meant_parts.sql": {
        "and without f.kind = 'win'": TIME_ALONE,
        "and without p.reference is not distinct from (f.referenced).key": TIME_ALONE,
    },
    "sql/functions/read_targets.sql": {
        "and without f.same_key is not null": NOTHING_IS_NOTHING,
        "and without f.scope <> 'key'": "one posting: of it, what was there at first is all there is",
        "and without not first_alone": "one posting: of it, what was there at first is all there is",
        "and without not (i = first and f.last_of_call)": TIME_ALONE,
    },
    "sql/functions/recall.sql": {
        "and without f.scope = 'call'": NOT_ASKED,
        "and without f.kind = 'win'": NOT_ASKED,
        "and without f.kind = 'win' (2)": NOT_ASKED,
        "and without f.kind = 'win' (3)": NOT_ASKED,
        "and without f.kind in ('refund', 'rollback')": NOT_ASKED,
        "and without v.tombstone": "what left no tombstone has no id for it, so nothing is known by it",
        "or without (f.referenced).id is not null": (
            "nothing of a call is written under a key that the journal holds"
        ),
        "and without f.round is null": "it is the same round, read once more",
        "not (cardinality(v.parts) > few)": TIME_ALONE,
        "> becomes >= in if g.kind = 'win' and v.seq > (f.referenced).seq and g.reference = …": "a bet is no win",
        "> becomes >= in elsif given.kind = 'win' and given.seq > (f.referenced).seq": "a bet is no win",
        "> becomes >= in parts := case when cardinality(v.parts) > few then wallet.meant_par…": (
            "the parts are the same, sorted out one way or the other"
        ),
    },
    "sql/functions/results_of.sql": {
        "> becomes >= in and win.seq > bet.seq and win.seq <= last_seq": "a bet is no win",
        "and without win.seq <= last_seq": THE_INDEX,
    },
    "sql/functions/lone_bet.sql": {
        "> becomes >= in where win.bucket = bet.bucket and win.wallet = bet.wallet and win.s…": "a bet is no win",
        "and without win.seq <= last_seq": THE_INDEX,
    },
    "sql/functions/read_facts.sql": {
        "and without wallet.is_new_bet(o.kind)": NOT_ASKED,
        "and without o.kind = 'win'": NOT_ASKED,
        "and without o.kind = 'win' (2)": NOT_ASKED,
        "and without o.kind = 'win' (3)": NOT_ASKED,
        "and without ((state.round).stake_bonus > 0 or (referenced.posting).bonus < 0 or…": TIME_ALONE,
        "and without o.kind = 'adjustment'": NOT_ASKED,
        "> becomes >= in case when o.kind = 'win' and ((state.round).stake_bonus > 0 or (ref…": TIME_ALONE,
        "< becomes <= in case when o.kind = 'win' and ((state.round).stake_bonus > 0 or (ref…": TIME_ALONE,
    },
    "sql/functions/attach_token.sql": {
        "> becomes >= in where s.id = attach_token.session and s.revoked_at is null and s.ex…": THE_MOMENT,
    },
    "sql/functions/expire_session.sql": {
        "> becomes >= in where s.id = expire_session.session and s.revoked_at is null and s.…": THE_MOMENT,
    },
    "sql/functions/succeed_token.sql": {
        "and without k.session = old.session": "a successor is made from its token: it is of the same session",
        "<= becomes < in select k.session, k.launch, k.superseded_at, s.revoked_at is not nu…": THE_MOMENT,
        "> becomes >= in and old.superseded_at > clock_timestamp() - grace),": THE_MOMENT,
    },
}
