"""Take in licensed wordings, list what there is, and let a study go live on them."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from pro_app import instruments
from pro_app.acts.files import FileIn, record_file
from pro_app.acts.occasion import StaffOccasion
from pro_app.core import wording
from pro_app.core.instrument import Instrument
from pro_app.core.refused import Refused, Why
from pro_app.core.study import Study
from pro_app.core.wording import Wording, WordingProblem
from pro_app.store.engine.state import State, claim, count_patients, go_live, read_state
from pro_app.store.engine.transaction import Tx, reading, transaction
from pro_app.store.forms.wordings import Pack, add_pack, packs
from pro_app.wording.pack import PackRow

#: An area code, and then three zeros, with which no number begins: 0578-000-0000.
_PLACEHOLDER = re.compile(r"(\+\d+\D+)?\d+\D+000")


@dataclass(frozen=True, slots=True)
class Taken:
    """Languages whose texts were added, and those that were in already."""

    added: tuple[str, ...]
    unchanged: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NotImported:
    """Nothing was written, because of all these."""

    obstacles: tuple[Refused, ...] = ()
    problems: tuple[WordingProblem, ...] = ()


class Standing(StrEnum):
    """What a wording may be used for."""

    LICENSED = "licensed"
    EXPIRED = "expired"
    DEMONSTRATION = "demonstration"


@dataclass(frozen=True, slots=True)
class Listed:
    """A wording that is there; `imported_at` is None for one that is shipped."""

    wording: Wording
    standing: Standing
    imported_at: datetime | None


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


def import_pack(
    rows: Iterable[PackRow], *, licence: str, valid_until: date, file: FileIn, at: StaffOccasion
) -> Taken | NotImported:
    """Take in a pack: every language in it, or nothing. The same pack again changes nothing."""
    study, instrument, licence = at.study, at.instrument, licence.strip()
    texts, problems = wording.check(rows, instrument, study.languages)
    obstacles = [] if licence else [Refused(Why.NO_LICENCE, "licence")]
    if valid_until < at.today:
        obstacles.append(Refused(Why.VALID_UNTIL_OVER, "valid_until", valid_until))
    obstacles += [
        Refused(Why.DEMONSTRATION_TEXTS, language, language)
        for language, stated in texts.items()
        if _is_demonstration(stated, language, study, instrument)
    ]
    if problems or obstacles:
        return NotImported(tuple(obstacles), tuple(problems))
    with transaction(at.actor, at.now) as tx:
        added = _add(tx, texts, instrument, licence, valid_until)
        if not added:
            tx.abandon()
        else:
            record_file(tx, "wording", file, {"added": len(added)})
    return Taken(tuple(added), tuple(language for language in texts if language not in added))


def _add(
    tx: Tx,
    texts: dict[str, dict[str, str]],
    instrument: Instrument,
    licence: str,
    valid_until: date,
) -> list[str]:
    """The languages whose texts were not in yet under this licence."""
    known = {
        (pack.wording.language, pack.wording.sha256, pack.wording.licence, pack.wording.valid_until)
        for pack in packs(tx.connection, instrument.id)
    }
    added = []
    for language, stated in texts.items():
        sha256 = wording.digest(language, stated)
        if (language, sha256, licence, valid_until) not in known:
            add_pack(
                tx,
                instrument=instrument.id,
                language=language,
                sha256=sha256,
                texts=stated,
                licence=licence,
                valid_until=valid_until,
            )
            added.append(language)
    return added


def _is_demonstration(
    stated: dict[str, str], language: str, study: Study, instrument: Instrument
) -> bool:
    """Whether the items are the demonstration's, whatever notice stands beside them."""
    shipped = instruments.demonstration_if_any(study.instrument, language)
    return shipped is not None and all(
        stated.get(code) == shipped.texts[code] for code in instrument.item_codes
    )


def wordings(study: Study, instrument: Instrument, *, today: date) -> list[Listed]:
    """Every wording in a language of the study, the newest first, the shipped ones last."""
    with reading() as connection:
        imported = packs(connection, instrument.id)
    listed = [
        Listed(
            pack.wording,
            Standing.LICENSED if _holds(pack, today) else Standing.EXPIRED,
            pack.imported_at,
        )
        for pack in imported
    ]
    for language in study.languages:
        shipped = instruments.demonstration_if_any(study.instrument, language)
        if shipped:
            listed.append(Listed(shipped, Standing.DEMONSTRATION, None))
    return listed


def template(study: Study, instrument: Instrument) -> list[tuple[str, str]]:
    """(code, language) of every text that a pack in all languages of the study has."""
    return [(code, language) for language in study.languages for code in wording.codes(instrument)]


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
        if not own:
            yield Refused(Why.NO_PACK, language, language)
        elif not any(_holds(pack, today) for pack in own):
            latest = max(filter(None, (pack.wording.valid_until for pack in own)))
            yield Refused(Why.LICENCE_OVER, language, (language, latest))


def _holds(pack: Pack, today: date) -> bool:
    """Whether its licence holds today."""
    until = pack.wording.valid_until
    return until is not None and until >= today
