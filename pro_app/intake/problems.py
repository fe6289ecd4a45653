"""What can be wrong with a file, and what is merely worth a word, as values."""

from dataclasses import dataclass
from enum import StrEnum


class Rule(StrEnum):
    """What was expected where something else was found."""

    # of the file
    READABLE = "READABLE"  # the system lets us read it
    PLAIN_TEXT = "PLAIN_TEXT"  # CSV text in UTF-8 or GB18030
    WORKBOOK = "WORKBOOK"  # a text, not a spreadsheet's own file
    PROGRAM_FILE = "PROGRAM_FILE"  # nor that of another program
    UTF_16 = "UTF_16"  # UTF-16 alone if it is asked for
    IN_ENCODING = "IN_ENCODING"  # a text in the encoding that was asked for
    ENCODING_UNCLEAR = "ENCODING_UNCLEAR"  # a text that reads in one way
    DELIMITER = "DELIMITER"  # one sign between the names of the columns
    HEADER = "HEADER"  # a first line with the columns' names
    QUOTING = "QUOTING"  # every quote is closed, no cell is endless
    COLUMN = "COLUMN"  # this column stands in the header
    COLUMN_ONCE = "COLUMN_ONCE"  # and only once
    KNOWN_COLUMN = "KNOWN_COLUMN"  # no column but those of the format
    NAMED = "NAMED"  # a name for every column between others
    NAMELESS = "NAMELESS"  # nothing in a column without a name
    MAP_COLUMN = "MAP_COLUMN"  # a column that the file has
    MAP_ONCE = "MAP_ONCE"  # a column that the map has not named before
    NOTHING = "NOTHING"  # an empty cell
    CODES = "CODES"  # codes for a missing value, between commas
    NO_ANSWER = "NO_ANSWER"  # a code that is no value of its own
    WOULD_BE_LOST = "WOULD_BE_LOST"  # no column under the name of a score
    FEWER_ROWS = "FEWER_ROWS"  # not more lines than a page takes at once
    SMALLER = "SMALLER"  # not more bytes either
    CSV_NAME = "CSV_NAME"  # a name that ends in .csv
    WIDTH = "WIDTH"  # as many cells as the header has
    # of a cell
    FILLED = "FILLED"  # some value
    DAY = "DAY"  # YYYY-MM-DD, not before EARLIEST
    TIME = "TIME"  # HH:MM
    DAY_OF_TIME = "DAY_OF_TIME"  # no time of day without its day
    NOT_AHEAD = "NOT_AHEAD"  # a day that has come
    ONE_OF = "ONE_OF"  # one of these values
    ONE_OF_OR_EMPTY = "ONE_OF_OR_EMPTY"  # one of these values, or nothing
    TRIAL_NUMBER = "TRIAL_NUMBER"  # a pseudonym in plain characters
    A_NUMBER = "A_NUMBER"  # not NA or a like word, nor a path, a day or a decimal
    NOT_PERSONAL = "NOT_PERSONAL"  # no telephone or identity number
    PATTERN = "PATTERN"  # a number as this site's are made
    OTHER_SITE = "OTHER_SITE"  # the same, and not one of another site
    AS_RECORDED = (
        "AS_RECORDED"  # the very number, where several patients' are the same but for that
    )
    KNOWN_PATIENT = "KNOWN_PATIENT"  # a patient who is in the record
    FREE_NUMBER = "FREE_NUMBER"  # a trial number that nobody has yet
    CONSENT_VERSION = "CONSENT_VERSION"  # which version was signed, beside the day
    A_NAME = "A_NAME"  # a person's name: not longer than this, nothing in it that nobody sees
    SHORT = "SHORT"  # not longer than this
    AS_KNOWN = "AS_KNOWN"  # the value that is recorded already
    FROM_SCREENING = "FROM_SCREENING"  # a day not before the screening
    DEATH_AFTER_RANDOMISATION = "DEATH_AFTER_RANDOMISATION"  # nobody dies before it
    ONE_TRANSFER = "ONE_TRANSFER"  # a day without another transfer
    NEW_SITE = "NEW_SITE"  # another site than that where the patient is
    OF_TRANSFERS = "OF_TRANSFERS"  # nothing: a transfer alone names a site
    BEFORE_EVENTS = "BEFORE_EVENTS"  # a screening not after what happened
    ALIVE = "ALIVE"  # a day of randomisation not after the death
    CONSENTED_FIRST = "CONSENTED_FIRST"  # the first consent is not after a later version
    FIRST_CONSENT = "FIRST_CONSENT"  # the first consent, which no later version replaces
    FIRST_VERSION = "FIRST_VERSION"  # the version of the first consent is known
    ABLE_CORRECTED = "ABLE_CORRECTED"  # what held on the day of randomisation
    ONE_DEATH = "ONE_DEATH"  # the day of death that is recorded already
    HELD_BACK = "HELD_BACK"  # what is recorded, of a patient of whom that may not be told


@dataclass(frozen=True, slots=True)
class Expected:
    """`among` names the values that would have done, where they can be named."""

    rule: Rule
    among: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CellProblem:
    """`line` None: the file as a whole; `column` empty: the whole line."""

    line: int | None
    column: str
    found: str | None
    expected: Expected


class BadTable(Exception):
    """A file that can't be read as a table at all."""

    def __init__(self, problem: CellProblem, *more: CellProblem) -> None:
        self.problem = problem
        self.problems = (problem, *more)
        super().__init__(problem.expected.rule.value)


class BadOption(Exception):
    """What was said about how to read a file makes no sense; `column` is the option."""

    def __init__(self, problem: CellProblem) -> None:
        self.problem = problem
        super().__init__(f"{problem.column}: {problem.expected.rule.value}")


class Remark(StrEnum):
    """What is taken all the same, and should be looked at."""

    REPEATED = "REPEATED"  # the same stands on an earlier line
    SCREENED_LATE = "SCREENED_LATE"  # randomised before the screening
    CONSENT_EARLY = "CONSENT_EARLY"  # consented before the screening
    AFTER_THE_END = "AFTER_THE_END"  # an event after a death or withdrawal
    SECOND_FORM = "SECOND_FORM"  # another form stands for the visit
    SECOND_COUNTS = "SECOND_COUNTS"  # a blank one stands: this one counts until the site decides
    ODD = "ODD"  # blank, or of a day on which nothing was asked: see core.oddities
    STANDS_AS = "STANDS_AS"  # the status that an odd form gets
    ANSWERED_ALL_THE_SAME = "ANSWERED_ALL_THE_SAME"  # an item under a ticked opt-out box
    NOT_SAID_WHY = "NOT_SAID_WHY"  # an interview without a reason
    NOBODY_NAMED = "NOBODY_NAMED"  # nobody is named who keyed the form
    MADE_UP = "MADE_UP"  # the database holds a demonstration
    HELD_BACK = "HELD_BACK"  # there is more to say, of a patient of whom it may not be told


@dataclass(frozen=True, slots=True)
class LineRemark:
    """A remark on a line (None: the file as a whole) and what it names."""

    line: int | None
    remark: Remark
    names: tuple[str, ...] = ()
