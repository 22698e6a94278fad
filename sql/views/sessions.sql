-- Sessions, and why one that is dead is dead.
create or replace view wallet.sessions as
select s.id, s.bucket, s.player, s.wallet, s.provider_account, s.external_id, s.currency_code, s.game, s.channel,
       s.country, s.created_at, s.expires_at, s.revoked_at,
       case
           when s.expires_at <= now() then 'session_expired'::wallet.status
           when s.revoked_at is not null then 'session_revoked'::wallet.status
       end as defect
from wallet.session s;
