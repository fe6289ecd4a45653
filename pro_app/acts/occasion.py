"""The trial, the instant and who acts: what one request or command hands on as one value."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Self

from pro_app.acts.person import Person
from pro_app.core.facts import Mode
from pro_app.core.instrument import Instrument
from pro_app.core.sites import Sites
from pro_app.core.study import Study
from pro_app.store.engine.transaction import Actor
from pro_app.store.forms.drafts import Draft


@dataclass(frozen=True, slots=True)
class Occasion:
    """`today` is the day of `now` in the trial's zone, as `day_of` tells it.

    `production` asks for a study that went live and for licensed wording; `mode` is
    how a form that is handed in now was filled in.
    """

    study: Study
    instrument: Instrument
    production: bool
    now: datetime
    today: date
    day_of: Callable[[datetime], date]
    mode: Mode = Mode.PHONE_SELF

    def has_expired(self, draft: Draft) -> bool:
        """Whether a draft is too old to go on with: its recall period was another one."""
        return self.now - draft.started_at > timedelta(hours=self.instrument.draft_hours)


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffOccasion(Occasion):
    """The same for staff: who is signed in, or who runs the command, comes with it."""

    person: Person

    @property
    def actor(self) -> Actor:
        """As whom the trail knows them."""
        return self.person.actor

    @property
    def sites(self) -> Sites:
        """Whose patients they see."""
        return self.person.sites

    def narrowed_to(self, sites: Sites) -> Self:
        """The same for whoever looks at some of their sites alone."""
        return replace(self, person=replace(self.person, sites=sites))
