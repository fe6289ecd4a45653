"""A real mail server on loopback, and what came into it."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller

from tests.house.source import PRODUCT


class Mailbox:
    """What a mail server does with a letter: take it, or refuse it while `full`."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.full = False

    async def handle_DATA(  # noqa: N802 - the name that the server calls
        self, _server: Any, _session: Any, envelope: Any
    ) -> str:
        if self.full:
            return "452 no room"
        self.letters.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"


@contextmanager
def mail_server() -> Iterator[tuple[Mailbox, int]]:
    """The box, and the port that its server listens on."""
    box = Mailbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    yield box, port
    controller.stop()


def text_of(letter: EmailMessage) -> str:
    body = letter.get_body()
    assert body is not None
    return str(body.get_content())


def study_with_addresses(folder: Path) -> Path:
    """A study file in this folder whose first two sites have an address."""
    data = json.loads((PRODUCT / "studies" / "nct04158843.json").read_text(encoding="utf8"))
    for site in data["sites"][:2]:
        site["email"] = f"{site['code'].lower()}@hospital.example"
    study = folder / "study.json"
    study.write_text(json.dumps(data), encoding="utf8")
    return study
