"""What is wrong with a file, in words: FILE:LINE: COLUMN: 'found' – what was expected."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from flask_babel import gettext as _

from pro_app.cli.outcome import CommandRefused, note
from pro_app.intake import messages
from pro_app.intake.problems import BadTable, CellProblem, LineRemark
from pro_app.intake.table import GB18030, Source

#: How many problems, and how many remarks, are told one by one.
TOLD = 50


@contextmanager
def refusing_bad_tables(path: Path) -> Iterator[None]:
    """End the command with what is wrong when the file can't be read as a table."""
    try:
        yield
    except BadTable as error:
        raise CommandRefused(*lines_of(path, [error.problem])) from error


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


def refuse(path: Path, problems: Sequence[CellProblem]) -> CommandRefused:
    """The end of a command that wrote nothing, because of these."""
    told = lines_of(path, problems[:TOLD])
    return CommandRefused(*told, *more(len(problems) - len(told)), _("Nothing was written."))


def tell_remarks(path: Path, remarks: Sequence[LineRemark]) -> None:
    """Say what was taken and should be looked at."""
    for remark in remarks[:TOLD]:
        where = f"{path}" if remark.line is None else f"{path}:{remark.line}"
        text = messages.noticed(remark)
        note(_("%(where)s: warning: %(text)s", where=where, text=text))
    for line in more(len(remarks) - TOLD if len(remarks) > TOLD else 0):
        note(line)


def _problem(path: Path, problem: CellProblem) -> str:
    parts = [f"{path}" if problem.line is None else f"{path}:{problem.line}"]
    if problem.column:
        parts.append(problem.column)
    sentence = messages.expected(problem)
    if problem.found is not None:
        sentence = f"{_quoted(problem.found)} – {sentence}"
    return ": ".join([*parts, sentence])


def _quoted(text: str) -> str:
    """The text as it may stand in a terminal: short, and nothing in it is obeyed."""
    return repr(text if len(text) <= 60 else f"{text[:60]}…")
