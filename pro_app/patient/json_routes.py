"""The door for programs: a form handed in as JSON, under a number made by the sender."""

from flask import Blueprint, g, jsonify, request
from flask.typing import ResponseReturnValue

from pro_app.core.refused import Refused, Why
from pro_app.patient import messages, service
from pro_app.patient.codes import BAD_MESSAGE, code_of
from pro_app.patient.here import end_tablet, occasion
from pro_app.patient.payload import Fault, FieldProblem, read_payload
from pro_app.security import secrets
from pro_app.security.access import patient_only
from pro_app.security.setup import actor_of

blueprint = Blueprint("json", __name__, url_prefix="/api")

#: Refusals of what was sent; the others are about the moment, and may pass.
_NOT_UNDERSTOOD = frozenset({Why.BAD_ANSWERS, Why.UNKNOWN_VISIT})


@blueprint.put("/forms/<submission_id>")
@patient_only
def put_form(submission_id: str) -> ResponseReturnValue:
    """201 with the receipt; 200 with the same one whenever the form comes again."""
    at = occasion()
    if not secrets.is_submission_id(submission_id):
        return not_understood([FieldProblem("submission_id", Fault.NOT_POSSIBLE)])
    filled = read_payload(
        submission_id,
        request.get_data(),
        languages=at.study.languages,
        items=at.instrument.item_codes,
    )
    if isinstance(filled, list):
        service.tell_nurse(actor_of(g.patient), g.patient.id, "", BAD_MESSAGE, at=at)
        return not_understood(filled)
    outcome = service.receive_form(actor_of(g.patient), g.patient.id, filled, at=at)
    if isinstance(outcome, Refused):
        service.tell_nurse(actor_of(g.patient), g.patient.id, filled.visit, code_of(outcome), at=at)
        return refused(outcome)
    if g.patient.tablet:
        end_tablet(outcome.submission_id)
    return jsonify(
        receipt=secrets.receipt_of(outcome.submission_id),
        received_at=outcome.received_at.isoformat(),
        visit=outcome.visit,
        submission_id=outcome.submission_id,
    ), 200 if outcome.again else 201


def not_understood(problems: list[FieldProblem]) -> ResponseReturnValue:
    listed = [
        {"field": each.field, "fault": each.fault, "text": messages.field_problem(each)}
        for each in problems
    ]
    return jsonify(error=BAD_MESSAGE, problems=listed), 422


def refused(outcome: Refused) -> ResponseReturnValue:
    problems = outcome.detail if isinstance(outcome.detail, tuple) else ()
    listed = [
        {"item": each.item[:40], "fault": each.fault, "text": messages.answer_problem(each)}
        for each in problems
    ] or [{"text": messages.refusal(outcome)}]
    status = 422 if outcome.why in _NOT_UNDERSTOOD else 409
    return jsonify(error=code_of(outcome), problems=listed), status
