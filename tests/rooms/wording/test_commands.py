"""`flask wording …` and `flask study …`: no study goes live on words it may not show."""

import csv
import getpass
import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from pro_app import instruments
from pro_app.core.wording import codes, digest, required_codes
from pro_app.deployment import deployment
from pro_app.store.engine.database import db
from pro_app.store.engine.state import claim, read_state
from pro_app.store.engine.transaction import CLI, reading, transaction
from pro_app.store.forms.wordings import licensed
from pro_app.store.tables import audit_event, wording_pack, wording_release
from tests.conftest import HandClock
from tests.rooms.intake.desk import FACT_B, Desk
from tests.rooms.intake.desk import desk as desk

Texts = dict[str, dict[str, str]]


@pytest.fixture(autouse=True)
def phones(app: Flask) -> Callable[..., None]:
    """Give every site of the study a number; call it with a site's own: LISHUI="0578-…"."""

    def give(**own: str) -> None:
        parts = app.extensions["deployment"]
        sites = (
            replace(site, phone=own.get(site.code, "0571-8765 4321")) for site in parts.study.sites
        )
        app.extensions["deployment"] = replace(parts, file=replace(parts.file, sites=tuple(sites)))

    give()
    return give


LICENCE = ("--licence", "L-2026-7", "--valid-until", "2027-12-31")
IMPORTER, RELEASER = ("--by", "anna"), ("--by", "bert")


def texts(*languages: str) -> Texts:
    """Words that stand for the licensed ones; the real ones are nowhere in this project."""
    return {
        language: {code: f"Licensed {code} in {language}" for code in codes(FACT_B)}
        for language in languages or ("zh", "en")
    }


def as_csv(pack: Texts) -> str:
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(["code", "language", "text"])
    for language, stated in pack.items():
        writer.writerows((code, language, text) for code, text in stated.items())
    return written.getvalue()


def as_json(pack: Texts) -> str:
    return json.dumps(pack, ensure_ascii=False)


def as_json_list(pack: Texts) -> str:
    return json.dumps(
        [
            {"code": code, "language": language, "text": text}
            for language, stated in pack.items()
            for code, text in stated.items()
        ]
    )


def take(desk: Desk, content: str | bytes, *options: str) -> str:
    file = desk.file("pack", content)
    return desk.do("wording", "import", file, *(options or LICENCE), *IMPORTER)


def take_and_release(desk: Desk, content: str, *options: str) -> None:
    """Import a pack as one person, and release all of it as another."""
    take(desk, content, *options)
    for line in desk.do("wording", "list").splitlines():
        number, _language, state, *_rest = line.split()
        if state == "waiting":
            desk.do("wording", "release", number, *RELEASER)


def refusal(desk: Desk, content: str | bytes, *options: str) -> str:
    told = desk.refused("wording", "import", desk.file("pack", content), *(options or LICENCE))
    return told.replace(f"{desk.folder}/", "")


def rows(app: Flask, table) -> list:
    with app.app_context(), reading() as connection:
        return list(connection.execute(select(table).order_by(table.c.id)))


@pytest.mark.parametrize("write", [as_csv, as_json, as_json_list])
def test_a_pack_is_taken_in_either_notation_once(
    desk: Desk, app: Flask, write: Callable[[Texts], str]
) -> None:
    content = write(texts())

    assert take(desk, content) == "wording: 2 added, 0 unchanged\n"
    assert take(desk, content) == "wording: 0 added, 2 unchanged\n"
    packs = rows(app, wording_pack)
    assert [(pack.language, pack.licence, pack.valid_until) for pack in packs] == [
        ("zh", "L-2026-7", date(2027, 12, 31)),
        ("en", "L-2026-7", date(2027, 12, 31)),
    ]
    assert [pack.sha256 for pack in packs] == [
        digest(language, stated) for language, stated in texts().items()
    ]
    records = [r for r in rows(app, audit_event) if r.action == "wording.imported"]
    assert [record.actor for record in records] == ["cli:anna", "cli:anna"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gbk"])
def test_a_pack_from_excel_is_taken(desk: Desk, app: Flask, encoding: str) -> None:
    pack = texts("zh")
    pack["zh"]["NOTICE"] = "版权声明,\n第二行"
    take(desk, as_csv(pack).replace("\n", "\r\n").encode(encoding))
    desk.do("wording", "release", "1", *RELEASER)

    with app.app_context(), reading() as connection:
        shown = licensed(connection, FACT_B.id, "zh", today=date(2026, 3, 5))
    assert shown is not None
    assert shown.texts["NOTICE"].startswith("版权声明,")


def test_a_new_text_or_a_longer_licence_is_another_pack(desk: Desk, app: Flask) -> None:
    pack = texts("zh")
    take(desk, as_csv(pack))
    assert take(
        desk, as_csv(pack), "--licence", "L-2026-7", "--valid-until", "2028-12-31"
    ).startswith("wording: 1 added")
    pack["zh"]["GP1"] = "Another wording"
    assert take(desk, as_csv(pack)).startswith("wording: 1 added")

    assert len(rows(app, wording_pack)) == 3


@pytest.mark.parametrize("write", [as_csv, as_json])
def test_all_that_is_missing_or_unknown_is_listed(
    desk: Desk, app: Flask, write: Callable[[Texts], str]
) -> None:
    pack = texts()
    for code in ("GP1", "RESPONSE_0", "INTRO_EWB", "RECALL", "NOTICE", "Q1"):
        del pack["en"][code]
    pack["zh"]["GX9"] = "x"
    pack["zh"]["GP2"] = " "
    pack["de"] = {"GP1": "x"}
    told = refusal(desk, write(pack))

    for code in ("GP1", "RESPONSE_0", "INTRO_EWB", "RECALL", "NOTICE", "Q1"):
        assert f"pack: {code} (en): this text is missing\n" in told
    assert " GX9 (zh): the instrument has no such text\n" in told
    assert " GP2 (zh): expected a text\n" in told
    assert " GP1 (de): expected one of the study's languages, zh, en\n" in told
    assert told.endswith("Nothing was written.\n")
    assert rows(app, wording_pack) == []


def test_a_problem_names_its_line_or_its_entry(desk: Desk) -> None:
    pack = texts("zh")
    pack["zh"] = {"GX9": "x", **pack["zh"]}

    assert "pack:2: GX9 (zh): " in refusal(desk, as_csv(pack))
    assert "pack: entry 1: GX9 (zh): " in refusal(desk, as_json(pack))


def test_a_doubled_text_is_refused(desk: Desk) -> None:
    told = refusal(desk, as_csv(texts("zh")) + "GP1,zh,again\r\n")

    assert "GP1 (zh): this text is there twice" in told


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "pack: the file is empty"),
        ("code,language,text\n".encode("utf-16"), "pack: expected CSV text in UTF-8"),
        (b"code,language,text\n", "pack: the file holds no texts"),
        (b"code,language\n", "pack:1: text: expected this column; it is missing"),
        (b"code,language,text,x\n", "pack:1: x: unknown column"),
        (b"code,language,text\nGP1,zh\n", "pack:2: '2' – expected 3 cells"),
        (b'{"zh": {"GP1": }}', "pack:1: bad JSON: Expecting value"),
        (b"[]", "pack: the file holds no texts"),
    ],
)
def test_a_file_that_is_no_pack_is_refused(desk: Desk, content: bytes, told: str) -> None:
    assert refusal(desk, content).startswith(told)


def test_a_licence_that_is_over_or_has_no_reference_is_refused(desk: Desk, app: Flask) -> None:
    content = as_csv(texts())

    told = refusal(desk, content, "--licence", "L", "--valid-until", "2026-03-04")
    assert told.startswith("--valid-until: 2026-03-04 is over")
    told = refusal(desk, content, "--licence", " ", "--valid-until", "2026-03-05")
    assert told.startswith("--licence: expected the reference")
    assert rows(app, wording_pack) == []
    take(desk, content, "--licence", "L", "--valid-until", "2026-03-05")


def test_the_demonstration_can_not_be_passed_off_as_licensed(desk: Desk) -> None:
    shipped = dict(instruments.demonstration(FACT_B.id, "en").texts)

    told = refusal(desk, as_json({"en": shipped}))
    assert told.startswith("en: these are the texts of the demonstration")
    renamed = shipped | {"NOTICE": "All rights reserved"}
    assert refusal(desk, as_json({"en": renamed})).startswith("en: these are the texts")
    pack = texts("en")
    pack["en"]["NOTICE"] = shipped["NOTICE"]
    assert refusal(desk, as_json(pack)).startswith("en: this is the notice of the demonstration")


def test_the_template_has_every_code_in_every_language(desk: Desk) -> None:
    written = list(csv.reader(io.StringIO(desk.do("wording", "export-template"))))

    assert written[0] == ["code", "language", "text"]
    assert written[1:] == [[code, lang, ""] for lang in ("zh", "en") for code in codes(FACT_B)]
    assert set(required_codes(FACT_B)) <= {row[0] for row in written}


def test_a_filled_template_is_a_pack(desk: Desk) -> None:
    filled = [
        [*row[:2], row[2] or f"Licensed {row[0]}"]
        for row in csv.reader(io.StringIO(desk.do("wording", "export-template")))
    ]
    written = io.StringIO()
    csv.writer(written).writerows(filled)

    assert take(desk, written.getvalue()) == "wording: 2 added, 0 unchanged\n"


def listed(desk: Desk) -> list[list[str]]:
    return [line.split() for line in desk.do("wording", "list").splitlines()]


def test_the_list_says_what_each_wording_may_be_used_for(desk: Desk, clock: HandClock) -> None:
    assert desk.do("wording", "list").count("demonstration") == 2
    take(desk, as_csv(texts("zh")), "--licence", "OLD", "--valid-until", "2026-03-05")
    clock.advance(days=1)
    take_and_release(desk, as_csv(texts("zh")))
    take_and_release(desk, as_csv(texts("zh")), "--licence", "NEW", "--valid-until", "2028-12-31")
    take(desk, as_csv(texts("en")))

    heads, *lines = listed(desk)
    assert heads == [
        *("id", "language", "state", "licence", "valid_until"),
        *("imported_by", "imported_at", "released_by", "released_at", "sha256"),
    ]
    assert [line[:6] for line in lines] == [
        ["4", "en", "waiting", "L-2026-7", "2027-12-31", "cli:anna"],
        ["3", "zh", "in_force", "NEW", "2028-12-31", "cli:anna"],
        ["2", "zh", "replaced", "L-2026-7", "2027-12-31", "cli:anna"],
        ["1", "zh", "expired", "OLD", "2026-03-05", "cli:anna"],
        ["–", "zh", "demonstration", "–", "–", "–"],
        ["–", "en", "demonstration", "–", "–", "–"],
    ]
    assert lines[1][7:] == [
        *("cli:bert", "2026-03-06T00:00:00+00:00"),
        digest("zh", texts("zh")["zh"]),
    ]


def shown(app: Flask, language: str = "zh") -> str | None:
    """The SHA-256 of the licensed wording that is shown today."""
    with app.app_context(), reading() as connection:
        found = licensed(connection, FACT_B.id, language, today=deployment().today())
    return found.sha256 if found else None


def test_an_imported_wording_serves_nobody_before_a_second_person_releases_it(
    desk: Desk, app: Flask
) -> None:
    take(desk, as_csv(texts("zh")))
    assert "second person releases it" in desk.remarks
    assert shown(app) is None

    for name in ("anna", "Anna", " ANNA "):
        told = desk.refused("wording", "release", "1", "--by", name)
        assert told.startswith("anna imported this wording: a second person")
    assert shown(app) is None
    sha256 = digest("zh", texts("zh")["zh"])
    assert desk.do("wording", "release", sha256[:8], *RELEASER) == (
        f"zh: wording {sha256} is in force\n"
    )
    assert shown(app) == sha256
    [event] = [r for r in rows(app, audit_event) if r.action == "wording.released"]
    assert (event.actor, event.subject) == ("cli:bert", f"wording:{FACT_B.id}:zh")
    assert event.changes == {
        "sha256": [None, sha256],
        "licence": [None, "L-2026-7"],
        "imported_by": [None, "cli:anna"],
    }


def test_the_user_of_the_operating_system_acts_where_nobody_is_named(
    desk: Desk, app: Flask
) -> None:
    desk.do("wording", "import", desk.file("pack", as_csv(texts("zh"))), *LICENCE)

    user = getpass.getuser()
    [pack] = rows(app, wording_pack)
    assert pack.imported_by == f"cli:{user}"
    assert desk.refused("wording", "release", "1").startswith(f"{user} imported this wording")


@pytest.mark.parametrize("name", ["", " ", "a:b", "a\u200bb", "x" * 61])
def test_nobody_acts_under_a_name_that_can_t_be_read(desk: Desk, name: str) -> None:
    result = desk.run("wording", "release", "1", "--by", name)

    assert result.exit_code == 2
    assert "expected a name of up to 60 characters" in result.stderr


def test_a_release_replaces_and_what_was_replaced_may_be_released_again(
    desk: Desk, app: Flask
) -> None:
    first, second = texts("zh"), texts("zh")
    second["zh"]["GP1"] = "Another wording"
    old, new = (digest("zh", each["zh"]) for each in (first, second))
    take_and_release(desk, as_csv(first))
    take(desk, as_csv(second))
    assert shown(app) == old
    desk.do("wording", "release", "2", *RELEASER)
    assert shown(app) == new

    assert desk.refused("wording", "release", "2", *RELEASER).startswith("This wording is in force")
    desk.do("wording", "release", "1", "--by", "carl")
    assert shown(app) == old
    told = [r.changes["sha256"] for r in rows(app, audit_event) if r.action == "wording.released"]
    assert told == [[None, old], [old, new], [new, old]]


def test_a_wording_is_named_by_its_id_or_the_beginning_of_its_hash(desk: Desk, app: Flask) -> None:
    content, sha256 = as_csv(texts("zh")), digest("zh", texts("zh")["zh"])
    take(desk, content)
    take(desk, content, "--licence", "NEW", "--valid-until", "2028-12-31")

    told = desk.refused("wording", "release", sha256[:10], *RELEASER)
    assert told.startswith("Several wordings begin so. Name one by its id: 1, 2")
    for nothing in ("3", sha256[:3], "abcdef" * 4):
        assert "there is no such wording" in desk.refused("wording", "release", nothing, *RELEASER)
    desk.do("wording", "release", "2", *RELEASER)


def test_a_wording_whose_licence_is_over_is_not_released(desk: Desk, clock: HandClock) -> None:
    take(desk, as_csv(texts("zh")), "--licence", "OLD", "--valid-until", "2026-03-05")
    clock.advance(days=1)

    told = desk.refused("wording", "release", "1", *RELEASER)
    assert told.startswith("zh: the licence of the wording ended on 2026-03-05")


def test_the_trail_tells_of_packs_and_releases(desk: Desk, app: Flask, clock: HandClock) -> None:
    take_and_release(desk, as_csv(texts("zh")))
    clock.advance(minutes=1)

    assert "The data match the trail" in desk.do("audit", "verify", "--data")
    with app.app_context():
        for table in (wording_pack, wording_release):
            with pytest.raises(DBAPIError), db.engine.begin() as connection:
                connection.execute(table.delete())
            with pytest.raises(DBAPIError), db.engine.begin() as connection:
                connection.execute(table.update().values(id=9))


def test_what_cannot_be_shown_is_refused_with_its_place(desk: Desk, app: Flask) -> None:
    pack = texts("zh")
    pack["zh"] |= {
        "GP1": "ill\u200b at ease",
        "GP2": "x" * 201,
        "RESPONSE_3": "Licensed  response_2 in ZH",
        "B9": "Licensed B8 in zh",
    }
    told = refusal(desk, as_csv(pack))

    assert "GP1 (zh): a character that nobody sees, U+200B ZERO WIDTH SPACE, at place 4" in told
    assert "GP2 (zh): too long for a phone: 201 columns, at most 200" in told
    assert "RESPONSE_3 (zh): reads the same as RESPONSE_2" in told
    assert "B9 (zh): reads the same as B8" in told
    assert rows(app, wording_pack) == []


def test_a_text_translated_back_is_kept_beside_and_changes_no_hash(desk: Desk, app: Flask) -> None:
    lines = as_csv(texts("zh")).splitlines()
    back = [lines[0] + ",back_translation"]
    back += [f"{line}, back {n}" for n, line in enumerate(lines[1:], start=1)]
    take(desk, "\n".join(back))

    [pack] = rows(app, wording_pack)
    assert pack.back_translations["HEADING_PWB"] == "back 1"
    assert pack.sha256 == digest("zh", texts("zh")["zh"])
    told = refusal(desk, as_csv(texts("zh")).replace("text", "text,back_translation", 1))
    assert "expected 4 cells" in told
    back[3] = back[3].replace("back", "ba\u202eck")
    assert "RIGHT-TO-LEFT OVERRIDE" in refusal(desk, "\n".join(back))


def test_no_study_goes_live_without_licensed_words_in_every_language(
    desk: Desk, app: Flask, clock: HandClock
) -> None:
    told = desk.refused("study", "go-live")
    assert "zh: no licensed wording has been imported" in told
    assert "en: no licensed wording has been imported" in told
    take(desk, as_csv(texts("zh")))
    take(desk, as_csv(texts("en")), "--licence", "L", "--valid-until", "2026-03-05")
    assert desk.refused("study", "go-live").splitlines()[0] == (
        "zh: the licensed wording waits for a second person to release it (flask wording release)"
    )
    desk.do("wording", "release", "1", *RELEASER)
    clock.advance(days=1)

    assert desk.refused("study", "go-live").splitlines() == [
        "en: the licence of the wording ended on 2026-03-05",
        "The study was not opened; nothing was written.",
    ]
    with app.app_context(), reading() as connection:
        assert read_state(connection) is None
    assert "study.went_live" not in {record.action for record in rows(app, audit_event)}


def test_no_study_goes_live_while_its_patients_are_told_to_call_nowhere(
    desk: Desk, phones: Callable[..., None]
) -> None:
    take_and_release(desk, as_csv(texts()))
    phones(LISHUI="0578-000-0000", JIAXING="+86-573-0000001", ZJCC="0571-8800-0000")

    told = desk.refused("study", "go-live").splitlines()
    assert [line.split(":")[0] for line in told[:-1]] == ["LISHUI", "JIAXING"]
    assert "the telephone number is a placeholder" in told[0]
    assert "LISHUI: the telephone" in desk.do("study", "status")
    phones()
    assert "is live since" in desk.do("study", "go-live")


def test_a_study_goes_live_once_and_the_trail_says_so(desk: Desk, app: Flask) -> None:
    take_and_release(desk, as_csv(texts()))

    told = "nct04158843 is live since 2026-03-05T00:00:00+00:00\n"
    assert desk.do("study", "go-live") == told
    assert desk.do("study", "go-live") == told
    assert "live already" in desk.remarks
    with app.app_context(), reading() as connection:
        state = read_state(connection)
    assert state is not None
    assert (state.synthetic, state.live_at) == (False, app.extensions["deployment"].now())
    records = [r for r in rows(app, audit_event) if r.action == "study.went_live"]
    assert [(record.actor, record.subject) for record in records] == [("cli", "nct04158843")]


@pytest.mark.parametrize(
    ("study", "synthetic", "told"),
    [
        ("nct04158843", True, "this database holds a demonstration with made-up patients"),
        ("another", False, "this database holds the study another"),
    ],
)
def test_neither_a_demonstration_nor_another_study_goes_live(
    desk: Desk, app: Flask, study: str, synthetic: bool, told: str
) -> None:
    take_and_release(desk, as_csv(texts()))
    with app.app_context(), transaction(CLI, deployment().now()) as tx:
        claim(tx, study, synthetic=synthetic)
        tx.record("study.claimed", study)

    assert desk.refused("study", "go-live").startswith(told)
    if study == "another":
        assert told in desk.refused("study", "status")
    else:
        assert told in desk.do("study", "status")


def test_the_status_says_what_is_in_the_way(desk: Desk) -> None:
    before = desk.do("study", "status")
    assert "zh: no licensed wording has been imported" in before
    take_and_release(desk, as_csv(texts()))
    desk.do("study", "go-live")
    after = desk.do("study", "status")

    assert "in_the_way" not in after
    assert "2026-03-05T00:00:00+00:00" in after


def test_a_file_that_is_not_there_is_refused(desk: Desk, tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere.csv"
    assert "can be read" in desk.refused("wording", "import", nowhere, *LICENCE)
