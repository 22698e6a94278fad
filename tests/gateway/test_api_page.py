"""The description of the internal API and its page: complete, and nothing of it comes from anywhere else."""

import json
import re
from pathlib import Path

import pytest

from gateway.api import OPERATIONS
from gateway.api.authentication import SCOPES
from gateway.api.pages import PAGE
from gateway.api.problems import REFUSALS, WORDS
from tests.gateway.door import Door, one_loop
from wallet.words import PLAIN

ROOT = Path(__file__).parents[2]
FILES = ("/schema", "/schema/page.js", "/schema/page.css", "/schema/openapi.json")


@one_loop
@pytest.mark.parametrize("path", FILES)
async def test_the_page_is_served_and_may_load_nothing_from_outside(door: Door, path: str):
    """Every file of the page is answered without a key and under a policy of this origin alone."""
    response = await door.http.get(path, headers={"authorization": ""})
    assert response.status_code == 200
    assert response.headers["content-security-policy"].startswith("default-src 'self';")
    assert response.headers["x-content-type-options"] == "nosniff"


@one_loop
@pytest.mark.parametrize(
    "path",
    [*FILES, "/v1/players", "/v1/nowhere", "/nowhere", "/schema/nowhere", "/healthz", "/readyz", "/metrics"],
)
async def test_every_answer_tells_a_browser_to_be_careful(door: Door, path: str):
    """Whatever is answered, and however it failed: not guessed at, not framed, not told on, and nothing loaded for it."""
    for headers in ({}, {"authorization": "Bearer nobody"}):
        answer = await door.http.get(path, headers=headers)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["content-security-policy"].startswith(
            ("default-src 'none';", "default-src 'self';")
        )
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert answer.headers["cache-control"] == "no-store"
        assert "access-control-allow-origin" not in answer.headers
        assert "server" not in answer.headers
        assert len(answer.headers.get_list("content-security-policy")) == 1


@one_loop
@pytest.mark.parametrize("path", FILES)
async def test_no_file_of_the_page_names_another_place(door: Door, path: str):
    """No address with a host stands in what is served, apart from examples that are reserved for it."""
    text = (await door.http.get(path)).text
    found = re.findall(r"(?:https?:)?//[a-zA-Z0-9][^\s\"'<>)]*", text)
    assert [place for place in found if ".example" not in place and not place.startswith("// ")] == []
    assert not re.search(r"@import|<base|integrity=|importScripts|import\(", text)


def test_the_page_has_no_script_or_style_within_its_markup():
    """The policy forbids inline script and style, so the page has none and builds no markup from text."""
    markup, script = (PAGE / "index.html").read_text(), (PAGE / "page.js").read_text()
    assert re.findall(r"(?:src|href)=\"([^\"]*)\"", markup) == [
        "/schema/page.css",
        "/schema/page.js",
        "/schema/openapi.json",
    ]
    assert not re.search(r"<style|style=|\son\w+=|<script>", markup)
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|localStorage", script
    )


@one_loop
async def test_the_description_is_complete(door: Door):
    """Every operation is described with its problems, its scheme of keys and the header that it needs."""
    description = (await door.http.get("/schema/openapi.json")).json()
    assert description["openapi"].startswith("3.1")
    assert description["components"]["securitySchemes"]["api_key"]["scheme"] == "bearer"
    described = {}
    for path, methods in description["paths"].items():
        assert path.startswith("/v1/")
        for operation in methods.values():
            described[operation["operationId"]] = operation
    assert described.keys() == SCOPES.keys() == {operation.handler_name for operation in OPERATIONS}
    for name, operation in described.items():
        assert operation["description"], name
        assert operation["tags"], name
        assert operation["security"] == [{"api_key": []}], name
        assert set(operation["responses"]["403"]["content"]) == {"application/problem+json"}, name
        if "requestBody" in operation:
            assert operation["responses"].keys() >= {"413", "415"}, name
            (body,) = operation["requestBody"]["content"].values()
            schema = description["components"]["schemas"][body["schema"]["$ref"].rpartition("/")[2]]
            assert schema["additionalProperties"] is False, name
    for name in (
        "create_deposit",
        "hold_withdrawal",
        "confirm_withdrawal",
        "release_withdrawal",
        "create_adjustment",
    ):
        (header,) = [one for one in described[name]["parameters"] if one["name"] == "Idempotency-Key"]
        assert header["required"], name


def test_the_page_says_of_an_operation_what_it_says_of_itself():
    """docs/api.md lists every operation with the first sentence of its own description."""
    rows = re.findall(r"^\| `(\w+) ([^`]+)` \| (.*?) \|", (ROOT / "docs/api.md").read_text(), re.MULTILINE)
    told = {(method, path): sentence for method, path, sentence in rows}
    for operation in OPERATIONS:
        (method,), (path,) = operation.http_methods, operation.paths
        sentence = (operation.fn.__doc__ or "").partition("\n")[0].replace(".  ", ". ")
        assert told[str(method), "/v1" + re.sub(r":\w+", "", path)] == sentence


@one_loop
async def test_amounts_are_text_in_the_description(door: Door):
    """Wherever an amount is asked for or answered its type is text."""
    schemas = (await door.http.get("/schema/openapi.json")).json()["components"]["schemas"]
    for name, field in (
        ("DepositRequest", "amount"),
        ("Receipt", "amount"),
        ("Balances", "cash"),
        ("TransactionAnswer", "cash"),
    ):
        assert schemas[name]["properties"][field]["type"] == "string", name


@one_loop
async def test_the_description_never_says_one_of_anything(door: Door):
    """Beside a form that anything has, no value is of one form alone: a strict client would refuse them all."""
    text = (await door.http.get("/schema/openapi.json")).text
    assert re.findall(r'"(?:oneOf|anyOf)": ?\[(?:[^\]]*, ?)?\{\}', text) == []


@one_loop
async def test_no_form_of_a_text_takes_a_line_break(door: Door):
    """Every form refuses control characters before it says anything else: at the end, ``$`` alone lets one pass."""
    text = (await door.http.get("/schema/openapi.json")).text
    forms = [json.loads(form) for form in re.findall(r'"pattern": ?("(?:[^"\\]|\\.)*")', text)]
    assert len(forms) > 20
    ids = {"^[0-9]{1,5}-[0-9]{1,19}$"}  # which have one spelling besides
    assert {form for form in forms if not form.startswith(PLAIN)} == ids


def test_every_problem_has_words_and_an_error_status():
    """No problem is a success, and no name is both ours and the ledger's."""
    for http_status, title in (*WORDS.values(), *REFUSALS.values()):
        assert 400 <= http_status < 600
        assert title
    assert not WORDS.keys() & {status.value for status in REFUSALS}


def test_the_page_of_words_names_every_operation_and_problem():
    """docs/api.md lists what the code has: each operation with its scope, each problem with its status."""
    told = (ROOT / "docs" / "api.md").read_text()
    for operation in OPERATIONS:
        (path,), (method,) = operation.paths, operation.http_methods
        place = path.replace(":str}", "}").replace(":int}", "}")
        row = next(line for line in told.splitlines() if line.startswith(f"| `{method!s} /v1{place}` |"))
        assert row.endswith(f"| `{SCOPES[operation.handler_name]}` |"), row
    for name, (http_status, title) in (*WORDS.items(), *REFUSALS.items()):
        assert f"| `{name}` | {http_status} | {title} |" in told
