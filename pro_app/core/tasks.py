"""What a patient or their phone asks a nurse to do, and how that ends."""

from enum import StrEnum


class TaskKind(StrEnum):
    """What is asked for; there is at most one open task of each kind for a patient."""

    HELP = "HELP"  # the help button was pressed
    FORM_NOT_TAKEN = "FORM_NOT_TAKEN"  # the phone holds a form that the server refused


class TaskOutcome(StrEnum):
    """How a task ended."""

    REACHED = "REACHED"  # the nurse spoke with the patient
    NO_ANSWER = "NO_ANSWER"
    OTHERWISE = "OTHERWISE"
    RECEIVED = "RECEIVED"  # the form came after all
