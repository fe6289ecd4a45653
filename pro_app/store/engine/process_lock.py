"""One server or worker for each SQLite file: a second one says so and ends.

Two of them get along until there is load, and then time out on each other.
Commands are short: they wait for their turn instead.
"""

import fcntl
import os
from pathlib import Path

from pro_app.settings import Settings, SettingsError

_held: list[int] = []


def claim_file(settings: Settings) -> None:
    """Hold the SQLite file for this process until it ends.

    Errors: SettingsError when another server or worker holds it.
    """
    file = Path(settings.database_url.removeprefix("sqlite:///") + ".server")
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise SettingsError(
            "another server or worker already uses this SQLite file; stop it first, "
            "or give PRO_DATABASE_URL a PostgreSQL database"
        ) from None
    _held.append(descriptor)  # the system lets go of it when the process ends
