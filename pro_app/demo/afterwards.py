"""What came to light later: forms that were declared wrong, and a consent that was signed anew.

By the acts of the pages, so that all follows as it does there.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta

from pro_app.acts import consents, voids
from pro_app.acts.occasion import StaffOccasion
from pro_app.acts.person import Person
from pro_app.acts.void_deeds import Wanted
from pro_app.core.course import NEVER, course
from pro_app.core.facts import PatientFacts
from pro_app.core.ledger import Entry, Status, ledger
from pro_app.core.refused import Refused
from pro_app.core.sites import only
from pro_app.core.voids import What
from pro_app.demo.people import nurse_of
from pro_app.security.roles import Role
from pro_app.store.engine.transaction import Actor, reading
from pro_app.store.statuses.facts import Scope, read_facts

#: The later version of the consent; how many sign it, and how long before the as-of day.
_CONSENT, _SIGN, _SIGNED_BEFORE = "2.0", 2, timedelta(days=14)
#: Why a form is wrong, in the languages that a trial of this product may have first.
_ANOTHERS = {"zh": "录入时选错了患者", "en": "Entered under the wrong patient"}
_NOBODYS = {
    "zh": "纸质问卷上的编号看不清，无法确认是谁填写的",
    "en": "The number on the paper can't be read: nobody knows whose form it is",
}

_Entries = Mapping[str, tuple[Entry, ...]]


def find_out(as_of: date, *, spared: str, at: StaffOccasion) -> None:
    """Two forms of the first site turn out to be wrong, and two patients sign a new consent.

    Fewer where nobody's story allows it; never in the record of `spared`.
    """
    site = at.study.sites[0].code
    with reading(snapshot=True) as connection:
        found = [each.facts for each in read_facts(connection, Scope(only(site)))]
    people = [facts for facts in found if facts.patient_id != spared]
    valid_from = at.instrument.valid_from
    entries = {
        facts.patient_id: ledger(facts, at.study, valid_from=valid_from, as_of=at.today)
        for facts in people
    }
    investigator = _as_staff(at, "investigator", Role.INVESTIGATOR, site)
    moved = _first_taken(_of_somebody_else(entries, _said(_ANOTHERS, at)), investigator)
    _first_taken(_of_nobody(entries, _said(_NOBODYS, at), without=moved), investigator)
    nurse = _as_staff(at, nurse_of(site), Role.NURSE, site)
    signed_on = min(as_of, at.today) - _SIGNED_BEFORE
    for number in list(_still_there(people, signed_on))[:_SIGN]:
        consents.add(number, _CONSENT, signed_on.isoformat(), at=nurse)


def _as_staff(at: StaffOccasion, name: str, role: Role, site: str) -> StaffOccasion:
    actor = Actor(f"staff:{name}", role.value, site)
    return replace(at, person=Person(name, role.value, only(site), actor))


def _said(words: Mapping[str, str], at: StaffOccasion) -> str:
    return words.get(at.study.languages[0], words["en"])


def _first_taken(wanted: Iterable[Wanted], at: StaffOccasion) -> frozenset[str]:
    """Whose records were changed by the first of these that was no refusal."""
    for each in wanted:
        if not isinstance(voids.declare(each, at=at, signed=True), Refused):
            return frozenset({each.number, each.belongs_to})
    return frozenset()


def _of_somebody_else(entries: _Entries, why: str) -> Iterator[Wanted]:
    """A form that fits into a window in which another patient's is missing."""
    missing = [e for of_one in entries.values() for e in of_one if e.status is Status.MISSING]
    for number, of_one in entries.items():
        for form in of_one:
            for gap in missing if form.status is Status.VALID else ():
                if gap.patient_id != number and _fits(form, gap):
                    wrong = Wanted(What.FORM, number, why, visit=form.visit)
                    yield replace(wrong, belongs_to=gap.patient_id, belongs_visit=gap.visit)


def _fits(form: Entry, gap: Entry) -> bool:
    on, closes_on = form.answered_on, gap.closes_on
    return on is not None and closes_on is not None and gap.opens_on <= on <= closes_on


def _of_nobody(entries: _Entries, why: str, *, without: frozenset[str]) -> Iterator[Wanted]:
    """A form after the baseline, of whoever was not touched before."""
    for number, of_one in entries.items():
        if number not in without:
            for entry in of_one[1:]:
                if entry.status is Status.VALID:
                    yield Wanted(What.FORM, number, why, visit=entry.visit)


def _still_there(people: Iterable[PatientFacts], on: date) -> Iterator[str]:
    """Who was in the trial on a day, and has neither died nor left since."""
    for facts in people:
        days = course(facts, (), NEVER)
        began = facts.randomised_on is not None and facts.randomised_on < on
        if began and days.consent < on and days.death == NEVER and not days.withdrawal_lasts:
            yield facts.patient_id
