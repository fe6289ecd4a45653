"""The columns of each exported file, as one type of row for each.

Only the fields of these row types ever leave: no free text, no names, no contact.
"""

from datetime import date, datetime
from typing import NamedTuple

#: What a cell holds before it is written.
Cell = str | int | float | bool | date | datetime | None


class PatientRow(NamedTuple):
    patient_id: str
    site: str
    language: str | None
    screened_on: date | None
    pro_consent_on: date | None
    randomised_on: date | None
    able: bool | None
    arm: str | None  # last, so that it can be left off


class LedgerRow(NamedTuple):
    patient_id: str
    site: str
    visit: str
    month: int
    opens_on: date
    target_on: date | None
    closes_on: date | None
    status: str
    pattern: str | None
    reason: str | None
    flags: str
    answered_on: date | None
    items_answered: int | None
    days_off_target: int | None
    in_population: bool
    alive_at_target: bool
    asked_for: bool
    window_closed: bool
    window_open: bool
    died_in_window: bool
    truncated_by_death: bool


class FormRow(NamedTuple):
    submission_id: str
    patient_id: str
    visit: str
    standing: bool
    proxy: bool
    assistance: str | None
    status: str | None
    analysis: bool
    why_not_analysed: str | None
    answered_on: date
    items_answered: int
    corrections: int
    decision: str | None
    quarantine_decision: str | None
    review: str
    mode: str
    language: str
    entered_by_staff: bool
    instrument: str
    instrument_version: str | None
    instrument_sha256: str
    wording_status: str
    wording_sha256: str | None
    started_at: datetime | None
    finished_at: datetime | None
    device_at: datetime | None
    device_offset_minutes: int | None
    received_at: datetime
    clock_skew_seconds: int | None
    clock_off_by_a_day: bool


class ItemRow(NamedTuple):
    submission_id: str
    patient_id: str
    visit: str
    item: str
    state: str
    value: int | None
    corrected: bool
    original_state: str
    original_value: int | None
    language: str
    seen_s: int | None  # the last two can be left off
    chosen_s: int | None


class ScoreRow(NamedTuple):
    submission_id: str
    patient_id: str
    visit: str
    revision: int
    current: bool
    scale: str
    value: float | None
    n_answered: int
    prorated: bool
    scoring_version: str
    baseline_value: float | None
    change_from_baseline: float | None
    analysis: bool


class CorrectionRow(NamedTuple):
    submission_id: str
    patient_id: str
    visit: str
    revision: int
    field: str
    old: str
    new: str
    asked_by: str
    source: str
    written_at: datetime
    signed_at: datetime


class QueryRow(NamedTuple):
    query: int
    patient_id: str
    visit: str | None
    submission_id: str | None
    field: str | None
    state: str
    opened_on: date
    closed_on: date | None
    age_days: int


class EventRow(NamedTuple):
    patient_id: str
    event: str
    on: date


class EffortRow(NamedTuple):
    patient_id: str
    site: str
    visit: str | None
    calls: int
    reached: int
    reminders: int
    keyed: int
    form_in: bool


class ComplianceRow(NamedTuple):
    site: str
    visit: str
    month: int | None
    randomised: int
    N: int
    M: int
    A: int
    E: int
    R: int
    V: int
    X: int
    D: int
    open: int
    open_received: int
    completion_rate: float | None
    received_rate: float | None
    alive_rate: float | None
    available_mature_rate: float | None
    available_rate: float | None
