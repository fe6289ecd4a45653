"""A filled-in form, as every door reads it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from pro_app.core.facts import Assistance, Mode


@dataclass(frozen=True, slots=True)
class Filled:
    """A filled-in form as a door has read it: checked for shape and not yet for sense.

    `by_patient`: from the patient's own phone; its `mode` is then that of the occasion.
    `printed`: on words that this system showed. Without `answered_on` the form belongs
    to today. `told_at` is when it was finished by the sender's own clock, `device_at`
    what that clock showed when it was sent; the other instants are the server's. Units:
    `item_times` in seconds after the start, [first seen, last chosen].
    """

    submission_id: str
    visit: str
    answers: Mapping[str, object]
    language: str
    item_languages: Mapping[str, str] = field(default_factory=dict)
    wording_sha256: str | None = None
    assistance: Assistance | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    item_times: Mapping[str, Sequence[int | None]] | None = None
    device_at: datetime | None = None
    device_offset_minutes: int | None = None
    answered_on: date | None = None
    told_at: datetime | None = None
    by_patient: bool = True
    mode: Mode | None = None
    printed: bool = True
    entered_by: str | None = None
    why_not_self: str | None = None
