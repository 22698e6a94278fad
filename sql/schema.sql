-- Generated from migrations/, functions/ and views/ by `make schema`; read it, never edit it.

-- PostgreSQL database dump

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

-- Name: wallet; Type: SCHEMA; Schema: -; Owner: bankroll_owner

CREATE SCHEMA wallet;

ALTER SCHEMA wallet OWNER TO bankroll_owner;

-- Name: account_state; Type: TYPE; Schema: wallet; Owner: bankroll_owner

CREATE TYPE wallet.account_state AS ENUM (
    'active',
    'no_new_bets',
    'revoked'
);

ALTER TYPE wallet.account_state OWNER TO bankroll_owner;

-- Name: author; Type: TYPE; Schema: wallet; Owner: bankroll_owner

CREATE TYPE wallet.author AS (
	actor text,
	operation text,
	request_id text,
	reason text
);

ALTER TYPE wallet.author OWNER TO bankroll_owner;

-- Name: environment; Type: TYPE; Schema: wallet; Owner: bankroll_owner

CREATE TYPE wallet.environment AS ENUM (
    'test',
    'live'
);

ALTER TYPE wallet.environment OWNER TO bankroll_owner;

-- Name: house; Type: TYPE; Schema: wallet; Owner: bankroll_owner

CREATE TYPE wallet.house AS ENUM (
    'game_revenue',
    'payment_clearing',
    'bonus_cost',
    'jackpot_pool',
    'receivables',
    'house_loss',
    'adjustments'
);

ALTER TYPE wallet.house OWNER TO bankroll_owner;

-- Name: kind; Type: TYPE; Schema: wallet; Owner: bankroll_owner

CREATE TYPE wallet.kind AS ENUM (
    'bet',
    'tip',
    'win',
    'refund',
    'rollback',
    'promo_win',
    'jackpot_win',
    'free_bet',
    'buy_in',
    'payout',
    'correction',
    'round_close',
    'deposit',
    'withdrawal_hold',
    'withdrawal',
    'withdrawal_release',
    'adjustment',
    'bonus_grant',
    'bonus_convert',
    'bonus_forfeit',
    'tombstone'
);

ALTER TYPE wallet.kind OWNER TO bankroll_owner;

-- Name: player_status; Type: TYPE; Schema: wallet; Owner: bankroll_owner

CREATE TYPE wallet.player_status AS ENUM (
    'active',
    'blocked',
    'excluded'
);

ALTER TYPE wallet.player_status OWNER TO bankroll_owner;

-- Name: scope; Type: TYPE; Schema: wallet; Owner: bankroll_owner

CREATE TYPE wallet.scope AS ENUM (
    'key',
    'call',
    'round'
);

ALTER TYPE wallet.scope OWNER TO bankroll_owner;

-- Name: status; Type: TYPE; Schema: wallet; Owner: bankroll_owner

CREATE TYPE wallet.status AS ENUM (
    'found',
    'created',
    'tombstone_created',
    'duplicate',
    'key_reused',
    'tombstoned',
    'wallet_not_found',
    'currency_differs',
    'session_unknown',
    'session_superseded',
    'session_expired',
    'session_revoked',
    'wallet_closed',
    'player_blocked',
    'player_excluded',
    'kyc_required',
    'game_disabled',
    'account_disabled',
    'limit_reached',
    'second_actor_required',
    'reference_not_found',
    'reference_differs',
    'reference_reversed',
    'reference_settled',
    'round_closed',
    'bonus_rules',
    'insufficient_funds',
    'balance_overflow',
    'not_applied'
);

ALTER TYPE wallet.status OWNER TO bankroll_owner;

-- Name: target; Type: TYPE; Schema: wallet; Owner: bankroll_owner

CREATE TYPE wallet.target AS (
	posting bigint,
	kind wallet.kind,
	key text,
	reference text,
	round text,
	result boolean,
	amount bigint,
	cash bigint,
	bonus bigint,
	house wallet.house,
	given_amount bigint,
	given_cash bigint,
	given_bonus bigint,
	whole boolean,
	reversal bigint,
	seq bigint
);

ALTER TYPE wallet.target OWNER TO bankroll_owner;

-- Name: wallet_status; Type: TYPE; Schema: wallet; Owner: bankroll_owner

CREATE TYPE wallet.wallet_status AS ENUM (
    'open',
    'closed'
);

ALTER TYPE wallet.wallet_status OWNER TO bankroll_owner;

-- Name: total(bigint[]); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.total(amounts bigint[]) RETURNS numeric
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN (SELECT COALESCE(sum(amount.amount), (0)::numeric) AS "coalesce" FROM unnest(total.amounts) amount(amount));

ALTER FUNCTION wallet.total(amounts bigint[]) OWNER TO bankroll_owner;

SET default_tablespace = '';

SET default_table_access_method = heap;

-- Name: posting; Type: TABLE; Schema: wallet; Owner: bankroll_owner

CREATE TABLE wallet.posting (
    bucket integer NOT NULL,
    id bigint NOT NULL,
    wallet bigint NOT NULL,
    seq bigint NOT NULL,
    call_id bigint NOT NULL,
    op_index smallint NOT NULL,
    restore_epoch smallint NOT NULL,
    kind wallet.kind NOT NULL,
    provider_account integer NOT NULL,
    amount bigint NOT NULL,
    cash bigint NOT NULL,
    bonus bigint NOT NULL,
    held bigint NOT NULL,
    cash_after bigint NOT NULL,
    bonus_after bigint NOT NULL,
    held_after bigint NOT NULL,
    house_amount bigint NOT NULL,
    house wallet.house NOT NULL,
    other_houses wallet.house[],
    other_amounts bigint[],
    nominal bigint,
    original bigint,
    original_kind wallet.kind,
    recorded_at timestamp with time zone NOT NULL,
    occurred_at timestamp with time zone,
    writer xid8 NOT NULL,
    session bigint,
    game integer,
    end_round boolean NOT NULL,
    late boolean NOT NULL,
    scope wallet.scope,
    currency text NOT NULL COLLATE pg_catalog."C",
    key text NOT NULL COLLATE pg_catalog."C",
    reference text COLLATE pg_catalog."C",
    round text COLLATE pg_catalog."C",
    brand text,
    channel text,
    actor text,
    reason text,
    metadata jsonb,
    CONSTRAINT amount_bounded CHECK (((amount >= '-1000000000000000000'::bigint) AND (amount <= '1000000000000000000'::bigint))),
    CONSTRAINT amount_has_its_sign CHECK (((amount >= 0) OR (kind = ANY (ARRAY['correction'::wallet.kind, 'adjustment'::wallet.kind])))),
    CONSTRAINT id_shows_its_epoch CHECK ((restore_epoch = GREATEST((id >> 48), (1)::bigint))),
    CONSTRAINT key_well_formed CHECK ((((octet_length(key) >= 1) AND (octet_length(key) <= 255)) AND (key !~ '[[:cntrl:]]'::text))),
    CONSTRAINT legs_sum_to_zero CHECK (((((((cash)::numeric + (bonus)::numeric) + (held)::numeric) + (house_amount)::numeric) +
CASE
    WHEN (other_amounts IS NULL) THEN (0)::numeric
    ELSE wallet.total(other_amounts)
END) = (0)::numeric)),
    CONSTRAINT manual_acts_explained CHECK (((kind <> 'adjustment'::wallet.kind) OR ((actor IS NOT NULL) AND (reason IS NOT NULL)))),
    CONSTRAINT other_legs_whole CHECK ((NOT (cardinality(other_houses) IS DISTINCT FROM cardinality(other_amounts)))),
    CONSTRAINT tombstones_move_nothing CHECK (((kind <> ALL (ARRAY['tombstone'::wallet.kind, 'round_close'::wallet.kind, 'free_bet'::wallet.kind])) OR (((cash = 0) AND (bonus = 0) AND (held = 0) AND (house_amount = 0)) AND (other_houses IS NULL))))
)
WITH (autovacuum_vacuum_insert_threshold='100000', autovacuum_vacuum_insert_scale_factor='0.02', autovacuum_freeze_min_age='0');

ALTER TABLE wallet.posting OWNER TO bankroll_owner;

-- Name: reversal; Type: TABLE; Schema: wallet; Owner: bankroll_owner

CREATE TABLE wallet.reversal (
    bucket integer NOT NULL,
    posting bigint NOT NULL,
    wallet bigint NOT NULL,
    reversal bigint NOT NULL,
    kind wallet.kind NOT NULL,
    amount bigint NOT NULL,
    cash bigint NOT NULL,
    bonus bigint NOT NULL,
    whole boolean NOT NULL
)
WITH (fillfactor='80', vacuum_truncate=off, autovacuum_vacuum_scale_factor='0.05');

ALTER TABLE wallet.reversal OWNER TO bankroll_owner;

-- Name: round; Type: TABLE; Schema: wallet; Owner: bankroll_owner

CREATE TABLE wallet.round (
    bucket integer NOT NULL,
    provider_account integer NOT NULL,
    wallet bigint NOT NULL,
    game integer,
    first_seq bigint NOT NULL,
    last_seq bigint NOT NULL,
    stake_cash bigint NOT NULL,
    stake_bonus bigint NOT NULL,
    win_cash bigint NOT NULL,
    win_bonus bigint NOT NULL,
    bets integer NOT NULL,
    live_bets integer NOT NULL,
    wins integer NOT NULL,
    closed boolean NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    round text NOT NULL COLLATE pg_catalog."C"
)
WITH (fillfactor='70', vacuum_truncate=off, autovacuum_vacuum_scale_factor='0.05');

ALTER TABLE wallet.round OWNER TO bankroll_owner;

-- Name: fact; Type: TYPE; Schema: wallet; Owner: bankroll_owner

CREATE TYPE wallet.fact AS (
	call_id bigint,
	last_of_call boolean,
	same_key integer,
	clock timestamp with time zone,
	new_id bigint,
	tombstone_id bigint,
	kind wallet.kind,
	provider_account integer,
	wallet bigint,
	policy integer,
	currency text,
	session_defect wallet.status,
	game integer,
	game_disabled boolean,
	account_disabled boolean,
	key text,
	amount bigint,
	nominal bigint,
	reference text,
	scope wallet.scope,
	round text,
	end_round boolean,
	wallet_found boolean,
	cash bigint,
	bonus bigint,
	held bigint,
	seq bigint,
	recorded_at timestamp with time zone,
	wallet_status wallet.wallet_status,
	player_status wallet.player_status,
	wallet_currency text,
	brand text,
	known wallet.posting,
	referenced wallet.posting,
	reversed wallet.reversal,
	results bigint[],
	targets wallet.target[],
	round_state wallet.round,
	minor bigint,
	adjustment_limit bigint
);

ALTER TYPE wallet.fact OWNER TO bankroll_owner;

-- Name: free_rounds_state; Type: TYPE; Schema: wallet; Owner: bankroll_owner

CREATE TYPE wallet.free_rounds_state AS ENUM (
    'requested',
    'declined',
    'issued',
    'cancelled',
    'finished'
);

ALTER TYPE wallet.free_rounds_state OWNER TO bankroll_owner;

-- Name: game_type; Type: TYPE; Schema: wallet; Owner: bankroll_owner

CREATE TYPE wallet.game_type AS ENUM (
    'slot',
    'live',
    'table',
    'crash',
    'instant',
    'scratch',
    'poker',
    'bingo',
    'lottery',
    'virtual',
    'other'
);

ALTER TYPE wallet.game_type OWNER TO bankroll_owner;

-- Name: part; Type: TYPE; Schema: wallet; Owner: bankroll_owner

CREATE TYPE wallet.part AS (
	posting bigint,
	kind wallet.kind,
	reference text,
	seq bigint,
	round text,
	amount bigint,
	cash bigint,
	bonus bigint,
	whole boolean,
	house wallet.house,
	bets integer
);

ALTER TYPE wallet.part OWNER TO bankroll_owner;

-- Name: refund_amount; Type: TYPE; Schema: wallet; Owner: bankroll_owner

CREATE TYPE wallet.refund_amount AS ENUM (
    'ignore',
    'match',
    'partial'
);

ALTER TYPE wallet.refund_amount OWNER TO bankroll_owner;

-- Name: short_rollback; Type: TYPE; Schema: wallet; Owner: bankroll_owner

CREATE TYPE wallet.short_rollback AS ENUM (
    'refuse',
    'clamp',
    'overdraft'
);

ALTER TYPE wallet.short_rollback OWNER TO bankroll_owner;

-- Name: policy; Type: TYPE; Schema: wallet; Owner: bankroll_owner

CREATE TYPE wallet.policy AS (
	win_without_bet boolean,
	one_win_per_bet boolean,
	bet_on_closed_round boolean,
	win_on_closed_round boolean,
	rollback_with_wins boolean,
	short_rollback wallet.short_rollback,
	refund_amount wallet.refund_amount,
	compare_amount boolean,
	compare_round boolean,
	compare_game boolean,
	opening_funds boolean,
	correction_below_zero boolean
);

ALTER TYPE wallet.policy OWNER TO bankroll_owner;

-- Name: verdict; Type: TYPE; Schema: wallet; Owner: bankroll_owner

CREATE TYPE wallet.verdict AS (
	status wallet.status,
	posting bigint,
	restore_epoch smallint,
	original bigint,
	original_kind wallet.kind,
	late boolean,
	cash bigint,
	bonus bigint,
	held bigint,
	cash_after bigint,
	bonus_after bigint,
	held_after bigint,
	seq bigint,
	recorded_at timestamp with time zone,
	wallet_cash bigint,
	wallet_bonus bigint,
	wallet_held bigint,
	op_index smallint,
	round text,
	house wallet.house,
	house_amount bigint,
	other_houses wallet.house[],
	other_amounts bigint[],
	currency text,
	brand text,
	tombstone boolean,
	parts wallet.part[],
	last_of_wallet boolean
);

ALTER TYPE wallet.verdict OWNER TO bankroll_owner;

-- Name: announce_change(); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.announce_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    update wallet.catalogue_version set version = version + 1;
    perform pg_notify('bankroll_catalogue', tg_table_name);
    return null;
end $$;

ALTER FUNCTION wallet.announce_change() OWNER TO bankroll_owner;

-- Name: announce_revoked_session(); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.announce_revoked_session() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    perform pg_notify('bankroll_dead_tokens', encode(k.digest, 'hex'))
    from wallet.session_token k
    where k.session = new.id and not k.launch and k.superseded_at is null;
    return null;
end $$;

ALTER FUNCTION wallet.announce_revoked_session() OWNER TO bankroll_owner;

-- Name: announce_superseded_token(); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.announce_superseded_token() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    perform pg_notify('bankroll_dead_tokens', encode(new.digest, 'hex'));
    return null;
end $$;

ALTER FUNCTION wallet.announce_superseded_token() OWNER TO bankroll_owner;

-- Name: approve_adjustment(integer, text, bigint, bigint, text, wallet.author); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.approve_adjustment(bucket integer, key text, wallet bigint, amount bigint, reason text, author wallet.author) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'wallet', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    asked large_adjustment%rowtype;
begin
    perform set_author(author);
    select * into asked from large_adjustment a
    where a.bucket = approve_adjustment.bucket and a.key = approve_adjustment.key
      and a.wallet = approve_adjustment.wallet and a.amount = approve_adjustment.amount
      and a.reason = approve_adjustment.reason
      and a.expires_at > clock_timestamp()
    for update;
    if not found then
        return null;
    end if;
    if asked.requested_by = author.actor then
        return false;
    end if;
    update large_adjustment a set
        approved_by = author.actor, approved_at = clock_timestamp(), expires_at = default
    where a.bucket = asked.bucket and a.key = asked.key and a.approved_by is null;
    return true;
end $$;

ALTER FUNCTION wallet.approve_adjustment(bucket integer, key text, wallet bigint, amount bigint, reason text, author wallet.author) OWNER TO bankroll_owner;

-- Name: attach_token(bigint, bytea); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.attach_token(session bigint, digest bytea) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'wallet', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
    perform from session s
    where s.id = attach_token.session and s.revoked_at is null and s.expires_at > clock_timestamp()
    for no key update;
    if not found then
        return false;
    end if;
    insert into session_token (digest, session) values (attach_token.digest, attach_token.session)
    on conflict (digest) do nothing;
    return exists (
        select from session_token k
        where k.digest = attach_token.digest and k.session = attach_token.session and k.superseded_at is null);
end $$;

ALTER FUNCTION wallet.attach_token(session bigint, digest bytea) OWNER TO bankroll_owner;

-- Name: change_free_rounds(integer, text, wallet.free_rounds_state, wallet.author); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.change_free_rounds(provider_account integer, issue text, state wallet.free_rounds_state, author wallet.author DEFAULT NULL::wallet.author) RETURNS wallet.free_rounds_state
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'wallet', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    before free_rounds_state[] := case change_free_rounds.state
        when 'requested' then '{declined}'
        when 'issued' then '{requested, declined}'
        when 'declined' then '{requested}'
        when 'cancelled' then '{requested, declined, issued}'
        when 'finished' then '{requested, declined, issued, cancelled}'
        else '{}'
    end;
    now_in free_rounds_state;
begin
    perform set_author(author);
    update free_rounds_issue f
    set state = change_free_rounds.state, changed_at = clock_timestamp()
    where f.provider_account = change_free_rounds.provider_account and f.issue = change_free_rounds.issue
      and f.state = any (before);
    select f.state into now_in
    from free_rounds_issue f
    where f.provider_account = change_free_rounds.provider_account and f.issue = change_free_rounds.issue;
    return now_in;
end $$;

ALTER FUNCTION wallet.change_free_rounds(provider_account integer, issue text, state wallet.free_rounds_state, author wallet.author) OWNER TO bankroll_owner;

-- Name: change_game(integer, jsonb, wallet.author); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.change_game(game integer, given jsonb, author wallet.author DEFAULT NULL::wallet.author) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'wallet', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    there wallet.game;
    wanted wallet.game;
begin
    perform set_author(author);
    select * into there from game g where g.id = change_game.game for update;
    if not found then
        return false;
    end if;
    wanted := jsonb_populate_record(there, given);
    if wanted is not distinct from there then
        return true;
    end if;
    update game g set
        name = wanted.name, enabled = wanted.enabled, type = wanted.type, rtp = wanted.rtp, demo = wanted.demo,
        allowed_countries = wanted.allowed_countries, refused_countries = wanted.refused_countries,
        allowed_currencies = wanted.allowed_currencies, refused_currencies = wanted.refused_currencies,
        changed_at = clock_timestamp()
    where g.id = change_game.game;
    return true;
end $$;

ALTER FUNCTION wallet.change_game(game integer, given jsonb, author wallet.author) OWNER TO bankroll_owner;

-- Name: change_player_status(integer, bigint, wallet.player_status[], wallet.player_status, wallet.author); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.change_player_status(bucket integer, player bigint, from_statuses wallet.player_status[], to_status wallet.player_status, author wallet.author DEFAULT NULL::wallet.author, OUT status wallet.player_status, OUT sessions bigint[]) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'wallet', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
    perform set_author(author);
    change_player_status.sessions := '{}';
    select p.status into change_player_status.status
    from player p
    where p.bucket = change_player_status.bucket and p.id = change_player_status.player
    for update;
    if not found or change_player_status.status <> all (from_statuses) then
        return;
    end if;

    perform from wallet w
    where w.bucket = change_player_status.bucket and w.player = change_player_status.player
    order by w.id
    for update;

    update player p set status = to_status
    where p.bucket = change_player_status.bucket and p.id = change_player_status.player;
    update wallet w set player_status = to_status
    where w.bucket = change_player_status.bucket and w.player = change_player_status.player;
    change_player_status.status := to_status;
    if to_status = 'excluded' then
        change_player_status.sessions := revoke_player_sessions(
            change_player_status.bucket, change_player_status.player);
    end if;
end $$;

ALTER FUNCTION wallet.change_player_status(bucket integer, player bigint, from_statuses wallet.player_status[], to_status wallet.player_status, author wallet.author, OUT status wallet.player_status, OUT sessions bigint[]) OWNER TO bankroll_owner;

-- Name: change_provider_account(text, timestamp with time zone, wallet.account_state, jsonb, jsonb, jsonb, cidr[], text, jsonb, integer, boolean, wallet.author); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.change_provider_account(slug text, seen timestamp with time zone, state wallet.account_state, policy jsonb, manners jsonb, settings jsonb, allowed_networks cidr[], base_url text, currencies jsonb, deadline_ms integer, keep_exchanges boolean, author wallet.author DEFAULT NULL::wallet.author) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'wallet', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
    perform set_author(author);
    update provider_account a set
        state = coalesce(change_provider_account.state, a.state),
        policy = coalesce(change_provider_account.policy, a.policy),
        manners = coalesce(change_provider_account.manners, a.manners),
        settings = coalesce(change_provider_account.settings, a.settings),
        allowed_networks = coalesce(change_provider_account.allowed_networks, a.allowed_networks),
        base_url = change_provider_account.base_url,
        currencies = coalesce(change_provider_account.currencies, a.currencies),
        deadline_ms = coalesce(change_provider_account.deadline_ms, a.deadline_ms),
        keep_exchanges = coalesce(change_provider_account.keep_exchanges, a.keep_exchanges),
        changed_at = clock_timestamp()
    where a.slug = change_provider_account.slug and a.id <> 0 and a.changed_at = seen;
    return found;
end $$;

ALTER FUNCTION wallet.change_provider_account(slug text, seen timestamp with time zone, state wallet.account_state, policy jsonb, manners jsonb, settings jsonb, allowed_networks cidr[], base_url text, currencies jsonb, deadline_ms integer, keep_exchanges boolean, author wallet.author) OWNER TO bankroll_owner;

-- Name: change_wallet_status(integer, bigint, wallet.wallet_status, wallet.author); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.change_wallet_status(bucket integer, wallet bigint, status wallet.wallet_status, author wallet.author DEFAULT NULL::wallet.author) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'wallet', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
    perform set_author(author);
    update wallet w set status = change_wallet_status.status
    where w.bucket = change_wallet_status.bucket and w.id = change_wallet_status.wallet;
    return found;
end $$;

ALTER FUNCTION wallet.change_wallet_status(bucket integer, wallet bigint, status wallet.wallet_status, author wallet.author) OWNER TO bankroll_owner;

-- Name: close_call(wallet.fact[], wallet.verdict[], integer, integer, integer, integer); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.close_call(facts wallet.fact[], verdicts wallet.verdict[], first integer, last integer, failed_at integer, written integer) RETURNS wallet.verdict[]
    LANGUAGE plpgsql IMMUTABLE
    AS $$
declare
    final constant wallet.verdict := verdicts[last];
    v wallet.verdict;
begin
    for i in first .. last loop
        v := verdicts[i];
        if failed_at <> i and (v.status <> 'duplicate' or ((facts[i]).known).id is null) then
            v := null;
            v.status := 'not_applied';
            -- What its key stands for: then it is known with other content, and would not have been applied by itself.
            v.original := case when ((facts[i]).known).kind <> 'tombstone'
                and ((facts[i]).known).wallet = (facts[i]).wallet then ((facts[i]).known).id end;
            -- Why it might not have been applied by itself either, or would have been.
            v.original_kind := case
                when ((facts[i]).known).kind = 'tombstone' and ((facts[i]).known).wallet = (facts[i]).wallet
                    then 'tombstone'::wallet.kind
                when (facts[i]).kind = 'win' and (facts[i]).reference is null
                    and ((facts[i]).round_state).live_bets > 0 then 'bet' end;
        end if;
        if failed_at is not null and exists (
                select from generate_series(first, last) other
                where v.original in ((facts[other]).new_id, (facts[other]).tombstone_id)) then
            v.original := null;  -- it was never written
        end if;
        v.currency := final.currency;
        v.wallet_cash := final.wallet_cash;
        v.wallet_bonus := final.wallet_bonus;
        v.wallet_held := final.wallet_held;
        v.last_of_wallet := failed_at is null and i = written;
        verdicts[i] := v;
    end loop;
    return verdicts;
end $$;

ALTER FUNCTION wallet.close_call(facts wallet.fact[], verdicts wallet.verdict[], first integer, last integer, failed_at integer, written integer) OWNER TO bankroll_owner;

-- Name: create_api_key(integer, text, bytea, text[], timestamp with time zone, wallet.author); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.create_api_key(id integer, name text, digest bytea, scopes text[], expires_at timestamp with time zone, author wallet.author DEFAULT NULL::wallet.author) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'wallet', 'pg_temp'
    AS $$
    select set_author(author);
    insert into api_key (id, name, digest, scopes, expires_at) values (id, name, digest, scopes, expires_at)
$$;

ALTER FUNCTION wallet.create_api_key(id integer, name text, digest bytea, scopes text[], expires_at timestamp with time zone, author wallet.author) OWNER TO bankroll_owner;

-- Name: create_game(integer, jsonb, wallet.author); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.create_game(provider_account integer, game jsonb, author wallet.author DEFAULT NULL::wallet.author) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'wallet', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
    perform set_author(author);
    insert into game as g (provider_account, code, name, enabled, type, rtp, demo, allowed_countries,
                           refused_countries, allowed_currencies, refused_currencies)
    select create_game.provider_account, given.code, given.name, given.enabled, given.type, given.rtp, given.demo,
           given.allowed_countries, given.refused_countries, given.allowed_currencies, given.refused_currencies
    from jsonb_populate_record(null::wallet.game, create_game.game) as given
    on conflict (provider_account, code) do nothing;
    return found;
end $$;

ALTER FUNCTION wallet.create_game(provider_account integer, game jsonb, author wallet.author) OWNER TO bankroll_owner;

-- Name: create_player(text, text, text, text, text, date, text, timestamp with time zone, text[], boolean, jsonb, wallet.author); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.create_player(external_id text, country text, jurisdiction text, brand text, affiliate text, birth_date date, language text, registered_at timestamp with time zone, labels text[], test boolean, personal_data jsonb, author wallet.author DEFAULT NULL::wallet.author) RETURNS TABLE(bucket integer, player bigint, created boolean)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'wallet', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
    perform set_author(author);
    -- The same player always hashes to the same bucket; the mask keeps the hash positive.
    select ((hashtextextended(create_player.external_id, 0) & 9223372036854775807) % i.buckets)::integer
    into create_player.bucket
    from installation i;

    insert into player as p (bucket, external_id, country, jurisdiction, brand, affiliate, birth_date, language,
                             registered_at, labels, test)
    values (create_player.bucket, create_player.external_id, create_player.country, create_player.jurisdiction,
            create_player.brand, create_player.affiliate, create_player.birth_date, create_player.language,
            coalesce(create_player.registered_at, now()), create_player.labels, create_player.test)
    on conflict (bucket, external_id) do nothing
    returning p.id into create_player.player;
    create_player.created := found;

    if create_player.created and create_player.personal_data is not null then
        insert into personal_data (bucket, player, data)
        values (create_player.bucket, create_player.player, create_player.personal_data);
    elsif not create_player.created then
        select p.id into create_player.player
        from player p
        where p.bucket = create_player.bucket and p.external_id = create_player.external_id;
    end if;
    return next;
end $$;

ALTER FUNCTION wallet.create_player(external_id text, country text, jurisdiction text, brand text, affiliate text, birth_date date, language text, registered_at timestamp with time zone, labels text[], test boolean, personal_data jsonb, author wallet.author) OWNER TO bankroll_owner;

-- Name: create_provider_account(text, text, wallet.environment, bytea[], jsonb, jsonb, jsonb, cidr[], text, jsonb, integer, boolean, wallet.author); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.create_provider_account(slug text, protocol text, environment wallet.environment, secrets bytea[], policy jsonb, manners jsonb, settings jsonb, allowed_networks cidr[], base_url text, currencies jsonb, deadline_ms integer, keep_exchanges boolean, author wallet.author DEFAULT NULL::wallet.author) RETURNS integer
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'wallet', 'pg_temp'
    AS $$
    select set_author(author);
    insert into provider_account (slug, protocol, environment, secrets, policy, manners, settings, allowed_networks,
                                  base_url, currencies, deadline_ms, keep_exchanges)
    values (slug, protocol, environment, secrets, policy, manners, settings, allowed_networks, base_url, currencies,
            deadline_ms, keep_exchanges)
    on conflict (slug) do nothing
    returning id
$$;

ALTER FUNCTION wallet.create_provider_account(slug text, protocol text, environment wallet.environment, secrets bytea[], policy jsonb, manners jsonb, settings jsonb, allowed_networks cidr[], base_url text, currencies jsonb, deadline_ms integer, keep_exchanges boolean, author wallet.author) OWNER TO bankroll_owner;

-- Name: decide(wallet.fact[], wallet.policy[], smallint); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.decide(facts wallet.fact[], policies wallet.policy[], restore_epoch smallint) RETURNS wallet.verdict[]
    LANGUAGE plpgsql IMMUTABLE
    AS $$
declare
    verdicts wallet.verdict[] := '{}';
    f wallet.fact;
    v wallet.verdict;
    refused wallet.verdict;
    p wallet.policy;
    policy_now integer;
    call_now bigint;
    first integer;
    failed_at integer;    -- position of the operation that undoes the call
    cash bigint;
    bonus bigint;
    held bigint;
    seq bigint;
    opening bigint;       -- spendable when the call began
    opening_cash bigint;
    spent numeric;        -- on bets, tips and buy-ins of the call so far: wins between them have no bound together
    spent_cash numeric;
    spendable bigint;
    spendable_cash bigint;
    posted boolean;   -- the call is in the journal: it is posted again because its answer was lost
    written integer;  -- position of the call's last posting
    earlier integer;
begin
    for i in 1 .. cardinality(facts) loop
        f := facts[i];
        v := null;
        if call_now is distinct from f.call_id then
            call_now := f.call_id;
            first := i;
            failed_at := null;
            written := null;
            cash := f.cash;
            bonus := f.bonus;
            held := f.held;
            seq := f.seq;
            opening := greatest(cash, 0) + bonus;
            opening_cash := greatest(cash, 0);
            spent := 0;
            spent_cash := 0;
            posted := not f.last_of_call and wallet.was_posted(facts, i);
        elsif not posted then
            f := wallet.recall(f, facts, verdicts, first, i);
        end if;
        if policy_now is distinct from f.policy then
            policy_now := f.policy;
            p := policies[policy_now];
        end if;

        -- An earlier operation of this batch may hold the key, though the journal does not show it yet.
        earlier := f.same_key;
        while earlier is not null and (verdicts[earlier]).status not in ('created', 'tombstone_created') loop
            earlier := (facts[earlier]).same_key;
        end loop;

        if earlier is not null and (f.known).id is null then
            f.known := wallet.pending(facts[earlier], verdicts[earlier]);
        end if;

        if posted then
            v := wallet.decide_posted(f, p, i - first);
        elsif (f.known).id is not null then
            v := wallet.decide_known(f, p);
        elsif failed_at is not null then
            v.status := 'not_applied';
        else
            v.status := wallet.refusal(f);
            if v.status is null then
                spendable_cash := greatest(cash, 0);
                spendable := spendable_cash + bonus;
                if p.opening_funds then
                    spendable_cash := least(spendable_cash, opening_cash - spent_cash);
                    spendable := least(spendable, opening - spent);
                end if;
                v := wallet.decide_movement(f, p, cash, bonus, held, spendable, spendable_cash);
            end if;
        end if;

        if v.status in ('created', 'tombstone_created') and (f.known).id is null then
            v.posting := f.new_id;
            v.restore_epoch := restore_epoch;
            v.op_index := i - first;
            v.brand := f.brand;
            v.late := coalesce(v.late, false);
            v.recorded_at := greatest(f.clock, f.recorded_at);
            v.cash := coalesce(v.cash, 0);
            v.bonus := coalesce(v.bonus, 0);
            v.held := coalesce(v.held, 0);
            v.round := coalesce(v.round, f.round);
            v.house := coalesce(v.house, wallet.house_of(f.kind));
            v.house_amount := coalesce(v.house_amount, -v.cash - v.bonus - v.held);
            seq := seq + case when v.tombstone then 2 else 1 end;
            v.seq := seq;
            cash := cash + v.cash;
            bonus := bonus + v.bonus;
            held := held + v.held;
            if wallet.is_new_bet(f.kind) then
                spent := spent - v.cash - v.bonus;
                spent_cash := spent_cash - v.cash;
            end if;
            v.cash_after := cash;
            v.bonus_after := bonus;
            v.held_after := held;
            written := i;
        elsif v.status not in ('duplicate', 'created', 'tombstone_created') then
            refused := null;
            refused.status := v.status;
            refused.original := v.original;
            refused.original_kind := v.original_kind;
            v := refused;
            if failed_at is null and (v.status <> 'reference_reversed' or f.kind not in ('refund', 'rollback')) then
                failed_at := i;
            end if;
        end if;

        v.currency := f.wallet_currency;
        if not f.last_of_call then
            verdicts[i] := v;
            continue;
        end if;
        if failed_at is not null then
            cash := f.cash;
            bonus := f.bonus;
            held := f.held;
        end if;
        v.wallet_cash := cash;
        v.wallet_bonus := bonus;
        v.wallet_held := held;
        v.last_of_wallet := written = i;
        verdicts[i] := v;
        if i > first then
            verdicts := wallet.close_call(facts, verdicts, first, i, failed_at, written);
        end if;
    end loop;
    return verdicts;
end $$;

ALTER FUNCTION wallet.decide(facts wallet.fact[], policies wallet.policy[], restore_epoch smallint) OWNER TO bankroll_owner;

-- Name: decide_hold(wallet.fact); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.decide_hold(f wallet.fact) RETURNS wallet.verdict
    LANGUAGE plpgsql IMMUTABLE
    AS $$
declare
    v wallet.verdict;
    hold wallet.posting := f.referenced;
    ended wallet.reversal := f.reversed;
    part wallet.part;
begin
    v.original := hold.id;
    v.original_kind := hold.kind;
    v.status := case
        when hold.id is null then 'reference_not_found'
        when hold.wallet <> f.wallet or hold.kind <> 'withdrawal_hold' then 'reference_differs'
        when f.amount not in (0, hold.amount) then 'reference_differs'
        when ended.posting is null then 'created'
        when f.kind = 'withdrawal_release' and ended.kind = 'withdrawal_release' then 'reference_reversed'
        when f.kind = 'withdrawal' and ended.kind = 'withdrawal_release' and not ended.whole then 'created'
        else 'reference_settled'
    end;
    if v.status = 'reference_reversed' then
        v.original := ended.reversal;
    end if;
    if v.status <> 'created' then
        return v;
    end if;
    v.bonus := 0;
    v.cash := 0;
    v.held := 0;
    v.house := 'payment_clearing';
    part.posting := hold.id;
    part.kind := hold.kind;
    part.amount := hold.amount;
    part.cash := 0;
    part.bonus := 0;
    part.house := 'payment_clearing';
    if ended.posting is not null then
        -- The payment left although the player has the money back: they owe it.
        v.late := true;
        v.house_amount := hold.amount;
        v.other_houses := array['receivables'::wallet.house];
        v.other_amounts := array[-hold.amount];
        part.whole := true;
        part.amount := 0;
    elsif f.kind = 'withdrawal' then
        v.held := -hold.amount;
        v.house_amount := hold.amount;
        part.whole := true;
    else
        v.held := -hold.amount;
        v.cash := hold.amount;
        v.house_amount := 0;
        part.cash := hold.amount;
        part.whole := false;  -- a confirmation may still come, once
    end if;
    v.parts := array[part];
    return v;
end $$;

ALTER FUNCTION wallet.decide_hold(f wallet.fact) OWNER TO bankroll_owner;

-- Name: decide_known(wallet.fact, wallet.policy); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.decide_known(f wallet.fact, policy wallet.policy) RETURNS wallet.verdict
    LANGUAGE plpgsql IMMUTABLE
    AS $$
declare
    k wallet.posting := f.known;
    v wallet.verdict;
begin
    if k.wallet <> f.wallet then
        v.status := 'key_reused';
    elsif k.kind = 'tombstone' then
        v.status := 'tombstoned';
        v.original := k.original;
        v.original_kind := 'tombstone';
    elsif not wallet.same_operation(f, policy, k.kind, k.round, k.reference, k.scope, k.amount, k.nominal,
            k.currency, k.game) then
        v.status := 'key_reused';
    else
        -- Found under our own call id it is our own, posted by an attempt whose answer was lost.
        v.status := case
            when k.call_id is distinct from f.call_id then 'duplicate'
            when k.original_kind = 'tombstone' then 'tombstone_created'
            else 'created' end;
        v.posting := k.id;
        v.original := k.original;
        v.original_kind := k.original_kind;
        v.late := k.late;
        v.cash := k.cash;
        v.bonus := k.bonus;
        v.held := k.held;
        v.cash_after := k.cash_after;
        v.bonus_after := k.bonus_after;
        v.held_after := k.held_after;
        v.seq := k.seq;
        v.recorded_at := k.recorded_at;
    end if;
    return v;
end $$;

ALTER FUNCTION wallet.decide_known(f wallet.fact, policy wallet.policy) OWNER TO bankroll_owner;

-- Name: decide_movement(wallet.fact, wallet.policy, bigint, bigint, bigint, bigint, bigint); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.decide_movement(f wallet.fact, policy wallet.policy, cash bigint, bonus bigint, held bigint, spendable bigint, spendable_cash bigint) RETURNS wallet.verdict
    LANGUAGE plpgsql IMMUTABLE
    AS $$
declare
    most constant bigint := 9000000000000000000;
    v wallet.verdict;
    r wallet.round := f.round_state;
    o wallet.posting;
    staked_cash bigint;
    staked_bonus bigint;
    credited bigint;
    total numeric;
begin
    if f.kind in ('refund', 'rollback') then
        v := wallet.decide_reversal(f, policy, cash, bonus);
    elsif f.kind in ('withdrawal', 'withdrawal_release') then
        v := wallet.decide_hold(f);
    elsif f.kind = 'win' then
        o := f.referenced;
        v.original := o.id;
        v.original_kind := o.kind;
        v.round := coalesce(f.round, o.round);
        v.status := case
            when o.id is not null then case
                when o.wallet <> f.wallet then 'reference_differs'
                when o.kind = 'tombstone' then 'reference_reversed'
                when o.kind not in ('bet', 'free_bet') then 'reference_differs'
                when policy.compare_round and f.round <> o.round then 'reference_differs'
                when (f.reversed).whole then 'reference_reversed'
                when cardinality(f.results) > 0 then 'reference_settled'
                end
            -- Also where it names a bet that nobody knows: that alone is no bet which still stands.
            when (f.reference is null or policy.win_without_bet) and r.bets > 0 and r.live_bets = 0
                then 'reference_reversed'
            when policy.win_without_bet then null
            when f.reference is not null or coalesce(r.bets, 0) = 0 then 'reference_not_found'
        end;
        if v.status = 'reference_reversed' then
            v.original := coalesce((f.reversed).reversal, o.original);
        elsif v.status is null and r.closed and not policy.win_on_closed_round then
            v.status := 'round_closed';
        elsif v.status is null then
            v.status := 'created';
            v.late := coalesce(r.closed, false);
            -- The share of cash in the live stakes decides, cumulatively over the round's wins.  A quotient would be
            -- rounded before it is rounded down.
            staked_cash := coalesce(r.stake_cash, -o.cash, 0);
            staked_bonus := coalesce(r.stake_bonus, -o.bonus, 0);
            if staked_bonus > 0 then
                credited := coalesce(r.win_cash, 0);
                total := credited::numeric + coalesce(r.win_bonus, 0) + f.amount;
                v.cash := least(f.amount, greatest(0, f.minor
                    * div(total * staked_cash, (staked_cash::numeric + staked_bonus) * f.minor) - credited));
            else
                v.cash := f.amount;
            end if;
            v.bonus := f.amount - v.cash;
            if r.win_cash > most - v.cash or r.win_bonus > most - v.bonus then
                v.status := 'balance_overflow';
            end if;
        end if;
    else
        -- What was rolled back before it came is not there to be named.
        if f.kind in ('promo_win', 'jackpot_win', 'payout', 'correction') and (f.referenced).wallet = f.wallet
                and (f.referenced).kind <> 'tombstone' then
            v.original := (f.referenced).id;
            v.original_kind := (f.referenced).kind;
            v.round := coalesce(f.round, (f.referenced).round);
        end if;
        v.cash := case f.kind
            when 'bet' then -least(f.amount, greatest(cash, 0))
            when 'tip' then -f.amount
            when 'buy_in' then -f.amount
            when 'withdrawal_hold' then -f.amount
            when 'free_bet' then 0
            when 'round_close' then 0
            when 'bonus_grant' then 0
            when 'bonus_forfeit' then 0
            else f.amount end;
        v.bonus := case f.kind
            when 'bet' then -f.amount - v.cash
            when 'bonus_grant' then f.amount
            when 'bonus_convert' then -f.amount
            when 'bonus_forfeit' then -f.amount
            else 0 end;
        v.held := case f.kind when 'withdrawal_hold' then f.amount else 0 end;
        v.status := case
            when f.kind in ('bet', 'free_bet') and r.closed and not policy.bet_on_closed_round then 'round_closed'
            when f.kind = 'bet' and f.amount > spendable then 'insufficient_funds'
            when f.kind in ('tip', 'buy_in') and f.amount > spendable_cash then 'insufficient_funds'
            when f.kind in ('withdrawal_hold', 'adjustment') and -v.cash > greatest(cash, 0)
                then 'insufficient_funds'
            when f.kind = 'correction' and -v.cash > greatest(cash, 0) and not policy.correction_below_zero
                then 'insufficient_funds'
            when -v.bonus > bonus then 'insufficient_funds'
            when f.kind = 'bet' and (r.stake_cash > most - f.amount or r.stake_bonus > most - f.amount)
                then 'balance_overflow'
            else 'created' end;
    end if;

    if v.status in ('created', 'tombstone_created') and (
            abs(f.amount) > 1000000000000000000
            or v.cash < 0 and cash < -most - v.cash
            or v.held > 0 and held > most - v.held
            -- What can be spent has a sum.
            or greatest(cash::numeric + coalesce(v.cash, 0), 0) + bonus + coalesce(v.bonus, 0) > most) then
        v.status := 'balance_overflow';
    end if;
    return v;
end $$;

ALTER FUNCTION wallet.decide_movement(f wallet.fact, policy wallet.policy, cash bigint, bonus bigint, held bigint, spendable bigint, spendable_cash bigint) OWNER TO bankroll_owner;

-- Name: decide_posted(wallet.fact, wallet.policy, integer); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.decide_posted(f wallet.fact, policy wallet.policy, op_index integer) RETURNS wallet.verdict
    LANGUAGE plpgsql IMMUTABLE
    AS $$
declare
    o wallet.posting := f.referenced;
    v wallet.verdict;
    own constant boolean := coalesce((f.known).call_id = f.call_id, false);
begin
    if (f.known).id is not null and not (own and (f.known).op_index > op_index) then
        v := wallet.decide_known(f, policy);
        if own and (f.known).op_index < op_index then
            v.status := 'duplicate';
        end if;
        if v.status in ('created', 'tombstone_created', 'duplicate') then
            return v;
        end if;
    end if;
    v := null;
    v.status := 'reference_reversed';
    v.original := case
        when o.kind = 'tombstone' then o.original
        else coalesce((f.reversed).reversal, (f.targets[1]).reversal) end;
    v.original_kind := case when f.scope = 'round' then (f.targets[1]).kind else o.kind end;
    return v;
end $$;

ALTER FUNCTION wallet.decide_posted(f wallet.fact, policy wallet.policy, op_index integer) OWNER TO bankroll_owner;

-- Name: decide_reversal(wallet.fact, wallet.policy, bigint, bigint); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.decide_reversal(f wallet.fact, policy wallet.policy, cash bigint, bonus bigint) RETURNS wallet.verdict
    LANGUAGE plpgsql IMMUTABLE
    AS $$
declare
    v wallet.verdict;
    o wallet.posting := f.referenced;
    t wallet.target;
    part wallet.part;
    parts wallet.part[];  -- apart from the verdict: an array grows in place, a field is copied
    moved_cash numeric := 0;
    moved_bonus numeric := 0;
    missing_cash numeric;
    missing_bonus numeric;
    lost numeric := 0;
    live integer := 0;
    amount bigint;
    settled boolean := false;
    in_part constant boolean := f.kind = 'refund' and policy.refund_amount = 'partial' and f.scope = 'key';
    partly boolean := false;
    houses wallet.house[];
    amounts numeric[];
begin
    v.status := 'created';
    v.original := o.id;
    v.original_kind := o.kind;

    if f.scope = 'round' then
        v.original := (f.targets[1]).posting;
        v.original_kind := (f.targets[1]).kind;
        if f.targets is null then
            v.status := 'reference_not_found';
            return v;
        end if;
    elsif o.id is null and (f.reference is null or f.reference = f.key) then  -- one key can not hold both
        v.status := 'reference_not_found';
        return v;
    elsif o.id is null then
        v.status := 'tombstone_created';
        v.tombstone := true;
        v.original := f.tombstone_id;
        v.original_kind := 'tombstone';
        return v;
    elsif o.wallet <> f.wallet then
        v.status := 'reference_differs';
        return v;
    elsif o.kind = 'tombstone' then
        v.status := 'reference_reversed';
        v.original := o.original;
        return v;
    elsif f.targets is null or not wallet.reversible(f.kind, o.kind)
            or policy.compare_round and f.round is not null and o.round is not null and f.round <> o.round
            or policy.refund_amount = 'match' and f.scope = 'key' and f.amount <> abs(o.amount)
                and (o.kind <> 'free_bet' or f.amount is distinct from o.nominal) then
        v.status := 'reference_differs';
        return v;
    end if;

    foreach t in array f.targets loop
        continue when t.whole;
        settled := settled or t.result;
        live := live + (not t.result)::integer;
        amount := t.amount - t.given_amount;
        if f.scope <> 'key' and not t.result and not wallet.reversible(f.kind, t.kind)
                or in_part and t.posting = o.id
                and f.amount > greatest(amount, case when o.kind = 'free_bet' then o.nominal end) then
            v.status := 'reference_differs';
            return v;
        end if;
        if in_part and t.posting = o.id and f.amount between 1 and amount - 1 then
            partly := true;
            amount := f.amount;
        end if;
        part := wallet.part_of(t, amount);
        moved_cash := moved_cash + part.cash;
        moved_bonus := moved_bonus + part.bonus;
        parts := parts || part;
    end loop;

    if live = 0 then
        v.status := 'reference_reversed';
        v.original := coalesce((f.reversed).reversal, (f.targets[1]).reversal);
        return v;
    end if;
    if settled and (partly or not policy.rollback_with_wins) then
        v.status := 'reference_settled';
        return v;
    end if;

    -- What is taken back and no longer there.
    missing_cash := greatest(0, -moved_cash - greatest(cash, 0));
    missing_bonus := greatest(0, -moved_bonus - bonus);
    case policy.short_rollback
    when 'refuse' then
        if missing_cash + missing_bonus > 0 then
            v.status := 'insufficient_funds';
            return v;
        end if;
    when 'overdraft' then
        moved_cash := moved_cash - missing_bonus;
        moved_bonus := moved_bonus + missing_bonus;
    when 'clamp' then
        moved_cash := moved_cash + missing_cash;
        moved_bonus := moved_bonus + missing_bonus;
        lost := missing_cash + missing_bonus;
    end case;
    if greatest(abs(moved_cash), abs(moved_bonus)) > 9000000000000000000 then
        v.status := 'balance_overflow';
        return v;
    end if;

    v.parts := parts;
    v.cash := moved_cash;
    v.bonus := moved_bonus;
    v.held := 0;
    v.round := case when f.scope = 'key' then coalesce(o.round, f.round) else coalesce(f.round, o.round) end;
    select array_agg(l.house order by l.house), array_agg(l.amount order by l.house) into houses, amounts
    from (select p.house, -sum(p.cash::numeric + p.bonus) as amount from unnest(v.parts) p group by p.house
          union all select 'house_loss', -lost where lost > 0) l;
    -- A leg is kept as one number, though of two monies.
    if (select max(abs(one)) from unnest(amounts) one) > 9000000000000000000 then
        v := null;
        v.status := 'balance_overflow';
        return v;
    end if;
    v.house := houses[1];
    v.house_amount := amounts[1];
    if cardinality(houses) > 1 then
        v.other_houses := houses[2:];
        v.other_amounts := amounts[2:];
    end if;
    return v;
end $$;

ALTER FUNCTION wallet.decide_reversal(f wallet.fact, policy wallet.policy, cash bigint, bonus bigint) OWNER TO bankroll_owner;

-- Name: drop_exchanges(integer); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.drop_exchanges(days integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'wallet', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    SET lock_timeout TO '2s'
    AS $_$
declare
    dropped integer := 0;
    first_kept constant date := (now() at time zone 'UTC')::date - days;
    name text;
begin
    if days < 31 then
        raise exception 'exchanges are kept for 31 days at least, not %', days using errcode = 'invalid_parameter_value';
    end if;
    if not pg_try_advisory_xact_lock(hashtext('wallet.exchange partitions')) then
        return 0;
    end if;
    for name in
        select child.relname from pg_inherits
        join pg_class child on child.oid = inhrelid
        where inhparent = 'wallet.exchange'::regclass
            and child.relname ~ '^exchange_[0-9]{8}$'
            and to_date(right(child.relname, 8), 'YYYYMMDD') < first_kept
        order by child.relname
    loop
        execute format('drop table wallet.%I', name);
        dropped := dropped + 1;
    end loop;
    delete from wallet.exchange_default where received_at < first_kept::timestamptz;
    return dropped;
end $_$;

ALTER FUNCTION wallet.drop_exchanges(days integer) OWNER TO bankroll_owner;

-- Name: drop_sessions(integer, integer); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.drop_sessions(days integer, most integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'wallet', 'pg_temp'
    SET lock_timeout TO '2s'
    AS $$
declare
    dropped bigint[];
begin
    if days < 31 then
        raise exception 'sessions are kept for 31 days at least, not %', days using errcode = 'invalid_parameter_value';
    end if;
    if not pg_try_advisory_xact_lock(hashtext('wallet.drop_sessions')) then
        return 0;
    end if;
    dropped := array(
        select oldest.id from (select * from session order by id limit most) oldest
        where least(oldest.expires_at, oldest.revoked_at) < now() - make_interval(days => drop_sessions.days));
    delete from session_token where session = any (dropped);
    delete from session where id = any (dropped);
    return cardinality(dropped);
end $$;

ALTER FUNCTION wallet.drop_sessions(days integer, most integer) OWNER TO bankroll_owner;

-- Name: enable_games(integer, text[], boolean, wallet.author); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.enable_games(provider_account integer, codes text[], enabled boolean, author wallet.author DEFAULT NULL::wallet.author) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'wallet', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    known integer;
begin
    perform set_author(author);
    update game g set enabled = enable_games.enabled, changed_at = clock_timestamp()
    where g.provider_account = enable_games.provider_account and g.code = any (codes);
    get diagnostics known = row_count;
    return known;
end $$;

ALTER FUNCTION wallet.enable_games(provider_account integer, codes text[], enabled boolean, author wallet.author) OWNER TO bankroll_owner;

-- Name: erase_personal_data(integer, bigint, wallet.author); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.erase_personal_data(bucket integer, player bigint, author wallet.author DEFAULT NULL::wallet.author) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'wallet', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
    perform set_author(author);
    update player p set birth_date = null, language = null, affiliate = null, labels = '{}',
        erased_at = coalesce(p.erased_at, now())
    where p.bucket = erase_personal_data.bucket and p.id = erase_personal_data.player;
    if not found then
        return false;
    end if;
    delete from personal_data d
    where d.bucket = erase_personal_data.bucket and d.player = erase_personal_data.player;
    return true;
end $$;

ALTER FUNCTION wallet.erase_personal_data(bucket integer, player bigint, author wallet.author) OWNER TO bankroll_owner;

-- Name: expire_session(bigint, wallet.author); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.expire_session(session bigint, author wallet.author DEFAULT NULL::wallet.author) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'wallet', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    is_test boolean;
begin
    perform set_author(author);
    select a.environment = 'test' into is_test
    from session s join provider_account a on a.id = s.provider_account
    where s.id = expire_session.session and s.revoked_at is null and s.expires_at > now()
    for no key update of s;
    if is_test then
        update session s set expires_at = now() where s.id = expire_session.session;
        perform pg_notify('bankroll_dead_tokens', encode(k.digest, 'hex'))
        from session_token k
        where k.session = expire_session.session and not k.launch and k.superseded_at is null;
    end if;
    return is_test;
end $$;

ALTER FUNCTION wallet.expire_session(session bigint, author wallet.author) OWNER TO bankroll_owner;

-- Name: extend_sessions(bigint[], interval); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.extend_sessions(sessions bigint[], lifetime interval) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'wallet', 'pg_temp'
    AS $$
    update session s set expires_at = now() + lifetime
    where s.id in (
        select l.id from session l
        where l.id = any (sessions) and l.revoked_at is null and l.expires_at > now()
        order by l.id
        for no key update skip locked)
$$;

ALTER FUNCTION wallet.extend_sessions(sessions bigint[], lifetime interval) OWNER TO bankroll_owner;

-- Name: fence_lane(integer, bigint); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.fence_lane(lane integer, epoch bigint) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    fenced bigint;
begin
    update wallet.lane l
    set epoch = l.epoch + 1, leased_until = clock_timestamp() + interval '60 seconds'
    where l.id = fence_lane.lane and l.epoch = fence_lane.epoch
    returning l.epoch into fenced;
    return fenced;
end $$;

ALTER FUNCTION wallet.fence_lane(lane integer, epoch bigint) OWNER TO bankroll_owner;

-- Name: find_results(integer, wallet.fact[], integer[]); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.find_results(bucket integer, facts wallet.fact[], positions integer[]) RETURNS wallet.fact[]
    LANGUAGE plpgsql STABLE
    AS $$
#variable_conflict use_column
declare
    found record;
begin
    for found in
        with bet as materialized (
            select f.ordinality::integer as position, f.wallet, f.provider_account, f.seq as last_seq, t.key,
                t.round, t.seq
            from unnest(facts) with ordinality f cross join lateral unnest(f.targets) t
            where f.ordinality = any (positions) and t.kind in ('bet', 'free_bet') and not t.whole
                and (f.referenced).wallet is not distinct from case when f.scope <> 'round' then f.wallet end
        ), win as materialized (
            select p.*, given.*
            from (select b.wallet, b.provider_account, b.last_seq, min(b.seq) as first_seq
                  from bet b group by b.wallet, b.provider_account, b.last_seq) span
            cross join lateral (
                select p.id, p.wallet, p.provider_account, p.seq, p.key, p.reference, p.round, p.amount, p.cash,
                    p.bonus, p.house
                from wallet.posting p
                where p.bucket = find_results.bucket and p.wallet = span.wallet and p.seq > span.first_seq
                  and p.seq <= span.last_seq and p.kind = 'win' and p.provider_account = span.provider_account) p
            left join lateral (
                select r.amount as given_amount, r.cash as given_cash, r.bonus as given_bonus, r.whole, r.reversal
                from wallet.reversal r where r.bucket = find_results.bucket and r.posting = p.id limit 1) given on true
            where not coalesce(given.whole, false)
        ), meant as (
            -- The first operation that means a bet which stands before this row under the same name: a wallet has one call,
            -- and so one account, in a batch.
            select e.id, min(e.position) over (
                partition by e.wallet, e.by_key, e.name order by e.seq) as position
            from (select null::bigint as id, position, wallet, true as by_key, key as name, seq from bet
                  union all
                  select null, position, wallet, false, round, seq from bet where round is not null
                  union all
                  select id, null, wallet, reference is not null, coalesce(reference, round), seq
                  from win where coalesce(reference, round) is not null) e
        )
        select m.position, array_agg(row(w.id, 'win', w.key, w.reference, w.round, true, w.amount, w.cash, w.bonus,
            w.house, coalesce(w.given_amount, 0), coalesce(w.given_cash, 0), coalesce(w.given_bonus, 0), false, w.reversal,
            w.seq)::wallet.target order by w.seq) as targets
        from meant m join win w on w.id = m.id
        where m.position is not null
        group by m.position
    loop
        facts[found.position] := wallet.with_results(facts[found.position], found.targets);
    end loop;
    return facts;
end $$;

ALTER FUNCTION wallet.find_results(bucket integer, facts wallet.fact[], positions integer[]) OWNER TO bankroll_owner;

-- Name: find_targets(wallet.scope, wallet.posting, wallet.round, boolean); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.find_targets(scope wallet.scope, referenced wallet.posting, round wallet.round, first_alone boolean) RETURNS wallet.target[]
    LANGUAGE sql STABLE
    AS $$
    select array_agg(row(t.id, t.kind, t.key, t.reference, t.round, false, t.amount, t.cash, t.bonus, t.house,
        t.given_amount, t.given_cash, t.given_bonus, t.whole, t.reversal, t.seq)::wallet.target order by t.seq)
    from (
        select p.*, coalesce(given.amount, 0) as given_amount, coalesce(given.cash, 0) as given_cash,
            coalesce(given.bonus, 0) as given_bonus, coalesce(given.whole, false) as whole, given.reversal
        from wallet.posting p
        left join lateral (
            select r.* from wallet.reversal r where r.bucket = p.bucket and r.posting = p.id limit 1) given on true
        where p.bucket = coalesce(referenced.bucket, round.bucket)
          and p.wallet = coalesce(referenced.wallet, round.wallet)
          -- Bounds of the arguments alone, so that they are an index condition.
          and p.seq >= case find_targets.scope
              when 'round' then round.first_seq when 'call' then referenced.seq - 512 else referenced.seq end
          and p.seq <= case find_targets.scope
              when 'round' then round.last_seq when 'call' then referenced.seq + 512 else referenced.seq end
          and case find_targets.scope
              when 'round' then p.provider_account = round.provider_account and p.round = round.round
              when 'call' then p.call_id = referenced.call_id
              else p.id = referenced.id end
          and wallet.reversible('rollback', p.kind)
        order by p.seq
        limit case when first_alone then 1 end) t
$$;

ALTER FUNCTION wallet.find_targets(scope wallet.scope, referenced wallet.posting, round wallet.round, first_alone boolean) OWNER TO bankroll_owner;

-- Name: house_of(wallet.kind); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.house_of(kind wallet.kind) RETURNS wallet.house
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE kind WHEN 'promo_win'::wallet.kind THEN 'bonus_cost'::wallet.house WHEN 'jackpot_win'::wallet.kind THEN 'jackpot_pool'::wallet.house WHEN 'deposit'::wallet.kind THEN 'payment_clearing'::wallet.house WHEN 'withdrawal_hold'::wallet.kind THEN 'payment_clearing'::wallet.house WHEN 'withdrawal'::wallet.kind THEN 'payment_clearing'::wallet.house WHEN 'withdrawal_release'::wallet.kind THEN 'payment_clearing'::wallet.house WHEN 'adjustment'::wallet.kind THEN 'adjustments'::wallet.house WHEN 'bonus_grant'::wallet.kind THEN 'bonus_cost'::wallet.house WHEN 'bonus_convert'::wallet.kind THEN 'bonus_cost'::wallet.house WHEN 'bonus_forfeit'::wallet.kind THEN 'bonus_cost'::wallet.house ELSE 'game_revenue'::wallet.house END;

ALTER FUNCTION wallet.house_of(kind wallet.kind) OWNER TO bankroll_owner;

-- Name: is_guarded(wallet.kind); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.is_guarded(kind wallet.kind) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (kind = ANY (ARRAY['bet'::wallet.kind, 'tip'::wallet.kind, 'free_bet'::wallet.kind, 'buy_in'::wallet.kind, 'deposit'::wallet.kind, 'bonus_grant'::wallet.kind]));

ALTER FUNCTION wallet.is_guarded(kind wallet.kind) OWNER TO bankroll_owner;

-- Name: is_new_bet(wallet.kind); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.is_new_bet(kind wallet.kind) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (kind = ANY (ARRAY['bet'::wallet.kind, 'tip'::wallet.kind, 'free_bet'::wallet.kind, 'buy_in'::wallet.kind]));

ALTER FUNCTION wallet.is_new_bet(kind wallet.kind) OWNER TO bankroll_owner;

-- Name: issue_free_rounds(integer, text, integer, bigint, text, text, text[], integer, integer, bigint, jsonb, timestamp with time zone, timestamp with time zone, wallet.author); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.issue_free_rounds(provider_account integer, issue text, bucket integer, wallet bigint, currency_code text, candidate text, games text[], quantity integer, bet_level integer, bet_value bigint, options jsonb, starts_at timestamp with time zone, expires_at timestamp with time zone, author wallet.author DEFAULT NULL::wallet.author) RETURNS wallet.status
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'wallet', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    given wallet%rowtype;
    account provider_account%rowtype;
    named record;
    refusal status;
    erased boolean;
    declined boolean;
    same boolean;
begin
    perform set_author(author);
    -- As for a launch an exclusion or an erasure that is under way is waited for; so is the same request, if it comes
    -- twice at once.
    select p.erased_at is not null into erased
    from player p
    where p.bucket = issue_free_rounds.bucket and p.id = (
        select w.player from wallet w where w.bucket = issue_free_rounds.bucket and w.id = issue_free_rounds.wallet)
    for share;
    select * into given from wallet w
    where w.bucket = issue_free_rounds.bucket and w.id = issue_free_rounds.wallet
    for no key update;
    select * into account from provider_account a where a.id = issue_free_rounds.provider_account;

    -- What the studio may have stands, whatever became of the player since.
    select f.state = 'declined', f.wallet = given.id and f.bucket = given.bucket and f.games = issue_free_rounds.games
           and f.quantity = issue_free_rounds.quantity
           and f.bet_level is not distinct from issue_free_rounds.bet_level
           and f.bet_value is not distinct from issue_free_rounds.bet_value
           and f.options = issue_free_rounds.options and f.expires_at = issue_free_rounds.expires_at
    into declined, same
    from free_rounds_issue f
    where f.provider_account = issue_free_rounds.provider_account and f.issue = issue_free_rounds.issue;
    if found and not (declined and erased) then
        return case when same then 'found' else 'key_reused' end::status;
    end if;
    if erased then
        return null;
    end if;

    refusal := case
        when given.id is null then 'wallet_not_found'
        when given.status = 'closed' then 'wallet_closed'
        when given.player_status = 'blocked' then 'player_blocked'
        when given.player_status = 'excluded' then 'player_excluded'
        when exists (
            select from unnest(issue_free_rounds.games) as asked (code)
            where not exists (
                select from game g where g.provider_account = account.id and g.code = asked.code and g.enabled))
            then 'game_disabled'
        when account.id is null or account.id = 0 or account.state <> 'active' then 'account_disabled'
    end::status;
    if refusal is not null then
        return refusal;
    end if;
    named := name_wallet(issue_free_rounds.provider_account, issue_free_rounds.bucket, issue_free_rounds.wallet,
                         issue_free_rounds.currency_code, issue_free_rounds.candidate);
    if named.status not in ('found', 'created') then
        return named.status;
    end if;
    insert into free_rounds_issue (provider_account, issue, bucket, wallet, external_id, currency_code, games, quantity,
                                   bet_level, bet_value, options, starts_at, expires_at)
    values (account.id, issue_free_rounds.issue, given.bucket, given.id, named.external_id, named.code,
            issue_free_rounds.games, issue_free_rounds.quantity, issue_free_rounds.bet_level,
            issue_free_rounds.bet_value, issue_free_rounds.options, issue_free_rounds.starts_at,
            issue_free_rounds.expires_at)
    on conflict do nothing;
    -- The one that was first has given the id to another wallet.
    return case when found then 'created' else 'key_reused' end::status;
end $$;

ALTER FUNCTION wallet.issue_free_rounds(provider_account integer, issue text, bucket integer, wallet bigint, currency_code text, candidate text, games text[], quantity integer, bet_level integer, bet_value bigint, options jsonb, starts_at timestamp with time zone, expires_at timestamp with time zone, author wallet.author) OWNER TO bankroll_owner;

-- Name: keep_audit_entry(wallet.author, text, text, integer, bigint, bigint[]); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.keep_audit_entry(author wallet.author, subject text, name text, bucket integer, wallet bigint, calls bigint[]) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'wallet', 'pg_temp'
    AS $$
    insert into audit_entry (actor, operation, request_id, reason, subject, name, player, calls)
    values ((author).actor, (author).operation, (author).request_id, (author).reason, subject, name, (
        select w.player from wallet w
        where w.bucket = keep_audit_entry.bucket and w.id = keep_audit_entry.wallet), calls)
$$;

ALTER FUNCTION wallet.keep_audit_entry(author wallet.author, subject text, name text, bucket integer, wallet bigint, calls bigint[]) OWNER TO bankroll_owner;

-- Name: keep_exchanges(timestamp with time zone[], integer[], bigint[], smallint[], integer[], text[], text[], text[], text[], text[], text[], text[]); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.keep_exchanges(received_at timestamp with time zone[], provider_account integer[], wallet bigint[], status smallint[], duration_us integer[], outcome text[], verb text[], request_id text[], key text[], round text[], request text[], answer text[]) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'wallet', 'pg_temp'
    AS $_$
    insert into wallet.exchange (
        received_at, provider_account, wallet, status, duration_us, outcome, verb, request_id, key, round, request,
        answer)
    select * from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
$_$;

ALTER FUNCTION wallet.keep_exchanges(received_at timestamp with time zone[], provider_account integer[], wallet bigint[], status smallint[], duration_us integer[], outcome text[], verb text[], request_id text[], key text[], round text[], request text[], answer text[]) OWNER TO bankroll_owner;

-- Name: keep_personal_data(integer, bigint, jsonb, wallet.author); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.keep_personal_data(bucket integer, player bigint, data jsonb, author wallet.author DEFAULT NULL::wallet.author) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'wallet', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
    perform set_author(author);
    -- Locked: an erasure that is under way is waited for, and one that comes later finds these data to erase.
    perform from player p
    where p.bucket = keep_personal_data.bucket and p.id = keep_personal_data.player and p.erased_at is null
    for update;
    if not found then
        return false;
    end if;
    insert into personal_data as d (bucket, player, data)
    values (keep_personal_data.bucket, keep_personal_data.player, keep_personal_data.data)
    on conflict (bucket, player) do update set data = excluded.data;
    return true;
end $$;

ALTER FUNCTION wallet.keep_personal_data(bucket integer, player bigint, data jsonb, author wallet.author) OWNER TO bankroll_owner;

-- Name: launch_session(integer, bigint, integer, text, text, bytea, boolean, interval, text, text, text, wallet.author); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.launch_session(bucket integer, wallet bigint, provider_account integer, currency_code text, candidate text, digest bytea, launch boolean, lifetime interval, game text, channel text, country text, author wallet.author DEFAULT NULL::wallet.author, OUT status wallet.status, OUT session bigint, OUT player bigint, OUT external_id text, OUT code text) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'wallet', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    played wallet%rowtype;
    account provider_account%rowtype;
    erased boolean;
    named record;
begin
    perform set_author(author);
    -- Locked, the player first as for a change of status: an exclusion or an erasure that is under way is waited for,
    -- and an exclusion that comes later finds this session to end.  In the modes that keep no posting waiting.
    select p.erased_at is not null into erased
    from player p
    where p.bucket = launch_session.bucket and p.id = (
        select w.player from wallet w where w.bucket = launch_session.bucket and w.id = launch_session.wallet)
    for share;
    select * into played from wallet w
    where w.bucket = launch_session.bucket and w.id = launch_session.wallet
    for key share;
    select * into account from provider_account a where a.id = launch_session.provider_account;
    launch_session.status := case
        when played.id is null then 'wallet_not_found'
        when played.status = 'closed' then 'wallet_closed'
        when played.player_status = 'blocked' then 'player_blocked'
        when played.player_status = 'excluded' then 'player_excluded'
        when launch_session.game is not null and not exists (
            select from game g
            where g.provider_account = account.id and g.code = launch_session.game and g.enabled)
            then 'game_disabled'
        when account.id is null or account.id = 0 or account.state <> 'active' then 'account_disabled'
    end::wallet.status;
    if launch_session.status is not null or erased then
        return;
    end if;

    named := name_wallet(launch_session.provider_account, launch_session.bucket, launch_session.wallet,
                         launch_session.currency_code, launch_session.candidate);
    if named.status not in ('found', 'created') then
        launch_session.status := named.status;
        return;
    end if;
    insert into session as s (bucket, player, wallet, provider_account, external_id, currency_code, game, channel,
                              country, expires_at)
    values (launch_session.bucket, played.player, played.id, account.id, named.external_id, named.code,
            launch_session.game, launch_session.channel, launch_session.country, now() + lifetime)
    returning s.id into launch_session.session;
    insert into session_token (digest, session, launch)
    values (launch_session.digest, launch_session.session, launch_session.launch);
    launch_session.status := 'created';
    launch_session.player := played.player;
    launch_session.external_id := named.external_id;
    launch_session.code := named.code;
end $$;

ALTER FUNCTION wallet.launch_session(bucket integer, wallet bigint, provider_account integer, currency_code text, candidate text, digest bytea, launch boolean, lifetime interval, game text, channel text, country text, author wallet.author, OUT status wallet.status, OUT session bigint, OUT player bigint, OUT external_id text, OUT code text) OWNER TO bankroll_owner;

-- Name: lease_lane(); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.lease_lane() RETURNS TABLE(lane integer, epoch bigint)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    -- Ids that this connection has drawn ahead may be of an epoch before a restore.
    discard sequences;
    -- One lease at a time: two that both find nothing free must not both want the next number.
    perform pg_advisory_xact_lock(hashtext('wallet.lease_lane'));
    return query
        update wallet.lane l set epoch = l.epoch + 1, leased_until = clock_timestamp() + interval '60 seconds'
        where l.id = (
            select free.id from wallet.lane free where free.leased_until < clock_timestamp()
            order by free.id limit 1 for update skip locked)
        returning l.id, l.epoch;
    if found then
        return;
    end if;
    return query
        insert into wallet.lane (id, epoch, leased_until)
        select coalesce(max(l.id), 0) + 1, (select i.restore_epoch::bigint << 32 from wallet.installation i),
               clock_timestamp() + interval '60 seconds'
        from wallet.lane l
        returning id, wallet.lane.epoch;
end $$;

ALTER FUNCTION wallet.lease_lane() OWNER TO bankroll_owner;

-- Name: lone_bet(wallet.posting, wallet.reversal, wallet.round, bigint); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.lone_bet(bet wallet.posting, reversed wallet.reversal, named wallet.round, last_seq bigint) RETURNS wallet.round
    LANGUAGE plpgsql STABLE
    AS $$
declare
    r wallet.round;
begin
    r.closed := coalesce(named.closed, false);
    r.stake_cash := -bet.cash - coalesce(reversed.cash, 0);
    r.stake_bonus := -bet.bonus - coalesce(reversed.bonus, 0);
    r.win_cash := 0;
    r.win_bonus := 0;
    if bet.bonus = 0 then  -- no split to keep account of
        return r;
    end if;
    select coalesce(sum(win.cash + coalesce(given.cash, 0)), 0), coalesce(sum(win.bonus + coalesce(given.bonus, 0)), 0)
    into r.win_cash, r.win_bonus
    from wallet.posting win
    left join lateral (
        select back.* from wallet.reversal back
        where back.bucket = win.bucket and back.posting = win.id limit 1) given on true
    where win.bucket = bet.bucket and win.wallet = bet.wallet and win.seq > bet.seq and win.seq <= last_seq
      and win.kind = 'win' and win.provider_account = bet.provider_account and win.reference = bet.key;
    return r;
end $$;

ALTER FUNCTION wallet.lone_bet(bet wallet.posting, reversed wallet.reversal, named wallet.round, last_seq bigint) OWNER TO bankroll_owner;

-- Name: meant_at_first(integer, wallet.target[], wallet.fact[], integer, integer); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.meant_at_first(bucket integer, targets wallet.target[], facts wallet.fact[], first integer, current integer) RETURNS wallet.target[]
    LANGUAGE plpgsql STABLE
    AS $$
#variable_conflict use_column
declare
    place constant integer := current - first;
    f wallet.fact;
    known wallet.posting;
    came wallet.posting;  -- one of the candidates, with its call:
    last bigint;          -- the seq of the call's last posting
    bound bigint;         -- what is up to this seq was there before the operation
    taken boolean;        -- another operation has its place
    calls bigint[] := '{}';
    candidates wallet.posting[] := '{}';  -- one of each call that may be this one as it came first
    newest bigint := 0;  -- what is no reversal leaves a row where it is new: nothing of it can be newer than the call
    earlier wallet.target[];
begin
    for i in first .. cardinality(facts) loop
        continue when i = current;
        f := facts[i];
        exit when f.call_id <> (facts[first]).call_id;
        known := f.known;
        if known.id is null and f.kind not in ('refund', 'rollback') then
            return targets;
        end if;
        continue when known.id is null or known.kind = 'tombstone' or known.wallet <> f.wallet;
        if known.kind not in ('refund', 'rollback') then
            newest := greatest(newest, known.seq);
        end if;
        if known.op_index = i - first and known.call_id <> all (calls) then
            calls := calls || known.call_id;
            candidates := candidates || known;
        end if;
    end loop;
    foreach came in array candidates loop
        select max(p.seq), coalesce(max(p.seq) filter (where p.op_index < place), min(p.seq) - 1),
               bool_or(p.op_index = place)
        into last, bound, taken
        from wallet.posting p
        where p.bucket = meant_at_first.bucket and p.wallet = came.wallet
          and p.seq between came.seq - 512 and came.seq + 512 and p.call_id = came.call_id;
        continue when taken or last < newest;
        earlier := array(select t from unnest(targets) t where t.seq <= bound order by t.seq);
        if cardinality(earlier) > 0 and not exists (select from unnest(earlier) t where not t.whole) then
            return earlier;
        end if;
    end loop;
    return targets;
end $$;

ALTER FUNCTION wallet.meant_at_first(bucket integer, targets wallet.target[], facts wallet.fact[], first integer, current integer) OWNER TO bankroll_owner;

-- Name: meant_parts(wallet.fact, wallet.part[]); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.meant_parts(f wallet.fact, parts wallet.part[]) RETURNS wallet.part[]
    LANGUAGE sql IMMUTABLE
    AS $$
    with part as (
        select p.*, p.posting is not distinct from (f.referenced).id
            or p.posting in (select t.posting from unnest(f.targets) t)
            or p.posting in (select unnest(f.results))
            or f.kind = 'win' and p.reference is not distinct from (f.referenced).key as meant
        from unnest(parts) p)
    select array(
        select row(posting, kind, reference, seq, round, amount, cash, bonus, whole, house, bets)::wallet.part
        from part where meant
        union all
        select row(null, kind, null, null, round, sum(amount), sum(cash), sum(bonus), null, null, sum(bets))::wallet.part
        from part where not meant group by kind, round)
$$;

ALTER FUNCTION wallet.meant_parts(f wallet.fact, parts wallet.part[]) OWNER TO bankroll_owner;

-- Name: name_wallet(integer, integer, bigint, text, text); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.name_wallet(provider_account integer, bucket integer, wallet bigint, currency_code text, candidate text, OUT status wallet.status, OUT external_id text, OUT code text) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'wallet', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    ours text;
begin
    select w.currency into ours
    from wallet w where w.bucket = name_wallet.bucket and w.id = name_wallet.wallet;
    if not found then
        name_wallet.status := 'wallet_not_found';
        return;
    end if;
    select wire_code(a.currencies, ours, name_wallet.currency_code) into name_wallet.code
    from provider_account a where a.id = name_wallet.provider_account;
    if name_wallet.code is null then
        name_wallet.status := 'currency_differs';
        return;
    end if;

    name_wallet.status := 'found';
    select e.external_id into name_wallet.external_id
    from external_id e
    where e.provider_account = name_wallet.provider_account and e.bucket = name_wallet.bucket
      and e.wallet = name_wallet.wallet and e.currency_code = name_wallet.code;
    if found then
        return;
    end if;
    insert into external_id as e (provider_account, external_id, bucket, wallet, currency_code)
    values (name_wallet.provider_account, name_wallet.candidate, name_wallet.bucket, name_wallet.wallet,
            name_wallet.code)
    on conflict (provider_account, bucket, wallet, currency_code) do nothing
    returning e.external_id into name_wallet.external_id;
    if found then
        name_wallet.status := 'created';
        return;
    end if;
    select e.external_id into name_wallet.external_id
    from external_id e
    where e.provider_account = name_wallet.provider_account and e.bucket = name_wallet.bucket
      and e.wallet = name_wallet.wallet and e.currency_code = name_wallet.code;
end $$;

ALTER FUNCTION wallet.name_wallet(provider_account integer, bucket integer, wallet bigint, currency_code text, candidate text, OUT status wallet.status, OUT external_id text, OUT code text) OWNER TO bankroll_owner;

-- Name: open_wallet(integer, bigint, text, wallet.author); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.open_wallet(bucket integer, player bigint, currency text, author wallet.author DEFAULT NULL::wallet.author, OUT status wallet.status, OUT wallet bigint) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'wallet', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    owner player%rowtype;
begin
    perform set_author(author);
    -- Locked, so that the status copied here is the one that stands when this commits.
    select * into owner from player p
    where p.bucket = open_wallet.bucket and p.id = open_wallet.player
    for share;
    if not found then
        open_wallet.status := 'wallet_not_found';
        return;
    end if;
    perform from currency c where c.code = open_wallet.currency;
    if not found then
        open_wallet.status := 'currency_differs';
        return;
    end if;

    insert into wallet as w (bucket, player, currency, player_status, brand)
    values (open_wallet.bucket, owner.id, open_wallet.currency, owner.status, owner.brand)
    on conflict (bucket, player, currency) do nothing
    returning w.id into open_wallet.wallet;
    open_wallet.status := 'created';
    if open_wallet.wallet is null then
        select w.id into open_wallet.wallet
        from wallet w
        where w.bucket = open_wallet.bucket and w.player = owner.id and w.currency = open_wallet.currency;
        open_wallet.status := 'found';
    end if;
end $$;

ALTER FUNCTION wallet.open_wallet(bucket integer, player bigint, currency text, author wallet.author, OUT status wallet.status, OUT wallet bigint) OWNER TO bankroll_owner;

-- Name: part_of(wallet.target, bigint); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.part_of(t wallet.target, amount bigint) RETURNS wallet.part
    LANGUAGE plpgsql IMMUTABLE
    AS $$
declare
    part wallet.part;
begin
    part.posting := t.posting;
    part.kind := t.kind;
    part.reference := t.reference;
    part.seq := t.seq;
    part.round := t.round;
    part.house := t.house;
    part.amount := amount;
    part.whole := t.given_amount + amount = t.amount;
    part.bets := (part.whole and t.kind in ('bet', 'free_bet'))::integer;
    if part.whole then
        part.cash := -t.cash - t.given_cash;
        part.bonus := -t.bonus - t.given_bonus;
    else
        -- A quotient would be rounded before it is rounded down.
        part.cash := sign(-t.cash) * div(abs(t.cash)::numeric * (t.given_amount + amount), abs(t.amount))
            - t.given_cash;
        part.bonus := sign(-t.cash - t.bonus) * amount - part.cash;
    end if;
    return part;
end $$;

ALTER FUNCTION wallet.part_of(t wallet.target, amount bigint) OWNER TO bankroll_owner;

-- Name: pending(wallet.fact, wallet.verdict); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.pending(f wallet.fact, v wallet.verdict) RETURNS wallet.posting
    LANGUAGE plpgsql IMMUTABLE
    AS $$
declare
    p wallet.posting;
begin
    p.id := v.posting;
    p.wallet := f.wallet;
    p.seq := v.seq;
    p.provider_account := f.provider_account;
    p.kind := f.kind;
    p.key := f.key;
    p.amount := f.amount;
    p.nominal := f.nominal;
    p.game := f.game;
    p.cash := v.cash;
    p.bonus := v.bonus;
    p.held := v.held;
    p.cash_after := v.cash_after;
    p.bonus_after := v.bonus_after;
    p.held_after := v.held_after;
    p.house := v.house;
    p.original := v.original;
    p.original_kind := v.original_kind;
    p.recorded_at := v.recorded_at;
    p.late := v.late;
    p.currency := f.wallet_currency;
    p.reference := f.reference;
    p.scope := f.scope;
    p.round := v.round;
    return p;
end $$;

ALTER FUNCTION wallet.pending(f wallet.fact, v wallet.verdict) OWNER TO bankroll_owner;

-- Name: pending_tombstone(wallet.fact, wallet.verdict); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.pending_tombstone(f wallet.fact, v wallet.verdict) RETURNS wallet.posting
    LANGUAGE plpgsql IMMUTABLE
    AS $$
declare
    p wallet.posting;
begin
    p.id := v.original;
    p.wallet := f.wallet;
    p.seq := v.seq - 1;
    p.kind := 'tombstone';
    p.key := f.reference;
    p.original := v.posting;
    p.round := v.round;
    return p;
end $$;

ALTER FUNCTION wallet.pending_tombstone(f wallet.fact, v wallet.verdict) OWNER TO bankroll_owner;

-- Name: post(integer, integer, bigint, wallet.policy[], bigint[], integer[], bigint[], integer[], text[], bigint[], wallet.status[], boolean[], integer[], boolean[], boolean[], text[], text[], text[], wallet.kind[], text[], bigint[], bigint[], text[], wallet.scope[], text[], boolean[], timestamp with time zone[], jsonb[]); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.post(bucket integer, lane integer, epoch bigint, policies wallet.policy[], call_id bigint[], provider_account integer[], wallet bigint[], policy integer[], currency text[], session bigint[], session_defect wallet.status[], session_checked boolean[], game integer[], game_disabled boolean[], account_disabled boolean[], channel text[], actor text[], reason text[], kind wallet.kind[], key text[], amount bigint[], nominal bigint[], reference text[], scope wallet.scope[], round text[], end_round boolean[], occurred_at timestamp with time zone[], metadata jsonb[]) RETURNS TABLE(op_position integer, status wallet.status, posting bigint, original bigint, original_kind wallet.kind, late boolean, cash bigint, bonus bigint, held bigint, cash_after bigint, bonus_after bigint, held_after bigint, seq bigint, recorded_at timestamp with time zone, wallet_cash bigint, wallet_bonus bigint, wallet_held bigint, wallet_currency text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET enable_mergejoin TO 'off'
    SET enable_bitmapscan TO 'off'
    SET lock_timeout TO '250ms'
    AS $$
#variable_conflict use_column
declare
    missing bigint[];
    mixed boolean;
    facts wallet.fact[];
    verdicts wallet.verdict[];
    restored smallint;
begin
    if current_setting('transaction_isolation') <> 'read committed' then
        raise exception 'wallet.post runs under READ COMMITTED only' using errcode = 'BR003';
    end if;

    -- One: the lane, then the wallets in id order.  What waits here must be read afresh by a later statement.
    select i.restore_epoch into restored
    from wallet.lane l cross join wallet.installation i
    where l.id = post.lane and l.epoch = post.epoch
    for update of l;
    if not found then
        raise exception 'lane % has left epoch %', lane, epoch using errcode = 'BR001';
    end if;
    -- Materialized: what is made of it may not change the order in which it locks.
    with locked as materialized (
        select asked.id, asked.call_id, asked.calls, w.id is not null as found
        from (select one.id, min(one.call_id) as call_id, count(distinct one.call_id) as calls
              from unnest(post.wallet, post.call_id) as one (id, call_id) group by one.id order by one.id) asked
        left join lateral (
            select w.id from wallet.wallet w where w.bucket = post.bucket and w.id = asked.id
            limit 1 for no key update) w on true)
    select coalesce(array_agg(id) filter (where not found), '{}'),
        coalesce(bool_or(calls > 1) filter (where found), false)
            or count(distinct call_id) filter (where found) <> count(*) filter (where found)
    into missing, mixed
    from locked;
    if mixed then
        raise exception 'a batch holds one call per wallet, and a call holds one wallet' using errcode = 'BR002';
    end if;

    -- Two: look.
    facts := wallet.read_facts(bucket, missing, policies, call_id, provider_account, wallet, policy, currency,
        session, session_defect, session_checked, game, game_disabled, account_disabled, reason, kind, key, amount,
        nominal, reference, scope, round, end_round);
    if kind && '{refund,rollback}'::wallet.kind[] then
        facts := wallet.read_targets(bucket, facts);
    end if;

    -- Three: decide.
    verdicts := wallet.decide(facts, policies, restored);

    -- Four: write.  Past this line nothing is refused.
    perform wallet.write_verdicts(bucket, lane, verdicts, call_id, provider_account, wallet, session, game,
        channel, actor, reason, kind, key, amount, nominal, reference, scope, end_round, occurred_at, metadata);

    return query select v.ordinality::integer, v.status, v.posting,
        v.original, v.original_kind, coalesce(v.late, false), coalesce(v.cash, 0), coalesce(v.bonus, 0),
        coalesce(v.held, 0), coalesce(v.cash_after, 0), coalesce(v.bonus_after, 0), coalesce(v.held_after, 0),
        coalesce(v.seq, 0), v.recorded_at, coalesce(v.wallet_cash, 0), coalesce(v.wallet_bonus, 0),
        coalesce(v.wallet_held, 0), v.currency
    from unnest(verdicts) with ordinality v;
end $$;

ALTER FUNCTION wallet.post(bucket integer, lane integer, epoch bigint, policies wallet.policy[], call_id bigint[], provider_account integer[], wallet bigint[], policy integer[], currency text[], session bigint[], session_defect wallet.status[], session_checked boolean[], game integer[], game_disabled boolean[], account_disabled boolean[], channel text[], actor text[], reason text[], kind wallet.kind[], key text[], amount bigint[], nominal bigint[], reference text[], scope wallet.scope[], round text[], end_round boolean[], occurred_at timestamp with time zone[], metadata jsonb[]) OWNER TO bankroll_owner;

-- Name: prepare_exchanges(integer); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.prepare_exchanges(days integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'wallet', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    SET lock_timeout TO '2s'
    AS $$
declare
    made integer := 0;
    today constant date := (now() at time zone 'UTC')::date;
    name text;
begin
    if days not between 1 and 60 then
        raise exception 'partitions are made 1 to 60 days ahead, not %', days using errcode = 'invalid_parameter_value';
    end if;
    if not pg_try_advisory_xact_lock(hashtext('wallet.exchange partitions')) then
        return 0;
    end if;
    for day in 0 .. days - 1 loop
        name := 'exchange_' || to_char(today + day, 'YYYYMMDD');
        continue when to_regclass('wallet.' || name) is not null;
        begin
            execute format('create table wallet.%I partition of wallet.exchange for values from (%L) to (%L)',
                name, (today + day)::timestamptz, (today + day + 1)::timestamptz);
            made := made + 1;
        exception when check_violation then
            null;
        end;
    end loop;
    return made;
end $$;

ALTER FUNCTION wallet.prepare_exchanges(days integer) OWNER TO bankroll_owner;

-- Name: put_games(integer, jsonb, wallet.author); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.put_games(provider_account integer, games jsonb, author wallet.author DEFAULT NULL::wallet.author) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'wallet', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    written integer;
begin
    perform set_author(author);
    insert into game as g (provider_account, code, name, enabled, type, rtp, demo, allowed_countries,
                           refused_countries, allowed_currencies, refused_currencies)
    select put_games.provider_account, given.code, given.name, given.enabled, given.type, given.rtp, given.demo,
           given.allowed_countries, given.refused_countries, given.allowed_currencies, given.refused_currencies
    from jsonb_to_recordset(games) as given (
        code text, name text, enabled boolean, type game_type, rtp numeric, demo boolean, allowed_countries text[],
        refused_countries text[], allowed_currencies text[], refused_currencies text[])
    order by given.code
    on conflict (provider_account, code) do update
        set name = excluded.name, type = coalesce(nullif(excluded.type, 'other'), g.type),
            rtp = coalesce(excluded.rtp, g.rtp), demo = excluded.demo, changed_at = clock_timestamp();
    get diagnostics written = row_count;
    return written;
end $$;

ALTER FUNCTION wallet.put_games(provider_account integer, games jsonb, author wallet.author) OWNER TO bankroll_owner;

-- Name: raise_restore_epoch(smallint); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.raise_restore_epoch(unused smallint) RETURNS smallint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    raised smallint;
    sequence record;
begin
    -- No lane is leased meanwhile: it would be of the epoch before.
    perform pg_advisory_xact_lock(hashtext('wallet.lease_lane'));
    -- Nor is an audit entry written: who has its id, of the epoch before, has ended when the new one is seen.
    lock table wallet.audit_entry in share row exclusive mode;
    update wallet.installation i
    set restore_epoch = greatest(i.restore_epoch + 1, raise_restore_epoch.unused)
    returning i.restore_epoch into raised;

    -- Who held a lane holds none: a late attempt raises, and nobody takes the lease of another future for its own.
    update wallet.lane l
    set epoch = greatest(l.epoch + 1, raised::bigint << 32), leased_until = '-infinity';

    -- More than any future can have used up.
    for sequence in
        select format('%I.%I', s.schemaname, s.sequencename) as name, s.last_value,
               case s.data_type when 'bigint'::regtype then 4294967296 else 65536 end as gap
        from pg_sequences s where s.schemaname = 'wallet'
    loop
        perform setval(sequence.name, coalesce(sequence.last_value, 0) + sequence.gap);
    end loop;
    -- A posting's id shows its epoch: whoever refers to it can be told its public id without a look at the journal.
    perform setval('wallet.posting_id', raised::bigint << 48);
    -- So does an audit entry's, for lists: what is of an epoch before has ended, whatever its writer's number.
    perform setval('wallet.audit_entry_id_seq', raised::bigint << 32);
    return raised;
end $$;

ALTER FUNCTION wallet.raise_restore_epoch(unused smallint) OWNER TO bankroll_owner;

-- Name: read_facts(integer, bigint[], wallet.policy[], bigint[], integer[], bigint[], integer[], text[], bigint[], wallet.status[], boolean[], integer[], boolean[], boolean[], text[], wallet.kind[], text[], bigint[], bigint[], text[], wallet.scope[], text[], boolean[]); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.read_facts(bucket integer, missing bigint[], policies wallet.policy[], call_id bigint[], provider_account integer[], wallet bigint[], policy integer[], currency text[], session bigint[], session_defect wallet.status[], session_checked boolean[], game integer[], game_disabled boolean[], account_disabled boolean[], reason text[], kind wallet.kind[], key text[], amount bigint[], nominal bigint[], reference text[], scope wallet.scope[], round text[], end_round boolean[]) RETURNS wallet.fact[]
    LANGUAGE plpgsql
    AS $$
#variable_conflict use_column
begin
    return array(
        select row(
            o.call_id, read_facts.call_id[o.position + 1] is distinct from o.call_id,
            o.same_key, clock_timestamp(), nextval('wallet.posting_id'),
            case when o.kind in ('refund', 'rollback') then nextval('wallet.posting_id') end,
            o.kind, o.provider_account, o.wallet, o.policy, o.currency,
            coalesce(o.session_defect, case when o.session_checked and wallet.is_new_bet(o.kind) then
                (select 'session_revoked'::wallet.status from wallet.session s
                 where s.id = o.session and s.revoked_at is not null) end),
            o.game, o.game_disabled, o.account_disabled, o.key, o.amount, o.nominal, o.reference, o.scope,
            o.round, o.end_round,
            w.id is not null, w.cash, w.bonus, w.held, w.seq, w.recorded_at, w.status, w.player_status,
            w.currency, w.brand, known.posting, referenced.posting, reversed.reversal,
            case when o.kind = 'win' and (policies[o.policy]).one_win_per_bet then
                case when (referenced.posting).id is null then '{}'
                    else wallet.results_of(referenced.posting, w.seq) end
            end,
            null,
            case when o.kind = 'win' and (referenced.posting).id is not null
                    and ((referenced.posting).round is null or (referenced.posting).round <> o.round)
                then wallet.lone_bet(referenced.posting, reversed.reversal, state.round, w.seq) else state.round
            end,
            case when o.kind = 'win' and ((state.round).stake_bonus > 0 or (referenced.posting).bonus < 0
                    or read_facts.call_id[o.position - 1] = o.call_id) then
                (select (10 ^ (c.scale - c.exponent)::numeric)::bigint
                 from wallet.currency c where c.code = w.currency)
            end,
            case when o.kind = 'adjustment' and not exists (
                    select from wallet.large_adjustment a
                    where a.bucket = read_facts.bucket and a.key = o.key and a.wallet = o.wallet
                      and a.amount = o.amount and a.reason = o.reason and a.approved_by is not null
                      and a.expires_at > clock_timestamp()) then
                (select c.adjustment_limit from wallet.currency c where c.code = w.currency)
            end)::wallet.fact
        from (
            select asked.*, lag(asked.position) over (
                partition by asked.provider_account, asked.key order by asked.position)::integer as same_key
            from unnest(call_id, provider_account, wallet, policy, currency, session, session_defect,
                    session_checked, game, game_disabled, account_disabled, reason, kind, key, amount, nominal,
                    reference, scope, round, end_round)
                with ordinality asked (call_id, provider_account, wallet, policy, currency, session,
                    session_defect, session_checked, game, game_disabled, account_disabled, reason, kind, key,
                    amount, nominal, reference, scope, round, end_round, position)) o
        left join lateral (
            select w.* from wallet.wallet w
            where w.bucket = read_facts.bucket and w.id = o.wallet and o.wallet <> all (missing)
            limit 1) w on true
        left join lateral (
            select p as posting from wallet.posting p
            where p.bucket = read_facts.bucket and p.provider_account = o.provider_account and p.key = o.key
            limit 1) known on true
        left join lateral (
            select p as posting from wallet.posting p
            where p.bucket = read_facts.bucket and p.provider_account = o.provider_account
              and p.key = o.reference and o.reference is not null and o.scope <> 'round'
            limit 1) referenced on true
        left join lateral (
            select r as reversal from wallet.reversal r
            where r.bucket = read_facts.bucket and r.posting = (referenced.posting).id
            limit 1) reversed on true
        left join lateral (
            select r as round from wallet.round r
            where r.bucket = read_facts.bucket and r.provider_account = o.provider_account
              and r.wallet = o.wallet
              and r.round = case
                  when o.kind in ('refund', 'rollback') and o.scope = 'key' then (referenced.posting).round
                  else coalesce(o.round, (referenced.posting).round) end
            limit 1) state on true
        order by o.position);
end $$;

ALTER FUNCTION wallet.read_facts(bucket integer, missing bigint[], policies wallet.policy[], call_id bigint[], provider_account integer[], wallet bigint[], policy integer[], currency text[], session bigint[], session_defect wallet.status[], session_checked boolean[], game integer[], game_disabled boolean[], account_disabled boolean[], reason text[], kind wallet.kind[], key text[], amount bigint[], nominal bigint[], reference text[], scope wallet.scope[], round text[], end_round boolean[]) OWNER TO bankroll_owner;

-- Name: read_targets(integer, wallet.fact[]); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.read_targets(bucket integer, facts wallet.fact[]) RETURNS wallet.fact[]
    LANGUAGE plpgsql STABLE
    AS $$
declare
    f wallet.fact;
    before wallet.fact;
    again boolean;
    first_alone boolean;
    first integer;
    meaning text;
    meant text[] := '{}';
    firsts integer[] := '{}';
begin
    for i in 1 .. cardinality(facts) loop
        f := facts[i];
        if (facts[first]).call_id is distinct from f.call_id then
            first := i;
        end if;
        continue when f.kind not in ('refund', 'rollback') or (f.known).id is not null
            or f.scope <> 'round' and (f.referenced).kind = 'tombstone';
        meaning := case f.scope
            when 'call' then concat_ws(' ', f.call_id, f.scope, (f.referenced).call_id)
            when 'round' then concat_ws(' ', f.call_id, f.scope, (f.round_state).round) end;
        before := facts[f.same_key];
        again := f.same_key is not null and (f.call_id, f.kind, f.scope, f.reference, f.round)
            is not distinct from (before.call_id, before.kind, before.scope, before.reference, before.round);
        first_alone := again or coalesce(meaning = any (meant), false);
        f.targets := wallet.find_targets(f.scope, f.referenced, f.round_state, first_alone);
        if f.scope <> 'key' and not first_alone and not (i = first and f.last_of_call) then
            f.targets := wallet.meant_at_first(bucket, f.targets, facts, first, i);
        end if;
        facts[i] := f;
        if f.same_key is null then
            meant := meant || meaning;
            firsts := firsts || i;
        elsif not again then
            facts := wallet.find_results(bucket, facts, array[i]);
        end if;
    end loop;
    return wallet.find_results(bucket, facts, firsts);
end $$;

ALTER FUNCTION wallet.read_targets(bucket integer, facts wallet.fact[]) OWNER TO bankroll_owner;

-- Name: recall(wallet.fact, wallet.fact[], wallet.verdict[], integer, integer); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.recall(f wallet.fact, facts wallet.fact[], verdicts wallet.verdict[], first integer, current integer) RETURNS wallet.fact
    LANGUAGE plpgsql IMMUTABLE
    AS $$
declare
    few constant integer := 8;  -- beyond it parts are sorted out by a query, which costs before it reads one
    g wallet.fact;
    v wallet.verdict;
    r wallet.round;
    t wallet.target;
    given wallet.part;
    parts wallet.part[];
    own_call boolean;
    lone boolean;
begin
    r := f.round_state;
    -- Whether a reversal that names a call names the one it is part of.
    own_call := f.scope = 'call' and (f.referenced).id is null;
    for i in first .. current - 1 loop
        g := facts[i];
        v := verdicts[i];
        continue when v.status not in ('created', 'tombstone_created');
        if v.tombstone and g.reference = f.key then
            f.known := wallet.pending_tombstone(g, v);
        end if;
        continue when f.scope = 'round' or (f.referenced).id is not null;
        if v.tombstone and g.reference = f.reference then
            f.referenced := wallet.pending_tombstone(g, v);
        elsif g.key = f.reference then
            f.referenced := wallet.pending(g, v);
            if f.kind = 'win' and (v.round is null or v.round <> f.round) then
                r.stake_cash := -v.cash;
                r.stake_bonus := -v.bonus;
                r.win_cash := 0;
                r.win_bonus := 0;
                r.closed := coalesce(r.closed, false);
            elsif f.kind = 'win' and f.round is null then
                r := g.round_state;
            end if;
        end if;
    end loop;
    -- A win whose bet is not in the win's round is split by that bet (wallet.lone_bet).
    lone := coalesce(f.kind = 'win' and (f.referenced).id is not null
        and ((f.referenced).round is null or (f.referenced).round <> f.round), false);

    for i in first .. current - 1 loop
        g := facts[i];
        v := verdicts[i];
        continue when v.status not in ('created', 'tombstone_created');
        if lone then
            if g.kind = 'win' and v.seq > (f.referenced).seq and g.reference = (f.referenced).key then
                r.win_cash := r.win_cash + v.cash;
                r.win_bonus := r.win_bonus + v.bonus;
            end if;
            r.closed := coalesce(r.closed, false) or coalesce(v.round = f.round, false) and g.end_round;
        elsif v.round = coalesce(f.round, (f.referenced).round) then
            r.round := v.round;
            r.closed := coalesce(r.closed, false) or g.end_round;
            r.bets := coalesce(r.bets, 0) + (g.kind in ('bet', 'free_bet')
                or g.kind = 'refund' and coalesce(v.tombstone, false))::integer;
            r.live_bets := coalesce(r.live_bets, 0) + (g.kind in ('bet', 'free_bet'))::integer;
            r.stake_cash := coalesce(r.stake_cash, 0) - case when g.kind = 'bet' then v.cash else 0 end;
            r.stake_bonus := coalesce(r.stake_bonus, 0) - case when g.kind = 'bet' then v.bonus else 0 end;
            r.win_cash := coalesce(r.win_cash, 0) + case when g.kind = 'win' then v.cash else 0 end;
            r.win_bonus := coalesce(r.win_bonus, 0) + case when g.kind = 'win' then v.bonus else 0 end;
        end if;
        if f.results is not null and g.kind = 'win' and v.seq > (f.referenced).seq
                and (g.reference = (f.referenced).key
                    or g.reference is null and v.round = (f.referenced).round) then
            f.results := f.results || v.posting;
        end if;
        -- What the operation before gave back can not be given back again.
        parts := case when cardinality(v.parts) > few then wallet.meant_parts(f, v.parts)
            else coalesce(v.parts, '{}') end;
        foreach given in array parts loop
            f.results := array_remove(f.results, given.posting);
            if given.posting = (f.referenced).id then
                f.reversed.posting := given.posting;
                f.reversed.reversal := coalesce((f.reversed).reversal, v.posting);
                f.reversed.kind := coalesce((f.reversed).kind, g.kind);
                f.reversed.whole := given.whole;
            end if;
            for j in 1 .. coalesce(cardinality(f.targets), 0) loop
                t := f.targets[j];
                continue when t.posting is distinct from given.posting;
                t.given_amount := t.given_amount + given.amount;
                t.given_cash := t.given_cash + given.cash;
                t.given_bonus := t.given_bonus + given.bonus;
                t.whole := given.whole;
                t.reversal := coalesce(t.reversal, v.posting);
                f.targets[j] := t;
            end loop;
            if lone then
                if given.posting = (f.referenced).id then
                    r.stake_cash := r.stake_cash - given.cash;
                    r.stake_bonus := r.stake_bonus - given.bonus;
                elsif given.kind = 'win' and given.seq > (f.referenced).seq
                        and given.reference = (f.referenced).key then
                    r.win_cash := r.win_cash + given.cash;
                    r.win_bonus := r.win_bonus + given.bonus;
                end if;
            elsif given.round = r.round then
                r.live_bets := r.live_bets - given.bets;
                r.stake_cash := r.stake_cash - case when given.kind = 'bet' then given.cash else 0 end;
                r.stake_bonus := r.stake_bonus - case when given.kind = 'bet' then given.bonus else 0 end;
                r.win_cash := r.win_cash + case when given.kind = 'win' then given.cash else 0 end;
                r.win_bonus := r.win_bonus + case when given.kind = 'win' then given.bonus else 0 end;
            end if;
        end loop;
        -- A movement of this call that the reversal means as well.
        if f.kind in ('refund', 'rollback') and wallet.reversible('rollback', g.kind)
                and (f.scope = 'key' and g.key = f.reference
                    or f.scope = 'call' and own_call
                    or f.scope = 'round' and v.round = f.round) then
            f.targets := f.targets || row(v.posting, g.kind, g.key, g.reference, v.round, false, g.amount, v.cash,
                v.bonus, v.house, 0, 0, 0, false, null, v.seq)::wallet.target;
        elsif g.kind = 'win' and exists (
                select from unnest(f.targets) bet
                where bet.kind in ('bet', 'free_bet') and not bet.whole
                  and (g.reference = bet.key or g.reference is null and v.round = bet.round)) then
            f.targets := f.targets || row(v.posting, g.kind, g.key, g.reference, v.round, true, g.amount, v.cash,
                v.bonus, v.house, 0, 0, 0, false, null, v.seq)::wallet.target;
        end if;
    end loop;
    f.round_state := r;
    return f;
end $$;

ALTER FUNCTION wallet.recall(f wallet.fact, facts wallet.fact[], verdicts wallet.verdict[], first integer, current integer) OWNER TO bankroll_owner;

-- Name: record_change(); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.record_change() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'wallet', 'pg_temp'
    AS $$
declare
    author wallet.author := nullif(current_setting('bankroll.author', true), '')::wallet.author;
    was constant jsonb := case when tg_op <> 'INSERT' then to_jsonb(old) end;
    becomes constant jsonb := case when tg_op <> 'DELETE' then to_jsonb(new) end;
    whole constant jsonb := coalesce(becomes, was);
    changed text[];
begin
    if author.actor is null and tg_argv[1] <> 'always' then
        return null;
    end if;
    if tg_op = 'UPDATE' then
        changed := array(
            select name from jsonb_object_keys(whole) as name
            where was -> name is distinct from becomes -> name order by name);
        if changed = '{}' then
            return null;
        end if;
    end if;
    insert into audit_entry (actor, operation, request_id, reason, subject, name, player, before, after, changed)
    values (
        coalesce(author.actor, 'database:' || session_user), coalesce(author.operation, lower(tg_op)),
        author.request_id, author.reason, tg_table_name, whole ->> tg_argv[0],
        case
            when tg_table_name = 'player' then (whole ->> 'id')::bigint
            when whole ? 'player' then (whole ->> 'player')::bigint
            else (
                select w.player from wallet w
                where w.bucket = (whole ->> 'bucket')::integer and w.id = (whole ->> 'wallet')::bigint)
        end,
        (select jsonb_object_agg(key, value) from jsonb_each(was) where key = any (tg_argv[2:])),
        (select jsonb_object_agg(key, value) from jsonb_each(becomes) where key = any (tg_argv[2:])),
        changed);
    return null;
end $$;

ALTER FUNCTION wallet.record_change() OWNER TO bankroll_owner;

-- Name: refusal(wallet.fact); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.refusal(f wallet.fact) RETURNS wallet.status
    LANGUAGE sql IMMUTABLE
    RETURN CASE WHEN (NOT (f).wallet_found) THEN 'wallet_not_found'::wallet.status WHEN ((f).currency <> (f).wallet_currency) THEN 'currency_differs'::wallet.status WHEN (wallet.is_new_bet((f).kind) AND ((f).session_defect IS NOT NULL)) THEN (f).session_defect WHEN (wallet.is_guarded((f).kind) AND ((f).wallet_status = 'closed'::wallet.wallet_status)) THEN 'wallet_closed'::wallet.status WHEN (wallet.is_guarded((f).kind) AND ((f).player_status = 'blocked'::wallet.player_status)) THEN 'player_blocked'::wallet.status WHEN (wallet.is_guarded((f).kind) AND ((f).player_status = 'excluded'::wallet.player_status)) THEN 'player_excluded'::wallet.status WHEN (wallet.is_new_bet((f).kind) AND (f).game_disabled) THEN 'game_disabled'::wallet.status WHEN (wallet.is_new_bet((f).kind) AND (f).account_disabled) THEN 'account_disabled'::wallet.status WHEN (((f).kind = 'adjustment'::wallet.kind) AND (abs((f).amount) > (f).adjustment_limit)) THEN 'second_actor_required'::wallet.status ELSE NULL::wallet.status END;

ALTER FUNCTION wallet.refusal(f wallet.fact) OWNER TO bankroll_owner;

-- Name: refuse_audit_change(); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.refuse_audit_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    raise exception 'the audit log is append-only: % is refused', lower(tg_op) using errcode = 'BR011';
end $$;

ALTER FUNCTION wallet.refuse_audit_change() OWNER TO bankroll_owner;

-- Name: refuse_change(); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    raise exception 'the journal is append-only: % is refused', lower(tg_op)
        using errcode = 'BR010', hint = 'book a new posting that corrects the old one';
end $$;

ALTER FUNCTION wallet.refuse_change() OWNER TO bankroll_owner;

-- Name: release_lane(integer, bigint); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.release_lane(lane integer, epoch bigint) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    update wallet.lane l set leased_until = '-infinity'
    where l.id = release_lane.lane and l.epoch = release_lane.epoch;
    return found;
end $$;

ALTER FUNCTION wallet.release_lane(lane integer, epoch bigint) OWNER TO bankroll_owner;

-- Name: renew_lane(integer, bigint); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.renew_lane(lane integer, epoch bigint) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    update wallet.lane l set leased_until = clock_timestamp() + interval '60 seconds'
    where l.id = renew_lane.lane and l.epoch = renew_lane.epoch;
    return found;
end $$;

ALTER FUNCTION wallet.renew_lane(lane integer, epoch bigint) OWNER TO bankroll_owner;

-- Name: replace_own_secret(text, bytea, bytea, wallet.author); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.replace_own_secret(slug text, seen bytea, own_secret bytea, author wallet.author DEFAULT NULL::wallet.author) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'wallet', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
    perform set_author(author);
    update provider_account a
    set own_secret = replace_own_secret.own_secret, changed_at = clock_timestamp()
    where a.slug = replace_own_secret.slug and a.id <> 0 and a.own_secret is not distinct from seen;
    return found;
end $$;

ALTER FUNCTION wallet.replace_own_secret(slug text, seen bytea, own_secret bytea, author wallet.author) OWNER TO bankroll_owner;

-- Name: replace_secrets(text, bytea[], bytea[], timestamp with time zone, wallet.author); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.replace_secrets(slug text, seen bytea[], secrets bytea[], seen_at timestamp with time zone, author wallet.author DEFAULT NULL::wallet.author) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'wallet', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
    perform set_author(author);
    update provider_account a
    set secrets = replace_secrets.secrets, changed_at = clock_timestamp()
    where a.slug = replace_secrets.slug and a.id <> 0 and a.secrets = seen
        and (seen_at is null or a.changed_at = seen_at);
    return found;
end $$;

ALTER FUNCTION wallet.replace_secrets(slug text, seen bytea[], secrets bytea[], seen_at timestamp with time zone, author wallet.author) OWNER TO bankroll_owner;

-- Name: request_adjustment(integer, text, bigint, bigint, text, wallet.author); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.request_adjustment(bucket integer, key text, wallet bigint, amount bigint, reason text, author wallet.author) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'wallet', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
    perform set_author(author);
    insert into large_adjustment as a (bucket, key, wallet, amount, reason, requested_by)
    values (request_adjustment.bucket, request_adjustment.key, request_adjustment.wallet, request_adjustment.amount,
            request_adjustment.reason, author.actor)
    on conflict (bucket, key) do update set
        wallet = excluded.wallet, amount = excluded.amount, reason = excluded.reason,
        requested_by = excluded.requested_by, requested_at = excluded.requested_at,
        approved_by = null, approved_at = null, expires_at = excluded.expires_at
    where a.expires_at <= clock_timestamp() or a.approved_by is null
      and (a.wallet, a.amount, a.reason) is distinct from (excluded.wallet, excluded.amount, excluded.reason);
end $$;

ALTER FUNCTION wallet.request_adjustment(bucket integer, key text, wallet bigint, amount bigint, reason text, author wallet.author) OWNER TO bankroll_owner;

-- Name: reserve_api_key(); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.reserve_api_key() RETURNS integer
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'wallet', 'pg_temp'
    AS $$
    select nextval(pg_get_serial_sequence('wallet.api_key', 'id'))::integer
$$;

ALTER FUNCTION wallet.reserve_api_key() OWNER TO bankroll_owner;

-- Name: results_of(wallet.posting, bigint); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.results_of(bet wallet.posting, last_seq bigint) RETURNS bigint[]
    LANGUAGE sql STABLE
    AS $$
    select array(
        select win.id from wallet.posting win
        where win.bucket = bet.bucket and win.wallet = bet.wallet
          and win.seq > bet.seq and win.seq <= last_seq
          and win.kind = 'win' and win.provider_account = bet.provider_account
          and (win.reference = bet.key or win.reference is null and win.round = bet.round)
          and not coalesce((
              select r.whole from wallet.reversal r
              where r.bucket = win.bucket and r.posting = win.id), false))
$$;

ALTER FUNCTION wallet.results_of(bet wallet.posting, last_seq bigint) OWNER TO bankroll_owner;

-- Name: reversible(wallet.kind, wallet.kind); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.reversible(reversal wallet.kind, original wallet.kind) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ((original = ANY (ARRAY['bet'::wallet.kind, 'tip'::wallet.kind, 'free_bet'::wallet.kind, 'buy_in'::wallet.kind])) OR ((reversal = 'rollback'::wallet.kind) AND (original = ANY (ARRAY['win'::wallet.kind, 'promo_win'::wallet.kind, 'jackpot_win'::wallet.kind, 'payout'::wallet.kind, 'correction'::wallet.kind]))));

ALTER FUNCTION wallet.reversible(reversal wallet.kind, original wallet.kind) OWNER TO bankroll_owner;

-- Name: revoke_api_key(integer, wallet.author); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.revoke_api_key(id integer, author wallet.author DEFAULT NULL::wallet.author) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'wallet', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
    perform set_author(author);
    update api_key k set revoked_at = clock_timestamp()
    where k.id = revoke_api_key.id and k.revoked_at is null and k.expires_at > now();
    return found;
end $$;

ALTER FUNCTION wallet.revoke_api_key(id integer, author wallet.author) OWNER TO bankroll_owner;

-- Name: revoke_player_sessions(integer, bigint, wallet.author); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.revoke_player_sessions(bucket integer, player bigint, author wallet.author DEFAULT NULL::wallet.author) RETURNS bigint[]
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'wallet', 'pg_temp'
    AS $$
    select set_author(author);
    select revoke_sessions(array(
        select s.id from session s
        where s.bucket = revoke_player_sessions.bucket and s.player = revoke_player_sessions.player
          and s.revoked_at is null and s.expires_at > now()))
$$;

ALTER FUNCTION wallet.revoke_player_sessions(bucket integer, player bigint, author wallet.author) OWNER TO bankroll_owner;

-- Name: revoke_sessions(bigint[], wallet.author); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.revoke_sessions(sessions bigint[], author wallet.author DEFAULT NULL::wallet.author) RETURNS bigint[]
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'wallet', 'pg_temp'
    AS $$
    select set_author(author);
    select from wallet w
    where (w.bucket, w.id) in (
        select s.bucket, s.wallet from session s
        where s.id = any (sessions) and s.revoked_at is null and s.expires_at > now())
    order by w.id
    for no key update;
    with live as (
        select s.id from session s
        where s.id = any (sessions) and s.revoked_at is null and s.expires_at > now()
        order by s.id
        for no key update),
    revoked as (
        update session s set revoked_at = clock_timestamp() from live where s.id = live.id returning s.id)
    select coalesce(array_agg(r.id order by r.id), '{}') from revoked r
$$;

ALTER FUNCTION wallet.revoke_sessions(sessions bigint[], author wallet.author) OWNER TO bankroll_owner;

-- Name: same_operation(wallet.fact, wallet.policy, wallet.kind, text, text, wallet.scope, bigint, bigint, text, integer); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.same_operation(f wallet.fact, policy wallet.policy, kind wallet.kind, round text, reference text, scope wallet.scope, amount bigint, nominal bigint, currency text, game integer) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    RETURN (((f).kind = kind) AND (NOT ((f).reference IS DISTINCT FROM reference)) AND ((f).scope = COALESCE(scope, (f).scope)) AND (((f).currency IS NULL) OR ((f).currency = currency)) AND (((f).round IS NULL) OR (NOT ((f).round IS DISTINCT FROM round)) OR (((f).kind = ANY (ARRAY['refund'::wallet.kind, 'rollback'::wallet.kind])) AND ((f).scope <> 'round'::wallet.scope) AND (NOT (policy).compare_round))) AND ((((f).amount = amount) AND (COALESCE((f).nominal, (0)::bigint) = COALESCE(nominal, (0)::bigint))) OR (NOT (policy).compare_amount) OR (((f).kind = ANY (ARRAY['refund'::wallet.kind, 'rollback'::wallet.kind])) AND ((policy).refund_amount = 'ignore'::wallet.refund_amount))) AND ((NOT (policy).compare_game) OR ((f).kind = ANY (ARRAY['refund'::wallet.kind, 'rollback'::wallet.kind])) OR COALESCE(((f).game = game), true)));

ALTER FUNCTION wallet.same_operation(f wallet.fact, policy wallet.policy, kind wallet.kind, round text, reference text, scope wallet.scope, amount bigint, nominal bigint, currency text, game integer) OWNER TO bankroll_owner;

-- Name: set_author(wallet.author); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.set_author(author wallet.author) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'wallet', 'pg_temp'
    AS $$
begin
    if author.actor is not null then
        perform set_config('bankroll.author', author::text, true);
    end if;
end $$;

ALTER FUNCTION wallet.set_author(author wallet.author) OWNER TO bankroll_owner;

-- Name: set_certification(text, jsonb, wallet.author); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.set_certification(slug text, rules jsonb, author wallet.author DEFAULT NULL::wallet.author) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'wallet', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    is_test boolean;
begin
    perform set_author(author);
    select a.environment = 'test' into is_test
    from provider_account a
    where a.slug = set_certification.slug and a.id <> 0;
    update provider_account a
    set certification = rules, changed_at = clock_timestamp()
    where is_test and a.slug = set_certification.slug and a.id <> 0 and a.certification <> rules;
    return is_test;
end $$;

ALTER FUNCTION wallet.set_certification(slug text, rules jsonb, author wallet.author) OWNER TO bankroll_owner;

-- Name: succeed_token(bytea, bytea[], boolean, interval, interval); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.succeed_token(digest bytea, successors bytea[], rotate boolean, grace interval, lifetime interval) RETURNS bytea
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'wallet', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    old record;
begin
    select k.session, k.launch, k.superseded_at, s.revoked_at is not null or s.expires_at <= clock_timestamp() as dead
    into old
    from session_token k
    join session s on s.id = k.session
    where k.digest = succeed_token.digest
    for no key update of s, k;
    if not found then
        return null;
    end if;
    if old.superseded_at is not null then
        return coalesce(
            (select k.digest from session_token k
             where k.session = old.session and k.digest = any (successors)
               and old.superseded_at > clock_timestamp() - grace),
            succeed_token.digest);
    end if;
    if old.dead or not (old.launch or rotate) then
        return succeed_token.digest;
    end if;

    insert into session_token (digest, session) values (successors[1], old.session);
    update session_token k set superseded_at = clock_timestamp() where k.digest = succeed_token.digest;
    update session s set expires_at = clock_timestamp() + lifetime where s.id = old.session;
    return successors[1];
end $$;

ALTER FUNCTION wallet.succeed_token(digest bytea, successors bytea[], rotate boolean, grace interval, lifetime interval) OWNER TO bankroll_owner;

-- Name: use_api_key(integer); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.use_api_key(id integer) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'wallet', 'pg_temp'
    AS $$
    update api_key k set used_at = now()
    where k.id = use_api_key.id and (k.used_at is null or k.used_at < now() - interval '1 minute')
$$;

ALTER FUNCTION wallet.use_api_key(id integer) OWNER TO bankroll_owner;

-- Name: was_posted(wallet.fact[], integer); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.was_posted(facts wallet.fact[], first integer) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE
    AS $$
declare
    f wallet.fact;
begin
    for i in first .. cardinality(facts) loop
        f := facts[i];
        if (f.known).call_id = f.call_id then
            return true;
        end if;
        exit when f.last_of_call;
    end loop;
    return false;
end $$;

ALTER FUNCTION wallet.was_posted(facts wallet.fact[], first integer) OWNER TO bankroll_owner;

-- Name: wire_code(jsonb, text, text); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.wire_code(currencies jsonb, currency text, asked text) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO 'wallet', 'pg_temp'
    AS $$
    select case
        when currencies = '{}' then
            case when coalesce(asked, currency) = currency then currency end
        else (
            select c.code
            from jsonb_each(currencies) as c (code, meaning)
            where c.meaning ->> 0 = currency and (asked is null or c.code = asked)
            order by abs((c.meaning ->> 1)::integer), c.code
            limit 1)
    end
$$;

ALTER FUNCTION wallet.wire_code(currencies jsonb, currency text, asked text) OWNER TO bankroll_owner;

-- Name: with_results(wallet.fact, wallet.target[]); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.with_results(f wallet.fact, results wallet.target[]) RETURNS wallet.fact
    LANGUAGE plpgsql IMMUTABLE
    AS $$
begin
    f.targets := f.targets || array(
        select r from unnest(results) r where r.posting not in (select t.posting from unnest(f.targets) t));
    return f;
end $$;

ALTER FUNCTION wallet.with_results(f wallet.fact, results wallet.target[]) OWNER TO bankroll_owner;

-- Name: write_rounds(integer, wallet.verdict[], integer[], bigint[], integer[], wallet.kind[], boolean[]); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.write_rounds(bucket integer, verdicts wallet.verdict[], provider_account integer[], wallet bigint[], game integer[], kind wallet.kind[], end_round boolean[]) RETURNS void
    LANGUAGE plpgsql
    AS $$
#variable_conflict use_column
begin
    insert into wallet.round as r (
        bucket, provider_account, wallet, round, game, first_seq, last_seq, stake_cash, stake_bonus, win_cash,
        win_bonus, bets, live_bets, wins, closed, opened_at, changed_at)
    select write_rounds.bucket, d.provider_account, d.wallet, d.round, max(d.game), min(d.seq), max(d.seq),
        sum(d.stake_cash), sum(d.stake_bonus), sum(d.win_cash), sum(d.win_bonus), sum(d.bets), sum(d.live_bets),
        sum(d.wins), bool_or(d.closed), min(d.recorded_at), max(d.recorded_at)
    from (
        select v.provider_account, v.wallet, v.round, v.game, v.seq,
            case v.kind when 'bet' then -v.cash else 0 end as stake_cash,
            case v.kind when 'bet' then -v.bonus else 0 end as stake_bonus,
            case v.kind when 'win' then v.cash else 0 end as win_cash,
            case v.kind when 'win' then v.bonus else 0 end as win_bonus,
            -- What was refunded before it came was a stake, and is given back.
            (v.kind in ('bet', 'free_bet') or v.kind = 'refund' and coalesce(v.tombstone, false))::integer as bets,
            (v.kind in ('bet', 'free_bet'))::integer as live_bets,
            (v.kind = 'win')::integer as wins,
            v.end_round as closed, v.recorded_at
        from rows from (unnest(provider_account), unnest(wallet), unnest(game), unnest(kind), unnest(end_round),
            unnest(verdicts)) as v (provider_account, wallet, game, kind, end_round)
        where v.round is not null
        union all
        select v.provider_account, v.wallet, part.round, null, v.seq,
            case part.kind when 'bet' then -part.cash else 0 end,
            case part.kind when 'bet' then -part.bonus else 0 end,
            case part.kind when 'win' then part.cash else 0 end,
            case part.kind when 'win' then part.bonus else 0 end,
            0, -part.bets, 0, false, v.recorded_at
        from rows from (unnest(provider_account), unnest(wallet), unnest(verdicts)) as v (provider_account, wallet)
        cross join lateral unnest(v.parts) as part
        where part.round is not null
    ) d
    group by d.provider_account, d.wallet, d.round
    order by d.provider_account, d.wallet, d.round
    on conflict (bucket, provider_account, wallet, round) do update set
        game = coalesce(r.game, excluded.game),
        last_seq = greatest(r.last_seq, excluded.last_seq),
        stake_cash = r.stake_cash + excluded.stake_cash,
        stake_bonus = r.stake_bonus + excluded.stake_bonus,
        win_cash = r.win_cash + excluded.win_cash,
        win_bonus = r.win_bonus + excluded.win_bonus,
        bets = r.bets + excluded.bets,
        live_bets = r.live_bets + excluded.live_bets,
        wins = r.wins + excluded.wins,
        closed = r.closed or excluded.closed,
        changed_at = excluded.changed_at;
end $$;

ALTER FUNCTION wallet.write_rounds(bucket integer, verdicts wallet.verdict[], provider_account integer[], wallet bigint[], game integer[], kind wallet.kind[], end_round boolean[]) OWNER TO bankroll_owner;

-- Name: write_verdicts(integer, integer, wallet.verdict[], bigint[], integer[], bigint[], bigint[], integer[], text[], text[], text[], wallet.kind[], text[], bigint[], bigint[], text[], wallet.scope[], boolean[], timestamp with time zone[], jsonb[]); Type: FUNCTION; Schema: wallet; Owner: bankroll_owner

CREATE FUNCTION wallet.write_verdicts(bucket integer, lane integer, verdicts wallet.verdict[], call_id bigint[], provider_account integer[], wallet bigint[], session bigint[], game integer[], channel text[], actor text[], reason text[], kind wallet.kind[], key text[], amount bigint[], nominal bigint[], reference text[], scope wallet.scope[], end_round boolean[], occurred_at timestamp with time zone[], metadata jsonb[]) RETURNS void
    LANGUAGE plpgsql
    AS $$
#variable_conflict use_column
begin
    insert into wallet.posting (
        bucket, id, wallet, seq, call_id, op_index, restore_epoch, kind, provider_account, amount, cash, bonus,
        held, cash_after, bonus_after, held_after, house_amount, house, other_houses, other_amounts, nominal,
        original, original_kind, recorded_at, occurred_at, writer, session, game, end_round, late, scope,
        currency, key, reference, round, brand, channel, actor, reason, metadata)
    select write_verdicts.bucket, v.posting, v.wallet, v.seq, v.call_id, v.op_index, v.restore_epoch, v.kind,
        v.provider_account, v.amount, v.cash, v.bonus, v.held, v.cash_after, v.bonus_after, v.held_after,
        v.house_amount, v.house, v.other_houses, v.other_amounts, v.nominal, v.original, v.original_kind,
        v.recorded_at, v.occurred_at, pg_current_xact_id(), v.session, v.game, v.end_round, v.late,
        case when v.reference is not null or v.scope = 'round' then v.scope end,
        v.currency, v.key, v.reference, v.round, v.brand, v.channel, v.actor, v.reason, v.metadata
    from rows from (
        unnest(call_id), unnest(provider_account), unnest(wallet), unnest(session), unnest(game),
        unnest(channel), unnest(actor), unnest(reason), unnest(kind), unnest(key), unnest(amount),
        unnest(nominal), unnest(reference), unnest(scope), unnest(end_round), unnest(occurred_at),
        unnest(metadata), unnest(verdicts))
        as v (call_id, provider_account, wallet, session, game, channel, actor, reason, kind, key, amount,
            nominal, reference, scope, end_round, occurred_at, metadata)
    where v.op_index is not null
    union all
    -- A tombstone takes the key of what was rolled back before it came, one seq before its rollback.
    select write_verdicts.bucket, v.original, v.wallet, v.seq - 1, v.call_id, v.op_index, v.restore_epoch,
        'tombstone', v.provider_account, 0, 0, 0, 0, v.cash_after, v.bonus_after, v.held_after, 0, v.house,
        null, null, null, v.posting, v.kind, v.recorded_at, null, pg_current_xact_id(), null, null, false, false,
        null, v.currency, v.reference, null, v.round, v.brand, null, null, null, null
    from rows from (
        unnest(call_id), unnest(provider_account), unnest(wallet), unnest(kind), unnest(reference),
        unnest(verdicts)) as v (call_id, provider_account, wallet, kind, reference)
    where v.tombstone
    order by provider_account, key;

    -- Nothing else gives back, and a statement costs before it finds that it has no row.
    if kind && '{refund,rollback,withdrawal,withdrawal_release}'::wallet.kind[] then
        -- One call may give back two parts of one posting: the first of them is the reversal that is named.
        insert into wallet.reversal as r (bucket, posting, wallet, reversal, kind, amount, cash, bonus, whole)
        select write_verdicts.bucket, part.posting, v.wallet, (array_agg(v.posting order by v.seq))[1],
            (array_agg(v.kind order by v.seq))[1], sum(part.amount), sum(part.cash), sum(part.bonus),
            bool_or(part.whole)
        from rows from (unnest(wallet), unnest(kind), unnest(verdicts)) as v (wallet, kind)
        cross join lateral unnest(v.parts) as part
        group by part.posting, v.wallet
        order by part.posting
        on conflict (bucket, posting) do update set
            amount = r.amount + excluded.amount, cash = r.cash + excluded.cash, bonus = r.bonus + excluded.bonus,
            whole = excluded.whole;
    end if;

    -- By physical place, looked up row by row: no plan of this statement can depend on how many wallets there are.
    update wallet.wallet w set
        cash = v.cash_after, bonus = v.bonus_after, held = v.held_after, seq = v.seq,
        recorded_at = v.recorded_at, overdraft = greatest(0, -v.cash_after)
    from (
        select (select place.ctid from wallet.wallet place
                where place.bucket = write_verdicts.bucket and place.id = v.wallet) as place,
            v.cash_after, v.bonus_after, v.held_after, v.seq, v.recorded_at
        from rows from (unnest(wallet), unnest(verdicts)) as v (wallet)
        where v.last_of_wallet) v
    where w.ctid = v.place;

    perform wallet.write_rounds(bucket, verdicts, provider_account, wallet, game, kind, end_round);

    insert into wallet.house_balance as h (bucket, house, provider_account, currency, lane, balance)
    select write_verdicts.bucket, leg.house, v.provider_account, v.currency, write_verdicts.lane, sum(leg.amount)
    from rows from (unnest(provider_account), unnest(verdicts)) as v (provider_account)
    cross join lateral (
        select v.house, v.house_amount
        union all select * from unnest(v.other_houses, v.other_amounts) where v.other_houses is not null
    ) as leg (house, amount)
    where v.op_index is not null
    group by leg.house, v.provider_account, v.currency
    order by leg.house, v.provider_account, v.currency
    on conflict (bucket, house, provider_account, currency, lane) do update set
        balance = h.balance + excluded.balance;
end $$;

ALTER FUNCTION wallet.write_verdicts(bucket integer, lane integer, verdicts wallet.verdict[], call_id bigint[], provider_account integer[], wallet bigint[], session bigint[], game integer[], channel text[], actor text[], reason text[], kind wallet.kind[], key text[], amount bigint[], nominal bigint[], reference text[], scope wallet.scope[], end_round boolean[], occurred_at timestamp with time zone[], metadata jsonb[]) OWNER TO bankroll_owner;

-- Name: provider_account; Type: TABLE; Schema: wallet; Owner: bankroll_owner

CREATE TABLE wallet.provider_account (
    id integer NOT NULL,
    slug text NOT NULL COLLATE pg_catalog."C",
    protocol text NOT NULL COLLATE pg_catalog."C",
    environment wallet.environment DEFAULT 'test'::wallet.environment NOT NULL,
    state wallet.account_state DEFAULT 'active'::wallet.account_state NOT NULL,
    secrets bytea[] DEFAULT '{}'::bytea[] NOT NULL,
    own_secret bytea,
    policy jsonb DEFAULT '{}'::jsonb NOT NULL,
    manners jsonb DEFAULT '{}'::jsonb NOT NULL,
    settings jsonb DEFAULT '{}'::jsonb NOT NULL,
    allowed_networks cidr[] DEFAULT '{}'::cidr[] NOT NULL,
    base_url text,
    currencies jsonb DEFAULT '{}'::jsonb NOT NULL,
    deadline_ms integer DEFAULT 2000 NOT NULL,
    keep_exchanges boolean DEFAULT true NOT NULL,
    certification jsonb DEFAULT '[]'::jsonb NOT NULL,
    changed_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT at_most_two_secrets CHECK ((cardinality(secrets) <= 2)),
    CONSTRAINT deadline_is_sensible CHECK (((deadline_ms >= 50) AND (deadline_ms <= 30000))),
    CONSTRAINT nothing_listed_is_null CHECK (((array_position(secrets, NULL::bytea) IS NULL) AND (array_position(allowed_networks, NULL::cidr) IS NULL))),
    CONSTRAINT only_tests_are_staged CHECK (((environment = 'test'::wallet.environment) OR (certification = '[]'::jsonb))),
    CONSTRAINT overrides_are_objects CHECK (((jsonb_typeof(policy) = 'object'::text) AND (jsonb_typeof(manners) = 'object'::text) AND (jsonb_typeof(settings) = 'object'::text) AND (jsonb_typeof(currencies) = 'object'::text))),
    CONSTRAINT rules_are_an_array CHECK ((jsonb_typeof(certification) = 'array'::text)),
    CONSTRAINT slug_is_a_path_segment CHECK ((slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'::text))
);

ALTER TABLE wallet.provider_account OWNER TO bankroll_owner;

-- Name: account_name; Type: VIEW; Schema: wallet; Owner: bankroll_owner

CREATE VIEW wallet.account_name AS
 SELECT id,
    slug
   FROM wallet.provider_account a;

ALTER VIEW wallet.account_name OWNER TO bankroll_owner;

-- Name: api_key; Type: TABLE; Schema: wallet; Owner: bankroll_owner

CREATE TABLE wallet.api_key (
    id integer NOT NULL,
    name text NOT NULL,
    digest bytea NOT NULL,
    scopes text[] NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone,
    used_at timestamp with time zone
);

ALTER TABLE wallet.api_key OWNER TO bankroll_owner;

-- Name: api_key_id_seq; Type: SEQUENCE; Schema: wallet; Owner: bankroll_owner

ALTER TABLE wallet.api_key ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME wallet.api_key_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

-- Name: api_keys; Type: VIEW; Schema: wallet; Owner: bankroll_owner

CREATE VIEW wallet.api_keys AS
 SELECT id,
    name,
    digest,
    scopes,
    created_at,
    expires_at,
    revoked_at,
    used_at,
    ((revoked_at IS NULL) AND (expires_at > now())) AS live
   FROM wallet.api_key k;

ALTER VIEW wallet.api_keys OWNER TO bankroll_owner;

-- Name: audit_entry; Type: TABLE; Schema: wallet; Owner: bankroll_owner

CREATE TABLE wallet.audit_entry (
    id bigint NOT NULL,
    recorded_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    writer xid8 DEFAULT pg_current_xact_id() NOT NULL,
    actor text NOT NULL,
    operation text NOT NULL,
    request_id text,
    reason text,
    subject text NOT NULL,
    name text NOT NULL,
    player bigint,
    before jsonb,
    after jsonb,
    changed text[],
    calls bigint[],
    CONSTRAINT actor_is_told CHECK ((actor <> ''::text))
);

ALTER TABLE wallet.audit_entry OWNER TO bankroll_owner;

-- Name: audit_entry_id_seq; Type: SEQUENCE; Schema: wallet; Owner: bankroll_owner

ALTER TABLE wallet.audit_entry ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME wallet.audit_entry_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

-- Name: player; Type: TABLE; Schema: wallet; Owner: bankroll_owner

CREATE TABLE wallet.player (
    bucket integer NOT NULL,
    id bigint NOT NULL,
    external_id text NOT NULL COLLATE pg_catalog."C",
    status wallet.player_status DEFAULT 'active'::wallet.player_status NOT NULL,
    country text NOT NULL,
    jurisdiction text,
    brand text,
    affiliate text,
    birth_date date,
    language text,
    registered_at timestamp with time zone DEFAULT now() NOT NULL,
    labels text[] DEFAULT '{}'::text[] NOT NULL,
    test boolean DEFAULT false NOT NULL,
    erased_at timestamp with time zone,
    CONSTRAINT country_is_iso CHECK ((country ~ '^[A-Z]{2}$'::text)),
    CONSTRAINT external_id_is_short CHECK (((octet_length(external_id) >= 1) AND (octet_length(external_id) <= 64)))
);

ALTER TABLE wallet.player OWNER TO bankroll_owner;

-- Name: audit_log; Type: VIEW; Schema: wallet; Owner: bankroll_owner

CREATE VIEW wallet.audit_log AS
 SELECT e.id,
    e.recorded_at,
    e.writer,
    e.actor,
    e.operation,
    e.request_id,
    e.reason,
    e.subject,
    e.name,
    y.external_id AS player_external_id,
    COALESCE(e.before, moved.before) AS before,
    COALESCE(e.after, moved.after) AS after,
    e.changed,
    e.calls,
    GREATEST((e.id >> 32), (1)::bigint) AS restore_epoch
   FROM ((wallet.audit_entry e
     LEFT JOIN wallet.player y ON (((y.bucket = 0) AND (y.id = e.player))))
     LEFT JOIN LATERAL ( SELECT jsonb_build_object('cash', ((p.cash_after - p.cash))::text, 'bonus', ((p.bonus_after - p.bonus))::text, 'held', ((p.held_after - p.held))::text) AS before,
            jsonb_build_object('cash', (p.cash_after)::text, 'bonus', (p.bonus_after)::text, 'held', (p.held_after)::text, 'transaction', ((p.restore_epoch || '-'::text) || p.id)) AS after
           FROM wallet.posting p
          WHERE ((e.subject = 'call'::text) AND (p.bucket = 0) AND (p.key = e.name) AND (p.call_id = e.calls[1]))
         LIMIT 1) moved ON (true));

ALTER VIEW wallet.audit_log OWNER TO bankroll_owner;

-- Name: catalogue_version; Type: TABLE; Schema: wallet; Owner: bankroll_owner

CREATE TABLE wallet.catalogue_version (
    only_row boolean DEFAULT true NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    CONSTRAINT catalogue_version_only_row_check CHECK (only_row)
);

ALTER TABLE wallet.catalogue_version OWNER TO bankroll_owner;

-- Name: catalogue_versions; Type: VIEW; Schema: wallet; Owner: bankroll_owner

CREATE VIEW wallet.catalogue_versions AS
 SELECT version
   FROM wallet.catalogue_version v;

ALTER VIEW wallet.catalogue_versions OWNER TO bankroll_owner;

-- Name: checkpoint; Type: VIEW; Schema: wallet; Owner: bankroll_owner

CREATE VIEW wallet.checkpoint AS
 SELECT bucket,
    wallet,
    seq,
    id AS posting,
    cash_after AS cash,
    bonus_after AS bonus,
    held_after AS held
   FROM wallet.posting p;

ALTER VIEW wallet.checkpoint OWNER TO bankroll_owner;

-- Name: currency; Type: TABLE; Schema: wallet; Owner: bankroll_owner

CREATE TABLE wallet.currency (
    code text NOT NULL COLLATE pg_catalog."C",
    scale smallint NOT NULL,
    exponent smallint NOT NULL,
    adjustment_limit bigint NOT NULL,
    CONSTRAINT currency_code_is_upper_case CHECK ((code ~ '^[A-Z][A-Z0-9]{2,9}$'::text)),
    CONSTRAINT exponent_within_scale CHECK ((((exponent >= 0) AND (exponent <= scale)) AND (scale <= 12)))
);

ALTER TABLE wallet.currency OWNER TO bankroll_owner;

-- Name: currencies; Type: VIEW; Schema: wallet; Owner: bankroll_owner

CREATE VIEW wallet.currencies AS
 SELECT code,
    scale,
    exponent,
    adjustment_limit
   FROM wallet.currency c;

ALTER VIEW wallet.currencies OWNER TO bankroll_owner;

-- Name: database_vitals; Type: VIEW; Schema: wallet; Owner: bankroll_owner

CREATE VIEW wallet.database_vitals AS
 SELECT ( SELECT count(*) AS count
           FROM pg_stat_activity a
          WHERE ((a.datid IS NOT NULL) AND (a.usesysid IS NOT NULL))) AS connections,
    ((current_setting('max_connections'::text))::integer - (current_setting('superuser_reserved_connections'::text))::integer) AS connections_bound,
    ( SELECT max(age(d.datfrozenxid)) AS max
           FROM pg_database d) AS transaction_id_age,
    ( SELECT max(mxid_age(d.datminmxid)) AS max
           FROM pg_database d) AS multixact_age,
    ( SELECT EXTRACT(epoch FROM max((clock_timestamp() - a.xact_start))) AS "extract"
           FROM pg_stat_activity a
          WHERE (a.datid IS NOT NULL)) AS oldest_transaction_seconds,
    ( SELECT max(pg_wal_lsn_diff(
                CASE
                    WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn()
                    ELSE pg_current_wal_lsn()
                END, s.restart_lsn)) AS max
           FROM pg_replication_slots s) AS slot_bytes,
    ( SELECT count(*) AS count
           FROM pg_replication_slots s
          WHERE (NOT s.active)) AS idle_slots,
    ( SELECT count(*) AS count
           FROM pg_replication_slots s
          WHERE (s.wal_status = 'lost'::text)) AS lost_slots,
    ( SELECT count(*) AS count
           FROM pg_stat_replication) AS standbys,
    ( SELECT EXTRACT(epoch FROM max(r.replay_lag)) AS "extract"
           FROM pg_stat_replication r) AS standby_lag_seconds,
    (current_setting('archive_mode'::text) <> 'off'::text) AS archives,
    ( SELECT COALESCE((r.last_failed_time > COALESCE(r.last_archived_time, '-infinity'::timestamp with time zone)), false) AS "coalesce"
           FROM pg_stat_archiver r) AS archiving_fails;

ALTER VIEW wallet.database_vitals OWNER TO bankroll_owner;

-- Name: entry; Type: VIEW; Schema: wallet; Owner: bankroll_owner

CREATE VIEW wallet.entry AS
 SELECT p.bucket,
    p.wallet,
    p.seq,
    p.id AS posting,
    line."position",
    line.account,
    p.provider_account,
    p.currency,
        CASE
            WHEN (line.amount < 0) THEN 'debit'::text
            ELSE 'credit'::text
        END AS side,
    abs(line.amount) AS amount
   FROM (wallet.posting p
     CROSS JOIN LATERAL ( SELECT own."position",
            own.account,
            own.amount
           FROM ( VALUES (1,'player_cash'::text,p.cash), (2,'player_bonus'::text,p.bonus), (3,'player_held'::text,p.held), (4,(p.house)::text,p.house_amount)) own("position", account, amount)
        UNION ALL
         SELECT (4 + other."position"),
            (other.house)::text AS house,
            other.amount
           FROM UNNEST(p.other_houses, p.other_amounts) WITH ORDINALITY other(house, amount, "position")) line)
  WHERE (line.amount <> 0);

ALTER VIEW wallet.entry OWNER TO bankroll_owner;

-- Name: personal_data; Type: TABLE; Schema: wallet; Owner: bankroll_owner

CREATE TABLE wallet.personal_data (
    bucket integer NOT NULL,
    player bigint NOT NULL,
    data jsonb NOT NULL,
    CONSTRAINT sex_is_known CHECK (((data ->> 'sex'::text) = ANY (ARRAY['female'::text, 'male'::text])))
);

ALTER TABLE wallet.personal_data OWNER TO bankroll_owner;

-- Name: erasable_data; Type: VIEW; Schema: wallet; Owner: bankroll_owner

CREATE VIEW wallet.erasable_data AS
 SELECT bucket,
    player,
    data,
    (data ->> 'sex'::text) AS sex
   FROM wallet.personal_data d;

ALTER VIEW wallet.erasable_data OWNER TO bankroll_owner;

-- Name: exchange; Type: TABLE; Schema: wallet; Owner: bankroll_owner

CREATE TABLE wallet.exchange (
    received_at timestamp with time zone NOT NULL,
    provider_account integer NOT NULL,
    wallet bigint,
    status smallint NOT NULL,
    duration_us integer NOT NULL,
    outcome text NOT NULL,
    verb text NOT NULL,
    request_id text NOT NULL,
    key text COLLATE pg_catalog."C",
    round text COLLATE pg_catalog."C",
    request text NOT NULL,
    answer text NOT NULL
)
PARTITION BY RANGE (received_at);

ALTER TABLE wallet.exchange OWNER TO bankroll_owner;

-- Name: exchange_default; Type: TABLE; Schema: wallet; Owner: bankroll_owner

CREATE TABLE wallet.exchange_default (
    received_at timestamp with time zone CONSTRAINT exchange_received_at_not_null NOT NULL,
    provider_account integer CONSTRAINT exchange_provider_account_not_null NOT NULL,
    wallet bigint,
    status smallint CONSTRAINT exchange_status_not_null NOT NULL,
    duration_us integer CONSTRAINT exchange_duration_us_not_null NOT NULL,
    outcome text CONSTRAINT exchange_outcome_not_null NOT NULL,
    verb text CONSTRAINT exchange_verb_not_null NOT NULL,
    request_id text CONSTRAINT exchange_request_id_not_null NOT NULL,
    key text COLLATE pg_catalog."C",
    round text COLLATE pg_catalog."C",
    request text CONSTRAINT exchange_request_not_null NOT NULL,
    answer text CONSTRAINT exchange_answer_not_null NOT NULL
);

ALTER TABLE wallet.exchange_default OWNER TO bankroll_owner;

-- Name: wallet; Type: TABLE; Schema: wallet; Owner: bankroll_owner

CREATE TABLE wallet.wallet (
    bucket integer NOT NULL,
    id bigint NOT NULL,
    player bigint NOT NULL,
    cash bigint DEFAULT 0 NOT NULL,
    bonus bigint DEFAULT 0 NOT NULL,
    held bigint DEFAULT 0 NOT NULL,
    overdraft bigint DEFAULT 0 NOT NULL,
    seq bigint DEFAULT 0 NOT NULL,
    recorded_at timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    status wallet.wallet_status DEFAULT 'open'::wallet.wallet_status NOT NULL,
    player_status wallet.player_status DEFAULT 'active'::wallet.player_status NOT NULL,
    currency text NOT NULL COLLATE pg_catalog."C",
    brand text,
    CONSTRAINT balances_bounded CHECK (((cash <= '9000000000000000000'::bigint) AND (bonus <= '9000000000000000000'::bigint) AND (held <= '9000000000000000000'::bigint) AND (overdraft <= '9000000000000000000'::bigint))),
    CONSTRAINT bonus_not_negative CHECK ((bonus >= 0)),
    CONSTRAINT cash_above_overdraft CHECK ((cash >= (- overdraft))),
    CONSTRAINT held_not_negative CHECK ((held >= 0)),
    CONSTRAINT overdraft_not_negative CHECK ((overdraft >= 0))
)
WITH (fillfactor='50', vacuum_truncate=off, autovacuum_vacuum_scale_factor='0.05');

ALTER TABLE wallet.wallet OWNER TO bankroll_owner;

-- Name: exchange_record; Type: VIEW; Schema: wallet; Owner: bankroll_owner

CREATE VIEW wallet.exchange_record AS
 SELECT e.received_at,
    e.request_id,
    e.provider_account,
    a.slug AS provider_account_slug,
    e.wallet,
    y.external_id AS player_external_id,
    e.status,
    e.duration_us,
    e.outcome,
    e.verb,
    e.key,
    e.round,
    e.request,
    e.answer
   FROM (((wallet.exchange e
     JOIN wallet.provider_account a ON ((a.id = e.provider_account)))
     LEFT JOIN wallet.wallet w ON (((w.bucket = 0) AND (w.id = e.wallet))))
     LEFT JOIN wallet.player y ON (((y.bucket = w.bucket) AND (y.id = w.player))));

ALTER VIEW wallet.exchange_record OWNER TO bankroll_owner;

-- Name: external_id; Type: TABLE; Schema: wallet; Owner: bankroll_owner

CREATE TABLE wallet.external_id (
    provider_account integer NOT NULL,
    external_id text NOT NULL COLLATE pg_catalog."C",
    bucket integer NOT NULL,
    wallet bigint NOT NULL,
    currency_code text NOT NULL COLLATE pg_catalog."C"
);

ALTER TABLE wallet.external_id OWNER TO bankroll_owner;

-- Name: free_rounds_issue; Type: TABLE; Schema: wallet; Owner: bankroll_owner

CREATE TABLE wallet.free_rounds_issue (
    provider_account integer NOT NULL,
    issue text NOT NULL COLLATE pg_catalog."C",
    bucket integer NOT NULL,
    wallet bigint NOT NULL,
    external_id text NOT NULL COLLATE pg_catalog."C",
    currency_code text NOT NULL COLLATE pg_catalog."C",
    games text[] NOT NULL,
    quantity integer NOT NULL,
    bet_level integer,
    bet_value bigint,
    options jsonb DEFAULT '{}'::jsonb NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    state wallet.free_rounds_state DEFAULT 'requested'::wallet.free_rounds_state NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    changed_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT a_beginning_before_the_end CHECK ((starts_at < expires_at)),
    CONSTRAINT bet_is_positive CHECK (((bet_value > 0) AND (bet_level > 0))),
    CONSTRAINT rounds_are_counted CHECK (((quantity >= 1) AND (quantity <= 100000)))
);

ALTER TABLE wallet.free_rounds_issue OWNER TO bankroll_owner;

-- Name: free_rounds; Type: VIEW; Schema: wallet; Owner: bankroll_owner

CREATE VIEW wallet.free_rounds AS
 SELECT f.provider_account,
    f.issue,
    f.external_id,
    f.bucket,
    f.wallet,
    w.player,
    w.currency,
    f.currency_code,
    f.games,
    f.quantity,
    f.bet_level,
    f.bet_value,
    f.options,
    f.starts_at,
    f.expires_at,
    f.state,
    f.created_at,
    f.changed_at
   FROM (wallet.free_rounds_issue f
     JOIN wallet.wallet w ON (((w.bucket = f.bucket) AND (w.id = f.wallet))));

ALTER VIEW wallet.free_rounds OWNER TO bankroll_owner;

-- Name: game; Type: TABLE; Schema: wallet; Owner: bankroll_owner

CREATE TABLE wallet.game (
    id integer NOT NULL,
    provider_account integer NOT NULL,
    code text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL,
    enabled boolean DEFAULT true NOT NULL,
    type wallet.game_type DEFAULT 'other'::wallet.game_type NOT NULL,
    rtp numeric,
    demo boolean DEFAULT true NOT NULL,
    allowed_countries text[] DEFAULT '{}'::text[] NOT NULL,
    refused_countries text[] DEFAULT '{}'::text[] NOT NULL,
    allowed_currencies text[] DEFAULT '{}'::text[] NOT NULL,
    refused_currencies text[] DEFAULT '{}'::text[] NOT NULL,
    changed_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT nothing_listed_is_null CHECK ((array_position((((allowed_countries || refused_countries) || allowed_currencies) || refused_currencies), NULL::text) IS NULL)),
    CONSTRAINT rtp_is_a_share CHECK (((rtp > (0)::numeric) AND (rtp <= (100)::numeric) AND (scale(rtp) <= 4)))
);

ALTER TABLE wallet.game OWNER TO bankroll_owner;

-- Name: game_id_seq; Type: SEQUENCE; Schema: wallet; Owner: bankroll_owner

ALTER TABLE wallet.game ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME wallet.game_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

-- Name: games; Type: VIEW; Schema: wallet; Owner: bankroll_owner

CREATE VIEW wallet.games AS
 SELECT id,
    provider_account,
    code,
    name,
    enabled,
    type,
    rtp,
    demo,
    allowed_countries,
    refused_countries,
    allowed_currencies,
    refused_currencies,
    changed_at
   FROM wallet.game g;

ALTER VIEW wallet.games OWNER TO bankroll_owner;

-- Name: house_balance; Type: TABLE; Schema: wallet; Owner: bankroll_owner

CREATE TABLE wallet.house_balance (
    bucket integer NOT NULL,
    house wallet.house NOT NULL,
    provider_account integer NOT NULL,
    currency text NOT NULL COLLATE pg_catalog."C",
    lane integer NOT NULL,
    balance numeric NOT NULL
)
WITH (fillfactor='50', vacuum_truncate=off);

ALTER TABLE wallet.house_balance OWNER TO bankroll_owner;

-- Name: house_totals; Type: VIEW; Schema: wallet; Owner: bankroll_owner

CREATE VIEW wallet.house_totals AS
 SELECT bucket,
    house,
    provider_account,
    currency,
    sum(balance) AS balance
   FROM wallet.house_balance h
  GROUP BY bucket, house, provider_account, currency;

ALTER VIEW wallet.house_totals OWNER TO bankroll_owner;

-- Name: installation; Type: TABLE; Schema: wallet; Owner: bankroll_owner

CREATE TABLE wallet.installation (
    only_row boolean DEFAULT true NOT NULL,
    restore_epoch smallint DEFAULT 1 NOT NULL,
    buckets integer DEFAULT 1 NOT NULL,
    CONSTRAINT installation_buckets_check CHECK ((buckets > 0)),
    CONSTRAINT installation_only_row_check CHECK (only_row)
);

ALTER TABLE wallet.installation OWNER TO bankroll_owner;

-- Name: journal; Type: VIEW; Schema: wallet; Owner: bankroll_owner

CREATE VIEW wallet.journal AS
 SELECT bucket,
    id,
    restore_epoch,
    wallet,
    seq,
    recorded_at,
    writer,
    provider_account,
    kind,
    key,
    round,
    currency
   FROM wallet.posting p;

ALTER VIEW wallet.journal OWNER TO bankroll_owner;

-- Name: lane; Type: TABLE; Schema: wallet; Owner: bankroll_owner

CREATE TABLE wallet.lane (
    id integer NOT NULL,
    epoch bigint NOT NULL,
    leased_until timestamp with time zone NOT NULL
)
WITH (fillfactor='50', vacuum_truncate=off);

ALTER TABLE wallet.lane OWNER TO bankroll_owner;

-- Name: large_adjustment; Type: TABLE; Schema: wallet; Owner: bankroll_owner

CREATE TABLE wallet.large_adjustment (
    bucket integer NOT NULL,
    key text NOT NULL COLLATE pg_catalog."C",
    wallet bigint NOT NULL,
    amount bigint NOT NULL,
    reason text NOT NULL,
    requested_by text NOT NULL,
    requested_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    approved_by text,
    approved_at timestamp with time zone,
    expires_at timestamp with time zone DEFAULT (clock_timestamp() + '1 day'::interval) NOT NULL,
    CONSTRAINT approval_has_its_time CHECK (((approved_by IS NULL) = (approved_at IS NULL))),
    CONSTRAINT two_actors CHECK ((approved_by <> requested_by))
);

ALTER TABLE wallet.large_adjustment OWNER TO bankroll_owner;

-- Name: large_adjustments; Type: VIEW; Schema: wallet; Owner: bankroll_owner

CREATE VIEW wallet.large_adjustments AS
 SELECT a.bucket,
    a.key,
    y.external_id AS player_external_id,
    w.currency,
    a.amount,
    a.reason,
    a.requested_by,
    a.requested_at,
    a.approved_by,
    a.approved_at,
    (EXISTS ( SELECT
           FROM wallet.posting p
          WHERE ((p.bucket = a.bucket) AND (p.provider_account = 0) AND (p.key = a.key)))) AS posted,
    a.expires_at
   FROM ((wallet.large_adjustment a
     JOIN wallet.wallet w ON (((w.bucket = a.bucket) AND (w.id = a.wallet))))
     JOIN wallet.player y ON (((y.bucket = w.bucket) AND (y.id = w.player))));

ALTER VIEW wallet.large_adjustments OWNER TO bankroll_owner;

-- Name: leg; Type: VIEW; Schema: wallet; Owner: bankroll_owner

CREATE VIEW wallet.leg AS
 SELECT p.bucket,
    p.id AS posting,
    p.wallet,
    p.provider_account,
    p.house,
    p.currency,
    p.house_amount AS amount,
    p.seq
   FROM wallet.posting p
UNION ALL
 SELECT p.bucket,
    p.id AS posting,
    p.wallet,
    p.provider_account,
    other.house,
    p.currency,
    other.amount,
    p.seq
   FROM (wallet.posting p
     CROSS JOIN LATERAL UNNEST(p.other_houses, p.other_amounts) other(house, amount))
  WHERE (p.other_houses IS NOT NULL);

ALTER VIEW wallet.leg OWNER TO bankroll_owner;

-- Name: migration; Type: TABLE; Schema: wallet; Owner: bankroll_owner

CREATE TABLE wallet.migration (
    name text NOT NULL,
    sha256 text NOT NULL,
    applied_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

ALTER TABLE wallet.migration OWNER TO bankroll_owner;

-- Name: migrations; Type: VIEW; Schema: wallet; Owner: bankroll_owner

CREATE VIEW wallet.migrations AS
 SELECT name,
    applied_at
   FROM wallet.migration m;

ALTER VIEW wallet.migrations OWNER TO bankroll_owner;

-- Name: named_wallets; Type: VIEW; Schema: wallet; Owner: bankroll_owner

CREATE VIEW wallet.named_wallets AS
 SELECT e.provider_account,
    e.external_id,
    e.bucket,
    e.wallet,
    w.player,
    w.currency,
    e.currency_code
   FROM (wallet.external_id e
     JOIN wallet.wallet w ON (((w.bucket = e.bucket) AND (w.id = e.wallet))));

ALTER VIEW wallet.named_wallets OWNER TO bankroll_owner;

-- Name: player_id_seq; Type: SEQUENCE; Schema: wallet; Owner: bankroll_owner

ALTER TABLE wallet.player ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME wallet.player_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

-- Name: players; Type: VIEW; Schema: wallet; Owner: bankroll_owner

CREATE VIEW wallet.players AS
 SELECT bucket,
    id,
    external_id,
    status,
    country,
    jurisdiction,
    brand,
    affiliate,
    birth_date,
    language,
    registered_at,
    labels,
    test,
    erased_at
   FROM wallet.player p;

ALTER VIEW wallet.players OWNER TO bankroll_owner;

-- Name: posting_id; Type: SEQUENCE; Schema: wallet; Owner: bankroll_owner

CREATE SEQUENCE wallet.posting_id
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 32;

ALTER SEQUENCE wallet.posting_id OWNER TO bankroll_owner;

-- Name: provider_account_id_seq; Type: SEQUENCE; Schema: wallet; Owner: bankroll_owner

ALTER TABLE wallet.provider_account ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME wallet.provider_account_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

-- Name: provider_accounts; Type: VIEW; Schema: wallet; Owner: bankroll_owner

CREATE VIEW wallet.provider_accounts AS
 SELECT id,
    slug,
    protocol,
    environment,
    state,
    secrets,
    own_secret,
    policy,
    manners,
    settings,
    allowed_networks,
    base_url,
    currencies,
    deadline_ms,
    keep_exchanges,
    certification,
    changed_at
   FROM wallet.provider_account a
  WHERE (id <> 0);

ALTER VIEW wallet.provider_accounts OWNER TO bankroll_owner;

-- Name: restoration; Type: VIEW; Schema: wallet; Owner: bankroll_owner

CREATE VIEW wallet.restoration AS
 SELECT restore_epoch
   FROM wallet.installation i;

ALTER VIEW wallet.restoration OWNER TO bankroll_owner;

-- Name: round_summary; Type: VIEW; Schema: wallet; Owner: bankroll_owner

CREATE VIEW wallet.round_summary AS
 SELECT r.bucket,
    r.provider_account,
    a.slug AS provider_account_slug,
    r.wallet,
    w.player,
    y.external_id AS player_external_id,
    w.currency,
    r.round,
    r.game,
    g.code AS game_code,
    r.first_seq,
    r.last_seq,
    r.stake_cash,
    r.stake_bonus,
    r.win_cash,
    r.win_bonus,
    r.bets,
    r.live_bets,
    r.wins,
    r.closed,
    r.opened_at,
    r.changed_at
   FROM ((((wallet.round r
     JOIN wallet.wallet w ON (((w.bucket = r.bucket) AND (w.id = r.wallet))))
     JOIN wallet.player y ON (((y.bucket = w.bucket) AND (y.id = w.player))))
     JOIN wallet.provider_account a ON ((a.id = r.provider_account)))
     LEFT JOIN wallet.game g ON ((g.id = r.game)));

ALTER VIEW wallet.round_summary OWNER TO bankroll_owner;

-- Name: session; Type: TABLE; Schema: wallet; Owner: bankroll_owner

CREATE TABLE wallet.session (
    id bigint NOT NULL,
    bucket integer NOT NULL,
    player bigint NOT NULL,
    wallet bigint NOT NULL,
    provider_account integer NOT NULL,
    external_id text NOT NULL COLLATE pg_catalog."C",
    currency_code text NOT NULL COLLATE pg_catalog."C",
    game text COLLATE pg_catalog."C",
    channel text,
    country text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone
)
WITH (fillfactor='80');

ALTER TABLE wallet.session OWNER TO bankroll_owner;

-- Name: session_id_seq; Type: SEQUENCE; Schema: wallet; Owner: bankroll_owner

ALTER TABLE wallet.session ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME wallet.session_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

-- Name: session_token; Type: TABLE; Schema: wallet; Owner: bankroll_owner

CREATE TABLE wallet.session_token (
    digest bytea NOT NULL,
    session bigint NOT NULL,
    launch boolean DEFAULT false NOT NULL,
    superseded_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE wallet.session_token OWNER TO bankroll_owner;

-- Name: sessions; Type: VIEW; Schema: wallet; Owner: bankroll_owner

CREATE VIEW wallet.sessions AS
 SELECT id,
    bucket,
    player,
    wallet,
    provider_account,
    external_id,
    currency_code,
    game,
    channel,
    country,
    created_at,
    expires_at,
    revoked_at,
        CASE
            WHEN (expires_at <= now()) THEN 'session_expired'::wallet.status
            WHEN (revoked_at IS NOT NULL) THEN 'session_revoked'::wallet.status
            ELSE NULL::wallet.status
        END AS defect
   FROM wallet.session s;

ALTER VIEW wallet.sessions OWNER TO bankroll_owner;

-- Name: session_tokens; Type: VIEW; Schema: wallet; Owner: bankroll_owner

CREATE VIEW wallet.session_tokens AS
 SELECT k.digest,
    k.launch,
    k.superseded_at,
    s.id AS session,
    s.bucket,
    s.player,
    s.wallet,
    s.provider_account,
    s.external_id,
    s.currency_code,
    s.game,
    s.channel,
    s.expires_at,
        CASE
            WHEN (k.superseded_at IS NOT NULL) THEN 'session_superseded'::wallet.status
            WHEN (s.defect IS NOT NULL) THEN s.defect
            WHEN k.launch THEN 'session_unknown'::wallet.status
            ELSE NULL::wallet.status
        END AS defect,
    now() AS read_at
   FROM (wallet.session_token k
     JOIN wallet.sessions s ON ((s.id = k.session)));

ALTER VIEW wallet.session_tokens OWNER TO bankroll_owner;

-- Name: table_vitals; Type: VIEW; Schema: wallet; Owner: bankroll_owner

CREATE VIEW wallet.table_vitals AS
 SELECT hot.name,
    (sum(pg_total_relation_size((c.oid)::regclass)))::bigint AS bytes,
    (sum(pg_stat_get_live_tuples(c.oid)))::bigint AS live_rows,
    (sum(pg_stat_get_dead_tuples(c.oid)))::bigint AS dead_rows,
    max(age(c.relfrozenxid)) AS transaction_id_age,
    min(GREATEST(pg_stat_get_last_vacuum_time(c.oid), pg_stat_get_last_autovacuum_time(c.oid))) AS vacuumed_at
   FROM ((unnest(ARRAY['posting'::text, 'wallet'::text, 'round'::text, 'reversal'::text, 'house_balance'::text, 'lane'::text, 'session'::text, 'session_token'::text, 'exchange'::text]) hot(name)
     LEFT JOIN LATERAL pg_partition_tree((('wallet.'::text || hot.name))::regclass) part(relid, parentrelid, isleaf, level) ON (part.isleaf))
     JOIN pg_class c ON ((c.oid = (COALESCE(part.relid, (('wallet.'::text || hot.name))::regclass))::oid)))
  GROUP BY hot.name;

ALTER VIEW wallet.table_vitals OWNER TO bankroll_owner;

-- Name: transaction; Type: VIEW; Schema: wallet; Owner: bankroll_owner

CREATE VIEW wallet.transaction AS
 SELECT p.bucket,
    p.id,
    p.restore_epoch,
    p.wallet,
    p.seq,
    p.recorded_at,
    p.writer,
    w.player,
    y.external_id AS player_external_id,
    p.provider_account,
    a.slug AS provider_account_slug,
    p.kind,
    p.key,
    p.amount,
    p.currency,
    p.cash,
    p.bonus,
    p.held,
    p.cash_after,
    p.bonus_after,
    p.held_after,
    p.nominal,
    p.reference,
    p.scope,
    p.original,
    p.original_kind,
    r.whole AS reversed_whole,
    r.kind AS reversed_by_kind,
    r.reversal AS reversed_by,
    p.round,
    p.end_round,
    p.late,
    p.game,
    g.code AS game_code,
    p.session,
    p.brand,
    p.channel,
    p.occurred_at,
    p.actor,
    p.reason,
    p.metadata
   FROM (((((wallet.posting p
     JOIN wallet.wallet w ON (((w.bucket = p.bucket) AND (w.id = p.wallet))))
     JOIN wallet.player y ON (((y.bucket = w.bucket) AND (y.id = w.player))))
     JOIN wallet.provider_account a ON ((a.id = p.provider_account)))
     LEFT JOIN wallet.game g ON ((g.id = p.game)))
     LEFT JOIN wallet.reversal r ON (((r.bucket = p.bucket) AND (r.posting = p.id))));

ALTER VIEW wallet.transaction OWNER TO bankroll_owner;

-- Name: trial_balance; Type: VIEW; Schema: wallet; Owner: bankroll_owner

CREATE VIEW wallet.trial_balance AS
 SELECT currency,
    sum(wallets) AS wallets,
    sum(house) AS house,
    (sum(wallets) + sum(house)) AS drift
   FROM ( SELECT w.currency,
            (((w.cash)::numeric + (w.bonus)::numeric) + (w.held)::numeric) AS wallets,
            (0)::numeric AS house
           FROM wallet.wallet w
        UNION ALL
         SELECT h.currency,
            0,
            h.balance
           FROM wallet.house_balance h) sides
  GROUP BY currency;

ALTER VIEW wallet.trial_balance OWNER TO bankroll_owner;

-- Name: verify_amounts; Type: VIEW; Schema: wallet; Owner: bankroll_owner

CREATE VIEW wallet.verify_amounts AS
 SELECT format('posting %s of wallet %s'::text, id, wallet) AS subject,
    format('%s of %s'::text, kind, amount) AS expected,
    format('cash %s, bonus %s, held %s'::text, cash, bonus, held) AS found,
        CASE
            WHEN (kind = 'bet'::wallet.kind) THEN ((((cash)::numeric + (bonus)::numeric) = ((- amount))::numeric) AND (cash <= 0) AND (bonus <= 0) AND (held = 0))
            WHEN (kind = ANY (ARRAY['tip'::wallet.kind, 'buy_in'::wallet.kind])) THEN ((cash = (- amount)) AND (bonus = 0) AND (held = 0))
            WHEN (kind = 'win'::wallet.kind) THEN ((((cash)::numeric + (bonus)::numeric) = (amount)::numeric) AND (cash >= 0) AND (bonus >= 0) AND (held = 0))
            WHEN (kind = ANY (ARRAY['promo_win'::wallet.kind, 'jackpot_win'::wallet.kind, 'payout'::wallet.kind, 'correction'::wallet.kind, 'deposit'::wallet.kind, 'adjustment'::wallet.kind])) THEN ((cash = amount) AND (bonus = 0) AND (held = 0))
            WHEN (kind = ANY (ARRAY['free_bet'::wallet.kind, 'round_close'::wallet.kind, 'tombstone'::wallet.kind])) THEN ((cash = 0) AND (bonus = 0) AND (held = 0))
            WHEN (kind = 'withdrawal_hold'::wallet.kind) THEN ((cash = (- amount)) AND (bonus = 0) AND (held = amount))
            WHEN (kind = 'withdrawal_release'::wallet.kind) THEN ((held <= 0) AND (cash = (- held)) AND (bonus = 0))
            WHEN (kind = 'withdrawal'::wallet.kind) THEN ((held <= 0) AND ((held = 0) OR (NOT late)) AND (cash = 0) AND (bonus = 0))
            WHEN (kind = 'bonus_grant'::wallet.kind) THEN ((cash = 0) AND (bonus = amount) AND (held = 0))
            WHEN (kind = 'bonus_convert'::wallet.kind) THEN ((cash = amount) AND (bonus = (- amount)) AND (held = 0))
            WHEN (kind = 'bonus_forfeit'::wallet.kind) THEN ((cash = 0) AND (bonus = (- amount)) AND (held = 0))
            ELSE NULL::boolean
        END AS sound,
    wallet,
    seq
   FROM wallet.posting p
  WHERE (kind <> ALL (ARRAY['refund'::wallet.kind, 'rollback'::wallet.kind]));

ALTER VIEW wallet.verify_amounts OWNER TO bankroll_owner;

-- Name: verify_books; Type: VIEW; Schema: wallet; Owner: bankroll_owner

CREATE VIEW wallet.verify_books AS
 SELECT currency AS subject,
    '0'::text AS expected,
    (sum(amount))::text AS found,
    (sum(amount) = (0)::numeric) AS sound
   FROM ( SELECT w.currency,
            (((w.cash)::numeric + (w.bonus)::numeric) + (w.held)::numeric) AS amount
           FROM wallet.wallet w
        UNION ALL
         SELECT h.currency,
            h.balance
           FROM wallet.house_balance h) sides
  GROUP BY currency;

ALTER VIEW wallet.verify_books OWNER TO bankroll_owner;

-- Name: verify_chains; Type: VIEW; Schema: wallet; Owner: bankroll_owner

CREATE VIEW wallet.verify_chains AS
 SELECT format('posting %s of wallet %s, seq %s'::text, p.id, p.wallet, p.seq) AS subject,
    format('%s / %s / %s'::text, ((COALESCE(before.cash_after, (0)::bigint))::numeric + (p.cash)::numeric), ((COALESCE(before.bonus_after, (0)::bigint))::numeric + (p.bonus)::numeric), ((COALESCE(before.held_after, (0)::bigint))::numeric + (p.held)::numeric)) AS expected,
    format('%s / %s / %s'::text, p.cash_after, p.bonus_after, p.held_after) AS found,
    (((p.cash_after)::numeric = ((COALESCE(before.cash_after, (0)::bigint))::numeric + (p.cash)::numeric)) AND ((p.bonus_after)::numeric = ((COALESCE(before.bonus_after, (0)::bigint))::numeric + (p.bonus)::numeric)) AND ((p.held_after)::numeric = ((COALESCE(before.held_after, (0)::bigint))::numeric + (p.held)::numeric)) AND (p.bonus_after >= 0) AND (p.held_after >= 0)) AS sound,
    p.wallet,
    p.seq
   FROM (wallet.posting p
     LEFT JOIN wallet.posting before ON (((before.bucket = p.bucket) AND (before.wallet = p.wallet) AND (before.seq = (p.seq - 1)))));

ALTER VIEW wallet.verify_chains OWNER TO bankroll_owner;

-- Name: verify_given_back; Type: VIEW; Schema: wallet; Owner: bankroll_owner

CREATE VIEW wallet.verify_given_back AS
 SELECT format('wallet %s, %s of account %s'::text, wallet, COALESCE((house)::text, 'no house'::text), provider_account) AS subject,
    (COALESCE(moved.amount, (0)::numeric))::text AS expected,
    (COALESCE(kept.amount, (0)::numeric))::text AS found,
    (COALESCE(moved.amount, (0)::numeric) = COALESCE(kept.amount, (0)::numeric)) AS sound,
    wallet
   FROM (( SELECT l.bucket,
            l.wallet,
            l.provider_account,
            l.house,
            (- sum(l.amount)) AS amount
           FROM (wallet.leg l
             JOIN wallet.posting p ON (((p.bucket = l.bucket) AND (p.id = l.posting) AND (p.wallet = l.wallet))))
          WHERE ((p.kind = ANY (ARRAY['refund'::wallet.kind, 'rollback'::wallet.kind])) AND (l.house <> 'house_loss'::wallet.house))
          GROUP BY l.bucket, l.wallet, l.provider_account, l.house) moved
     FULL JOIN ( SELECT r.bucket,
            r.wallet,
            p.provider_account,
            wallet.house_of(p.kind) AS house,
            sum(((r.cash)::numeric + (r.bonus)::numeric)) AS amount
           FROM (wallet.reversal r
             LEFT JOIN wallet.posting p ON (((p.bucket = r.bucket) AND (p.id = r.posting) AND (p.wallet = r.wallet))))
          WHERE (r.kind = ANY (ARRAY['refund'::wallet.kind, 'rollback'::wallet.kind]))
          GROUP BY r.bucket, r.wallet, p.provider_account, (wallet.house_of(p.kind))) kept USING (bucket, wallet, provider_account, house));

ALTER VIEW wallet.verify_given_back OWNER TO bankroll_owner;

-- Name: verify_held; Type: VIEW; Schema: wallet; Owner: bankroll_owner

CREATE VIEW wallet.verify_held AS
 SELECT format('wallet %s'::text, w.id) AS subject,
    (COALESCE(open.amount, (0)::numeric))::text AS expected,
    (w.held)::text AS found,
    ((w.held)::numeric = COALESCE(open.amount, (0)::numeric)) AS sound,
    w.id AS wallet
   FROM (wallet.wallet w
     LEFT JOIN ( SELECT p.bucket,
            p.wallet,
            sum(p.held) AS amount
           FROM wallet.posting p
          WHERE ((p.kind = 'withdrawal_hold'::wallet.kind) AND (NOT (EXISTS ( SELECT
                   FROM wallet.reversal r
                  WHERE ((r.bucket = p.bucket) AND (r.posting = p.id) AND (r.wallet = p.wallet))))))
          GROUP BY p.bucket, p.wallet) open ON (((open.bucket = w.bucket) AND (open.wallet = w.id))));

ALTER VIEW wallet.verify_held OWNER TO bankroll_owner;

-- Name: verify_houses; Type: VIEW; Schema: wallet; Owner: bankroll_owner

CREATE VIEW wallet.verify_houses AS
 SELECT format('posting %s of wallet %s'::text, p.id, p.wallet) AS subject,
    format('%s%s: %s'::text, p.kind, COALESCE((' of '::text || p.original_kind), ''::text),
        CASE
            WHEN (p.kind = ANY (ARRAY['refund'::wallet.kind, 'rollback'::wallet.kind])) THEN (COALESCE((own.house)::text, 'those of its round or call'::text) || ', house_loss where the wallet is empty'::text)
            WHEN ((p.kind = 'withdrawal'::wallet.kind) AND p.late) THEN format('%s, receivables'::text, own.house)
            ELSE (own.house)::text
        END) AS expected,
    format('%s %s%s'::text, p.house, p.house_amount, COALESCE(format(', %s %s'::text, p.other_houses, p.other_amounts), ''::text)) AS found,
        CASE
            WHEN (p.kind = ANY (ARRAY['refund'::wallet.kind, 'rollback'::wallet.kind])) THEN (((p.house = own.house) OR ((own.house IS NULL) AND (p.house = ANY (ARRAY['game_revenue'::wallet.house, 'bonus_cost'::wallet.house, 'jackpot_pool'::wallet.house])))) AND ((p.other_houses IS NULL) OR (p.other_houses <@
            CASE
                WHEN (own.house IS NULL) THEN ARRAY['bonus_cost'::wallet.house, 'jackpot_pool'::wallet.house, 'house_loss'::wallet.house]
                WHEN (p.original_kind = 'tombstone'::wallet.kind) THEN '{}'::wallet.house[]
                ELSE ARRAY['house_loss'::wallet.house]
            END)) AND (NOT (EXISTS ( SELECT
               FROM UNNEST(p.other_houses, p.other_amounts) other(house, amount)
              WHERE ((other.house = 'house_loss'::wallet.house) AND (((other.amount < 0) AND ((p.cash_after <= 0) OR (p.bonus_after = 0))) IS NOT TRUE))))))
            WHEN ((p.kind = 'withdrawal'::wallet.kind) AND p.late) THEN ((p.house = own.house) AND (p.house_amount >= 0) AND (p.other_houses = ARRAY['receivables'::wallet.house]))
            ELSE ((p.house = own.house) AND (p.other_houses IS NULL))
        END AS sound,
    p.wallet,
    p.seq
   FROM (wallet.posting p
     CROSS JOIN LATERAL ( SELECT
                CASE
                    WHEN (p.kind <> ALL (ARRAY['refund'::wallet.kind, 'rollback'::wallet.kind])) THEN wallet.house_of(p.kind)
                    WHEN ((p.scope = 'key'::wallet.scope) OR (p.original_kind = 'tombstone'::wallet.kind)) THEN wallet.house_of(p.original_kind)
                    ELSE NULL::wallet.house
                END AS house) own);

ALTER VIEW wallet.verify_houses OWNER TO bankroll_owner;

-- Name: verify_ids; Type: VIEW; Schema: wallet; Owner: bankroll_owner

CREATE VIEW wallet.verify_ids AS
 SELECT format('posting %s'::text, id) AS subject,
    '1 posting'::text AS expected,
    format('%s postings'::text, count(*)) AS found,
    (count(*) = 1) AS sound,
    id
   FROM wallet.posting p
  GROUP BY bucket, id;

ALTER VIEW wallet.verify_ids OWNER TO bankroll_owner;

-- Name: verify_keys; Type: VIEW; Schema: wallet; Owner: bankroll_owner

CREATE VIEW wallet.verify_keys AS
 SELECT format('key %s of account %s'::text, p.key, p.provider_account) AS subject,
    '1 posting'::text AS expected,
    format('%s postings'::text, under.postings) AS found,
    (under.postings = 1) AS sound,
    p.wallet,
    p.seq
   FROM (wallet.posting p
     CROSS JOIN LATERAL ( SELECT count(*) AS postings
           FROM wallet.posting same
          WHERE ((same.bucket = p.bucket) AND (same.provider_account = p.provider_account) AND (same.key = p.key))) under);

ALTER VIEW wallet.verify_keys OWNER TO bankroll_owner;

-- Name: verify_legs; Type: VIEW; Schema: wallet; Owner: bankroll_owner

CREATE VIEW wallet.verify_legs AS
 SELECT format('posting %s of wallet %s'::text, p.id, p.wallet) AS subject,
    '0'::text AS expected,
        CASE
            WHEN legs.whole THEN (legs.total)::text
            ELSE format('%s, further legs %s of %s'::text, legs.total, COALESCE((p.other_amounts)::text, 'none'::text), COALESCE((p.other_houses)::text, 'none'::text))
        END AS found,
    ((legs.total = (0)::numeric) AND legs.whole) AS sound,
    p.wallet,
    p.seq
   FROM (wallet.posting p
     CROSS JOIN LATERAL ( SELECT (((((p.cash)::numeric + (p.bonus)::numeric) + (p.held)::numeric) + (p.house_amount)::numeric) + COALESCE(sum(other.amount), (0)::numeric)) AS total,
            COALESCE(bool_and(((other.house IS NOT NULL) AND (other.amount IS NOT NULL))), true) AS whole
           FROM UNNEST(p.other_houses, p.other_amounts) other(house, amount)) legs);

ALTER VIEW wallet.verify_legs OWNER TO bankroll_owner;

-- Name: verify_owners; Type: VIEW; Schema: wallet; Owner: bankroll_owner

CREATE VIEW wallet.verify_owners AS
 SELECT one.subject,
    format('wallet %s in %s'::text, one.wallet, COALESCE(w.currency, 'any currency'::text)) AS expected,
        CASE
            WHEN (w.id IS NULL) THEN 'no such wallet'::text
            ELSE COALESCE(one.currency, 'its wallet'::text)
        END AS found,
    ((w.id IS NOT NULL) AND COALESCE((one.currency = w.currency), true)) AS sound,
    one.wallet,
    one.seq
   FROM (( SELECT format('posting %s'::text, p.id) AS subject,
            p.bucket,
            p.wallet,
            p.seq,
            p.currency
           FROM wallet.posting p
        UNION ALL
         SELECT format('round %s of account %s'::text, k.round, k.provider_account) AS subject,
            k.bucket,
            k.wallet,
            k.last_seq AS seq,
            NULL::text AS currency
           FROM wallet.round k
        UNION ALL
         SELECT format('reversal of posting %s'::text, r.posting) AS subject,
            r.bucket,
            r.wallet,
            '9223372036854775807'::bigint AS seq,
            NULL::text AS currency
           FROM wallet.reversal r) one
     LEFT JOIN wallet.wallet w ON (((w.bucket = one.bucket) AND (w.id = one.wallet))));

ALTER VIEW wallet.verify_owners OWNER TO bankroll_owner;

-- Name: verify_players; Type: VIEW; Schema: wallet; Owner: bankroll_owner

CREATE VIEW wallet.verify_players AS
 SELECT format('wallet %s'::text, w.id) AS subject,
    format('player %s, %s'::text, w.player, COALESCE((p.status)::text, 'who exists'::text)) AS expected,
        CASE
            WHEN (p.id IS NULL) THEN 'no such player'::text
            ELSE (w.player_status)::text
        END AS found,
    COALESCE((p.status = w.player_status), false) AS sound,
    w.id AS wallet
   FROM (wallet.wallet w
     LEFT JOIN LATERAL ( SELECT one.id,
            one.status
           FROM wallet.player one
          WHERE ((one.bucket = w.bucket) AND (one.id = w.player))
         LIMIT 1) p ON (true));

ALTER VIEW wallet.verify_players OWNER TO bankroll_owner;

-- Name: verify_references; Type: VIEW; Schema: wallet; Owner: bankroll_owner

CREATE VIEW wallet.verify_references AS
 SELECT format('%s %s of wallet %s'::text, p.kind, p.id, p.wallet) AS subject,
        CASE
            WHEN (o.id IS NULL) THEN 'nothing'::text
            ELSE format('%s %s'::text, o.kind, o.id)
        END AS expected,
        CASE
            WHEN (p.original IS NULL) THEN 'nothing'::text
            ELSE format('%s %s'::text, p.original_kind, p.original)
        END AS found,
    ((NOT (p.original IS DISTINCT FROM o.id)) AND (NOT (p.original_kind IS DISTINCT FROM o.kind)) AND
        CASE
            WHEN (p.kind = 'win'::wallet.kind) THEN ((o.id IS NULL) OR (o.kind = ANY (ARRAY['bet'::wallet.kind, 'free_bet'::wallet.kind])))
            WHEN (p.kind = ANY (ARRAY['refund'::wallet.kind, 'rollback'::wallet.kind])) THEN COALESCE((((o.kind = 'tombstone'::wallet.kind) AND (o.seq = (p.seq - 1))) OR wallet.reversible(
            CASE
                WHEN (p.scope = 'round'::wallet.scope) THEN 'rollback'::wallet.kind
                ELSE p.kind
            END, o.kind)), false)
            WHEN (p.kind = ANY (ARRAY['withdrawal'::wallet.kind, 'withdrawal_release'::wallet.kind])) THEN COALESCE((o.kind = 'withdrawal_hold'::wallet.kind), false)
            ELSE true
        END) AS sound,
    p.wallet,
    p.seq
   FROM (wallet.posting p
     LEFT JOIN LATERAL ( SELECT under.id,
            under.kind,
            under.seq
           FROM ( SELECT q.id,
                    q.kind,
                    q.seq,
                    q.wallet
                   FROM wallet.posting q
                  WHERE ((p.scope <> 'round'::wallet.scope) AND (q.bucket = p.bucket) AND (q.provider_account = p.provider_account) AND (q.key = p.reference))
                 LIMIT 1) under
          WHERE ((under.wallet = p.wallet) AND (under.seq < p.seq) AND ((p.kind = ANY (ARRAY['win'::wallet.kind, 'refund'::wallet.kind, 'rollback'::wallet.kind, 'withdrawal'::wallet.kind, 'withdrawal_release'::wallet.kind])) OR ((p.kind = ANY (ARRAY['promo_win'::wallet.kind, 'jackpot_win'::wallet.kind, 'payout'::wallet.kind, 'correction'::wallet.kind])) AND (under.kind <> 'tombstone'::wallet.kind))))
        UNION ALL
        ( SELECT q.id,
            q.kind,
            q.seq
           FROM wallet.posting q
          WHERE ((p.scope = 'round'::wallet.scope) AND (p.kind = ANY (ARRAY['refund'::wallet.kind, 'rollback'::wallet.kind])) AND (q.bucket = p.bucket) AND (q.wallet = p.wallet) AND (q.provider_account = p.provider_account) AND (q.round = p.round) AND wallet.reversible('rollback'::wallet.kind, q.kind) AND (q.seq < p.seq) AND (q.seq >= ( SELECT k.first_seq
                   FROM wallet.round k
                  WHERE ((k.bucket = p.bucket) AND (k.wallet = p.wallet) AND (k.provider_account = p.provider_account) AND (k.round = p.round)))))
          ORDER BY q.seq
         LIMIT 1)) o ON (true))
  WHERE (p.kind <> 'tombstone'::wallet.kind);

ALTER VIEW wallet.verify_references OWNER TO bankroll_owner;

-- Name: verify_reversals; Type: VIEW; Schema: wallet; Owner: bankroll_owner

CREATE VIEW wallet.verify_reversals AS
 SELECT format('reversal of posting %s of wallet %s'::text, r.posting, r.wallet) AS subject,
        CASE
            WHEN (p.id IS NULL) THEN 'a posting of this wallet'::text
            ELSE format('%s of %s: cash %s, bonus %s'::text, p.kind, p.amount, (- p.cash), (- p.bonus))
        END AS expected,
    format('%s %s of %s: cash %s, bonus %s, whole %s'::text, COALESCE((v.kind)::text, 'no such'::text), r.reversal, r.amount, r.cash, r.bonus, r.whole) AS found,
    COALESCE(((v.seq > p.seq) AND (v.kind = r.kind) AND
        CASE
            WHEN (r.kind = ANY (ARRAY['refund'::wallet.kind, 'rollback'::wallet.kind])) THEN ((((p.provider_account = v.provider_account) AND
            CASE v.scope
                WHEN 'round'::wallet.scope THEN (p.round = v.round)
                WHEN 'call'::wallet.scope THEN (p.call_id = named.call_id)
                ELSE (p.id = named.id)
            END AND wallet.reversible(r.kind, p.kind)) OR ((p.kind = 'win'::wallet.kind) AND (EXISTS ( SELECT
               FROM wallet.posting bet
              WHERE ((bet.bucket = r.bucket) AND (bet.wallet = r.wallet) AND (bet.provider_account = v.provider_account) AND (bet.kind = ANY (ARRAY['bet'::wallet.kind, 'free_bet'::wallet.kind])) AND ((bet.key = p.reference) OR ((p.reference IS NULL) AND (bet.round = p.round))) AND ( SELECT given.whole
                       FROM wallet.reversal given
                      WHERE ((given.bucket = bet.bucket) AND (given.posting = bet.id))) AND
                    CASE v.scope
                        WHEN 'round'::wallet.scope THEN (bet.round = v.round)
                        WHEN 'call'::wallet.scope THEN (bet.call_id = named.call_id)
                        ELSE (bet.id = named.id)
                    END AND (bet.seq < p.seq) AND (bet.seq <=
                    CASE v.scope
                        WHEN 'round'::wallet.scope THEN p.seq
                        WHEN 'call'::wallet.scope THEN (named.seq + 512)
                        ELSE named.seq
                    END) AND (bet.seq >=
                    CASE v.scope
                        WHEN 'round'::wallet.scope THEN ( SELECT k.first_seq
                           FROM wallet.round k
                          WHERE ((k.bucket = v.bucket) AND (k.wallet = v.wallet) AND (k.provider_account = v.provider_account) AND (k.round = v.round)))
                        WHEN 'call'::wallet.scope THEN (named.seq - 512)
                        ELSE named.seq
                    END)))))) AND
            CASE
                WHEN r.whole THEN ((r.amount = p.amount) AND (r.cash = (- p.cash)) AND (r.bonus = (- p.bonus)))
                ELSE ((r.amount > 0) AND (r.amount < p.amount) AND ((r.cash)::double precision = (sign(((- p.cash))::double precision) * (div(((abs(p.cash))::numeric * (r.amount)::numeric), (NULLIF(p.amount, 0))::numeric))::double precision)) AND (((r.cash + r.bonus))::double precision = (sign((((- p.cash) - p.bonus))::double precision) * (r.amount)::double precision)))
            END)
            WHEN (r.kind = 'withdrawal'::wallet.kind) THEN ((p.kind = 'withdrawal_hold'::wallet.kind) AND r.whole AND ((r.amount = p.amount) AND (r.cash = 0) AND (r.bonus = 0)))
            WHEN (r.kind = 'withdrawal_release'::wallet.kind) THEN ((p.kind = 'withdrawal_hold'::wallet.kind) AND ((r.amount = p.amount) AND (r.cash = p.amount) AND (r.bonus = 0)))
            ELSE false
        END), false) AS sound,
    r.wallet
   FROM (((wallet.reversal r
     LEFT JOIN wallet.posting p ON (((p.bucket = r.bucket) AND (p.id = r.posting) AND (p.wallet = r.wallet))))
     LEFT JOIN wallet.posting v ON (((v.bucket = r.bucket) AND (v.id = r.reversal) AND (v.wallet = r.wallet))))
     LEFT JOIN wallet.posting named ON (((named.bucket = r.bucket) AND (named.id = v.original) AND (named.wallet = r.wallet))));

ALTER VIEW wallet.verify_reversals OWNER TO bankroll_owner;

-- Name: verify_reversing; Type: VIEW; Schema: wallet; Owner: bankroll_owner

CREATE VIEW wallet.verify_reversing AS
 SELECT format('%s %s of wallet %s'::text, v.kind, v.id, v.wallet) AS subject,
    format('a reversal of posting %s'::text, v.original) AS expected,
        CASE
            WHEN (r.posting IS NULL) THEN 'none'::text
            WHEN (NOT confirmed.once) THEN 'confirmed twice'::text
            WHEN (forgotten.id IS NOT NULL) THEN format('posting %s of the same %s is not given back'::text, forgotten.id,
            CASE v.scope
                WHEN 'key'::wallet.scope THEN 'bet'::text
                ELSE (v.scope)::text
            END)
            ELSE format('%s by posting %s, whole %s'::text, r.kind, r.reversal, r.whole)
        END AS found,
    COALESCE(((r.posting = v.original) AND confirmed.once AND (forgotten.id IS NULL) AND
        CASE
            WHEN ((v.kind = 'withdrawal'::wallet.kind) AND v.late) THEN (r.whole AND (r.kind = 'withdrawal_release'::wallet.kind) AND (v.house_amount = r.amount))
            WHEN (v.kind = 'withdrawal'::wallet.kind) THEN (r.whole AND (r.kind = 'withdrawal'::wallet.kind) AND (r.reversal = v.id) AND ((v.held)::numeric = ((- r.amount))::numeric))
            WHEN (v.kind = 'withdrawal_release'::wallet.kind) THEN ((r.kind = 'withdrawal_release'::wallet.kind) AND (r.reversal = v.id) AND ((v.held)::numeric = ((- r.amount))::numeric))
            ELSE true
        END), false) AS sound,
    v.wallet,
    v.seq
   FROM ((((wallet.posting v
     LEFT JOIN wallet.reversal r ON (((r.bucket = v.bucket) AND (r.posting = v.original) AND (r.wallet = v.wallet))))
     CROSS JOIN LATERAL ( SELECT ((NOT ((v.kind = 'withdrawal'::wallet.kind) AND v.late)) OR (1 = ( SELECT count(*) AS count
                   FROM wallet.posting other
                  WHERE ((other.bucket = v.bucket) AND (other.wallet = v.wallet) AND (other.original = v.original) AND (other.kind = 'withdrawal'::wallet.kind) AND other.late)))) AS once) confirmed)
     LEFT JOIN LATERAL ( SELECT q.seq,
            q.op_index,
            q.call_id,
            q.kind,
            q.round
           FROM wallet.posting q
          WHERE ((v.scope = ANY (ARRAY['key'::wallet.scope, 'call'::wallet.scope])) AND (q.bucket = v.bucket) AND (q.provider_account = v.provider_account) AND (q.key = v.reference))
         LIMIT 1) named ON (true))
     LEFT JOIN LATERAL ( SELECT p.id
           FROM wallet.posting p
          WHERE ((v.kind = ANY (ARRAY['refund'::wallet.kind, 'rollback'::wallet.kind])) AND ((v.scope <> 'key'::wallet.scope) OR (named.kind = ANY (ARRAY['bet'::wallet.kind, 'free_bet'::wallet.kind]))) AND (p.bucket = v.bucket) AND (p.wallet = v.wallet) AND (p.provider_account = v.provider_account) AND
                CASE v.scope
                    WHEN 'key'::wallet.scope THEN ((p.kind = 'win'::wallet.kind) AND ((p.reference = v.reference) OR ((p.reference IS NULL) AND (p.round = named.round))))
                    WHEN 'call'::wallet.scope THEN (p.call_id = named.call_id)
                    ELSE (p.round = v.round)
                END AND wallet.reversible('rollback'::wallet.kind, p.kind) AND (NOT COALESCE(( SELECT g.whole
                   FROM wallet.reversal g
                  WHERE ((g.bucket = p.bucket) AND (g.posting = p.id))), false)) AND (p.seq < v.seq) AND (p.seq <=
                CASE v.scope
                    WHEN 'call'::wallet.scope THEN COALESCE(( SELECT q.seq
                       FROM wallet.posting q
                      WHERE ((q.bucket = v.bucket) AND (q.wallet = v.wallet) AND (q.seq > named.seq) AND (q.call_id <> named.call_id))
                      ORDER BY q.seq
                     LIMIT 1), v.seq)
                    ELSE v.seq
                END) AND (p.seq >=
                CASE v.scope
                    WHEN 'key'::wallet.scope THEN named.seq
                    WHEN 'call'::wallet.scope THEN (named.seq - (2 * named.op_index))
                    ELSE ( SELECT COALESCE(( SELECT q.seq
                               FROM wallet.posting q
                              WHERE ((q.bucket = v.bucket) AND (q.wallet = v.wallet) AND (q.seq < v.seq) AND (q.seq >= k.first_seq) AND (q.provider_account = v.provider_account) AND (q.round = v.round) AND (q.scope = 'round'::wallet.scope) AND (q.kind = ANY (ARRAY['refund'::wallet.kind, 'rollback'::wallet.kind])))
                              ORDER BY q.seq DESC
                             LIMIT 1), k.first_seq) AS "coalesce"
                       FROM wallet.round k
                      WHERE ((k.bucket = v.bucket) AND (k.wallet = v.wallet) AND (k.provider_account = v.provider_account) AND (k.round = v.round)))
                END))
          ORDER BY p.seq
         LIMIT 1) forgotten ON (true))
  WHERE ((v.kind = ANY (ARRAY['refund'::wallet.kind, 'rollback'::wallet.kind, 'withdrawal'::wallet.kind, 'withdrawal_release'::wallet.kind])) AND (v.original_kind IS DISTINCT FROM 'tombstone'::wallet.kind));

ALTER VIEW wallet.verify_reversing OWNER TO bankroll_owner;

-- Name: verify_rounds; Type: VIEW; Schema: wallet; Owner: bankroll_owner

CREATE VIEW wallet.verify_rounds AS
 SELECT format('round %s of wallet %s, account %s'::text, one.round, one.wallet, one.provider_account) AS subject,
    format('%s, last seq %s at %s'::text, one.summed, one.summed_last, one.summed_changed) AS expected,
    format('%s, last seq %s at %s'::text, one.kept, one.kept_last, one.kept_changed) AS found,
    COALESCE(((one.summed = one.kept) AND (((one.kept_last = one.summed_last) AND (one.kept_changed = one.summed_changed)) OR ((one.kept_last > one.summed_last) AND (one.kept_changed = newest.recorded_at) AND (newest.scope = 'call'::wallet.scope)))), false) AS sound,
    one.wallet
   FROM (( SELECT bucket,
            wallet,
            provider_account,
            round,
            summed.sums AS summed,
            summed.last_seq AS summed_last,
            summed.changed_at AS summed_changed,
            kept.sums AS kept,
            kept.last_seq AS kept_last,
            kept.changed_at AS kept_changed
           FROM (( SELECT p.bucket,
                    p.provider_account,
                    p.wallet,
                    p.round,
                    GREATEST(max(p.seq), max(v.seq)) AS last_seq,
                    GREATEST(max(p.recorded_at), max(v.recorded_at)) AS changed_at,
                    ROW(min(p.seq), min(p.recorded_at), (array_agg(p.game ORDER BY p.seq) FILTER (WHERE (p.game IS NOT NULL)))[1], COALESCE(sum(((- p.cash) - COALESCE(r.cash, (0)::bigint))) FILTER (WHERE (p.kind = 'bet'::wallet.kind)), (0)::numeric), COALESCE(sum(((- p.bonus) - COALESCE(r.bonus, (0)::bigint))) FILTER (WHERE (p.kind = 'bet'::wallet.kind)), (0)::numeric), COALESCE(sum((p.cash + COALESCE(r.cash, (0)::bigint))) FILTER (WHERE (p.kind = 'win'::wallet.kind)), (0)::numeric), COALESCE(sum((p.bonus + COALESCE(r.bonus, (0)::bigint))) FILTER (WHERE (p.kind = 'win'::wallet.kind)), (0)::numeric), count(*) FILTER (WHERE ((p.kind = ANY (ARRAY['bet'::wallet.kind, 'free_bet'::wallet.kind])) OR ((p.kind = 'refund'::wallet.kind) AND (p.original_kind = 'tombstone'::wallet.kind)))), count(*) FILTER (WHERE ((p.kind = ANY (ARRAY['bet'::wallet.kind, 'free_bet'::wallet.kind])) AND (NOT COALESCE(r.whole, false)))), count(*) FILTER (WHERE (p.kind = 'win'::wallet.kind)), bool_or(p.end_round)) AS sums
                   FROM ((wallet.posting p
                     LEFT JOIN wallet.reversal r ON (((r.bucket = p.bucket) AND (r.posting = p.id) AND (r.wallet = p.wallet))))
                     LEFT JOIN wallet.posting v ON (((v.bucket = r.bucket) AND (v.id = r.reversal) AND (v.wallet = r.wallet))))
                  WHERE ((p.round IS NOT NULL) AND (p.kind <> 'tombstone'::wallet.kind))
                  GROUP BY p.bucket, p.provider_account, p.wallet, p.round) summed
             FULL JOIN ( SELECT k.bucket,
                    k.provider_account,
                    k.wallet,
                    k.round,
                    k.last_seq,
                    k.changed_at,
                    ROW(k.first_seq, k.opened_at, k.game, (k.stake_cash)::numeric, (k.stake_bonus)::numeric, (k.win_cash)::numeric, (k.win_bonus)::numeric, (k.bets)::bigint, (k.live_bets)::bigint, (k.wins)::bigint, k.closed) AS sums
                   FROM wallet.round k) kept USING (bucket, provider_account, wallet, round))) one
     LEFT JOIN wallet.posting newest ON (((newest.bucket = one.bucket) AND (newest.wallet = one.wallet) AND (newest.seq = one.kept_last) AND (one.kept_last <> one.summed_last))));

ALTER VIEW wallet.verify_rounds OWNER TO bankroll_owner;

-- Name: verify_sequences; Type: VIEW; Schema: wallet; Owner: bankroll_owner

CREATE VIEW wallet.verify_sequences AS
 SELECT format('posting %s of wallet %s'::text, p.id, p.wallet) AS subject,
        CASE
            WHEN (before.seq IS NULL) THEN 'seq 1'::text
            ELSE format('seq %s not before %s'::text, p.seq, before.recorded_at)
        END AS expected,
    format('seq %s at %s'::text, p.seq, p.recorded_at) AS found,
    (((p.seq = 1) OR (before.seq IS NOT NULL)) AND (p.seq >= 1) AND (p.recorded_at >= COALESCE(before.recorded_at, '-infinity'::timestamp with time zone))) AS sound,
    p.wallet,
    p.seq
   FROM (wallet.posting p
     LEFT JOIN wallet.posting before ON (((before.bucket = p.bucket) AND (before.wallet = p.wallet) AND (before.seq = (p.seq - 1)))));

ALTER VIEW wallet.verify_sequences OWNER TO bankroll_owner;

-- Name: verify_tombstones; Type: VIEW; Schema: wallet; Owner: bankroll_owner

CREATE VIEW wallet.verify_tombstones AS
 SELECT format('tombstone %s of wallet %s under key %s'::text, t.id, t.wallet, t.key) AS subject,
    'its reversal, and nothing live'::text AS expected,
        CASE
            WHEN (r.id IS NULL) THEN 'no such reversal'::text
            WHEN (live.id IS NOT NULL) THEN format('posting %s is live'::text, live.id)
            ELSE format('reversal %s'::text, r.id)
        END AS found,
    ((r.id IS NOT NULL) AND (live.id IS NULL)) AS sound,
    t.wallet,
    t.seq
   FROM ((wallet.posting t
     LEFT JOIN wallet.posting r ON (((r.bucket = t.bucket) AND (r.wallet = t.wallet) AND (r.seq = (t.seq + 1)) AND (r.id = t.original) AND (r.original = t.id) AND (r.original_kind = 'tombstone'::wallet.kind) AND (r.kind = ANY (ARRAY['refund'::wallet.kind, 'rollback'::wallet.kind])) AND (r.kind = t.original_kind) AND (r.reference = t.key) AND (r.call_id = t.call_id) AND ((r.cash = 0) AND (r.bonus = 0) AND (r.held = 0)))))
     LEFT JOIN wallet.posting live ON (((live.bucket = t.bucket) AND (live.provider_account = t.provider_account) AND (live.key = t.key) AND (live.kind <> 'tombstone'::wallet.kind))))
  WHERE (t.kind = 'tombstone'::wallet.kind);

ALTER VIEW wallet.verify_tombstones OWNER TO bankroll_owner;

-- Name: verify_wallets; Type: VIEW; Schema: wallet; Owner: bankroll_owner

CREATE VIEW wallet.verify_wallets AS
 SELECT format('wallet %s'::text, w.id) AS subject,
    format('cash %s, bonus %s, held %s, overdraft %s, seq %s'::text, sums.cash, sums.bonus, sums.held, GREATEST((0)::numeric, (- sums.cash)), sums.postings) AS expected,
    format('cash %s, bonus %s, held %s, overdraft %s, seq %s'::text, w.cash, w.bonus, w.held, w.overdraft, w.seq) AS found,
    (((w.cash)::numeric = COALESCE(sums.cash, (0)::numeric)) AND ((w.bonus)::numeric = COALESCE(sums.bonus, (0)::numeric)) AND ((w.held)::numeric = COALESCE(sums.held, (0)::numeric)) AND ((w.overdraft)::numeric = GREATEST((0)::numeric, (- COALESCE(sums.cash, (0)::numeric)))) AND (w.seq = COALESCE(sums.postings, (0)::bigint)) AND (w.recorded_at = COALESCE(sums.recorded_at, '-infinity'::timestamp with time zone))) AS sound,
    w.id AS wallet
   FROM (wallet.wallet w
     LEFT JOIN ( SELECT p.bucket,
            p.wallet,
            sum(p.cash) AS cash,
            sum(p.bonus) AS bonus,
            sum(p.held) AS held,
            count(*) FILTER (WHERE (p.seq > 0)) AS postings,
            max(p.recorded_at) AS recorded_at
           FROM wallet.posting p
          GROUP BY p.bucket, p.wallet) sums ON (((sums.bucket = w.bucket) AND (sums.wallet = w.id))));

ALTER VIEW wallet.verify_wallets OWNER TO bankroll_owner;

-- Name: wallet_id_seq; Type: SEQUENCE; Schema: wallet; Owner: bankroll_owner

ALTER TABLE wallet.wallet ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME wallet.wallet_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

-- Name: wallets; Type: VIEW; Schema: wallet; Owner: bankroll_owner

CREATE VIEW wallet.wallets AS
 SELECT bucket,
    id,
    player,
    currency,
    cash,
    bonus,
    held,
    overdraft,
    seq,
    recorded_at,
    status,
    player_status,
    brand
   FROM wallet.wallet w;

ALTER VIEW wallet.wallets OWNER TO bankroll_owner;

-- Name: exchange_default; Type: TABLE ATTACH; Schema: wallet; Owner: bankroll_owner

ALTER TABLE ONLY wallet.exchange ATTACH PARTITION wallet.exchange_default DEFAULT;

-- Name: api_key api_key_digest_key; Type: CONSTRAINT; Schema: wallet; Owner: bankroll_owner

ALTER TABLE ONLY wallet.api_key
    ADD CONSTRAINT api_key_digest_key UNIQUE (digest);

-- Name: api_key api_key_pkey; Type: CONSTRAINT; Schema: wallet; Owner: bankroll_owner

ALTER TABLE ONLY wallet.api_key
    ADD CONSTRAINT api_key_pkey PRIMARY KEY (id);

-- Name: audit_entry audit_entry_pkey; Type: CONSTRAINT; Schema: wallet; Owner: bankroll_owner

ALTER TABLE ONLY wallet.audit_entry
    ADD CONSTRAINT audit_entry_pkey PRIMARY KEY (id);

-- Name: catalogue_version catalogue_version_pkey; Type: CONSTRAINT; Schema: wallet; Owner: bankroll_owner

ALTER TABLE ONLY wallet.catalogue_version
    ADD CONSTRAINT catalogue_version_pkey PRIMARY KEY (only_row);

-- Name: currency currency_pkey; Type: CONSTRAINT; Schema: wallet; Owner: bankroll_owner

ALTER TABLE ONLY wallet.currency
    ADD CONSTRAINT currency_pkey PRIMARY KEY (code);

-- Name: external_id external_id_pkey; Type: CONSTRAINT; Schema: wallet; Owner: bankroll_owner

ALTER TABLE ONLY wallet.external_id
    ADD CONSTRAINT external_id_pkey PRIMARY KEY (provider_account, external_id);

-- Name: external_id external_id_provider_account_bucket_wallet_currency_code_key; Type: CONSTRAINT; Schema: wallet; Owner: bankroll_owner

ALTER TABLE ONLY wallet.external_id
    ADD CONSTRAINT external_id_provider_account_bucket_wallet_currency_code_key UNIQUE (provider_account, bucket, wallet, currency_code);

-- Name: free_rounds_issue free_rounds_issue_pkey; Type: CONSTRAINT; Schema: wallet; Owner: bankroll_owner

ALTER TABLE ONLY wallet.free_rounds_issue
    ADD CONSTRAINT free_rounds_issue_pkey PRIMARY KEY (provider_account, issue);

-- Name: game game_pkey; Type: CONSTRAINT; Schema: wallet; Owner: bankroll_owner

ALTER TABLE ONLY wallet.game
    ADD CONSTRAINT game_pkey PRIMARY KEY (id);

-- Name: game game_provider_account_code_key; Type: CONSTRAINT; Schema: wallet; Owner: bankroll_owner

ALTER TABLE ONLY wallet.game
    ADD CONSTRAINT game_provider_account_code_key UNIQUE (provider_account, code);

-- Name: house_balance house_balance_pkey; Type: CONSTRAINT; Schema: wallet; Owner: bankroll_owner

ALTER TABLE ONLY wallet.house_balance
    ADD CONSTRAINT house_balance_pkey PRIMARY KEY (house, provider_account, currency, lane, bucket);

-- Name: installation installation_pkey; Type: CONSTRAINT; Schema: wallet; Owner: bankroll_owner

ALTER TABLE ONLY wallet.installation
    ADD CONSTRAINT installation_pkey PRIMARY KEY (only_row);

-- Name: posting key_unique; Type: CONSTRAINT; Schema: wallet; Owner: bankroll_owner

ALTER TABLE ONLY wallet.posting
    ADD CONSTRAINT key_unique UNIQUE (key, provider_account, bucket);

-- Name: lane lane_pkey; Type: CONSTRAINT; Schema: wallet; Owner: bankroll_owner

ALTER TABLE ONLY wallet.lane
    ADD CONSTRAINT lane_pkey PRIMARY KEY (id);

-- Name: large_adjustment large_adjustment_pkey; Type: CONSTRAINT; Schema: wallet; Owner: bankroll_owner

ALTER TABLE ONLY wallet.large_adjustment
    ADD CONSTRAINT large_adjustment_pkey PRIMARY KEY (key, bucket);

-- Name: migration migration_pkey; Type: CONSTRAINT; Schema: wallet; Owner: bankroll_owner

ALTER TABLE ONLY wallet.migration
    ADD CONSTRAINT migration_pkey PRIMARY KEY (name);

-- Name: personal_data personal_data_pkey; Type: CONSTRAINT; Schema: wallet; Owner: bankroll_owner

ALTER TABLE ONLY wallet.personal_data
    ADD CONSTRAINT personal_data_pkey PRIMARY KEY (player, bucket);

-- Name: player player_external_id_bucket_key; Type: CONSTRAINT; Schema: wallet; Owner: bankroll_owner

ALTER TABLE ONLY wallet.player
    ADD CONSTRAINT player_external_id_bucket_key UNIQUE (external_id, bucket);

-- Name: player player_pkey; Type: CONSTRAINT; Schema: wallet; Owner: bankroll_owner

ALTER TABLE ONLY wallet.player
    ADD CONSTRAINT player_pkey PRIMARY KEY (id, bucket);

-- Name: posting posting_pkey; Type: CONSTRAINT; Schema: wallet; Owner: bankroll_owner

ALTER TABLE ONLY wallet.posting
    ADD CONSTRAINT posting_pkey PRIMARY KEY (wallet, seq, bucket);

-- Name: provider_account provider_account_pkey; Type: CONSTRAINT; Schema: wallet; Owner: bankroll_owner

ALTER TABLE ONLY wallet.provider_account
    ADD CONSTRAINT provider_account_pkey PRIMARY KEY (id);

-- Name: provider_account provider_account_slug_key; Type: CONSTRAINT; Schema: wallet; Owner: bankroll_owner

ALTER TABLE ONLY wallet.provider_account
    ADD CONSTRAINT provider_account_slug_key UNIQUE (slug);

-- Name: reversal reversal_pkey; Type: CONSTRAINT; Schema: wallet; Owner: bankroll_owner

ALTER TABLE ONLY wallet.reversal
    ADD CONSTRAINT reversal_pkey PRIMARY KEY (posting, bucket);

-- Name: round round_pkey; Type: CONSTRAINT; Schema: wallet; Owner: bankroll_owner

ALTER TABLE ONLY wallet.round
    ADD CONSTRAINT round_pkey PRIMARY KEY (wallet, round, provider_account, bucket);

-- Name: session session_pkey; Type: CONSTRAINT; Schema: wallet; Owner: bankroll_owner

ALTER TABLE ONLY wallet.session
    ADD CONSTRAINT session_pkey PRIMARY KEY (id);

-- Name: session_token session_token_pkey; Type: CONSTRAINT; Schema: wallet; Owner: bankroll_owner

ALTER TABLE ONLY wallet.session_token
    ADD CONSTRAINT session_token_pkey PRIMARY KEY (digest);

-- Name: wallet wallet_pkey; Type: CONSTRAINT; Schema: wallet; Owner: bankroll_owner

ALTER TABLE ONLY wallet.wallet
    ADD CONSTRAINT wallet_pkey PRIMARY KEY (id, bucket);

-- Name: wallet wallet_player_currency_bucket_key; Type: CONSTRAINT; Schema: wallet; Owner: bankroll_owner

ALTER TABLE ONLY wallet.wallet
    ADD CONSTRAINT wallet_player_currency_bucket_key UNIQUE (player, currency, bucket);

-- Name: audit_entry_by_name; Type: INDEX; Schema: wallet; Owner: bankroll_owner

CREATE INDEX audit_entry_by_name ON wallet.audit_entry USING btree (subject, name, id);

-- Name: audit_entry_of_player; Type: INDEX; Schema: wallet; Owner: bankroll_owner

CREATE INDEX audit_entry_of_player ON wallet.audit_entry USING btree (player, id) WHERE (player IS NOT NULL);

-- Name: exchange_by_key; Type: INDEX; Schema: wallet; Owner: bankroll_owner

CREATE INDEX exchange_by_key ON ONLY wallet.exchange USING btree (provider_account, key, received_at);

-- Name: exchange_by_round; Type: INDEX; Schema: wallet; Owner: bankroll_owner

CREATE INDEX exchange_by_round ON ONLY wallet.exchange USING btree (provider_account, wallet, round, received_at);

-- Name: exchange_by_time; Type: INDEX; Schema: wallet; Owner: bankroll_owner

CREATE INDEX exchange_by_time ON ONLY wallet.exchange USING brin (received_at) WITH (pages_per_range='32', autosummarize='on');

-- Name: exchange_default_provider_account_key_received_at_idx; Type: INDEX; Schema: wallet; Owner: bankroll_owner

CREATE INDEX exchange_default_provider_account_key_received_at_idx ON wallet.exchange_default USING btree (provider_account, key, received_at);

-- Name: exchange_default_provider_account_wallet_round_received_at_idx; Type: INDEX; Schema: wallet; Owner: bankroll_owner

CREATE INDEX exchange_default_provider_account_wallet_round_received_at_idx ON wallet.exchange_default USING btree (provider_account, wallet, round, received_at);

-- Name: exchange_default_received_at_idx; Type: INDEX; Schema: wallet; Owner: bankroll_owner

CREATE INDEX exchange_default_received_at_idx ON wallet.exchange_default USING brin (received_at) WITH (pages_per_range='32', autosummarize='on');

-- Name: free_rounds_of_wallet; Type: INDEX; Schema: wallet; Owner: bankroll_owner

CREATE INDEX free_rounds_of_wallet ON wallet.free_rounds_issue USING btree (bucket, wallet, created_at);

-- Name: posting_id_and_time; Type: INDEX; Schema: wallet; Owner: bankroll_owner

CREATE INDEX posting_id_and_time ON wallet.posting USING brin (id, recorded_at) WITH (pages_per_range='32', autosummarize='on');

-- Name: reversal_wallet; Type: INDEX; Schema: wallet; Owner: bankroll_owner

CREATE INDEX reversal_wallet ON wallet.reversal USING btree (wallet);

-- Name: session_of_player; Type: INDEX; Schema: wallet; Owner: bankroll_owner

CREATE INDEX session_of_player ON wallet.session USING btree (bucket, player, id);

-- Name: token_of_session; Type: INDEX; Schema: wallet; Owner: bankroll_owner

CREATE INDEX token_of_session ON wallet.session_token USING btree (session);

-- Name: exchange_default_provider_account_key_received_at_idx; Type: INDEX ATTACH; Schema: wallet; Owner: bankroll_owner

ALTER INDEX wallet.exchange_by_key ATTACH PARTITION wallet.exchange_default_provider_account_key_received_at_idx;

-- Name: exchange_default_provider_account_wallet_round_received_at_idx; Type: INDEX ATTACH; Schema: wallet; Owner: bankroll_owner

ALTER INDEX wallet.exchange_by_round ATTACH PARTITION wallet.exchange_default_provider_account_wallet_round_received_at_idx;

-- Name: exchange_default_received_at_idx; Type: INDEX ATTACH; Schema: wallet; Owner: bankroll_owner

ALTER INDEX wallet.exchange_by_time ATTACH PARTITION wallet.exchange_default_received_at_idx;

-- Name: api_key api_key_audited; Type: TRIGGER; Schema: wallet; Owner: bankroll_owner

CREATE TRIGGER api_key_audited AFTER INSERT OR DELETE OR UPDATE OF name, digest, scopes, created_at, expires_at, revoked_at ON wallet.api_key FOR EACH ROW EXECUTE FUNCTION wallet.record_change('id', 'always', 'name', 'scopes', 'created_at', 'expires_at', 'revoked_at');

ALTER TABLE wallet.api_key ENABLE ALWAYS TRIGGER api_key_audited;

-- Name: audit_entry audit_append_only; Type: TRIGGER; Schema: wallet; Owner: bankroll_owner

CREATE TRIGGER audit_append_only BEFORE DELETE OR UPDATE ON wallet.audit_entry FOR EACH ROW EXECUTE FUNCTION wallet.refuse_audit_change();

ALTER TABLE wallet.audit_entry ENABLE ALWAYS TRIGGER audit_append_only;

-- Name: audit_entry audit_never_truncated; Type: TRIGGER; Schema: wallet; Owner: bankroll_owner

CREATE TRIGGER audit_never_truncated BEFORE TRUNCATE ON wallet.audit_entry FOR EACH STATEMENT EXECUTE FUNCTION wallet.refuse_audit_change();

ALTER TABLE wallet.audit_entry ENABLE ALWAYS TRIGGER audit_never_truncated;

-- Name: free_rounds_issue free_rounds_audited; Type: TRIGGER; Schema: wallet; Owner: bankroll_owner

CREATE TRIGGER free_rounds_audited AFTER INSERT OR DELETE OR UPDATE ON wallet.free_rounds_issue FOR EACH ROW EXECUTE FUNCTION wallet.record_change('issue', 'authored', 'provider_account', 'wallet', 'games', 'quantity', 'bet_level', 'bet_value', 'starts_at', 'expires_at', 'state');

ALTER TABLE wallet.free_rounds_issue ENABLE ALWAYS TRIGGER free_rounds_audited;

-- Name: game game_audited; Type: TRIGGER; Schema: wallet; Owner: bankroll_owner

CREATE TRIGGER game_audited AFTER INSERT OR DELETE OR UPDATE ON wallet.game FOR EACH ROW EXECUTE FUNCTION wallet.record_change('code', 'always', 'id', 'provider_account', 'name', 'enabled', 'type', 'rtp', 'demo', 'allowed_countries', 'refused_countries', 'allowed_currencies', 'refused_currencies');

ALTER TABLE wallet.game ENABLE ALWAYS TRIGGER game_audited;

-- Name: game game_changed; Type: TRIGGER; Schema: wallet; Owner: bankroll_owner

CREATE TRIGGER game_changed AFTER INSERT OR DELETE OR UPDATE ON wallet.game FOR EACH STATEMENT EXECUTE FUNCTION wallet.announce_change();

-- Name: posting journal_append_only; Type: TRIGGER; Schema: wallet; Owner: bankroll_owner

CREATE TRIGGER journal_append_only BEFORE DELETE OR UPDATE ON wallet.posting FOR EACH ROW EXECUTE FUNCTION wallet.refuse_change();

ALTER TABLE wallet.posting ENABLE ALWAYS TRIGGER journal_append_only;

-- Name: posting journal_never_truncated; Type: TRIGGER; Schema: wallet; Owner: bankroll_owner

CREATE TRIGGER journal_never_truncated BEFORE TRUNCATE ON wallet.posting FOR EACH STATEMENT EXECUTE FUNCTION wallet.refuse_change();

ALTER TABLE wallet.posting ENABLE ALWAYS TRIGGER journal_never_truncated;

-- Name: large_adjustment large_adjustment_audited; Type: TRIGGER; Schema: wallet; Owner: bankroll_owner

CREATE TRIGGER large_adjustment_audited AFTER INSERT OR DELETE OR UPDATE ON wallet.large_adjustment FOR EACH ROW EXECUTE FUNCTION wallet.record_change('key', 'always', 'amount', 'reason', 'requested_by', 'requested_at', 'approved_by', 'approved_at', 'expires_at');

ALTER TABLE wallet.large_adjustment ENABLE ALWAYS TRIGGER large_adjustment_audited;

-- Name: personal_data personal_data_audited; Type: TRIGGER; Schema: wallet; Owner: bankroll_owner

CREATE TRIGGER personal_data_audited AFTER INSERT OR DELETE OR UPDATE ON wallet.personal_data FOR EACH ROW EXECUTE FUNCTION wallet.record_change('player', 'always');

ALTER TABLE wallet.personal_data ENABLE ALWAYS TRIGGER personal_data_audited;

-- Name: player player_audited; Type: TRIGGER; Schema: wallet; Owner: bankroll_owner

CREATE TRIGGER player_audited AFTER INSERT OR DELETE OR UPDATE ON wallet.player FOR EACH ROW EXECUTE FUNCTION wallet.record_change('external_id', 'always', 'external_id', 'status', 'country', 'jurisdiction', 'brand', 'registered_at', 'test', 'erased_at');

ALTER TABLE wallet.player ENABLE ALWAYS TRIGGER player_audited;

-- Name: provider_account provider_account_audited; Type: TRIGGER; Schema: wallet; Owner: bankroll_owner

CREATE TRIGGER provider_account_audited AFTER INSERT OR DELETE OR UPDATE ON wallet.provider_account FOR EACH ROW EXECUTE FUNCTION wallet.record_change('slug', 'always', 'slug', 'protocol', 'environment', 'state', 'policy', 'manners', 'settings', 'allowed_networks', 'base_url', 'currencies', 'deadline_ms', 'keep_exchanges', 'certification', 'changed_at');

ALTER TABLE wallet.provider_account ENABLE ALWAYS TRIGGER provider_account_audited;

-- Name: provider_account provider_account_changed; Type: TRIGGER; Schema: wallet; Owner: bankroll_owner

CREATE TRIGGER provider_account_changed AFTER INSERT OR DELETE OR UPDATE ON wallet.provider_account FOR EACH STATEMENT EXECUTE FUNCTION wallet.announce_change();

-- Name: session session_begun; Type: TRIGGER; Schema: wallet; Owner: bankroll_owner

CREATE TRIGGER session_begun AFTER INSERT OR DELETE ON wallet.session FOR EACH ROW EXECUTE FUNCTION wallet.record_change('id', 'authored', 'wallet', 'provider_account', 'game', 'channel', 'country', 'expires_at', 'revoked_at');

ALTER TABLE wallet.session ENABLE ALWAYS TRIGGER session_begun;

-- Name: session session_ended; Type: TRIGGER; Schema: wallet; Owner: bankroll_owner

CREATE TRIGGER session_ended AFTER UPDATE ON wallet.session FOR EACH ROW WHEN (((new.expires_at < old.expires_at) OR (new.revoked_at IS DISTINCT FROM old.revoked_at))) EXECUTE FUNCTION wallet.record_change('id', 'authored', 'wallet', 'provider_account', 'game', 'channel', 'country', 'expires_at', 'revoked_at');

ALTER TABLE wallet.session ENABLE ALWAYS TRIGGER session_ended;

-- Name: session session_revoked; Type: TRIGGER; Schema: wallet; Owner: bankroll_owner

CREATE TRIGGER session_revoked AFTER UPDATE OF revoked_at ON wallet.session FOR EACH ROW WHEN (((old.revoked_at IS NULL) AND (new.revoked_at IS NOT NULL))) EXECUTE FUNCTION wallet.announce_revoked_session();

-- Name: session_token token_superseded; Type: TRIGGER; Schema: wallet; Owner: bankroll_owner

CREATE TRIGGER token_superseded AFTER UPDATE OF superseded_at ON wallet.session_token FOR EACH ROW WHEN (((NOT new.launch) AND (old.superseded_at IS NULL) AND (new.superseded_at IS NOT NULL))) EXECUTE FUNCTION wallet.announce_superseded_token();

-- Name: wallet wallet_audited; Type: TRIGGER; Schema: wallet; Owner: bankroll_owner

CREATE TRIGGER wallet_audited AFTER INSERT OR DELETE OR UPDATE OF status ON wallet.wallet FOR EACH ROW EXECUTE FUNCTION wallet.record_change('id', 'always', 'currency', 'status', 'brand');

ALTER TABLE wallet.wallet ENABLE ALWAYS TRIGGER wallet_audited;

-- Name: external_id external_id_provider_account_fkey; Type: FK CONSTRAINT; Schema: wallet; Owner: bankroll_owner

ALTER TABLE ONLY wallet.external_id
    ADD CONSTRAINT external_id_provider_account_fkey FOREIGN KEY (provider_account) REFERENCES wallet.provider_account(id);

-- Name: free_rounds_issue free_rounds_issue_provider_account_fkey; Type: FK CONSTRAINT; Schema: wallet; Owner: bankroll_owner

ALTER TABLE ONLY wallet.free_rounds_issue
    ADD CONSTRAINT free_rounds_issue_provider_account_fkey FOREIGN KEY (provider_account) REFERENCES wallet.provider_account(id);

-- Name: game game_provider_account_fkey; Type: FK CONSTRAINT; Schema: wallet; Owner: bankroll_owner

ALTER TABLE ONLY wallet.game
    ADD CONSTRAINT game_provider_account_fkey FOREIGN KEY (provider_account) REFERENCES wallet.provider_account(id);

-- Name: session session_provider_account_fkey; Type: FK CONSTRAINT; Schema: wallet; Owner: bankroll_owner

ALTER TABLE ONLY wallet.session
    ADD CONSTRAINT session_provider_account_fkey FOREIGN KEY (provider_account) REFERENCES wallet.provider_account(id);

-- Name: session_token session_token_session_fkey; Type: FK CONSTRAINT; Schema: wallet; Owner: bankroll_owner

ALTER TABLE ONLY wallet.session_token
    ADD CONSTRAINT session_token_session_fkey FOREIGN KEY (session) REFERENCES wallet.session(id);

-- Name: wallet wallet_currency_fkey; Type: FK CONSTRAINT; Schema: wallet; Owner: bankroll_owner

ALTER TABLE ONLY wallet.wallet
    ADD CONSTRAINT wallet_currency_fkey FOREIGN KEY (currency) REFERENCES wallet.currency(code);

-- Name: SCHEMA wallet; Type: ACL; Schema: -; Owner: bankroll_owner

GRANT USAGE ON SCHEMA wallet TO bankroll_service;

-- Name: FUNCTION total(amounts bigint[]); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.total(amounts bigint[]) FROM PUBLIC;

-- Name: FUNCTION announce_change(); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.announce_change() FROM PUBLIC;

-- Name: FUNCTION announce_revoked_session(); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.announce_revoked_session() FROM PUBLIC;

-- Name: FUNCTION announce_superseded_token(); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.announce_superseded_token() FROM PUBLIC;

-- Name: FUNCTION approve_adjustment(bucket integer, key text, wallet bigint, amount bigint, reason text, author wallet.author); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.approve_adjustment(bucket integer, key text, wallet bigint, amount bigint, reason text, author wallet.author) FROM PUBLIC;
GRANT ALL ON FUNCTION wallet.approve_adjustment(bucket integer, key text, wallet bigint, amount bigint, reason text, author wallet.author) TO bankroll_service;

-- Name: FUNCTION attach_token(session bigint, digest bytea); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.attach_token(session bigint, digest bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION wallet.attach_token(session bigint, digest bytea) TO bankroll_service;

-- Name: FUNCTION change_free_rounds(provider_account integer, issue text, state wallet.free_rounds_state, author wallet.author); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.change_free_rounds(provider_account integer, issue text, state wallet.free_rounds_state, author wallet.author) FROM PUBLIC;
GRANT ALL ON FUNCTION wallet.change_free_rounds(provider_account integer, issue text, state wallet.free_rounds_state, author wallet.author) TO bankroll_service;

-- Name: FUNCTION change_game(game integer, given jsonb, author wallet.author); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.change_game(game integer, given jsonb, author wallet.author) FROM PUBLIC;
GRANT ALL ON FUNCTION wallet.change_game(game integer, given jsonb, author wallet.author) TO bankroll_service;

-- Name: FUNCTION change_player_status(bucket integer, player bigint, from_statuses wallet.player_status[], to_status wallet.player_status, author wallet.author, OUT status wallet.player_status, OUT sessions bigint[]); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.change_player_status(bucket integer, player bigint, from_statuses wallet.player_status[], to_status wallet.player_status, author wallet.author, OUT status wallet.player_status, OUT sessions bigint[]) FROM PUBLIC;
GRANT ALL ON FUNCTION wallet.change_player_status(bucket integer, player bigint, from_statuses wallet.player_status[], to_status wallet.player_status, author wallet.author, OUT status wallet.player_status, OUT sessions bigint[]) TO bankroll_service;

-- Name: FUNCTION change_provider_account(slug text, seen timestamp with time zone, state wallet.account_state, policy jsonb, manners jsonb, settings jsonb, allowed_networks cidr[], base_url text, currencies jsonb, deadline_ms integer, keep_exchanges boolean, author wallet.author); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.change_provider_account(slug text, seen timestamp with time zone, state wallet.account_state, policy jsonb, manners jsonb, settings jsonb, allowed_networks cidr[], base_url text, currencies jsonb, deadline_ms integer, keep_exchanges boolean, author wallet.author) FROM PUBLIC;
GRANT ALL ON FUNCTION wallet.change_provider_account(slug text, seen timestamp with time zone, state wallet.account_state, policy jsonb, manners jsonb, settings jsonb, allowed_networks cidr[], base_url text, currencies jsonb, deadline_ms integer, keep_exchanges boolean, author wallet.author) TO bankroll_service;

-- Name: FUNCTION change_wallet_status(bucket integer, wallet bigint, status wallet.wallet_status, author wallet.author); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.change_wallet_status(bucket integer, wallet bigint, status wallet.wallet_status, author wallet.author) FROM PUBLIC;
GRANT ALL ON FUNCTION wallet.change_wallet_status(bucket integer, wallet bigint, status wallet.wallet_status, author wallet.author) TO bankroll_service;

-- Name: FUNCTION close_call(facts wallet.fact[], verdicts wallet.verdict[], first integer, last integer, failed_at integer, written integer); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.close_call(facts wallet.fact[], verdicts wallet.verdict[], first integer, last integer, failed_at integer, written integer) FROM PUBLIC;

-- Name: FUNCTION create_api_key(id integer, name text, digest bytea, scopes text[], expires_at timestamp with time zone, author wallet.author); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.create_api_key(id integer, name text, digest bytea, scopes text[], expires_at timestamp with time zone, author wallet.author) FROM PUBLIC;
GRANT ALL ON FUNCTION wallet.create_api_key(id integer, name text, digest bytea, scopes text[], expires_at timestamp with time zone, author wallet.author) TO bankroll_service;

-- Name: FUNCTION create_game(provider_account integer, game jsonb, author wallet.author); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.create_game(provider_account integer, game jsonb, author wallet.author) FROM PUBLIC;
GRANT ALL ON FUNCTION wallet.create_game(provider_account integer, game jsonb, author wallet.author) TO bankroll_service;

-- Name: FUNCTION create_player(external_id text, country text, jurisdiction text, brand text, affiliate text, birth_date date, language text, registered_at timestamp with time zone, labels text[], test boolean, personal_data jsonb, author wallet.author); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.create_player(external_id text, country text, jurisdiction text, brand text, affiliate text, birth_date date, language text, registered_at timestamp with time zone, labels text[], test boolean, personal_data jsonb, author wallet.author) FROM PUBLIC;
GRANT ALL ON FUNCTION wallet.create_player(external_id text, country text, jurisdiction text, brand text, affiliate text, birth_date date, language text, registered_at timestamp with time zone, labels text[], test boolean, personal_data jsonb, author wallet.author) TO bankroll_service;

-- Name: FUNCTION create_provider_account(slug text, protocol text, environment wallet.environment, secrets bytea[], policy jsonb, manners jsonb, settings jsonb, allowed_networks cidr[], base_url text, currencies jsonb, deadline_ms integer, keep_exchanges boolean, author wallet.author); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.create_provider_account(slug text, protocol text, environment wallet.environment, secrets bytea[], policy jsonb, manners jsonb, settings jsonb, allowed_networks cidr[], base_url text, currencies jsonb, deadline_ms integer, keep_exchanges boolean, author wallet.author) FROM PUBLIC;
GRANT ALL ON FUNCTION wallet.create_provider_account(slug text, protocol text, environment wallet.environment, secrets bytea[], policy jsonb, manners jsonb, settings jsonb, allowed_networks cidr[], base_url text, currencies jsonb, deadline_ms integer, keep_exchanges boolean, author wallet.author) TO bankroll_service;

-- Name: FUNCTION decide(facts wallet.fact[], policies wallet.policy[], restore_epoch smallint); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.decide(facts wallet.fact[], policies wallet.policy[], restore_epoch smallint) FROM PUBLIC;

-- Name: FUNCTION decide_hold(f wallet.fact); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.decide_hold(f wallet.fact) FROM PUBLIC;

-- Name: FUNCTION decide_known(f wallet.fact, policy wallet.policy); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.decide_known(f wallet.fact, policy wallet.policy) FROM PUBLIC;

-- Name: FUNCTION decide_movement(f wallet.fact, policy wallet.policy, cash bigint, bonus bigint, held bigint, spendable bigint, spendable_cash bigint); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.decide_movement(f wallet.fact, policy wallet.policy, cash bigint, bonus bigint, held bigint, spendable bigint, spendable_cash bigint) FROM PUBLIC;

-- Name: FUNCTION decide_posted(f wallet.fact, policy wallet.policy, op_index integer); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.decide_posted(f wallet.fact, policy wallet.policy, op_index integer) FROM PUBLIC;

-- Name: FUNCTION decide_reversal(f wallet.fact, policy wallet.policy, cash bigint, bonus bigint); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.decide_reversal(f wallet.fact, policy wallet.policy, cash bigint, bonus bigint) FROM PUBLIC;

-- Name: FUNCTION drop_exchanges(days integer); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.drop_exchanges(days integer) FROM PUBLIC;
GRANT ALL ON FUNCTION wallet.drop_exchanges(days integer) TO bankroll_service;

-- Name: FUNCTION drop_sessions(days integer, most integer); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.drop_sessions(days integer, most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION wallet.drop_sessions(days integer, most integer) TO bankroll_service;

-- Name: FUNCTION enable_games(provider_account integer, codes text[], enabled boolean, author wallet.author); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.enable_games(provider_account integer, codes text[], enabled boolean, author wallet.author) FROM PUBLIC;
GRANT ALL ON FUNCTION wallet.enable_games(provider_account integer, codes text[], enabled boolean, author wallet.author) TO bankroll_service;

-- Name: FUNCTION erase_personal_data(bucket integer, player bigint, author wallet.author); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.erase_personal_data(bucket integer, player bigint, author wallet.author) FROM PUBLIC;
GRANT ALL ON FUNCTION wallet.erase_personal_data(bucket integer, player bigint, author wallet.author) TO bankroll_service;

-- Name: FUNCTION expire_session(session bigint, author wallet.author); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.expire_session(session bigint, author wallet.author) FROM PUBLIC;
GRANT ALL ON FUNCTION wallet.expire_session(session bigint, author wallet.author) TO bankroll_service;

-- Name: FUNCTION extend_sessions(sessions bigint[], lifetime interval); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.extend_sessions(sessions bigint[], lifetime interval) FROM PUBLIC;
GRANT ALL ON FUNCTION wallet.extend_sessions(sessions bigint[], lifetime interval) TO bankroll_service;

-- Name: FUNCTION fence_lane(lane integer, epoch bigint); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.fence_lane(lane integer, epoch bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION wallet.fence_lane(lane integer, epoch bigint) TO bankroll_service;

-- Name: FUNCTION find_results(bucket integer, facts wallet.fact[], positions integer[]); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.find_results(bucket integer, facts wallet.fact[], positions integer[]) FROM PUBLIC;

-- Name: FUNCTION find_targets(scope wallet.scope, referenced wallet.posting, round wallet.round, first_alone boolean); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.find_targets(scope wallet.scope, referenced wallet.posting, round wallet.round, first_alone boolean) FROM PUBLIC;

-- Name: FUNCTION house_of(kind wallet.kind); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.house_of(kind wallet.kind) FROM PUBLIC;
GRANT ALL ON FUNCTION wallet.house_of(kind wallet.kind) TO bankroll_service;

-- Name: FUNCTION is_guarded(kind wallet.kind); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.is_guarded(kind wallet.kind) FROM PUBLIC;

-- Name: FUNCTION is_new_bet(kind wallet.kind); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.is_new_bet(kind wallet.kind) FROM PUBLIC;

-- Name: FUNCTION issue_free_rounds(provider_account integer, issue text, bucket integer, wallet bigint, currency_code text, candidate text, games text[], quantity integer, bet_level integer, bet_value bigint, options jsonb, starts_at timestamp with time zone, expires_at timestamp with time zone, author wallet.author); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.issue_free_rounds(provider_account integer, issue text, bucket integer, wallet bigint, currency_code text, candidate text, games text[], quantity integer, bet_level integer, bet_value bigint, options jsonb, starts_at timestamp with time zone, expires_at timestamp with time zone, author wallet.author) FROM PUBLIC;
GRANT ALL ON FUNCTION wallet.issue_free_rounds(provider_account integer, issue text, bucket integer, wallet bigint, currency_code text, candidate text, games text[], quantity integer, bet_level integer, bet_value bigint, options jsonb, starts_at timestamp with time zone, expires_at timestamp with time zone, author wallet.author) TO bankroll_service;

-- Name: FUNCTION keep_audit_entry(author wallet.author, subject text, name text, bucket integer, wallet bigint, calls bigint[]); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.keep_audit_entry(author wallet.author, subject text, name text, bucket integer, wallet bigint, calls bigint[]) FROM PUBLIC;
GRANT ALL ON FUNCTION wallet.keep_audit_entry(author wallet.author, subject text, name text, bucket integer, wallet bigint, calls bigint[]) TO bankroll_service;

-- Name: FUNCTION keep_exchanges(received_at timestamp with time zone[], provider_account integer[], wallet bigint[], status smallint[], duration_us integer[], outcome text[], verb text[], request_id text[], key text[], round text[], request text[], answer text[]); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.keep_exchanges(received_at timestamp with time zone[], provider_account integer[], wallet bigint[], status smallint[], duration_us integer[], outcome text[], verb text[], request_id text[], key text[], round text[], request text[], answer text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION wallet.keep_exchanges(received_at timestamp with time zone[], provider_account integer[], wallet bigint[], status smallint[], duration_us integer[], outcome text[], verb text[], request_id text[], key text[], round text[], request text[], answer text[]) TO bankroll_service;

-- Name: FUNCTION keep_personal_data(bucket integer, player bigint, data jsonb, author wallet.author); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.keep_personal_data(bucket integer, player bigint, data jsonb, author wallet.author) FROM PUBLIC;
GRANT ALL ON FUNCTION wallet.keep_personal_data(bucket integer, player bigint, data jsonb, author wallet.author) TO bankroll_service;

-- Name: FUNCTION launch_session(bucket integer, wallet bigint, provider_account integer, currency_code text, candidate text, digest bytea, launch boolean, lifetime interval, game text, channel text, country text, author wallet.author, OUT status wallet.status, OUT session bigint, OUT player bigint, OUT external_id text, OUT code text); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.launch_session(bucket integer, wallet bigint, provider_account integer, currency_code text, candidate text, digest bytea, launch boolean, lifetime interval, game text, channel text, country text, author wallet.author, OUT status wallet.status, OUT session bigint, OUT player bigint, OUT external_id text, OUT code text) FROM PUBLIC;
GRANT ALL ON FUNCTION wallet.launch_session(bucket integer, wallet bigint, provider_account integer, currency_code text, candidate text, digest bytea, launch boolean, lifetime interval, game text, channel text, country text, author wallet.author, OUT status wallet.status, OUT session bigint, OUT player bigint, OUT external_id text, OUT code text) TO bankroll_service;

-- Name: FUNCTION lease_lane(); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.lease_lane() FROM PUBLIC;
GRANT ALL ON FUNCTION wallet.lease_lane() TO bankroll_service;

-- Name: FUNCTION lone_bet(bet wallet.posting, reversed wallet.reversal, named wallet.round, last_seq bigint); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.lone_bet(bet wallet.posting, reversed wallet.reversal, named wallet.round, last_seq bigint) FROM PUBLIC;

-- Name: FUNCTION meant_at_first(bucket integer, targets wallet.target[], facts wallet.fact[], first integer, current integer); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.meant_at_first(bucket integer, targets wallet.target[], facts wallet.fact[], first integer, current integer) FROM PUBLIC;

-- Name: FUNCTION meant_parts(f wallet.fact, parts wallet.part[]); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.meant_parts(f wallet.fact, parts wallet.part[]) FROM PUBLIC;

-- Name: FUNCTION name_wallet(provider_account integer, bucket integer, wallet bigint, currency_code text, candidate text, OUT status wallet.status, OUT external_id text, OUT code text); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.name_wallet(provider_account integer, bucket integer, wallet bigint, currency_code text, candidate text, OUT status wallet.status, OUT external_id text, OUT code text) FROM PUBLIC;
GRANT ALL ON FUNCTION wallet.name_wallet(provider_account integer, bucket integer, wallet bigint, currency_code text, candidate text, OUT status wallet.status, OUT external_id text, OUT code text) TO bankroll_service;

-- Name: FUNCTION open_wallet(bucket integer, player bigint, currency text, author wallet.author, OUT status wallet.status, OUT wallet bigint); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.open_wallet(bucket integer, player bigint, currency text, author wallet.author, OUT status wallet.status, OUT wallet bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION wallet.open_wallet(bucket integer, player bigint, currency text, author wallet.author, OUT status wallet.status, OUT wallet bigint) TO bankroll_service;

-- Name: FUNCTION part_of(t wallet.target, amount bigint); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.part_of(t wallet.target, amount bigint) FROM PUBLIC;

-- Name: FUNCTION pending(f wallet.fact, v wallet.verdict); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.pending(f wallet.fact, v wallet.verdict) FROM PUBLIC;

-- Name: FUNCTION pending_tombstone(f wallet.fact, v wallet.verdict); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.pending_tombstone(f wallet.fact, v wallet.verdict) FROM PUBLIC;

-- Name: FUNCTION post(bucket integer, lane integer, epoch bigint, policies wallet.policy[], call_id bigint[], provider_account integer[], wallet bigint[], policy integer[], currency text[], session bigint[], session_defect wallet.status[], session_checked boolean[], game integer[], game_disabled boolean[], account_disabled boolean[], channel text[], actor text[], reason text[], kind wallet.kind[], key text[], amount bigint[], nominal bigint[], reference text[], scope wallet.scope[], round text[], end_round boolean[], occurred_at timestamp with time zone[], metadata jsonb[]); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.post(bucket integer, lane integer, epoch bigint, policies wallet.policy[], call_id bigint[], provider_account integer[], wallet bigint[], policy integer[], currency text[], session bigint[], session_defect wallet.status[], session_checked boolean[], game integer[], game_disabled boolean[], account_disabled boolean[], channel text[], actor text[], reason text[], kind wallet.kind[], key text[], amount bigint[], nominal bigint[], reference text[], scope wallet.scope[], round text[], end_round boolean[], occurred_at timestamp with time zone[], metadata jsonb[]) FROM PUBLIC;
GRANT ALL ON FUNCTION wallet.post(bucket integer, lane integer, epoch bigint, policies wallet.policy[], call_id bigint[], provider_account integer[], wallet bigint[], policy integer[], currency text[], session bigint[], session_defect wallet.status[], session_checked boolean[], game integer[], game_disabled boolean[], account_disabled boolean[], channel text[], actor text[], reason text[], kind wallet.kind[], key text[], amount bigint[], nominal bigint[], reference text[], scope wallet.scope[], round text[], end_round boolean[], occurred_at timestamp with time zone[], metadata jsonb[]) TO bankroll_service;

-- Name: FUNCTION prepare_exchanges(days integer); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.prepare_exchanges(days integer) FROM PUBLIC;
GRANT ALL ON FUNCTION wallet.prepare_exchanges(days integer) TO bankroll_service;

-- Name: FUNCTION put_games(provider_account integer, games jsonb, author wallet.author); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.put_games(provider_account integer, games jsonb, author wallet.author) FROM PUBLIC;
GRANT ALL ON FUNCTION wallet.put_games(provider_account integer, games jsonb, author wallet.author) TO bankroll_service;

-- Name: FUNCTION raise_restore_epoch(unused smallint); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.raise_restore_epoch(unused smallint) FROM PUBLIC;

-- Name: FUNCTION read_facts(bucket integer, missing bigint[], policies wallet.policy[], call_id bigint[], provider_account integer[], wallet bigint[], policy integer[], currency text[], session bigint[], session_defect wallet.status[], session_checked boolean[], game integer[], game_disabled boolean[], account_disabled boolean[], reason text[], kind wallet.kind[], key text[], amount bigint[], nominal bigint[], reference text[], scope wallet.scope[], round text[], end_round boolean[]); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.read_facts(bucket integer, missing bigint[], policies wallet.policy[], call_id bigint[], provider_account integer[], wallet bigint[], policy integer[], currency text[], session bigint[], session_defect wallet.status[], session_checked boolean[], game integer[], game_disabled boolean[], account_disabled boolean[], reason text[], kind wallet.kind[], key text[], amount bigint[], nominal bigint[], reference text[], scope wallet.scope[], round text[], end_round boolean[]) FROM PUBLIC;

-- Name: FUNCTION read_targets(bucket integer, facts wallet.fact[]); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.read_targets(bucket integer, facts wallet.fact[]) FROM PUBLIC;

-- Name: FUNCTION recall(f wallet.fact, facts wallet.fact[], verdicts wallet.verdict[], first integer, current integer); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.recall(f wallet.fact, facts wallet.fact[], verdicts wallet.verdict[], first integer, current integer) FROM PUBLIC;

-- Name: FUNCTION record_change(); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.record_change() FROM PUBLIC;

-- Name: FUNCTION refusal(f wallet.fact); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.refusal(f wallet.fact) FROM PUBLIC;

-- Name: FUNCTION refuse_audit_change(); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.refuse_audit_change() FROM PUBLIC;

-- Name: FUNCTION refuse_change(); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.refuse_change() FROM PUBLIC;

-- Name: FUNCTION release_lane(lane integer, epoch bigint); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.release_lane(lane integer, epoch bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION wallet.release_lane(lane integer, epoch bigint) TO bankroll_service;

-- Name: FUNCTION renew_lane(lane integer, epoch bigint); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.renew_lane(lane integer, epoch bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION wallet.renew_lane(lane integer, epoch bigint) TO bankroll_service;

-- Name: FUNCTION replace_own_secret(slug text, seen bytea, own_secret bytea, author wallet.author); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.replace_own_secret(slug text, seen bytea, own_secret bytea, author wallet.author) FROM PUBLIC;
GRANT ALL ON FUNCTION wallet.replace_own_secret(slug text, seen bytea, own_secret bytea, author wallet.author) TO bankroll_service;

-- Name: FUNCTION replace_secrets(slug text, seen bytea[], secrets bytea[], seen_at timestamp with time zone, author wallet.author); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.replace_secrets(slug text, seen bytea[], secrets bytea[], seen_at timestamp with time zone, author wallet.author) FROM PUBLIC;
GRANT ALL ON FUNCTION wallet.replace_secrets(slug text, seen bytea[], secrets bytea[], seen_at timestamp with time zone, author wallet.author) TO bankroll_service;

-- Name: FUNCTION request_adjustment(bucket integer, key text, wallet bigint, amount bigint, reason text, author wallet.author); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.request_adjustment(bucket integer, key text, wallet bigint, amount bigint, reason text, author wallet.author) FROM PUBLIC;
GRANT ALL ON FUNCTION wallet.request_adjustment(bucket integer, key text, wallet bigint, amount bigint, reason text, author wallet.author) TO bankroll_service;

-- Name: FUNCTION reserve_api_key(); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.reserve_api_key() FROM PUBLIC;
GRANT ALL ON FUNCTION wallet.reserve_api_key() TO bankroll_service;

-- Name: FUNCTION results_of(bet wallet.posting, last_seq bigint); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.results_of(bet wallet.posting, last_seq bigint) FROM PUBLIC;

-- Name: FUNCTION reversible(reversal wallet.kind, original wallet.kind); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.reversible(reversal wallet.kind, original wallet.kind) FROM PUBLIC;
GRANT ALL ON FUNCTION wallet.reversible(reversal wallet.kind, original wallet.kind) TO bankroll_service;

-- Name: FUNCTION revoke_api_key(id integer, author wallet.author); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.revoke_api_key(id integer, author wallet.author) FROM PUBLIC;
GRANT ALL ON FUNCTION wallet.revoke_api_key(id integer, author wallet.author) TO bankroll_service;

-- Name: FUNCTION revoke_player_sessions(bucket integer, player bigint, author wallet.author); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.revoke_player_sessions(bucket integer, player bigint, author wallet.author) FROM PUBLIC;
GRANT ALL ON FUNCTION wallet.revoke_player_sessions(bucket integer, player bigint, author wallet.author) TO bankroll_service;

-- Name: FUNCTION revoke_sessions(sessions bigint[], author wallet.author); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.revoke_sessions(sessions bigint[], author wallet.author) FROM PUBLIC;
GRANT ALL ON FUNCTION wallet.revoke_sessions(sessions bigint[], author wallet.author) TO bankroll_service;

-- Name: FUNCTION same_operation(f wallet.fact, policy wallet.policy, kind wallet.kind, round text, reference text, scope wallet.scope, amount bigint, nominal bigint, currency text, game integer); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.same_operation(f wallet.fact, policy wallet.policy, kind wallet.kind, round text, reference text, scope wallet.scope, amount bigint, nominal bigint, currency text, game integer) FROM PUBLIC;

-- Name: FUNCTION set_author(author wallet.author); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.set_author(author wallet.author) FROM PUBLIC;

-- Name: FUNCTION set_certification(slug text, rules jsonb, author wallet.author); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.set_certification(slug text, rules jsonb, author wallet.author) FROM PUBLIC;
GRANT ALL ON FUNCTION wallet.set_certification(slug text, rules jsonb, author wallet.author) TO bankroll_service;

-- Name: FUNCTION succeed_token(digest bytea, successors bytea[], rotate boolean, grace interval, lifetime interval); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.succeed_token(digest bytea, successors bytea[], rotate boolean, grace interval, lifetime interval) FROM PUBLIC;
GRANT ALL ON FUNCTION wallet.succeed_token(digest bytea, successors bytea[], rotate boolean, grace interval, lifetime interval) TO bankroll_service;

-- Name: FUNCTION use_api_key(id integer); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.use_api_key(id integer) FROM PUBLIC;
GRANT ALL ON FUNCTION wallet.use_api_key(id integer) TO bankroll_service;

-- Name: FUNCTION was_posted(facts wallet.fact[], first integer); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.was_posted(facts wallet.fact[], first integer) FROM PUBLIC;

-- Name: FUNCTION wire_code(currencies jsonb, currency text, asked text); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.wire_code(currencies jsonb, currency text, asked text) FROM PUBLIC;

-- Name: FUNCTION with_results(f wallet.fact, results wallet.target[]); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.with_results(f wallet.fact, results wallet.target[]) FROM PUBLIC;

-- Name: FUNCTION write_rounds(bucket integer, verdicts wallet.verdict[], provider_account integer[], wallet bigint[], game integer[], kind wallet.kind[], end_round boolean[]); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.write_rounds(bucket integer, verdicts wallet.verdict[], provider_account integer[], wallet bigint[], game integer[], kind wallet.kind[], end_round boolean[]) FROM PUBLIC;

-- Name: FUNCTION write_verdicts(bucket integer, lane integer, verdicts wallet.verdict[], call_id bigint[], provider_account integer[], wallet bigint[], session bigint[], game integer[], channel text[], actor text[], reason text[], kind wallet.kind[], key text[], amount bigint[], nominal bigint[], reference text[], scope wallet.scope[], end_round boolean[], occurred_at timestamp with time zone[], metadata jsonb[]); Type: ACL; Schema: wallet; Owner: bankroll_owner

REVOKE ALL ON FUNCTION wallet.write_verdicts(bucket integer, lane integer, verdicts wallet.verdict[], call_id bigint[], provider_account integer[], wallet bigint[], session bigint[], game integer[], channel text[], actor text[], reason text[], kind wallet.kind[], key text[], amount bigint[], nominal bigint[], reference text[], scope wallet.scope[], end_round boolean[], occurred_at timestamp with time zone[], metadata jsonb[]) FROM PUBLIC;

-- Name: TABLE account_name; Type: ACL; Schema: wallet; Owner: bankroll_owner

GRANT SELECT ON TABLE wallet.account_name TO bankroll_service;

-- Name: TABLE api_keys; Type: ACL; Schema: wallet; Owner: bankroll_owner

GRANT SELECT ON TABLE wallet.api_keys TO bankroll_service;

-- Name: TABLE audit_log; Type: ACL; Schema: wallet; Owner: bankroll_owner

GRANT SELECT ON TABLE wallet.audit_log TO bankroll_service;

-- Name: TABLE catalogue_versions; Type: ACL; Schema: wallet; Owner: bankroll_owner

GRANT SELECT ON TABLE wallet.catalogue_versions TO bankroll_service;

-- Name: TABLE checkpoint; Type: ACL; Schema: wallet; Owner: bankroll_owner

GRANT SELECT ON TABLE wallet.checkpoint TO bankroll_service;

-- Name: TABLE currencies; Type: ACL; Schema: wallet; Owner: bankroll_owner

GRANT SELECT ON TABLE wallet.currencies TO bankroll_service;

-- Name: TABLE database_vitals; Type: ACL; Schema: wallet; Owner: bankroll_owner

GRANT SELECT ON TABLE wallet.database_vitals TO bankroll_service;

-- Name: TABLE entry; Type: ACL; Schema: wallet; Owner: bankroll_owner

GRANT SELECT ON TABLE wallet.entry TO bankroll_service;

-- Name: TABLE erasable_data; Type: ACL; Schema: wallet; Owner: bankroll_owner

GRANT SELECT ON TABLE wallet.erasable_data TO bankroll_service;

-- Name: TABLE exchange_record; Type: ACL; Schema: wallet; Owner: bankroll_owner

GRANT SELECT ON TABLE wallet.exchange_record TO bankroll_service;

-- Name: TABLE free_rounds; Type: ACL; Schema: wallet; Owner: bankroll_owner

GRANT SELECT ON TABLE wallet.free_rounds TO bankroll_service;

-- Name: TABLE games; Type: ACL; Schema: wallet; Owner: bankroll_owner

GRANT SELECT ON TABLE wallet.games TO bankroll_service;

-- Name: TABLE house_totals; Type: ACL; Schema: wallet; Owner: bankroll_owner

GRANT SELECT ON TABLE wallet.house_totals TO bankroll_service;

-- Name: TABLE journal; Type: ACL; Schema: wallet; Owner: bankroll_owner

GRANT SELECT ON TABLE wallet.journal TO bankroll_service;

-- Name: TABLE large_adjustments; Type: ACL; Schema: wallet; Owner: bankroll_owner

GRANT SELECT ON TABLE wallet.large_adjustments TO bankroll_service;

-- Name: TABLE leg; Type: ACL; Schema: wallet; Owner: bankroll_owner

GRANT SELECT ON TABLE wallet.leg TO bankroll_service;

-- Name: TABLE migrations; Type: ACL; Schema: wallet; Owner: bankroll_owner

GRANT SELECT ON TABLE wallet.migrations TO bankroll_service;

-- Name: TABLE named_wallets; Type: ACL; Schema: wallet; Owner: bankroll_owner

GRANT SELECT ON TABLE wallet.named_wallets TO bankroll_service;

-- Name: TABLE players; Type: ACL; Schema: wallet; Owner: bankroll_owner

GRANT SELECT ON TABLE wallet.players TO bankroll_service;

-- Name: TABLE provider_accounts; Type: ACL; Schema: wallet; Owner: bankroll_owner

GRANT SELECT ON TABLE wallet.provider_accounts TO bankroll_service;

-- Name: TABLE restoration; Type: ACL; Schema: wallet; Owner: bankroll_owner

GRANT SELECT ON TABLE wallet.restoration TO bankroll_service;

-- Name: TABLE round_summary; Type: ACL; Schema: wallet; Owner: bankroll_owner

GRANT SELECT ON TABLE wallet.round_summary TO bankroll_service;

-- Name: TABLE sessions; Type: ACL; Schema: wallet; Owner: bankroll_owner

GRANT SELECT ON TABLE wallet.sessions TO bankroll_service;

-- Name: TABLE session_tokens; Type: ACL; Schema: wallet; Owner: bankroll_owner

GRANT SELECT ON TABLE wallet.session_tokens TO bankroll_service;

-- Name: TABLE table_vitals; Type: ACL; Schema: wallet; Owner: bankroll_owner

GRANT SELECT ON TABLE wallet.table_vitals TO bankroll_service;

-- Name: TABLE transaction; Type: ACL; Schema: wallet; Owner: bankroll_owner

GRANT SELECT ON TABLE wallet.transaction TO bankroll_service;

-- Name: TABLE trial_balance; Type: ACL; Schema: wallet; Owner: bankroll_owner

GRANT SELECT ON TABLE wallet.trial_balance TO bankroll_service;

-- Name: TABLE verify_amounts; Type: ACL; Schema: wallet; Owner: bankroll_owner

GRANT SELECT ON TABLE wallet.verify_amounts TO bankroll_service;

-- Name: TABLE verify_books; Type: ACL; Schema: wallet; Owner: bankroll_owner

GRANT SELECT ON TABLE wallet.verify_books TO bankroll_service;

-- Name: TABLE verify_chains; Type: ACL; Schema: wallet; Owner: bankroll_owner

GRANT SELECT ON TABLE wallet.verify_chains TO bankroll_service;

-- Name: TABLE verify_given_back; Type: ACL; Schema: wallet; Owner: bankroll_owner

GRANT SELECT ON TABLE wallet.verify_given_back TO bankroll_service;

-- Name: TABLE verify_held; Type: ACL; Schema: wallet; Owner: bankroll_owner

GRANT SELECT ON TABLE wallet.verify_held TO bankroll_service;

-- Name: TABLE verify_houses; Type: ACL; Schema: wallet; Owner: bankroll_owner

GRANT SELECT ON TABLE wallet.verify_houses TO bankroll_service;

-- Name: TABLE verify_ids; Type: ACL; Schema: wallet; Owner: bankroll_owner

GRANT SELECT ON TABLE wallet.verify_ids TO bankroll_service;

-- Name: TABLE verify_keys; Type: ACL; Schema: wallet; Owner: bankroll_owner

GRANT SELECT ON TABLE wallet.verify_keys TO bankroll_service;

-- Name: TABLE verify_legs; Type: ACL; Schema: wallet; Owner: bankroll_owner

GRANT SELECT ON TABLE wallet.verify_legs TO bankroll_service;

-- Name: TABLE verify_owners; Type: ACL; Schema: wallet; Owner: bankroll_owner

GRANT SELECT ON TABLE wallet.verify_owners TO bankroll_service;

-- Name: TABLE verify_players; Type: ACL; Schema: wallet; Owner: bankroll_owner

GRANT SELECT ON TABLE wallet.verify_players TO bankroll_service;

-- Name: TABLE verify_references; Type: ACL; Schema: wallet; Owner: bankroll_owner

GRANT SELECT ON TABLE wallet.verify_references TO bankroll_service;

-- Name: TABLE verify_reversals; Type: ACL; Schema: wallet; Owner: bankroll_owner

GRANT SELECT ON TABLE wallet.verify_reversals TO bankroll_service;

-- Name: TABLE verify_reversing; Type: ACL; Schema: wallet; Owner: bankroll_owner

GRANT SELECT ON TABLE wallet.verify_reversing TO bankroll_service;

-- Name: TABLE verify_rounds; Type: ACL; Schema: wallet; Owner: bankroll_owner

GRANT SELECT ON TABLE wallet.verify_rounds TO bankroll_service;

-- Name: TABLE verify_sequences; Type: ACL; Schema: wallet; Owner: bankroll_owner

GRANT SELECT ON TABLE wallet.verify_sequences TO bankroll_service;

-- Name: TABLE verify_tombstones; Type: ACL; Schema: wallet; Owner: bankroll_owner

GRANT SELECT ON TABLE wallet.verify_tombstones TO bankroll_service;

-- Name: TABLE verify_wallets; Type: ACL; Schema: wallet; Owner: bankroll_owner

GRANT SELECT ON TABLE wallet.verify_wallets TO bankroll_service;

-- Name: TABLE wallets; Type: ACL; Schema: wallet; Owner: bankroll_owner

GRANT SELECT ON TABLE wallet.wallets TO bankroll_service;

-- PostgreSQL database dump complete
