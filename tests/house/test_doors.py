"""Rules 3, 5 and 6: one door each; nothing computed is stored; no trial in the engine."""

import ast
import re
from pathlib import Path

import pytest

from pro_app import instruments, studies
from pro_app.store.tables import metadata
from tests.house import rules
from tests.house.source import PRODUCT, files, in_product, name, text, tree

_ALL = files()


def _but(*allowed: str) -> list[Path]:
    return [p for p in _ALL if in_product(p) not in allowed]


@pytest.mark.parametrize("path", _but("clock.py"), ids=name)
def test_nobody_else_reads_the_clock(path: Path) -> None:
    assert rules.clock(text(path)) == []


@pytest.mark.parametrize("path", _but("settings.py"), ids=name)
def test_nobody_else_reads_the_environment(path: Path) -> None:
    assert rules.environment(text(path)) == []


@pytest.mark.parametrize(
    "path", [p for p in _ALL if p.relative_to(PRODUCT).parts[0] != "store"], ids=name
)
def test_nobody_else_commits_or_writes_sql(path: Path) -> None:
    assert rules.sql(text(path)) == []


@pytest.mark.parametrize(
    "path", _but("security/secrets.py", "keys.py", "store/engine/salts.py"), ids=name
)
def test_nobody_else_makes_secrets_or_ids(path: Path) -> None:
    taken = set(rules.secrets(text(path)))
    if in_product(path).startswith("demo/"):  # its chance is seeded, to be had again
        taken -= {"random.Random", "random"}
    assert taken == set()


@pytest.mark.parametrize("path", _but("reports/pdf.py"), ids=name)
def test_nobody_else_prints(path: Path) -> None:
    assert rules.printing(text(path)) == []


def test_no_table_keeps_a_status() -> None:
    columns = [f"{t.name}.{c.name}" for t in metadata.tables.values() for c in t.columns]
    kept = [c for c in columns if re.search(r"status|pattern|is_missing|overdue", c)]
    assert kept == []


def _codes_of_the_trial() -> set[str]:
    study = studies.load("nct04158843")
    instrument = instruments.load(study.instrument)
    return {
        study.id,
        study.registry_id,
        *(visit.code for visit in study.visits),
        *(site.code for site in study.sites),
        *(arm.code for arm in study.arms),
        *(reason.code for reason in study.reasons),
        instrument.id,
        *instrument.item_codes,
        *instrument.scale_codes,
        *(box.code for box in instrument.opt_outs),
    }


@pytest.mark.parametrize("path", _but("settings.py"), ids=name)
def test_the_engine_names_nothing_of_one_trial(path: Path) -> None:
    # settings.py names the study that is loaded when none is asked for.
    codes = _codes_of_the_trial()
    documents = _docstrings(tree(path))
    found = [
        (node.lineno, node.value)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if node.value not in documents and set(re.findall(r"\w+", node.value)) & codes
    ]
    assert found == []


def _docstrings(module: ast.Module) -> set[str]:
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef)
    texts = set()
    for node in ast.walk(module):
        if isinstance(node, kinds) and node.body and isinstance(node.body[0], ast.Expr):
            value = node.body[0].value
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                texts.add(value.value)
    return texts


@pytest.mark.parametrize(
    "path", sorted(p for p in (PRODUCT / "templates").rglob("*.html")), ids=lambda p: p.name
)
def test_pages_name_nothing_of_one_trial(path: Path) -> None:
    words = set(re.findall(r"\w+", path.read_text(encoding="utf8")))
    assert words & _codes_of_the_trial() == set()
