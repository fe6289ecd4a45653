"""What the pages of accounts say: roles, and why something was not done."""

from datetime import timedelta

from flask_babel import gettext as _

from pro_app.security import clocks, doors, patients, pins
from pro_app.security.ceremonies import PATIENCE_SECONDS
from pro_app.security.clocks import OFF_UP_TO
from pro_app.security.passkeys import LONGEST_NAME, NotAdded
from pro_app.security.passwords import LONGEST, SHORTEST, Unfit
from pro_app.security.roles import Role
from pro_app.security.waiting import MOST_WRONG, TOLD_EVERY, Proof

#: The limits of this room that pages state, by the names under which they do.
STATED = {
    "PIN_DIGITS": pins.LENGTH,
    "MOST_WRONG": MOST_WRONG,
    "TOLD_EVERY": TOLD_EVERY,
    "CODE_TRIES": patients.CODE_TRIES,
    "CODE_DAYS": patients.CODE_VALID.days,
    "SHORTEST_PASSWORD": SHORTEST,
    "LONGEST_PASSWORD": LONGEST,
    "TRIED_DAYS": doors.LATELY.days,
    "CLOCK_DAYS": clocks.LATELY.days,
}


def roles() -> dict[str, str]:
    """Role → its name, in the order to choose from."""
    return {
        Role.NURSE: _("Nurse"),
        Role.INVESTIGATOR: _("Investigator"),
        Role.MONITOR: _("Monitor"),
        Role.DATA_MANAGER: _("Data manager"),
        Role.STATISTICIAN: _("Statistician"),
        Role.ADMINISTRATOR: _("Administrator"),
    }


def tasks() -> dict[str, str]:
    """Role → what it is for, for whoever gives it."""
    return {
        Role.NURSE: _("Looks after the patients of one site."),
        Role.INVESTIGATOR: _("The same as a nurse, and signs corrections."),
        Role.MONITOR: _("Can read at the named sites; can’t change anything."),
        Role.DATA_MANAGER: _("Sees every site and exports, without treatment arms."),
        Role.STATISTICIAN: _("Sees every site and exports, with treatment arms."),
        Role.ADMINISTRATOR: _("Gives accounts and rights; sees no patient."),
    }


def unfit() -> dict[Unfit, str]:
    """Why a password is not taken."""
    return {
        Unfit.SHORT: _(
            "At least %(count)d characters, please; a few words do well.", count=SHORTEST
        ),
        Unfit.LONG: _("At most %(count)d characters, please.", count=LONGEST),
        Unfit.SAME: _("This is the password that was given to you. Choose another one."),
        Unfit.GUESSED: _(
            "This password is among those that are guessed first. Choose words that are unusual."
        ),
    }


def has_to_wait(wait: timedelta) -> str:
    """What whoever has to wait is told; it says nothing of what was typed, or whose name it is."""
    minutes = -int(-wait.total_seconds() // 60)
    how_long = (
        _("Please wait one minute.")
        if minutes <= 1
        else _("Please wait %(minutes)s minutes.", minutes=minutes)
    )
    why = _(
        "There were several wrong tries under this name, perhaps by somebody else. Until then no "
        "sign-in is checked, and what you typed did not count as a wrong try."
    )
    return str(_("%(how_long)s %(why)s", how_long=how_long, why=why))


def not_proved(proof: Proof) -> str:
    """What somebody is told who did not prove who they are: not which part was wrong."""
    if proof.wait:
        return has_to_wait(proof.wait)
    return str(_("The password or the second factor is not right, or a code was used before."))


def not_signed(proof: Proof) -> str:
    """The same to somebody who wanted to sign."""
    return str(_("Not signed. %(why)s", why=not_proved(proof)))


def not_added() -> dict[NotAdded, str]:
    """Why a passkey was not added."""
    return {
        NotAdded.UNNAMED: _(
            "Give the passkey a name, of at most %(count)d characters.", count=LONGEST_NAME
        ),
        NotAdded.UNFIT: _(
            "The passkey was not added: begin again, and take no more than %(minutes)s minutes.",
            minutes=PATIENCE_SECONDS // 60,
        ),
    }


def clock_differences() -> tuple[str, ...]:
    """How far a device's clock was off, as in `clocks.OFF_UP_TO` and beyond."""
    minutes, hours, days = OFF_UP_TO
    return (
        _("at most %(n)s minutes", n=minutes // timedelta(minutes=1)),
        _("up to %(n)s h", n=hours // timedelta(hours=1)),
        _("up to %(n)s h", n=days // timedelta(hours=1)),
        _("more"),
    )
