"""Trail and data verified: every event against its seal, every row against its event.

    python -m bench.verify [--forms 1e5] [--rounds 3] [--kinds sqlite postgresql] [--json FILE]

The forms come in by a file's way: a thousand in a transaction, an event for each, with
its scores. `trail s` is `flask audit verify`, `data s` the same with `--data`; the
smaller sizes before show how the time grows and that `peak MB`, the most memory that the
process has had, does not. `data CPU s` is the process's own time, without PostgreSQL's.
"""

import random
import resource
import time
from collections.abc import Iterator
from typing import Any

from bench.ground import KINDS, analyse, application, databases
from bench.report import arguments, in_turns, median, number, seconds, show
from pro_app.audit import service
from pro_app.core.facts import Mode
from pro_app.core.instrument import Answer, AnswerState
from pro_app.deployment import deployment
from pro_app.security import secrets
from pro_app.store.engine.transaction import CLI, transaction
from pro_app.store.forms.forms import NewForm, keep_forms
from pro_app.store.patients.patients import PatientState, add_patients

_AT_ONCE = 1000
_ANSWERED = tuple(Answer(AnswerState.ANSWERED, value) for value in range(5))


def measure(kind: str, forms: int, rounds: int) -> Iterator[dict[str, Any]]:
    """The figures at a tenth of the forms, at half of them and at all."""
    with databases(kind) as new, application(new("verify")):
        patients: list[int] = []
        held = 0
        for size in (forms // 10, forms // 2, forms):
            _hand_in(size - held, patients, random.Random(size))
            held = size
            service.seal(holder="bench", now=deployment().now())
            analyse()
            yield {"database": kind, "forms": size} | _verify(rounds)


def _verify(rounds: int) -> dict[str, Any]:
    rows: list[int] = []
    worked: list[float] = []

    def data() -> float:
        def check() -> None:
            verdict = service.check(data=True)
            assert verdict.whole
            assert verdict.data
            rows.append(verdict.data.rows)

        begun = time.process_time()
        taken = seconds(check)
        worked.append(time.process_time() - begun)
        return taken

    trails, datas = in_turns(rounds, lambda: seconds(service.check), data)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "rows": rows[-1],
        "trail s": median(trails),
        "data s": median(datas),
        "data CPU s": median(worked),
        "rows/s": rows[-1] / median(datas),
        "peak MB": peak,
    }


def _hand_in(count: int, patients: list[int], chance: random.Random) -> None:
    parts = deployment()
    visits = [visit.code for visit in parts.study.visits]
    while count > 0:
        here = min(count, _AT_ONCE)
        with transaction(CLI, parts.now()) as tx:
            day = parts.today()
            state = PatientState("zh", day, day, day, True)
            site = parts.study.sites[0].code
            first = len(patients)
            numbers = [f"{site}-{first + n:07d}" for n in range(-(-here // len(visits)))]
            ids = add_patients(tx, [(n, site, state, None) for n in numbers], parts.study)
            patients += ids.values()
            made = [(n, visit) for n in numbers for visit in visits][:here]
            forms = [_form(ids[n], visit, chance) for n, visit in made]
            keep_forms(tx, forms, parts.instrument)
            tx.record_many(
                tx.entry(
                    "form.received",
                    number,
                    visit=form.visit,
                    changes={
                        "submission_id": (None, form.submission_id),
                        "answered_on": (None, form.answered_on.isoformat()),
                        "items_answered": (None, len(form.answers)),
                        "mode": (None, form.mode.value),
                    },
                )
                for (number, _), form in zip(made, forms, strict=True)
            )
        count -= here


def _form(patient_id: int, visit: str, chance: random.Random) -> NewForm:
    parts = deployment()
    codes = parts.instrument.item_codes
    return NewForm(
        submission_id=secrets.new_submission_id(),
        patient_id=patient_id,
        visit=visit,
        standing=True,
        answered_on=parts.today(),
        mode=Mode.PHONE_SELF,
        language="zh",
        answers={code: _ANSWERED[chance.randrange(5)] for code in codes},
        item_times={code: (n, n + 3) for n, code in enumerate(codes)},
    )


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--forms", type=number, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    asked = parser.parse_args()
    figures = [row for kind in asked.kinds for row in measure(kind, asked.forms, asked.rounds)]
    show(figures, asked.json)


if __name__ == "__main__":
    main()
