"""What a verification found, in words: for the page and the command line alike."""

from flask_babel import gettext as _

from pro_app.audit.heads import DailyHead
from pro_app.core.seals import Finding, Wrong
from pro_app.core.study import Site
from pro_app.core.witness import Difference, Differs
from pro_app.deployment import deployment
from pro_app.i18n import offered, speaking


def data_whole(rows: int) -> str:
    return str(_("The data match the trail; rows compared: %(count)s.", count=rows))


def unwitnessed(rows: int) -> str:
    return str(
        _("Rows written before version 2 of the seal, not witnessed: %(count)s.", count=rows)
    )


def finding(found: Finding) -> str:
    """What is wrong with the first event or seal that is."""
    names = {"position": found.position, "event": found.event_id}
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
            if found.event_id
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
    return str(sentences[found.wrong]())


def difference(found: Difference) -> str:
    """Which row of the tables is not what the trail tells, and of whom."""
    about = " ".join(filter(None, (found.number, found.visit)))
    row = _tables().get(found.table, found.table)
    words = {
        "row": f"{row} ({about})" if about else row,
        "where": found.table if found.key is None else f"{found.table} {_key(found.key)}",
        "event": found.event_id,
    }
    if found.key is None and found.wrong is Differs.DELETED:
        return str(_("%(row)s [%(where)s]: a row from before version 2 is gone", **words))
    sentences = {
        Differs.ALTERED: lambda: _(
            "%(row)s [%(where)s] was altered: it differs from what event %(event)s records", **words
        ),
        Differs.DELETED: lambda: _(
            "%(row)s [%(where)s] is missing, but event %(event)s records that it was written",
            **words,
        ),
        Differs.ADDED: lambda: _("%(row)s [%(where)s] was added, but no event records it", **words),
        Differs.ENDED: lambda: _(
            "%(row)s [%(where)s] was ended or moved, but not as the trail records it", **words
        ),
    }
    return str(sentences[found.wrong]())


def _key(key: tuple[object, ...]) -> str:
    return "/".join(str(part) for part in key)


def _tables() -> dict[str, str]:
    """Table → one of its rows, in words."""
    return {
        "access_review": _("review of the accounts"),
        "allocation": _("treatment arm"),
        "consent": _("consent"),
        "consent_decision": _("decision after consent was withdrawn"),
        "contact_attempt": _("attempt to reach a patient"),
        "correction": _("correction"),
        "correction_decision": _("decision on a correction"),
        "event": _("event of a patient"),
        "form": _("form"),
        "form_decision": _("decision whether a form counts"),
        "form_review": _("approval of a form"),
        "form_score": _("scores of a form"),
        "keying_decision": _("decision on two keyings"),
        "patient": _("patient"),
        "patient_version": _("data of a patient"),
        "pause": _("pause"),
        "query_note": _("words of a query"),
        "reason": _("reason for a missing form"),
        "record_lock": _("lock of a record"),
        "redaction": _("redaction of the trail"),
        "second_keying": _("second keying"),
        "signature": _("signature"),
        "staff_right": _("rights of an account"),
        "study_version": _("version of the study"),
        "void": _("declaration that something was wrong"),
        "wording_pack": _("licensed wording"),
        "wording_release": _("release of a wording"),
    }


def head_letter(site: Site, told: DailyHead) -> tuple[str, str]:
    """Subject and text of the daily letter, in every language of the study."""
    study = deployment().study
    subjects, texts = [], []
    head = f"{told.seal.position}:{told.seal.chain}"
    for language in offered():
        with speaking(language):
            name = site.name.get(language, site.code)
            subjects.append(_("%(study)s: trail, %(day)s", study=study.registry_id, day=told.day))
            said = (
                name,
                _(
                    "%(new)s new events are sealed; %(all)s in all.",
                    new=told.new,
                    all=told.seal.position,
                ),
                _("Head of the chain on %(day)s:", day=told.day),
                head,
                _(
                    "Keep this letter where the operator of the system can't change it. It "
                    "proves later that nothing sealed so far was changed, removed or cut off. To "
                    "verify:"
                ),
                f"flask audit verify --head {head}",
            )
            texts.append("\n".join(said))
    return " / ".join(subjects), "\n\n--\n\n".join(texts) + "\n"
