"""What was recorded and may be declared wrong: it stays, struck out, and counts nowhere."""

from enum import StrEnum


class What(StrEnum):
    """What is declared wrong; the values are those of the command and of exports."""

    FORM = "form"  # under the wrong patient or visit, or no form at all
    EVENT = "event"  # it was another patient's, or never happened
    RANDOMISATION = "randomisation"  # its day was another patient's
    ARM = "arm"  # the same of the arm
    PATIENT = "patient"  # a number that was entered twice


class NotVoid(StrEnum):
    """Why nothing was declared wrong; the first that fits."""

    UNKNOWN_PATIENT = "UNKNOWN_PATIENT"  # no such number, or not at these sites
    WHY_MISSING = "WHY_MISSING"  # nobody says why
    TOO_LONG = "TOO_LONG"  # the reason is longer than it may be
    NOTHING_THERE = "NOTHING_THERE"  # nothing of this kind is recorded
    ALREADY = "ALREADY"  # it was declared wrong before
    SEVERAL = "SEVERAL"  # the visit has several forms: one of them is to be named
    NO_SUCH_PATIENT = "NO_SUCH_PATIENT"  # where the form belongs: there is no such number
    NO_SUCH_VISIT = "NO_SUCH_VISIT"  # nor such a visit
    BELONGS_HERE = "BELONGS_HERE"  # it belongs to where it stands
    OTHER_ITEMS = "OTHER_ITEMS"  # its items are not those of today's instrument
