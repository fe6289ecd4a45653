"""Files and messages that went wrong on their way: taken or refused, none breaks its reader.

    python -m bench.corrupt TARGET [--seconds 60] [--json FILE]

TARGET is one of patients, events, forms, consents, payload, draft, picture, photograph,
wording, study. atheris (libFuzzer) changes valid files, follows which of them reach new lines of
the reader, and stops at the first error that is no refusal, which it prints with the input.
Imports go to a database of their own, all the way, and leave nothing behind, as with
`--dry-run`. atheris comes with the tests' packages where there is one: Linux on x86_64.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import atheris

with atheris.instrument_imports(include=["pro_app.intake", "pro_app.patient", "pro_app.wording"]):
    from pro_app.intake import service as intake
    from pro_app.intake.source import source_of
    from pro_app.intake.table import table_of
    from pro_app.patient import payload, pictures
    from pro_app.wording import pack
    from pro_app.wording import service as wording

from PIL import Image

from bench.ground import application, databases
from bench.population import Habits, fill
from bench.report import arguments, show
from pro_app import studies
from pro_app.acts.files import FileIn
from pro_app.acts.person import operator
from pro_app.core.study import StudyError
from pro_app.deployment import deployment
from pro_app.intake.problems import BadOption, BadTable
from pro_app.papers import photographs
from pro_app.security.access import occasion_of
from pro_app.store.engine.transaction import CLI
from tests.rooms.intake.desk import event, form, patient, text_of

_IMPORTS = ("patients", "events", "forms", "consents")
_TARGETS = (*_IMPORTS, "payload", "draft", "picture", "photograph", "wording", "study")


def _import(kind: str) -> Callable[[bytes], object]:
    at = occasion_of(deployment(), operator(CLI))

    def take(content: bytes) -> object:
        try:
            return intake.import_table(
                intake.Kind(kind), table_of(source_of(content)), trial=True, at=at
            )
        except (BadTable, BadOption) as refused:
            return refused

    return take


def _wording(content: bytes) -> object:
    at = occasion_of(deployment(), operator(CLI))
    try:
        text = source_of(content).text
        rows = pack.rows_of_json(text) if pack.looks_like_json(text) else []
    except (BadTable, pack.BadPack) as refused:
        return refused
    file = FileIn("pack", "")
    return wording.import_pack(rows, licence="", valid_until=date(2030, 1, 1), file=file, at=at)


def _study(folder: Path) -> Callable[[bytes], object]:
    file = folder / "study.json"

    def load(content: bytes) -> object:
        file.write_bytes(content)
        studies.load.cache_clear()
        try:
            return studies.load(str(file))
        except StudyError as refused:
            return refused

    return load


def _message(read: Callable[..., object], *first: Any) -> Callable[[bytes], object]:
    parts = deployment()
    known = {"languages": parts.study.languages, "items": parts.instrument.item_codes}
    return lambda content: read(*first, content, **known)


def _target(name: str, folder: Path) -> Callable[[bytes], object]:
    if name in _IMPORTS:
        return _import(name)
    return {
        "payload": lambda: _message(payload.read_payload, "0" * 36),
        "draft": lambda: _message(payload.read_draft),
        "picture": lambda: lambda content: pictures.codes_in(BytesIO(content)),
        "photograph": lambda: lambda content: photographs.made_anew(BytesIO(content)),
        "wording": lambda: _wording,
        "study": lambda: _study(folder),
    }[name]()


def _seeds(name: str) -> list[bytes]:
    """Valid files of this kind."""
    if name in _IMPORTS:
        rows = {
            "patients": [patient(), patient(patient_id="LISHUI-777")],
            "events": [event("progression", "2026-02-01"), event("death", "2026-03-01")],
            "forms": [form("V0", "2026-01-04")],
            "consents": [{"patient_id": "LISHUI-001", "version": "2", "on": "2026-02-01"}],
        }[name]
        return [text_of(rows).encode(), text_of(rows).encode("gb18030")]
    if name in ("picture", "photograph"):
        return [_picture(kind) for kind in ("JPEG", "PNG", "WEBP")]
    if name == "study":
        return [path.read_bytes() for path in Path(studies.__file__).parent.glob("*.json")]
    if name == "wording":
        return [b'[{"code": "GP1", "language": "en", "text": "x"}]', b'{"en": {"GP1": "x"}}']
    parts = deployment()
    filled = {
        "visit": "V1",
        "language": "zh",
        "answers": dict.fromkeys(parts.instrument.item_codes, 2) | {"GS7": "PREFER_NOT"},
        "started_at": "2026-03-05T08:00:00+08:00",
        "device_at": "2026-03-05T00:00:00Z",
        "device_offset_minutes": -480,
        "item_times": {"GP1": [1, 2]},
        "submission_id": "00000000-0000-4000-8000-000000000000",
        "base": 1,
    }
    return [json.dumps(filled).encode()]


def _picture(kind: str) -> bytes:
    written = BytesIO()
    Image.effect_noise((64, 48), 50).save(written, kind)
    return written.getvalue()


def _fuzz(name: str, options: list[str]) -> None:
    """Never returns: libFuzzer ends the process."""
    with databases("sqlite") as new, application(new("corrupt")):
        fill(20, [site.code for site in deployment().study.sites], Habits(0.8, 0.5))
        with tempfile.TemporaryDirectory() as folder:
            corpus = Path(folder) / "corpus"
            corpus.mkdir()
            for place, seed in enumerate(_seeds(name)):
                (corpus / str(place)).write_bytes(seed)
            target = _target(name, Path(folder))
            atheris.Setup([sys.argv[0], *options, str(corpus)], lambda data: target(data) and None)
            atheris.Fuzz()


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("target", choices=_TARGETS)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--inside", action="store_true", help="be the process that libFuzzer ends")
    asked = parser.parse_args()
    if asked.inside:
        _fuzz(asked.target, [f"-max_total_time={asked.seconds}", "-max_len=20000", "-timeout=20"])
    command = [sys.executable, "-m", "bench.corrupt", asked.target, "--inside"]
    done = subprocess.run(
        [*command, "--seconds", str(asked.seconds)], capture_output=True, text=True, check=False
    )
    said = done.stderr.splitlines()
    runs = [line.split()[1] for line in said if line.startswith("Done ")]
    if done.returncode:
        print("\n".join(said[-40:]))
    show([{"target": asked.target, "runs": int(runs[0]) if runs else 0,
           "errors": int(done.returncode != 0)}], asked.json)  # fmt: skip
    raise SystemExit(done.returncode)


if __name__ == "__main__":
    main()
