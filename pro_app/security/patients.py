"""Sign-in of patients: a link and a PIN, chosen once with the code on the card."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from pro_app import security_log
from pro_app.core.instants import is_ahead
from pro_app.security import guesses, pins, secrets
from pro_app.security.roles import PATIENT_LIMITS, TABLET_LIMITS
from pro_app.security.service import keeps
from pro_app.security.waiting import MOST_WRONG, HasToWait, wait_left
from pro_app.store.engine.transaction import Actor, Reader, Tx, asking, reading, transaction
from pro_app.store.people import links, phone_keys, sign_ins, tries
from pro_app.store.people.links import Link
from pro_app.store.people.sign_ins import SignedInPatient
from pro_app.store.people.tries import Counter, Place, find_counter

#: After this many wrong codes the code is void: unlike a PIN, a new one can be had at once.
CODE_TRIES = 10
#: How long a code opens: a card is handed over at the hospital and used at home.
CODE_VALID = timedelta(days=14)
#: A code that was made by a clock that ran a few hours ahead is good all the same.
_CODE_SLACK = timedelta(days=1)


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
class UsedUp:
    """So many wrong PINs came that none is looked at from a browser that never signed in."""


@dataclass(frozen=True, slots=True)
class LinkEnded:
    """The link is unknown, replaced or revoked: the site gives a new one."""


HeldUp = HasToWait | UsedUp | CodeEnded
Entering = SignedIn | WrongPin | WrongCode | EasyPin | LinkEnded | HeldUp


def patient_actor(number: str, site: str) -> Actor:
    return Actor(f"patient:{number}", "patient", site)


def find_link(token: str) -> Link | None:
    """The link, None when it is unknown or ended. Looking changes nothing."""
    with reading() as connection:
        link = links.find_link(connection, secrets.fingerprint(token))
    return link if link and link.revoked_at is None else None


def takes_code(link: Link, counter: Counter, now: datetime) -> bool:
    """Whether a PIN can be chosen for it with the code on the card, where it is counted so."""
    activation = link.activation
    return (
        link.pin_hash is None
        and activation is not None
        and now <= activation.until
        and not is_ahead(activation.until, now, at_most=CODE_VALID + _CODE_SLACK)
        and counter.in_all < CODE_TRIES
    )


def counter_of(connection: Reader, link: Link, mark: str = "") -> Counter:
    """Where a try is counted: with its browser, if that signed in before, or with all others."""
    place = Place(link_id=link.id)
    known = find_counter(connection, place, secrets.fingerprint(mark)) if mark else None
    return known or find_counter(connection, place) or Counter(place)


def held_up(link: Link, mark: str, *, now: datetime) -> HeldUp | None:
    """Why nothing that is typed now would be looked at; None where it would be."""
    with reading() as connection:
        return _held_up(link, counter_of(connection, link, mark), now)


def _held_up(link: Link, counter: Counter, now: datetime) -> HeldUp | None:
    if link.pin_hash is None and not takes_code(link, counter, now):
        return CodeEnded()
    if link.pin_hash is not None and not counter.known and counter.in_all >= MOST_WRONG:
        return UsedUp()
    wait = wait_left(counter, now)
    return HasToWait(wait) if wait else None


def sign_in_patient(
    token: str,
    pin: str,
    code: str = "",
    *,
    pepper: str,
    now: datetime,
    came_by: str = "",
    mark: str = "",
) -> Entering:
    """Sign a patient in by link and PIN; on first use the PIN is chosen with the code.

    `came_by`: the link that this browser was last signed in with. Where that is another
    patient's, they share a phone, and the trail of both says so.
    `mark`: a secret that this browser keeps. Once somebody signed in with it, wrong tries are
    counted for it alone; it opens nothing.

    Wrong tries make the next one wait, longer each time but never more than 15 minutes; what is
    typed meanwhile is not looked at.
    """
    link = find_link(token)
    if link is None:
        return LinkEnded()
    why = held_up(link, mark, now=now)
    if why is not None:
        security_log.note("patient.held_up", subject=link.number)
        return why
    if link.pin_hash is None:
        return _choose_pin(link, pin, code, pepper=pepper, now=now, came_by=came_by, mark=mark)
    # Hashing takes long on purpose: not while the row, or SQLite, is locked.
    fits = secrets.verify_pin(pin, link.pin_hash, pepper=pepper)
    with transaction(patient_actor(link.number, link.site), now) as tx:
        locked = links.lock_link(tx, link)
        if locked.revoked_at is not None:
            tx.abandon()
            return LinkEnded()
        counter = counter_of(tx.connection, locked, mark)
        why = _held_up(locked, counter, now)
        if why is not None or locked.pin_hash != link.pin_hash:
            tx.abandon()
            return why or WrongPin(timedelta(0))
        if not fits:
            counter = guesses.count_wrong_pin(tx, locked, counter)
            return WrongPin(wait_left(counter, now))
        return _begin(tx, locked, counter, came_by, mark, pepper)


def _choose_pin(
    link: Link, pin: str, code: str, *, pepper: str, now: datetime, came_by: str, mark: str
) -> Entering:
    if link.activation is None:
        return CodeEnded()
    if not pins.may_be_chosen(pin):
        return EasyPin()
    fits = secrets.verify_code(code, link.activation.code_hash, pepper=pepper)
    chosen = secrets.hash_pin(pin, pepper=pepper)
    with transaction(patient_actor(link.number, link.site), now) as tx:
        locked = links.lock_link(tx, link)
        if locked.revoked_at is not None:
            tx.abandon()
            return LinkEnded()
        if locked.activation != link.activation:
            tx.abandon()  # used up or replaced while this one was looked at
            return CodeEnded() if locked.pin_hash is None else WrongPin(timedelta(0))
        counter = counter_of(tx.connection, locked, mark)
        why = _held_up(locked, counter, now)
        if why is not None:
            tx.abandon()
            return why
        if not fits:
            counter = guesses.count_wrong_code(tx, locked, counter, most=CODE_TRIES)
            usable = takes_code(locked, counter, now)
            return WrongCode(wait_left(counter, now)) if usable else CodeEnded()
        links.set_pin(tx, link.id, chosen)
        guesses.begin_anew(tx, locked)
        security_log.record("pin.chosen", link.number, tx)
        return _begin(tx, locked, counter, came_by, mark, pepper)


def _begin(tx: Tx, link: Link, counter: Counter, came_by: str, mark: str, pepper: str) -> SignedIn:
    tries.forget_row(tx, counter)
    if mark and not counter.known:
        tries.know(tx, counter.place, secrets.fingerprint(mark))
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
    """(owner, key): with this key the patient's phone keeps what is unsent; and whose it is."""
    with reading() as connection:
        stored = phone_keys.find_phone_key(connection, patient_id)
    key = stored and secrets.open_phone_key(stored, patient_id, pepper=pepper)
    return (secrets.owner_of(key), key) if key else None
