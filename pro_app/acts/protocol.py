"""The protocol in force, by the database; and whether the study file at hand agrees with it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from pro_app.core.amendment import Field, changed_fields, identity_changes
from pro_app.core.instrument import Instrument
from pro_app.core.study import Study
from pro_app.store.engine.state import read_state
from pro_app.store.engine.study_versions import (
    Stamp,
    StudyVersion,
    parsed,
    plans_of,
    read_versions,
    record_first,
    stamps,
)
from pro_app.store.engine.transaction import Actor, Reader, asking, reading, transaction
from pro_app.store.statuses.held import Held, has_patients, instrument_of_forms, read_held
from pro_app.studies import from_content

#: Digest → the study of that content; the same content is the same study for ever.
_READ: dict[tuple[str, str], Study] = {}


@dataclass(frozen=True, slots=True)
class Disagrees:
    """The file is not what this database was written by.

    `held`: the id of the study that it holds. `fields`: what differs. `another`: it is
    another study, not a later version; else `version` is the number of the one in force
    since `effective_on`, None from the beginning.
    """

    held: str
    fields: tuple[Field, ...]
    another: bool
    version: int | None = None
    effective_on: date | None = None


def current(given: Study, *, today: date) -> Study:
    """The study in force on a day with all its versions; the file's before any patient is.

    One question for most; an amendment is seen by the next request of every process.
    Errors: UnreadableVersion.
    """
    with asking() as connection:
        found = stamps(connection)
    if not found or [each.sha256 for each in found] == [given.sha256]:
        return given
    if any((each.sha256, given.instrument) not in _READ for each in found):
        with reading() as connection:
            for version in read_versions(connection):
                _READ[version.stamp.sha256, given.instrument] = study_of(version, given)
    versions = [(each, _READ[each.sha256, given.instrument]) for each in found]
    study = in_force(versions, today)[1]
    return replace(study, plans=plans_of(versions))


def in_force(versions: Sequence[tuple[Stamp, Study]], today: date) -> tuple[Stamp, Study]:
    """The version whose day has come last."""
    return [v for v in versions if v[0].effective_on is None or v[0].effective_on <= today][-1]


def study_of(version: StudyVersion, like: Study) -> Study:
    """The study of a version, with the instrument where the copy at hand has it.

    Errors: UnreadableVersion.
    """
    return parsed(version, lambda content: from_content(content, instrument=like.instrument))


def compare(
    given: Study,
    instrument: Instrument,
    *,
    actor: Actor,
    now: datetime,
    today: date,
    identity_alone: bool = False,
) -> Disagrees | None:
    """Where the study file disagrees with the database, None where it does not.

    A database that holds patients from before versions were kept gets its first one
    now. `identity_alone`: another version of the same study is no disagreement.
    """
    with reading() as connection:
        found, recorded = _disagreement(connection, given, instrument, today, identity_alone)
    if found is None and not recorded:
        with transaction(actor, now) as tx:
            record_first(tx, given)
            if stamps(tx.connection)[0].recorded_at != now:
                tx.abandon()  # another process did it at the same moment
    return found


def _disagreement(
    connection: Reader, given: Study, instrument: Instrument, today: date, identity_alone: bool
) -> tuple[Disagrees | None, bool]:
    """What disagrees, and whether a first version is recorded or none is needed yet."""
    state = read_state(connection)
    if state is not None and state.study != given.id:
        return Disagrees(state.study, (Field.ID,), another=True), True
    versions = read_versions(connection)
    if not versions:
        if not has_patients(connection):
            return None, True
        fields = _strangers(read_held(connection), given, instrument)
        return (Disagrees(given.id, fields, another=True) if fields else None), bool(fields)
    held = study_of(versions[-1], given)
    fields = identity_changes(held, given)
    if instrument_of_forms(connection) not in (None, instrument.id):
        fields = tuple(dict.fromkeys((*fields, Field.INSTRUMENT)))
    if fields:
        return Disagrees(held.id, fields, another=True), True
    pairs = [(each.stamp, study_of(each, given)) for each in versions]
    stamp, study = in_force(pairs, today)
    # The next version may lie ready before its day.
    ready = {each.stamp.sha256 for each in versions if each.stamp.number >= stamp.number}
    if identity_alone or given.sha256 in ready:
        return None, True
    differs = changed_fields(study, given)
    return Disagrees(held.id, differs, False, stamp.number, stamp.effective_on), True


def _strangers(held: Held, given: Study, instrument: Instrument) -> tuple[Field, ...]:
    """What stands in the database and not in the file, where no version says what was meant."""
    known = {
        Field.SITES: held.sites - {site.code for site in given.sites},
        Field.ARMS: held.arms - {arm.code for arm in given.arms},
        Field.VISITS: held.visits - {visit.code for visit in given.visits},
        Field.INSTRUMENT: held.instruments - {instrument.id},
    }
    return tuple(field for field, strange in known.items() if strange)
