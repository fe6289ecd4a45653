"""Signing off and locking records: by the investigator alone, and void once anything changes."""

import re
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, select

from pro_app.core.facts import EventKind
from pro_app.deployment import deployment
from pro_app.store.engine.transaction import reading, transaction
from pro_app.store.patients.patients import PatientState, allocate, change_state, lock_patient
from pro_app.store.tables import (
    audit_event,
    correction,
    correction_decision,
    form,
    form_decision,
    signature,
)
from tests import factories
from tests.cast import PASSWORD, Cast
from tests.factories import ACTOR
from tests.rooms.nurse.counting import statements

EN = {"Accept-Language": "en"}
RECORD = "/staff/records/LISHUI-001"
SITE = "/staff/records/site"


@pytest.fixture
def world(app: Flask) -> Flask:
    with app.app_context():
        patient_id = factories.add_patient("LISHUI-001", "LISHUI", arm="RADICAL")
        factories.add_form(patient_id, "V0", date(2026, 1, 4))
        factories.add_patient("LISHUI-002", "LISHUI")
        factories.add_patient("JIAXING-001", "JIAXING")
    return app


def version_on(client: FlaskClient, path: str = RECORD) -> str:
    return re.findall(
        r'name="version" value="([0-9a-f]{64})"', client.get(path.removesuffix("/site")).text
    )[0]


def sign(client: FlaskClient, path: str = RECORD, **changes: str) -> str:
    """The page after an attempt to sign."""
    given = {"version": version_on(client, path), "password": PASSWORD} | changes
    return client.post(f"{path}/sign", data=given, headers=EN, follow_redirects=True).text


def test_a_signature_says_who_when_for_what_and_what_it_means(world: Flask, cast: Cast) -> None:
    gao = cast.investigator_of_lishui()
    version = version_on(gao)
    page = sign(gao)
    for said in ("gaofeng", "5 Mar 2026, 08:00 GMT+08:00", version, "I have reviewed the record"):
        assert said in page, said
    assert "holds" in page
    with world.app_context(), reading() as connection:
        [kept] = connection.execute(select(signature))
        [told] = connection.execute(
            select(audit_event).where(audit_event.c.action == "record.signed")
        )
    assert (kept.kind, kept.subject, kept.version_sha256) == ("patient", "LISHUI-001", version)
    assert kept.signed_by == told.actor == "staff:gaofeng"
    assert told.changes["version_sha256"] == [None, version]
    assert "signed" in cast.monitor().get("/staff/records?site=LISHUI", headers=EN).text


def test_a_signature_needs_the_password_and_the_version_that_was_shown(
    world: Flask, cast: Cast
) -> None:
    gao = cast.investigator_of_lishui()
    assert "nothing was saved" in sign(gao, version="0" * 64)
    for _try in range(4):
        page = sign(gao, password="not the right one")
        assert "Not signed. The password or the second factor is not right" in page
        assert "wait" not in page
    page = sign(gao)
    assert "Not signed. Please wait one minute." in page
    assert "not right" not in page
    with world.app_context(), reading() as connection:
        assert connection.execute(select(signature)).all() == []


def _change_state() -> None:
    with transaction(ACTOR, deployment().now()) as tx:
        patient = lock_patient(tx, factories.patient_id_of("LISHUI-001"))
        other = PatientState("en", patient.state.screened_on, None, None, True)
        change_state(tx, patient, other, deployment().study)
        tx.record("patient.filled", "LISHUI-001")


def _add_event() -> None:
    factories.add_event(
        factories.patient_id_of("LISHUI-001"), EventKind.PROGRESSION, date(2026, 2, 1)
    )


def _add_form() -> None:
    factories.add_form(factories.patient_id_of("LISHUI-001"), "V1", date(2026, 3, 4))


def _correct() -> None:
    with transaction(ACTOR, deployment().now()) as tx:
        form_id = tx.execute(select(form.c.id)).scalars().first()
        asked = {
            "form_id": form_id, "asked_by": "SITE", "source": "PAPER_FORM", "why": "misread",
            "changes": {"GP1": [2, 3]}, "written_at": tx.now, "written_by": "staff:lina",
        }  # fmt: skip
        made = tx.execute(insert(correction).returning(correction.c.id), asked).scalar_one()
        decided = {"correction_id": made, "signed": True, "decided_at": tx.now}
        tx.execute(insert(correction_decision), decided | {"decided_by": "staff:gaofeng"})
        tx.record("patient.filled", "LISHUI-001")


def _decide() -> None:
    with transaction(ACTOR, deployment().now()) as tx:
        form_id = tx.execute(select(form.c.id)).scalars().first()
        said = {"form_id": form_id, "question": "conflict", "counts": True, "why": "their own"}
        stamp = {"recorded_at": tx.now, "recorded_by": "staff:gaofeng"}
        tx.execute(insert(form_decision), said | stamp)
        tx.record("patient.filled", "LISHUI-001")


@pytest.mark.parametrize("change", [_change_state, _add_event, _add_form, _correct, _decide])
def test_any_change_of_the_record_voids_its_signature_visibly(
    world: Flask, cast: Cast, change
) -> None:
    gao = cast.investigator_of_lishui()
    sign(gao)
    with world.app_context():
        change()
    page = gao.get(RECORD, headers=EN).text
    assert "void: the record has changed since" in page
    assert "signature void" in gao.get("/staff/records", headers=EN).text
    assert "holds" in sign(gao)  # and the new version may be signed in turn


def test_the_patient_s_page_says_who_signed_and_that_it_is_locked_or_void(
    world: Flask, cast: Cast
) -> None:
    gao, nurse = cast.investigator_of_lishui(), cast.nurse_of_lishui()
    path = "/staff/patients/LISHUI-001"
    assert "Locked by" not in nurse.get(path, headers=EN).text
    sign(gao)
    page = nurse.get(path, headers=EN).text
    assert "<strong>gaofeng</strong> · 5 Mar 2026, 08:00 GMT+08:00" in page
    assert "I have reviewed the record of this patient." in page
    assert "signature void" not in page
    with world.app_context():
        _add_event()
    gao.post(f"{RECORD}/lock", data={"why": "all is in"})
    page = nurse.get(path, headers=EN).text
    assert "signature void" in page
    assert "Locked by gaofeng on 5 Mar 2026, 08:00 GMT+08:00: all is in" in page


def test_what_is_no_part_of_the_record_voids_nothing(world: Flask, cast: Cast) -> None:
    gao, nurse = cast.investigator_of_lishui(), cast.nurse_of_lishui()
    sign(gao)
    cast.card_of("LISHUI-001")
    with world.app_context():
        factories.add_event(factories.patient_id_of("LISHUI-002"), "progression", date(2026, 2, 1))
    assert "void" not in nurse.get(RECORD, headers=EN).text


def test_a_site_is_signed_as_one_and_void_with_any_of_its_patients(
    world: Flask, cast: Cast
) -> None:
    gao = cast.investigator_of_lishui()
    assert "the records of all patients of this site" in sign(gao, SITE)
    assert "void:" not in gao.get("/staff/records", headers=EN).text
    with world.app_context():
        factories.add_event(factories.patient_id_of("JIAXING-001"), "progression", date(2026, 2, 1))
    assert "void:" not in gao.get("/staff/records", headers=EN).text
    with world.app_context():
        factories.add_event(factories.patient_id_of("LISHUI-002"), "progression", date(2026, 2, 1))
    assert "void: the record has changed since" in gao.get("/staff/records", headers=EN).text


def test_the_arm_is_no_part_of_what_is_signed(world: Flask, cast: Cast) -> None:
    # Else whoever knows the rest of a record could try which arm gives this digest.
    gao = cast.investigator_of_lishui()
    path = "/staff/records/LISHUI-002"
    before = version_on(gao, path)
    with world.app_context(), transaction(ACTOR, deployment().now()) as tx:
        allocate(tx, factories.patient_id_of("LISHUI-002"), "PALLIATIVE")
        tx.record("patient.filled", "LISHUI-002")
    assert version_on(gao, path) == before


def test_a_lock_is_set_and_ended_with_a_reason(world: Flask, cast: Cast) -> None:
    gao = cast.investigator_of_lishui()

    def act(deed: str, why: str, path: str = RECORD) -> str:
        return gao.post(f"{path}/{deed}", data={"why": why}, headers=EN, follow_redirects=True).text

    assert "Write in a few words why" in act("lock", " ")
    assert "Locked by gaofeng on 5 Mar 2026, 08:00 GMT+08:00: data are clean" in act(
        "lock", "data are clean"
    )
    assert "It was already like this" in act("lock", "twice")
    assert "Open. A lock keeps" in act("unlock", "a form came late")
    assert "Lock of the whole site" in act("lock", "the study is over", SITE)
    assert "locked with its site" in gao.get(RECORD, headers=EN).text
    assert gao.post(f"{RECORD}/burn", data={}).status_code == 404
    trail = "/staff/trail?action=record.locked"
    assert "the study is over" in cast.nurse_of_lishui().get(trail, headers=EN).text
    assert "the study is over" not in cast.nurse_of_jiaxing().get(trail, headers=EN).text
    with world.app_context(), reading() as connection:
        rows = connection.execute(
            select(audit_event.c.action, audit_event.c.subject, audit_event.c.reason)
            .where(audit_event.c.action.in_(("record.locked", "record.unlocked")))
            .order_by(audit_event.c.id)
        ).all()
    assert [tuple(row) for row in rows] == [
        ("record.locked", "LISHUI-001", "data are clean"),
        ("record.unlocked", "LISHUI-001", "a form came late"),
        ("record.locked", "site:LISHUI", "the study is over"),
    ]


def test_a_visit_is_locked_alone_and_its_page_says_so(world: Flask, cast: Cast) -> None:
    gao, nurse = cast.investigator_of_lishui(), cast.nurse_of_lishui()

    def act(deed: str, visit: str = "V0") -> str:
        path = f"{RECORD}/visits/{visit}/{deed}"
        return gao.post(path, data={"why": "it is checked"}, headers=EN, follow_redirects=True).text

    said = "Locked by gaofeng on 5 Mar 2026, 08:00 GMT+08:00: it is checked"
    assert said in act("lock")
    assert "It was already like this" in act("lock")
    assert said in nurse.get("/staff/patients/LISHUI-001", headers=EN).text
    assert "lock-on" not in gao.get("/staff/records", headers=EN).text
    for deed, visit in (("lock", "V99"), ("sign", "V0"), ("burn", "V0")):
        assert gao.post(f"{RECORD}/visits/{visit}/{deed}", data={}).status_code == 404
    assert nurse.post(f"{RECORD}/visits/V0/unlock", data={"why": "x"}).status_code == 403
    assert said not in act("unlock")
    with world.app_context(), reading() as connection:
        rows = connection.execute(
            select(audit_event.c.action, audit_event.c.subject, audit_event.c.visit)
            .where(audit_event.c.action.in_(("record.locked", "record.unlocked")))
            .order_by(audit_event.c.id)
        ).all()
    assert [tuple(row) for row in rows] == [
        ("record.locked", "LISHUI-001", "V0"),
        ("record.unlocked", "LISHUI-001", "V0"),
    ]


def test_the_data_manager_locks_the_study_for_every_site(world: Flask, cast: Cast) -> None:
    manager, gao = cast.data_manager(), cast.investigator_of_lishui()

    def act(deed: str, why: str) -> str:
        path = f"/staff/records/study/{deed}"
        return manager.post(path, data={"why": why}, headers=EN, follow_redirects=True).text

    assert "Write in a few words why" in act("lock", " ")
    assert "Locked by zhoumin on 5 Mar 2026, 08:00 GMT+08:00: the data are final" in act(
        "lock", "the data are final"
    )
    assert "locked with the study" in gao.get(RECORD, headers=EN).text
    page = gao.get("/staff/records", headers=EN).text
    assert "locked with the study" in page
    assert "/staff/records/site/lock" not in page
    assert manager.post("/staff/records/study/sign", data={}).status_code == 404
    for other in (gao, cast.statistician(), cast.nurse_of_lishui()):
        assert other.post("/staff/records/study/unlock", data={"why": "x"}).status_code == 403
    assert "Write in a few words why" in act("unlock", "")
    assert "Unlocked." in act("unlock", "a form of Jiaxing is missing")


def test_others_read_the_record_and_can_not_sign_or_lock(world: Flask, cast: Cast) -> None:
    for reader in (cast.nurse_of_lishui(), cast.monitor(), cast.data_manager()):
        page = reader.get(RECORD, headers=EN).text
        assert "Nobody has signed yet." in page
        assert 'name="password"' not in page
        assert reader.post(f"{RECORD}/sign", data={}).status_code == 403
    outsider = cast.nurse_of_jiaxing()
    assert outsider.get(RECORD).status_code == 404
    page = outsider.get("/staff/records?site=LISHUI", headers=EN).text
    assert "JIAXING-001" in page
    assert "LISHUI" not in page.replace("site=LISHUI", "")  # as it was asked for


def test_the_page_of_a_site_takes_as_many_statements_however_many_patients(
    world: Flask, cast: Cast
) -> None:
    gao = cast.investigator_of_lishui()
    counts = []
    for more in ((), range(10, 30)):
        with world.app_context():
            for n in more:
                factories.add_patient(f"LISHUI-{n:03}", "LISHUI")
        with statements(world) as seen:
            assert gao.get("/staff/records").status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_a_form_that_was_declared_wrong_is_struck_out_with_who_and_why(
    world: Flask, cast: Cast
) -> None:
    with world.app_context():
        patient_id = factories.patient_id_of("LISHUI-001")
        factories.add_form(patient_id, "V0", date(2026, 1, 5), standing=False)
        with reading() as connection:
            first = connection.execute(select(form.c.id).where(form.c.standing)).scalar_one()
        before = cast.investigator_of_lishui().get(RECORD, headers=EN).text
        factories.declare_void("form", patient_id, form_id=first)
    assert "second form, not counted" in before
    page = cast.investigator_of_lishui().get(RECORD, headers=EN).text
    [row] = re.findall(r"<s>V0</s>.*?</tr>", page, re.DOTALL)
    assert "<s>4 Jan 2026</s>" in row or "<s>2026-01-04</s>" in row
    for said in ("declared wrong", "a slip", "5 Mar 2026, 08:00", "test"):
        assert said in row, said
    # The second one took its place, and a copy of either can be had.
    assert "second form, not counted" not in page
    assert len(re.findall(r"/forms/[^/]+/copy", page)) == 2
