"""A page sent from an older state is kept, and the patient is told what had changed meanwhile."""

from typing import Any

import pytest
from flask import Flask

from pro_app.patient import drafting, questionnaire
from pro_app.patient.drafting import Saved
from pro_app.patient.from_phone import Unfinished, keep_unfinished
from pro_app.security import secrets
from tests.rooms.patient.steps import ACTOR, drafts, fields, occasion, trail

ID = secrets.new_submission_id()


@pytest.fixture(autouse=True)
def _begun(in_app: Flask, patient_id: int) -> None:
    drafting.begin_form(ACTOR, patient_id, "V1", submission_id=ID, at=occasion())


def save(patient_id: int, value: int, revision: int | None, *codes: str) -> Saved:
    at = occasion()
    page = questionnaire.pages(at.instrument, "section")[0]
    saved = drafting.save_page(
        ACTOR, patient_id, "V1", page, fields(codes, value), "zh",
        asking=False, revision=revision, at=at,
    )  # fmt: skip
    assert isinstance(saved, Saved)
    return saved


def phone(patient_id: int, base: int, **answers: Any) -> None:
    keep_unfinished(ACTOR, patient_id, "V1", Unfinished(ID, base, answers, "zh"), at=occasion())


def test_what_was_changed_elsewhere_is_named_and_the_later_page_stands(patient_id: int) -> None:
    save(patient_id, 1, 0, "GP1")
    saved = save(patient_id, 4, 0, "GP1", "GP2")
    assert saved.elsewhere == ("GP1",)
    assert drafts()[0].answers == {"GP1": 4, "GP2": 4}
    assert trail("draft.saved")[-1].changes["GP1"] == [1, 4]


def test_the_same_answer_from_two_windows_is_no_news(patient_id: int) -> None:
    save(patient_id, 1, 0, "GP1")
    assert save(patient_id, 1, 0, "GP1").elsewhere == ()


def test_a_change_of_mind_on_a_page_gone_back_to_is_no_news(patient_id: int) -> None:
    save(patient_id, 1, 0, "GP1")
    save(patient_id, 2, 1, "GP2")
    assert save(patient_id, 3, 1, "GP1").elsewhere == ()
    assert save(patient_id, 3, None, "GP2").elsewhere == ()


def test_a_tap_on_another_phone_counts_as_well(patient_id: int) -> None:
    phone(patient_id, 0, GP1=1)
    phone(patient_id, 1, GP1=2)
    assert save(patient_id, 3, 1, "GP1").elsewhere == ("GP1",)
