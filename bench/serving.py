"""Start gunicorn as in production, and read what it costs."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pro_app.settings import ROOT, Settings

_TICKS = os.sysconf("SC_CLK_TCK")


class Server:
    """A running server on 127.0.0.1."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self._process = process
        self.port = port

    def cpu_ms(self) -> float:
        """What its processes have used so far, in user and system time."""
        master = self._process.pid
        workers = Path(f"/proc/{master}/task/{master}/children").read_text().split()
        return sum(_cpu_ms(int(pid)) for pid in (master, *workers))


def _cpu_ms(pid: int) -> float:
    # The name in the second field may hold spaces; what follows it does not.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / _TICKS


@contextmanager
def serve(settings: Settings, app: str, config: str, *, answers_at: str) -> Iterator[Server]:
    """A server of this application; `answers_at` is a path that shows it is up."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {
        "PRO_DATABASE_URL": settings.database_url,
        "PRO_SECRET_KEY": settings.secret_key,
        "PRO_LISTEN": f"127.0.0.1:{port}",
        "PRO_STUDY": settings.study,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "--config", f"python:{config}", app],
        env=environment,
        cwd=ROOT,
    )
    try:
        _wait_for(f"http://127.0.0.1:{port}{answers_at}", process)
        yield Server(process, port)
    finally:
        process.terminate()
        process.wait(30)


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode}")
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except urllib.error.HTTPError:
            return  # it answers; with what is another question
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the server did not start within half a minute")
