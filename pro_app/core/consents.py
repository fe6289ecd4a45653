"""Versions of a consent, each with its day: the first day is what the population asks for."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum


class Clash(StrEnum):
    """Why a version can't be recorded."""

    OTHER_DAY = "OTHER_DAY"  # the same version is recorded for another day
    FIRST_UNNAMED = "FIRST_UNNAMED"  # it comes before a first consent without a version


@dataclass(frozen=True, slots=True)
class Signed:
    """A version and the day on which it was signed; of the first one either may be unknown."""

    version: str | None
    on: date


@dataclass(frozen=True, slots=True)
class Versions:
    """The first consent, None where there is none, and the later ones as they were recorded."""

    first: Signed | None = None
    later: tuple[Signed, ...] = ()


def with_version(known: Versions, new: Signed) -> Versions | tuple[Clash, date]:
    """The versions with a new one; the same where it is known, else why it can't be.

    One that was signed before the first takes its place, and that one becomes a later
    version: see where the first day counts.
    """
    if known.first is None:
        return replace(known, first=new)
    for each in (known.first, *known.later):
        if each.version == new.version:
            return known if each.on == new.on else (Clash.OTHER_DAY, each.on)
    if known.first.version is None and known.first.on == new.on:
        return replace(known, first=new)
    if new.on >= known.first.on:
        return replace(known, later=(*known.later, new))
    if known.first.version is None:
        return Clash.FIRST_UNNAMED, known.first.on
    return Versions(new, (known.first, *known.later))


def added(before: Versions, after: Versions) -> Sequence[Signed]:
    """The later versions that a change adds."""
    return [each for each in after.later if each not in before.later]
