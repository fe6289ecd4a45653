"""What is wrong with a file, and what is worth a word, in words."""

from collections.abc import Callable, Iterable

from flask_babel import gettext as _

from pro_app.core.identifiers import LONGEST
from pro_app.core.oddities import Oddity
from pro_app.core.possible import EARLIEST
from pro_app.intake.hints import hints
from pro_app.intake.problems import CellProblem, LineRemark, Remark, Rule
from pro_app.remarks import what_is_odd

#: As long as a list of names that would have done may be.
_MANY = 2000


def expected(problem: CellProblem) -> str:
    """What should have stood there."""
    among = problem.expected.among
    if problem.expected.rule is Rule.ENCODING_UNCLEAR:
        return _readings(*among)
    if problem.expected.rule in (Rule.PATTERN, Rule.OTHER_SITE):
        return _number_of_site(problem.expected.rule, *among)
    return _SENTENCES[problem.expected.rule](shown(", ".join(among), _MANY))


def noticed(remark: LineRemark) -> str:
    """What was taken and should be looked at."""
    return _REMARKS[remark.remark](*remark.names)


def shown(text: str, longest: int = 60) -> str:
    """What was found, short, and what can't be seen in it by its code point: 2<U+00A0>.

    Nothing in it is obeyed by a terminal.
    """
    cut = text if len(text) <= longest else f"{text[:longest]}…"
    return "".join(sign if sign.isprintable() else f"<U+{ord(sign):04X}>" for sign in cut)


def delimiters() -> dict[str, str]:
    """Sign → what it is called."""
    return {",": _("commas"), ";": _("semicolons"), "\t": _("tabs"), "|": _("bars")}


def kinds() -> dict[str, str]:
    """What a file holds, by its code."""
    return {
        "patients": _("patients"),
        "events": _("events"),
        "consents": _("consents"),
        "forms": _("forms"),
        "wording": _("wording"),
    }


def counts() -> dict[str, str]:
    """What became of the lines of a file, by its code."""
    return {
        "added": _("added"),
        "filled": _("completed"),
        "conflicts": _("kept beside another"),
        "unchanged": _("unchanged"),
    }


def advice(problems: Iterable[CellProblem]) -> list[str]:
    """What the fields of a page can do about it."""
    found = hints(problems)
    told = []
    if found.columns:
        line = ",".join(found.columns[0])
        told.append(_("Under “Columns with another name” you can write %(line)s", line=line))
    if found.nameless:
        told.append(
            _(
                "Under “Columns with another name”, #%(place)s leaves it out",
                place=f"{found.nameless},",
            )
        )
    if found.missing:
        codes = ",".join(found.missing)
        told.append(_("If these are codes for a missing value, name them: %(codes)s", codes=codes))
    if found.encoding:
        told.append(_("Choose the encoding in which the file was saved."))
    if found.delimiter:
        told.append(_("Choose the separator between the columns."))
    return told


def _readings(one: str, as_one: str, other: str, as_other: str) -> str:
    return str(
        _(
            "this can be read in two ways: as %(one)s “%(as_one)s”, as %(other)s “%(as_other)s”. "
            "Say which one it is",
            one=one,
            as_one=shown(as_one),
            other=other,
            as_other=shown(as_other),
        )
    )


def _number_of_site(rule: Rule, pattern: str = "", example: str = "") -> str:
    if not pattern:
        text = _("this is a number of another site; expected one of this site")
    elif rule is Rule.OTHER_SITE:
        text = _(
            "this is a number of another site; expected one such as %(example)s", example=example
        )
    else:
        text = _(
            "expected a trial number of this site, such as %(example)s "
            "(%(pattern)s, where # is a digit)",
            example=example,
            pattern=pattern,
        )
    return str(text)


_SENTENCES: dict[Rule, Callable[[str], str]] = {
    Rule.READABLE: lambda _among: _("expected a file that can be read"),
    Rule.PLAIN_TEXT: lambda _among: _(
        "expected CSV text in UTF-8 or GB18030; this is another encoding, or no text at all. "
        "Save it as “CSV UTF-8”"
    ),
    Rule.WORKBOOK: lambda _among: _(
        "expected CSV text; this is a workbook or an archive (.xlsx, .xls, .ods, .zip). "
        "Open it, and save the sheet as “CSV UTF-8 (comma delimited)”"
    ),
    Rule.PROGRAM_FILE: lambda among: _(
        "expected CSV text; this is a file of %(program)s. Have that program write CSV",
        program=among,
    ),
    Rule.UTF_16: lambda _among: _(
        "expected CSV text in UTF-8 or GB18030; this is UTF-16, which Excel calls “Unicode text”. "
        "Save it as “CSV UTF-8”, or say that it is utf-16"
    ),
    Rule.IN_ENCODING: lambda among: _(
        "expected text in %(among)s; some bytes are not", among=among
    ),
    Rule.DELIMITER: lambda among: _(
        "expected one separator between the columns; the header has several: %(among)s. Say "
        "which one it is",
        among=among,
    ),
    Rule.HEADER: lambda _among: _("the file is empty; expected a header line and rows below it"),
    Rule.QUOTING: lambda _among: _(
        "expected CSV; a quotation mark is out of place or never closed"
    ),
    Rule.COLUMN: lambda among: (
        _("expected this column; it is missing. Is it “%(among)s”?", among=among)
        if among
        else _("expected this column; it is missing")
    ),
    Rule.COLUMN_ONCE: lambda among: _(
        "expected this column once; it is there more than once, as columns %(among)s", among=among
    ),
    Rule.NAMED: lambda among: _("column %(among)s has no name; expected one", among=among),
    Rule.NAMELESS: lambda among: _(
        "column %(among)s has no name; expected nothing in it", among=among
    ),
    Rule.MAP_COLUMN: lambda among: _("expected a column that the file has: %(among)s", among=among),
    Rule.MAP_ONCE: lambda _among: _("expected each column once; this one was named before"),
    Rule.NOTHING: lambda _among: _("expected nothing here: * can only be left out"),
    Rule.CODES: lambda _among: _(
        "expected codes for a missing value, with commas between them, such as NA,9"
    ),
    Rule.NO_ANSWER: lambda _among: _(
        "this is a possible value in such a file; expected codes for a missing value only"
    ),
    Rule.WOULD_BE_LOST: lambda _among: _(
        "the file already has a column with the name of a score; use --replace to replace it"
    ),
    Rule.HELD_BACK: lambda _among: _(
        "expected the recorded value; it is not shown, because this patient withdrew consent to "
        "further use of data"
    ),
    Rule.KNOWN_COLUMN: lambda among: _("unknown column; expected %(among)s", among=among),
    Rule.WIDTH: lambda among: _("expected %(among)s cells, as in the header line", among=among),
    Rule.FILLED: lambda _among: _("expected a value"),
    Rule.DAY: lambda _among: _(
        "expected a day, YYYY-MM-DD, from %(year)s on; 2026/3/5, 2026.3.5 and 2026年3月5日 are "
        "accepted, too",
        year=EARLIEST.year,
    ),
    Rule.TIME: lambda _among: _("expected a time of day, HH:MM"),
    Rule.DAY_OF_TIME: lambda among: _(
        "expected an empty cell while %(among)s is empty", among=among
    ),
    Rule.NOT_AHEAD: lambda among: _("expected a day not after today, %(among)s", among=among),
    Rule.ONE_OF: lambda among: _("expected one of %(among)s", among=among),
    Rule.ONE_OF_OR_EMPTY: lambda among: _(
        "expected one of %(among)s, or an empty cell", among=among
    ),
    Rule.TRIAL_NUMBER: lambda _among: _(
        "expected a trial number: 1 to %(most)s letters, digits, dots, underscores or hyphens",
        most=LONGEST,
    ),
    Rule.NOT_PERSONAL: lambda _among: _(
        "expected a trial number; this looks like a telephone or identity number"
    ),
    Rule.A_NUMBER: lambda _among: _(
        "expected a trial number; this looks like “not available”, a path, a date or a decimal "
        "number"
    ),
    Rule.AS_RECORDED: lambda _among: _(
        "expected the number exactly as it is recorded; several patients have it in different "
        "spellings"
    ),
    Rule.KNOWN_PATIENT: lambda _among: _("expected a patient who has been imported"),
    Rule.A_NAME: lambda among: _(
        "expected a name of up to %(among)s characters, without colons or invisible characters",
        among=among,
    ),
    Rule.SHORT: lambda among: _("expected at most %(among)s characters", among=among),
    Rule.AS_KNOWN: lambda among: _(
        "expected %(among)s, which is recorded already; a recorded value is not replaced",
        among=among,
    ),
    Rule.FREE_NUMBER: lambda _among: _("expected a number that is not in use"),
    Rule.FEWER_ROWS: lambda among: _(
        "expected at most %(among)s lines; cut the file into several", among=among
    ),
    Rule.SMALLER: lambda among: _(
        "expected at most %(among)s kB; cut the file into several", among=among
    ),
    Rule.CSV_NAME: lambda _among: _(
        "expected a file whose name ends in .csv, .txt or .tsv; "
        "save a workbook as “CSV UTF-8 (comma delimited)” first"
    ),
    Rule.CONSENT_VERSION: lambda _among: _("expected the version of the consent that was signed"),
    Rule.FROM_SCREENING: lambda among: _(
        "expected a day not before the screening on %(among)s", among=among
    ),
    Rule.DEATH_AFTER_RANDOMISATION: lambda among: _(
        "expected a day of death not before the randomisation on %(among)s", among=among
    ),
    Rule.ONE_TRANSFER: lambda among: _(
        "expected a day without another transfer; one on %(among)s is recorded", among=among
    ),
    Rule.NEW_SITE: lambda _among: _("expected a site other than the one where the patient is"),
    Rule.OF_TRANSFERS: lambda _among: _("expected an empty cell; only a transfer names a site"),
    Rule.BEFORE_EVENTS: lambda among: _(
        "expected a day not after %(among)s, the day of an event on record", among=among
    ),
    Rule.ALIVE: lambda among: _("expected a day not after the death on %(among)s", among=among),
    Rule.CONSENTED_FIRST: lambda among: _(
        "expected a day not after %(among)s, when a later version of the consent was signed",
        among=among,
    ),
    Rule.FIRST_CONSENT: lambda among: _(
        "expected %(among)s, the day of the first consent on record; add a later version by "
        "“flask import consents” or on the patient's page",
        among=among,
    ),
    Rule.FIRST_VERSION: lambda among: _(
        "record the version of the first consent, of %(among)s, before this one",
        among=among,
    ),
    Rule.ABLE_CORRECTED: lambda among: _(
        "expected %(among)s, which is recorded as able for the day of randomisation; the "
        "investigator corrects it, with the reason, on the page of the patient's data",
        among=among,
    ),
    Rule.ONE_DEATH: lambda among: _(
        "expected %(among)s, the day of death recorded already", among=among
    ),
}

_REMARKS: dict[Remark, Callable[..., str]] = {
    Remark.REPEATED: lambda line: _("this is already on line %(line)s", line=line),
    Remark.SCREENED_LATE: lambda screened, randomised: _(
        "randomised on %(randomised)s, before the screening on %(screened)s",
        randomised=randomised,
        screened=screened,
    ),
    Remark.CONSENT_EARLY: lambda screened, consented: _(
        "consented on %(consented)s, before the screening on %(screened)s",
        consented=consented,
        screened=screened,
    ),
    Remark.AFTER_THE_END: lambda event, on: _(
        "this is dated after %(event)s on %(on)s", event=event, on=on
    ),
    Remark.SECOND_FORM: lambda visit: _(
        "another form already counts for %(visit)s; this one is kept beside it and not counted",
        visit=visit,
    ),
    Remark.SECOND_COUNTS: lambda visit: _(
        "the earlier form for %(visit)s is blank; this one counts until the site decides",
        visit=visit,
    ),
    Remark.ODD: lambda what, on, until, visit: what_is_odd(Oddity(what), on, until, visit),
    Remark.STANDS_AS: lambda visit, status: _(
        "kept anyway: the status of %(visit)s is %(status)s", visit=visit, status=status
    ),
    Remark.HELD_BACK: lambda: _(
        "another remark is not shown, because this patient withdrew consent to further use of data"
    ),
    Remark.ANSWERED_ALL_THE_SAME: lambda box, item: _(
        "%(box)s is ticked and %(item)s is answered; the answer is kept", box=box, item=item
    ),
    Remark.NOT_SAID_WHY: lambda: _("this was an interview, but why_not_self gives no reason"),
    Remark.NOBODY_NAMED: lambda: _("entered_by does not name the person who keyed the form"),
    Remark.MADE_UP: lambda: _("this database holds a demonstration with made-up patients"),
}
