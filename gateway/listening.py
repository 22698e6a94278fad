"""The socket that the workers of a gateway share: opened once, by whoever starts them.  It accepts nobody."""

import errno
import socket

from gateway.settings import SettingsError

BACKLOG = 2048


class PortTaken(Exception):  # noqa: N818 - what is the case, in the operator's words
    """Somebody else listens where we should; the message says what to do."""


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens there.  Raises `PortTaken`, and `SettingsError` where the host is not ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except (OSError, UnicodeError) as error:  # the latter for what can be no name
        if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
            raise PortTaken(f"Port {port} of {host} is taken: BANKROLL_PORT chooses another") from error
        raise SettingsError(
            f"BANKROLL_HOST, BANKROLL_PORT: {host}:{port} cannot be listened on: {error}"
        ) from error
