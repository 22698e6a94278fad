-- Whether a known key carries the same content: never the token, the time or the end flag.
create or replace function wallet.same_operation(
    f wallet.fact, policy wallet.policy, kind wallet.kind, round text, reference text, scope wallet.scope,
    amount bigint, nominal bigint, currency text, game integer)
returns boolean language sql immutable
return f.kind = kind
    and f.reference is not distinct from reference
    and f.scope = coalesce(scope, f.scope)  -- none is kept of what names nothing
    and (f.currency is null or f.currency = currency)
    and (f.round is null or f.round is not distinct from round
        or f.kind in ('refund', 'rollback') and f.scope <> 'round' and not policy.compare_round)
    and (f.amount = amount and coalesce(f.nominal, 0) = coalesce(nominal, 0) or not policy.compare_amount
        or f.kind in ('refund', 'rollback') and policy.refund_amount = 'ignore')
    and (not policy.compare_game or f.kind in ('refund', 'rollback') or coalesce(f.game = game, true));
