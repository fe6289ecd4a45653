"""What the room can do, for web, command line and worker alike."""

from datetime import date, datetime

from pro_app.acts.occasion import StaffOccasion
from pro_app.core import ledger as core
from pro_app.core.leaving import retained
from pro_app.core.ledger import Entry
from pro_app.nurse.completeness import By, compliance, compliance_by_scale
from pro_app.nurse.gaps import Number
from pro_app.nurse.reasons import ReasonGiven, give_reason
from pro_app.store.engine.transaction import reading
from pro_app.store.patients.leaving import held_back
from pro_app.store.statuses.facts import Scope, read_facts

__all__ = [
    "By",
    "Number",
    "ReasonGiven",
    "compliance",
    "compliance_by_scale",
    "give_reason",
    "ledger",
]


def ledger(*, as_of: date, known_at: datetime | None = None, at: StaffOccasion) -> list[Entry]:
    """Every entry of the patients at the reader's sites, by trial number, then in protocol order.

    Of whoever withdrew consent to further use only what may leave, whatever day it is for:
    nothing until the site has decided, or what had happened by the withdrawal.
    """
    with reading(snapshot=True) as connection:
        people = read_facts(connection, Scope(sites=at.sites), known_at=known_at)
        held = held_back(connection)
    leaving = (retained(each.facts, held.get(each.facts.patient_id)) for each in people)
    return [
        entry
        for facts in leaving
        if facts is not None
        for entry in core.ledger(facts, at.study, valid_from=at.instrument.valid_from, as_of=as_of)
    ]
