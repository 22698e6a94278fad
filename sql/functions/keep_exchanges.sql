-- Keeps a batch of exchanges with studios, one array element each.  They are scrubbed before they come here.
create or replace function wallet.keep_exchanges(
    received_at timestamptz[], provider_account integer[], wallet bigint[], status smallint[], duration_us integer[],
    outcome text[], verb text[], request_id text[], key text[], round text[], request text[], answer text[])
returns void language sql security definer set search_path = wallet, pg_temp as $$
    insert into wallet.exchange (
        received_at, provider_account, wallet, status, duration_us, outcome, verb, request_id, key, round, request,
        answer)
    select * from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
$$;
