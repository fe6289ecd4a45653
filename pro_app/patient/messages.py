"""What the patient's pages say, in the language in use."""

from datetime import timedelta

from flask_babel import gettext

from pro_app import refusals
from pro_app.core.ledger import Entry
from pro_app.core.refused import Refused, Why
from pro_app.core.submission import AnswerProblem, Fault
from pro_app.deployment import deployment
from pro_app.patient import payload
from pro_app.patient.overview import Shut
from pro_app.patient.payload import FieldProblem
from pro_app.security import pins


def _(text: str, **values: object) -> str:
    return str(gettext(text, **values))


def visit_name(code: str) -> str:
    """What a visit is called: by its month, which patients know, not by its code."""
    month = {visit.code: visit.month for visit in deployment().study.all_visits}.get(code, 0)
    return _("Month %(month)s questionnaire", month=month) if month else _("First questionnaire")


def days_left(entry: Entry) -> str:
    """How long a window stays open, in words; empty where it has no last day."""
    if entry.days_left is None:
        return ""
    if entry.days_left == 0:
        return _("Today is the last day")
    if entry.days_left == 1:
        return _("Tomorrow is the last day")
    return _("%(days)s days left", days=entry.days_left)


def not_a_pin(*, choosing: bool) -> str:
    """What a PIN looks like: a new one, or one that may have been chosen earlier."""
    if choosing:
        return _("A PIN has %(count)s digits.", count=pins.LENGTH)
    return _("A PIN has %(least)s to %(most)s digits.", least=pins.SHORTEST, most=pins.LENGTH)


def waiting(wait: timedelta, *, choosing: bool) -> str:
    """How long until the next PIN, or when choosing one the next code, is taken."""
    seconds = wait.total_seconds()
    if seconds <= 0 and choosing:
        return _("Please check your card again. If it still does not work, call your hospital.")
    if seconds <= 0:
        return _("Please try again. If you have forgotten it, call your hospital.")
    one, many, _over = countdown()
    minutes = -int(-seconds // 60)
    return one if minutes <= 1 else many.replace(MINUTES, str(minutes))


#: Stands for a number that the page's script counts down.
MINUTES = "#"


def countdown() -> tuple[str, str, str]:
    """What is said while a wait lasts a minute, several (MINUTES of them), and once it is over."""
    return (
        _("Please wait one minute, then try again. Nothing is lost."),
        _("Please wait %(minutes)s minutes, then try again. Nothing is lost.", minutes=MINUTES),
        _("You can try again now."),
    )


def shut(why: Shut) -> tuple[str, str]:
    """Title and explanation of a form that can't be opened."""
    return {
        Shut.NO_SUCH_VISIT: lambda: (
            _("There is no such questionnaire"),
            _("The address may be mistyped. Your start page shows what is due."),
        ),
        Shut.NOT_CONSENTED: lambda: (
            _("Your consent is not recorded yet"),
            _("The questionnaires begin once your hospital has noted that you agreed to them."),
        ),
        Shut.NOT_LIVE: lambda: (
            _("The study has not begun here yet"),
            _("There is nothing for you to do. Your hospital will tell you when it begins."),
        ),
        Shut.NO_WORDING: lambda: (
            _("The questionnaire is not ready"),
            _("There is nothing for you to do. Your hospital has to complete it first."),
        ),
        Shut.RECEIVED: lambda: (
            _("We already have this questionnaire"),
            _("Thank you. There is nothing more to do for it."),
        ),
        Shut.NOT_OPEN_YET: lambda: (
            _("This questionnaire is not open yet"),
            _("It asks about the days before it is due, so it opens only then."),
        ),
        Shut.CLOSED: lambda: (
            _("The time for this questionnaire is over"),
            _("That is all right. The next one is asked on its own day."),
        ),
        Shut.LOCKED: lambda: (
            _("The hospital has closed this questionnaire"),
            _("There is nothing for you to do. What you have sent is kept."),
        ),
        Shut.ENDED: lambda: (
            _("You are not asked for any more questionnaires"),
            _("Thank you for all that you have told us. There is nothing for you to do."),
        ),
    }[why]()


def refusal(refused: Refused) -> str:
    """Why a form was not taken, as a patient is told it."""
    own = {
        Why.UNKNOWN_VISIT: lambda: _("There is no such questionnaire"),
        Why.BAD_ANSWERS: lambda: _("Some answers could not be understood."),
        Why.DAY_AHEAD: lambda: _("The day of answering has not come yet."),
    }.get(refused.why)
    return own() if own else refusals.said(refused)


def answer_problem(problem: AnswerProblem) -> str:
    """What is wrong with one answer."""
    if problem.fault is Fault.UNKNOWN_ITEM:
        return _("%(item)s: the questionnaire has no such line", item=problem.item[:40])
    if problem.fault is Fault.NO_OPT_OUT:
        return _("%(item)s: this line can't be opted out of", item=problem.item)
    return _("%(item)s: not one of the choices", item=problem.item)


def field_problem(problem: FieldProblem) -> str:
    """What is wrong with one field of a message."""
    return {
        payload.Fault.NOT_AN_OBJECT: lambda: _("The message is not a JSON object."),
        payload.Fault.MISSING: lambda: _("%(field)s: missing", field=problem.field),
        payload.Fault.NO_SUCH_FIELD: lambda: _("%(field)s: no such field", field=problem.field),
        payload.Fault.NOT_POSSIBLE: lambda: _("%(field)s: not possible", field=problem.field),
    }[problem.fault]()
