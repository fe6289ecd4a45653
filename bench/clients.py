"""Clients that keep their connections, in a process of their own.

It must cost less than what it asks: requests are bytes made beforehand, and of an
answer only the status line and the length are read.
"""

import json
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_END = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Burst:
    """What came of some requests: how many got which status, and how long each took."""

    seconds: float
    statuses: dict[str, int]
    latencies: list[float]

    @property
    def rate(self) -> float:
        return sum(self.statuses.values()) / self.seconds

    def slowest(self, share: float) -> float:
        """The time within which this share of the requests was answered."""
        return sorted(self.latencies)[int(share * (len(self.latencies) - 1))]


def request(
    method: str, path: str, *, body: bytes = b"", headers: dict[str, str] | None = None
) -> bytes:
    """The bytes of one request."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join(lines).encode() + _END + body


def send(port: int, requests: Sequence[bytes], clients: int) -> Burst:
    """Send each request once, dealt out to so many clients at once."""
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        Path(file.name).write_text(json.dumps([each.decode() for each in requests]))
        done = subprocess.run(
            [sys.executable, __file__, str(port), str(clients), file.name],
            check=True, capture_output=True, text=True,
        )  # fmt: skip
    return Burst(**json.loads(done.stdout))


class _Line:
    """One kept connection; opened again when the server closes it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None

    def ask(self, asked: bytes) -> str:
        """The status of the answer."""
        for again in (True, False):
            if self._socket is None:
                self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=60)
                self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                self._socket.sendall(asked)
                return self._status()
            except ConnectionError:
                # It may have been closed while it was idle; once is no fault.
                self._socket = None
                if not again:
                    raise
        raise AssertionError("unreachable")

    def _status(self) -> str:
        got = b""
        while _END not in got:
            got += self._more()
        head, _, body = got.partition(_END)
        lowered = head.lower()
        length = int(lowered.split(b"content-length:")[1].split(b"\r\n")[0])
        missing = length - len(body)
        while missing > 0:
            missing -= len(self._more())
        if b"connection: close" in lowered:
            self._socket = None
        return head.split(b" ", 2)[1].decode()

    def _more(self) -> bytes:
        assert self._socket is not None
        part = self._socket.recv(65536)
        if not part:
            raise ConnectionError("closed by the server")
        return part


def _burst(port: int, requests: Sequence[bytes], clients: int) -> Burst:
    statuses: list[str] = []
    latencies: list[float] = []
    ready = threading.Barrier(clients + 1)

    def work(own: Sequence[bytes]) -> None:
        line = _Line(port)
        ready.wait()
        for asked in own:
            begun = time.perf_counter()
            statuses.append(line.ask(asked))
            latencies.append(time.perf_counter() - begun)

    workers = [threading.Thread(target=work, args=(requests[n::clients],)) for n in range(clients)]
    for worker in workers:
        worker.start()
    ready.wait()
    begun = time.perf_counter()
    for worker in workers:
        worker.join()
    return Burst(time.perf_counter() - begun, dict(Counter(statuses)), latencies)


if __name__ == "__main__":
    _port, _clients, _file = sys.argv[1:]
    _requests = [each.encode() for each in json.loads(Path(_file).read_text())]
    _done = _burst(int(_port), _requests, int(_clients))
    print(json.dumps({name: getattr(_done, name) for name in Burst.__slots__}))
