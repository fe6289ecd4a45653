"""A map of columns: a table with in_file and read_as, or as many lines of a page."""

from dataclasses import replace

from pro_app.intake.columns import OTHERS, Renamed
from pro_app.intake.problems import BadTable, CellProblem, Expected, Rule
from pro_app.intake.source import UTF_8, Source
from pro_app.intake.table import Reading, Table, header_problems, table_of

_HEADER = ("in_file", "read_as")


def mapped(table: Table) -> tuple[Renamed, ...]:
    """What a table with the columns in_file and read_as says. Errors: BadTable."""
    problems = header_problems(table, _HEADER)
    if problems:
        raise BadTable(*problems)
    found: list[Renamed] = []
    for row in table.rows():
        title, meant = (table.cell(row, table.places[name]) for name in _HEADER)
        misfit = table.misfit(row)
        if not title and not meant and not misfit:
            continue
        if misfit or not title or any(each.title == title for each in found):
            rule = Rule.FILLED if not title else Rule.MAP_ONCE
            problems.append(misfit or CellProblem(row.line, "in_file", title, Expected(rule)))
        elif title == OTHERS and meant:
            problems.append(CellProblem(row.line, "read_as", meant, Expected(Rule.NOTHING)))
        else:
            found.append(Renamed(row.line, title, meant))
    if problems:
        raise BadTable(*problems)
    return tuple(found)


def typed(text: str) -> tuple[Renamed, ...]:
    """The same from the lines of a page, which need no header. Errors: BadTable."""
    if not text.strip():
        return ()
    lines = [",".join(_HEADER), *text.splitlines()]
    table = table_of(Source("\n".join(lines).encode(), UTF_8), Reading(delimiter=","))
    try:
        return tuple(each._replace(line=each.line - 1) for each in mapped(table))
    except BadTable as bad:
        raise BadTable(*(replace(p, line=p.line and p.line - 1) for p in bad.problems)) from bad
