"""The trail's codes in words."""

from flask_babel import gettext as _


def actions(*, patient_steps: bool) -> dict[str, str]:
    """Action → what was done, in the order of the list to choose from."""
    steps = {
        "draft.begun": _("Form begun"),
        "draft.saved": _("Answers saved"),
        "draft.asked": _("Asked about blank lines"),
        "draft.discarded": _("Unfinished form dropped"),
    }
    return (
        _of_patients()
        | _of_forms()
        | _of_the_desk()
        | _of_their_doors()
        | (steps if patient_steps else {})
        | _of_accounts()
        | _of_the_data()
    )


def _of_patients() -> dict[str, str]:
    return {
        "patient.added": _("Patient added"),
        "patient.filled": _("Patient data completed"),
        "patient.corrected": _("Patient data corrected"),
        "event.added": _("Event added"),
        "event.filled": _("Event completed"),
        "event.corrected": _("Event corrected"),
        "event.taken_back": _("Event taken back"),
        "event.voided": _("Event declared wrong"),
        "randomisation.voided": _("Day of randomisation declared wrong"),
        "arm.voided": _("Arm declared wrong"),
        "patient.voided": _("Patient number declared wrong"),
        "consent.added": _("Version of the consent added"),
        "consent.decided": _("Decided on data after a withdrawn consent"),
        "pause.begun": _("Pause begun"),
        "pause.ended": _("Pause ended"),
        "pause.taken_back": _("Pause taken back"),
    }


def _of_forms() -> dict[str, str]:
    return {
        "form.received": _("Form received"),
        "form.conflict": _("Second form received, not counted"),
        "form.not_taken": _("Form refused"),
        "form.keyed_again": _("Paper form keyed again"),
        "keying.settled": _("Differences of two keyings settled"),
        "correction.opened": _("Correction written"),
        "correction.signed": _("Correction signed"),
        "correction.declined": _("Correction declined"),
        "scan.added": _("Photograph of the paper added"),
        "scan.viewed": _("Photograph of the paper looked at"),
        "scan.removed": _("Photograph of the paper removed"),
        "form.voided": _("Form declared wrong"),
        "form.decided": _("Decided whether a form counts"),
        "reason.given": _("Reason given"),
        "query.asked": _("Query asked"),
        "query.answered": _("Query answered"),
        "query.closed": _("Query closed"),
        "query.opened_again": _("Query opened again"),
        "review.approved": _("Form approved"),
        "review.rejected": _("Form rejected"),
    }


def _of_the_desk() -> dict[str, str]:
    return {
        "request.made": _("Request about the patient’s data"),
        "request.answered": _("Request about the patient’s data answered"),
        "help.asked": _("Help asked for"),
        "contact.tried": _("Attempt to reach the patient"),
        "contact.taken_back": _("Attempt taken back"),
        "contacts.viewed": _("Contact entry looked at"),
        "contacts.written": _("Contact entry written"),
        "contacts.erased": _("Contact entry erased"),
        "contacts.resealed": _("Contact book resealed"),
        "alert.opened": _("Alert"),
        "alert.taken": _("Alert taken on"),
        "alert.escalated": _("Alert escalated"),
        "alert.closed": _("Alert closed"),
        "task.taken": _("Task taken on"),
        "task.closed": _("Task closed"),
    }


def _of_their_doors() -> dict[str, str]:
    return {
        "link.issued": _("Personal link issued"),
        "link.revoked": _("Personal link revoked"),
        "card.printed": _("Card printed"),
        "card.guessed_at": _("Somebody tries to guess the PIN"),
        "pin.chosen": _("PIN chosen"),
        "pin.reset": _("PIN reset"),
        "clock.stepped": _("Clock of the server set"),
        "code.refused": _("Wrong activation code"),
        "tablet.handed_over": _("Tablet handed over"),
        "patient.signed_in": _("Patient signed in"),
        "patient.signed_in_shared": _("Phone shared with another patient"),
        "patient.sign_in_refused": _("Sign-in refused: wrong PIN"),
    }


def _of_accounts() -> dict[str, str]:
    return {
        "signed_out": _("Signed out"),
        "staff.signed_in": _("Staff signed in"),
        "staff.sign_in_refused": _("Sign-in of staff refused"),
        "staff.added": _("Account added"),
        "staff.password_set": _("New password set"),
        "staff.code_asked": _("Password right, code asked for"),
        "staff.code_refused": _("Wrong code of an authenticator"),
        "staff.had_to_wait": _("Had to wait after wrong tries"),
        "staff.rights_changed": _("Rights changed"),
        "staff.disabled": _("Account disabled"),
        "staff.enabled": _("Account enabled"),
        "staff.second_factor_reset": _("Second factor reset"),
        "staff.sessions_ended": _("Sessions ended"),
        "access.reviewed": _("Rights looked over"),
        "staff.confirmed": _("Proved who they are"),
        "staff.confirm_refused": _("Did not prove who they are"),
        "staff.authenticator_offered": _("Authenticator offered"),
        "staff.authenticator_set": _("Authenticator set up"),
        "staff.authenticator_removed": _("Authenticator removed"),
        "staff.passkey_added": _("Passkey added"),
        "staff.passkey_removed": _("Passkey removed"),
        "staff.passkey_refused": _("Passkey refused"),
        "staff.recovery_codes_made": _("New recovery codes"),
        "staff.recovery_code_used": _("Recovery code used"),
        "access.refused": _("Page refused"),
    }


def _of_the_data() -> dict[str, str]:
    return {
        "export.made": _("Data exported"),
        "record.signed": _("Record signed off"),
        "record.locked": _("Record locked"),
        "record.unlocked": _("Record unlocked"),
        "copy.made": _("Certified copy made"),
        "copy.site_made": _("Copy of a whole site made"),
        "head.sent": _("Head of the trail sent to a site"),
        "site_task.opened": _("Site told that too few forms came"),
        "site_task.closed": _("Enough forms came from a site again"),
        "summary.sent": _("Weekly summary sent to a site"),
        "trail.exported": _("Trail exported"),
        "trail.redacted": _("Words taken out of the trail"),
        "trail.verified": _("Trail and data verified"),
        "trail.witness_begun": _("Trail begins to record the data, with the rows that were there"),
        "rows.written": _("More rows of the entry before"),
        "arm.read": _("Rates by arm read"),
        "flags.synchronised": _("Flags brought up to date"),
        "wording.imported": _("Wording imported"),
        "wording.released": _("Wording released"),
        "file.imported": _("File taken in"),
        "study.claimed": _("Database taken into use"),
        "study.went_live": _("Study opened"),
        "study.recorded": _("First version of the study recorded"),
        "study.amended": _("Study amended"),
        "demo.made": _("Demonstration made"),
    }


def roles() -> dict[str, str]:
    """Role → who that is."""
    return {
        "nurse": _("nurse"),
        "investigator": _("investigator"),
        "monitor": _("monitor"),
        "data_manager": _("data manager"),
        "statistician": _("statistician"),
        "administrator": _("administrator"),
        "patient": _("patient"),
        "operator": _("operator"),
        "system": _("by itself"),
    }


def fields() -> dict[str, str]:
    """Field → its name; an item's code and whatever else is not here speaks for itself."""
    return (
        _fields_of_records()
        | _fields_of_files()
        | {
            "other_patient": _("other patient"),
            "passkey": _("passkey"),
            "session": _("session"),
            "role": _("role"),
            "sites": _("sites"),
            "opened": _("opened"),
            "clock": _("clock"),
            "version_sha256": _("version (SHA-256)"),
            "meaning": _("what was signed"),
            "position": _("sealed up to"),
            "head": _("head of the chain"),
            "event_id": _("event no."),
            "action": _("what it recorded"),
            "fields": _("fields"),
            "left_sha256": _("what is left (SHA-256)"),
            "sealed": _("sealed events"),
            "unwitnessed": _("rows from before version 2"),
            "found": _("what was found"),
            "why": _("why"),
            "number": _("version no."),
            "sha256": _("SHA-256"),
            "effective_on": _("from"),
            "moved": _("visits moved"),
            "appeared": _("visits new"),
            "vanished": _("visits gone"),
            "reclassified": _("visits with another status"),
            "note": _("note"),
            "question": _("question"),
            "counts": _("counts"),
            "detail": _("in detail"),
            "differences": _("differences"),
            "correction": _("correction no."),
            "blank": _("blank lines"),
            "answer": _("answer"),
            "words": _("in words"),
            "closed": _("closed"),
            "reopened": _("opened again"),
            "as_of": _("as of"),
            "patients": _("patients"),
            "entries": _("entries"),
            "valid_until": _("valid until"),
            "rights_sha256": _("rights (SHA-256)"),
        }
    )


def _fields_of_files() -> dict[str, str]:
    return {
        "rows": _("rows"),
        "file": _("file"),
        "by": _("by"),
        "read_as": _("read as"),
        "added": _("added"),
        "filled": _("completed"),
        "conflicts": _("kept beside another"),
        "unchanged": _("unchanged"),
    }


def _fields_of_records() -> dict[str, str]:
    return {
        "code": _("reason"),
        "said_by": _("said by"),
        "said_on": _("said on"),
        "text": _("in words"),
        "submission_id": _("form"),
        "answered_on": _("answered on"),
        "items_answered": _("items answered"),
        "mode": _("mode"),
        "entered_by": _("entered by"),
        "language": _("language"),
        "site": _("site"),
        "screened_on": _("screened on"),
        "pro_consent_on": _("consent on"),
        "randomised_on": _("randomised on"),
        "randomised_time": _("randomised at"),
        "able": _("able to answer"),
        "arm": _("arm"),
        "event": _("event"),
        "on": _("on"),
        "to_site": _("to site"),
        "belongs_to": _("belongs to"),
        "belongs_visit": _("visit there"),
        "kept_as": _("kept as"),
        "decision": _("decision"),
        "pause": _("pause"),
        "asked_on": _("asked on"),
        "due_on": _("to be answered by"),
        "from_on": _("from"),
        "until_on": _("until"),
        "consent_version": _("consent version"),
        "kind": _("kind"),
        "channel": _("by"),
        "rule": _("rule"),
        "valid": _("valid of expected"),
        "outcome": _("outcome"),
        "call_back_at": _("call again"),
        "query": _("query no."),
        "field": _("field"),
        "revision": _("signed corrections"),
    }
