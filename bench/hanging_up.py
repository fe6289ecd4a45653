"""Clients that hang up in the middle, and whether their connections come back."""

import socket
import time
from collections.abc import Sequence
from typing import Any

import psycopg

from bench.clients import send
from bench.serving import Server

#: How much of a request each of three clients in turn sends before it hangs up.
_SENT = (0.5, 0.95, 1.0)


def hang_up(server: Server, requests: Sequence[bytes], after: Sequence[bytes]) -> dict[str, Any]:
    """Send the requests, each from a client that does not wait for the answer.

    Afterwards the server is asked properly, by as many clients at once.
    """
    lines = []
    for n, asked in enumerate(requests):
        line = socket.create_connection(("127.0.0.1", server.port), timeout=10)
        line.sendall(asked[: int(len(asked) * _SENT[n % len(_SENT)])])
        lines.append(line)
    for line in lines:
        # Not a polite goodbye: the other side gets a reset, as from a phone in a tunnel.
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        line.close()
    time.sleep(1)
    burst = send(server.port, after, len(after))
    return {"hung up": len(requests), "answers after": burst.statuses}


def connections(url: str) -> dict[str, int]:
    """State → clients' connections to this database, as PostgreSQL counts them."""
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        rows = connection.execute(
            "SELECT coalesce(state, 'none'), count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend' GROUP BY 1"
        )
        return dict(rows.fetchall())
