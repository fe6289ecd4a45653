"""`flask audit …`: seal the trail, verify it, take words out that name somebody."""

import os
import socket
from collections.abc import Iterator

import click
from flask import Flask
from flask.cli import AppGroup
from flask_babel import gettext as _

from pro_app.acts.person import operator
from pro_app.audit import service, verdicts
from pro_app.audit.service import RedactionProblem
from pro_app.cli.outcome import CommandRefused, note, print_json
from pro_app.core.seals import Head, Verdict, read_head
from pro_app.core.witness import DataVerdict
from pro_app.deployment import deployment
from pro_app.security.access import occasion_of
from pro_app.store.engine.transaction import CLI

group = AppGroup("audit", help="Seal and verify the audit trail, and take words out of it.")


def register(app: Flask) -> None:
    app.cli.add_command(group)


class _Head(click.ParamType[Head]):
    """A head of the chain, `POSITION:HEX` or HEX alone."""

    name = "head"

    def convert(
        self, value: str | Head, param: click.Parameter | None, ctx: click.Context | None
    ) -> Head:
        head = value if isinstance(value, Head) else read_head(value)
        if head is None:
            text = _("expected 64 hexadecimal digits, with POSITION: in front if it is known")
            self.fail(text, param, ctx)
        return head


@group.command("seal")
def seal() -> None:
    """Seal the events that are not sealed yet, as the worker does every half minute."""
    holder = f"{socket.gethostname()}:{os.getpid()}"
    sealed = service.seal(holder=holder, now=deployment().now())
    if sealed.held_up:
        raise CommandRefused(
            _(
                "An earlier change is still being saved, so nothing was sealed. Try again in a "
                "moment."
            )
        )
    click.echo(_("sealed: %(count)d events", count=sealed.events))


@group.command("verify")
@click.option("--head", type=_Head(), help="A head that was kept outside: POSITION:HEX or HEX.")
@click.option("--data", is_flag=True, help="Also compare the tables with the trail.")
@click.option("--json", "as_json", is_flag=True, help="Print the verdict as JSON.")
def verify(head: Head | None, data: bool, as_json: bool) -> None:
    """Verify every event against its seal, with --data every row too; name the first wrong one."""
    verdict = service.check(head, data=data)
    if as_json:
        print_json(_as_json(verdict))
    if verdict.finding is not None:
        raise CommandRefused(verdicts.finding(verdict.finding))
    if verdict.data and verdict.data.difference:
        raise CommandRefused(verdicts.difference(verdict.data.difference))
    if not as_json:
        click.echo(_("The trail is whole: %(count)d sealed events.", count=verdict.sealed))
        if verdict.head is not None:
            click.echo(f"{verdict.head.position}:{verdict.head.chain}")
        if verdict.data:
            click.echo(verdicts.data_whole(verdict.data.rows))
    for line in _notes(verdict):
        note(line)
    if head is None:
        note(
            _(
                "This can't show whether the end of the trail was cut off. To check that, give "
                "--head with a head kept outside."
            )
        )


def _notes(verdict: Verdict) -> Iterator[str]:
    """What is no fault, and yet to be known."""
    if verdict.redacted:
        yield _(
            "Words were taken out of %(count)d events, as the trail says.", count=verdict.redacted
        )
    if verdict.unproven:
        yield _(
            "%(count)d of these were sealed before version 2: whether the rest of them is "
            "unchanged can't be proven.",
            count=verdict.unproven,
        )
    if verdict.waiting:
        yield _("Not sealed yet: %(count)d events", count=verdict.waiting)
    if verdict.data and verdict.data.unwitnessed:
        yield verdicts.unwitnessed(verdict.data.unwitnessed)


@group.command("redact")
@click.argument("event_id", type=click.IntRange(min=1, max=2**31 - 1))
@click.option(
    "--field", "fields", multiple=True, required=True, help="`reason`, or `changes.NAME`."
)
@click.option("--why", required=True, help="Why, without the words themselves; it is kept.")
def redact(event_id: int, fields: tuple[str, ...], why: str) -> None:
    """Take words that name somebody out of a sealed event, for good; the chain still verifies."""
    if not why.strip():
        raise CommandRefused(_("say why; it is kept in the trail"))
    at = occasion_of(deployment(), operator(CLI))
    problem = service.redact(event_id, fields, why=why.strip(), at=at)
    if problem is not None:
        raise CommandRefused(_not_redacted(problem, event_id))
    click.echo(
        _("taken out of event %(event)s: %(fields)s", event=event_id, fields=", ".join(fields))
    )


def _not_redacted(problem: RedactionProblem, event: int) -> str:
    sentences = {
        RedactionProblem.NO_EVENT: lambda: _("there is no event %(event)s", event=event),
        RedactionProblem.NOT_SEALED: lambda: _(
            "event %(event)s is not sealed yet; try again in a minute", event=event
        ),
        RedactionProblem.ALTERED: lambda: _(
            "event %(event)s does not match its seal; nothing was changed. "
            "Run `flask audit verify`",
            event=event,
        ),
        RedactionProblem.ALREADY: lambda: _(
            "words were already taken out of event %(event)s; that can be done only once",
            event=event,
        ),
        RedactionProblem.NO_FIELD: lambda: _(
            "event %(event)s has no such field; expected `reason` or `changes.NAME`",
            event=event,
        ),
    }
    return str(sentences[problem]())


def _as_json(verdict: Verdict) -> dict[str, object]:
    head, finding = verdict.head, verdict.finding
    return {
        "whole": verdict.whole,
        "sealed": verdict.sealed,
        "waiting": verdict.waiting,
        "redacted": verdict.redacted,
        "head": None if head is None else f"{head.position}:{head.chain}",
        "sealed_at": None if head is None else head.sealed_at.isoformat(),
        "finding": finding
        and {
            "wrong": finding.wrong.value,
            "position": finding.position,
            "event_id": finding.event_id,
        },
        "data": verdict.data and _data_as_json(verdict.data),
    }


def _data_as_json(data: DataVerdict) -> dict[str, object]:
    found = data.difference
    return {
        "rows": data.rows,
        "unwitnessed": data.unwitnessed,
        "finding": found
        and {
            "wrong": found.wrong.value,
            "table": found.table,
            "key": list(found.key) if found.key else None,
            "event_id": found.event_id,
            "patient": found.number,
            "visit": found.visit,
        },
    }
