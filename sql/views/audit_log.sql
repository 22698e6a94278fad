-- Who changed what.  Of a movement of money the entry came first; what became of it is the posting's to tell: its id,
-- and what was in the wallet before and after, in ledger units.  The upper half of an id is the restore epoch,
-- but 0 in the first.
create or replace view wallet.audit_log as
select e.id, e.recorded_at, e.writer, e.actor, e.operation, e.request_id, e.reason, e.subject, e.name,
       y.external_id as player_external_id, coalesce(e.before, moved.before) as before,
       coalesce(e.after, moved.after) as after, e.changed, e.calls,
       greatest(e.id >> 32, 1) as restore_epoch
from wallet.audit_entry e
left join wallet.player y on y.bucket = 0 and y.id = e.player
left join lateral (
    select jsonb_build_object('cash', (p.cash_after - p.cash)::text, 'bonus', (p.bonus_after - p.bonus)::text,
               'held', (p.held_after - p.held)::text) as before,
           jsonb_build_object('cash', p.cash_after::text, 'bonus', p.bonus_after::text, 'held', p.held_after::text,
               'transaction', p.restore_epoch || '-' || p.id) as after
    from wallet.posting p
    -- Whose key it is does not matter: the call is the entry's own.
    where e.subject = 'call' and p.bucket = 0 and p.key = e.name and p.call_id = e.calls[1]
    limit 1) moved on true;
