"""How to sign in to the demonstration: kept in a file that its owner alone can read."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class StaffSignIn:
    role: str
    name: str
    password: str


@dataclass(frozen=True, slots=True)
class SignIns:
    """The patient's number, the token of their link and their PIN; and the staff's passwords."""

    number: str
    token: str
    pin: str
    staff: tuple[StaffSignIn, ...]


def read(file: Path) -> SignIns | None:
    """What the file holds; None when it is not there or not what was written."""
    try:
        kept = json.loads(file.read_bytes())
        staff = tuple(StaffSignIn(**each) for each in kept.pop("staff"))
        return SignIns(**kept, staff=staff)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def keep(file: Path, sign_ins: SignIns) -> None:
    """Write the file anew, mode 600 from its first byte on."""
    file.parent.mkdir(parents=True, exist_ok=True)
    made = file.with_name(f"{file.name}.{os.getpid()}")
    descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf8") as writing:
        json.dump(asdict(sign_ins), writing, ensure_ascii=False, indent=2)
    made.replace(file)
