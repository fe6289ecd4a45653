"""Who may come in, and with what; who a patient is, apart from everything else."""

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    text,
)

from pro_app.store.tables.columns import (
    Instant,
    fact_columns,
    metadata,
    one_current,
    patient_column,
)

staff = Table(
    "staff",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),  # never given to another person
    Column("password_hash", Text, nullable=False),
    # The secret of the authenticator, sealed; it counts once a code of it was shown.
    Column("totp_secret", Text),
    Column("totp_since", Instant),
    Column("totp_step", Integer),  # the last one used: a code works once
    Column("created_at", Instant, nullable=False),
    Column("disabled_at", Instant),
)

# What a person may do, and for which sites; earlier rights are kept, to tell who could what.
staff_right = Table(
    "staff_right",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("staff_id", ForeignKey("staff.id"), nullable=False),
    Column("role", Text, nullable=False),
    Column("sites", JSON, nullable=False),  # codes; roles that see every site have none
    *fact_columns(),
    one_current("uq_staff_right_current", "staff_id"),
    Index("ix_staff_right_staff_id", "staff_id"),
)

recovery_code = Table(
    "recovery_code",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("staff_id", ForeignKey("staff.id"), nullable=False),
    Column("code_hash", Text, nullable=False),
    Column("used_at", Instant),
    Index("ix_recovery_code_staff_id", "staff_id"),
)

passkey = Table(
    "passkey",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("staff_id", ForeignKey("staff.id"), nullable=False),
    Column("credential_id", Text, nullable=False, unique=True),
    Column("public_key", Text, nullable=False),
    Column("sign_count", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("used_at", Instant),
    Column("removed_at", Instant),
    Index("ix_passkey_staff_id", "staff_id"),
)

# Somebody looked at every account and right, and found them as they should be.
access_review = Table(
    "access_review",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("reviewed_at", Instant, nullable=False),
    Column("reviewed_by", Text, nullable=False),
    Column("rights_sha256", Text, nullable=False),
    Column("note", Text),
)

patient_link = Table(
    "patient_link",
    metadata,
    Column("id", Integer, primary_key=True),
    patient_column(),
    Column("token_sha256", Text, nullable=False, unique=True),
    Column("pin_hash", Text),  # empty until the patient has chosen one
    # The code on the card with which the patient chooses a PIN, once.
    Column("activation_hash", Text),
    Column("activation_until", Instant),
    # Opened for the patient on the hospital's tablet: no card, no PIN, for this one sitting.
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
    # Staff: when the second factor was shown, and what browser this is.
    Column("second_factor_at", Instant),
    Column("browser", Text),
    CheckConstraint("(staff_id IS NULL) <> (link_id IS NULL)", name="one_person"),
    Index("ix_sign_in_staff_id", "staff_id"),
    Index("ix_sign_in_link_id", "link_id"),
)

# Wrong tries. One row counts all browsers that never signed in together, at a link or under
# a name; each browser that did has a row for itself.
try_count = Table(
    "try_count",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("link_id", ForeignKey("patient_link.id")),
    Column("staff_id", ForeignKey("staff.id")),
    Column("name_key", Text),  # of a name that was typed, be it anybody's or not
    Column("browser_sha256", Text, nullable=False),  # empty: all others
    Column("in_a_row", Integer, nullable=False, server_default="0"),
    Column("in_all", Integer, nullable=False, server_default="0"),
    Column("last_wrong_at", Instant),
    CheckConstraint(
        " + ".join(
            f"CASE WHEN {name} IS NULL THEN 0 ELSE 1 END"
            for name in ("link_id", "staff_id", "name_key")
        )
        + " = 1",
        name="one_place",
    ),
    Index("uq_try_count_link_id", "link_id", "browser_sha256", unique=True),
    Index("uq_try_count_staff_id", "staff_id", "browser_sha256", unique=True),
    Index("uq_try_count_name_key", "name_key", "browser_sha256", unique=True),
)

# With this key the patient's phone keeps what is not yet received, so that nobody else who
# picks up the phone can read it. It protects nothing that lies here.
phone_key = Table(
    "phone_key",
    metadata,
    patient_column(primary_key=True),
    Column("key", Text, nullable=False),  # 256 bits, base64url
    Column("made_at", Instant, nullable=False),
)

# Who a patient is and how to reach them: each field sealed for itself, in no other table.
contact_entry = Table(
    "contact_entry",
    metadata,
    Column("id", Integer, primary_key=True),
    patient_column(),
    Column("field", Text, nullable=False),
    Column("sealed", Text, nullable=False),
    Column("key_id", Text, nullable=False),
    *fact_columns(),
    one_current("uq_contact_entry_current", "patient_id", "field"),
)
