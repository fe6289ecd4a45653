"""A network between a browser and a server: it can be slow, and counts all that passes."""

import asyncio
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

_ASKED = re.compile(rb"(?:GET|POST|PUT|HEAD) (\S+) HTTP/1")


@dataclass(frozen=True, slots=True)
class Speed:
    """Bytes per second that all connections share, and the seconds of a round trip."""

    rate: float
    round_trip: float


#: What Lighthouse takes for a phone on a slow 4G.
SLOW = Speed(1.6e6 / 8, 0.150)
FAST = Speed(1e9, 0.0)


@dataclass(slots=True)
class Network:
    """The way to one server, and what has gone along it since `forget`."""

    port: int
    speed: Speed
    port_here: int = 0
    #: (when, path) of each request, (when, bytes) of what came back; both in ms since 1970.
    asked: list[tuple[float, str]] = field(default_factory=list)
    came: list[tuple[float, int]] = field(default_factory=list)
    _since: float = 0.0
    _free_at: float = 0.0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port_here}"

    def forget(self) -> None:
        self._since = _now()
        self.asked.clear()
        self.came.clear()

    def received(self, until: float = float("inf")) -> int:
        """Bytes that had come by then, heads of the answers included."""
        return sum(count for at, count in self.came if at <= until)

    def requests(self, until: float = float("inf")) -> list[str]:
        """The paths that had been asked for by then."""
        return [path for at, path in self.asked if at <= until]

    def quiet_for(self) -> float:
        """Seconds since anything passed."""
        last = max([self._since, *(at for at, _ in (*self.came, *self.asked))])
        return (_now() - last) / 1000

    async def connect(self, phone: asyncio.StreamReader, to_phone: asyncio.StreamWriter) -> None:
        """Carry one connection. Opening it takes a round trip, as everywhere."""
        await asyncio.sleep(self.speed.round_trip)
        server, to_server = await asyncio.open_connection("127.0.0.1", self.port)
        await asyncio.gather(self._up(phone, to_server), self._down(server, to_phone))

    async def _up(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await _read(reader):
            self.asked += [(_now(), path.decode()) for path in _ASKED.findall(data)]
            await asyncio.sleep(self.speed.round_trip / 2)
            writer.write(data)
        writer.close()

    async def _down(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        while data := await _read(reader):
            # Its turn comes once the line is free; then it is under way for half a trip.
            self._free_at = max(loop.time(), self._free_at) + len(data) / self.speed.rate
            loop.call_at(self._free_at + self.speed.round_trip / 2, self._arrive, writer, data)
        loop.call_at(self._free_at + self.speed.round_trip / 2, writer.close)

    def _arrive(self, writer: asyncio.StreamWriter, data: bytes) -> None:
        self.came.append((_now(), len(data)))
        writer.write(data)


async def _read(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read(2048)
    except ConnectionError:
        return b""


def _now() -> float:
    """As the browser counts: `performance.timeOrigin` is of the same clock."""
    return time.time() * 1000


@contextmanager
def network(port: int, speed: Speed) -> Iterator[Network]:
    """A network to the server at this port of this machine."""
    way = Network(port, speed)
    loop = asyncio.new_event_loop()
    listening = loop.run_until_complete(asyncio.start_server(way.connect, "127.0.0.1", 0))
    way.port_here = listening.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield way
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
