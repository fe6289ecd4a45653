"""What was recorded and may be declared wrong: it stays, struck out, and counts nowhere."""

from enum import StrEnum


class What(StrEnum):
    """What is declared wrong; the values are those of the command and of exports."""

    FORM = "form"  # under the wrong patient or visit, or no form at all
    EVENT = "event"  # it was another patient's, or never happened
    RANDOMISATION = "randomisation"  # its day was another patient's
    ARM = "arm"  # the same of the arm
    PATIENT = "patient"  # a number that was entered twice
