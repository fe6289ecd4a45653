"""The keys that a copy makes for itself and keeps in its own folder."""

import os
import secrets
from pathlib import Path


def kept_key(path: Path) -> str:
    """The key in a file, made on first use and readable by its owner alone."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        made = path.with_name(f"{path.name}.{os.getpid()}")
        descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
        try:
            os.link(made, path)  # two first starts at once: the first one's key stands
        except FileExistsError:
            pass
        finally:
            made.unlink()
    return path.read_text().strip()
