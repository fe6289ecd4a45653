"""What one running copy is made of: settings, clock, study and instrument."""

from dataclasses import dataclass
from datetime import date, datetime

from flask import current_app, g, has_app_context, has_request_context

from pro_app.acts import protocol
from pro_app.clock import Clock, day_of
from pro_app.core.instrument import Instrument
from pro_app.core.study import Study
from pro_app.settings import Settings


@dataclass(frozen=True)
class Deployment:
    """`file` is the study as PRO_STUDY has it; `study` is what the database says."""

    settings: Settings
    clock: Clock
    file: Study
    instrument: Instrument

    @property
    def study(self) -> Study:
        """The study in force today with all its versions: one per request, tick or command."""
        if not has_app_context():
            return self.file
        if "study" not in g:
            g.study = protocol.current(self.file, today=self.today())
        study: Study = g.study
        return study

    def now(self) -> datetime:
        """One instant per request; outside of one, the current instant."""
        if not has_request_context():
            return self.clock()
        if "now" not in g:
            g.now = self.clock()
        now: datetime = g.now
        return now

    def today(self) -> date:
        """The day of `now` in the trial's time zone."""
        return self.day_of(self.now())

    def day_of(self, instant: datetime) -> date:
        return day_of(instant, self.file.time_zone)


def deployment() -> Deployment:
    """The running copy's parts."""
    found: Deployment = current_app.extensions["deployment"]
    return found
