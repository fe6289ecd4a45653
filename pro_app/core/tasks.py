"""What a patient, their phone or their door asks a nurse to do, and how that ends."""

from enum import StrEnum


class TaskKind(StrEnum):
    """What is asked for; there is at most one open task of each kind for a patient."""

    HELP = "HELP"  # the help button was pressed
    FORM_NOT_TAKEN = "FORM_NOT_TAKEN"  # the phone holds a form that the server refused
    PIN_TRIED = "PIN_TRIED"  # somebody tries to guess what opens the patient's card


class TaskOutcome(StrEnum):
    """How a task ended."""

    REACHED = "REACHED"  # the nurse spoke with the patient
    NO_ANSWER = "NO_ANSWER"
    OTHERWISE = "OTHERWISE"
    RECEIVED = "RECEIVED"  # the form came after all
    REPLACED = "REPLACED"  # what was guessed at is no longer what opens: a new card, a new PIN


class Guessing(StrEnum):
    """How far somebody has got who tries to guess; the detail of a task PIN_TRIED."""

    WRONG_PINS = "WRONG_PINS"  # many, and there may be more
    USED_UP = "USED_UP"  # so many that only browsers that signed in before are let in
    CODE_VOID = "CODE_VOID"  # so many activation codes that the right one opens no more
