"""What leaves beside patients and forms: queries, attempts, consents, what was declared wrong."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from pro_app.core.contact import Attempted
from pro_app.core.leaving import Held, may_leave
from pro_app.core.review import Asked
from pro_app.core.voids import What


class Consented(NamedTuple):
    """A version of the consent and the day on which it was signed; `first`: the one that counts."""

    patient_id: str
    version: str | None
    on: date
    first: bool


class Voided(NamedTuple):
    """What was recorded and declared wrong.

    `what` is the kind of an event or the code of an arm; `on` its day, None where it has
    none; `belongs_to`, `belongs_visit` and `kept_as` say where a form belongs, where that
    is known, and under which number it is kept there.
    """

    id: int
    patient_id: str
    kind: str
    what: str | None
    on: date | None
    submission_id: str | None
    visit: str | None
    why: str
    voided_at: datetime
    belongs_to: str | None
    belongs_visit: str | None
    kept_as: str | None


@dataclass(frozen=True, slots=True)
class Extras:
    """What leaves beside patients and forms, as the store knows it."""

    queries: Sequence[Asked] = ()
    attempts: Sequence[Attempted] = ()
    consents: Sequence[Consented] = ()
    voids: Sequence[Voided] = ()


NOTHING_ELSE = Extras()


def leaving(
    extras: Extras, there: AbstractSet[str], held: Mapping[str, Held], as_of: date
) -> Extras:
    """Of this, what may leave and had happened by the day; `there`: whose rows leave."""

    def leaves(number: str, on: date | None) -> bool:
        return number in there and (on is None or on <= as_of) and may_leave(held, number, on)

    def void_leaves(void: Voided) -> bool:
        wrong = void.kind == What.PATIENT and void.patient_id not in held
        return wrong or leaves(void.patient_id, void.on)

    def shown(void: Voided) -> Voided:
        # Nor does a row of one patient name another whose rows may not leave.
        hidden = void.belongs_to is not None and not may_leave(held, void.belongs_to, void.on)
        return void._replace(belongs_to=None, kept_as=None) if hidden else void

    return Extras(
        queries=tuple(q for q in extras.queries if leaves(q.patient_id, q.opened_on)),
        attempts=tuple(a for a in extras.attempts if leaves(a.patient_id, a.on)),
        consents=tuple(c for c in extras.consents if leaves(c.patient_id, c.on)),
        voids=tuple(shown(void) for void in extras.voids if void_leaves(void)),
    )
