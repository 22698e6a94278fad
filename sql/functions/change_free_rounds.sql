-- Moves an issue of free rounds on to a state, and answers the state it has then; null where there is none such.  What
-- was cancelled may still be finished: the studio pays what was played before.  What was declined is requested again
-- before the studio is asked again.
create or replace function wallet.change_free_rounds(
    provider_account integer, issue text, state wallet.free_rounds_state, author wallet.author default null)
returns wallet.free_rounds_state
language plpgsql security definer set search_path = wallet, pg_temp as $$
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
