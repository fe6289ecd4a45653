"""Make an export: read one moment, score twice, write, read back, record, hand over."""

from collections.abc import Callable, Iterator
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pro_app import instruments
from pro_app.acts.occasion import StaffOccasion
from pro_app.clock import day_of
from pro_app.core.answer_sets import WordingStatus, unreadable, versions
from pro_app.core.dataset import Dataset, Subject, assemble
from pro_app.core.extras import Extras
from pro_app.core.facts import PatientFacts
from pro_app.core.leaving import Held, stricter
from pro_app.core.review import Asked, Deed, Review, state_after
from pro_app.core.seals import Verdict
from pro_app.core.sites import EVERYWHERE
from pro_app.core.tidy import Table, tables
from pro_app.core.wording import Wording
from pro_app.export import writing
from pro_app.export.manifest import Manifest, Moment, describe, dictionary, write_manifest
from pro_app.export.writing import MANIFEST, all_or_nothing, write_table
from pro_app.store.desk.data_queries import Exported, read_queries
from pro_app.store.engine.state import read_state
from pro_app.store.engine.transaction import (
    Reader,
    is_settled,
    reading,
    take_cut,
    transaction,
)
from pro_app.store.forms.wordings import licensed
from pro_app.store.patients.leaving import held_back
from pro_app.store.statuses import beside, exporting
from pro_app.store.statuses.effort import read_attempts
from pro_app.store.statuses.exporting import Licence, PastExport
from pro_app.store.statuses.facts import Scope, read_facts
from pro_app.store.trail import witnessing

#: The roles that may have the arm; a data manager stays blind.
SEES_ARM = frozenset({"statistician", "operator"})

#: Called with the name of each file before it is written and before it is checked.
Progress = Callable[[str], None]


class Block(StrEnum):
    """Why no export was made."""

    ARM_NOT_ALLOWED = "ARM_NOT_ALLOWED"  # the actor's role stays blind
    NOT_KNOWN_YET = "NOT_KNOWN_YET"  # known_at lies ahead of now
    UNREADABLE_FORMS = "UNREADABLE_FORMS"  # other items than the instrument's, or not scored
    SCORERS_DISAGREE = "SCORERS_DISAGREE"  # the second scorer found other values
    STILL_OPEN = "STILL_OPEN"  # somebody may still record something from before known_at
    NOT_WITNESSED = "NOT_WITNESSED"  # the tables are not what the trail tells
    NOT_VERIFIED = "NOT_VERIFIED"  # a file read back is not what was meant


class Blocked(Exception):
    """Nothing was written; `details` name the forms, or the file and row."""

    def __init__(self, block: Block, details: list[str] | None = None) -> None:
        self.block = block
        self.details = tuple(details or ())
        super().__init__(": ".join([block.value, ", ".join(self.details)]))


def make_export(
    *,
    folder: Path,
    as_of: date,
    known_at: datetime | None = None,
    with_arm: bool,
    with_timings: bool = False,
    review: Review | None = None,
    progress: Progress = lambda _file: None,
    at: StaffOccasion,
) -> Manifest:
    """The manifest of the export that now stands in `folder`.

    It holds what had happened by `as_of` and was recorded by `known_at`, as which it names
    the latest instant that is settled where none is asked for; of the forms, where `review`
    is given, those that stand so.
    Errors: Blocked; FolderTaken; OSError. In every case nothing was written.
    """
    _refuse_beyond(known_at, with_arm=with_arm, at=at)
    if known_at is not None and not is_settled(known_at):
        raise Blocked(Block.STILL_OPEN)
    cut = known_at or take_cut(at.now)
    with reading(snapshot=True) as connection:
        moment = read_moment(connection, as_of, cut, with_arm=with_arm, at=at)
        trail = witnessing.check(connection, data=True)
    dataset = data_set(moment, as_of, review, at=at)
    _confirm_scores(dataset)
    _confirm_trail(trail)
    words = _wordings(moment.licences, at)
    files = tables(dataset, dictionary(), words, with_arm=with_arm, with_timings=with_timings)
    with all_or_nothing(folder, [*(table.file for table in files), MANIFEST]) as place:
        content = describe(dataset, moment, words, with_arm=with_arm, with_timings=with_timings)
        content["files"] = _write_and_check(files, place, progress)
        manifest = write_manifest(content, place)
        # Before it is handed over: data that left unrecorded could not be called back.
        _record(manifest, as_of, moment.known_at, at)
    return manifest


def _refuse_beyond(known_at: datetime | None, *, with_arm: bool, at: StaffOccasion) -> None:
    """Nobody gets more than is theirs to see, or than is known yet."""
    if with_arm and at.actor.role not in SEES_ARM:
        raise Blocked(Block.ARM_NOT_ALLOWED)
    if known_at is not None and known_at > at.now:
        raise Blocked(Block.NOT_KNOWN_YET)


def read_moment(
    connection: Reader, as_of: date, known_at: datetime, *, with_arm: bool, at: StaffOccasion
) -> Moment:
    """What was recorded by an instant of what had happened by a day."""
    study, instrument, known = at.study, at.instrument, {"known_at": known_at}
    arms = exporting.read_arms(connection, **known) if with_arm else {}
    people = read_facts(connection, Scope(EVERYWHERE), **known)
    state = read_state(connection)
    return Moment(
        known_at,
        [_subject(p.facts, p.language, arms, study.time_zone) for p in people],
        list(exporting.read_answer_sets(connection, instrument, as_of=as_of, **known)),
        exporting.read_licences(connection, instrument.id, **known),
        Extras(
            list(_asked(read_queries(connection, **known), study.time_zone, as_of)),
            read_attempts(connection, study, as_of=as_of, **known),
            beside.read_consents(connection, **known),
            beside.read_voids(connection, **known),
        ),
        _held(connection, known_at),
        exporting.schema_revision(connection),
        state is not None and state.synthetic,
    )


def data_set(
    moment: Moment, as_of: date, review: Review | None = None, *, at: StaffOccasion
) -> Dataset:
    """The same as it leaves: without what may not, narrowed to a review if one is asked for."""
    return assemble(
        moment.subjects,
        moment.forms,
        study=at.study,
        instrument=at.instrument,
        as_of=as_of,
        held=moment.held,
        extras=moment.extras,
        review=review,
    )


def _held(connection: Reader, known_at: datetime) -> dict[str, Held]:
    """What may not leave by what is known now; what was held back at the instant stays so.

    Else a cut could not be made again once a site had decided to retain the data.
    """
    now, then = held_back(connection), held_back(connection, known_at=known_at)
    found = {number: stricter(now.get(number), then.get(number)) for number in {**then, **now}}
    return {number: held for number, held in found.items() if held is not None}


def _subject(
    facts: PatientFacts, language: str | None, arms: dict[str, str], time_zone: str
) -> Subject:
    on, at = facts.randomised_on, facts.randomised_time
    known = datetime.combine(on, at, ZoneInfo(time_zone)) if on and at is not None else None
    return Subject(facts, language, arms.get(facts.patient_id), randomised_at=known)


def _asked(found: list[Exported], time_zone: str, as_of: date) -> Iterator[Asked]:
    """The queries as they stood at the end of a day; those asked later are left out."""
    for query in found:
        days = [(deed, day_of(at, time_zone)) for deed, at in query.deeds]
        by_then = [(deed, on) for deed, on in days if on <= as_of]
        if by_then:
            last, last_on = by_then[-1]
            yield Asked(
                id=query.id,
                patient_id=query.number,
                visit=query.visit,
                form=query.form,
                field=query.field,
                state=state_after(last),
                opened_on=by_then[0][1],
                closed_on=last_on if last is Deed.CLOSED else None,
            )


def _confirm_scores(dataset: Dataset) -> None:
    """Let nothing pass that two scorers do not agree on."""
    from pro_app.export.checking import disagreements  # polars: only where it is needed

    odd = unreadable(dataset.forms, dataset.instrument)
    if odd:
        raise Blocked(Block.UNREADABLE_FORMS, odd)
    all_versions = list(versions(dataset.forms, dataset.instrument.item_codes))
    found = disagreements(all_versions, dataset.instrument)
    if found:
        raise Blocked(
            Block.SCORERS_DISAGREE, [f"{each.submission_id} {each.scale}" for each in found]
        )


def _confirm_trail(verdict: Verdict) -> None:
    """Let nothing pass that is not what the trail tells."""
    if verdict.finding:
        raise Blocked(Block.NOT_WITNESSED, [f"audit_event {verdict.finding.event_id}"])
    found = verdict.data and verdict.data.difference
    if found:
        key = "/".join(str(part) for part in found.key or ())
        named = (found.table, key, found.number, found.visit)
        raise Blocked(Block.NOT_WITNESSED, [" ".join(filter(None, named))])


def _wordings(licences: list[Licence], at: StaffOccasion) -> dict[str, WordingStatus]:
    """SHA-256 of each known wording → whose words it is."""
    shipped = [
        instruments.demonstration_if_any(at.study.instrument, language)
        for language in at.study.languages
    ]
    known = {wording.sha256: WordingStatus.DEMONSTRATION for wording in shipped if wording}
    return known | {each.sha256: WordingStatus.LICENSED for each in licences}


def _write_and_check(
    files: tuple[Table, ...], place: Path, progress: Progress
) -> dict[str, dict[str, Any]]:
    """File → its number of rows and its SHA-256."""
    from pro_app.export.checking import Different, check_file

    facts: dict[str, dict[str, Any]] = {}
    for table in files:
        kinds = dictionary().kinds(table.file)
        progress(table.file)
        rows = write_table(table, kinds, place)
        progress(table.file)
        try:
            check_file(table, kinds, place)
        except Different as difference:
            raise Blocked(Block.NOT_VERIFIED, [str(difference)]) from difference
        facts[table.file] = {"rows": rows, "sha256": writing.sha256_of(place / table.file)}
    return facts


def _record(manifest: Manifest, as_of: date, known_at: datetime, at: StaffOccasion) -> None:
    made = {
        "as_of": as_of.isoformat(),
        "known_at": writing.instant(known_at),
        "arm": manifest.content["with_arm"],
        "timings": manifest.content["with_timings"],
        "review": manifest.content["review"],
        "rows": manifest.rows,
        "manifest_sha256": manifest.sha256,
    }
    with transaction(at.actor, at.now) as tx:
        tx.record(
            "export.made", "export", changes={name: [None, value] for name, value in made.items()}
        )


def past_exports(limit: int = 10) -> list[PastExport]:
    """The last exports, the newest first."""
    with reading() as connection:
        return exporting.past_exports(connection, limit)


def wordings_in_use(*, at: StaffOccasion) -> dict[str, Wording | None]:
    """Language → the licensed wording that is shown today, None: there is none."""
    with reading() as connection:
        return {
            language: licensed(connection, at.instrument.id, language, today=at.today)
            for language in at.study.languages
        }
