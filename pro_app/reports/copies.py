"""The certified copy of a form: all that is kept of it, as one document and its digest."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from pro_app.acts.occasion import StaffOccasion
from pro_app.core.corrections import Truth, corrected
from pro_app.core.leaving import Held
from pro_app.core.wording import Wording
from pro_app.instruments import demonstration_if_any
from pro_app.store.engine.transaction import reading, transaction
from pro_app.store.forms.corrections import Correction
from pro_app.store.forms.scans import Scan
from pro_app.store.forms.wordings import packs
from pro_app.store.patients.leaving import held_back
from pro_app.store.patients.patients import find_patient
from pro_app.store.statuses.versions import versions_of
from pro_app.store.trail import copying, sealing
from pro_app.store.trail.signatures import Signature, signatures_of
from pro_app.store.trail.trail import Line

FORMAT = "pro_app certified copy 1"


@dataclass(frozen=True, slots=True)
class Copy:
    """The document, and its bytes whose SHA-256 stands on the page that is printed."""

    document: Mapping[str, Any]
    content: bytes
    sha256: str

    @property
    def name(self) -> str:
        """What its files are called by."""
        form = self.document["form"]
        return f"{self.document['patient']}-{form['visit']}-{form['submission_id'][:8]}"


def local(instant: datetime, at: StaffOccasion) -> str:
    """An instant in the trial's zone, with its offset."""
    return instant.astimezone(ZoneInfo(at.study.time_zone)).isoformat()


def copy_of(number: str, submission_id: str, *, at: StaffOccasion) -> Copy | None:
    """The copy of one form, None when there is no such form at the reader's sites."""
    return next(copies_of(number, submission_id, at=at), None)


def record_copy(copy: Copy, kind: str, *, at: StaffOccasion) -> None:
    """Keep in the trail that a copy leaves, before it does."""
    document = copy.document
    said = {"submission_id": document["form"]["submission_id"], "kind": kind}
    with transaction(at.actor, at.now) as tx:
        tx.record(
            "copy.made",
            document["patient"],
            visit=document["form"]["visit"],
            changes={k: (None, v) for k, v in (said | {"sha256": copy.sha256}).items()},
        )


def copies_of(
    number: str, submission_id: str | None = None, *, at: StaffOccasion
) -> Iterator[Copy]:
    with reading(snapshot=True) as connection:
        patient = find_patient(connection, number, sites=at.sites)
        if patient is None:
            return
        held = held_back(connection, patient_ids=[patient.id]).get(number)
        version = versions_of(connection, [patient.id])[number]
        signatures = signatures_of(connection, "patient", [number])
        head = sealing.last_seal(connection)
        rows = copying.forms_to_copy(connection, patient.id, number, submission_id)
        rows = [each for each in rows if _may_leave(each, held)]
        written_down = [str(c.id) for each in rows for c in each.corrections]
        signed = {s.subject: s for s in signatures_of(connection, "correction", written_down)}
        wordings = {
            each.wording.sha256: each.wording for each in packs(connection, at.instrument.id)
        }
    for language in at.study.languages:
        if shipped := demonstration_if_any(at.study.instrument, language):
            wordings.setdefault(shipped.sha256, shipped)
    for each in rows:
        shown = wordings.get(each.form["wording_sha256"] or "")
        yield _finished(
            {
                "format": FORMAT,
                "study": {"id": at.study.id, "registry_id": at.study.registry_id},
                "time_zone": at.study.time_zone,
                "patient": number,
                "site": patient.site,
                "form": _form(each.form, at),
                "wording": _wording(each.form, shown),
                "items": _items(each, shown, at),
                "scores": [plain(row, at) for row in each.scores],
                "corrections": [_correction(row, signed, at) for row in each.corrections],
                "decisions": [plain(row, at) for row in each.decisions],
                "photographs": [_photograph(row, at) for row in each.scans],
                "trail": lines_that_leave(each.trail, held, at),
                "record": {
                    "version_sha256": version,
                    "signatures": [_signature(s, version, at) for s in signatures],
                },
                "left_out_after": left_out_after(held),
                "head": f"{head.position}:{head.chain}" if head else None,
                "copied": {"by": at.actor.name, "at": local(at.now, at)},
            }
        )


def left_out_after(held: Held | None) -> str | None:
    """The day of a withdrawal of consent to further use after which nothing is copied."""
    return held.until.isoformat() if held and held.until else None


def lines_that_leave(
    lines: Iterable[Line], held: Held | None, at: StaffOccasion
) -> list[dict[str, Any]]:
    """The events of the trail that were recorded by the day until which data may leave."""
    return [
        line(each, at) for each in lines if held is None or held.may_leave(at.day_of(each.event.at))
    ]


def _may_leave(rows: copying.FormRows, held: Held | None) -> bool:
    """Whether a form was answered, by what is known now, on a day whose data may leave."""
    return held is None or held.may_leave(_stands(rows).answered_on)


def written(document: Mapping[str, Any]) -> bytes:
    """The document as the bytes of its file."""
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode("utf-8")


def _finished(document: dict[str, Any]) -> Copy:
    content = written(document)
    return Copy(document, content, hashlib.sha256(content).hexdigest())


def _form(row: Mapping[str, Any], at: StaffOccasion) -> dict[str, Any]:
    """The form's own columns, but for the answers, which stand with the items."""
    inside = ("answers", "item_times", "item_languages")
    said = plain({k: v for k, v in row.items() if k not in inside}, at)
    if row["device_at"]:
        said["device_is_ahead_seconds"] = (row["device_at"] - row["received_at"]).total_seconds()
    return said


def _wording(row: Mapping[str, Any], shown: Wording | None) -> dict[str, Any]:
    return {
        "sha256": row["wording_sha256"],
        "language": row["language"],
        "demonstration": shown.demonstration if shown else None,
        "licence": shown.licence if shown else None,
    }


def _items(
    rows: copying.FormRows, shown: Wording | None, at: StaffOccasion
) -> list[dict[str, Any]]:
    """Each item as it was shown and answered, and as it stands after signed corrections."""
    row = rows.form
    stands = _stands(rows).answers
    times, languages = row["item_times"] or {}, row["item_languages"]
    texts = shown.texts if shown else {}
    found = []
    for code in at.instrument.item_codes:
        answer, now = row["answers"].get(code), stands.get(code)
        seen, chosen = (*times.get(code, ()), None, None)[:2]
        found.append(
            {
                "code": code,
                "text": texts.get(code),
                "answer": answer,
                "answer_text": texts.get(f"RESPONSE_{answer}"),
                "stands": now,
                "stands_text": texts.get(f"RESPONSE_{now}"),
                "language": languages.get(code, row["language"]),
                "first_seen_seconds": seen,
                "last_chosen_seconds": chosen,
            }
        )
    return found


def _stands(rows: copying.FormRows) -> Truth:
    """The form as it stands after signed corrections."""
    signed = [each.changes for each in rows.corrections if each.signed]
    return corrected(Truth(rows.form["answered_on"], rows.form["answers"]), signed)


def _photograph(row: Scan, at: StaffOccasion) -> dict[str, Any]:
    """That there is a photograph of the paper, by its digest; never the picture."""
    said = plain(asdict(row), at)
    return {name: value for name, value in said.items() if name not in ("id", "form_id")}


def _correction(
    row: Correction, signed: Mapping[str, Signature], at: StaffOccasion
) -> dict[str, Any]:
    """A correction with the investigator's signature, which is bound to its version."""
    found = signed.get(str(row.id))
    signature = plain(asdict(found), at) if found else None
    return plain(asdict(row), at) | {"signature": signature}


def line(found: Line, at: StaffOccasion) -> dict[str, Any]:
    """An event of the trail with its seal."""
    seal = {"position": found.position, "chain": found.chain} if found.position else None
    gone = plain(asdict(found.taken_out), at) if found.taken_out else None
    said = asdict(found.event)
    del said["salts"], said["data"]  # no part of what it says
    return plain(said, at) | {"seal": seal, "taken_out": gone}


def _signature(each: Signature, version: str, at: StaffOccasion) -> dict[str, Any]:
    return plain(asdict(each), at) | {"holds": each.version_sha256 == version}


def plain(row: Mapping[str, Any], at: StaffOccasion) -> dict[str, Any]:
    """The row as JSON can hold it."""

    def as_json(value: Any) -> Any:
        if isinstance(value, datetime):
            return local(value, at)
        return value.isoformat() if isinstance(value, date) else value

    return {name: as_json(value) for name, value in row.items()}
