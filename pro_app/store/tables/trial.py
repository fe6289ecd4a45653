"""Facts of the trial: patients, what happened to them, and what they answered."""

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    Time,
    text,
)

from pro_app.store.tables.columns import (
    Instant,
    fact_columns,
    metadata,
    one_current,
    patient_column,
)

patient = Table(
    "patient",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("number", Text, nullable=False, unique=True),  # the trial number, a pseudonym
    Column("site", Text, nullable=False),  # of today: who may see the record
    Column("first_site", Text, nullable=False),  # where the patient was enrolled
    Column("created_at", Instant, nullable=False),
    Index("ix_patient_site_number", "site", "number"),
)

patient_version = Table(
    "patient_version",
    metadata,
    Column("id", Integer, primary_key=True),
    patient_column(),
    Column("language", Text),
    Column("screened_on", Date),
    Column("pro_consent_on", Date),  # the first one, which no later version moves
    Column("consent_version", Text),
    Column("randomised_on", Date),
    Column("randomised_time", Time),  # in the trial's zone, where it is recorded
    Column("able", Boolean),
    *fact_columns(),
    one_current("uq_patient_version_current", "patient_id"),
    Index("ix_patient_version_patient_id", "patient_id"),
    # Whose forms may lie outside of consent or plan: few of many.
    Index(
        "ix_patient_version_not_yet",
        "patient_id",
        sqlite_where=text(
            "superseded_at IS NULL AND (pro_consent_on IS NULL OR randomised_on IS NULL)"
        ),
        postgresql_where=text(
            "superseded_at IS NULL AND (pro_consent_on IS NULL OR randomised_on IS NULL)"
        ),
    ),
)

# Apart from the patient, since only the statistician may see it.
allocation = Table(
    "allocation",
    metadata,
    Column("id", Integer, primary_key=True),
    patient_column(),
    Column("arm", Text, nullable=False),
    *fact_columns(),
    one_current("uq_allocation_current", "patient_id"),
)

event = Table(
    "event",
    metadata,
    Column("id", Integer, primary_key=True),
    patient_column(),
    Column("kind", Text, nullable=False),
    Column("happened_on", Date, nullable=False),
    Column("to_site", Text),  # of a transfer: where the patient goes on
    Column("note", Text),
    *fact_columns(),
    one_current("uq_event_current", "patient_id", "kind", "happened_on"),
    one_current("uq_event_one_death", "patient_id", where=" AND kind = 'death'"),
    Index("ix_event_patient_id", "patient_id"),
    # Whose course is more than the first day of each kind: few of many.
    Index(
        "ix_event_seldom",
        "patient_id",
        sqlite_where=text("kind IN ('return_consent', 'return_to_questionnaires', 'transfer')"),
        postgresql_where=text("kind IN ('return_consent', 'return_to_questionnaires', 'transfer')"),
    ),
)

# A later version of the consent; the first one stands in the patient's own data.
consent = Table(
    "consent",
    metadata,
    Column("id", Integer, primary_key=True),
    patient_column(),
    Column("version", Text, nullable=False),
    Column("consented_on", Date, nullable=False),
    *fact_columns(),
    one_current("uq_consent_current", "patient_id", "version"),
    Index("ix_consent_patient_id", "patient_id"),
)

# What the site decided on the data of a patient who withdrew consent to their further use.
consent_decision = Table(
    "consent_decision",
    metadata,
    Column("id", Integer, primary_key=True),
    patient_column(),
    Column("decision", Text, nullable=False),  # retain or erase
    Column("source", Text, nullable=False),  # what shows it: a letter, a vote of the board
    *fact_columns(),
    one_current("uq_consent_decision_current", "patient_id"),
)

# What was recorded and is declared wrong; the row that it points to stays as it was.
void = Table(
    "void",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", Text, nullable=False),  # form, event, randomisation, arm, patient
    patient_column(),
    Column("form_id", ForeignKey("form.id"), unique=True),
    Column("event_id", ForeignKey("event.id"), unique=True),
    Column("version_id", ForeignKey("patient_version.id"), unique=True),
    Column("allocation_id", ForeignKey("allocation.id"), unique=True),
    Column("why", Text, nullable=False),
    # Where a form belongs, if that is known, and the form that is kept there in its place.
    Column("belongs_to", ForeignKey("patient.id")),
    Column("belongs_visit", Text),
    Column("kept_as", ForeignKey("form.id")),
    Column("recorded_at", Instant, nullable=False),
    Column("recorded_by", Text, nullable=False),
    Index("ix_void_patient_id", "patient_id"),
)

# A time in which the patient is not to be asked; no visit moves for it.
pause = Table(
    "pause",
    metadata,
    Column("id", Integer, primary_key=True),
    patient_column(),
    Column("kind", Text, nullable=False),
    Column("from_on", Date, nullable=False),
    Column("until_on", Date),  # empty until it is known
    Column("note", Text),
    *fact_columns(),
    one_current("uq_pause_current", "patient_id", "from_on"),
    Index("ix_pause_patient_id", "patient_id"),
)

reason = Table(
    "reason",
    metadata,
    Column("id", Integer, primary_key=True),
    patient_column(),
    Column("visit", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("said_by", Text, nullable=False),
    Column("said_on", Date, nullable=False),
    Column("text", Text),
    *fact_columns(),
    one_current("uq_reason_current", "patient_id", "visit"),
    Index("ix_reason_patient_id", "patient_id"),
)

# The protocol applied to a patient's anchor day: what was planned, never what came of it.
planned_visit = Table(
    "planned_visit",
    metadata,
    patient_column(primary_key=True),
    Column("visit", Text, primary_key=True),
    Column("site", Text, nullable=False),  # of today: whose work it is
    Column("target_site", Text, nullable=False),  # of the target day: where it counts
    Column("opens_on", Date, nullable=False),
    Column("target_on", Date),  # empty until randomisation
    Column("closes_on", Date),
    Column("study_version", Integer, nullable=False),  # the number of the one it follows
    # Not where an amendment took the visit out, or brought it in too late: then nobody
    # expects a form, and one that comes all the same is classified by this window.
    Column("asked", Boolean, nullable=False),
    Index("ix_planned_visit_site_closes_on", "site", "closes_on"),
)

form = Table(
    "form",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("submission_id", Text, nullable=False, unique=True),
    patient_column(),
    Column("visit", Text, nullable=False),
    # The first form of a visit stands; a second one is kept as a conflict.
    Column("standing", Boolean, nullable=False),
    Column("answered_on", Date, nullable=False),
    Column("mode", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("entered_by", Text),
    Column("why_not_self", Text),
    Column("proxy", Boolean, nullable=False),  # someone else answered for the patient
    Column("assistance", Text),  # who touched the phone, as the patient said at the end
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
    # All that a rate needs of a form, since the rows are wide.
    Index(
        "ix_form_standing",
        *("patient_id", "visit", "answered_on", "items_answered", "standing", "proxy"),
        sqlite_where=text("standing AND NOT proxy"),
        postgresql_where=text("standing AND NOT proxy"),
    ),
    Index("ix_form_patient_id_answered_on", "patient_id", "answered_on"),
    # What waits at the desk: few of many, whatever the size of the study.
    Index(
        "ix_form_second",
        "patient_id",
        sqlite_where=text("NOT standing AND NOT proxy"),
        postgresql_where=text("NOT standing AND NOT proxy"),
    ),
    Index(
        "ix_form_paper",
        "received_at",
        sqlite_where=text("mode = 'paper'"),
        postgresql_where=text("mode = 'paper'"),
    ),
    Index(
        "ix_form_blank",
        "patient_id",
        sqlite_where=text("items_answered = 0"),
        postgresql_where=text("items_answered = 0"),
    ),
    Index("ix_form_received_at_patient_id", "received_at", "patient_id"),
)

# Scores are never overwritten: another scoring version is another row.
form_score = Table(
    "form_score",
    metadata,
    Column("form_id", ForeignKey("form.id"), primary_key=True),
    Column("scoring_version", Text, primary_key=True),
    # How many signed corrections the scored answers hold; 0: as they were handed in.
    Column("revision", Integer, primary_key=True, autoincrement=False, server_default="0"),
    Column("inputs_sha256", Text, nullable=False),
    Column("scores", JSON, nullable=False),  # scale → [value or null, n answered, prorated]
    Column("scored_at", Instant, nullable=False),
)

draft = Table(
    "draft",
    metadata,
    patient_column(primary_key=True),
    Column("visit", Text, primary_key=True),
    Column("submission_id", Text, nullable=False),
    Column("answers", JSON, nullable=False),
    Column("item_languages", JSON, nullable=False),
    Column("item_times", JSON(none_as_null=True)),
    Column("revision", Integer, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
)
