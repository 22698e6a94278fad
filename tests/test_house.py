"""The repository guards its own shape: sizes, names, imports, and what no file may say.

An exception stands here with its reason, and a reason that is no longer needed fails too.
"""

import ast
import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from statistics import median

import pytest

from bench.studios import STUDIOS
from docs.generate import PAGES
from providers import PROVIDERS

ROOT = Path(__file__).parents[1]
CODE = ("wallet", "gateway", "providers", "bench")
LEFT_OUT = frozenset({"__pycache__", "build", "dist", "node_modules"})

FUNCTION_LINES = 55
MODULE_LINES = 300
SQL_FUNCTION_LINES = 150
ADAPTER_LINES = 150

LONG_FUNCTIONS: dict[str, str] = {
    "gateway/app.py:running": "one line for each part of a process, in the order of need",
}
"""``module:function`` -> why it may be longer than `FUNCTION_LINES`."""

LONG_MODULES: dict[str, str] = {}
"""Module -> why it may be longer than `MODULE_LINES`."""

LONG_SQL: dict[str, str] = {}

KINDS_OF_FOLDER = frozenset(
    {
        "controllers",
        "services",
        "repositories",
        "schemas",
        "utils",
        "util",
        "helpers",
        "managers",
        "common",
        "misc",
    }
)
"""Folders and modules are parts of the thing, not kinds of code."""

NAMES_ALLOWED = {
    "providers/__init__.py": "the list",
    "bench/studios/__init__.py": "the list of simulators",
    "tests/providers/test_signing.py": "published vectors are quoted to the byte",
    "tests/providers/transcript.py": "an example in the description of the format",
    "tests/mutants_equal.py": "names the files whose mutants make no difference",
    "CHANGELOG.md": "says what was added",
    "README.md": "says what is spoken",
    "docs/providers.md": "the index of the protocols' pages",
    "docs/adding-a-provider.md": "goes through a real one",
    "docs/measured.md": "has figures of three",
}
"""Files besides a provider's own that may name it -> why."""

PURE = frozenset(
    {
        "base64",
        "binascii",
        "cryptography",
        "hashlib",
        "hmac",
        "json",
        "re",
        "msgspec",
        "collections",
        "datetime",
        "decimal",
        "enum",
        "functools",
        "itertools",
        "types",
        "typing",
        "urllib.parse",
        "uuid",
        "xml.etree",
        "wallet.types",
        "wallet.money",
    }
)
"""What providers/ may import from outside; nothing of it waits, opens or reads a clock."""

SHARED = frozenset(
    {
        "contract",
        "dialogue",
        "forms",
        "locales",
        "manners",
        "outbound",
        "paths",
        "provider",
        "rs_wallet",
        "scrubbing",
        "signing",
        "syntax",
        "translate",
    }
)
"""Modules of providers/ that are no adapters."""

UNSAID = {
    "an address of a package index": r"pypi\.|pythonhosted\.|(?<!emit-)index-url",
    "a path of somebody's machine": r"(?<![\w.])/(?:root|home/[a-z]+|Users/[a-z]+|work)/",
}
"""What no committed file may say."""


@cache
def files(*suffixes: str) -> list[Path]:
    """Every file of the repository with one of these endings, hidden folders left out."""
    found = []
    for folder, inside, names in os.walk(ROOT):
        inside[:] = [name for name in inside if not name.startswith(".") and name not in LEFT_OUT]
        found += [Path(folder, name) for name in names if name.endswith(suffixes)]
    return sorted(found)


@cache
def text_of(path: Path) -> str:
    """What stands in a file."""
    return path.read_text(encoding="utf-8")


def named(path: Path) -> str:
    """The path as the tables above write it."""
    return path.relative_to(ROOT).as_posix()


def modules() -> list[Path]:
    """Every module of the product."""
    return [path for path in files(".py") if path.relative_to(ROOT).parts[0] in CODE]


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method of a module."""
    for node in ast.walk(ast.parse(text_of(path))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def imported(path: Path) -> Iterator[str]:
    """Every module that a module imports."""
    for node in ast.walk(ast.parse(text_of(path))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            if module in CODE:  # ``from providers import signing`` imports a module of ours
                yield from (f"{module}.{alias.name}" for alias in node.names)
            else:
                yield module


def test_functions_fit_on_a_screen():
    """No function is longer than a screen, unless a reason stands beside its name."""
    long = {
        f"{named(path)}:{function.name}": function.end_lineno - function.lineno + 1
        for path in modules()
        for function in functions(path)
        if function.end_lineno - function.lineno + 1 > FUNCTION_LINES
    }
    assert set(long) == set(LONG_FUNCTIONS), long


def test_modules_fit_in_a_sitting():
    """No module is longer than a sitting, unless a reason stands beside its name."""
    lengths = {named(path): len(text_of(path).splitlines()) for path in modules()}
    long = {name: length for name, length in lengths.items() if length > MODULE_LINES}
    assert set(long) == set(LONG_MODULES), long


def test_sql_functions_fit_in_a_sitting():
    """One SQL function a file, and none longer than a sitting."""
    long = {}
    for path in files(".sql"):
        if path.parent.name != "functions":
            continue
        text = text_of(path)
        assert len(re.findall(r"(?im)^create or replace (?:function|procedure) ", text)) == 1, named(path)
        if text.count("\n") > SQL_FUNCTION_LINES:
            long[named(path)] = text.count("\n")
    assert set(long) == set(LONG_SQL), long


def test_folders_are_parts_not_kinds():
    """No folder or module is named after a kind of code."""
    found = {named(path) for path in files(".py") if KINDS_OF_FOLDER & {*path.parent.parts, path.stem}}
    assert not found


def house_of(provider: str) -> str:
    """Whose protocol it is: two of one house may name each other, ``acorn_v1`` and ``acorn_v2``."""
    return provider.partition("_")[0]


@pytest.mark.parametrize("provider", sorted({*PROVIDERS, *STUDIOS}))
def test_a_provider_is_named_in_its_own_files_only(provider):
    """A protocol's name stands in files that carry it, in the lists, and nowhere else: there is no branch for one."""
    word = re.compile(rf"(?i)(?<![a-z]){re.escape(provider)}(?![a-z])")
    elsewhere = [
        named(path)
        for path in files(".py", ".sql", ".toml", ".txt", ".md")
        if house_of(provider)
        not in {
            house_of(part.partition(".")[0].removeprefix("test_")) for part in path.relative_to(ROOT).parts
        }
        and named(path) not in NAMES_ALLOWED
        and provider != "bogus"  # the example that every page, test and benchmark speaks
        and word.search(text_of(path))
    ]
    assert not elsewhere


def test_adapters_neither_wait_nor_know_each_other():
    """An adapter imports the contract, what all share, pure modules, and nothing that opens, waits or tells the time."""
    wrong = []
    for path in sorted((ROOT / "providers").rglob("*.py")):
        for module in imported(path):
            pure = any(module == name or module.startswith(f"{name}.") for name in PURE)
            shared = module.startswith("providers.") and module.split(".")[1] in SHARED
            if not pure and not shared and path.stem != "__init__":
                wrong.append(f"{named(path)}: {module}")
    assert not wrong


def test_the_median_adapter_is_short():
    """Half of the adapters have fewer than 150 lines of code: docstrings, comments and empty lines are not counted."""
    lengths = {name: code_lines(ROOT / "providers" / f"{name}.py") for name in PROVIDERS}
    assert median(lengths.values()) < ADAPTER_LINES, lengths


def code_lines(path: Path) -> int:
    """The lines of a module that do something."""
    text = text_of(path)
    told: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        ):
            told |= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    lines = enumerate(map(str.strip, text.splitlines()), 1)
    return sum(bool(line) and not line.startswith("#") and number not in told for number, line in lines)


def test_adapters_read_no_clock():
    """No adapter asks what time it is: the clock is an argument."""
    told = re.compile(r"\b(?:datetime\.now|utcnow|time\.time|date\.today|monotonic)\b")
    assert not [
        named(path) for path in sorted((ROOT / "providers").rglob("*.py")) if told.search(text_of(path))
    ]


@pytest.mark.parametrize("what", UNSAID)
def test_no_file_says(what):
    """Nothing committed depends on, or gives away, where it was made."""
    pattern = re.compile(UNSAID[what])
    texts = (".py", ".sql", ".toml", ".txt", ".md", ".yaml", ".yml", ".json", ".sh", ".cfg", "")
    found = {}
    for path in files(*texts):
        hit = (
            None
            if path == Path(__file__)
            else pattern.search(path.read_text(encoding="utf-8", errors="replace"))
        )
        if hit:
            found[named(path)] = hit.group()
    assert not found


@pytest.mark.parametrize("name", PAGES)
def test_generated_pages_are_as_the_code_has_them(name):
    """What is generated of docs/ says what the code, the desks and the transcripts say: `make docs` would change nothing."""
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == PAGES[name]()


def test_every_test_states_its_promise():
    """Every test has a docstring that begins with one sentence."""
    silent = []
    for path in files(".py"):
        if path.relative_to(ROOT).parts[0] != "tests" or not path.name.startswith("test_"):
            continue
        for function in functions(path):
            promise = ast.get_docstring(function) or ""
            if function.name.startswith("test_") and not promise.partition("\n")[0].endswith((".", ":", ",")):
                silent.append(f"{named(path)}:{function.name}")
    assert not silent


def test_every_proof_that_the_threat_model_names_is_there():
    """docs/security.md names no test and no file of tests that does not exist, and each of its threats has one."""
    told = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    tests = {
        function.name
        for path in files(".py")
        if path.relative_to(ROOT).parts[0] == "tests"
        for function in functions(path)
    }
    named = set(re.findall(r"`(test_\w+)`", told))
    assert len(named) > 30
    assert named <= tests, named - tests
    for place in re.findall(r"`(tests/[\w/]+\.py)`", told):
        assert (ROOT / place).exists(), place
    threats = [
        row
        for row in re.findall(r"(?m)^\| .* \|$", told.partition("## Entry points")[2])
        if not row.startswith("| threat |")
    ]
    assert len(threats) > 20
    assert [row for row in threats if "`test" not in row.rpartition(" | ")[2]] == []
