"""Take in licensed wordings, let a second person release them, and show them side by side."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from pro_app import instruments
from pro_app.acts.files import FileIn, record_file
from pro_app.acts.occasion import StaffOccasion
from pro_app.core import wording
from pro_app.core.instrument import Instrument
from pro_app.core.refused import Refused, Why
from pro_app.core.study import Study
from pro_app.core.wording import Wording
from pro_app.core.wording_check import (
    WordingProblem,
    WordingProblemKind,
    check,
    folded,
    unseen,
)
from pro_app.store.engine.transaction import Reader, Tx, reading, transaction
from pro_app.store.forms.wordings import Pack, add_pack, add_release, packs, serving
from pro_app.store.trail.signatures import sign
from pro_app.wording.pack import PackRow

#: So many characters of a SHA-256 name a pack; fewer could be a slip of the finger.
SHORTEST_PREFIX = 6


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

    WAITING = "waiting"  # a second person has to release it
    IN_FORCE = "in_force"
    REPLACED = "replaced"  # another one was released after it
    EXPIRED = "expired"
    DEMONSTRATION = "demonstration"


@dataclass(frozen=True, slots=True)
class Listed:
    """A wording that is there; `pack` is None for one that is shipped."""

    wording: Wording
    standing: Standing
    pack: Pack | None


@dataclass(frozen=True, slots=True)
class Compared:
    """A pack, and what a reader holds it against; None: there is no such wording."""

    shown: Pack
    standing: Standing
    in_force: Wording | None
    demonstration: Wording | None


def import_pack(
    rows: Iterable[PackRow], *, licence: str, valid_until: date, file: FileIn, at: StaffOccasion
) -> Taken | NotImported:
    """Take in a pack: every language in it, or nothing. The same pack again changes nothing."""
    study, instrument, licence, rows = at.study, at.instrument, licence.strip(), list(rows)
    texts, problems = check([row[:4] for row in rows], instrument, study.languages)
    problems += _back_problems(rows)
    obstacles = [] if licence else [Refused(Why.NO_LICENCE, "licence")]
    if valid_until < at.today:
        obstacles.append(Refused(Why.VALID_UNTIL_OVER, "valid_until", valid_until))
    for language, stated in texts.items():
        obstacles += _demonstration(stated, language, study, instrument)
    if problems or obstacles:
        return NotImported(tuple(obstacles), tuple(problems))
    back = {
        language: {row.code: row.back_translation for row in rows if row.language == language}
        for language in texts
    }
    with transaction(at.actor, at.now) as tx:
        added = _add(tx, texts, back, instrument, licence, valid_until)
        if not added:
            tx.abandon()
        else:
            record_file(tx, "wording", file, {"added": len(added)})
    return Taken(tuple(added), tuple(language for language in texts if language not in added))


def _back_problems(rows: Sequence[PackRow]) -> Iterator[WordingProblem]:
    for row in rows:
        for detail in unseen(row.back_translation, in_lines=True):
            yield WordingProblem(
                WordingProblemKind.UNSEEN, row.place, row.code, row.language, detail
            )


def _add(
    tx: Tx,
    texts: dict[str, dict[str, str]],
    back: dict[str, dict[str, str]],
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
                back_translations={c: t.strip() for c, t in back[language].items() if t.strip()},
            )
            added.append(language)
    return added


def _demonstration(
    stated: dict[str, str], language: str, study: Study, instrument: Instrument
) -> Iterator[Refused]:
    """Whether the items are the demonstration's, whatever notice stands beside them; or that."""
    shipped = instruments.demonstration_if_any(study.instrument, language)
    if shipped is None:
        return
    if all(stated.get(code) == shipped.texts[code] for code in instrument.item_codes):
        yield Refused(Why.DEMONSTRATION_TEXTS, language, language)
    elif folded(stated.get("NOTICE", "")) == folded(shipped.texts["NOTICE"]):
        yield Refused(Why.DEMONSTRATION_NOTICE, language, language)


def wordings(study: Study, instrument: Instrument, *, today: date) -> list[Listed]:
    """Every wording in a language of the study, the newest first, the shipped ones last."""
    with reading() as connection:
        imported = packs(connection, instrument.id)
        shown = [
            serving(connection, instrument.id, language, today=today)
            for language in {pack.wording.language for pack in imported}
        ]
    ids = {pack.id for pack in shown if pack}
    listed = [Listed(pack.wording, _standing(pack, ids, today), pack) for pack in imported]
    for language in study.languages:
        shipped = instruments.demonstration_if_any(study.instrument, language)
        if shipped:
            listed.append(Listed(shipped, Standing.DEMONSTRATION, None))
    return listed


def _standing(pack: Pack, in_force: Iterable[int], today: date) -> Standing:
    if not pack.holds(today):
        return Standing.EXPIRED
    if not pack.serves:
        return Standing.WAITING
    return Standing.IN_FORCE if pack.id in in_force else Standing.REPLACED


def compare(pack_id: int, *, at: StaffOccasion) -> Compared | None:
    """A pack beside what is in force and what is shipped, None when there is none with this id."""
    with reading() as connection:
        pack = _find(connection, pack_id, at)
        if pack is None:
            return None
        shown = _in_force(connection, pack, at)
    language = pack.wording.language
    return Compared(
        pack,
        _standing(pack, [shown.id] if shown else [], at.today),
        shown.wording if shown and shown.id != pack.id else None,
        instruments.demonstration_if_any(at.study.instrument, language),
    )


def named(given: str, *, at: StaffOccasion) -> Pack | Refused:
    """The pack with this id, or whose SHA-256 begins so."""
    with reading() as connection:
        known = packs(connection, at.instrument.id)
    found = [pack for pack in known if str(pack.id) == given]
    if not found and len(given) >= SHORTEST_PREFIX:
        found = [pack for pack in known if pack.wording.sha256.startswith(given.lower())]
    if not found:
        return Refused(Why.NO_SUCH_PACK, "pack", given)
    if len(found) > 1:
        return Refused(Why.SEVERAL_PACKS, "pack", tuple(sorted(pack.id for pack in found)))
    return found[0]


def why_not(pack: Pack, standing: Standing, name: str) -> Refused | None:
    """Why somebody of this name can't release it."""
    if standing is Standing.EXPIRED:
        detail = (pack.wording.language, pack.wording.valid_until)
        return Refused(Why.LICENCE_OVER, "pack", detail)
    if standing is Standing.IN_FORCE:
        return Refused(Why.IN_FORCE, "pack")
    if _who(name) == _who(pack.imported_by):
        return Refused(Why.IMPORTED_IT, "pack", pack.imported_by.rpartition(":")[2])
    return None


def _who(name: str) -> str:
    """`cli:Anna` and `staff:anna` are one person, as far as anybody can tell."""
    return folded(name.rpartition(":")[2])


def release(
    pack_id: int, *, shown: str, meaning: str | None = None, at: StaffOccasion
) -> Refused | Pack:
    """Let a pack serve, from now on: a second person's deed.

    `shown`: the SHA-256 of what they looked at. `meaning`: the sentence that was signed on
    the page; the command has none, as whoever may give it answers for the whole server.
    """
    with transaction(at.actor, at.now) as tx:
        pack = _find(tx.connection, pack_id, at)
        replaced = pack and _in_force(tx.connection, pack, at)
        if pack is None or pack.wording.sha256 != shown:
            refused: Refused | None = Refused(Why.NOT_HERE, "pack")
        else:
            ids = [replaced.id] if replaced else []
            refused = why_not(pack, _standing(pack, ids, at.today), at.actor.name)
        if refused or pack is None:
            tx.abandon()
            return refused or Refused(Why.NOT_HERE, "pack")
        add_release(tx, pack, replaces=replaced)
        if meaning is not None:
            sign(
                tx,
                kind="wording",
                subject=str(pack.id),
                version_sha256=pack.wording.sha256,
                meaning=meaning,
            )
    return pack


def _find(connection: Reader, pack_id: int, at: StaffOccasion) -> Pack | None:
    known = packs(connection, at.instrument.id)
    return next((pack for pack in known if pack.id == pack_id), None)


def _in_force(connection: Reader, pack: Pack, at: StaffOccasion) -> Pack | None:
    return serving(connection, at.instrument.id, pack.wording.language, today=at.today)


def template(study: Study, instrument: Instrument) -> list[tuple[str, str]]:
    """(code, language) of every text that a pack in all languages of the study has."""
    return [(code, language) for language in study.languages for code in wording.codes(instrument)]
