"""The effort for each form as it leaves in an export."""

from dataclasses import replace
from datetime import date

from pro_app.core.contact import Attempted, Outcome
from pro_app.core.dataset import Dataset, Subject, assemble
from pro_app.core.effort import VisitEffort, effort_rows, with_pooled
from pro_app.core.extras import Extras
from pro_app.core.facts import FormFact
from pro_app.core.rates import POOLED
from tests.core.test_dataset import ANNA, AS_OF, INSTRUMENT, STUDY, form

NUMBER = ANNA.patient_id


def dataset(*attempts: Attempted) -> Dataset:
    """Anna answered V0; V1 was keyed in by the site."""
    forms = [form("V0", date(2021, 1, 8)), form("V1", date(2021, 4, 11), entered_by_staff=True)]
    facts = tuple(FormFact(f.visit, f.answered_on, f.items_answered) for f in forms)
    return assemble(
        [Subject(replace(ANNA, forms=facts), "zh")],
        forms,
        study=STUDY,
        instrument=INSTRUMENT,
        as_of=AS_OF,
        held={},
        extras=Extras(attempts=attempts),
    )


def counts(*attempts: Attempted) -> dict[str | None, tuple[int, int, int, int]]:
    """Visit → (calls, reached, reminders, keyed) where there is anything."""
    rows = list(effort_rows(dataset(*attempts)))
    found = {r.visit: (r.calls, r.reached, r.reminders, r.keyed) for r in rows}
    return {visit: row for visit, row in found.items() if any(row)}


def test_attempts_stand_with_the_visit_that_they_were_about() -> None:
    assert counts(
        Attempted(NUMBER, "V1", Outcome.NO_ANSWER),
        Attempted(NUMBER, "V1", Outcome.REACHED),
        Attempted(NUMBER, "V1", Outcome.REMINDED),
        Attempted(NUMBER, "V2", Outcome.REMINDED),
        Attempted(NUMBER, None, Outcome.CALL_BACK),
        Attempted("L-999", "V1", Outcome.REACHED),  # this patient's data do not leave
    ) == {"V1": (2, 1, 1, 1), "V2": (0, 0, 1, 0), None: (1, 0, 0, 0)}


def test_every_visit_of_the_ledger_has_a_row_and_says_whether_its_form_is_in() -> None:
    rows = list(effort_rows(dataset()))
    assert [row.visit for row in rows] == [visit.code for visit in STUDY.visits]
    assert [row.visit for row in rows if row.form_in] == ["V0", "V1"]


def test_the_effort_for_a_form_is_all_deeds_by_all_forms() -> None:
    one, other = VisitEffort("V0", 1, 2, 4, 2), VisitEffort("V1", 8, 16, 32, 0)
    assert (one.deeds, one.per_form) == (7, 3.5)
    assert (other.deeds, other.per_form) == (56, None)
    assert with_pooled([one, other]) == (one, other, VisitEffort(POOLED, 9, 18, 36, 2))


def test_what_was_about_no_visit_has_a_row_without_a_form() -> None:
    rows = list(effort_rows(dataset(Attempted(NUMBER, None, Outcome.REACHED))))
    assert [(row.visit, row.form_in) for row in rows[-1:]] == [(None, False)]
