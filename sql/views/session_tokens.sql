-- requires: views/sessions.sql
-- Every token with its session, and why the token gives no right to play: the statuses in their order, then the launch
-- token, which waits for its exchange.  read_at is older than the snapshot: what was committed before it is in the row.
create or replace view wallet.session_tokens as
select k.digest, k.launch, k.superseded_at, s.id as session, s.bucket, s.player, s.wallet, s.provider_account,
       s.external_id, s.currency_code, s.game, s.channel, s.expires_at,
       case
           when k.superseded_at is not null then 'session_superseded'::wallet.status
           when s.defect is not null then s.defect
           when k.launch then 'session_unknown'::wallet.status
       end as defect,
       now() as read_at
from wallet.session_token k
join wallet.sessions s on s.id = k.session;
