"""A gateway of paper: the road in memory, over the oracle's ledger, with a clock and ids that never differ.

It exists so that a protocol can be read, answered, recorded and replayed before and without any server.  What
it binds (tokens, players, currencies, games) it binds as the gateway must; the same cases run over the real
one, and must end the same.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from bench.studios.contract import Answer as Heard
from bench.studios.contract import Request as Sent
from providers.contract import (
    Account,
    Ask,
    Exchange,
    Fault,
    Profile,
    Query,
    Request,
    StudioCall,
    StudioOp,
)
from providers.dialogue import amounts_of, balances_of, conclude, fail, find_verb, understand
from providers.provider import Provider
from tests.model.books import Currency as LedgerCurrency
from tests.model.oracle import Oracle
from tests.providers.transcript import MILLISECONDS
from wallet.money import BadAmount, Currency, WireCurrency, floored
from wallet.types import NEW_BETS, Call, Kind, Op, Outcome, Session, Sex, Status

EUR = WireCurrency("EUR", Currency("EUR", 6, 2))
USD = WireCurrency("USD", Currency("USD", 6, 2))
JPY = WireCurrency("JPY", Currency("JPY", 6, 0))
BTC = WireCurrency("BTC", Currency("BTC", 8, 8))
CURRENCIES = {currency.code: currency for currency in (EUR, USD, JPY, BTC)}
START = datetime(2026, 1, 1, 12, tzinfo=UTC)
ACCOUNT = 1
AFFILIATE = "affiliate-7"


class Paper:
    """One provider account, its players, sessions and ledger, in memory."""

    def __init__(self, provider: Provider, account: Account) -> None:
        self.provider = provider
        self.account = account
        self.oracle = Oracle()
        self.now = START
        self.calls = 0
        self.wallets: dict[str, tuple[int, WireCurrency]] = {}  # external id -> wallet
        self.sessions: dict[str, Session] = {}  # token -> session
        self.launches: dict[str, str] = {}  # launch token -> play token
        self.rotated: dict[str, str] = {}  # token -> the one that took its place
        self.free_rounds: dict[str, str] = {}  # issue -> the external id they were given to
        self.games = {"dice": True, "crash": True}
        self.no_new_bets = False
        self.heard: Callable[[Exchange, Any], None] = lambda _exchange, _answer: None
        self.full: Callable[[], bool] = lambda: False

    # What the operator does

    async def join(self, currency: str, cash: int) -> str:
        """A player with a funded wallet; returns the studio's name for it."""
        wallet = len(self.wallets) + 1
        player, wire = f"player-{wallet}", CURRENCIES[currency]
        ours = wire.currency
        self.wallets[player] = wallet, wire
        self.oracle.open(wallet, player, LedgerCurrency(ours.code, ours.scale, ours.exponent, 10**12))
        deposit = Op(Kind.DEPOSIT, f"deposit-{wallet}", ours.units(Decimal(cash)))
        self.oracle.post(Call(wallet, 0, wallet, (deposit,), self.account.policy))
        return player

    async def launch(self, player: str) -> str:
        """A session, and its launch token."""
        play = self.open_session(player)
        if not self.provider.one_time_launch:
            return play
        launch = play.replace("play", "launch")
        self.launches[launch] = play
        return launch

    def open_session(self, player: str) -> str:
        """A session's play token."""
        wallet, currency = self.wallets[player]
        number = len(self.sessions) + 1
        play = f"play-token-{number}"
        self.sessions[play] = Session(number, play, wallet, wallet, ACCOUNT, player, currency.code, "dice")
        return play

    async def spoil(self, token: str, defect: Status) -> None:
        """The session behind a token is no longer good."""
        play = self.launches.get(token, token)
        self.sessions[play] = msgspec.structs.replace(self.sessions[play], defect=defect)

    async def block(self, player: str) -> None:
        """The player may not bet."""
        self.oracle.set_player(player, "blocked")

    async def take_no_bets(self) -> None:
        """The provider account takes no new bets."""
        self.no_new_bets = True

    async def disable_game(self, game: str) -> None:
        """The game takes no new bets."""
        self.games[game] = False

    async def give_free_rounds(self, player: str, issue: str) -> None:
        """Free rounds are the player's; the studio knows them by the issue."""
        self.free_rounds[issue] = player

    async def cash(self, player: str) -> Decimal:
        """What the ledger holds."""
        wallet, currency = self.wallets[player]
        return currency.amount(self.oracle.books.balances(wallet).cash)

    # The road

    async def receive(self, sent: Sent) -> Heard:
        """One request through check, read, bind, post and write."""
        path, _, query = sent.path.partition("?")
        request = Request(sent.method, path, sent.path, query.encode(), dict(sent.headers), sent.body)
        self.now += timedelta(seconds=1)
        exchange = Exchange(request, self.account, self.now, milliseconds=MILLISECONDS)
        if self.full():
            find_verb(self.provider, exchange)
            fail(exchange, Fault.OVERLOADED)
        elif understand(self.provider, exchange):
            if isinstance(exchange.asked, StudioCall):
                self.post(exchange, exchange.asked)
            elif isinstance(exchange.asked, Query):
                self.ask(exchange, exchange.asked)
        if exchange.outcome is None and not exchange.done:  # the ledger was not asked, so nothing is reported
            exchange.currency = exchange.cash = exchange.bonus = None
        answer = conclude(self.provider, exchange)
        self.heard(exchange, answer)
        return Heard(answer.http_status, {n.lower(): value for n, value in answer.headers}, answer.body)

    def session(self, token: str | None, ask: Ask | None) -> Session | None:
        """The session of a token; a launch token is good for its exchange only, and a rotation repeated is one."""
        if token in self.rotated and ask is Ask.ROTATE:
            token = self.rotated[token]
        if token in self.launches:
            return self.sessions[self.launches[token]] if ask is Ask.EXCHANGE else None
        return None if token is None else self.sessions.get(token)

    def bind(self, exchange: Exchange, asked: StudioCall | Query) -> tuple[int | None, Status | None]:
        """The wallet that is meant, and what is wrong with the session where that is asked."""
        session = exchange.session = self.session(asked.token, getattr(asked, "ask", None))
        defect = session.defect if session else Status.SESSION_UNKNOWN
        player = asked.player or (session.external_id if session else None)
        if player is None and isinstance(asked, StudioCall):
            player = self.free_rounds.get(asked.free_rounds or "")
        if session and player != session.external_id:
            exchange.session, defect = None, Status.SESSION_UNKNOWN
        wallet, currency = self.wallets.get(player or "", (None, None))
        if wallet is not None and currency is not None:
            now = self.oracle.books.balances(wallet)
            self.report(exchange, currency, now.cash, now.bonus)
        return wallet, defect if asked.check_token else None

    def post(self, exchange: Exchange, asked: StudioCall) -> None:
        """Bind a call and post it to the oracle; one without operations asks for the balance."""
        wallet, defect = self.bind(exchange, asked)
        if not asked.ops:
            exchange.status = Fault.UNKNOWN_PLAYER if wallet is None else Status.FOUND
            return
        currency = CURRENCIES.get(asked.currency or exchange.currency or "EUR")
        if currency is None:
            exchange.status = Fault.UNKNOWN_CURRENCY
            return
        bets = any(op.kind in NEW_BETS for op in asked.ops)
        pays = exchange.account.manners.unknown_game_pays and not bets
        if asked.game is not None and asked.game not in self.games and not pays:
            exchange.status = Fault.UNKNOWN_GAME
            return
        try:
            counted = smallest_unit_of(currency) if asked.in_smallest_units else currency
            ops = tuple(op_of(op, counted) for op in asked.ops)
        except BadAmount as bad:
            exchange.status, exchange.detail = Fault.BAD_AMOUNT, str(bad)
            return
        if wallet is None and asked.player is None and defect is not None:
            exchange.status = defect
            return
        game = asked.game or (exchange.session.game if exchange.session else None)
        self.calls += 1
        outcome = self.oracle.post(
            Call(
                self.calls + 1000,
                ACCOUNT,
                wallet or -1,
                ops,
                asked.policy(self.account.policy),
                currency.currency.code if asked.currency else None,
                session_defect=defect,
                game=list(self.games).index(game) if game in self.games else None,
                game_disabled=not self.games.get(game or "dice", True),
                account_disabled=self.no_new_bets,
            )
        )
        exchange.outcome = self.dated(outcome)
        wire = CURRENCIES[exchange.currency or "EUR"]
        exchange.amounts = tuple(amounts_of(op, wire) for op in exchange.outcome.ops)
        if wallet is not None:
            self.report(exchange, wire, *balances_of(asked, outcome, self.account.manners))

    def ask(self, exchange: Exchange, asked: Query) -> None:
        """Answer what moves no money."""
        wallet, defect = self.bind(exchange, asked)
        if asked.check_game and asked.game not in self.games:
            exchange.status = Fault.UNKNOWN_GAME
        elif asked.ask is Ask.MONITOR:
            exchange.status = Status.FOUND
        elif asked.check_token and defect is not None:
            exchange.status = defect
        elif wallet is None:
            exchange.status = Fault.UNKNOWN_PLAYER
        elif asked.currency and asked.currency not in CURRENCIES:
            exchange.status = Fault.UNKNOWN_CURRENCY
        elif asked.currency and asked.currency != exchange.currency:
            exchange.status = Status.CURRENCY_DIFFERS
        elif asked.check_player and self.is_blocked(exchange.session, asked.player):
            exchange.status = Status.PLAYER_BLOCKED
        elif asked.ask is Ask.EXISTS:
            found = self.oracle.books.find(ACCOUNT, asked.key)
            exchange.status = Status.FOUND if found else Status.REFERENCE_NOT_FOUND
        else:
            exchange.status = Status.FOUND
            self.use(exchange, asked)

    def is_blocked(self, session: Session | None, player: str | None) -> bool:
        """Whether the player of a session, or of this name, may not bet."""
        name = session.external_id if session is not None else player
        return self.oracle.books.players.get(name or "") == "blocked"

    def use(self, exchange: Exchange, asked: Query) -> None:
        """What is asked for: who this is, by token or by name; of a good session another token, or its end."""
        session, ask, player, attach = exchange.session, asked.ask, asked.player, asked.attach
        if session is not None and ask is Ask.EXCHANGE and attach:
            known = self.sessions.setdefault(attach, msgspec.structs.replace(session, token=attach))
            if known.id != session.id:
                exchange.status = Fault.BAD_VALUE
                return
        if ask is Ask.OPEN:
            exchange.token = self.open_session(player or "")
        elif ask in (Ask.IDENTITY, Ask.EXCHANGE):
            name = session.external_id if session is not None else player or ""
            exchange.token = None if session is None else session.token
            exchange.profile = Profile(
                name, self.wallets[name][1].code, "MT", language="en", affiliate=AFFILIATE, sex=Sex.FEMALE
            )
        elif session is not None and ask is Ask.ROTATE:
            exchange.token = self.rotate(asked.token or "", session)
        elif session is not None and ask is Ask.REVOKE:
            self.sessions[session.token] = msgspec.structs.replace(session, defect=Status.SESSION_REVOKED)

    def rotate(self, old: str, session: Session) -> str:
        """The token that takes the old one's place; the same again where the rotation is repeated."""
        if old not in self.rotated:
            new = self.rotated[old] = f"{old}-rotated"
            self.sessions[new] = msgspec.structs.replace(session, token=new)
            self.sessions[old] = msgspec.structs.replace(session, defect=Status.SESSION_SUPERSEDED)
        return self.rotated[old]

    def report(self, exchange: Exchange, currency: WireCurrency, cash: int, bonus: int) -> None:
        """The balances that an answer may hold."""
        exchange.currency = currency.code
        exchange.cash = floored(currency.amount(cash), self.account.manners.places)
        exchange.bonus = floored(currency.amount(bonus), self.account.manners.places)

    def dated(self, outcome: Outcome) -> Outcome:
        """The outcome with the times that the oracle does not keep: a posting's is its place in the journal."""
        ops = tuple(
            msgspec.structs.replace(op, recorded_at=None if op.posting is None else at(op.posting))
            for op in outcome.ops
        )
        return msgspec.structs.replace(outcome, ops=ops)


def at(posting: int) -> datetime:
    """When a posting of paper was recorded."""
    return START + timedelta(seconds=posting, microseconds=123456)


def smallest_unit_of(currency: WireCurrency) -> WireCurrency:
    """The currency's smallest unit, of which a call may count its amounts."""
    return msgspec.structs.replace(currency, power=currency.power - currency.exponent)


def op_of(op: StudioOp, currency: WireCurrency) -> Op:
    """The ledger's operation behind the studio's."""
    return Op(
        op.kind,
        op.key,
        currency.units(op.amount),
        currency.units(op.nominal),
        op.reference,
        op.scope,
        op.round,
        op.end_round,
        op.occurred_at,
        None if op.metadata is None else msgspec.json.encode(op.metadata).decode(),
    )
