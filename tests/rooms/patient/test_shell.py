"""The shell, the service worker and the manifest: the same for everybody, and nobody's."""

import dataclasses
import json
import re
from datetime import date
from pathlib import Path

from flask import Flask

from pro_app import create_app
from pro_app.assets import STATIC
from pro_app.patient.shell_routes import FILES
from tests.cast import Cast
from tests.conftest import settings_for
from tests.factories import add_patient

NUMBER = "LISHUI-001"
TINY = Path(__file__).parents[2] / "tiny_study" / "study.json"


def test_the_shell_is_the_same_for_a_stranger_and_a_patient(app: Flask, cast: Cast) -> None:
    with app.app_context():
        add_patient(NUMBER)
    stranger = app.test_client().get("/my/shell/now").text
    app.extensions.pop("shell")  # as in another process
    client = cast.patient(NUMBER)
    client.set_cookie("look", "3e")
    signed_in = client.get("/my/shell/now", headers={"Accept-Language": "en"}).text
    assert signed_in == stranger
    assert NUMBER not in signed_in
    assert "csrf" not in signed_in


def test_the_shell_has_every_screen_in_every_language(app: Flask) -> None:
    text = app.test_client().get("/my/shell/now").text
    parts = text.split("<template data-language=")[1:]
    assert [part[1:3] for part in parts] == ["zh", "en"]
    names = [sorted(re.findall(r'data-name="([\w-]+)"', part)) for part in parts]
    assert names[0] == names[1]
    assert {"frame", "intro", "item", "review", "who", "saved", "receipt"} <= set(names[0])
    assert "Next" in parts[1]
    assert "下一" in parts[0]


def test_a_page_can_have_the_templates_of_one_language(app: Flask) -> None:
    client = app.test_client()
    whole = client.get("/my/shell/now").text
    part = client.get("/my/shell/now/en").text
    assert part in whole
    assert part.count("<template data-language=") == 1
    assert client.get("/my/shell/now/xx").status_code == 404


def test_the_worker_keeps_every_script_but_itself(app: Flask) -> None:
    scripts = {f"patient/{path.name}" for path in (STATIC / "patient").glob("*.js")}
    # The page of link and PIN, which counts a wait down, is nothing without a network.
    assert scripts - {"patient/worker.js", "patient/wait.js"} <= set(FILES)
    client = app.test_client()
    text = client.get("/my/sw.js").text
    kept = json.loads(text.split("self.kept = ")[1].split(";\n")[0])
    assert kept["shell"] in kept["files"]
    for file in kept["files"]:
        with client.get(file) as answer:
            assert answer.status_code == 200, file
            assert "immutable" in answer.headers["Cache-Control"], file


def test_another_shell_makes_another_worker(app: Flask, database_url: str, tmp_path: Path) -> None:
    first = app.test_client().get("/my/sw.js").text
    assert app.test_client().get("/my/sw.js").text == first
    tiny = create_app(settings_for(database_url, tmp_path, study=str(TINY)))
    assert tiny.test_client().get("/my/sw.js").text != first


def test_the_shell_says_how_long_the_study_s_own_questionnaire_takes(
    app: Flask, database_url: str, tmp_path: Path
) -> None:
    tiny = create_app(settings_for(database_url, tmp_path, study=str(TINY)))
    assert "37 lines; it takes about 10 min." in app.test_client().get("/my/shell/now").text
    assert "3 lines; it takes about 1 min." in tiny.test_client().get("/my/shell/now").text


def test_the_worker_is_asked_for_anew_each_time(app: Flask) -> None:
    assert app.test_client().get("/my/sw.js").headers["Cache-Control"] == "no-store"


def test_switched_off_the_worker_only_removes_itself(app: Flask, cast: Cast) -> None:
    with app.app_context():
        add_patient(NUMBER)
    client = cast.patient(NUMBER)
    assert "data-worker" in client.get("/my/home").text
    parts = app.extensions["deployment"]
    settings = dataclasses.replace(parts.settings, offline=False)
    app.extensions["deployment"] = dataclasses.replace(parts, settings=settings)
    assert "unregister" in client.get("/my/sw.js").text
    assert "kept" not in client.get("/my/sw.js").text
    page = client.get("/my/home").text
    assert "data-worker" not in page
    assert "manifest" not in page


def test_the_manifest_names_pages_and_icons_that_exist(app: Flask) -> None:
    client = app.test_client()
    answer = client.get("/my/manifest.webmanifest")
    assert answer.mimetype == "application/manifest+json"
    manifest = json.loads(answer.text)
    assert manifest["start_url"] == "/my/home"
    assert {icon["sizes"] for icon in manifest["icons"]} == {"192x192", "512x512"}
    for icon in manifest["icons"]:
        with client.get(icon["src"]) as picture:
            assert picture.mimetype == "image/png"


def test_a_form_can_be_the_first_page_that_names_the_shell(app: Flask, cast: Cast) -> None:
    with app.app_context():
        add_patient(NUMBER, randomised_on=date(2025, 12, 5))
    page = cast.patient(NUMBER).get("/my/form/V1").text
    assert 'data-shell-at="/my/shell/' in page
