"""The roles of staff: what each is for, whether it is bound to a site, how long it stays in."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Role(StrEnum):
    NURSE = "nurse"  # the patients of one site
    DATA_MANAGER = "data_manager"  # every site, without arms
    STATISTICIAN = "statistician"  # every site, with arms


@dataclass(frozen=True, slots=True)
class Limits:
    """A session ends after `idle` without a request, and `absolute` after sign-in."""

    idle: timedelta
    absolute: timedelta


SITE_BOUND = frozenset({Role.NURSE})
STAFF_LIMITS = Limits(idle=timedelta(minutes=30), absolute=timedelta(hours=12))
#: A patient may rest in the middle of a form; nothing may be lost for it (WCAG 2.2.1).
PATIENT_LIMITS = Limits(idle=timedelta(hours=4), absolute=timedelta(hours=24))
