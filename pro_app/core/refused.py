"""Why something was not done: one vocabulary for every door, and one value that carries it."""

from dataclasses import dataclass
from enum import StrEnum

#: A name or a few words, at every door; what is longer belongs into the patient's file.
LONGEST_TEXT = 500


class Why(StrEnum):
    """Nothing was written, and nothing of what was given is lost. `pro_app.refusals` has the
    sentence for each."""

    # What it is about
    NOT_HERE = "NOT_HERE"  # no such entry, or not at these sites
    UNKNOWN_PATIENT = "UNKNOWN_PATIENT"  # no such number, or not at these sites
    UNKNOWN_VISIT = "UNKNOWN_VISIT"  # the study has no such visit
    UNKNOWN_FIELD = "UNKNOWN_FIELD"  # the form has no such field
    UNKNOWN_CODE = "UNKNOWN_CODE"  # the study has no such reason
    NO_SUCH_EVENT = "NO_SUCH_EVENT"  # it was corrected or taken back in the meantime
    # Days
    NOT_A_DAY = "NOT_A_DAY"  # not YYYY-MM-DD, or empty
    DAY_AHEAD = "DAY_AHEAD"  # a day that has not come
    TOO_FAR_AHEAD = "TOO_FAR_AHEAD"  # a pause that is planned more than a year ahead
    BEFORE_SCREENING = "BEFORE_SCREENING"  # detail: the day of screening
    EVENT_BEFORE_SCREENING = "EVENT_BEFORE_SCREENING"  # detail: what happened before, its day
    DEATH_BEFORE_RANDOMISATION = "DEATH_BEFORE_RANDOMISATION"  # detail: the day of the latter
    RANDOMISED_AFTER_DEATH = "RANDOMISED_AFTER_DEATH"  # the same; detail: the day of the death
    SECOND_DEATH = "SECOND_DEATH"  # detail: the day of death that is recorded already
    SECOND_TRANSFER = "SECOND_TRANSFER"  # detail: the day for which one is recorded already
    ENDS_BEFORE_IT_BEGINS = "ENDS_BEFORE_IT_BEGINS"  # detail: the first day
    NOT_A_TIME = "NOT_A_TIME"  # not HH:MM
    NO_DAY_TO_IT = "NO_DAY_TO_IT"  # a time of randomisation without its day
    BAD_TIME = "BAD_TIME"  # a time to call back is needed, after now and not too far away
    # Words and choices
    TOO_LONG = "TOO_LONG"  # detail: the most characters
    WORDS_MISSING = "WORDS_MISSING"
    WHY_MISSING = "WHY_MISSING"  # what was recorded changes, and nobody says why
    NOTE_MISSING = "NOTE_MISSING"  # detail: the most characters
    SAID_BY_MISSING = "SAID_BY_MISSING"  # nobody is named who said it
    TEXT_MISSING = "TEXT_MISSING"  # this reason needs words of one's own
    ANSWER_MISSING = "ANSWER_MISSING"  # what was not done in full is explained to the patient
    VERSION_MISSING = "VERSION_MISSING"  # a consent without its version
    KIND_MISSING = "KIND_MISSING"  # nothing of the list of events is chosen
    NOT_A_CHOICE = "NOT_A_CHOICE"  # a value that the list does not have, or none
    DECISION_MISSING = "DECISION_MISSING"  # whether a form counts was not chosen
    SOURCE_MISSING = "SOURCE_MISSING"  # who asks for a correction, or what shows it, was not said
    PROOF_MISSING = "PROOF_MISSING"  # nothing shows what the site decided
    NO_SITE = "NO_SITE"  # a transfer without a site, or to one that the study does not have
    SAME_SITE = "SAME_SITE"  # a transfer to the site where the patient is
    NOT_POSSIBLE = "NOT_POSSIBLE"  # no attempt by this way ends so
    BAD_ANSWERS = "BAD_ANSWERS"  # detail: each answer that can't be, an `AnswerProblem`
    EMPTIED = "EMPTIED"  # a recorded value can be corrected, not emptied
    # How it stands
    KNOWN_ALREADY = "KNOWN_ALREADY"  # detail: the day for which the same stands there already
    NOTHING_CHANGED = "NOTHING_CHANGED"  # everything is as it was
    SO_ALREADY = "SO_ALREADY"  # it is locked, or open, as was asked for
    CHANGED = "CHANGED"  # it is no longer what was shown
    MOVED_ON = "MOVED_ON"  # somebody was faster
    NOT_ASKED = "NOT_ASKED"  # the visit's status asks for no reason; detail: the status, if known
    TOO_FEW_ATTEMPTS = "TOO_FEW_ATTEMPTS"  # detail: what was tried since the window opened
    WAITS_ALREADY = "WAITS_ALREADY"  # the patient has asked for the same, and it is open
    REQUEST_ANSWERED = "REQUEST_ANSWERED"  # somebody was faster
    ABLE_IS_CORRECTED = "ABLE_IS_CORRECTED"  # after randomisation the investigator's alone
    # Consents
    CONSENT_ORDER = "CONSENT_ORDER"  # detail: the day on which a later version was signed
    CONSENT_OTHER_DAY = "CONSENT_OTHER_DAY"  # detail: the day for which it is recorded
    CONSENT_FIRST_UNNAMED = "CONSENT_FIRST_UNNAMED"  # detail: the day of the first, unnamed one
    NOT_WITHDRAWN = "NOT_WITHDRAWN"  # consent to further use is not withdrawn
    ERASED = "ERASED"  # what was decided to be erased never leaves again
    # A form that is handed in
    NO_CONSENT = "NO_CONSENT"  # a patient's own form, and no PRO consent by today
    NOT_OPEN_YET = "NOT_OPEN_YET"  # a patient's own form of a visit not open by today
    OTHER_ANSWERS = "OTHER_ANSWERS"  # another form is stored under this submission id
    NOT_LIVE = "NOT_LIVE"  # the study has not begun on this copy of the system
    NO_WORDING = "NO_WORDING"  # there are no words that may be shown in this language
    UNKNOWN_WORDING = "UNKNOWN_WORDING"  # it was filled in on words that nobody knows
    ID_IN_USE = "ID_IN_USE"  # the submission id is another patient's form's
    LOCKED = "LOCKED"  # the patient's record, or their site's, is locked
    # A form that is kept
    NOT_PAPER = "NOT_PAPER"  # only paper is keyed twice
    SAME_PERSON = "SAME_PERSON"  # who keyed it first can't check themselves
    KEYED_TWICE = "KEYED_TWICE"  # somebody was faster
    NOTHING_OPEN = "NOTHING_OPEN"  # no difference was chosen that is still open
    CORRECTION_WAITS = "CORRECTION_WAITS"  # another one has still to be signed or declined
    CORRECTION_DECIDED = "CORRECTION_DECIDED"  # somebody signed or declined it before
    OTHER_ITEMS = "OTHER_ITEMS"  # the form's items are not those of today's instrument
    NOTHING_TO_DECIDE = "NOTHING_TO_DECIDE"  # the first form of its visit, in its time
    DECIDED_SO = "DECIDED_SO"  # that is what was decided before
    # What is declared wrong
    NOTHING_THERE = "NOTHING_THERE"  # nothing of this kind is recorded
    VOID_ALREADY = "VOID_ALREADY"  # it was declared wrong before
    SEVERAL_FORMS = "SEVERAL_FORMS"  # the visit has several: one of them is to be named
    ELSEWHERE_UNKNOWN_PATIENT = "ELSEWHERE_UNKNOWN_PATIENT"  # where it belongs is no such number
    ELSEWHERE_UNKNOWN_VISIT = "ELSEWHERE_UNKNOWN_VISIT"  # nor such a visit
    ELSEWHERE_OTHER_ITEMS = "ELSEWHERE_OTHER_ITEMS"  # its items are not those of today
    BELONGS_HERE = "BELONGS_HERE"  # it belongs to where it stands
    # Wordings, and going live
    NO_LICENCE = "NO_LICENCE"  # the reference is empty
    VALID_UNTIL_OVER = "VALID_UNTIL_OVER"  # detail: the day, which is over
    LICENCE_OVER = "LICENCE_OVER"  # detail: the language, and the day until which it held
    DEMONSTRATION_TEXTS = "DEMONSTRATION_TEXTS"  # our own; detail: the language
    DEMONSTRATION_NOTICE = "DEMONSTRATION_NOTICE"  # the notice alone is; detail: the language
    NO_PACK = "NO_PACK"  # nothing licensed was imported; detail: the language
    NOT_RELEASED = "NOT_RELEASED"  # imported, and waiting for a second person; the same
    IMPORTED_IT = "IMPORTED_IT"  # who imported a wording can't release it; detail: who did
    IN_FORCE = "IN_FORCE"  # it is the wording that is shown already
    NO_SUCH_PACK = "NO_SUCH_PACK"  # detail: the id or SHA-256 that was given
    SEVERAL_PACKS = "SEVERAL_PACKS"  # detail: their ids
    MADE_UP_PATIENTS = "MADE_UP_PATIENTS"  # the database holds a demonstration
    OTHER_STUDY = "OTHER_STUDY"  # detail: the study that the database holds
    PLACEHOLDER_PHONE = "PLACEHOLDER_PHONE"  # detail: the site
    # Amendments
    NO_PATIENTS = "NO_PATIENTS"  # the study file may still be changed as it is
    MUST_STAY = "MUST_STAY"  # detail: each `Obstacle` of `core.amendment`
    BEFORE_FIRST_PATIENT = "BEFORE_FIRST_PATIENT"  # detail: the first day of any patient
    NOT_AFTER_LAST = "NOT_AFTER_LAST"  # detail: the day from which the last version holds
    AMENDED_MEANWHILE = "AMENDED_MEANWHILE"  # detail: the number of the version come in between
    # The contact book
    NOT_A_CONTACT = "NOT_A_CONTACT"  # detail: the fields that hold what can't stand there
    # Accounts
    NO_SUCH_ACCOUNT = "NO_SUCH_ACCOUNT"
    ONESELF = "ONESELF"  # so that one who can let others in is always left
    DISABLED = "DISABLED"
    ENABLED = "ENABLED"
    RIGHTS_UNCHANGED = "RIGHTS_UNCHANGED"
    SITES_OF_ROLE = "SITES_OF_ROLE"  # the sites do not go with the role


@dataclass(frozen=True, slots=True)
class Refused:
    """Not done, and why. `field` is the one at fault, `detail` what the sentence names."""

    why: Why
    field: str = ""
    detail: object = None
