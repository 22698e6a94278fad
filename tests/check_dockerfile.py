"""Runs the Dockerfile's COPY and RUN steps in a bare folder, with the Python at hand, and tries what they made.

There is no container engine where the tests run. What is checked: the steps' commands, the files they copy, the wheel
and its entry point. What is not: the base image, the user, the health check and the read-only root. Run it with
``make dockerfile``; it fetches the locked packages, or finds them in a cache, as `make` did.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
PLACES = ("/opt", "/srv", "/var/lib/bankroll")
TRIALS = (
    "bankroll --help",
    "python -c \"from wallet import embedded, migrate; assert any(migrate.SQL.glob('migrations/*.sql'))\"",
)


def steps(text: str) -> list[tuple[str, str]]:
    """Split a Dockerfile into instructions and what follows them."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in lines)]


def moved(text: str, folder: Path) -> str:
    """Put the image's places under the folder."""
    for place in PLACES:
        text = text.replace(place, f"{folder}{place}")
    return text


def copy(arguments: str, folder: Path, here: Path) -> None:
    """Do what COPY does: a file into a folder, a folder's content into a folder."""
    words = arguments.split()
    if words[0].startswith("--from="):
        assert words[1] == words[2], (
            "one folder stands for both stages, so a copy between them must keep its place"
        )
        return
    *sources, target = words
    for source in sources:
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, here / target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / source, here / target / source if target.endswith("/") else here / target)


def environment(folder: Path) -> dict[str, str]:
    """A Python named as in the image, and nothing of this checkout or its environment."""
    programs = folder / "programs"
    programs.mkdir()
    (programs / "python").symlink_to(Path(sys.base_prefix) / "bin" / "python3")
    kept = {
        name: os.environ[name]
        for name in os.environ
        if name.startswith(("PIP_", "UV_", "SSL_", "HTTP", "LC_"))
    }
    return kept | {
        "HOME": os.environ.get("HOME", "/"),
        "PATH": f"{programs}:/usr/bin:/bin",
        "UV_LINK_MODE": "copy",
    }


def main() -> None:
    """Run every step in order and stop at the first that fails."""
    with tempfile.TemporaryDirectory() as name:
        folder = here = Path(name)
        variables = environment(folder)
        for word, rest in steps((ROOT / "Dockerfile").read_text()):
            match word:
                case "WORKDIR":
                    here = Path(moved(rest, folder))
                    here.mkdir(parents=True, exist_ok=True)
                case "COPY":
                    copy(rest, folder, here)
                case "RUN" if not rest.startswith("useradd"):
                    print(f"RUN {rest}", flush=True)
                    subprocess.run(moved(rest, folder), shell=True, check=True, cwd=here, env=variables)
                case "HEALTHCHECK" | "CMD":
                    command = json.loads(rest[rest.index("[") :])
                    if command[0] == "python":
                        compile(command[2], "HEALTHCHECK", "exec")
                case _:
                    pass
        variables["PATH"] = f"{folder}/opt/bankroll/bin:{variables['PATH']}"
        for trial in TRIALS:
            print(f"TRY {trial}", flush=True)
            subprocess.run(trial, shell=True, check=True, cwd=here, env=variables, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
