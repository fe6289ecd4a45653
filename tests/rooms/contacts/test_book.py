"""The contact book: sealed field by field, seen only with a reason, gone when erased."""

import dataclasses
import json
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from pro_app.acts.occasion import StaffOccasion
from pro_app.contacts import service
from pro_app.contacts.service import Why
from pro_app.core import refused
from pro_app.core.contact_card import Field, fits
from pro_app.core.refused import Refused
from pro_app.core.sites import Sites, only
from pro_app.deployment import deployment
from pro_app.security.vault import Vault
from pro_app.store.engine.transaction import Actor, reading, transaction
from pro_app.store.tables import audit_event, contact_entry, metadata
from tests import factories
from tests.cast import Cast

LINA = Actor("staff:lina", "nurse", "LISHUI")
NUMBER = "LISHUI-001"
PAGE = f"/staff/patients/{NUMBER}/contact"
CARD = {Field.NAME: "张桂兰", Field.PHONE: "138 0013 8000", Field.PREFERRED_HOUR: "9"}
ENGLISH = {"Accept-Language": "en"}
OLD, NEW = (
    "an old key of more than thirty-two characters",
    "a new key of more than thirty-two signs",
)


@pytest.fixture
def patient_id(in_app: Flask) -> int:
    return factories.add_patient(NUMBER, randomised_on=date(2025, 12, 1))


def asked(**changes: Sites) -> dict[str, StaffOccasion]:
    return {"at": factories.at_desk(LINA, **changes)}


def write(given: dict[Field, str], key: str = OLD) -> Refused | bool:
    return service.write(Vault([key]), NUMBER, given, **asked())


def seen(*keys: str) -> dict[Field, str | None]:
    card = service.look_up(Vault(keys or (OLD,)), NUMBER, Why.CALL, **asked())
    assert card is not None
    return dict(card.entries)


def everything() -> str:
    """All that any table holds, as text."""
    with reading() as connection:
        rows = [list(connection.execute(select(t)).mappings()) for t in metadata.sorted_tables]
    return json.dumps(
        [[dict(row) for row in each] for each in rows], default=str, ensure_ascii=False
    )


def test_what_is_written_is_read_again_and_lies_nowhere_in_clear(patient_id: int) -> None:
    assert write(CARD) is True
    assert seen() == CARD
    text = everything()
    assert [words for words in CARD.values() if len(words) > 2 and words in text] == []


def test_an_entry_opens_only_as_this_field_of_this_patient(patient_id: int) -> None:
    write(CARD)
    with transaction(LINA, deployment().now()) as tx:
        other = update(contact_entry).where(contact_entry.c.field == "NAME")
        tx.execute(other.values(field="WECHAT"))
        tx.record("contacts.written", NUMBER)
    assert seen()[Field.WECHAT] is None
    assert seen(NEW) == dict.fromkeys([Field.WECHAT, Field.PHONE, Field.PREFERRED_HOUR])


def test_looking_is_noted_with_its_reason_and_tells_nothing(patient_id: int) -> None:
    write(CARD)
    seen()
    with reading() as connection:
        [row] = connection.execute(
            select(audit_event).where(audit_event.c.action == "contacts.viewed")
        )
    assert (row.actor, row.subject, row.reason) == ("staff:lina", NUMBER, "CALL")
    assert row.changes == {"fields": [None, ["NAME", "PHONE", "PREFERRED_HOUR"]]}


def test_an_empty_text_removes_a_field_and_others_stay(patient_id: int) -> None:
    write(CARD)
    write({Field.PHONE: " "})
    assert set(seen()) == {Field.NAME, Field.PREFERRED_HOUR}
    with reading() as connection:
        assert len(list(connection.execute(select(contact_entry)))) == 2


@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        (Field.NAME, "Zhang Guilan", "x" * 101),
        (Field.PHONE, "+86 138-0013-8000", "call the son"),
        (Field.WECHAT, "wxid_guilan", "桂兰"),
        (Field.EMAIL, "a@b.cn", "a@b"),
        (Field.PREFERRED_HOUR, "19", "23"),
    ],
)
def test_each_field_has_its_shape(field: Field, good: str, bad: str) -> None:
    assert fits(field, good)
    assert not fits(field, bad)


def test_one_wrong_field_and_nothing_is_written(patient_id: int) -> None:
    assert write(CARD | {Field.EMAIL: "nowhere"}) == Refused(
        refused.Why.NOT_A_CONTACT, Field.EMAIL, (Field.EMAIL,)
    )
    assert seen() == {}


def test_what_is_erased_is_gone(patient_id: int) -> None:
    write(CARD)
    assert not service.erase(NUMBER, "withdrew", **asked(sites=only("JIAXING")))
    assert service.erase(NUMBER, "withdrew", **asked())
    with reading() as connection:
        assert list(connection.execute(select(contact_entry))) == []


def test_a_new_key_reads_the_old_and_then_takes_its_place(patient_id: int) -> None:
    write(CARD)
    both = Vault([NEW, OLD])
    assert seen(NEW, OLD) == CARD
    assert service.reseal_all(both, at=factories.at_server()) == (3, 0)
    assert service.reseal_all(both, at=factories.at_server()) == (0, 0)
    assert seen(NEW) == CARD
    lost = Vault(["a third key that never sealed anything here"])
    assert service.reseal_all(lost, at=factories.at_server()) == (0, 3)


@pytest.fixture
def nurse(app: Flask, cast: Cast) -> FlaskClient:
    with app.app_context():
        factories.add_patient(NUMBER, randomised_on=date(2025, 12, 1))
    return cast.nurse_of_lishui()


def test_the_page_shows_nothing_before_a_reason(nurse: FlaskClient) -> None:
    nurse.post(PAGE, data={field.value: words for field, words in CARD.items()})
    page = nurse.get(PAGE, headers=ENGLISH).text
    assert CARD[Field.NAME] not in page
    assert "Telephone" in page  # that it is filled in
    assert nurse.post(f"{PAGE}/look-up", data={}).status_code == 422
    page = nurse.post(f"{PAGE}/look-up", data={"why": "CALL"}, headers=ENGLISH).text
    assert CARD[Field.NAME] in page
    assert 'href="tel:13800138000"' in page


def test_what_is_refused_names_the_field_and_keeps_the_rest(nurse: FlaskClient) -> None:
    given = {"NAME": "张桂兰", "PHONE": "none"}
    answer = nurse.post(PAGE, data=given, headers=ENGLISH)
    assert answer.status_code == 422
    assert "张桂兰" in answer.text
    assert "Digits, as 138 0000 0000" in answer.text


def test_another_site_finds_no_such_patient(nurse: FlaskClient, cast: Cast) -> None:
    other = cast.nurse_of_jiaxing()
    for path, data in ((PAGE, {}), (f"{PAGE}/look-up", {"why": "CALL"})):
        assert other.post(path, data=data).status_code == 404
    assert other.get(PAGE).status_code == 404


def test_a_study_without_a_contact_book_has_none(app: Flask, nurse: FlaskClient) -> None:
    parts = app.extensions["deployment"]
    without = dataclasses.replace(parts.settings, contact_keys=())
    app.extensions["deployment"] = dataclasses.replace(parts, settings=without)
    assert "keeps no names or numbers" in nurse.get(PAGE, headers=ENGLISH).text
    assert nurse.post(PAGE, data={"NAME": "x"}).status_code == 404
    assert nurse.post(f"{PAGE}/look-up", data={"why": "CALL"}).status_code == 404
    assert "switched off" in nurse.get("/staff/identifiers", headers=ENGLISH).text


def test_the_command_reseals_and_names_a_key_that_is_missing(
    app: Flask, nurse: FlaskClient
) -> None:
    nurse.post(PAGE, data={"NAME": "张桂兰"})
    done = app.test_cli_runner().invoke(args=["contacts", "reseal"])
    assert (done.exit_code, done.stdout.strip()) == (0, "0")
    with app.app_context(), transaction(LINA, deployment().now()) as tx:
        tx.execute(update(contact_entry).values(key_id="lost"))
        tx.record("contacts.written", NUMBER)
    done = app.test_cli_runner().invoke(args=["contacts", "reseal"])
    assert done.exit_code == 2
    assert "PRO_CONTACT_KEYS" in done.stderr
