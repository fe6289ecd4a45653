"""Commands as typed: on a fresh database, on none, and on one that is not ready."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from tests.postgres import free_port
from tests.rooms.intake.desk import event, form, patient, text_of

ROOT = Path(__file__).parents[2]


def typed(*words: str | Path, url: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command in a process of its own, with nothing but address and key in its settings."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PRO_")}
    own = {"PRO_DATABASE_URL": url, "PRO_SECRET_KEY": "a key for tests that is long enough"}
    return subprocess.run(
        [sys.executable, "-m", "flask", *words],
        cwd=ROOT,
        env=kept | own | environment,
        capture_output=True,
        check=False,
        encoding="utf-8",
    )


def test_after_the_migrations_alone_every_import_works(database_url: str, tmp_path: Path) -> None:
    files = {
        "patients": [patient()],
        "events": [event("progression", "2026-02-01")],
        "forms": [form("V0", "2026-01-04")],
    }
    for kind, rows in files.items():
        file = tmp_path / f"{kind}.csv"
        file.write_text(text_of(rows), encoding="utf-8")
        done = typed("import", kind, file, url=database_url)

        assert done.returncode == 0, done.stderr
        assert done.stderr.startswith(f"{file}: read as UTF-8, ")
        assert done.stderr.count("\n") == 1
        assert done.stdout.startswith(f"{kind}: 1 added, 0 ")


def test_a_bad_file_ends_with_two_and_leaves_standard_output_empty(
    database_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "patients.csv"
    file.write_text(text_of([patient(site="NOWHERE")]))
    done = typed("import", "patients", file, url=database_url)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"{file}:2: site: 'NOWHERE' – expected one of LISHUI")


@pytest.mark.parametrize(
    "words",
    [
        ("import", "patients", "FILE"),
        ("import", "forms", "FILE", "--dry-run"),
        ("ledger", "--json"),
        ("compliance", "--by", "arm"),
        ("reason", "X", "V0", "P_FORGOT", "--said-by", "x", "--on", "2026-01-01"),
        ("wording", "list"),
        ("study", "go-live"),
        ("study", "status"),
        ("staff", "password", "nobody"),
    ],
    ids=lambda words: " ".join(words[:2]),
)
def test_a_database_without_a_schema_is_told_in_a_sentence(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    rows = [form("V0", "2026-01-04")] if "forms" in words else [patient()]
    (tmp_path / "file.csv").write_text(text_of(rows))
    typed_words = [tmp_path / "file.csv" if word == "FILE" else word for word in words]
    done = typed(*typed_words, url=f"sqlite:///{tmp_path}/new.db")

    assert (done.returncode, done.stdout) == (2, "")
    assert "flask db upgrade" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_database_that_is_not_there_is_told_in_a_sentence() -> None:
    done = typed("ledger", url="postgresql://pro:a-secret@127.0.0.1:1/none")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("PRO_DATABASE_URL: the database can't be used: ")
    assert len(done.stderr.splitlines()) == 1
    assert "a-secret" not in done.stderr


def test_a_file_that_is_no_database_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "pro.db").write_text("no database at all, just words\n" * 100)
    done = typed("ledger", url=f"sqlite:///{tmp_path}/pro.db")

    assert (done.returncode, done.stdout) == (2, "")
    assert "not a database" in done.stderr
    assert "Traceback" not in done.stderr


def _say_revision(url: str, revision: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :r"), {"r": revision})
    engine.dispose()


@pytest.mark.parametrize(
    ("revision", "said"), [("0003", "flask db upgrade"), ("9999", "later version of the product")]
)
def test_tables_of_another_version_are_neither_read_nor_written(
    database_url: str, revision: str, said: str
) -> None:
    _say_revision(database_url, revision)
    for words in (("ledger", "--json"), ("worker",)):
        done = typed(*words, url=database_url)
        assert (done.returncode, done.stdout) == (2, "")
        assert said in done.stderr
    served = typed("serve", url=database_url, PRO_LISTEN=f"127.0.0.1:{free_port()}")
    assert served.returncode != 0
    assert said in served.stderr


def test_a_new_file_is_its_owner_s_alone(tmp_path: Path) -> None:
    file = tmp_path / "new.db"
    assert typed("db", "upgrade", url=f"sqlite:///{file}").returncode == 0
    assert file.stat().st_mode & 0o077 == 0
