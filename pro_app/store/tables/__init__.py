"""The tables. Facts and human decisions are stored; statuses never are.

A fact that may be corrected is never overwritten: the row gets `superseded_at`
and a new one is added. A fact is known at an instant when it was recorded by
then and not yet superseded, so that any past day's report can be had again.
"""

from pro_app.store.tables.classes import (
    CHANGING,
    DERIVED,
    FACTS,
    PATIENTS,
    WITNESSED,
    WRITE_ONCE,
)
from pro_app.store.tables.columns import Instant, metadata
from pro_app.store.tables.corrections import (
    correction,
    correction_decision,
    form_decision,
    keying_decision,
    second_keying,
)
from pro_app.store.tables.desk import (
    alert,
    contact_attempt,
    data_request,
    missing_flag,
    nurse_task,
    site_task,
)
from pro_app.store.tables.people import (
    access_review,
    contact_entry,
    passkey,
    patient_link,
    phone_key,
    recovery_code,
    sign_in,
    staff,
    staff_right,
    try_count,
)
from pro_app.store.tables.review import data_query, form_review, paper_scan, query_note
from pro_app.store.tables.running import (
    cut,
    lease,
    study_state,
    study_version,
    wording_pack,
    wording_release,
)
from pro_app.store.tables.trail import audit_event, audit_seal, record_lock, redaction, signature
from pro_app.store.tables.trial import (
    allocation,
    consent,
    consent_decision,
    draft,
    event,
    form,
    form_score,
    patient,
    patient_version,
    pause,
    planned_visit,
    reason,
    void,
)

__all__ = [
    "CHANGING",
    "DERIVED",
    "FACTS",
    "HOUSEKEEPING",
    "PATIENTS",
    "WITNESSED",
    "WRITE_ONCE",
    "Instant",
    "access_review",
    "alert",
    "allocation",
    "audit_event",
    "audit_seal",
    "consent",
    "consent_decision",
    "contact_attempt",
    "contact_entry",
    "correction",
    "correction_decision",
    "cut",
    "data_query",
    "data_request",
    "draft",
    "event",
    "form",
    "form_decision",
    "form_review",
    "form_score",
    "keying_decision",
    "lease",
    "metadata",
    "missing_flag",
    "nurse_task",
    "paper_scan",
    "passkey",
    "patient",
    "patient_link",
    "patient_version",
    "pause",
    "phone_key",
    "planned_visit",
    "query_note",
    "reason",
    "record_lock",
    "recovery_code",
    "redaction",
    "second_keying",
    "sign_in",
    "signature",
    "site_task",
    "staff",
    "staff_right",
    "study_state",
    "study_version",
    "try_count",
    "void",
    "wording_pack",
    "wording_release",
]

#: What may be written without a record in the trail: no trial data, no decision.
HOUSEKEEPING = frozenset({sign_in.name, lease.name, audit_seal.name, cut.name})
