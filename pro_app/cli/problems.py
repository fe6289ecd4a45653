"""What is wrong with a file, in words: FILE:LINE: COLUMN: 'found' – what was expected."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from flask_babel import gettext as _

from pro_app.cli.outcome import Refused, note
from pro_app.intake.problems import BadTable, CellProblem, LineRemark, Remark, Rule
from pro_app.intake.table import GB18030, Source

#: How many problems, and how many remarks, are told one by one.
TOLD = 50


@contextmanager
def refusing_bad_tables(path: Path) -> Iterator[None]:
    """End the command with what is wrong when the file can't be read as a table."""
    try:
        yield
    except BadTable as error:
        raise Refused(*lines_of(path, [error.problem])) from error


def tell_encoding(path: Path, source: Source) -> None:
    """Say so when the encoding had to be guessed."""
    if source.encoding == GB18030:
        note(_("%(file)s: not UTF-8, read as GB18030 (GBK)", file=path))


def lines_of(path: Path, problems: Iterable[CellProblem]) -> list[str]:
    """One line of text for each problem."""
    return [_problem(path, problem) for problem in problems]


def more(count: int) -> list[str]:
    """The line that says how many are not told, if any."""
    return [_("… and %(count)d more", count=count)] if count else []


def refuse(path: Path, problems: Sequence[CellProblem]) -> Refused:
    """The end of a command that wrote nothing, because of these."""
    told = lines_of(path, problems[:TOLD])
    return Refused(*told, *more(len(problems) - len(told)), _("Nothing was written."))


def tell_remarks(path: Path, remarks: Sequence[LineRemark]) -> None:
    """Say what was taken and should be looked at."""
    for remark in remarks[:TOLD]:
        where = f"{path}" if remark.line is None else f"{path}:{remark.line}"
        text = _REMARKS[remark.remark](*remark.names)
        note(_("%(where)s: warning: %(text)s", where=where, text=text))
    for line in more(len(remarks) - TOLD if len(remarks) > TOLD else 0):
        note(line)


def _problem(path: Path, problem: CellProblem) -> str:
    among = ", ".join(problem.expected.among)
    parts = [f"{path}" if problem.line is None else f"{path}:{problem.line}"]
    if problem.column:
        parts.append(problem.column)
    sentence = _SENTENCES[problem.expected.rule](among)
    if problem.found is not None:
        sentence = f"{_quoted(problem.found)} – {sentence}"
    return ": ".join([*parts, sentence])


def _quoted(text: str) -> str:
    """The text as it may stand in a terminal: short, and nothing in it is obeyed."""
    return repr(text if len(text) <= 60 else f"{text[:60]}…")


_SENTENCES: dict[Rule, Callable[[str], str]] = {
    Rule.READABLE: lambda _among: _("expected a file that can be read"),
    Rule.PLAIN_TEXT: lambda _among: _(
        "expected CSV text in UTF-8 or GB18030; this is UTF-16, a workbook or no text at all. "
        "Save it as “CSV UTF-8”"
    ),
    Rule.HEADER: lambda _among: _("the file is empty; expected a header line and rows below it"),
    Rule.QUOTING: lambda _among: _(
        "expected CSV; a quotation mark is out of place or never closed"
    ),
    Rule.COLUMN: lambda _among: _("expected this column; it is missing"),
    Rule.COLUMN_ONCE: lambda _among: _("expected this column once; it stands there twice"),
    Rule.KNOWN_COLUMN: lambda among: _("unknown column; expected %(among)s", among=among),
    Rule.WIDTH: lambda among: _("expected %(among)s cells, as in the header line", among=among),
    Rule.FILLED: lambda _among: _("expected a value"),
    Rule.DAY: lambda _among: _("expected a day, YYYY-MM-DD, from 1900 on"),
    Rule.NOT_AHEAD: lambda among: _("expected a day not after today, %(among)s", among=among),
    Rule.ONE_OF: lambda among: _("expected one of %(among)s", among=among),
    Rule.ONE_OF_OR_EMPTY: lambda among: _("expected one of %(among)s, or nothing", among=among),
    Rule.TRIAL_NUMBER: lambda _among: _(
        "expected a trial number: 1 to 40 letters, digits, dots, underscores or hyphens"
    ),
    Rule.NOT_PERSONAL: lambda _among: _(
        "expected a trial number; this looks like a telephone or identity number"
    ),
    Rule.KNOWN_PATIENT: lambda _among: _("expected a patient who has been imported"),
    Rule.AS_KNOWN: lambda among: _(
        "expected %(among)s, which is recorded already; a recorded value is not replaced",
        among=among,
    ),
    Rule.ONE_DEATH: lambda among: _(
        "expected %(among)s, the day of death recorded already", among=among
    ),
}

_REMARKS: dict[Remark, Callable[..., str]] = {
    Remark.REPEATED: lambda line: _("this stands on line %(line)s already", line=line),
    Remark.SCREENED_LATE: lambda screened, randomised: _(
        "randomised on %(randomised)s, before the screening on %(screened)s",
        randomised=randomised,
        screened=screened,
    ),
    Remark.AFTER_THE_END: lambda event, on: _(
        "this is dated after %(event)s on %(on)s", event=event, on=on
    ),
    Remark.SECOND_FORM: lambda visit: _(
        "another form stands for %(visit)s; this one is kept beside it and not counted",
        visit=visit,
    ),
    Remark.ANSWERED_ALL_THE_SAME: lambda box, item: _(
        "%(box)s is ticked and %(item)s is answered; the answer is kept", box=box, item=item
    ),
    Remark.NOT_SAID_WHY: lambda: _("an interview, and why_not_self does not say why"),
    Remark.NOBODY_NAMED: lambda: _("entered_by names nobody who keyed the form"),
    Remark.MADE_UP: lambda: _("this database holds a demonstration with made-up patients"),
}
