"""What is said of a photograph that was not kept."""

from flask_babel import gettext as _

from pro_app.papers.photographs import MOST_BYTES, BadPicture
from pro_app.papers.scanning import MOST_PICTURES, NotAdded, WhyNot


def not_taken(name: str, why: WhyNot) -> str:
    """A photograph that was not kept, by the name of its file."""
    said = {
        BadPicture.NO_PICTURE: lambda: _(
            "%(name)s was not kept: it is no JPEG, PNG or WebP picture. Take it again.", name=name
        ),
        BadPicture.TOO_LARGE: lambda: _(
            "%(name)s was not kept: it is larger than %(n)s MB.", name=name, n=MOST_BYTES >> 20
        ),
        BadPicture.TOO_MANY_PIXELS: lambda: _(
            "%(name)s was not kept: it has too many pixels. Take it with a lower resolution.",
            name=name,
        ),
        NotAdded.TOO_MANY: lambda: _(
            "%(name)s was not kept: a form has at most %(n)s photographs.",
            name=name,
            n=MOST_PICTURES,
        ),
        NotAdded.NOT_PAPER: lambda: _(
            "%(name)s was not kept: this form did not come on paper.", name=name
        ),
        NotAdded.THE_SAME: lambda: _("%(name)s is kept already.", name=name),
    }
    return str(said[why]())
