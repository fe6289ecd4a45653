"""What the phone asks so that it can work offline, and where it keeps an unfinished form."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, abort, g, jsonify, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf.csrf import generate_csrf

from pro_app.acts.occasion import Occasion
from pro_app.core.ledger import Entry
from pro_app.core.refused import Refused
from pro_app.i18n import day, language, speaking
from pro_app.patient import from_phone, messages, overview
from pro_app.patient.from_phone import AlreadyIn, Expired, Kept, Newer, NotOpen
from pro_app.patient.help_routes import help_json
from pro_app.patient.here import occasion, phone_key
from pro_app.patient.json_routes import not_understood, refused
from pro_app.patient.overview import Due
from pro_app.patient.payload import read_draft
from pro_app.security import secrets
from pro_app.security.access import patient_only
from pro_app.security.setup import actor_of

blueprint = Blueprint("phone", __name__, url_prefix="/api")


@blueprint.get("/phone")
@patient_only
def phone() -> ResponseReturnValue:
    """All that the phone has to know before it may lose the network."""
    at = occasion()
    home = overview.home(g.patient.id, at=at)
    # The hospital's tablet keeps nothing, so it needs no key to keep it with.
    owner, key = (not g.patient.tablet and phone_key(g.patient.id)) or (None, None)
    return jsonify(
        owner=owner,
        key=key,
        csrf=generate_csrf(),
        now=at.now.isoformat(),
        language=language(),
        languages=at.study.languages,
        wordings=_wordings(at),
        site=_site_json(at),
        tablet=g.patient.tablet,
        received=[form.submission_id for form in home.received],
        help=help_json(home.help),
        forms=[_due_json(due, at) for due in home.due],
    )


def _wordings(at: Occasion) -> dict[str, str]:
    """Language → what names its wording, so that a phone asks for none that it has."""
    found = {each: overview.find_wording(each, at=at) for each in at.study.languages}
    return {language: words.sha256 for language, words in found.items() if words}


@blueprint.get("/wording/<language>")
@patient_only
def wording(language: str) -> ResponseReturnValue:
    """The questionnaire in one language, as it may be shown today."""
    at = occasion()
    found = overview.find_wording(language, at=at)
    if found is None:
        abort(404)
    instrument = at.instrument
    answer = jsonify(
        language=language,
        sha256=found.sha256,
        demonstration=found.demonstration,
        layout=at.study.form_layout,
        draft_hours=instrument.draft_hours,
        choices=list(instrument.choices),
        sections=[{"code": each.code, "items": each.items} for each in instrument.sections],
        opt_outs=[
            {"code": box.code, "before": box.before, "items": box.items}
            for box in instrument.opt_outs
        ],
        texts=dict(found.texts),
    )
    answer.set_etag(found.sha256)
    return answer.make_conditional(request)


@blueprint.put("/drafts/<visit>")
@patient_only
def put_draft(visit: str) -> ResponseReturnValue:
    """Keep all that the phone holds of a form; what it has not seen is never overwritten."""
    at = occasion()
    sent = read_draft(
        request.get_data(), languages=at.study.languages, items=at.instrument.item_codes
    )
    if isinstance(sent, list):
        return not_understood(sent)
    answer = from_phone.keep_unfinished(actor_of(g.patient), g.patient.id, visit, sent, at=at)
    if isinstance(answer, Refused):
        return refused(answer)
    if isinstance(answer, Kept):
        return jsonify(
            revision=answer.draft.revision,
            submission_id=answer.draft.submission_id,
            started_at=answer.draft.started_at.isoformat(),
        )
    if isinstance(answer, Newer):
        return jsonify(error="NEWER", draft=_draft_json(answer.draft)), 409
    if isinstance(answer, AlreadyIn):
        had = answer.form.submission_id
        return jsonify(error="RECEIVED", submission_id=had, receipt=secrets.receipt_of(had)), 409
    return (jsonify(error="NOT_OPEN"), 409) if isinstance(answer, NotOpen) else _expired(answer)


def _expired(_answer: Expired) -> ResponseReturnValue:
    return jsonify(error="EXPIRED"), 410


def _site_json(at: Occasion) -> dict[str, Any] | None:
    """Whom the patient calls, also when there is no network for pages."""
    own = [site for site in at.study.sites if site.code == g.patient.site]
    return {"name": dict(own[0].name), "phone": own[0].phone} if own else None


def _due_json(due: Due, at: Occasion) -> dict[str, Any]:
    entry = due.entry
    return {
        "visit": entry.visit,
        "name": _in_each(at, lambda: messages.visit_name(entry.visit)),
        "due": _in_each(at, lambda: _by_when(entry)),
        "opens_on": entry.opens_on.isoformat(),
        "closes_on": entry.closes_on.isoformat() if entry.closes_on else None,
        "expired": due.expired,
        "draft": _draft_json(due.draft) if due.draft else None,
    }


def _draft_json(draft: Any) -> dict[str, Any]:
    return {
        "submission_id": draft.submission_id,
        "started_at": draft.started_at.isoformat(),
        "revision": draft.revision,
        "answers": draft.answers,
        "item_languages": draft.item_languages,
        "item_times": draft.item_times or {},
    }


def _by_when(entry: Entry) -> str:
    if entry.closes_on is None:
        return str(_("It is open now."))
    return str(_("Please fill it in by %(day)s.", day=day(entry.closes_on)))


def _in_each(at: Occasion, say: Callable[[], str]) -> dict[str, str]:
    """The same sentence in every language of the study: one may switch while offline."""
    said = {}
    for code in at.study.languages:
        with speaking(code):
            said[code] = say()
    return said
