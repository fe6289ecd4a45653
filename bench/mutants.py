"""Tests that would notice: one change of the code at a time, and the tests that reach it.

    python -m bench.mutants [--modules core] [--tests tests/core] [--sample N] [--seed 1]
        [--jobs 2] [--only FILE] [--json FILE]

MODULES are folders or files of `pro_app/`, without their ending: `core`, `acts/forms`. What is
changed says bench/mutations.py. First all TESTS are run once, to see which of them reach which
line and how long each takes; then each mutant is met by those that reach its statement, the
quickest first, until one fails. What runs at import is met by all of them. Each mutant is a
process of its own that starts with the libraries loaded and imports the product anew; hypothesis
takes the same few examples each time.
A mutant that no test can tell is named in bench/equivalent.toml with the reason. Survivors that
are not named there are printed, and the exit status is 1; `--only FILE` tries those again that
are printed in it, by what changes and not by their line.
"""

import ast
import gc
import importlib
import importlib.abc
import importlib.machinery
import json
import logging
import os
import random
import re
import resource
import signal
import sys
import tempfile
import time
import tomllib
import types
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import coverage
import pytest
from hypothesis import HealthCheck, Phase, settings

from bench.mutations import Mutant, mutants, mutated
from bench.report import arguments, number, show

ROOT = Path(__file__).parents[1]
_CODE = ROOT / "pro_app"
_EQUIVALENT = Path(__file__).with_name("equivalent.toml")

#: The number of a line, in what is printed of a mutant.
_LINE = re.compile(r":\d+: ")

#: Loaded once, before a process is forked for each mutant.
_LIBRARIES = ("polars", "flask_migrate", "flask_wtf", "argon2", "psycopg", "babel")
#: Seconds a mutant gets beside what its tests took unchanged, of which it gets tenfold.
_PATIENCE = 10
#: Of so many examples of hypothesis a mutant has to be told, at most.
_EXAMPLES = 25
_MEMORY = 8 << 30


@dataclass(frozen=True, slots=True)
class Reach:
    """File → line → the tests that run it; test → seconds, quickest first."""

    lines: dict[str, dict[int, set[str]]]
    lasting: dict[str, float]

    def of(self, file: Path, mutant: Mutant) -> list[list[str]]:
        """The tests that meet this mutant, those of the file's own tests first."""
        met = set(self.lasting)
        if mutant.lines:
            reached = self.lines.get(str(file), {})
            met = set().union(*(reached.get(line, ()) for line in mutant.lines))
        tests = [test for test in self.lasting if test in met]
        own = [test for test in tests if f"/test_{file.stem}.py::" in test]
        return [each for each in (own, [test for test in tests if test not in own]) if each]


class _Planted(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module with a change in it."""

    def __init__(self, path: Path, tree: ast.Module) -> None:
        self._name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        self._path, self._tree = path, tree

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if name != self._name:
            return None
        return importlib.machinery.ModuleSpec(name, self, origin=str(self._path))

    def exec_module(self, module: types.ModuleType) -> None:
        module.__file__ = str(self._path)
        exec(compile(self._tree, str(self._path), "exec"), module.__dict__)  # noqa: S102


class _Chosen:
    """Of what pytest collects, these tests alone, in this order; None: all of them."""

    def __init__(self, tests: Sequence[str] | None) -> None:
        self._tests = tests and {test: place for place, test in enumerate(tests)}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        tests = self._tests
        if tests:
            items[:] = [item for item in items if item.nodeid in tests]
            items.sort(key=lambda item: tests[item.nodeid])
        for item in items:
            test = getattr(item, "obj", None)
            if own := getattr(test, "_hypothesis_internal_use_settings", None):
                few = settings(own, max_examples=min(own.max_examples, _EXAMPLES))
                test._hypothesis_internal_use_settings = few  # type: ignore[union-attr]


class _Watched:
    """Which test runs which lines, and how long it takes."""

    def __init__(self, watching: coverage.Coverage) -> None:
        self._watching = watching
        self.lasting: dict[str, float] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self._watching.switch_context(item.nodeid)
        begun = time.perf_counter()
        taken = yield
        self.lasting[item.nodeid] = time.perf_counter() - begun
        return taken


def _pytest(tests: Sequence[str], *plugins: object) -> int:
    """The exit status of pytest, quiet, stopping at the first failure."""
    settings.register_profile(
        "mutants",
        database=None,
        deadline=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    settings.load_profile("mutants")
    options = ["-x", "-q", "--tb=no", "-o", "addopts="]
    options += ["-pno:cacheprovider", "-pno:unraisableexception", "-pno:logging"]
    files = list(dict.fromkeys(test.partition("::")[0] for test in tests))
    if all(file.startswith("tests/core") for file in files):
        # What is pure needs neither the application nor its fixtures.
        bare = types.ModuleType("pro_app")
        bare.__path__ = [str(_CODE)]
        sys.modules.setdefault("pro_app", bare)
        options.append("--noconftest")
    return int(pytest.main([*options, *files], plugins=list(plugins)))


def _forked(work: Callable[[], int], limit: float) -> int:
    """The id of a process that ends with the status which `work` gives."""
    if child := os.fork():
        return child
    status = 70
    try:
        os.setsid()
        signal.alarm(int(limit))
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        logging.disable()
        status = work()
    finally:
        os._exit(status)


def reach(tests: Sequence[str], jobs: int) -> Reach:
    """Run all of them unchanged. Errors: RuntimeError when one of them fails."""
    files = [
        str(file) for test in tests for file in sorted(Path(test).rglob("test_*.py")) or [test]
    ]
    lasting: dict[str, float] = {}
    lines = defaultdict[str, defaultdict[int, set[str]]](lambda: defaultdict(set))
    with tempfile.TemporaryDirectory() as folder:
        works = [_watch(file, Path(folder) / f"{n}.json") for n, file in enumerate(files)]
        for n, status in _in_processes([(work, 3600) for work in works], jobs):
            if status:
                raise RuntimeError(f"{files[n]} fails without any change")
            took, reached = json.loads((Path(folder) / f"{n}.json").read_text())
            lasting |= took
            for file, met in reached.items():
                for line, contexts in met.items():
                    lines[file][int(line)].update(contexts)
    return Reach(dict(lines), dict(sorted(lasting.items(), key=lambda pair: pair[1])))


def _watch(file: str, kept: Path) -> Callable[[], int]:
    def work() -> int:
        watching = coverage.Coverage(data_file=None, config_file=False, include=[f"{_CODE}/*"])
        watching.start()
        watched = _Watched(watching)
        status = _pytest([file], _Chosen(None), watched)
        watching.stop()
        data = watching.get_data()
        lines = {each: data.contexts_by_lineno(each) for each in data.measured_files()}
        kept.write_text(json.dumps([watched.lasting, lines]))
        return status

    return work


def _in_processes(
    works: Sequence[tuple[Callable[[], int], float]], jobs: int
) -> Iterator[tuple[int, int]]:
    """The place and the status of each work as it ends, so many at a time."""
    waiting, running = list(enumerate(works))[::-1], dict[int, int]()
    while waiting or running:
        while waiting and len(running) < jobs:
            place, (work, limit) = waiting.pop()
            running[_forked(work, limit)] = place
        child, status = os.wait()
        yield running.pop(child), status


Case = tuple[Path, Mutant]


def _cases(modules: Sequence[str]) -> list[Case]:
    found = []
    for module in modules:
        files = sorted((_CODE / module).rglob("*.py")) or [_CODE / f"{module}.py"]
        found += [(file, each) for file in files for each in mutants(file.read_text("utf8"))]
    return found


def survivors(cases: Sequence[Case], known: Reach, jobs: int) -> Iterator[Case]:
    """Those that every test lets pass."""
    met, works = [], []
    for file, mutant in cases:
        if turns := known.of(file, mutant):
            lasting = sum(known.lasting[test] for tests in turns for test in tests)
            met.append((file, mutant))
            works.append((_met(file, mutant, turns), _PATIENCE + 10 * lasting))
        else:
            yield file, mutant
    yield from (met[place] for place, status in _in_processes(works, jobs) if status == 0)


def _met(file: Path, mutant: Mutant, turns: Sequence[Sequence[str]]) -> Callable[[], int]:
    def work() -> int:
        tree = mutated(file.read_text("utf8"), mutant.place)
        sys.meta_path.insert(0, _Planted(file, tree))
        return next(filter(None, (_pytest(tests, _Chosen(tests)) for tests in turns)), 0)

    return work


def _told(file: Path, mutant: Mutant) -> str:
    return f"{file.relative_to(ROOT)}:{mutant.line}: {mutant}"


def _name(file: Path) -> str:
    return str(file.relative_to(_CODE).with_suffix(""))


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--modules", nargs="+", default=["core"])
    parser.add_argument("--tests", nargs="+", default=["tests/core"])
    parser.add_argument("--sample", type=number, metavar="N", help="N of all mutants, by the seed")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", type=Path, metavar="FILE", help="what an earlier run printed")
    asked = parser.parse_args()
    os.chdir(ROOT)
    os.environ |= {"POLARS_MAX_THREADS": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    for library in _LIBRARIES:
        importlib.import_module(library)
    gc.freeze()
    known = reach(asked.tests, asked.jobs)
    cases = _cases(asked.modules)
    if asked.sample is not None:
        cases = random.Random(asked.seed).sample(cases, min(asked.sample, len(cases)))
    if asked.only:
        again = {_LINE.sub(": ", line) for line in asked.only.read_text("utf8").splitlines()}
        cases = [case for case in cases if _LINE.sub(": ", _told(*case)) in again]
    named = tomllib.loads(_EQUIVALENT.read_text("utf8"))
    left = defaultdict[str, Counter[str]](Counter)
    for file, _ in cases:
        left[_name(file)]["mutants"] += 1
    unnamed = 0
    for file, mutant in survivors(cases, known, asked.jobs):
        equivalent = str(mutant) in named.get(_name(file), {})
        left[_name(file)]["equivalent" if equivalent else "survived"] += 1
        if not equivalent:
            unnamed += 1
            print(_told(file, mutant), flush=True)
    show([_row(module, counts) for module, counts in left.items()], asked.json)
    raise SystemExit(unnamed > 0)


def _row(module: str, counts: Counter[str]) -> dict[str, Any]:
    alive = counts["equivalent"] + counts["survived"]
    return {
        "module": module,
        "mutants": counts["mutants"],
        "killed": counts["mutants"] - alive,
        "equivalent": counts["equivalent"],
        "survived": counts["survived"],
    }


if __name__ == "__main__":
    main()
