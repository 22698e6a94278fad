-- API keys by the digest of the whole key.
create or replace view wallet.api_keys as
select k.id, k.name, k.digest, k.scopes, k.created_at, k.expires_at, k.revoked_at, k.used_at,
       k.revoked_at is null and k.expires_at > now() as live
from wallet.api_key k;
