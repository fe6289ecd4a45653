"""What a reader is told when something was not done: one sentence for each reason."""

from collections.abc import Callable
from datetime import date
from typing import Any

from flask import get_template_attribute
from flask_babel import gettext as _

from pro_app.core.refused import LONGEST_TEXT, Refused, Why
from pro_app.i18n import short_day


def said(refused: Refused) -> str:
    """Why it was not done and what is expected, in the language of the request."""
    return str(_SENTENCES[refused.why](refused.detail))


def _day(detail: Any) -> str:
    return short_day(detail) if isinstance(detail, date) else ""


def _happening(detail: Any) -> str:
    """What happened, in the words of the patient's page."""
    named = get_template_attribute("staff/words.html", "happening")
    return str(named(detail[0] if detail else "")).strip()


_SENTENCES: dict[Why, Callable[[Any], str]] = {
    Why.NOT_HERE: lambda _d: _("There is no such entry here."),
    Why.UNKNOWN_PATIENT: lambda _d: _("There is no such patient here."),
    Why.UNKNOWN_VISIT: lambda _d: _("The study has no such visit."),
    Why.UNKNOWN_FIELD: lambda _d: _("The form has no such field."),
    Why.UNKNOWN_CODE: lambda _d: _("Choose a reason from the list."),
    Why.NO_SUCH_EVENT: lambda _d: _("This entry was corrected or taken back in the meantime."),
    Why.NOT_A_DAY: lambda _d: _("Write the day as 2026-03-05."),
    Why.DAY_AHEAD: lambda _d: _("This day is in the future. Choose today or an earlier day."),
    Why.TOO_FAR_AHEAD: lambda _d: _("This is more than a year in the future. Check the year."),
    Why.BEFORE_SCREENING: lambda on: _(
        "This day is before the screening on %(day)s. Check both days.", day=_day(on)
    ),
    Why.SECOND_DEATH: lambda on: _(
        "The death on %(day)s is recorded already. If that day is wrong, correct that entry.",
        day=_day(on),
    ),
    Why.EVENT_BEFORE_SCREENING: lambda found: _(
        "%(event)s is recorded for %(day)s, before this screening. One of the two days is wrong.",
        event=_happening(found),
        day=_day(found and found[1]),
    ),
    Why.DEATH_BEFORE_RANDOMISATION: lambda on: _(
        "The patient was randomised on %(day)s; the death can’t lie before that day. One of the "
        "two days is wrong.",
        day=_day(on),
    ),
    Why.RANDOMISED_AFTER_DEATH: lambda on: _(
        "The death on %(day)s is recorded; nobody is randomised after it. One of the two days "
        "is wrong.",
        day=_day(on),
    ),
    Why.SECOND_TRANSFER: lambda on: _(
        "A transfer on %(day)s is recorded already. If it is wrong, correct that entry.",
        day=_day(on),
    ),
    Why.ENDS_BEFORE_IT_BEGINS: lambda on: _(
        "The last day lies before the first, %(day)s.", day=_day(on)
    ),
    Why.NOT_A_TIME: lambda _d: _("Write the time as 09:30."),
    Why.NO_DAY_TO_IT: lambda _d: _("Write the day of randomisation, too."),
    Why.BAD_TIME: lambda days: _(
        "Nothing was saved. Choose a day and time for the next call, within the next %(n)s days.",
        n=days,
    ),
    Why.TOO_LONG: lambda most: _(
        "This is too long; keep it under %(n)s characters.", n=most or LONGEST_TEXT
    ),
    Why.WORDS_MISSING: lambda _d: _("Write a few words."),
    Why.WHY_MISSING: lambda _d: _(
        "Write in a few words why; up to %(n)s characters.", n=LONGEST_TEXT
    ),
    Why.NOTE_MISSING: lambda most: _(
        "The alert is still open. Write what was done about it, in at most %(n)s characters.",
        n=most,
    ),
    Why.SAID_BY_MISSING: lambda _d: _("Write who said it."),
    Why.TEXT_MISSING: lambda _d: _("This reason needs a few words of explanation."),
    Why.ANSWER_MISSING: lambda _d: _(
        "Write down what the patient was told, and why it was not done in full."
    ),
    Why.VERSION_MISSING: lambda _d: _("Write which version of the consent was signed."),
    Why.KIND_MISSING: lambda _d: _("Choose what happened."),
    Why.NOT_A_CHOICE: lambda _d: _("Choose one from the list."),
    Why.DECISION_MISSING: lambda _d: _("Choose whether the form counts or is set aside."),
    Why.SOURCE_MISSING: lambda _d: _("Choose who asks for the correction, and what shows it."),
    Why.PROOF_MISSING: lambda _d: _("Write what shows the decision."),
    Why.NO_SITE: lambda _d: _("Choose the site to which the patient moves."),
    Why.SAME_SITE: lambda _d: _(
        "On that day the patient is at this site already. Choose another site, or another day."
    ),
    Why.NOT_POSSIBLE: lambda _d: _(
        "Nothing was saved. Choose how you tried to reach the patient, and what came of it."
    ),
    Why.BAD_ANSWERS: lambda problems: _(
        "These lines can't have that value: %(items)s",
        items=", ".join(each.item for each in problems or ()),
    ),
    Why.EMPTIED: lambda _d: _("A recorded value can be corrected, but not emptied."),
    Why.KNOWN_ALREADY: lambda on: _("The same is recorded already for %(day)s.", day=_day(on)),
    Why.NOTHING_CHANGED: lambda _d: _("Nothing was changed. Change something, or go back."),
    Why.SO_ALREADY: lambda _d: _("It was already like this; nothing was changed."),
    Why.CHANGED: lambda _d: _(
        "This has changed since it was shown. Look at it again; nothing was saved."
    ),
    Why.MOVED_ON: lambda _d: _(
        "Somebody else changed this just before you. Nothing was saved; you see the current state."
    ),
    Why.NOT_ASKED: lambda _d: _(
        "No reason is asked for: the form of this visit is in, is not expected, or is not due yet."
    ),
    Why.TOO_FEW_ATTEMPTS: lambda _d: _(
        "Too few attempts to reach the patient are recorded since the window opened. Record each "
        "call, and try another way too."
    ),
    Why.WAITS_ALREADY: lambda _d: _(
        "The patient has asked for the same already, and it is still open."
    ),
    Why.REQUEST_ANSWERED: lambda _d: _("Somebody has answered this request in the meantime."),
    Why.ABLE_IS_CORRECTED: lambda _d: _(
        "“Able to answer” is about the day of randomisation. If the patient became unable later, "
        "give that as the reason for a missing form. If it was recorded wrongly, the "
        "investigator corrects it here, with the reason."
    ),
    Why.CONSENT_ORDER: lambda on: _(
        "A later version of the consent was signed on %(day)s. The first one can’t come after it.",
        day=_day(on),
    ),
    Why.CONSENT_OTHER_DAY: lambda on: _(
        "This version is recorded for %(day)s already. If that day is wrong, correct it.",
        day=_day(on),
    ),
    Why.CONSENT_FIRST_UNNAMED: lambda on: _(
        "The first consent, of %(day)s, has no version yet. Record it first.", day=_day(on)
    ),
    Why.NOT_WITHDRAWN: lambda _d: _(
        "Consent to further use is not withdrawn: there is nothing to decide."
    ),
    Why.ERASED: lambda _d: _(
        "The site decided to erase these data; they are never exported again. Nothing was changed."
    ),
    Why.NO_CONSENT: lambda _d: _("Your consent is not recorded yet"),
    Why.NOT_OPEN_YET: lambda _d: _("This questionnaire is not open yet"),
    Why.OTHER_ANSWERS: lambda _d: _(
        "We already have this questionnaire, with other answers. Those stand; what is on "
        "this phone stays here, and the nurse is told."
    ),
    Why.NOT_LIVE: lambda _d: _("The study has not begun here yet"),
    Why.NO_WORDING: lambda _d: _("The questionnaire is not ready"),
    Why.UNKNOWN_WORDING: lambda _d: _(
        "The form was shown in a wording that this system does not know."
    ),
    Why.ID_IN_USE: lambda _d: _("This form number is already in use."),
    Why.LOCKED: lambda _d: _(
        "The hospital has closed this record for now. Nothing is lost: the nurse is told."
    ),
    Why.NOT_PAPER: lambda _d: _("Only a form that came on paper is keyed twice."),
    Why.SAME_PERSON: lambda _d: _(
        "You keyed this form in yourself. Ask a colleague to key it a second time."
    ),
    Why.KEYED_TWICE: lambda _d: _("This form was keyed a second time already."),
    Why.NOTHING_OPEN: lambda _d: _("For at least one difference, choose which keying is right."),
    Why.CORRECTION_WAITS: lambda _d: _(
        "Another correction of this form is waiting for the investigator. Write yours when that "
        "one is signed or declined."
    ),
    Why.CORRECTION_DECIDED: lambda _d: _(
        "This correction has already been signed or declined. Nothing was changed."
    ),
    Why.OTHER_ITEMS: lambda _d: _(
        "This form belongs to another version of the questionnaire and can't be corrected here."
    ),
    Why.NOTHING_TO_DECIDE: lambda _d: _("There is nothing to decide about this form."),
    Why.DECIDED_SO: lambda _d: _("This was already decided; nothing was changed."),
    Why.NOTHING_THERE: lambda _d: _("Nothing of this kind is recorded."),
    Why.VOID_ALREADY: lambda _d: _("This was declared wrong before."),
    Why.SEVERAL_FORMS: lambda _d: _(
        "This visit has several forms. Choose one of them in the time line."
    ),
    Why.ELSEWHERE_UNKNOWN_PATIENT: lambda _d: _("Where it belongs: there is no such patient here."),
    Why.ELSEWHERE_UNKNOWN_VISIT: lambda _d: _("Where it belongs: choose the visit."),
    Why.ELSEWHERE_OTHER_ITEMS: lambda _d: _(
        "The form has other items than today’s questionnaire and can’t be kept elsewhere."
    ),
    Why.BELONGS_HERE: lambda _d: _(
        "Where it belongs: the form is already there. Choose another patient or visit."
    ),
    Why.NO_LICENCE: lambda _d: _("--licence: expected the reference of the licence"),
    Why.VALID_UNTIL_OVER: lambda on: _(
        "--valid-until: %(day)s is over; expected a day from today on", day=on
    ),
    Why.LICENCE_OVER: lambda detail: _(
        "%(language)s: the licence of the wording ended on %(day)s",
        language=detail[0],
        day=detail[1],
    ),
    Why.DEMONSTRATION_TEXTS: lambda language: _(
        "%(language)s: these are the texts of the demonstration; expected the licensed ones",
        language=language,
    ),
    Why.DEMONSTRATION_NOTICE: lambda language: _(
        "%(language)s: this is the notice of the demonstration; expected the copyright notice",
        language=language,
    ),
    Why.NOT_RELEASED: lambda language: _(
        "%(language)s: the licensed wording waits for a second person to release it "
        "(flask wording release)",
        language=language,
    ),
    Why.IMPORTED_IT: lambda who: _(
        "%(who)s imported this wording: a second person has to release it.", who=who
    ),
    Why.IN_FORCE: lambda _d: _("This wording is in force already; nothing was changed."),
    Why.NO_SUCH_PACK: lambda given: _(
        "%(given)s: there is no such wording; expected an id or the first characters of a "
        "SHA-256 (flask wording list)",
        given=given,
    ),
    Why.SEVERAL_PACKS: lambda ids: _(
        "Several wordings begin so. Name one by its id: %(ids)s",
        ids=", ".join(map(str, ids or ())),
    ),
    Why.NO_PACK: lambda language: _(
        "%(language)s: no licensed wording has been imported (flask wording import)",
        language=language,
    ),
    Why.MADE_UP_PATIENTS: lambda _d: _("this database holds a demonstration with made-up patients"),
    Why.OTHER_STUDY: lambda other: _("this database holds the study %(other)s", other=other),
    Why.PLACEHOLDER_PHONE: lambda site: _(
        "%(site)s: the telephone number is a placeholder; expected the site's own, "
        "in a copy of the study file (PRO_STUDY)",
        site=site,
    ),
    Why.NO_PATIENTS: lambda _d: _(
        "this database holds no patient, so no amendment is needed: name the file in PRO_STUDY"
    ),
    Why.MUST_STAY: lambda _d: _("No amendment may change this."),
    Why.BEFORE_FIRST_PATIENT: lambda first: _(
        "this is before the first patient; expected %(day)s or later", day=_day(first)
    ),
    Why.NOT_AFTER_LAST: lambda last: _(
        "expected a day after %(day)s, when the last version took effect", day=_day(last)
    ),
    Why.AMENDED_MEANWHILE: lambda number: _(
        "Version %(number)s was recorded by somebody else just now. Look at it "
        "(flask study show), then try again.",
        number=number,
    ),
    Why.NOT_A_CONTACT: lambda _d: _(
        "Nothing was saved: the marked fields are not valid. Correct them and save again."
    ),
    Why.NO_SUCH_ACCOUNT: lambda _d: _("There is no such account."),
    Why.ONESELF: lambda _d: _(
        "Another administrator has to do this: nobody changes their own rights."
    ),
    Why.DISABLED: lambda _d: _("The account is disabled already; nothing was changed."),
    Why.ENABLED: lambda _d: _("The account is not disabled; nothing was changed."),
    Why.RIGHTS_UNCHANGED: lambda _d: _(
        "The account already has these rights; nothing was changed."
    ),
    Why.SITES_OF_ROLE: lambda _d: _(
        "A nurse or investigator has exactly one site, a monitor at least one, the other "
        "roles have none."
    ),
}
