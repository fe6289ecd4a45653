"""What a patient asks about their own data, and how far it is."""

from pro_app.acts.occasion import Occasion
from pro_app.core.requests import RequestKind
from pro_app.store.desk.requests import DataRequest, add_request, requests_of
from pro_app.store.engine.transaction import Actor, reading, transaction
from pro_app.store.forms.receiving import lock


def asked(patient_id: int) -> list[DataRequest]:
    """All that the patient has asked, the latest first."""
    with reading() as connection:
        return requests_of(connection, patient_id)


def ask(actor: Actor, patient_id: int, kind: RequestKind, *, at: Occasion) -> None:
    """Have the hospital told what the patient wants; once, until it is answered."""
    with transaction(actor, at.now) as tx:
        number = lock(tx, patient_id)
        if add_request(tx, patient_id, number, kind, asked_on=at.today) is None:
            tx.abandon()
