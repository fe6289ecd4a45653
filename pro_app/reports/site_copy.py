"""All that a site has recorded, as one ZIP that it keeps where nobody else has a hand."""

import hashlib
import io
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from pro_app.acts.occasion import StaffOccasion
from pro_app.core.leaving import Held
from pro_app.core.sites import only
from pro_app.reports.copies import (
    Copy,
    copies_of,
    left_out_after,
    lines_that_leave,
    local,
    plain,
    written,
)
from pro_app.store.engine.transaction import reading, transaction
from pro_app.store.patients.leaving import held_back
from pro_app.store.patients.patients import find_patient
from pro_app.store.statuses.facts import Scope, read_facts
from pro_app.store.trail import copying

FORMAT = "pro_app record 1"


@dataclass(frozen=True, slots=True)
class Pages:
    """What makes the pages that any browser opens: of a form, of a record, and the first one."""

    form: Callable[[Copy], str]
    record: Callable[[Mapping[str, Any]], str]
    index: Callable[[Mapping[str, list[str]]], str]


@dataclass(slots=True)
class _Archive:
    """The ZIP as it grows, with the digest of each JSON file in it."""

    file: zipfile.ZipFile
    sums: list[str] = field(default_factory=list)

    def add(self, name: str, content: bytes, page: str) -> None:
        self.sums.append(f"{hashlib.sha256(content).hexdigest()}  {name}.json\r\n")
        self.file.writestr(f"{name}.json", content)
        self.file.writestr(f"{name}.html", page)


def copy_site(site: str, target: BinaryIO, pages: Pages, *, at: StaffOccasion) -> int:
    """How many forms were written to `target`, a ZIP; recorded in the trail.

    Of each patient the record with its whole trail, and a copy of each form; a first page
    that leads to them, and a list of the digests. One patient after the other: it takes no
    more memory for more of them.
    """
    at = at.narrowed_to(only(site))
    with reading() as connection:
        people = read_facts(connection, Scope(at.sites))
        held = held_back(connection)
    everybody = [each.facts.patient_id for each in people]
    taken_out = sorted(n for n in everybody if n in held and held[n].until is None)
    numbers = [number for number in everybody if number not in taken_out]
    listed: dict[str, list[str]] = {}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as file:
        archive = _Archive(file)
        for number in numbers:
            document = _record(number, site, held.get(number), at)
            archive.add(f"{number}/record", written(document), pages.record(document))
            listed[number] = []
            for copy in copies_of(number, at=at):
                archive.add(f"{number}/{copy.name}", copy.content, pages.form(copy))
                listed[number].append(copy.name)
        file.writestr("index.html", pages.index(listed))
        if taken_out:  # consent to further use was withdrawn
            file.writestr("TAKEN_OUT.txt", "".join(f"{number}\r\n" for number in taken_out))
        file.writestr("SHA256SUMS.txt", "".join(archive.sums))
    forms = sum(map(len, listed.values()))
    said = {"site": site, "patients": len(numbers), "forms": forms, "sha256": _digest(target)}
    with transaction(at.actor, at.now) as tx:
        changes = {k: (None, v) for k, v in said.items()}
        tx.record("copy.site_made", f"site:{site}", changes=changes)
    return forms


#: Table → the column with the day of what it holds; a version of the patient's data has none.
_DAYS = {"event": "happened_on", "pause": "from_on", "reason": "said_on"}


def _record(number: str, site: str, held: Held | None, at: StaffOccasion) -> dict[str, Any]:
    def leaves(name: str, row: Mapping[str, Any]) -> bool:
        return held is None or held.may_leave(row[_DAYS[name]] if name in _DAYS else None)

    with reading(snapshot=True) as connection:
        patient = find_patient(connection, number, sites=at.sites)
        facts = copying.facts_to_copy(connection, patient.id) if patient else {}
        trail = copying.trail_to_copy(connection, number)
    return {
        "format": FORMAT,
        "study": {"id": at.study.id, "registry_id": at.study.registry_id},
        "time_zone": at.study.time_zone,
        "patient": number,
        "site": site,
        "facts": {
            name: [plain(row, at) for row in rows if leaves(name, row)]
            for name, rows in facts.items()
        },
        "trail": lines_that_leave(trail, held, at),
        "left_out_after": left_out_after(held),
        "copied": {"by": at.actor.name, "at": local(at.now, at)},
    }


def _digest(target: BinaryIO) -> str:
    target.seek(0)
    found = hashlib.sha256()
    while block := target.read(io.DEFAULT_BUFFER_SIZE * 16):
        found.update(block)
    target.seek(0)
    return found.hexdigest()
