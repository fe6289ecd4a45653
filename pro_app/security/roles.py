"""The roles of staff: what each is for, whether it is bound to a site, how long it stays in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from pro_app.core.sites import EVERYWHERE, Sites, only


class Role(StrEnum):
    NURSE = "nurse"  # the patients of one site
    INVESTIGATOR = "investigator"  # the same, and signs for what is changed
    DATA_MANAGER = "data_manager"  # every site, without arms
    STATISTICIAN = "statistician"  # every site, with arms
    MONITOR = "monitor"  # reads what lies at the sites they are named for
    ADMINISTRATOR = "administrator"  # accounts and rights, and nothing of any patient


@dataclass(frozen=True, slots=True)
class Limits:
    """A session ends after `idle` without a request, and `absolute` after sign-in.

    `noted` is how far apart requests are written down: an active person's idle time
    may be off by so much.
    """

    idle: timedelta
    absolute: timedelta
    noted: timedelta = timedelta(minutes=5)


#: Who works with the patients of a site, and who reads the record.
SITE_STAFF = (Role.NURSE, Role.INVESTIGATOR)
READERS = (*SITE_STAFF, Role.DATA_MANAGER, Role.STATISTICIAN, Role.MONITOR)


def takes(role: Role, sites: Sequence[str]) -> bool:
    """Whether these sites go with the role: one, at least one, or none.

    None is every site, and no patient at all for the one who gives the rights.
    """
    if role in SITE_STAFF:
        return len(sites) == 1
    if role is Role.MONITOR:
        return len(sites) >= 1
    return not sites


def whose_patients(role: str, sites: Sequence[str]) -> Sites:
    """The sites whose patients a role sees that was given these.

    A role bound to sites that was given none sees nobody, and so does a role that is not
    known: a right with a hole in it must not open every door.
    """
    if role in SITE_STAFF or role == Role.MONITOR:
        return only(*sites)
    return EVERYWHERE if role in (Role.DATA_MANAGER, Role.STATISTICIAN) else only()


STAFF_LIMITS = Limits(idle=timedelta(minutes=30), absolute=timedelta(hours=12))
#: Whoever takes over an administrator's open session can let anybody in.
ADMINISTRATOR_LIMITS = Limits(
    idle=timedelta(minutes=15), absolute=timedelta(hours=4), noted=timedelta(minutes=1)
)
#: Between the password and the code, or the authenticator that is still to be set up.
ENTERING_LIMITS = Limits(idle=timedelta(minutes=10), absolute=timedelta(minutes=10))
#: A patient may rest in the middle of a form; nothing may be lost for it (WCAG 2.2.1).
PATIENT_LIMITS = Limits(idle=timedelta(hours=4), absolute=timedelta(hours=24))
#: The hospital's tablet in a patient's hands: whoever picks it up next is somebody else.
TABLET_LIMITS = Limits(
    idle=timedelta(minutes=5), absolute=timedelta(hours=4), noted=timedelta(seconds=10)
)


def limits_of(role: Role) -> Limits:
    return ADMINISTRATOR_LIMITS if role is Role.ADMINISTRATOR else STAFF_LIMITS
