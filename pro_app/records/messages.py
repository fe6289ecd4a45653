"""What the room says: what a signature means, and what stood in the way."""

from flask_babel import gettext as _

from pro_app.records.service import Kind


def meaning(kind: Kind) -> str:
    """The sentence that is signed; it is kept as it was read."""
    meanings = {
        Kind.PATIENT: lambda: _(
            "I have reviewed the record of this patient. To the best of my knowledge it is "
            "complete and true, and I answer for it."
        ),
        Kind.SITE: lambda: _(
            "I have reviewed the records of all patients of this site. To the best of my "
            "knowledge they are complete and true, and I answer for them."
        ),
    }
    return str(meanings[kind]())


def done(deed: str) -> str:
    """What was done."""
    sentences = {
        "sign": lambda: _("Signed."),
        "lock": lambda: _("Locked. Nothing of it can be changed until it is unlocked."),
        "unlock": lambda: _("Unlocked."),
    }
    return str(sentences[deed]())


def modes() -> dict[str, str]:
    """Mode → how a form was filled in."""
    return {
        "phone_self": _("own phone"),
        "site_tablet": _("tablet at the site"),
        "paper": _("paper"),
        "interview_site": _("interview at the site"),
        "interview_phone": _("interview by phone"),
    }
