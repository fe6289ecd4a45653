"""What an error says, and what a proxy does, is not simply believed or repeated."""

import logging
from pathlib import Path

import pytest
from flask import Flask, request
from sqlalchemy import text

from pro_app import create_app
from pro_app.store.engine.transaction import reading
from tests.conftest import settings_for

SECRET = "GP1=4 of LISHUI-001"


def test_the_log_of_an_unexpected_error_names_the_place_and_quotes_nothing(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> str:
        try:
            raise KeyError(SECRET)
        except KeyError as error:
            raise ValueError(f"bad answers: {SECRET}") from error

    app.testing = False
    app.add_url_rule("/broken", "broken", broken)
    app.view_functions["broken"].public = True
    with caplog.at_level(logging.ERROR):
        answer = app.test_client().get("/broken")
    assert answer.status_code == 500
    assert "ValueError" in caplog.text
    assert "which led to" in caplog.text
    assert "test_quiet_errors.py" in caplog.text
    assert SECRET not in caplog.text.replace("raise", "")


def test_a_driver_s_message_is_in_no_log(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> str:
        with reading() as connection:
            connection.execute(text("SELECT 'of LISHUI-001' FROM no_such_table"))
        return ""

    app.testing = False
    app.add_url_rule("/broken", "broken", broken)
    with caplog.at_level(logging.ERROR):
        assert app.test_client().get("/broken").status_code in (500, 503)
    assert "no such table" not in caplog.text
    assert "does not exist" not in caplog.text


def test_of_a_proxy_only_the_address_is_believed(sqlite_migrated: Path, tmp_path: Path) -> None:
    settings = settings_for(f"sqlite:///{sqlite_migrated}", tmp_path, trusted_proxies=1)
    said = {
        "X-Forwarded-For": "198.51.100.7, 203.0.113.9",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "evil.example",
    }
    with create_app(settings).test_client() as client:
        client.get("/", headers=said)
        assert request.remote_addr == "203.0.113.9"
        assert (request.scheme, request.host) == ("http", "localhost")
