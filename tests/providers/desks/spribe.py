"""What Spribe is answered in each case, and the rest of what its certification is expected to ask."""

import json
from decimal import Decimal

from bench.studios.contract import Act, Move, Request
from bench.studios.spribe import Spribe
from providers.contract import Fault
from tests.providers.scene import HOSTILE_JSON_AMOUNTS, Case, Desk, Scene
from wallet.types import Status

DONE, AGAIN = "200", "409"
TOKEN, EXPIRED, FINAL, MISSING = "401", "403", "405", "408"
FREE = ("freebet", "rainfreebet", "promofreebet", "challengefreebet", "challengeprizemoney")


async def authentication(scene: Scene) -> None:
    """The launch token is good for auth alone, from where on the studio's own session token speaks for the player."""
    launch = await scene.stage.launch(scene.player.external_id)
    scene.player.token = launch
    await scene.plays(scene.move(Act.BALANCE), "unknown_token", 100)
    await scene.plays(scene.move(Act.BET, 10), "unknown_token", 100)
    reply = await scene.plays(scene.move(Act.OPEN), "opened", 100)
    scene.player.token = reply.token or ""
    await scene.plays(scene.move(Act.BALANCE), "balance", 100)
    await scene.plays(scene.move(Act.BET, 10), "ok", 90)
    scene.player.token = launch
    await scene.plays(scene.move(Act.OPEN), "final", 90, currency="USD")
    await scene.plays(scene.move(Act.OPEN), "final", 90, session_token=None)


async def session_token_of_another(scene: Scene) -> None:
    """A session token that stands for somebody's session already is not given to another's."""
    taken, first = scene.player.token, scene.player.external_id
    scene.player.external_id = await scene.stage.join("EUR", 100)
    scene.player.token = await scene.stage.launch(scene.player.external_id)
    await scene.plays(scene.move(Act.OPEN), "final", 100, session_token=taken)
    await scene.plays(scene.move(Act.BET, 10), "unknown_token", 100, session_token=taken)
    assert await scene.stage.cash(first) == 100


async def information(scene: Scene) -> None:
    """The `info` verb tells a living session of this player only."""
    await scene.plays(scene.move(Act.BALANCE), "balance", 100)
    await scene.plays(scene.move(Act.BALANCE), "unknown_token", 100, token="no-such-token")
    await scene.plays(scene.move(Act.BALANCE), "unknown_token", 100, player="nobody")
    await scene.plays(scene.move(Act.BALANCE), "final", 100, currency="USD")
    await scene.stage.spoil(scene.player.token, Status.SESSION_REVOKED)
    await scene.plays(scene.move(Act.BALANCE), "expired", 100)


async def replay_window(scene: Scene) -> None:
    """What was signed longer ago than the account's window, or so far ahead, is not Spribe's; within it a retry is."""
    bet, clock = scene.move(Act.BET, 10), scene.studio.clock
    await scene.plays(bet, "ok", 90)
    for seconds in (-63, 63):
        scene.studio.clock = lambda: clock() + seconds  # noqa: B023 - called before the next turn
        await scene.plays(bet, "bad_signature", 90)
        await scene.plays(scene.move(Act.BET, 10), "bad_signature", 90)
    scene.studio.clock = lambda: clock() - 55
    await scene.plays(bet, "duplicate", 90)


async def repeated_with_the_first_balances(scene: Scene) -> None:
    """409 tells the posting and both balances of the first time, whatever has happened since."""
    bet = scene.move(Act.BET, 10)
    first = await scene.plays(bet, "ok", 90)
    assert data_of(scene) == (100_000, 90_000)
    await scene.plays(scene.move(Act.BET, 50), "ok", 40)
    again = await scene.plays(bet, "duplicate", 40)
    assert data_of(scene) == (100_000, 90_000)
    assert again.transaction == first.transaction


async def two_bets_of_a_round(scene: Scene) -> None:
    """Two bets of one round are two transactions; each is settled by the deposit that names it."""
    first, second = scene.move(Act.BET, 10), scene.move(Act.BET, 20)
    await scene.plays(first, "ok", 90)
    await scene.plays(second, "ok", 70)
    await scene.plays(scene.move(Act.WIN, "15.123", first), "ok", "85.123")
    await scene.plays(scene.move(Act.ROLLBACK, of=second), "ok", "105.123")


async def deposits_refused(scene: Scene) -> None:
    """A win names a bet of this player, of this round, that stands; else 408, and without any name 405."""
    bet, other = scene.move(Act.BET, 10), scene.move(Act.BET, 10, round="8")
    await scene.plays(bet, "ok", 90)
    await scene.plays(other, "ok", 80)
    win = scene.move(Act.WIN, 5, bet)
    await scene.plays(win, "win_without_bet", 80, withdraw_provider_tx_id="no-such-bet")
    await scene.plays(win, "win_without_bet", 80, round="8")
    await scene.plays(win, "win_without_bet", 80, provider="another_game_line")
    await scene.plays(win, "final", 80, withdraw_provider_tx_id="")
    await scene.plays(win, "final", 80, withdraw_provider_tx_id=None)
    await scene.plays(win, "ok", 85)
    await scene.begin()
    await scene.plays(scene.move(Act.WIN, 5, bet), "win_without_bet", 100)


async def transactions_of_two_providers(scene: Scene) -> None:
    """One id at two providers is two transactions."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    await scene.plays(bet, "ok", 80, provider="spribe_dice")
    await scene.plays(bet, "duplicate", 80, provider="spribe_dice")


async def free_bets(scene: Scene) -> None:
    """Every kind of free bet pays without a bet, once, also nothing, in a dead session and to a blocked player."""
    cash = 100
    await scene.stage.spoil(scene.player.token, Status.SESSION_EXPIRED)
    await scene.stage.block(scene.player.external_id)
    for action in FREE:
        cash += 2
        prize = scene.move(Act.PROMO_WIN, 2)
        await scene.plays(prize, "promo", cash, action=action)
        await scene.plays(prize, "promo_duplicate", cash, action=action)
        await scene.plays(scene.move(Act.PROMO_WIN, 0), "promo", cash, action=action)
    await scene.plays(scene.move(Act.PROMO_WIN, 2), "final", cash, action="win")


async def rollbacks(scene: Scene) -> None:
    """A rollback restores what is stored, whatever amount, game or token it brings, and says it again by 409."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    await scene.stage.spoil(scene.player.token, Status.SESSION_EXPIRED)
    undo = scene.move(Act.ROLLBACK, of=bet)
    first = await scene.plays(undo, "ok", 100, amount=99_000, game="gone")
    assert data_of(scene) == (90_000, 100_000)
    again = await scene.plays(undo, "rollback_again", 100, token="never-was")
    assert data_of(scene) == (90_000, 100_000)
    assert again.transaction == first.transaction
    win = scene.move(Act.WIN, 5, bet)
    await scene.plays(scene.move(Act.ROLLBACK_WIN, of=win), "unknown_rollback", 100)
    await scene.begin()
    await scene.plays(scene.move(Act.ROLLBACK, of=bet), "unknown_rollback", 100)


async def unknown_rollback_done(scene: Scene) -> None:
    """An account may call a rollback of something unknown done; it is remembered either way."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(scene.move(Act.ROLLBACK, of=bet), "ok", 100)
    await scene.plays(bet, "late_bet", 100)


async def rollback_must_match(scene: Scene) -> None:
    """By policy a rollback's amount must be its original's."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    undo = scene.move(Act.ROLLBACK, of=bet)
    await scene.plays(undo, "unknown_rollback", 90, amount=9_000)
    await scene.plays(undo, "ok", 100)


async def reused_id_repeated(scene: Scene) -> None:
    """An account may answer a known id with other content as a repetition: still no money, and no posting named."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    reply = await scene.send(bet_of(bet, 11), "bet: another amount")
    assert '"code":409' in scene.answer.body.decode(), scene.answer
    assert not reply.transaction
    assert data_of(scene) == (90_000, 90_000)
    await scene.holds(90)


async def second_rollback_of_one(scene: Scene) -> None:
    """A second rollback names the first one's posting and tells the balance of now: it moved nothing."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    first = await scene.plays(scene.move(Act.ROLLBACK, of=bet), "ok", 100)
    await scene.plays(scene.move(Act.BET, 30, round="5"), "ok", 70)
    second = await scene.plays(scene.move(Act.ROLLBACK, of=bet), "second_rollback", 70)
    assert second.transaction == first.transaction
    assert data_of(scene) == (70_000, 70_000)


async def signatures(scene: Scene) -> None:
    """Time, path and client are signed or compared: none of them can be exchanged, and upper case is the same."""
    bet = scene.move(Act.BET, 10)
    path, fields = scene.studio.fields(scene.player, bet)
    good = scene.studio.seal(path, scene.studio.body(fields))
    headers = dict(good.headers)
    names = [name for name in headers if name.startswith("x-")]
    wrong = [{name: "1" * len(headers[name])} for name in names]
    for changes in (*wrong, *({name: ""} for name in names)):
        request = Request(path, tuple((headers | changes).items()), good.body)
        await refused(scene, bet, request, f"another {next(iter(changes))}")
    for other in ("/deposit", "/withdraw?a=1", "/withdraw/"):
        await refused(
            scene, bet, Request(other, good.headers, good.body), f"signed for {path}, sent to {other}"
        )
    signature = {names[-1]: headers[names[-1]].upper()}
    reply = await scene.deliver(
        bet, Request(path, tuple((headers | signature).items()), good.body), "upper case"
    )
    assert reply.code == DONE, scene.answer
    await scene.holds(90)


async def query_is_signed(scene: Scene) -> None:
    """A query in the address is covered by the signature as it was called."""
    bet = scene.move(Act.BET, 10)
    path, fields = scene.studio.fields(scene.player, bet)
    body = scene.studio.body(fields)
    signed = scene.studio.seal(f"{path}?trace=7", body)
    await refused(scene, bet, Request(f"{path}?trace=8", signed.headers, body), "another query")
    reply = await scene.deliver(bet, signed, "with a query")
    assert reply.code == DONE, scene.answer


async def unsigned_by_setting(scene: Scene) -> None:
    """An account may let calls without any signature pass; a wrong one is still wrong."""
    prize = scene.move(Act.PROMO_WIN, 5)
    path, fields = scene.studio.fields(scene.player, prize)
    body = scene.studio.body(fields)
    signed = scene.studio.seal(path, body)
    await refused(scene, prize, Request(path, signed.headers, body + b" "), "signed wrongly")
    await refused(scene, prize, Request(path, signed.headers[:2], body), "a client without a signature")
    reply = await scene.deliver(prize, Request(path, signed.headers[:1], body), "not signed")
    assert reply.code == DONE, scene.answer
    await scene.holds(105)


async def refused(scene: Scene, move: Move, request: Request, title: str) -> None:
    """The request is not theirs."""
    cash = await scene.stage.cash(scene.player.external_id)
    reply = await scene.deliver(move, request, title)
    assert reply.code == scene.desk.says["bad_signature"], (title, scene.answer)
    await scene.holds(cash)


def bet_of(bet: Move, amount: int) -> Move:
    """The same bet over another amount."""
    return Move(bet.act, bet.key, Decimal(amount), bet.round)


def data_of(scene: Scene) -> tuple[int, int]:
    """The old and the new balance of the last answer."""
    data = json.loads(scene.answer.body)["data"]
    return data["old_balance"], data["new_balance"]


CASES = (
    *(authentication, session_token_of_another, information, repeated_with_the_first_balances),
    *(two_bets_of_a_round, deposits_refused, transactions_of_two_providers, free_bets, rollbacks),
    *(second_rollback_of_one, signatures, query_is_signed),
)

DESK = Desk(
    studio=Spribe,
    key="a-test-secret-of-nobody",
    says={
        "ok": DONE,
        "opened": DONE,
        "balance": DONE,
        "duplicate": AGAIN,
        "insufficient_funds": "402",
        "zero_bet": FINAL,
        "final": FINAL,
        "key_reused_amount": FINAL,
        "key_reused_round": FINAL,
        "key_reused_player": FINAL,
        "win_under_the_bets_key": FINAL,
        "unknown_rollback": MISSING,
        "late_bet": MISSING,
        "rollback_again": AGAIN,
        "second_rollback": AGAIN,
        "win_after_rollback": MISSING,
        "rollback_after_win": MISSING,
        "rollback_of_spent_win": "402",
        "win_without_bet": MISSING,
        "promo": DONE,
        "promo_duplicate": AGAIN,
        "expired": EXPIRED,
        "expired_balance": EXPIRED,
        "superseded": EXPIRED,
        "unknown_token": TOKEN,
        "unknown_token_open": TOKEN,
        "foreign_token": TOKEN,
        "blocked": FINAL,
        "no_new_bets": FINAL,
        "game_disabled": FINAL,
        "unknown_game": FINAL,
        "unknown_player": TOKEN,
        "wrong_currency": FINAL,
        "unknown_currency": FINAL,
        "bad_signature": "413",
        "unknown_verb": FINAL,
    },
    shape=frozenset({FINAL}),
    fields={
        "amount": ("amount",),
        "key": ("provider_tx_id",),
        "round": ("action_id",),
        "player": ("user_id",),
        "token": ("session_token",),
        "currency": ("currency",),
        "game": ("game",),
    },
    signs=(
        ((b"secret",), {}, True),
        ((b"secret",), {"signature_optional": "no"}, True),
        ((b"secret",), {"signature_optional": "yes"}, False),
    ),
    required=("key", "amount", "player", "round", "token", "currency", "game"),
    cannot={
        "round_end": "nothing ends a round",
        "tip": "there are no tips",
        "buy_in": "there are no chips",
        "jackpot_win": "there are no jackpots",
        "free_bet": "a free bet's stake is no message; what it wins is a prize",
        "refund": "a rollback is always of the whole",
        "rotate": "tokens are never replaced by a call",
        "revoke": "sessions are not ended by the studio",
        "exists": "there is no question about a transaction",
    },
    hostile_amounts=(*HOSTILE_JSON_AMOUNTS, b"1.0", b"1.5", b"1e2", b'"100"', b"null"),
    smallest=Decimal("0.001"),
    untold=(("withdraw", Fault.INTERNAL, (500, 200)),),
    cases=(
        *(Case(tell.__name__, tell) for tell in CASES),
        Case("unknown_rollback_done", unknown_rollback_done, manners={"unknown_rollback": "done"}),
        Case("rollback_must_match", rollback_must_match, policy={"refund_amount": "match"}),
        Case("replay_window", replay_window, manners={"replay_window": 60}),
        Case("reused_id_repeated", reused_id_repeated, manners={"key_reused": "done"}),
        Case("unsigned_by_setting", unsigned_by_setting, settings={"signature_optional": "yes"}),
    ),
)
