"""`flask ledger`, `compliance` and `reason`: what came, what did not, and why."""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any, Literal

import click
from flask import Flask
from flask_babel import gettext as _

from pro_app.acts.person import operator
from pro_app.cli.outcome import CommandRefused, Day, Moment, note, print_json, print_table
from pro_app.core import refused
from pro_app.core.ledger import Entry
from pro_app.core.possible import EARLIEST
from pro_app.core.rates import NUMBERS, RATES, ScaleRates, VisitRates
from pro_app.core.refused import Why
from pro_app.deployment import deployment
from pro_app.nurse import service
from pro_app.nurse.service import By
from pro_app.security.access import occasion_of
from pro_app.store.engine.transaction import CLI, transaction


def register(app: Flask) -> None:
    for name, command in (("ledger", ledger), ("compliance", compliance), ("reason", reason)):
        app.cli.command(name)(command)


_AS_OF = click.option("--as-of", type=Day(), help="The day asked about; today if left out.")
_KNOWN_AT = click.option(
    "--known-at",
    type=Moment(),
    help="Leave out what was recorded after this instant, e.g. 2026-03-05T08:00:00+08:00.",
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")


@_AS_OF
@_KNOWN_AT
@_JSON
def ledger(as_of: date | None, known_at: datetime | None, as_json: bool) -> None:
    """List every patient and visit with its status as of a day."""
    at = occasion_of(deployment(), operator(CLI))
    entries = service.ledger(as_of=as_of or at.today, known_at=known_at, at=at)
    rows = [_entry(each) for each in entries]
    if as_json:
        print_json(rows)
    else:
        table = [[*row.values()] for row in rows]
        print_table(_ENTRY, [[_cell(value) for value in row] for row in table])


#: The keys of an entry, in their order.
_ENTRY = (
    "patient_id",
    "site",
    "visit",
    "opens_on",
    "target_on",
    "closes_on",
    "status",
    "pattern",
    "reason",
    "flags",
    "truncated_by_death",
    "answered_on",
    "items_answered",
)


def _entry(entry: Entry) -> dict[str, Any]:
    return {name: _plain(getattr(entry, name)) for name in _ENTRY}


def _plain(value: Any) -> Any:
    """A value as JSON can hold it."""
    if isinstance(value, date):
        return value.isoformat()
    return [str(each) for each in value] if isinstance(value, tuple) else value


def _cell(value: Any) -> Any:
    """A value as a table shows it: of a flag only that it is there."""
    if isinstance(value, bool):
        return _("yes") if value else None
    return " ".join(value) if isinstance(value, list) else value


@_AS_OF
@_KNOWN_AT
@click.option(
    "--by", type=click.Choice(["site", "arm", "scale"]), help="One block of rows for each."
)
@_JSON
def compliance(
    as_of: date | None, known_at: datetime | None, by: By | Literal["scale"] | None, as_json: bool
) -> None:
    """Show denominators and rates by visit, and pooled, as of a day."""
    at = occasion_of(deployment(), operator(CLI))
    as_of = as_of or at.today
    if by == "scale":
        rows = service.compliance_by_scale(as_of=as_of, known_at=known_at, at=at)
        _print_scales(rows, as_json)
        return
    if by == "arm":  # who looks at the arms leaves a trace
        with transaction(at.actor, at.now) as tx:
            tx.record("arm.read", at.study.id, reason=f"compliance as of {as_of}")
    found = service.compliance(as_of=as_of, known_at=known_at, by=by, at=at)
    if as_json:
        print_json([_rates(row, by, group) for group, row in found])
    else:
        columns = (by,) if by else ()
        print_table(
            (*columns, "visit", "month", *_NUMBERS.values(), *_HEADS),
            [
                [*([group] if by else []), *_numbers(row).values(), *_ratios(row)]
                for group, row in found
            ],
        )


def _print_scales(rows: Iterable[ScaleRates], as_json: bool) -> None:
    if as_json:
        print_json([_of_scale(row) for row in rows])
        return
    rates = [f"{name} scored/{whole.upper()}" for name, whole in _SCALE_RATES.items()]
    print_table(
        (*_SCALE_NUMBERS, *rates),
        [
            [
                *(_of_scale(row)[key] for key in _SCALE_NUMBERS),
                *(
                    _ratio(row.scored, getattr(row.counts, whole), getattr(row, name))
                    for name, whole in _SCALE_RATES.items()
                ),
            ]
            for row in rows
        ],
    )


_SCALE_NUMBERS = ("scale", "visit", "month", "N", "E", "R", "scored")
#: Rate of a score → of which number it is.
_SCALE_RATES = {"scored_of_expected_rate": "e", "scored_of_all_rate": "n"}


def _of_scale(row: ScaleRates) -> dict[str, Any]:
    counts = row.counts
    numbers = (row.scale, row.visit, row.month, counts.n, counts.e, counts.r, row.scored)
    rates = {name: getattr(row, name) for name in _SCALE_RATES}
    return dict(zip(_SCALE_NUMBERS, numbers, strict=True)) | rates


def _ratio(part: int, whole: int, rate: float | None) -> str | None:
    """A rate as it is read: in per cent, with the counts it is made of."""
    return None if rate is None else f"{part}/{whole} {100 * rate:.1f} %"


#: Number → its key in the output: capitals for those that are a part of one another.
_NUMBERS = {name: name if len(name) > 1 else name.upper() for name in NUMBERS}

#: The heads of the rates; no rate is shown without what it is made of.
_HEADS = [f"{name} {part.upper()}/{of.upper()}" for name, (part, of) in RATES.items()]


def _numbers(row: VisitRates) -> dict[str, Any]:
    numbers = {key: getattr(row.counts, name) for name, key in _NUMBERS.items()}
    return {"visit": row.visit, "month": row.month, **numbers}


def _rates(row: VisitRates, by: By | None, group: str | None) -> dict[str, Any]:
    rates = {name: getattr(row, name) for name in RATES}
    return {**({by: group or None} if by else {}), **_numbers(row), **rates}


def _ratios(row: VisitRates) -> list[str | None]:
    return [
        _ratio(getattr(row.counts, part), getattr(row.counts, whole), getattr(row, name))
        for name, (part, whole) in RATES.items()
    ]


@click.argument("patient")
@click.argument("visit")
@click.argument("code")
@click.option("--said-by", required=True, help="Who gave the reason.")
@click.option("--on", "said_on", required=True, type=Day(), help="The day it was given.")
@click.option("--text", help="An explanation in words; some codes need it.")
def reason(
    patient: str, visit: str, code: str, said_by: str, said_on: date, text: str | None
) -> None:
    """Say why a form is missing. It closes the visit's flag."""
    parts = deployment()
    outcome = service.give_reason(
        number=patient,
        visit=visit,
        code=code,
        said_by=said_by,
        said_on=said_on,
        text=text,
        logged=False,
        at=occasion_of(parts, operator(CLI)),
    )
    if isinstance(outcome, refused.Refused):
        given = {"number": patient, "visit": visit, "code": code, "said_on": said_on}
        raise CommandRefused(_REFUSALS[outcome.why](str(given.get(outcome.field, "")), outcome))
    if not outcome.changed:
        note(_("This reason stood there already; nothing was changed."))
    click.echo(f"{outcome.number} {outcome.visit} {outcome.code}")


#: What was given, and the refusal → what is wrong.
_REFUSALS: dict[Why, Callable[[str, refused.Refused], str]] = {
    Why.UNKNOWN_PATIENT: lambda given, found: _(
        "PATIENT: there is no patient %(given)s", given=given
    ),
    Why.UNKNOWN_VISIT: lambda given, found: _(
        "VISIT: %(given)s is unknown; expected one of %(visits)s",
        given=given,
        visits=", ".join(visit.code for visit in deployment().study.all_visits),
    ),
    Why.UNKNOWN_CODE: lambda given, found: _(
        "CODE: %(given)s is unknown; expected one of %(codes)s",
        given=given,
        codes=", ".join(each.code for each in deployment().study.reasons),
    ),
    Why.SAID_BY_MISSING: lambda given, found: _("--said-by: expected a name"),
    Why.TEXT_MISSING: lambda given, found: _("--text: this code needs words of its own"),
    Why.TOO_LONG: lambda given, found: _(
        "--%(option)s: this is too long", option=found.field.replace("_", "-")
    ),
    Why.DAY_AHEAD: lambda given, found: _(
        "--on: %(given)s has not come yet; expected a day until today", given=given
    ),
    Why.NOT_A_DAY: lambda given, found: _(
        "--on: %(given)s is not a day; expected YYYY-MM-DD, from %(year)s on",
        given=given,
        year=EARLIEST.year,
    ),
    Why.BEFORE_SCREENING: lambda given, found: _(
        "--on: %(given)s lies before the screening on %(day)s", given=given, day=found.detail
    ),
    Why.TOO_FEW_ATTEMPTS: lambda given, found: _(
        "CODE: %(given)s needs more recorded attempts to reach the patient first", given=given
    ),
    Why.NOT_ASKED: lambda given, found: (
        _(
            "VISIT: the status of %(given)s is %(status)s, so no reason is needed",
            given=given,
            status=found.detail,
        )
        if found.detail
        else _("VISIT: %(given)s is not planned for this patient", given=given)
    ),
}
