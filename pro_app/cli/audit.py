"""`flask audit …`: seal the trail, verify it, take words out that name somebody."""

import os
import socket

import click
from flask import Flask
from flask.cli import AppGroup
from flask_babel import gettext as _

from pro_app.audit import service
from pro_app.audit.service import RedactionProblem
from pro_app.cli.outcome import CommandRefused, note, print_json
from pro_app.core.seals import Finding, Head, Verdict, Wrong, read_head
from pro_app.deployment import deployment
from pro_app.store.engine.transaction import CLI

group = AppGroup("audit", help="The trail: its seals, and whether they hold.")


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
            _("A transaction that began earlier is still open; nothing was sealed. Try again.")
        )
    click.echo(_("sealed: %(count)d events", count=sealed.events))


@group.command("verify")
@click.option("--head", type=_Head(), help="A head that was kept outside: POSITION:HEX or HEX.")
@click.option("--json", "as_json", is_flag=True, help="Print the verdict as JSON.")
def verify(head: Head | None, as_json: bool) -> None:
    """Verify every event against its seal; name the first that is wrong."""
    verdict = service.check(head)
    if as_json:
        print_json(_as_json(verdict))
    if verdict.finding is not None:
        raise CommandRefused(_sentence(verdict.finding))
    if not as_json:
        click.echo(_("The trail is whole: %(count)d sealed events.", count=verdict.sealed))
        if verdict.head is not None:
            click.echo(f"{verdict.head.position}:{verdict.head.chain}")
    if verdict.redacted:
        note(
            _(
                "Words were taken out of %(count)d events, as the trail says.",
                count=verdict.redacted,
            )
        )
    if verdict.waiting:
        note(_("Not sealed yet: %(count)d events", count=verdict.waiting))
    if head is None:
        note(_("Whether the end was cut off shows only with --head, a head kept outside."))


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
    problem = service.redact(event_id, fields, why=why.strip(), actor=CLI, now=deployment().now())
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
            "event %(event)s is not what was sealed; see `flask audit verify`", event=event
        ),
        RedactionProblem.ALREADY: lambda: _(
            "something was taken out of event %(event)s before; that can be done only once",
            event=event,
        ),
        RedactionProblem.NO_FIELD: lambda: _(
            "event %(event)s has no such field that could be taken out; "
            "expected `reason` or `changes.NAME`",
            event=event,
        ),
    }
    return str(sentences[problem]())


def _as_json(verdict: Verdict) -> dict[str, object]:
    head, finding = verdict.head, verdict.finding
    return {
        "whole": finding is None,
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
    }


def _sentence(finding: Finding) -> str:
    names = {"position": finding.position, "event": finding.event_id}
    sentences = {
        Wrong.ALTERED: lambda: _(
            "event %(event)s (position %(position)s) was altered after it was sealed", **names
        ),
        Wrong.DELETED: lambda: _(
            "event %(event)s (position %(position)s) was deleted; its seal is there", **names
        ),
        Wrong.INSERTED: lambda: _(
            "event %(event)s (before position %(position)s) was inserted; it has no seal", **names
        ),
        Wrong.REORDERED: lambda: _(
            "event %(event)s (position %(position)s) was reordered: "
            "another row stands in its place",
            **names,
        ),
        Wrong.SEAL_ALTERED: lambda: _(
            "event %(event)s (position %(position)s): its seal does not follow from the one "
            "before; a seal was altered, or rows before it were removed with their seals",
            **names,
        ),
        Wrong.SEAL_DELETED: lambda: (
            _("position %(position)s: the seal was deleted, of event %(event)s", **names)
            if finding.event_id
            else _("position %(position)s: the seal was deleted, and its event with it", **names)
        ),
        Wrong.CUT: lambda: _(
            "position %(position)s: the end of the trail was cut off, from this row on", **names
        ),
        Wrong.REPLACED: lambda: _(
            "position %(position)s: the head kept outside is not in this chain; "
            "the end was cut off, or the chain was made anew",
            **names,
        ),
    }
    return str(sentences[finding.wrong]())
