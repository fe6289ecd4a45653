"""The download page: what an export holds, the download itself, and who had one."""

from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile

from flask import Blueprint, abort, flash, render_template, request, send_file
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from pro_app.acts.entered import day_of
from pro_app.busy import takes_long
from pro_app.core.review import Review
from pro_app.deployment import deployment
from pro_app.export import service
from pro_app.export.messages import reviews, said
from pro_app.export.service import Block, Blocked
from pro_app.export.writing import packed
from pro_app.security.access import staff_occasion, staff_only
from pro_app.security.service import note_refusal

blueprint = Blueprint("export", __name__, url_prefix="/staff/export")

_ROLES = ("data_manager", "statistician")


@blueprint.get("")
@staff_only(*_ROLES)
def download() -> ResponseReturnValue:
    return _page(deployment().today())


@blueprint.post("")
@staff_only(*_ROLES)
@takes_long
def take() -> ResponseReturnValue:
    parts = deployment()
    as_of = day_of(request.form.get("as_of", ""))
    if as_of is None or as_of > parts.today():
        flash(_("Please give a day up to today. Nothing was exported."), "error")
        return _page(parts.today()), 400
    with_arm = request.form.get("arm") == "yes"
    try:
        return _zip(as_of, with_arm, _review(request.form.get("review", "")))
    except Blocked as blocked:
        if blocked.block is Block.ARM_NOT_ALLOWED:
            note_refusal(current_user.actor, f"{request.endpoint} arm", parts.now())
            abort(403)
        flash(" ".join(said(blocked)), "error")
        return _page(as_of), 409


def _review(text: str) -> Review | None:
    """How the forms stand that are asked for, None: all of them."""
    if text not in ("", *Review):
        abort(400)
    return Review(text) if text else None


def _zip(as_of: date, with_arm: bool, review: Review | None) -> ResponseReturnValue:
    at = staff_occasion()
    with TemporaryDirectory(prefix="export-") as temporary:
        folder = Path(temporary) / "export"
        service.make_export(folder=folder, as_of=as_of, with_arm=with_arm, review=review, at=at)
        archive = TemporaryFile()  # noqa: SIM115 - closed with the response
        packed(folder, archive)
    archive.seek(0)
    of_review = f"-{review.value.lower()}" if review else ""
    name = f"{at.study.id}-{as_of.isoformat()}{'-arm' if with_arm else ''}{of_review}.zip"
    return send_file(archive, "application/zip", as_attachment=True, download_name=name)


def _page(as_of: date) -> str:
    at = staff_occasion()
    return render_template(
        "export/download.html",
        as_of=as_of,
        today=at.today,
        files=_files(),
        reviews=reviews(),
        may_have_arm=current_user.role in service.SEES_ARM,
        wordings=service.wordings_in_use(at=at),
        past=service.past_exports(),
    )


def _files() -> list[tuple[str, str]]:
    """Each file of an export, and what is in it."""
    return [
        ("patients.csv", _("Trial number, site, language, days, able to answer")),
        ("ledger.csv", _("Each expected visit: status, pattern, reason, flags, days")),
        ("forms.csv", _("Each form, conflicts too: for analysis or not, how and when, wording")),
        ("items.csv", _("Each item as answered, or why it is blank")),
        (
            "scores.csv",
            _("Each score, unrounded: study day, window, analysis flags, change from baseline"),
        ),
        ("queries.csv", _("Each query to a site: about what, how far it is, days; no words")),
        ("corrections.csv", _("Each corrected field, before and after, by whom asked for")),
        (
            "events.csv",
            _("Progression, death, withdrawals, returns, transfers and other dated events"),
        ),
        ("consents.csv", _("Each version of a consent, with its day")),
        ("voided.csv", _("What was declared wrong, why, and where it belongs")),
        ("compliance.csv", _("N, M, A, E, R, V and the rates by visit, all sites and each")),
        ("compliance_scales.csv", _("The same for each score: how many forms have it")),
        ("effort.csv", _("Calls, reminders and forms keyed in for each visit's form")),
        ("dictionary.csv", _("Every column explained, in English and Chinese")),
        ("manifest.json", _("Day, versions, counts, SHA-256 of each file, wording")),
    ]
