"""Which rows may change after they were written: each table stands in exactly one list.

Triggers see to the first three, on either database, and the guide's database account may
not do otherwise; tests attack all of them. What stands there is witnessed by the trail too,
but for the trail itself: see `pro_app.store.engine.witness`.
"""

from sqlalchemy import Table

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

#: Rows that, once written, nobody changes or removes. An event of the trail may lose words
#: that name somebody, once a redaction says so: nothing else of it changes.
WRITE_ONCE = (
    access_review,
    audit_event,
    audit_seal,
    correction,
    correction_decision,
    form,
    form_score,
    keying_decision,
    query_note,
    redaction,
    second_keying,
    signature,
    study_version,
    void,
    wording_pack,
    wording_release,
)

#: Facts with a past: once written, a row gets `superseded_at`, one time, and nothing else.
FACTS = (
    allocation,
    consent,
    consent_decision,
    contact_attempt,
    event,
    form_decision,
    form_review,
    patient_version,
    pause,
    reason,
    record_lock,
    staff_right,
)

#: Of a patient's row the site of today alone may change, when the patient is transferred.
PATIENTS = (patient,)

#: What follows from facts and is made anew with them.
DERIVED = (planned_visit,)

#: Work, doors and devices: rows that change, or go, as part of what they are for. The contact
#: book is among them, since all of it must be erasable, and photographs that show a name.
CHANGING = (
    alert,
    contact_entry,
    cut,
    data_query,
    data_request,
    draft,
    lease,
    missing_flag,
    nurse_task,
    paper_scan,
    passkey,
    patient_link,
    phone_key,
    recovery_code,
    sign_in,
    site_task,
    staff,
    study_state,
    try_count,
)


def _witnessed() -> dict[str, tuple[Table, str | None]]:
    told: dict[str, tuple[Table, str | None]] = {}
    for tables, column in ((WRITE_ONCE, None), (FACTS, "superseded_at"), (PATIENTS, "site")):
        told |= {table.name: (table, column) for table in tables}
    return {name: told[name] for name in sorted(told) if name not in ("audit_event", "audit_seal")}


#: Name → the table, and the one column of it that may change: all that is written of these
#: is told by an event of the trail.
WITNESSED = _witnessed()
