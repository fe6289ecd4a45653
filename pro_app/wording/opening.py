"""Let a study go live: what stands in its way, and the act itself."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from pro_app.acts.occasion import StaffOccasion
from pro_app.core.instrument import Instrument
from pro_app.core.refused import Refused, Why
from pro_app.core.study import Study
from pro_app.store.engine.state import State, claim, count_patients, go_live, read_state
from pro_app.store.engine.transaction import reading, transaction
from pro_app.store.forms.wordings import Pack, packs

#: An area code, and then three zeros, with which no number begins: 0578-000-0000.
_PLACEHOLDER = re.compile(r"(\+\d+\D+)?\d+\D+000")


@dataclass(frozen=True, slots=True)
class Live:
    """The study is live since then; `already` says that it was before."""

    since: datetime
    already: bool


@dataclass(frozen=True, slots=True)
class NotLive:
    """Nothing was changed, because of all these."""

    obstacles: tuple[Refused, ...]


@dataclass(frozen=True, slots=True)
class StudyStatus:
    """Where the study stands; `state` is None while nothing was ever written."""

    state: State | None
    patients: int
    obstacles: tuple[Refused, ...]


def study_status(study: Study, instrument: Instrument, *, today: date) -> StudyStatus:
    """Where the study stands, and what is in the way of going live."""
    with reading(snapshot=True) as connection:
        state = read_state(connection)
        imported = packs(connection, instrument.id)
        patients = count_patients(connection)
    return StudyStatus(state, patients, tuple(_in_the_way(state, imported, study, today)))


def open_study(*, at: StaffOccasion) -> Live | NotLive:
    """Go live: from now on the licensed wording is shown, and real patients may answer."""
    study = at.study
    with transaction(at.actor, at.now) as tx:
        state = read_state(tx.connection)
        if state and state.study == study.id and state.live_at:
            tx.abandon()
            return Live(state.live_at, already=True)
        obstacles = tuple(
            _in_the_way(state, packs(tx.connection, at.instrument.id), study, at.today)
        )
        if obstacles:
            tx.abandon()
            return NotLive(obstacles)
        if state is None:
            claim(tx, study.id, synthetic=False)
        go_live(tx)
        tx.record("study.went_live", study.id, changes={"live_at": [None, at.now.isoformat()]})
    return Live(at.now, already=False)


def _in_the_way(
    state: State | None, imported: list[Pack], study: Study, today: date
) -> Iterator[Refused]:
    if state and state.study != study.id:
        yield Refused(Why.OTHER_STUDY, "study", state.study)
    if state and state.synthetic:
        yield Refused(Why.MADE_UP_PATIENTS)
    for site in study.sites:
        if _PLACEHOLDER.match(site.phone):
            yield Refused(Why.PLACEHOLDER_PHONE, site.code, site.code)
    for language in study.languages:
        own = [pack for pack in imported if pack.wording.language == language]
        holding = [pack for pack in own if pack.holds(today)]
        if not own:
            yield Refused(Why.NO_PACK, language, language)
        elif not holding:
            latest = max(filter(None, (pack.wording.valid_until for pack in own)))
            yield Refused(Why.LICENCE_OVER, language, (language, latest))
        elif not any(pack.serves for pack in holding):
            yield Refused(Why.NOT_RELEASED, language, language)
