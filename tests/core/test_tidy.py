"""The rows of corrections, queries, consents and of what was declared wrong."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from pro_app.core.answer_sets import AnswerSet, Corrected
from pro_app.core.dataset import Dataset, Subject, assemble
from pro_app.core.extras import Consented, Extras, Voided
from pro_app.core.facts import EventFact, EventKind
from pro_app.core.leaving import Held, Why
from pro_app.core.review import Asked, QueryState
from pro_app.core.voids import What
from tests.core.test_dataset import ANNA, AS_OF, INSTRUMENT, STUDY, form, made, rows

NUMBER = ANNA.patient_id
BELLA = replace(ANNA, patient_id="L-002")
WRITTEN, SIGNED = datetime(2021, 1, 9, tzinfo=UTC), datetime(2021, 1, 10, tzinfo=UTC)
TWOS = dict.fromkeys(INSTRUMENT.item_codes, 2)
DAY = date(2021, 4, 11)


def corrected() -> AnswerSet:
    """GP1 was 2 and is 0, GP2 was 2, was blank for a while and is 2 again."""
    changes = ({"GP1": (2, 0), "GP2": (2, "SKIPPED")}, {"GP2": ("SKIPPED", 2)})
    return replace(
        form("V0", date(2021, 1, 8), TWOS | {"GP1": 0, "GS7": "PREFER_NOT"}),
        handed_in=form("V0", date(2021, 1, 8), TWOS | {"GS7": "PREFER_NOT"}).answers,
        item_languages={"GP1": "en"},
        item_times={"GP1": [3, 9]},
        earlier_scores=(None, None),
        corrections=tuple(
            Corrected(each, "PATIENT", "CALL_NOTE", WRITTEN, SIGNED) for each in changes
        ),
    )


def items(*, timings: bool = False) -> dict[str, dict[str, Any]]:
    return {r["item"]: r for r in rows(made(corrected()), "items.csv", with_arm=timings)}


def test_a_corrected_item_leaves_with_both_truths() -> None:
    found = items()
    told = {code: tuple(list(row.values())[4:9]) for code, row in found.items()}
    assert told["GP1"] == ("ANSWERED", 0, True, "ANSWERED", 2)
    assert told["GP2"] == ("ANSWERED", 2, True, "ANSWERED", 2), (
        "put back, and corrected all the same"
    )
    assert told["GP3"] == ("ANSWERED", 2, False, "ANSWERED", 2)
    assert told["GS7"] == ("PREFER_NOT", None, False, "PREFER_NOT", None)
    assert (found["GP1"]["language"], found["GP2"]["language"]) == ("en", "zh")


def test_times_of_a_corrected_form_leave_where_they_were_asked_for() -> None:
    with_times, without = items(timings=True), items()
    assert list(with_times["GP1"].values())[-2:] == [3, 9]
    assert list(with_times["GP2"].values())[-2:] == [None, None]
    assert len(with_times["GP1"]) == len(without["GP1"]) + 2


def test_a_corrected_form_without_times_or_first_answers_has_its_items() -> None:
    bare = replace(corrected(), item_times=None, handed_in=None)
    found = {r["item"]: r for r in rows(made(bare), "items.csv", with_arm=True)}
    assert list(found["GP1"].values())[4:9] == ["ANSWERED", 0, True, "ANSWERED", 0]
    assert list(found["GP1"].values())[-2:] == [None, None]


def test_each_changed_field_is_a_row_of_its_revision() -> None:
    found = rows(made(corrected()), "corrections.csv")
    told = [(r["revision"], r["field"], r["old"], r["new"]) for r in found]
    assert told == [(1, "GP1", "2", "0"), (1, "GP2", "2", "SKIPPED"), (2, "GP2", "SKIPPED", "2")]
    assert {(r["written_at"], r["signed_at"]) for r in found} == {(WRITTEN, SIGNED)}
    assert rows(made(corrected()), "forms.csv")[0]["corrections"] == 2


def void(kind: What, **changes: Any) -> Voided:
    made = Voided(1, NUMBER, kind, None, DAY, None, None, "TYPO", SIGNED, None, None, None)
    return made._replace(**changes)


def dataset(extras: Extras, held: dict[str, Held] | None = None, as_of: date = AS_OF) -> Dataset:
    subjects = [Subject(ANNA, "zh"), Subject(BELLA, "zh")]
    parts: dict[str, Any] = {"study": STUDY, "instrument": INSTRUMENT, "as_of": as_of}
    return assemble(subjects, [], held=held or {}, extras=extras, **parts)


def voided(*voids: Voided, with_arm: bool = False, **more: Any) -> list[dict[str, Any]]:
    return rows(dataset(Extras(voids=voids), **more), "voided.csv", with_arm=with_arm)


def test_a_void_of_an_arm_leaves_only_with_the_arms() -> None:
    voids = (void(What.EVENT), void(What.ARM, id=2))
    assert [r["void"] for r in voided(*voids)] == [1]
    assert [r["void"] for r in voided(*voids, with_arm=True)] == [1, 2]


def test_a_number_that_was_declared_wrong_is_named_and_has_no_row_of_its_own() -> None:
    wrong = void(What.PATIENT, patient_id=BELLA.patient_id)
    data = dataset(Extras(voids=(wrong,)))
    assert [r["patient_id"] for r in rows(data, "patients.csv")] == [NUMBER]
    assert [r["patient_id"] for r in rows(data, "voided.csv")] == [BELLA.patient_id]
    erased = {BELLA.patient_id: Held(Why.ERASED, None, None)}
    assert rows(dataset(Extras(voids=(wrong,)), erased), "voided.csv") == []


@pytest.mark.parametrize(("on", "there"), [(DAY, True), (date(2021, 4, 12), False), (None, True)])
def test_what_was_declared_wrong_leaves_up_to_the_day(on: date | None, there: bool) -> None:
    assert bool(voided(void(What.EVENT, on=on), as_of=DAY)) is there
    until = {NUMBER: Held(Why.RETAINED, DAY, DAY)}
    assert bool(voided(void(What.EVENT, on=on), held=until)) is there


def test_a_row_names_no_patient_whose_own_rows_may_not_leave() -> None:
    moved = void(What.FORM, belongs_to=BELLA.patient_id, belongs_visit="V1", kept_as="s-2")
    erased = {BELLA.patient_id: Held(Why.ERASED, None, None)}
    for held, to, kept_as in (({}, BELLA.patient_id, "s-2"), (erased, None, None)):
        [row] = voided(moved, held=held)
        assert (row["belongs_to"], row["kept_as"]) == (to, kept_as)
        assert row["belongs_visit"] == "V1"
    nobody = void(What.FORM, kept_as="s-2")
    assert voided(nobody, held=erased)[0]["kept_as"] == "s-2"


def test_queries_leave_with_their_age_and_consents_in_the_order_of_their_days() -> None:
    extras = Extras(
        queries=(
            Asked(1, NUMBER, "V1", None, "GP1", QueryState.OPEN, date(2021, 12, 1), None),
            Asked(2, NUMBER, "V1", None, None, QueryState.OPEN, date(2022, 1, 1), None),
            Asked(3, "L-999", None, None, None, QueryState.OPEN, DAY, None),
        ),
        consents=(
            Consented(BELLA.patient_id, "1.0", date(2021, 1, 4), True),
            Consented(NUMBER, "2.0", date(2021, 6, 1), False),
            Consented(NUMBER, None, date(2021, 1, 4), True),
            Consented(NUMBER, "3.0", date(2022, 6, 1), False),
            Consented(NUMBER, "1.1", date(2021, 6, 1), False),
        ),
    )
    data = dataset(extras)
    assert [(r["query"], r["age_days"]) for r in rows(data, "queries.csv")] == [(1, 30)]
    found = [tuple(r.values())[:2] for r in rows(data, "consents.csv")]
    assert found == [(NUMBER, None), (NUMBER, "1.1"), (NUMBER, "2.0"), (BELLA.patient_id, "1.0")]


def test_events_leave_once_and_in_the_order_of_their_days() -> None:
    days = {
        EventKind.DEATH: date(2021, 8, 1),
        EventKind.PROGRESSION: date(2021, 6, 1),
        EventKind.WITHDRAWAL_TREATMENT: date(2021, 3, 1),
    }
    sites = [site.code for site in STUDY.sites]
    moves = [EventFact(EventKind.TRANSFER, date(2021, 3, 1), to) for to in (*sites, *sites)]
    facts = replace(ANNA, events=(*(EventFact(*each) for each in days.items()), *moves))
    found = [(r["event"], r["to_site"]) for r in rows(made(facts=facts), "events.csv")]
    assert found == [
        *(("transfer", code) for code in sorted(sites)),
        *(("withdrawal_treatment", None), ("progression", None), ("death", None)),
    ]
    on_the_day = made(facts=facts, as_of=date(2021, 6, 1))
    assert [r["event"] for r in rows(on_the_day, "events.csv")][-1] == "progression"


def test_times_of_any_form_leave_where_they_were_asked_for() -> None:
    timed = form("V0", date(2021, 1, 8), item_times={"GP1": [3, 9]})
    for each, times in ((timed, [3, 9]), (replace(timed, item_times=None), [None, None])):
        found = {r["item"]: r for r in rows(made(each), "items.csv", with_arm=True)}
        assert list(found["GP1"].values())[-2:] == times
        assert list(found["GP2"].values())[-2:] == [None, None]
        assert list(found["GP1"].values())[4:9] == ["ANSWERED", 2, False, "ANSWERED", 2]
