"""One form as a page shows it: its answers in their words, its scores, what became of it."""

from dataclasses import dataclass
from typing import Any

from pro_app.acts.occasion import StaffOccasion
from pro_app.core.corrections import Question
from pro_app.core.instants import DayDoubt, doubt
from pro_app.core.ledger import Entry
from pro_app.core.scoring import Score
from pro_app.core.wording import Wording
from pro_app.papers.deciding import entry_of, questions
from pro_app.papers.wording import words_of
from pro_app.store.engine.transaction import reading
from pro_app.store.forms.corrections import Correction, corrections_of
from pro_app.store.forms.decisions import Decision, decisions_of
from pro_app.store.forms.form_detail import HeldForm, find_form, of_visit, revisions
from pro_app.store.forms.keying import SecondKeying, find_second
from pro_app.store.forms.receiving import facts_of
from pro_app.store.forms.scans import Scan, scans_of
from pro_app.store.forms.wordings import packs


@dataclass(frozen=True, slots=True)
class FormPage:
    """`others`: the other forms of the same visit; `scores`: one for each revision."""

    form: HeldForm
    entry: Entry | None
    decisions: tuple[Decision, ...]
    others: tuple[HeldForm, ...]
    wording: Wording | None = None
    scores: tuple[dict[str, Score], ...] = ()
    corrections: tuple[Correction, ...] = ()
    second: SecondKeying | None = None
    scans: tuple[Scan, ...] = ()

    @property
    def pictures(self) -> tuple[Scan, ...]:
        """The photographs that can be looked at."""
        return tuple(each for each in self.scans if each.removed_at is None)

    @property
    def questions(self) -> tuple[Question, ...]:
        """What the site may decide of it."""
        return questions(self.form, self.entry)

    @property
    def day_doubt(self) -> DayDoubt | None:
        """Why the day that a phone told should be looked at."""
        form = self.form
        return doubt(form.finished_at, device_at=form.device_at, received_at=form.received_at)

    @property
    def waits(self) -> Correction | None:
        """The correction that has still to be signed or declined."""
        return next((each for each in self.corrections if each.signed is None), None)

    @property
    def corrected(self) -> frozenset[str]:
        """The fields that a signed correction touched."""
        return frozenset(f for each in self.corrections if each.signed for f in each.changes)


def page(form_id: int, *, at: StaffOccasion) -> FormPage | None:
    """All about one form, None when there is none with this id at these sites.

    Of one that is held back only that it came, on which day, and what was decided of it.
    """
    with reading(snapshot=True) as connection:
        held = find_form(connection, form_id, sites=at.sites)
        if held is None:
            return None
        of_this_visit = of_visit(connection, held.patient_id, held.visit)
        facts = facts_of(connection, held.patient_id)
        kept: dict[str, Any] = {
            "form": held,
            "entry": entry_of(facts, held.visit, at.study, at.instrument, today=at.today),
            "decisions": tuple(decisions_of(connection, held.id)),
            "others": tuple(each for each in of_this_visit if each.id != held.id),
        }
        if held.held_back:
            return FormPage(**kept)
        return FormPage(
            **kept,
            wording=words_of(
                packs(connection, at.instrument.id), at.study, held.language, held.wording_sha256
            ),
            scores=tuple(revisions(connection, held.id, at.instrument.scoring_version)),
            corrections=tuple(corrections_of(connection, held.id)),
            second=find_second(connection, held.id),
            scans=tuple(scans_of(connection, held.id)),
        )
