"""Schemathesis at the internal API: every operation that /schema describes, asked rightly and wrongly.

No answer is a failure of ours, and every one is as the description says: its status, its type, its shape.
``FUZZ_MINUTES`` and ``FUZZ_SEED`` choose how long and which: see ``make fuzz``.
"""

import asyncio
import json
import os
import secrets
import sys
from pathlib import Path

from tests.gateway.door import Door, one_loop
from tests.input.fields import operations_of
from tests.input.tally import COUNTED

pytestmark = one_loop

HERE = Path(__file__).parent
SECONDS = float(os.environ.get("FUZZ_MINUTES", "0")) * 60 / 3
"""Of a long run; 0: a few examples of each operation."""

FEWEST = max(1, round(SECONDS / 20))
"""Requests that every operation is sent: a run that comes to fewer has failed, as it says nothing of that operation.

One that takes nothing can be asked in a few ways only, and is asked at all.
"""

FEW = ("--phases=fuzzing", "--max-examples=1", "--no-shrink")


# Who sends more than thirty wrong keys in a minute is answered 429 instead of 401: a few examples send fewer.
LONG = (f"--max-time={max(1, round(SECONDS))}", "--exclude-checks=ignored_auth")


async def known(door: Door) -> dict[str, str]:
    """Names of what there is, so that more is answered than that there is nothing."""
    slug, player = f"known-{secrets.token_hex(4)}", await door.player(EUR="1000000.00")
    await door.post("/provider-accounts", {"slug": slug, "protocol": "bogus", "environment": "test"})
    await door.post("/games", {"provider_account": slug, "code": "oak", "name": "Oak"})
    held = await door.post("/withdrawals", {"player": player, "currency": "EUR", "amount": "10.00"})
    session = await door.post("/sessions", {"player": player, "currency": "EUR", "provider_account": slug})
    names = {"player": player, "provider_account": slug, "slug": slug, "code": "oak", "game": "oak"}
    ids = {
        "withdrawal": held["id"],
        "transaction": held["id"],
        "session": str(session["id"]),
        "currency": "EUR",
    }
    return names | ids


async def test_every_optional_parameter_may_stand_alone_and_beside_any_other(door: Door) -> None:
    """Each filter of each operation alone, and each two of them: a list is answered, or that the cursor is none of its own."""
    moments = {"since": "2026-01-01T00:00:00Z", "until": "2099-01-01T00:00:00Z"}
    there = {**await known(door), **moments, "limit": 1, "closed": "true", "dead": "true", "done": "true"}
    asked = 0
    for operation in operations_of((await door.http.get("/schema/openapi.json")).json()):
        for request in operation.narrowed(door.http, there):
            answer = await door.http.send(request)
            wanted = 400 if "cursor" in request.url.params else 200
            assert answer.status_code == wanted, (request.url, answer.text)
            asked += 1
    assert asked > 200, asked


async def test_every_operation_answers_as_it_is_described(door: Door, tmp_path: Path) -> None:
    """Whatever is asked is answered within the description, and the books still grow by what is asked rightly."""
    # A key that is revoked by number would end the run in silence: those that are made here have others.
    await door.owner.execute("select setval(pg_get_serial_sequence('wallet.api_key', 'id'), 2000000000)")
    key = await door.key()
    how = LONG if SECONDS else FEW
    process = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("schemathesis"),
        f"--config-file={HERE / 'schemathesis.toml'}",
        "--no-color",
        "run",
        f"{door.http.base_url}/schema/openapi.json",
        f"--header=Authorization: Bearer {key}",
        f"--seed={os.environ.get('FUZZ_SEED', '1')}",
        *how,
        cwd=tmp_path,
        env={
            **os.environ,
            "SCHEMATHESIS_HOOKS": "known",
            "PYTHONPATH": str(HERE),
            "KNOWN": json.dumps(await known(door)),
            "ASKED": str(tmp_path / "asked.json"),
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    told, _ = await process.communicate()
    assert process.returncode == 0, told.decode()
    asked = json.loads((tmp_path / "asked.json").read_text())
    described = operations_of((await door.http.get("/schema/openapi.json")).json())
    fewest = {one.name: FEWEST if one.parameters or one.body else 1 for one in described}
    assert {name for name, least in fewest.items() if asked.get(name, 0) < least} == set()
    assert (await door.http.get("/v1/players", headers={"authorization": f"Bearer {key}"})).status_code == 200
    COUNTED["at_the_api"] += 1


async def test_an_address_that_is_too_long_is_answered_as_it_is_described(door: Door) -> None:
    """A cursor as long as it may be can be longer, as an address writes it, than a request's head may be."""
    answer = await door.http.get("/v1/players", params={"cursor": "\N{MONEY BAG}" * 4096})
    assert (answer.status_code, answer.content) == (431, b"")
    described = (await door.http.get("/schema/openapi.json")).json()["paths"]
    operations = [one for path in described.values() for one in path.values() if "responses" in one]
    assert len(operations) > 40
    assert all("431" in one["responses"] and "content" not in one["responses"]["431"] for one in operations)
