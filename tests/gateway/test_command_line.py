"""The commands that are more than a name for something else: run as an operator runs them."""

import pytest
from click.testing import CliRunner, Result

from gateway.command_line import main
from gateway.sealing import new_master_key
from tests.servers import Database


def said(database: Database, redis_url: str, master_keys: str, *words: str) -> Result:
    return CliRunner().invoke(
        main,
        words,
        env={
            "BANKROLL_OWNER_URL": "",
            "BANKROLL_DATABASE_URL": database.service_url,
            "BANKROLL_REDIS_URL": redis_url,
            "BANKROLL_MASTER_KEYS": master_keys,
        },
    )


def test_a_key_is_made_and_printed_alone(database: Database, redis_url: str) -> None:
    """`keys create` prints the key and nothing else, so that a shell can take it."""
    result = said(database, redis_url, new_master_key(), "keys", "create", "first")
    assert result.exit_code == 0
    assert result.stdout.startswith("bk_")
    assert len(result.stdout.split()) == 1


def test_secrets_are_sealed_anew(database: Database, redis_url: str) -> None:
    """`keys reseal` says how many accounts it sealed with the newest key."""
    result = said(database, redis_url, f"{new_master_key()},{new_master_key()}", "keys", "reseal")
    assert (result.exit_code, result.stdout) == (0, "0 provider accounts sealed anew\n")


@pytest.mark.parametrize("words", [("verify",), ("keys", "create", "x"), ("migrate",)])
def test_a_misspelt_setting_is_refused(words: tuple[str, ...]) -> None:
    """A setting that is none is named, and nothing is done."""
    result = CliRunner().invoke(main, words, env={"BANKROLL_PROT": "1"})
    assert result.exit_code == 1
    assert "BANKROLL_PROT is no setting" in result.output
