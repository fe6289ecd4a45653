"""What this machine is called in its own network, and whether a port of it is free."""

import errno
import socket

#: Hosts that stand for every address of the machine.
EVERY_ADDRESS = frozenset({"0.0.0.0", "::", "[::]"})  # noqa: S104 - compared, not listened on

# Reserved for documentation (RFC 5737): a route is looked up, and nothing is sent.
_FAR_AWAY = ("192.0.2.1", 9)


def own_address() -> str:
    """The address by which others in the network reach this machine; 127.0.0.1 where none does."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(_FAR_AWAY)
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])


def is_free(listen: str) -> bool:
    """Whether a server can listen on host:port now.

    Errors: OSError when the host is no address of this machine.
    """
    host, _, port = listen.rpartition(":")
    host = host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # As the server does: what an ended connection still holds is no hindrance.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, int(port)))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return False
            raise
    return True
