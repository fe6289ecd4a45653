"""Whoever sends slowly, or nothing, holds up nobody else."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from tests.server.conftest import PATIENCE, Phone, Served

HEAD = b"GET /my/home HTTP/1.1\r\nHost: localhost\r\n"
BODY = (
    b"POST /p/of-nobody HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\n\r\npin=1"
)
CHUNK = (
    b"POST /p/of-nobody HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\n\r\n5\r\npi"
)


@contextmanager
def held(server: Served, count: int, sent: bytes) -> Iterator[list[socket.socket]]:
    """So many connections on which this was sent and nothing more comes."""
    with ExitStack() as open_ones:
        lines = []
        for _ in range(count):
            line = open_ones.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            line.sendall(sent)
            lines.append(line)
        time.sleep(0.5)
        yield lines


@pytest.mark.parametrize(
    ("count", "sent"), [(16, HEAD), (16, BODY), (16, CHUNK), (200, b"")], ids=lambda v: str(v)[:20]
)
def test_half_sent_requests_hold_up_nobody(server: Served, count: int, sent: bytes) -> None:
    phone = server.phone("LISHUI-001")
    with held(server, count, sent):
        for _ in range(5):
            answer = phone.get(timeout=PATIENCE)
            assert (answer.status, answer.seconds < PATIENCE) == (200, True)
        assert phone.hand_in(server.filled_in()).status == 201


def test_a_request_that_comes_in_pieces_is_answered_when_it_is_complete(server: Served) -> None:
    with held(server, 1, HEAD) as [line]:
        line.sendall(b"Connection: close\r\n\r\n")
        assert line.recv(1000).startswith(b"HTTP/1.1 302 ")


@pytest.mark.parametrize("size", [b"zz", b"-5", b"1g"])
def test_a_bad_chunk_size_is_refused(server: Served, size: bytes) -> None:
    sent = CHUNK.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" + size + b"\r\npin=1\r\n0\r\n\r\n"
    with held(server, 1, sent) as [line]:
        status = line.recv(1000).split(b" ")[1]
    assert status[:1] == b"4"
    assert Phone(server.port, "").get("/").status == 200


def test_a_head_without_end_is_refused(server: Served) -> None:
    with held(server, 1, b"GET / HTTP/1.1\r\nX-Long: " + b"a" * 40_000) as [line]:
        assert line.recv(1000).split(b" ")[1] == b"431"
