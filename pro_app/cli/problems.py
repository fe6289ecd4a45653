"""What is wrong with a file, in words: FILE:LINE: COLUMN: 'found' – what was expected."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from flask_babel import gettext as _

from pro_app.cli.outcome import CommandRefused, note
from pro_app.intake import messages
from pro_app.intake.hints import hints
from pro_app.intake.messages import delimiters
from pro_app.intake.problems import BadOption, BadTable, CellProblem, LineRemark
from pro_app.intake.source import ENCODINGS, UTF_8, Source
from pro_app.intake.table import DELIMITERS, Table

#: How many problems, and how many remarks, are told one by one.
TOLD = 20


@contextmanager
def refusing_bad_tables(path: Path, column_map: Path | None = None) -> Iterator[None]:
    """End the command with what is wrong when the file can't be read as a table."""
    try:
        yield
    except BadTable as error:
        raise refuse(path, error.problems, written=False) from error
    except BadOption as error:
        raise CommandRefused(_of_option(error.problem, column_map)) from error


def tell_reading(path: Path, table: Table, rows: int) -> None:
    """Say how a file was read."""
    note(
        _(
            "%(file)s: read as %(encoding)s, %(delimiter)s between the columns; "
            "%(columns)d columns, %(rows)d rows",
            file=path,
            encoding=table.source.encoding.upper(),
            delimiter=delimiters()[table.delimiter],
            columns=len(table.titles),
            rows=rows,
        )
    )


def tell_encoding(path: Path, source: Source) -> None:
    """Say so when the encoding had to be found out."""
    if source.encoding != UTF_8:
        note(
            _(
                "%(file)s: read as %(encoding)s, not UTF-8",
                file=path,
                encoding=source.encoding.upper(),
            )
        )


def tell_first(path: Path, rows: Sequence[tuple[int, Sequence[tuple[str, str]]]]) -> None:
    """Show the first rows as they are read; what is empty is left out."""
    for line, cells in rows:
        told = " · ".join(f"{name} {messages.shown(text)}" for name, text in cells if text)
        note(_("%(file)s:%(line)d: read as: %(told)s", file=path, line=line, told=told))


def lines_of(path: Path, problems: Iterable[CellProblem]) -> list[str]:
    """One line of text for each problem."""
    return [_problem(path, problem) for problem in problems]


def more(count: int, total: int) -> list[str]:
    """The line that says how many are not told, if any."""
    if not count:
        return []
    return [_("… and %(count)d more, %(total)d in all", count=count, total=total)]


def refuse(
    path: Path, problems: Sequence[CellProblem], *, total: int = 0, written: bool = True
) -> CommandRefused:
    """The end of a command that wrote nothing, because of these; `written`: it says so."""
    told = lines_of(path, problems[:TOLD])
    total = total or len(problems)
    end = [_("Nothing was written.")] if written else []
    return CommandRefused(*told, *more(total - len(told), total), *_advice(problems), *end)


def tell_remarks(path: Path, remarks: Sequence[LineRemark]) -> None:
    """Say what was taken and should be looked at."""
    for remark in remarks[:TOLD]:
        where = f"{path}" if remark.line is None else f"{path}:{remark.line}"
        text = messages.noticed(remark)
        note(_("%(where)s: warning: %(text)s", where=where, text=text))
    for line in more(max(len(remarks) - TOLD, 0), len(remarks)):
        note(line)


def _problem(path: Path, problem: CellProblem) -> str:
    parts = [f"{path}" if problem.line is None else f"{path}:{problem.line}"]
    if problem.column:
        parts.append(messages.shown(problem.column))
    return ": ".join([*parts, _found(problem)])


def _of_option(problem: CellProblem, column_map: Path | None) -> str:
    where = f"--{problem.column}"
    if problem.line is not None:
        where = f"{column_map}:{problem.line}: in_file"
    return f"{where}: {_found(problem)}"


def _found(problem: CellProblem) -> str:
    sentence = messages.expected(problem)
    if problem.found is None:
        return sentence
    return f"{_quoted(problem.found)} – {sentence}"


def _quoted(text: str) -> str:
    """The text as it may stand in a terminal: short, and nothing in it is obeyed."""
    return repr(messages.shown(text))


def _advice(problems: Sequence[CellProblem]) -> list[str]:
    """The options that may read it."""
    found = hints(problems)
    advice = []
    if found.columns:
        name, meant = found.columns[0]
        advice.append(
            _(
                "Columns may have other names: --map FILE, a CSV file with the columns in_file and "
                "read_as and with lines such as %(line)s",
                line=f"{messages.shown(name)},{meant}",
            )
        )
    if found.nameless:
        advice.append(
            _(
                "A column can be left out: --map FILE with the line #%(place)s, and nothing after "
                "the comma (write.csv of R has row.names = FALSE)",
                place=f"{found.nameless},",
            )
        )
    if found.missing:
        codes = ",".join(found.missing)
        advice.append(_("If these are codes for a missing value: --missing %(codes)s", codes=codes))
    if found.decimals:
        advice.append(_("If an answer may be written 2.0: --decimals"))
    if found.encoding:
        advice.append(_("Say the encoding: --encoding %(names)s", names=" | ".join(ENCODINGS)))
    if found.delimiter:
        names = " | ".join(DELIMITERS)
        advice.append(_("Say what stands between the columns: --delimiter %(names)s", names=names))
    return advice
