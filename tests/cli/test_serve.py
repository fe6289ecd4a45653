"""`flask serve` as typed: it serves, it stops, and it says when the port is taken."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pro_app.network import own_address
from pro_app.settings import read_settings
from tests.cli.test_database import ROOT, typed


@contextmanager
def _serving(*, url: str, listen: str, told: Path) -> Iterator[None]:
    """The server while the block runs; what it says on standard error goes to `told`."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PRO_")}
    own = {"PRO_DATABASE_URL": url, "PRO_SECRET_KEY": "a key for tests that is long enough"}
    with (
        told.open("w") as file,
        subprocess.Popen(
            [sys.executable, "-m", "flask", "serve"],
            cwd=ROOT,
            env=kept | own | {"PRO_LISTEN": listen, "LC_ALL": "C.UTF-8"},
            stderr=file,
        ) as process,
    ):
        try:
            yield
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=30)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _first_answer(address: str) -> int:
    for _ in range(300):
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310
                return int(answer.status)
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"nothing answers at {address}")


def test_it_serves_until_it_is_stopped(tmp_path: Path) -> None:
    url, port = f"sqlite:///{tmp_path / 'pro.db'}", _free_port()
    assert typed("db", "upgrade", url=url).returncode == 0

    told = tmp_path / "told"
    with _serving(url=url, listen=f"127.0.0.1:{port}", told=told):
        assert _first_answer(f"http://127.0.0.1:{port}/staff/sign-in") == 200
    said = told.read_text()

    assert f"Serving at http://127.0.0.1:{port}; Ctrl-C stops it." in said
    assert f"The data are in {tmp_path / 'pro.db'}." in said
    assert f"PRO_LISTEN=0.0.0.0:{port}" in said


def test_a_port_in_use_is_named_with_its_setting(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        url = f"sqlite:///{tmp_path / 'pro.db'}"
        done = typed("serve", "--check", url=url, PRO_LISTEN=f"127.0.0.1:{port}", LC_ALL="C.UTF-8")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"PRO_LISTEN: port {port} is in use")


def test_an_address_of_another_machine_is_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'pro.db'}"
    done = typed("serve", "--check", url=url, PRO_LISTEN="192.0.2.1:5000", LC_ALL="C.UTF-8")

    assert done.returncode == 2
    assert done.stderr.startswith("PRO_LISTEN: this machine can't listen on 192.0.2.1:5000")


def test_links_work_from_elsewhere_when_it_listens_on_every_address(tmp_path: Path) -> None:
    every = "0.0.0.0:5001"
    settings = read_settings({"PRO_LISTEN": every}, instance=tmp_path)

    assert settings.listen == every
    assert settings.base_url == f"http://{own_address()}:5001"
