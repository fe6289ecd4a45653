"""All of one patient that an entry of the desk is decided on, read in one place."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from pro_app.core.facts import PatientFacts
from pro_app.core.sites import EVERYWHERE
from pro_app.store.forms.drafts import drafts_of
from pro_app.store.patients.consents import Consent, consents_of
from pro_app.store.patients.events import Event, events_of
from pro_app.store.patients.patients import Patient
from pro_app.store.patients.pauses import pauses_of
from pro_app.store.people.links import find_card
from pro_app.store.statuses.facts import Scope, read_facts


@dataclass(frozen=True, slots=True)
class Gathered:
    """`drafts`: the visits of which an unfinished form is kept.

    `pauses`: the first day of each; `consents`: the later versions.
    """

    patient: Patient
    facts: PatientFacts
    events: tuple[Event, ...]
    drafts: tuple[str, ...]
    has_card: bool
    pauses: tuple[date, ...] = ()
    consents: tuple[Consent, ...] = ()

    def event(self, event_id: int | None) -> Event | None:
        """An event of theirs as it stands."""
        return next((event for event in self.events if event.id == event_id), None)


def gather(connection: Connection, patient: Patient) -> Gathered:
    return Gathered(
        patient=patient,
        facts=read_facts(connection, Scope(EVERYWHERE, ids=(patient.id,)))[0].facts,
        events=tuple(events_of(connection, [patient.id]).get(patient.id, [])),
        drafts=tuple(draft.visit for draft in drafts_of(connection, patient.id)),
        has_card=find_card(connection, patient.id) is not None,
        pauses=tuple(pause.fact.from_on for pause in pauses_of(connection, patient.id)),
        consents=tuple(consents_of(connection, [patient.id]).get(patient.id, ())),
    )
