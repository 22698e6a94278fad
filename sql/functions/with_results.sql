-- A reversal's fact with these results behind its targets; what is a target already is no result.
create or replace function wallet.with_results(f wallet.fact, results wallet.target[]) returns wallet.fact
language plpgsql immutable as $$
begin
    f.targets := f.targets || array(
        select r from unnest(results) r where r.posting not in (select t.posting from unnest(f.targets) t));
    return f;
end $$;
