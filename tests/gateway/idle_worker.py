"""A worker that serves nobody, to see how workers are replaced: it leaves its numbers, as a real one does, and ends when asked.

Where a file named ``broken`` lies in the run directory it ends at once, as a real one does whose settings or server
are wrong.
"""

import os
import signal
import sys
from pathlib import Path


def main() -> int:
    """Wait for the end."""
    directory = Path(os.environ["BANKROLL_RUN_DIRECTORY"])
    if (directory / "broken").exists():
        return 1
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    (directory / f"process-{os.getpid()}.json").write_text('{"families": [], "values": []}')
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    return 0


if __name__ == "__main__":
    sys.exit(main())
