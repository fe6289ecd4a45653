"""Sign-in of patients: a link and a PIN, chosen once with the code on the card."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from pro_app import security_log
from pro_app.security import pins, secrets
from pro_app.security.roles import PATIENT_LIMITS, TABLET_LIMITS
from pro_app.security.service import keeps
from pro_app.security.waiting import wait_after, wait_left
from pro_app.store.engine.transaction import Actor, Tx, asking, reading, transaction
from pro_app.store.people import links, phone_keys, sign_ins
from pro_app.store.people.links import Link
from pro_app.store.people.sign_ins import SignedInPatient

#: After this many wrong codes the code is void: unlike a PIN, a new one can be had at once.
_CODE_TRIES = 10


@dataclass(frozen=True, slots=True)
class SignedIn:
    token: str


@dataclass(frozen=True, slots=True)
class WrongPin:
    """`wait` is how long until the next try is taken; zero: at once."""

    wait: timedelta


@dataclass(frozen=True, slots=True)
class WrongCode:
    """The same for the activation code."""

    wait: timedelta


@dataclass(frozen=True, slots=True)
class EasyPin:
    """The PIN that was chosen is one of those that are guessed first."""


@dataclass(frozen=True, slots=True)
class CodeEnded:
    """No PIN can be chosen: the code is too old, void, or there never was one."""


@dataclass(frozen=True, slots=True)
class LinkEnded:
    """The link is unknown, replaced or revoked: the site gives a new one."""


Entering = SignedIn | WrongPin | WrongCode | EasyPin | CodeEnded | LinkEnded


def patient_actor(number: str, site: str) -> Actor:
    return Actor(f"patient:{number}", "patient", site)


def find_link(token: str) -> Link | None:
    """The link, None when it is unknown or ended. Looking changes nothing."""
    with reading() as connection:
        link = links.find_link(connection, secrets.fingerprint(token))
    return link if link and link.revoked_at is None else None


def takes_code(link: Link, now: datetime) -> bool:
    """Whether a PIN can be chosen for it with the code on the card."""
    activation = link.activation
    return (
        link.pin_hash is None
        and activation is not None
        and now <= activation.until
        and link.wrong_codes < _CODE_TRIES
    )


def sign_in_patient(
    token: str, pin: str, code: str = "", *, pepper: str, now: datetime, came_by: str = ""
) -> Entering:
    """Sign a patient in by link and PIN; on first use she chooses the PIN with her code.

    `came_by`: the link that this browser was last signed in with. Where that is another
    patient's, they share a phone, and the trail of both says so.

    Wrong PINs make the next try wait, longer each time but never more than
    15 minutes, and never for good; a new PIN from the site helps at once.
    """
    link = find_link(token)
    if link is None:
        return LinkEnded()
    if link.pin_hash is None:
        return _choose_pin(link, pin, code, pepper=pepper, now=now, came_by=came_by)
    # Hashing takes long on purpose: not while the row, or SQLite, is locked.
    fits = secrets.verify_pin(pin, link.pin_hash, pepper=pepper)
    with transaction(patient_actor(link.number, link.site), now) as tx:
        locked = links.lock_link(tx, link)
        if locked.revoked_at is not None:
            tx.abandon()
            return LinkEnded()
        wait = wait_left(locked.wrong_pins, locked.last_wrong_at, now)
        if wait > timedelta(0) or locked.pin_hash != link.pin_hash:
            tx.abandon()
            return WrongPin(wait)
        if not fits:
            links.count_wrong_pin(tx, locked)
            security_log.record("patient.sign_in_refused", link.number, tx)
            return WrongPin(wait_after(locked.wrong_pins + 1))
        return _begin(tx, locked, came_by, pepper)


def _choose_pin(
    link: Link, pin: str, code: str, *, pepper: str, now: datetime, came_by: str
) -> Entering:
    if link.activation is None or not takes_code(link, now):
        return CodeEnded()
    if not pins.may_be_chosen(pin):
        return EasyPin()
    fits = secrets.verify_code(code, link.activation.code_hash, pepper=pepper)
    # Hashed either way: how long it takes must not tell, during a wait, which code fits.
    chosen = secrets.hash_pin(pin, pepper=pepper)
    with transaction(patient_actor(link.number, link.site), now) as tx:
        locked = links.lock_link(tx, link)
        if locked.revoked_at is not None:
            tx.abandon()
            return LinkEnded()
        if locked.activation != link.activation or not takes_code(locked, now):
            tx.abandon()  # used up, replaced or void while this one was looked at
            return CodeEnded() if locked.pin_hash is None else WrongPin(timedelta(0))
        wait = wait_left(locked.wrong_codes, locked.last_wrong_at, now)
        if wait > timedelta(0):
            tx.abandon()
            return WrongCode(wait)
        if not fits:
            links.count_wrong_code(tx, locked)
            security_log.record("code.refused", link.number, tx)
            wrong = locked.wrong_codes + 1
            return WrongCode(wait_after(wrong)) if wrong < _CODE_TRIES else CodeEnded()
        links.set_pin(tx, link.id, chosen)
        security_log.record("pin.chosen", link.number, tx)
        return _begin(tx, locked, came_by, pepper)


def _begin(tx: Tx, link: Link, came_by: str, pepper: str) -> SignedIn:
    if link.wrong_pins or link.wrong_codes:
        links.forget_wrong_tries(tx, link.id)
    _keep_phone_key(tx, link.patient_id, pepper)
    session = secrets.new_token()
    sign_ins.begin(tx, secrets.fingerprint(session), link_id=link.id)
    security_log.record("patient.signed_in", link.number, tx)
    _note_sharing(tx, link, came_by)
    return SignedIn(session)


def _keep_phone_key(tx: Tx, patient_id: int, pepper: str) -> None:
    """See to it that there is a key, and that the database alone can't open it."""
    stored = phone_keys.find_phone_key(tx.connection, patient_id)
    key = stored and secrets.open_phone_key(stored, patient_id, pepper=pepper)
    if stored is None or key is None or secrets.is_open(stored):
        key = key or secrets.new_phone_key()
        phone_keys.put_phone_key(
            tx, patient_id, secrets.seal_phone_key(key, patient_id, pepper=pepper)
        )


def _note_sharing(tx: Tx, link: Link, came_by: str) -> None:
    other = links.find_link(tx.connection, secrets.fingerprint(came_by)) if came_by else None
    if other is None or other.patient_id == link.patient_id:
        return
    # Nobody learns of patients of another site.
    same_site = other.site == link.site
    named = {"other_patient": [None, other.number if same_site else None]}
    security_log.record("patient.signed_in_shared", link.number, tx, changes=named)
    if same_site:
        security_log.record(
            "patient.signed_in_shared",
            other.number,
            tx,
            changes={"other_patient": [None, link.number]},
        )


def signed_in_patient(token: str, *, now: datetime) -> SignedInPatient | None:
    with asking() as connection:
        found = sign_ins.find_patient(connection, secrets.fingerprint(token))
    if found is None:
        return None
    limits = TABLET_LIMITS if found.tablet else PATIENT_LIMITS
    return found if keeps(token, found.times, limits, now) else None


def phone_key(patient_id: int, *, pepper: str) -> tuple[str, str] | None:
    """(owner, key): the key with which her phone keeps what is unsent, and whose it is."""
    with reading() as connection:
        stored = phone_keys.find_phone_key(connection, patient_id)
    key = stored and secrets.open_phone_key(stored, patient_id, pepper=pepper)
    return (secrets.owner_of(key), key) if key else None
