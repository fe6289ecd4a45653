"""Take in a form that somebody of the staff keys in."""

from pro_app.acts import forms
from pro_app.acts.filled import Filled
from pro_app.acts.occasion import StaffOccasion
from pro_app.core.oddities import Odd, oddities
from pro_app.core.refused import Refused
from pro_app.core.sites import Sites
from pro_app.papers.fields import Keyed
from pro_app.store.engine.transaction import reading
from pro_app.store.forms.form_detail import form_id_of
from pro_app.store.forms.receiving import facts_of
from pro_app.store.patients.patients import Patient, find_patient

__all__ = ["Patient", "find", "key_in", "odd"]


def find(number: str, *, sites: Sites) -> Patient | None:
    with reading() as connection:
        return find_patient(connection, number, sites=sites)


def odd(keyed: Keyed, patient: Patient, visit: str, *, at: StaffOccasion) -> tuple[Odd, ...]:
    """What is worth a second look before the form is kept: a slip of the year, above all."""
    answered = sum(isinstance(value, int) for value in keyed.answers.values())
    with reading() as connection:
        facts = facts_of(connection, patient.id)
    return oddities(visit, keyed.answered_on, answered, facts=facts, study=at.study)


def key_in(
    keyed: Keyed, patient: Patient, visit: str, submission_id: str, *, at: StaffOccasion
) -> int | Refused:
    """The form's id; a page that is sent twice gets the same one.

    Never refused for its day, unless that has not come: it is stored and classified.
    """
    filled = Filled(
        submission_id=submission_id,
        visit=visit,
        answers=keyed.answers,
        language=keyed.language,
        assistance=keyed.assistance,
        answered_on=keyed.answered_on,
        by_patient=False,
        mode=keyed.mode,
        printed=keyed.printed,
        entered_by=at.actor.name,
        why_not_self=keyed.why_not_self or None,
    )
    outcome = forms.keep(at.actor, patient.id, filled, at=at)
    if isinstance(outcome, Refused):
        return outcome
    with reading() as connection:
        form_id = form_id_of(connection, submission_id)
    assert form_id is not None  # noqa: S101 - it was there, or was written just now
    return form_id
