"""A trial's protocol as frozen values: arms, sites, visits, reasons, stop rule."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

#: Language code ("zh", "en") → text.
Labels = Mapping[str, str]

#: Stands where a reason is asked for and none has been given; no study may use it.
REASON_PENDING = "REASON_PENDING"
#: Stands where one was given and is held back; no study may use it.
REASON_HELD_BACK = "REASON_HELD_BACK"

#: How many items stand together on a screen: one, or those of a section.
FORM_LAYOUTS = ("item", "section")


class StudyError(ValueError):
    """A study's data can't be used; `problems` lists all that is wrong with it."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Visit:
    """A planned assessment: `month` calendar months after the anchor day.

    Its window runs from `days_before` days before the target day to
    `days_after` days after it, both ends included.
    """

    code: str
    month: int
    days_before: int
    days_after: int


@dataclass(frozen=True, slots=True)
class Site:
    """A hospital of the trial; `phone` is what a patient is told to call.

    `email`: where the head of the trail is sent each day, and on Mondays a summary of
    what waits; empty: nowhere. `identifier`: the pattern of its patients' numbers
    (core.identifiers); empty: any number.
    """

    code: str
    name: Labels
    phone: str
    email: str = ""
    identifier: str = ""


@dataclass(frozen=True, slots=True)
class Arm:
    """A treatment arm; `weight` is its share in the allocation ratio."""

    code: str
    name: Labels
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Reason:
    """A coded reason why an expected form did not come.

    `group` gathers reasons for reports; `avoidable` says whether the site could
    have prevented it; `needs_text` asks for words of one's own. It may be chosen
    once there were `attempts` to reach the patient, by at least `channels` different ones.
    """

    code: str
    group: str
    name: Labels
    avoidable: bool
    needs_text: bool
    attempts: int = 0
    channels: int = 0


@dataclass(frozen=True, slots=True)
class AlertRule:
    """What in a form somebody at the site must look at.

    Either an answer: `item` chosen as `at_least` or more. Or a score: `scale`
    lower than at the baseline by `drop` or more. Whoever does not take it on within
    `escalate_after_hours` has it shown to the investigator.
    """

    code: str
    name: Labels
    escalate_after_hours: int
    item: str | None = None
    at_least: int | None = None
    scale: str | None = None
    drop: float | None = None


@dataclass(frozen=True, slots=True)
class PlanVersion:
    """What one version of the protocol asks for, of windows that open from a day on.

    `effective_on` is None for the first version, which holds from the beginning.
    `number` is the product's own count, from 1; the file's `version` is only a name.
    """

    number: int
    effective_on: date | None
    recorded_at: datetime
    visits: tuple[Visit, ...]
    stop_events: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Study:
    """One version of a protocol. `visits[0]` is the baseline.

    `instrument` is the id of a shipped one or the path of a folder.
    `stop_events` are the event kinds at which the protocol stops asking for
    forms (empty: it never does). `form_layout` is how a form is laid out on a
    screen: one "item" at a time, or one "section". A site is told of a visit at which
    less than `completion_floor` of its expected forms are valid (None: of none).
    `content` is the file in canonical JSON, of which `sha256` is the digest. `plans`
    are all versions that were recorded, the first one first; empty where the protocol
    was never amended.
    """

    id: str
    version: str
    registry_id: str
    title: Labels
    instrument: str
    languages: tuple[str, ...]
    time_zone: str
    arms: tuple[Arm, ...]
    sites: tuple[Site, ...]
    visits: tuple[Visit, ...]
    stop_events: tuple[str, ...]
    reasons: tuple[Reason, ...]
    reason_groups: Mapping[str, Labels]
    sources: tuple[str, ...]
    sha256: str
    form_layout: str = "item"
    alerts: tuple[AlertRule, ...] = ()
    completion_floor: float | None = None
    content: str = field(default="", compare=False, repr=False)
    plans: tuple[PlanVersion, ...] = ()

    def __hash__(self) -> int:
        """By the digest of the file: equal studies have the same."""
        return hash(self.sha256)

    @property
    def all_visits(self) -> tuple[Visit, ...]:
        """The visits of every version, by month; of two with one code the latest."""
        if not self.plans:
            return self.visits
        found = {visit.code: visit for version in self.plans for visit in version.visits}
        return tuple(sorted(found.values(), key=lambda visit: visit.month))

    def has_visit(self, code: str) -> bool:
        """Whether any version has a visit with this code."""
        return any(visit.code == code for visit in self.all_visits)
