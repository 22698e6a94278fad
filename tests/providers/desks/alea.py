"""What Alea is answered in each case, and what only its transactions, rounds and questions can tell."""

import json
from decimal import Decimal
from urllib.parse import unquote

from msgspec.structs import replace

from bench.studios.alea import Alea
from bench.studios.contract import Act, Move, Reply, Request
from providers.contract import Fault
from tests.providers.cases import read_to_the_last_letter, replaced
from tests.providers.scene import HOSTILE_JSON_AMOUNTS, Case, Desk, Scene
from wallet.types import Status

OK, AGAIN, UNKNOWN = "ok", "isAlreadyProcessed", "isNotFound"
INVALID, FAILED, DENIED, MISMATCH = (
    "INVALID_REQUEST",
    "UNKNOWN_ERROR",
    "BET_DENIED",
    "DUPLICATE_TRANSACTION_DATA_MISMATCH",
)
MISSING, EXPIRED, GAME = "TRANSACTION_NOT_FOUND", "SESSION_EXPIRED", "GAME_NOT_ALLOWED"


# Questions


async def sessions(scene: Scene) -> None:
    """A living session tells whose it is, one that has ended or never was does not."""
    reply = await scene.plays(scene.move(Act.OPEN), "opened", 100)
    assert reply.player == scene.player.external_id
    await scene.stage.spoil(scene.player.token, Status.SESSION_REVOKED)
    await scene.plays(scene.move(Act.OPEN), "unknown_token_open", 100)


async def balances(scene: Scene) -> None:
    """A balance needs no session; one that is named must be this player's and alive, and the currency the wallet's."""
    ask = scene.move(Act.BALANCE)
    assert (await asked(scene, {})).code == OK
    assert (await asked(scene, {"currency": "EUR", "gameId": "gone", "casinoSessionId": ""})).code == OK
    assert (await asked(scene, {"currency": "USD"})).code == INVALID
    assert (await asked(scene, {}, "/players/nobody/balance")).code == INVALID
    await scene.plays(ask, "unknown_token", 100, casinoSessionId="no-such-session")
    path, fields = scene.studio.fields(scene.player, ask)
    await scene.begin()
    assert (await asked(scene, fields, f"/players/{scene.player.external_id}/balance")).code == EXPIRED
    assert (await asked(scene, fields, path)).code == OK


async def signed_questions(scene: Scene) -> None:
    """Of a question its ids are hashed in their order; a name that stands twice, or another path, is not theirs."""
    ask = scene.move(Act.BALANCE)
    path, fields = scene.studio.fields(scene.player, ask)
    good = scene.studio.seal(path, scene.studio.body(fields))
    for name in fields:
        changed = scene.studio.seal(path, scene.studio.body(fields | {name: fields[name] + "1"}))
        await refused(scene, ask, replace(changed, headers=good.headers), f"another {name}")
    without = scene.studio.seal(path, scene.studio.body({"currency": "EUR"}))
    await refused(scene, ask, replace(good, headers=without.headers), "signed without its ids")
    for other in (f"{good.path}&currency=EUR", f"{good.path}&casinoPlayerId=x", f"/more{good.path}"):
        await refused(scene, ask, replace(good, path=other), "another address")
    name, digest = good.headers[0]
    for text in (digest.removeprefix("SHA-512="), f"SHA-256={digest[8:]}", "", "SHA-512="):
        await refused(scene, ask, replace(good, headers=((name, text),)), "no such digest")
    loud = replace(good, headers=((name, digest.upper()),))
    assert (await scene.deliver(ask, loud, "in capitals")).code == OK


async def unknown_addresses(scene: Scene) -> None:
    """A transaction of no known type, by GET, or at another path is refused."""
    bet = scene.move(Act.BET, 10)
    for kind in ("TIP", "bet", "", None, 7, ["BET"]):
        await scene.plays(bet, "invalid", 100, type=kind)
    path, fields = scene.studio.fields(scene.player, bet)
    signed = scene.studio.seal(path, scene.studio.body(fields))
    for request in (replace(signed, method="PUT"), replace(signed, path="/transactions/1")):
        assert (await scene.deliver(bet, request, "another address")).code == INVALID, scene.answer
    reply = await scene.deliver(bet, replace(signed, path="/transactions/"), "with a slash behind it")
    assert reply.code == OK, scene.answer


async def hostile_ids(scene: Scene) -> None:
    """Ids in a path that nobody can have are nobody's, and no crash."""
    for letters in ("%00", "a%00b", "%FF", "%ED%A0%80", "é" * 200, "k" * 300, "%2F..%2F", "a%0Ab"):
        request = scene.studio.seal(f"/players/{letters}/balance", b"{}")
        assert (await scene.deliver(scene.move(Act.BALANCE), request, "nobody's balance")).code == INVALID
        scene.player.token = unquote(letters)
        reply = await scene.send(scene.move(Act.OPEN), "nobody's session")
        assert reply.code in (EXPIRED, INVALID), (letters, scene.answer)


# A bet and its win in one


async def bet_win(scene: Scene) -> None:
    """BET_WIN takes the stake and pays the win as one, under one id and once; both parts are told."""
    spin = spin_of(scene, 10, 25)
    first = await scene.plays(spin, "ok", 115)
    said = json.loads(scene.answer.body)
    assert (said["bet"]["realAmount"], said["win"]["realAmount"]) == (10, 25)
    again = await scene.plays(spin, "duplicate", 115)
    assert again.transaction == first.transaction
    await scene.plays(scene.move(Act.BET, 5, round=spin.round), "ok", 110)
    await scene.plays(scene.move(Act.WIN, 7, spin), "ok", 117)
    await scene.plays(spin, "duplicate", 117)


async def bet_win_that_ends_its_round(scene: Scene) -> None:
    """A completed BET_WIN closes its round behind its own win."""
    spin = replace(spin_of(scene, 10, 0), end=True)
    await scene.plays(spin, "ok", 90)
    await scene.plays(scene.move(Act.BET, 10, round=spin.round), "bet_on_closed_round", 90)
    await scene.plays(spin_of(scene, 10, 25), "bet_on_closed_round", 90)
    await scene.plays(spin, "duplicate", 90)


async def bet_win_is_one(scene: Scene) -> None:
    """The funds must cover the bet, whatever it won; and what is refused leaves neither half."""
    spin = spin_of(scene, 101, 500)
    await scene.plays(spin, "insufficient_funds", 100)
    await scene.plays(replace(spin, amount=Decimal(100)), "ok", 500)
    await scene.plays(spin_of(scene, 10, 5), "invalid", 500, win={"amount": -5})
    await scene.plays(spin_of(scene, 10, 5), "invalid", 500, win={})
    await scene.plays(spin_of(scene, 10, 5), "invalid", 500, bet=None)
    await scene.stage.spoil(scene.player.token, Status.SESSION_EXPIRED)
    await scene.plays(spin_of(scene, 10, 5), "expired", 500)


async def bet_win_with_other_data(scene: Scene) -> None:
    """Another stake, another win, or the id of a single BET or WIN is a mismatch, and moves nothing."""
    spin = spin_of(scene, 10, 25)
    await scene.plays(spin, "ok", 115)
    await scene.plays(replace(spin, amount=Decimal(11)), "mismatch", 115)
    await scene.plays(replace(spin, of_amount=Decimal(26)), "mismatch", 115)
    await scene.plays(replace(spin, round="5"), "mismatch", 115)
    await scene.plays(replace(spin, act=Act.BET), "mismatch", 115)
    await scene.plays(replace(spin, act=Act.WIN), "mismatch", 115)
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 105)
    await scene.plays(replace(bet, act=Act.SPIN, of_amount=Decimal(25)), "mismatch", 105)
    win = scene.move(Act.WIN, 10, bet)
    await scene.plays(win, "ok", 115)
    await scene.plays(replace(win, act=Act.SPIN), "mismatch", 115)


async def bet_win_rolled_back(scene: Scene) -> None:
    """A rollback of a BET_WIN undoes both halves, once; one that came first keeps both from landing."""
    spin = spin_of(scene, 10, 25)
    await scene.plays(spin, "ok", 115)
    undo = scene.move(Act.ROLLBACK, of=spin)
    await scene.plays(undo, "ok", 100)
    assert json.loads(scene.answer.body)["realAmount"] == 15
    await scene.plays(undo, "rollback_again", 100)
    await scene.plays(scene.move(Act.ROLLBACK, of=spin), "second_rollback", 100)
    late = spin_of(scene, 10, 25)
    await scene.plays(scene.move(Act.ROLLBACK, of=late), "unknown_rollback", 100)
    await scene.plays(late, "late_bet", 100)


async def bet_win_with_a_later_win(scene: Scene) -> None:
    """A BET_WIN whose round was paid once more is undone with all of it, or not at all."""
    spin = spin_of(scene, 10, 25)
    await scene.plays(spin, "ok", 115)
    await scene.plays(scene.move(Act.MORE_WIN, 5, spin), "ok", 120)
    await scene.plays(scene.move(Act.ROLLBACK, of=spin), "rollback_after_win", 120)


async def bet_win_spent(scene: Scene) -> None:
    """The win of a BET_WIN that is spent is not taken back, nor its stake given back."""
    spin = spin_of(scene, 10, 60)
    await scene.plays(spin, "ok", 150)
    await scene.plays(scene.move(Act.BET, 120, round="5"), "ok", 30)
    await scene.plays(scene.move(Act.ROLLBACK, of=spin), "rollback_of_spent_win", 30)


async def ids_like_our_own_keys(scene: Scene) -> None:
    """A transaction may be called as we call a half of a BET_WIN: neither is kept from the other, nor undone with it."""
    spin, stake = spin_of(scene, 10, 25), scene.move(Act.BET, 10)
    alike = [
        f"{first}{second}{spin.key}" for first in ("", "transaction:") for second in ("win:", "transaction:")
    ]
    for number, key in enumerate(alike, 1):
        await scene.plays(replaced(stake, key=key), "ok", 100 - 10 * number)
    await scene.plays(spin, "ok", 75)
    await scene.plays(scene.move(Act.ROLLBACK, of=spin), "ok", 60)
    for key in alike:
        await scene.plays(replaced(stake, key=key), "duplicate", 60)
    for number, key in enumerate(alike, 1):
        await scene.plays(scene.move(Act.ROLLBACK, of=replaced(stake, key=key)), "ok", 60 + 10 * number)


async def long_ids(scene: Scene) -> None:
    """An id has up to 255 bytes, of any script, and no two are taken for one, nor a BET_WIN's halves."""
    stake = scene.move(Act.BET, 10)
    await read_to_the_last_letter(scene, stake, ("k" * 255, "ж" * 127 + "2"))
    await scene.plays(replaced(stake, key="k" * 256), "invalid", 100)
    for letters in ("s" * 255, "ы" * 127 + "2"):
        spin = replaced(spin_of(scene, 10, 25), key=letters)
        await scene.plays(spin, "ok", 115)
        await scene.plays(spin, "duplicate", 115)
        await scene.plays(scene.move(Act.ROLLBACK, of=spin), "ok", 100)


# Rounds and rollbacks


async def end_of_a_round(scene: Scene) -> None:
    """END_ROUND is a transaction of its own: answered again as it was, and no bet follows it."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    end = scene.move(Act.CLOSE, of=bet, end=True)
    first = await scene.plays(end, "closed", 90)
    again = await scene.plays(end, "duplicate", 90)
    assert again.transaction == first.transaction
    await scene.plays(scene.move(Act.CLOSE, of=bet), "closed", 90)
    await scene.plays(scene.move(Act.BET, 10, round=bet.round), "bet_on_closed_round", 90)
    await scene.plays(scene.move(Act.CLOSE, of=bet), "invalid", 90, round=None)
    await scene.plays(scene.move(Act.CLOSE, of=bet), "invalid", 90, round="")


async def open_round_ended_by_its_message(scene: Scene) -> None:
    """END_ROUND ends its round whatever the round's status says."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    await scene.plays(scene.move(Act.CLOSE, of=bet), "closed", 90)
    await scene.plays(scene.move(Act.BET, 10, round=bet.round), "bet_on_closed_round", 90)


async def rolled_back_before_it_came(scene: Scene) -> None:
    """What was rolled back before it came moves nothing, and the rollback says again that it found nothing."""
    bet, undo = scene.move(Act.BET, 10), scene.move(Act.ROLLBACK)
    undo = replace(undo, of=bet.key)
    await scene.plays(undo, "unknown_rollback", 100)
    assert "id" not in json.loads(scene.answer.body)
    assert AGAIN not in json.loads(scene.answer.body)
    await scene.plays(undo, "unknown_rollback", 100)
    assert json.loads(scene.answer.body)[AGAIN] is True
    await scene.plays(replace(bet, act=Act.WIN), "win_without_bet", 100)
    await scene.plays(bet, "late_bet", 100)


async def late_bet_done(scene: Scene) -> None:
    """An account may answer a bet that was rolled back before it came as done: no money, and the rollback is named."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(scene.move(Act.ROLLBACK, of=bet), "unknown_rollback", 100)
    await scene.send(bet, "bet: it was rolled back")
    said = json.loads(scene.answer.body)
    assert (scene.answer.http_status, said.get(AGAIN), bool(said["id"])) == (200, True, True), said
    await scene.holds(100)


async def unknown_rollback_refused(scene: Scene) -> None:
    """An account may refuse a rollback of something unknown; it is remembered all the same."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(scene.move(Act.ROLLBACK, of=bet), "missing", 100)
    await scene.plays(bet, "late_bet", 100)


async def rollbacks_refused(scene: Scene) -> None:
    """A rollback names a transaction of this player, in its own round."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    undo = scene.move(Act.ROLLBACK, of=bet)
    await scene.plays(undo, "missing", 90, round="5")
    for nothing in ({"id": None}, {"id": ""}, None):
        await scene.plays(undo, "invalid", 90, transaction=nothing)
    path, fields = scene.studio.fields(scene.player, undo)
    least = {name: fields[name] for name in ("id", "type", "player", "currency", "transaction")} | {
        "amount": 99
    }
    reply = await scene.deliver(undo, scene.studio.seal(path, scene.studio.body(least)), "the least of it")
    assert reply.code == OK, scene.answer
    await scene.holds(100)
    await scene.begin()
    await scene.plays(scene.move(Act.ROLLBACK, of=bet), "missing", 100)


async def second_rollback_refused(scene: Scene) -> None:
    """An account may refuse a second rollback of one transaction."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    await scene.plays(scene.move(Act.ROLLBACK, of=bet), "ok", 100)
    await scene.plays(scene.move(Act.ROLLBACK, of=bet), "missing", 100)


async def wins_without_a_bet(scene: Scene) -> None:
    """By policy a win needs no bet in its round, as the free rounds of some houses are told."""
    await scene.plays(scene.move(Act.WIN, 25), "ok", 125)


async def wins_land(scene: Scene) -> None:
    """A win or a rollback lands with a dead session or none, and in a game that is gone; a bet does not."""
    bet, other = scene.move(Act.BET, 10), scene.move(Act.BET, 10, round="8")
    await scene.plays(bet, "ok", 90)
    await scene.plays(other, "ok", 80)
    await scene.plays(scene.move(Act.BET, 10), "invalid", 80, casinoSessionId=None)
    await scene.plays(scene.move(Act.WIN, 5, bet), "ok", 85, casinoSessionId=None)
    await scene.plays(scene.move(Act.WIN, 5, bet), "ok", 90, casinoSessionId="no-such-session")
    await scene.plays(scene.move(Act.WIN, 5, bet), "ok", 95, game="gone")
    await scene.plays(scene.move(Act.ROLLBACK, of=other), "ok", 105, game="gone", token="other")


async def wins_of_known_games_only(scene: Scene) -> None:
    """By this manner a win or a rollback in a game that we do not have is refused as the operators do."""
    bet = scene.move(Act.BET, 10)
    await scene.plays(bet, "ok", 90)
    await scene.plays(scene.move(Act.WIN, 5, bet), "invalid", 90, game="gone")
    await scene.plays(scene.move(Act.ROLLBACK, of=bet), "invalid", 90, game="gone")
    await scene.plays(spin_of(scene, 1, 1), "unknown_game", 90, game="gone")


async def games_of_numbers(scene: Scene) -> None:
    """A game's id may be a number, and is its digits."""
    await scene.plays(scene.move(Act.BET, 10), "unknown_game", 100, game=101)
    await scene.plays(scene.move(Act.BET, 10), "unknown_game", 100, game="101")
    await scene.plays(scene.move(Act.BET, 10), "invalid", 100, game=1.5)


async def game_not_allowed_by_403(scene: Scene) -> None:
    """An account may have GAME_NOT_ALLOWED said by HTTP 403."""
    await scene.stage.disable_game("dice")
    reply = await scene.send(scene.move(Act.BET, 10), "bet: a disabled game")
    assert (scene.answer.http_status, json.loads(scene.answer.body)["code"]) == (403, GAME), reply
    await scene.holds(100)


# Shape


async def white_space(scene: Scene) -> None:
    """By setting the hash may be over the body without its white space; by default it is over the body as it came."""
    bet = scene.move(Act.BET, 10)
    path, fields = scene.studio.fields(scene.player, bet)
    body = scene.studio.body(fields)
    spaced = body.replace(b",", b", ")
    signed = scene.studio.seal(path, body)
    expected = OK if scene.account.settings.get("digest_ignores_white_space") == "yes" else INVALID
    reply = await scene.deliver(bet, replace(signed, body=spaced), "spaces that were not hashed")
    assert reply.code == expected, scene.answer
    reply = await scene.deliver(bet, scene.studio.seal(path, spaced), "spaces that were hashed")
    assert reply.code == (AGAIN if expected == OK else OK), scene.answer
    other = body.replace(b'"id":"', b'"id":"1 ', 1)
    stripped = scene.studio.seal(path, other.replace(b" ", b""))
    reply = await scene.deliver(bet, replace(stripped, body=other), "a space in an id, hashed without it")
    assert reply.code == INVALID, scene.answer
    await scene.holds(90)


async def details_that_stand_in_nobodys_way(scene: Scene) -> None:
    """What is only kept may be of any type, or missing."""
    odd = {
        "requestedAt": 17,
        "integratorTransactionId": None,
        "software": "s",
        "integrator": [1, {"a": 2.5}],
    }
    await scene.plays(scene.move(Act.BET, 10), "ok", 90, **odd)
    without = {"requestedAt": None, "software": None, "integrator": {"id": 5.5}}
    await scene.plays(scene.move(Act.BET, 10), "ok", 80, **without, round=77)
    await scene.plays(scene.move(Act.BET, 10, round="77"), "ok", 70)


async def asked(scene: Scene, fields: dict[str, str], path: str = "") -> Reply:
    """A balance asked with these fields, at this address or the player's own."""
    move = scene.move(Act.BALANCE)
    path = path or scene.studio.fields(scene.player, move)[0]
    request = scene.studio.seal(path, scene.studio.body(fields))
    reply = await scene.deliver(move, request, f"balance with {sorted(fields)}")
    assert not reply.broken, (reply, scene.answer)
    return reply


async def refused(scene: Scene, move: Move, request: Request, title: str) -> None:
    """The request is not theirs."""
    reply = await scene.deliver(move, request, title)
    assert reply.code == scene.desk.says["bad_signature"], (title, scene.answer)


def spin_of(scene: Scene, staked: int, won: int) -> Move:
    """A bet and its win in one."""
    return replace(scene.move(Act.SPIN, staked), of_amount=Decimal(won))


CASES = (
    *(sessions, balances, signed_questions, hostile_ids, unknown_addresses),
    *(bet_win, bet_win_that_ends_its_round, bet_win_is_one, bet_win_with_other_data, bet_win_rolled_back),
    *(bet_win_with_a_later_win, bet_win_spent, ids_like_our_own_keys, long_ids, end_of_a_round),
    *(
        open_round_ended_by_its_message,
        rolled_back_before_it_came,
        rollbacks_refused,
        wins_land,
        games_of_numbers,
    ),
    *(white_space, details_that_stand_in_nobodys_way),
)
BY_403 = {"BET game_disabled": (GAME, 403)}

DESK = Desk(
    studio=Alea,
    key="a-test-secret-of-nobody",
    says={
        "ok": OK,
        "opened": OK,
        "balance": OK,
        "closed": OK,
        "duplicate": AGAIN,
        "insufficient_funds": "INSUFFICIENT_FUNDS",
        "zero_bet": OK,
        "bet_on_closed_round": DENIED,
        "mismatch": MISMATCH,
        "key_reused_amount": MISMATCH,
        "key_reused_round": MISMATCH,
        "key_reused_player": MISMATCH,
        "win_under_the_bets_key": MISMATCH,
        "unknown_rollback": UNKNOWN,
        "late_bet": DENIED,
        "rollback_again": AGAIN,
        "second_rollback": AGAIN,
        "missing": MISSING,
        "win_after_rollback": FAILED,
        "rollback_after_win": FAILED,
        "rollback_of_spent_win": "INSUFFICIENT_FUNDS",
        "win_without_bet": FAILED,
        "expired": EXPIRED,
        "expired_balance": EXPIRED,
        "superseded": EXPIRED,
        "unknown_token": EXPIRED,
        "unknown_token_open": EXPIRED,
        "foreign_token": EXPIRED,
        "blocked": "PLAYER_BLOCKED",
        "no_new_bets": DENIED,
        "game_disabled": GAME,
        "unknown_game": GAME,
        "unknown_player": INVALID,
        "wrong_currency": INVALID,
        "unknown_currency": INVALID,
        "bad_signature": INVALID,
        "unknown_verb": INVALID,
        "invalid": INVALID,
    },
    shape=frozenset({INVALID}),
    fields={
        "amount": ("amount",),
        "key": ("id",),
        "round": ("round", "id"),
        "player": ("player", "casinoPlayerId"),
        "token": ("casinoSessionId",),
        "currency": ("currency",),
        "game": ("game", "id"),
    },
    required=("key", "amount", "player", "round", "token", "currency"),
    cannot={
        "promo_win": "there are no promotions",
        "jackpot_win": "a jackpot is an ordinary win",
        "free_bet": "a free round is told by its win alone, or as a bet of nothing",
        "tip": "there are no tips",
        "buy_in": "there are no chips",
        "refund": "a rollback is always of the whole",
        "rotate": "tokens are never replaced by a call",
        "revoke": "sessions are not ended by the studio",
        "exists": "there is no question about a transaction",
    },
    hostile_amounts=(*HOSTILE_JSON_AMOUNTS, b'"10"', b"null"),
    wins_name_round=True,
    untold=(
        ("BET", Status.LIMIT_REACHED, ("BET_MAX", 403)),
        ("BET", Fault.OVERLOADED, ("GENERAL_ERROR", 503)),
        ("BET", Fault.INTERNAL, ("INTERNAL_ERROR", 503)),
    ),
    cases=(
        *(Case(tell.__name__, tell) for tell in CASES),
        Case("late_bet_done", late_bet_done, manners={"late_op": "done"}),
        Case("unknown_rollback_refused", unknown_rollback_refused, manners={"unknown_rollback": "error"}),
        Case("second_rollback_refused", second_rollback_refused, manners={"second_reversal": "error"}),
        Case("wins_without_a_bet", wins_without_a_bet, policy={"win_without_bet": True}),
        Case("wins_of_known_games_only", wins_of_known_games_only, manners={"unknown_game_pays": False}),
        Case("game_not_allowed_by_403", game_not_allowed_by_403, manners={"codes": BY_403}),
        Case("white_space_ignored", white_space, settings={"digest_ignores_white_space": "yes"}),
    ),
)
