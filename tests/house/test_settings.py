"""Settings: refused when they make no sense, and documented as they are."""

import re
from pathlib import Path

import pytest

from pro_app.settings import VARIABLES, SettingsError, check_for_serving, read_settings
from tests.house.source import ROOT

_KEY = "eX2mT9vQ4bLw7cRk1pZs8nYh3dGf6jUa"
_PRODUCTION = {
    "PRO_ENV": "production",
    "PRO_SECRET_KEY": _KEY,
    "PRO_BASE_URL": "https://x.example",
    "PRO_CONTACT_KEYS": "off",
    "PRO_DATABASE_URL": "postgresql://pro@localhost/pro",
}


def test_nothing_need_be_set_for_a_demonstration(tmp_path: Path) -> None:
    settings = read_settings({}, instance=tmp_path)
    assert settings.embedded
    assert settings.study
    assert not settings.production


def test_the_demonstration_s_key_is_made_once_and_kept_to_its_owner(tmp_path: Path) -> None:
    first = read_settings({}, instance=tmp_path).secret_key
    assert read_settings({}, instance=tmp_path).secret_key == first
    assert len(first) >= 40
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"PRO_ENV": "prod"}, "PRO_ENV"),
        ({"PRO_DATABASE_URL": "mysql://x"}, "PRO_DATABASE_URL"),
        ({"PRO_DATABASE_URL": "sqlite:///"}, "PRO_DATABASE_URL"),
        ({"PRO_BASE_URL": "pro.example"}, "PRO_BASE_URL"),
        ({"PRO_LISTEN": "5000"}, "PRO_LISTEN"),
        ({"PRO_TRUSTED_PROXIES": "all"}, "PRO_TRUSTED_PROXIES"),
        ({"PRO_OFFLINE": "no"}, "PRO_OFFLINE"),
        ({"PRO_CONTACT_KEYS": "short"}, "PRO_CONTACT_KEYS"),
        ({"PRO_SMTP_URL": "mail.example", "PRO_MAIL_FROM": "a@b.example"}, "PRO_SMTP_URL"),
        ({"PRO_SMTP_URL": "smtp://x:99999", "PRO_MAIL_FROM": "a@b.example"}, "PRO_SMTP_URL"),
        ({"PRO_SMTP_URL": "smtp://u:p@x", "PRO_MAIL_FROM": "a@b.example"}, "PRO_SMTP_URL"),
        ({"PRO_SMTP_URL": "smtp://x"}, "PRO_MAIL_FROM"),
        (_PRODUCTION | {"PRO_SECRET_KEY": ""}, "PRO_SECRET_KEY"),
        (_PRODUCTION | {"PRO_SECRET_KEY": "short"}, "PRO_SECRET_KEY"),
        (_PRODUCTION | {"PRO_SECRET_KEY": _KEY[:31]}, "PRO_SECRET_KEY"),
        (_PRODUCTION | {"PRO_SECRET_KEY": "a" * 64}, "PRO_SECRET_KEY"),
        (_PRODUCTION | {"PRO_SECRET_KEY": "0123456789" * 4}, "PRO_SECRET_KEY"),
        (_PRODUCTION | {"PRO_SECRET_KEY": "changeme" * 5}, "PRO_SECRET_KEY"),
        (_PRODUCTION | {"PRO_CONTACT_KEYS": ""}, "PRO_CONTACT_KEYS"),
        (_PRODUCTION | {"PRO_CONTACT_KEYS": f"{_KEY},{'b' * 40}"}, "PRO_CONTACT_KEYS"),
        ({"PRO_SQLITE_IN_PRODUCTION": "yes"}, "PRO_SQLITE_IN_PRODUCTION"),
    ],
)
def test_nonsense_is_refused_by_name(change: dict[str, str], named: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=f"^{named}: "):
        read_settings(change, instance=tmp_path)


def test_real_patients_are_served_over_https_only(tmp_path: Path) -> None:
    for given in ({"PRO_BASE_URL": "http://x.example"}, {"PRO_BASE_URL": ""}):
        settings = read_settings(_PRODUCTION | given, instance=tmp_path)
        with pytest.raises(SettingsError, match=r"^PRO_BASE_URL: "):
            check_for_serving(settings)
    check_for_serving(read_settings(_PRODUCTION, instance=tmp_path))


def test_a_file_of_real_patients_needs_a_yes_and_is_nobody_else_s(tmp_path: Path) -> None:
    file = tmp_path / "pro.db"
    given = _PRODUCTION | {"PRO_DATABASE_URL": f"sqlite:///{file}"}
    with pytest.raises(SettingsError, match=r"^PRO_DATABASE_URL: .*PRO_SQLITE_IN_PRODUCTION=on"):
        check_for_serving(read_settings(given, instance=tmp_path))
    settings = read_settings(given | {"PRO_SQLITE_IN_PRODUCTION": "on"}, instance=tmp_path)
    check_for_serving(settings)
    file.touch(0o644)
    with pytest.raises(SettingsError, match=r"^PRO_DATABASE_URL: .*chmod o= "):
        check_for_serving(settings)
    file.chmod(0o640)
    check_for_serving(settings)


def test_postgresql_addresses_get_the_driver_we_ship(tmp_path: Path) -> None:
    for given in ("postgres://u@h/d", "postgresql://u@h/d", "postgresql+psycopg://u@h/d"):
        settings = read_settings({"PRO_DATABASE_URL": given}, instance=tmp_path)
        assert settings.database_url == "postgresql+psycopg://u@h/d"
        assert not settings.embedded


def test_where_the_data_lie_is_said_without_a_password(tmp_path: Path) -> None:
    url = "postgresql://pro:secret@db.example:5432/trial?sslmode=require"
    assert read_settings({"PRO_DATABASE_URL": url}, instance=tmp_path).data_place == (
        "db.example/trial"
    )
    assert read_settings({}, instance=tmp_path).data_place == str(tmp_path / "pro.db")


def test_a_key_is_never_shown(tmp_path: Path) -> None:
    assert _KEY not in repr(read_settings(_PRODUCTION, instance=tmp_path))


def test_the_readme_s_table_is_the_code_s() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf8")
    rows = re.findall(r"^\| `(PRO_\w+)` \| (.+?) \| (.+?) \|$", text, re.MULTILINE)
    assert [(name, default.strip("`"), meaning) for name, default, meaning in rows] == [
        (name, default, meaning) for name, (default, meaning) in VARIABLES.items()
    ]


def test_the_contact_book_has_a_key_in_the_demonstration_and_is_switched_off_by_name_in_production(
    tmp_path: Path,
) -> None:
    first = read_settings({}, instance=tmp_path).contact_keys
    assert read_settings({}, instance=tmp_path).contact_keys == first
    assert len(first) == 1
    assert read_settings({"PRO_CONTACT_KEYS": "off"}, instance=tmp_path).contact_keys == ()
    assert read_settings(_PRODUCTION, instance=tmp_path).contact_keys == ()
    two = {"PRO_CONTACT_KEYS": f"{_KEY}, {_KEY[::-1]}"}
    assert read_settings(_PRODUCTION | two, instance=tmp_path).contact_keys == (_KEY, _KEY[::-1])
