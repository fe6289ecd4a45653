"""The tables. Facts and human decisions are stored; statuses never are.

A fact that may be corrected is never overwritten: the row gets `superseded_at`
and a new one is added. A fact is known at an instant when it was recorded by
then and not yet superseded, so that any past day's report can be had again.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)


class Instant(TypeDecorator[datetime]):
    """An aware instant, stored in UTC on either database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant must carry its time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _patient_id(**options: Any) -> Column[int]:
    return Column("patient_id", ForeignKey("patient.id"), nullable=False, **options)


def _fact() -> list[Column[Any]]:
    """The columns of every fact that may be corrected."""
    return [
        Column("recorded_at", Instant, nullable=False),
        Column("recorded_by", Text, nullable=False),
        Column("superseded_at", Instant),
    ]


def _current(name: str, *columns: str, where: str = "") -> Index:
    """At most one row that has not been superseded, whoever writes at once."""
    condition = text(f"superseded_at IS NULL{where}")
    return Index(name, *columns, unique=True, sqlite_where=condition, postgresql_where=condition)


patient = Table(
    "patient",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("number", Text, nullable=False, unique=True),  # the trial number, a pseudonym
    Column("site", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Index("ix_patient_site_number", "site", "number"),
)

patient_version = Table(
    "patient_version",
    metadata,
    Column("id", Integer, primary_key=True),
    _patient_id(),
    Column("language", Text),
    Column("screened_on", Date),
    Column("pro_consent_on", Date),
    Column("randomised_on", Date),
    Column("able", Boolean),
    *_fact(),
    _current("uq_patient_version_current", "patient_id"),
    Index("ix_patient_version_patient_id", "patient_id"),
)

# Apart from the patient, since only the statistician may see it.
allocation = Table(
    "allocation",
    metadata,
    Column("id", Integer, primary_key=True),
    _patient_id(),
    Column("arm", Text, nullable=False),
    *_fact(),
    _current("uq_allocation_current", "patient_id"),
)

event = Table(
    "event",
    metadata,
    Column("id", Integer, primary_key=True),
    _patient_id(),
    Column("kind", Text, nullable=False),
    Column("happened_on", Date, nullable=False),
    Column("note", Text),
    *_fact(),
    _current("uq_event_current", "patient_id", "kind", "happened_on"),
    _current("uq_event_one_death", "patient_id", where=" AND kind = 'death'"),
    Index("ix_event_patient_id", "patient_id"),
)

reason = Table(
    "reason",
    metadata,
    Column("id", Integer, primary_key=True),
    _patient_id(),
    Column("visit", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("said_by", Text, nullable=False),
    Column("said_on", Date, nullable=False),
    Column("text", Text),
    *_fact(),
    _current("uq_reason_current", "patient_id", "visit"),
    Index("ix_reason_patient_id", "patient_id"),
)

# The protocol applied to a patient's anchor day: what was planned, never what came of it.
planned_visit = Table(
    "planned_visit",
    metadata,
    _patient_id(primary_key=True),
    Column("visit", Text, primary_key=True),
    Column("site", Text, nullable=False),
    Column("opens_on", Date, nullable=False),
    Column("target_on", Date),  # empty until she is randomised
    Column("closes_on", Date),
    Column("study_version", Text, nullable=False),
    Index("ix_planned_visit_site_closes_on", "site", "closes_on"),
)

form = Table(
    "form",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("submission_id", Text, nullable=False, unique=True),
    _patient_id(),
    Column("visit", Text, nullable=False),
    # The first form of a visit stands; a second one is kept as a conflict.
    Column("standing", Boolean, nullable=False),
    Column("answered_on", Date, nullable=False),
    Column("mode", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("entered_by", Text),
    Column("why_not_self", Text),
    Column("proxy", Boolean, nullable=False),  # someone else answered for her
    Column("assistance", Text),  # who touched the phone, as she said at the end
    Column("instrument", Text, nullable=False),
    Column("instrument_sha256", Text, nullable=False),
    Column("wording_sha256", Text),  # empty for paper that the system did not print
    Column("answers", JSON, nullable=False),  # item → value as chosen, or the state's name
    Column("item_languages", JSON, nullable=False),  # items answered in another language
    Column("items_answered", Integer, nullable=False),
    # Corrected by the server for what the phone's clock was off; `device_at` is that
    # clock as it was when the form was sent, so received_at - device_at is the skew.
    Column("started_at", Instant),
    Column("finished_at", Instant),
    Column(
        "item_times", JSON(none_as_null=True)
    ),  # item → seconds after the start [first seen, last chosen]
    Column("device_at", Instant),
    Column("device_offset_minutes", Integer),
    Column("received_at", Instant, nullable=False),
    Column("received_from", Text, nullable=False),
    CheckConstraint("items_answered >= 0", name="items_answered"),
    Index(
        "uq_form_standing",
        "patient_id",
        "visit",
        unique=True,
        sqlite_where=text("standing AND NOT proxy"),
        postgresql_where=text("standing AND NOT proxy"),
    ),
    Index("ix_form_patient_id", "patient_id"),
    Index("ix_form_received_at_patient_id", "received_at", "patient_id"),
)

# Scores are never overwritten: another scoring version is another row.
form_score = Table(
    "form_score",
    metadata,
    Column("form_id", ForeignKey("form.id"), primary_key=True),
    Column("scoring_version", Text, primary_key=True),
    Column("inputs_sha256", Text, nullable=False),
    Column("scores", JSON, nullable=False),  # scale → [value or null, n answered, prorated]
    Column("scored_at", Instant, nullable=False),
)

draft = Table(
    "draft",
    metadata,
    _patient_id(primary_key=True),
    Column("visit", Text, primary_key=True),
    Column("submission_id", Text, nullable=False),
    Column("answers", JSON, nullable=False),
    Column("item_languages", JSON, nullable=False),
    Column("item_times", JSON(none_as_null=True)),
    Column("revision", Integer, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
)

# A piece of work for people: an expected form whose window closed without it.
missing_flag = Table(
    "missing_flag",
    metadata,
    _patient_id(primary_key=True),
    Column("visit", Text, primary_key=True),
    Column("site", Text, nullable=False),
    Column("closed_window_on", Date, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("closed_at", Instant),
    Column("closed_because", Text),
    Index(
        "ix_missing_flag_open",
        "site",
        "closed_window_on",
        sqlite_where=text("closed_at IS NULL"),
        postgresql_where=text("closed_at IS NULL"),
    ),
)

audit_event = Table(
    "audit_event",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("actor", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("site", Text),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),  # a trial number, or what else was acted on
    Column("visit", Text),
    Column("changes", JSON, nullable=False),  # field → [old, new]
    Column("reason", Text),
    Index("ix_audit_event_subject", "subject"),
    Index("ix_audit_event_at", "at"),
)

# Not a foreign key: PostgreSQL would lock each event that is sealed by writing to its
# row, and a deleted event is what verification finds. Seals stand apart from events so
# that a write does not wait for the one before it.
audit_seal = Table(
    "audit_seal",
    metadata,
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("event_id", Integer, nullable=False, unique=True),
    Column("event_sha256", Text, nullable=False),
    Column("sealed_at", Instant, nullable=False),
    Column("chain", Text, nullable=False),
)

staff = Table(
    "staff",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),  # never given to another person
    Column("role", Text, nullable=False),
    Column("site", Text),
    Column("password_hash", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("disabled_at", Instant),
)

patient_link = Table(
    "patient_link",
    metadata,
    Column("id", Integer, primary_key=True),
    _patient_id(),
    Column("token_sha256", Text, nullable=False, unique=True),
    Column("pin_hash", Text),  # empty until she has chosen one
    Column("wrong_pins", Integer, nullable=False, server_default="0"),
    Column("last_wrong_at", Instant),
    # The code on the card with which she chooses her PIN, once.
    Column("activation_hash", Text),
    Column("activation_until", Instant),
    Column("wrong_codes", Integer, nullable=False, server_default="0"),
    # Handed to her on the hospital's tablet: no card, no PIN, for this one sitting.
    Column("tablet", Boolean, nullable=False, server_default=text("false")),
    Column("created_at", Instant, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("revoked_at", Instant),
    Index("ix_patient_link_patient_id", "patient_id"),
)

sign_in = Table(
    "sign_in",
    metadata,
    Column("token_sha256", Text, primary_key=True),
    Column("staff_id", ForeignKey("staff.id")),
    Column("link_id", ForeignKey("patient_link.id")),
    Column("started_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("ended_at", Instant),
    CheckConstraint("(staff_id IS NULL) <> (link_id IS NULL)", name="one_person"),
    Index("ix_sign_in_staff_id", "staff_id"),
    Index("ix_sign_in_link_id", "link_id"),
)

# With this key her phone keeps what is not yet received, so that nobody else who
# picks up the phone can read it. It protects nothing that lies here.
phone_key = Table(
    "phone_key",
    metadata,
    _patient_id(primary_key=True),
    Column("key", Text, nullable=False),  # 256 bits, base64url
    Column("made_at", Instant, nullable=False),
)

# What a patient or her phone asks a nurse to do; it never ends by itself.
nurse_task = Table(
    "nurse_task",
    metadata,
    Column("id", Integer, primary_key=True),
    _patient_id(),
    Column("kind", Text, nullable=False),
    Column("visit", Text),
    Column("detail", Text),  # a code, never words of hers
    Column("opened_at", Instant, nullable=False),
    Column("taken_at", Instant),
    Column("taken_by", Text),
    Column("closed_at", Instant),
    Column("closed_by", Text),
    Column("outcome", Text),
    Index(
        "uq_nurse_task_open",
        "patient_id",
        "kind",
        unique=True,
        sqlite_where=text("closed_at IS NULL"),
        postgresql_where=text("closed_at IS NULL"),
    ),
    Index("ix_nurse_task_patient_id", "patient_id"),
)

wording_pack = Table(
    "wording_pack",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("instrument", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("texts", JSON, nullable=False),
    Column("licence", Text, nullable=False),
    Column("valid_until", Date, nullable=False),
    Column("imported_at", Instant, nullable=False),
    Column("imported_by", Text, nullable=False),
    UniqueConstraint("instrument", "language", "sha256", "licence", "valid_until"),
)

# One row: which study this database holds, whether it is synthetic, whether it went live.
study_state = Table(
    "study_state",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("study", Text, nullable=False),
    Column("synthetic", Boolean, nullable=False),
    Column("live_at", Instant),
    CheckConstraint("id = 1", name="one_row"),
)

lease = Table(
    "lease",
    metadata,
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("until_at", Instant, nullable=False),
    Column("done_at", Instant),
)

#: Rows that, once written, nobody changes or removes; triggers see to it.
WRITE_ONCE = (audit_event, audit_seal, form, form_score)

#: What may be written without a record in the trail: no trial data, no decision.
HOUSEKEEPING = frozenset({sign_in.name, lease.name, audit_seal.name})
