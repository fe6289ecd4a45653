"""What an export says of itself: the manifest beside the files, and their dictionary."""

import json
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from pro_app.core import dictionary as dictionaries
from pro_app.core.answer_sets import AnswerSet, WordingStatus, wording_status
from pro_app.core.dataset import Dataset, Subject, TakenOut
from pro_app.core.dictionary import Dictionary
from pro_app.core.extras import Extras
from pro_app.core.leaving import Held
from pro_app.export.writing import FORMAT, MANIFEST, instant, sha256_of
from pro_app.store.statuses.exporting import Licence

#: The version of the product; pyproject.toml says the same.
VERSION = "0.1.0"


@dataclass(frozen=True, slots=True)
class Moment:
    """What the database held at one moment, as far as an export reads it.

    `known_at`: the instant up to which what was recorded counts. `held`: trial number →
    what may not leave, by what is known now and was known then.
    """

    known_at: datetime
    subjects: list[Subject]
    forms: list[AnswerSet]
    licences: list[Licence]
    extras: Extras
    held: dict[str, Held]
    schema_revision: str
    synthetic: bool


@dataclass(frozen=True, slots=True)
class Manifest:
    """`content` is what stands in manifest.json, `sha256` the digest of that file."""

    content: dict[str, Any]
    sha256: str

    @property
    def rows(self) -> dict[str, int]:
        """File → number of rows."""
        return {name: file["rows"] for name, file in self.content["files"].items()}


@cache
def dictionary() -> Dictionary:
    """The dictionary of the exported files."""
    content = Path(__file__).with_name("dictionary.json").read_bytes()
    return dictionaries.from_data(json.loads(content))


def describe(
    dataset: Dataset,
    moment: Moment,
    wordings: dict[str, WordingStatus],
    *,
    with_arm: bool,
    with_timings: bool,
) -> dict[str, Any]:
    """All that the manifest says but the files; with its instant the cut can be made again."""
    study, instrument = dataset.study, dataset.instrument
    seen = _wordings_seen(dataset, wordings, moment.licences)
    demonstration = any(each["status"] == WordingStatus.DEMONSTRATION for each in seen)
    return {
        "format": FORMAT,
        "product_version": VERSION,
        "schema_revision": moment.schema_revision,
        "study": {
            "id": study.id,
            "registry_id": study.registry_id,
            "version": study.version,
            "sha256": study.sha256,
        },
        "instrument": {
            "id": instrument.id,
            "name": instrument.name,
            "version": instrument.version,
            "sha256": instrument.sha256,
        },
        "scoring_version": instrument.scoring_version,
        "as_of": dataset.as_of.isoformat(),
        "known_at": instant(moment.known_at),
        "with_arm": with_arm,
        "with_timings": with_timings,
        "review": dataset.review.value if dataset.review else "ALL",
        "forms_left_out_by_review": dataset.narrowed,
        "synthetic": moment.synthetic,
        "withheld_consent_withdrawn": dataset.withheld,
        "taken_out": [_taken_out(each) for each in dataset.taken_out],
        "forms_before_consent": dataset.before_consent,
        "forms_for_analysis": sum(why is None for why in dataset.why_not.values()),
        "both_scorers_agree": True,
        "read_back_and_compared": True,
        "wordings": seen,
        "wording_notice": dict(dictionary().demonstration) if demonstration else None,
        "notes": [dict(note) for note in dictionary().notes],
    }


def _taken_out(each: TakenOut) -> dict[str, Any]:
    until = each.until.isoformat() if each.until else None
    return {"patient_id": each.patient_id, "why": each.why.value, "data_until": until}


def _wordings_seen(
    dataset: Dataset, wordings: dict[str, WordingStatus], licences: list[Licence]
) -> list[dict[str, Any]]:
    """Each wording that the exported forms showed, with its licences and its forms."""
    forms: dict[tuple[str, str], int] = {}
    for form in dataset.forms:
        key = (wording_status(form, wordings).value, form.wording_sha256 or "")
        forms[key] = forms.get(key, 0) + 1
    return [
        {
            "status": status,
            "sha256": sha256 or None,
            "forms": count,
            "licences": [
                {"licence": each.licence, "valid_until": each.valid_until.isoformat()}
                for each in licences
                if each.sha256 == sha256
            ],
        }
        for (status, sha256), count in sorted(forms.items())
    ]


def write_manifest(content: dict[str, Any], folder: Path) -> Manifest:
    text = json.dumps(content, ensure_ascii=False, indent=2) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8", newline="")
    return Manifest(content, sha256_of(folder / MANIFEST))
