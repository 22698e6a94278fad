"""What is installed is what was locked: every distribution pinned and hashed, for every Python, from no named place.

Whether each pinned version has a wheel for a given Python and system only an index can say; that is not asked here.
"""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
LOCKS = ("bootstrap", "runtime", "development")
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
SYSTEMS = ("linux", "darwin")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
WANTED = {
    "runtime": PROJECT["project"]["dependencies"],
    "development": [*PROJECT["project"]["dependencies"], *PROJECT["dependency-groups"]["development"]],
    "bootstrap": PROJECT["dependency-groups"]["bootstrap"],
}
# How an index gives itself away: its options, or an address that ends as all of them do.
INDEX = re.compile(
    r"--(extra-)?index(-url)?\b|--find-links\b|--trusted-host\b|\w://\S+/simple\b", re.IGNORECASE
)


def entries(lock: str) -> list[str]:
    """Split a lock into its entries, continuation lines joined."""
    text = (ROOT / "requirements" / f"{lock}.txt").read_text()
    return [
        line for line in text.replace("\\\n", " ").splitlines() if line.strip() and not line.startswith("#")
    ]


def pinned(lock: str, python: str, system: str) -> dict[str, str]:
    """Give the versions that a lock installs on one Python and one system."""
    environment = default_environment() | {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "sys_platform": system,
        "platform_python_implementation": "CPython",
        "implementation_name": "cpython",
    }
    found: dict[str, str] = {}
    for entry in entries(lock):
        requirement = Requirement(entry.partition("--hash")[0].strip())
        if requirement.marker is None or requirement.marker.evaluate(environment):
            assert requirement.name not in found, (
                f"{requirement.name} is pinned twice for Python {python} on {system}"
            )
            found[requirement.name] = str(requirement.specifier)
    return found


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_its_hashes(lock: str):
    """An entry is one exact version with the sha256 of each file it may be installed from, and nothing else."""
    assert entries(lock)
    for entry in entries(lock):
        requirement, *hashes = entry.split("--hash=")
        assert re.fullmatch(r"[a-z0-9.-]+==[^\s;,*]+( ; [^\\]+)?", requirement.strip()), entry
        assert hashes, entry
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}\s*", each) for each in hashes), entry


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_satisfies_the_project_on_every_python(lock: str, python: str, system: str):
    """Each requirement of pyproject.toml is pinned, once, within its bounds."""
    pins = pinned(lock, python, system)
    for text in WANTED[lock]:
        wanted = Requirement(text)
        version = pins[canonicalize_name(wanted.name)].removeprefix("==")
        assert wanted.specifier.contains(version), f"{text} is pinned to {version}: run make lock"


@pytest.mark.parametrize("python", PYTHONS)
def test_tests_run_on_what_is_shipped(python: str):
    """The development lock holds the runtime lock, version for version."""
    assert pinned("runtime", python, "linux").items() <= pinned("development", python, "linux").items()


def test_the_pythons_tested_are_the_pythons_supported():
    """The range in pyproject.toml and the list here say the same."""
    supported = Requirement(f"python{PROJECT['project']['requires-python']}").specifier
    assert [minor for minor in range(8, 30) if supported.contains(f"3.{minor}.0")] == [
        int(python.partition(".")[2]) for python in PYTHONS
    ]


def test_no_file_names_an_index():
    """Where packages come from is the business of the machine that installs them."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for path in map(ROOT.joinpath, listed.stdout.splitlines()):
        if path == Path(__file__) or not path.is_file():
            continue
        assert INDEX.search(path.read_text(errors="replace")) is None, path


def test_compose_has_no_password_of_its_own():
    """Whoever starts it must say every password and key: none has a default."""
    asked = re.findall(r"\$\{(\w+)([^}]*)\}", (ROOT / "compose.yaml").read_text())
    secret = {name: rest for name, rest in asked if name.endswith(("_PASSWORD", "_KEYS"))}
    assert secret.keys() == {"OWNER_PASSWORD", "SERVICE_PASSWORD", "VALKEY_PASSWORD", "BANKROLL_MASTER_KEYS"}
    assert all(rest.startswith(":?") for rest in secret.values())
