"""PG Soft's addresses and the account without a salt: what conformance at the desk's account cannot show."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from msgspec.structs import replace

from bench.studios.contract import Act, Move, Player
from bench.studios.pgsoft import Pgsoft
from providers.contract import Account, Exchange, Fault, Request
from providers.dialogue import understand
from providers.outbound import Launch, Unready
from providers.pgsoft import PGSOFT

SETTINGS = {"operator_token": "operator/1", "launch_host": "m.example"}
ACCOUNT = Account("pgsoft", (b"secret",), PGSOFT.policy, PGSOFT.manners, SETTINGS)
LAUNCH = Launch(
    account=ACCOUNT,
    game="65",
    token="t&1",
    player="p1",
    currency="EUR",
    language="pt-BR",
    lobby_url="https://lobby.example/",
)


def test_a_game_is_launched_at_the_accounts_host():
    """The address names operator, session and language, and the way back where there is one."""
    launch = PGSOFT.studio.launch
    assert callable(launch)
    url = "https://m.example/65/index.html?btt=1&ot=operator%2F1&ops=t%261&l=pt"
    assert launch(LAUNCH) == f"{url}&f=https%3A%2F%2Flobby.example%2F"
    assert launch(replace(LAUNCH, lobby_url=None)) == url


@pytest.mark.parametrize("name", SETTINGS)
def test_a_launch_says_what_it_lacks(name):
    """Without the host or the operator's token there is no address, and the error names the setting."""
    settings = {one: value for one, value in SETTINGS.items() if one != name}
    assert callable(PGSOFT.studio.launch)
    with pytest.raises(Unready, match=name):
        PGSOFT.studio.launch(replace(LAUNCH, account=replace(ACCOUNT, settings=settings)))


@pytest.mark.parametrize(
    ("settings", "token", "secret", "status"),
    [
        (SETTINGS, "operator/1", "secret", None),
        (SETTINGS, "operator/1", "Secret", Fault.BAD_SIGNATURE),
        (SETTINGS, "operator/2", "secret", Fault.WRONG_PARTNER),
        (SETTINGS, "", "secret", Fault.MISSING_FIELD),
        ({}, "operator/1", "secret", Fault.WRONG_PARTNER),
    ],
)
def test_without_a_salt_the_pair_alone_speaks(settings, token, secret, status):
    """The token and the secret must be the account's; an account that has no token takes no call."""
    body = f"operator_token={token}&secret_key={secret}&player_name=p1".encode()
    request = Request("POST", "/Cash/Get", "/Cash/Get", b"", {}, body)
    exchange = Exchange(request, replace(ACCOUNT, settings=settings), datetime(2026, 1, 1, tzinfo=UTC))
    assert understand(PGSOFT, exchange) is (status is None)
    assert status is None or exchange.status is status


def test_a_simulated_transfer_says_that_it_is_sent_again():
    """A resend is told as one, also where another round was played meanwhile."""
    studio, player = Pgsoft(Pgsoft.make_key()), Player("token", "user-1", "EUR", "dice")
    one, other = (Move(Act.BET, letter * 32, Decimal(1), "1") for letter in "ab")
    told = [studio.fields(player, move)[1]["is_validate_bet"] for move in (one, other, one)]
    assert told == [False, False, True]
