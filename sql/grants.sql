-- What Postgres lets everybody write: temporary tables, large objects and messages in its log fill a disk, and no guard
-- of ours sees them.  As the URL's user: the database's owner may take the first back, a superuser only the others.
reset role;
do $$ declare name text; begin
    begin
        execute format('revoke temporary on database %I from public', current_database());
    exception when insufficient_privilege then null;
    end;
    for name in select oid::regprocedure from pg_proc where pronamespace = 'pg_catalog'::regnamespace
        and proname in ('lo_creat', 'lo_create', 'lo_from_bytea', 'lo_put', 'lowrite', 'lo_truncate', 'lo_truncate64',
                        'pg_logical_emit_message')
    loop
        execute format('revoke execute on function %s from public', name);
    end loop;
exception when insufficient_privilege then null;
end $$;
set role bankroll_owner;

-- Money
grant execute on function wallet.post to bankroll_service;
grant execute on function wallet.lease_lane to bankroll_service;
grant execute on function wallet.renew_lane to bankroll_service;
grant execute on function wallet.fence_lane to bankroll_service;
grant execute on function wallet.release_lane to bankroll_service;

-- Rules without tables, which proofs go by
grant execute on function wallet.house_of to bankroll_service;
grant execute on function wallet.reversible to bankroll_service;

-- Exchanges kept for disputes
grant execute on function wallet.keep_exchanges to bankroll_service;
grant execute on function wallet.prepare_exchanges to bankroll_service;
grant execute on function wallet.drop_exchanges to bankroll_service;

-- Players and their wallets
grant execute on function wallet.create_player to bankroll_service;
grant execute on function wallet.keep_personal_data to bankroll_service;
grant execute on function wallet.erase_personal_data to bankroll_service;
grant execute on function wallet.change_player_status to bankroll_service;
grant execute on function wallet.open_wallet to bankroll_service;
grant execute on function wallet.change_wallet_status to bankroll_service;
grant execute on function wallet.name_wallet to bankroll_service;

-- Sessions
grant execute on function wallet.launch_session to bankroll_service;
grant execute on function wallet.succeed_token to bankroll_service;
grant execute on function wallet.attach_token to bankroll_service;
grant execute on function wallet.extend_sessions to bankroll_service;
grant execute on function wallet.revoke_sessions to bankroll_service;
grant execute on function wallet.revoke_player_sessions to bankroll_service;
grant execute on function wallet.expire_session to bankroll_service;
grant execute on function wallet.drop_sessions to bankroll_service;

-- Catalogue
grant execute on function wallet.create_provider_account to bankroll_service;
grant execute on function wallet.change_provider_account to bankroll_service;
grant execute on function wallet.replace_secrets to bankroll_service;
grant execute on function wallet.replace_own_secret to bankroll_service;
grant execute on function wallet.set_certification to bankroll_service;
grant execute on function wallet.create_game to bankroll_service;
grant execute on function wallet.put_games to bankroll_service;
grant execute on function wallet.change_game to bankroll_service;
grant execute on function wallet.enable_games to bankroll_service;

-- Free rounds
grant execute on function wallet.issue_free_rounds to bankroll_service;
grant execute on function wallet.change_free_rounds to bankroll_service;

-- API keys
grant execute on function wallet.reserve_api_key to bankroll_service;
grant execute on function wallet.create_api_key to bankroll_service;
grant execute on function wallet.revoke_api_key to bankroll_service;
grant execute on function wallet.use_api_key to bankroll_service;

-- Large adjustments
grant execute on function wallet.request_adjustment to bankroll_service;
grant execute on function wallet.approve_adjustment to bankroll_service;

-- The audit log
grant execute on function wallet.keep_audit_entry to bankroll_service;
