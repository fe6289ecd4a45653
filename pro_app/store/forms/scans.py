"""Photographs of the paper that a form was keyed from: kept, looked at, removed."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from pro_app.core.sites import Sites
from pro_app.store.engine.at_sites import at_sites
from pro_app.store.engine.transaction import Tx
from pro_app.store.tables import form, paper_scan, patient


@dataclass(frozen=True, slots=True)
class Scan:
    """A photograph without its bytes, which are gone once it was removed."""

    id: int
    form_id: int
    sha256: str
    kept_at: datetime
    kept_by: str
    removed_at: datetime | None
    removed_by: str | None


@dataclass(frozen=True, slots=True)
class Picture:
    """What is seen of a photograph, and whose form it shows."""

    number: str
    visit: str
    submission_id: str
    sha256: str
    content: bytes


def scans_of(connection: Connection, form_id: int) -> list[Scan]:
    """All of a form, those too that were removed, in the order in which they were kept."""
    columns = [paper_scan.c[name] for name in Scan.__dataclass_fields__]
    query = select(*columns).where(paper_scan.c.form_id == form_id).order_by(paper_scan.c.id)
    return [Scan(*row) for row in connection.execute(query)]


def find_picture(
    connection: Connection, form_id: int, scan_id: int, *, sites: Sites
) -> Picture | None:
    """The picture, None when this form at these sites has none such, or has it no more."""
    query = (
        select(
            patient.c.number,
            form.c.visit,
            form.c.submission_id,
            paper_scan.c.sha256,
            paper_scan.c.picture,
        )
        .join(form, form.c.id == paper_scan.c.form_id)
        .join(patient, patient.c.id == form.c.patient_id)
        .where(
            paper_scan.c.id == scan_id,
            paper_scan.c.form_id == form_id,
            paper_scan.c.removed_at.is_(None),
        )
    )
    query = query.where(at_sites(patient.c.site, sites))
    row = connection.execute(query).one_or_none()
    return Picture(*row) if row else None


def keep_scan(tx: Tx, form_id: int, sha256: str, picture: bytes) -> None:
    """Keep a photograph. The trail's record is the caller's."""
    tx.execute(
        insert(paper_scan),
        {
            "form_id": form_id,
            "sha256": sha256,
            "picture": picture,
            "kept_at": tx.now,
            "kept_by": tx.actor.name,
        },
    )


def remove_scan(tx: Tx, scan_id: int) -> None:
    """Its bytes go for good; that it was there, and its digest, stay."""
    tx.execute(
        update(paper_scan)
        .where(paper_scan.c.id == scan_id)
        .values(picture=None, removed_at=tx.now, removed_by=tx.actor.name)
    )
