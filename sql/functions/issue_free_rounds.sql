-- requires: name_wallet.sql
-- Writes down that a wallet is to be given free rounds, before the studio is asked: it may pay them at once.  `found`
-- where this was done before, `key_reused` where the id stands for other rounds, or the reason why not: null where the
-- player's personal data were erased.
create or replace function wallet.issue_free_rounds(
    provider_account integer, issue text, bucket integer, wallet bigint, currency_code text, candidate text,
    games text[], quantity integer, bet_level integer, bet_value bigint, options jsonb, starts_at timestamptz,
    expires_at timestamptz, author wallet.author default null)
returns wallet.status
language plpgsql security definer set search_path = wallet, pg_temp as $$
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
