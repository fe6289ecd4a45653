"""A worker of gunicorn's whose requests are read by waitress: no thread waits for a slow sender.

gunicorn starts, watches and replaces the processes. Inside each, one loop reads requests
to their end, however slowly they come, and hands complete ones to a few threads.
"""

import logging
import resource
from collections.abc import Callable
from typing import Any

from gunicorn.workers.base import Worker
from waitress import create_server, wasyncore
from waitress.channel import HTTPChannel

from pro_app.clock import steady

#: A request has to be here in full after so long: 10 MB at 35 kB/s.
_REQUEST_SECONDS = 300
#: A connection on which nothing comes and nothing goes is closed after so long.
_SILENCE_SECONDS = 30
_LARGEST_HEAD = 32 * 1024
#: The largest upload that any page takes; each page says how large its own may be.
LARGEST_BODY = 64 * 1024 * 1024
#: All half-sent requests of a process together, above which the largest are dropped.
_LARGEST_BODIES = 8 * LARGEST_BODY
_CONNECTIONS = 1000
#: So much of an answer may wait in a file for a slow reader; no thread waits for one.
_LARGEST_ANSWER = 2**40
#: How long a stopping worker goes on with connections on which a request may be coming.
_LINGER_SECONDS = 2


class _Channel(HTTPChannel):  # type: ignore[misc]
    """A connection that knows since when a request has been on its way."""

    begun_at: float | None = None

    def received(self, data: bytes) -> bool:
        if self.begun_at is None:
            self.begun_at = steady()
        taken: bool = super().received(data)
        if self.request is None:  # it is complete, and a thread's or waits for one
            self.begun_at = None
        return taken

    def is_late(self) -> bool:
        return self.begun_at is not None and steady() - self.begun_at > _REQUEST_SECONDS

    def held_bytes(self) -> int:
        """How much has come of a request that is not complete."""
        request = self.request
        return 0 if request is None else int(request.body_bytes_received)

    def is_at_work(self) -> bool:
        return bool(self.requests or self.total_outbufs_len)


class WebWorker(Worker):  # type: ignore[misc]
    """One process: a loop that reads and writes, and threads that answer."""

    def init_process(self) -> None:
        logging.getLogger("waitress.queue").disabled = True  # nothing to worry about by itself
        _now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        super().init_process()

    def run(self) -> None:
        self._map: dict[int, Any] = {}
        self._looked = steady()
        [listener] = self.sockets
        self._server = create_server(
            self.wsgi,
            map=self._map,
            sockets=[listener.sock],
            threads=self.cfg.threads,
            ident=None,
            clear_untrusted_proxy_headers=False,  # security/setup.py counts the proxies
            connection_limit=_CONNECTIONS,
            channel_timeout=_SILENCE_SECONDS,
            cleanup_interval=5,
            max_request_header_size=_LARGEST_HEAD,
            max_request_body_size=LARGEST_BODY,
            outbuf_high_watermark=_LARGEST_ANSWER,
            asyncore_use_poll=True,
        )
        self._server.channel_class = _Channel
        while self.alive:
            self._turn()
        self._stop()

    def _turn(self) -> None:
        """Read and write what is there, or wait for it a moment."""
        self.notify()
        wasyncore.loop(timeout=0.5, count=1, use_poll=True, map=self._map)
        if steady() - self._looked > 1:
            self._looked = steady()
            self._close_late()

    def _close_late(self) -> None:
        held = 0
        for channel in sorted(self._channels(), key=_Channel.held_bytes):
            held += channel.held_bytes()
            if channel.is_late() or held > _LARGEST_BODIES:
                channel.will_close = True

    def _channels(self) -> list[_Channel]:
        return list(self._server.active_channels.values())

    def _stop(self) -> None:
        """Take nothing new, and answer what is here."""
        self._server.accepting = False
        self._until(_LINGER_SECONDS, lambda: not self._channels())
        self._until(self.cfg.graceful_timeout - _LINGER_SECONDS, self._is_idle)
        self._server.task_dispatcher.shutdown(timeout=1)

    def _is_idle(self) -> bool:
        return not any(channel.is_at_work() for channel in self._channels())

    def _until(self, seconds: float, done: Callable[[], bool]) -> None:
        end = steady() + seconds
        while steady() < end and not done():
            self._turn()
