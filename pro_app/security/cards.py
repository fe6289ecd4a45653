"""What a nurse does at the patient's door: a new card, a new PIN, the tablet."""

from dataclasses import dataclass, replace
from datetime import datetime

from pro_app.core.instants import is_ahead
from pro_app.security import guesses, patients, secrets
from pro_app.security.patients import CODE_VALID
from pro_app.security.roles import PATIENT_LIMITS, TABLET_LIMITS
from pro_app.store.engine.transaction import Actor, reading, transaction
from pro_app.store.people import links, sign_ins
from pro_app.store.people.links import Activation, Session, WayIn


@dataclass(frozen=True, slots=True)
class NewLink:
    """What is written on a card, shown once: only hashes of it are kept."""

    token: str
    code: str
    code_until: datetime


@dataclass(frozen=True, slots=True)
class NewCode:
    code: str
    code_until: datetime


@dataclass(frozen=True, slots=True)
class Card:
    """The card a patient has now; `code_until` while its code still opens."""

    issued_at: datetime
    has_pin: bool
    code_until: datetime | None
    last_sign_in_at: datetime | None


def new_link(patient_id: int, number: str, *, pepper: str, actor: Actor, now: datetime) -> NewLink:
    """What a patient's new card says; earlier links and sessions end at once."""
    made, activation = _new_code(pepper, now)
    token = secrets.new_token()
    with transaction(actor, now) as tx:
        links.add_link(tx, patient_id, secrets.fingerprint(token), activation)
        guesses.close_task(tx, patient_id, number)
        tx.record("link.issued", number)
    return NewLink(token, made.code, made.code_until)


def reset_pin(
    patient_id: int, number: str, *, pepper: str, actor: Actor, now: datetime
) -> NewCode | None:
    """The code with which the patient chooses a new PIN; None when they have no card.

    The card stays good; the old PIN and what was opened with it have ended.
    """
    made, activation = _new_code(pepper, now)
    with transaction(actor, now) as tx:
        card = links.lock_card(tx, patient_id)
        if card is None:
            tx.abandon()
            return None
        links.forget_pin(tx, card.id, activation)
        guesses.begin_anew(tx, card)
        guesses.close_task(tx, patient_id, number)
        tx.record("pin.reset", number)
    return made


def hand_over_tablet(
    patient_id: int, number: str, *, staff_token: str, actor: Actor, now: datetime
) -> str:
    """The token of a session bound to this patient; the nurse's own one has ended."""
    session = secrets.new_token()
    with transaction(actor, now) as tx:
        # Nobody knows the link's own token: the session is the only way through it.
        link_id = links.add_tablet(tx, patient_id, secrets.fingerprint(secrets.new_token()))
        sign_ins.end(tx, secrets.fingerprint(staff_token))
        sign_ins.begin(tx, secrets.fingerprint(session), link_id=link_id)
        tx.record("tablet.handed_over", number)
    return session


def find_card(patient_id: int, *, now: datetime) -> Card | None:
    """The patient's present card, None when none was ever made."""
    with reading() as connection:
        link = links.find_card(connection, patient_id)
        if link is None:
            return None
        last = links.last_sign_in(connection, link.id)
        counter = patients.counter_of(connection, link)
    usable = patients.takes_code(link, counter, now) and link.activation
    return Card(link.created_at, link.pin_hash is not None, usable.until if usable else None, last)


def ways_in(patient_id: int, *, now: datetime) -> list[WayIn]:
    """What opens the patient's pages now: the card, whether or not in use, and tablets."""
    with reading() as connection:
        found = links.ways_in(connection, patient_id)
    alive = [replace(way, sessions=_alive(way, now)) for way in found]
    # A sitting at the tablet is over with its session; a card stays good.
    return [way for way in alive if way.sessions or not way.tablet]


def _alive(way: WayIn, now: datetime) -> tuple[Session, ...]:
    limits = TABLET_LIMITS if way.tablet else PATIENT_LIMITS
    return tuple(
        session
        for session in way.sessions
        if now - session.seen_at <= limits.idle and now - session.started_at <= limits.absolute
        if not is_ahead(session.seen_at, now) and not is_ahead(session.started_at, now)
    )


def revoke(patient_id: int, number: str, link_id: int, *, actor: Actor, now: datetime) -> bool:
    """Whether the link was the patient's and open; it and all sessions by it end at once."""
    with transaction(actor, now) as tx:
        tablet = links.revoke_link(tx, patient_id, link_id)
        if tablet is None:
            tx.abandon()
            return False
        if not tablet:
            guesses.close_task(tx, patient_id, number)
        tx.record("link.revoked", number, changes={"kind": ["tablet" if tablet else "card", None]})
    return True


def print_card(
    patient_id: int, number: str, token: str, code: str, *, pepper: str, actor: Actor, now: datetime
) -> datetime | None:
    """Until when the code opens, of a card to be printed; None when it is not the present one."""
    link = patients.find_link(token)
    if link is None or link.patient_id != patient_id:
        return None
    with reading() as connection:
        counter = patients.counter_of(connection, link)
    activation = link.activation if patients.takes_code(link, counter, now) else None
    if not activation or not secrets.verify_code(code, activation.code_hash, pepper=pepper):
        return None
    with transaction(actor, now) as tx:
        tx.record("card.printed", number)
    return activation.until


def _new_code(pepper: str, now: datetime) -> tuple[NewCode, Activation]:
    code, until = secrets.new_code(), now + CODE_VALID
    return NewCode(code, until), Activation(secrets.hash_code(code, pepper=pepper), until)
