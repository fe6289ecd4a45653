"""The administrator's pages: accounts, rights with a past, and the look over all of them."""

import csv
import io

import pytest
from flask import Flask
from sqlalchemy import select

from pro_app.security.passwords import Unfit, unfit
from pro_app.security.roles import Role
from pro_app.store.engine.transaction import reading
from pro_app.store.tables import access_review, audit_event, staff_right
from tests.cast import PASSWORD, Cast
from tests.conftest import HandClock

#: How the page of all people says that it is time to look over their rights.
DUE = 'class="notice error"'
WHY = {"why": "moved to the other ward"}


def actions_about(app: Flask, subject: str) -> list[tuple[str, str | None]]:
    with app.app_context(), reading() as connection:
        rows = connection.execute(
            select(audit_event).where(audit_event.c.subject == subject).order_by(audit_event.c.id)
        )
        return [(row.action, row.reason) for row in rows]


def test_an_account_is_added_and_its_password_is_shown_once(app: Flask, cast: Cast) -> None:
    administrator = cast.administrator()
    made = administrator.post(
        "/staff/people/new", data={"name": "sun.li", "role": "nurse", "site": "LISHUI"}
    )
    password = made.text.split('class="key">')[1].split("<")[0]
    client = app.test_client()
    entered = client.post("/staff/sign-in", data={"name": "sun.li", "password": password})
    assert entered.headers["Location"] == "/staff/today"
    assert password not in administrator.get("/staff/people/account/sun.li").text


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "heyun", "role": "nurse", "site": "LISHUI"},  # given before
        {"name": "Sun Li", "role": "nurse", "site": "LISHUI"},
        {"name": "=cmd", "role": "nurse", "site": "LISHUI"},
        {"name": "sunli", "role": "director", "site": "LISHUI"},
        {"name": "sunli", "role": "nurse"},
        {"name": "sunli", "role": "nurse", "site": "NOWHERE"},
        {"name": "sunli", "role": "data_manager", "site": "LISHUI"},
    ],
)
def test_what_makes_no_account_is_refused(cast: Cast, fields: dict[str, str]) -> None:
    administrator = cast.administrator()
    assert administrator.post("/staff/people/new", data=fields).status_code == 422
    assert administrator.get("/staff/people/account/sunli").status_code == 404


def test_a_change_of_rights_counts_at_once_and_keeps_the_past(
    app: Flask, cast: Cast, clock: HandClock
) -> None:
    nurse, administrator = cast.nurse_of_lishui(), cast.administrator()
    clock.advance(days=10)
    administrator = cast.staff("zhangyu", Role.ADMINISTRATOR)  # the first one's session is over
    path = "/staff/people/account/lina/rights"
    right = {"role": "monitor", "site": ["JIAXING", "ZJCC"]}
    assert administrator.post(path, data=right).status_code == 422  # without a reason
    assert administrator.post(path, data=right | WHY).status_code == 302
    assert nurse.get("/staff/today").status_code == 302
    before = administrator.get("/staff/people/rights.csv?on=2026-03-08").text
    after = administrator.get("/staff/people/rights.csv?on=2026-03-15").text
    rights = [
        {(row["role"], row["sites"]) for row in csv.DictReader(io.StringIO(text))
         if row["name"] == "lina"}
        for text in (before, after)
    ]  # fmt: skip
    assert rights[0] == {("nurse", "LISHUI")}
    # On the day of the change there was the one right and then the other.
    assert rights[1] == {("nurse", "LISHUI"), ("monitor", "JIAXING ZJCC")}
    assert "lina" in administrator.get("/staff/people?on=2026-03-08").text
    assert "lina" not in administrator.get("/staff/people?on=2026-03-01").text
    assert actions_about(app, "staff:lina")[-1] == ("staff.rights_changed", WHY["why"])


def test_a_disabled_account_is_shut_until_it_is_enabled(app: Flask, cast: Cast) -> None:
    nurse, administrator = cast.nurse_of_lishui(), cast.administrator()
    path = "/staff/people/account/lina"
    for why in ("", "x" * 501):
        assert administrator.post(f"{path}/disable", data={"why": why}).status_code == 422
    assert nurse.get("/staff/today").status_code == 200
    assert administrator.post(f"{path}/disable", data=WHY).status_code == 302
    assert nurse.get("/staff/today").status_code == 302
    sign_in = {"name": "lina", "password": PASSWORD}
    assert app.test_client().post("/staff/sign-in", data=sign_in).status_code == 401
    assert administrator.post(f"{path}/disable", data=WHY).status_code == 422
    assert (
        administrator.post(f"{path}/rights", data={"role": "statistician"} | WHY).status_code == 422
    )
    assert administrator.post(f"{path}/enable", data=WHY).status_code == 302
    assert app.test_client().post("/staff/sign-in", data=sign_in).status_code == 302
    with app.app_context(), reading() as connection:
        until = connection.execute(select(staff_right.c.superseded_at)).scalars().all()
    assert sorted(each is None for each in until) == [False, True, True]


def test_nobody_changes_their_own_rights(cast: Cast) -> None:
    administrator = cast.administrator()
    for change, fields in (
        ("rights", {"role": "statistician"}),
        ("disable", {}),
        ("second-factor", {}),
    ):
        path = f"/staff/people/account/heyun/{change}"
        assert administrator.post(path, data=fields | WHY).status_code == 422, change
    assert administrator.get("/staff/people").status_code == 200


def test_only_what_is_asked_for_is_taken_from_a_form(app: Flask, cast: Cast) -> None:
    nurse = cast.nurse_of_lishui()
    fields = {"old": PASSWORD, "new": "seven herons over a pond", "role": "administrator"}
    fields |= {"again": fields["new"], "name": "heyun", "sites": "ZJCC"}
    assert nurse.post("/staff/account/password", data=fields).status_code == 302
    assert nurse.get("/staff/people").status_code == 403
    assert "LISHUI" in nurse.get("/staff/account").text


def test_a_lost_phone_is_helped_by_the_administrator(app: Flask, cast: Cast) -> None:
    administrator, entering = cast.administrator(), cast.entering()
    assert entering.get("/staff/code").status_code == 200
    path = "/staff/people/account/tangli"
    assert administrator.post(f"{path}/second-factor", data=WHY).status_code == 302
    assert entering.get("/staff/code").status_code == 302
    sign_in = {"name": "tangli", "password": PASSWORD}
    again = app.test_client().post("/staff/sign-in", data=sign_in)
    assert again.headers["Location"] == "/staff/today"


def test_looking_over_the_rights_is_written_down_with_what_was_shown(
    app: Flask, cast: Cast, clock: HandClock
) -> None:
    administrator = cast.administrator()
    assert DUE in administrator.get("/staff/people").text
    seen = administrator.get("/staff/people/review").text.split('name="seen" value="')[1][:64]
    cast.nurse_of_lishui()  # given while the page was open
    path = "/staff/people/review"
    assert administrator.post(path, data={"seen": seen}).status_code == 422
    seen = administrator.get(path).text.split('name="seen" value="')[1][:64]
    kept = administrator.post(path, data={"seen": seen, "note": "long " * 101})
    assert kept.status_code == 422
    assert "long long" in kept.text
    assert administrator.post(path, data={"seen": seen, "note": "all needed"}).status_code == 302
    with app.app_context(), reading() as connection:
        [row] = connection.execute(select(access_review)).all()
    assert (row.rights_sha256, row.reviewed_by, row.note) == (seen, "staff:heyun", "all needed")
    assert DUE not in administrator.get("/staff/people").text
    clock.advance(days=91)
    late = cast.staff("zhangyu", Role.ADMINISTRATOR)
    assert DUE in late.get("/staff/people").text


@pytest.mark.parametrize(
    ("password", "problem"),
    [
        ("short but odd 7", None),
        ("short but odd", Unfit.SHORT),
        ("passwordpassword", Unfit.GUESSED),
        ("123456789012345", Unfit.GUESSED),
        ("aaaaaaaaaaaaaaaaaaaaaaaa", Unfit.GUESSED),
        ("lina.lina.lina.lina", Unfit.GUESSED),
        ("七只白鹭飞过了我们门前的池塘呀", None),
        ("correct horse battery staple", None),
        ("x1 " * 86, Unfit.LONG),
    ],
)
def test_a_password_is_long_and_not_easily_guessed(password: str, problem: Unfit | None) -> None:
    assert unfit(password, name="lina") is problem


def test_one_s_own_password_is_changed_with_the_old_one(app: Flask, cast: Cast) -> None:
    nurse = cast.nurse_of_lishui()
    elsewhere = app.test_client()
    elsewhere.post("/staff/sign-in", data={"name": "lina", "password": PASSWORD})
    path, new = "/staff/account/password", "seven herons over a pond"
    for old, one, other in (
        ("wrong", new, new),
        (PASSWORD, new, "another"),
        (PASSWORD, "password", "password"),
    ):
        assert nurse.post(path, data={"old": old, "new": one, "again": other}).status_code == 422
    assert nurse.post(path, data={"old": PASSWORD, "new": new, "again": new}).status_code == 302
    assert nurse.get("/staff/account").status_code == 200
    assert elsewhere.get("/staff/account").status_code == 302


def test_one_s_own_sessions_are_listed_and_ended_and_nobody_else_s(app: Flask, cast: Cast) -> None:
    nurse, other = cast.nurse_of_lishui(), cast.nurse_of_jiaxing()
    elsewhere = app.test_client()
    elsewhere.post("/staff/sign-in", data={"name": "lina", "password": PASSWORD})
    page = nurse.get("/staff/account").text
    [handle] = [part[:16] for part in page.split('name="session" value="')[1:] if part[0] != "o"]
    other.post("/staff/account/sessions", data={"session": handle})
    assert elsewhere.get("/staff/account").status_code == 200
    nurse.post("/staff/account/sessions", data={"session": handle})
    assert elsewhere.get("/staff/account").status_code == 302
    elsewhere.post("/staff/sign-in", data={"name": "lina", "password": PASSWORD})
    nurse.post("/staff/account/sessions", data={"session": "others"})
    assert elsewhere.get("/staff/account").status_code == 302
    assert nurse.get("/staff/account").status_code == 200


def test_recovery_codes_are_renewed_and_the_authenticator_is_removed_by_both_secrets(
    app: Flask, cast: Cast, clock: HandClock
) -> None:
    from tests.rooms.security.test_two_steps import add, authenticator

    add(app, "gaofeng")
    phone = authenticator(app, clock, "gaofeng")
    client = app.test_client()
    app.config["WTF_CSRF_ENABLED"] = False
    with client.session_transaction() as session:
        session["_user_id"] = phone.token
    path = "/staff/account/recovery-codes"
    assert client.post(path, data={"password": PASSWORD, "code": "000000"}).status_code == 422
    now = {"password": PASSWORD, "code": phone.codes.at(clock())}
    made = client.post(path, data=now)
    assert made.text.count("<li>") == 10
    assert phone.recovery_codes[0] not in made.text
    clock.advance(seconds=30)
    remove = "/staff/account/authenticator/remove"
    old = {"password": PASSWORD, "code": phone.recovery_codes[0]}
    assert client.post(remove, data=old).status_code == 422
    now = {"password": PASSWORD, "code": phone.codes.at(clock())}
    assert client.post(remove, data=now).status_code == 302
    sign_in = {"name": "gaofeng", "password": PASSWORD}
    entered = app.test_client().post("/staff/sign-in", data=sign_in)
    assert entered.headers["Location"] == "/staff/today"
