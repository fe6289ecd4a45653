"""Sign-in of staff: check, limit, remember, end."""

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum

from pro_app import security_log
from pro_app.acts.person import Person
from pro_app.core.instants import is_ahead
from pro_app.security import doors, second_factor, secrets
from pro_app.security.roles import ENTERING_LIMITS, Limits, Role, limits_of, whose_patients
from pro_app.security.second_factor import Shown
from pro_app.security.waiting import HasToWait, Proof, wait_left
from pro_app.store.engine.transaction import (
    Actor,
    Changes,
    Reader,
    Tx,
    asking,
    housekeeping,
    reading,
    transaction,
)
from pro_app.store.people import second_factors, sign_ins, staff, tries
from pro_app.store.people.sign_ins import StaffSession, Times
from pro_app.store.people.staff import Account
from pro_app.store.people.tries import Place


def staff_actor(account: Account) -> Actor:
    return Actor(f"staff:{account.name}", account.role, ",".join(account.sites) or None)


def person_of(account: Account) -> Person:
    """Who somebody of the staff is, with the sites that their role and their right give them."""
    sites = whose_patients(account.role, account.sites)
    return Person(account.name, account.role, sites, staff_actor(account))


#: Signatures are one continuous series while no pause between two of them is longer.
SIGNING_LASTS = timedelta(minutes=15)


class Stage(StrEnum):
    """How far in a session is."""

    CODE = "CODE"  # name and password were right; a passkey or a code is asked for
    SET_UP = "SET_UP"  # the same, and there must be a second factor first
    CHOOSE = "CHOOSE"  # all was shown; the password is one that somebody else gave them
    IN = "IN"


def stage(session: StaffSession, *, compulsory: bool) -> Stage:
    """How far in it is where a second factor is, or is not, compulsory."""
    if session.second_factor_at is not None:
        return Stage.IN
    if session.has_second_factor:
        return Stage.CODE
    return Stage.SET_UP if compulsory else Stage.IN


def sign_in_staff(
    name: str, password: str, *, now: datetime, browser: str = "", mark: str = ""
) -> str | HasToWait | None:
    """A new session's token; None when name or password is wrong. Whether it is in, `stage` says.

    `mark`: a secret that this browser keeps. Once somebody signed in with it under this name,
    wrong tries are counted for it alone; it opens nothing.
    """
    with reading() as connection:
        found = staff.find_credentials(connection, name)
        account = found.account if found else None
        waits = wait_left(doors.find(connection, account, name, mark), now)
    # Not looked at during a wait; else it takes as long where there is no such name.
    fits = not waits and secrets.verify_password(password, found.password_hash if found else None)
    token = secrets.new_token()
    # Not the name as typed: people type their password there.
    subject = f"staff:{account.name if account else doors.NOBODY}"
    actor = staff_actor(account) if account and fits else Actor("anonymous", "none")
    with transaction(actor, now) as tx:
        counter = doors.lock(tx, account, name, mark)
        wait = waits or wait_left(counter, now)
        if wait:
            security_log.record("staff.had_to_wait", subject, tx)
            return HasToWait(wait)
        if account is None or not fits:
            doors.count_wrong(tx, counter)
            security_log.record("staff.sign_in_refused", subject, tx)
            return None
        sign_ins.begin_of_staff(
            tx, secrets.fingerprint(token), account.id, browser=browser, second_factor=False
        )
        if second_factors.is_asked(tx.connection, account.id):
            # The code is still to come: wrong ones before it stay counted until then.
            security_log.record("staff.code_asked", subject, tx)
        else:
            doors.let_in(tx, account, counter, mark)
            security_log.record("staff.signed_in", subject, tx)
    return token


def show_second_factor(
    token: str, shown: Shown, *, pepper: str, now: datetime, mark: str = ""
) -> str | HasToWait | None:
    """The token of a session that is in, in place of one that was asked for more;
    None when what was shown is wrong."""
    with reading() as connection:
        found = sign_ins.find_staff(connection, secrets.fingerprint(token))
    if found is None:
        return None
    account, made, subject = found.account, secrets.new_token(), f"staff:{found.account.name}"
    with transaction(staff_actor(account), now) as tx:
        counter = doors.lock(tx, account, account.name, mark)
        wait = wait_left(counter, now)
        if wait:
            security_log.record("staff.had_to_wait", subject, tx)
            return HasToWait(wait)
        if not second_factor.take(tx, account, shown, pepper=pepper):
            doors.count_wrong(tx, counter)
            security_log.record(
                "staff.code_refused" if isinstance(shown, str) else "staff.passkey_refused",
                subject,
                tx,
            )
            return None
        sign_ins.replace(tx, secrets.fingerprint(token), secrets.fingerprint(made))
        doors.let_in(tx, account, counter, mark)
        security_log.record("staff.signed_in", subject, tx)
    return made


def confirm(
    account_name: str, password: str, shown: Shown = "", *, pepper: str, now: datetime
) -> Proof:
    """Whether this is really the person with this name: asked before they sign.

    By the password, and a second factor when the account has one. Either way it
    stands in the trail; after wrong tries the next one has to wait, as at the door.
    """

    def shows(tx: Tx, account: Account) -> bool:
        return second_factor.take(tx, account, shown, pepper=pepper)

    return _prove(account_name, password, shows, now=now)


def confirm_password(account_name: str, password: str, *, now: datetime) -> Proof:
    """The same by the password alone: enough to choose another one."""
    return _prove(account_name, password, lambda _tx, _account: True, now=now)


def confirm_signing(
    account_name: str,
    password: str,
    shown: Shown = "",
    *,
    token: str,
    pepper: str,
    now: datetime,
) -> Proof:
    """Whether this person may sign in the session with this token.

    The password, each time; and a second factor when the account has one, unless they
    signed in this session a moment ago.
    Source: 21 CFR 11.200(a)(1)(i).
    """
    session = sign_ins.handle_of(secrets.fingerprint(token))

    def shows(tx: Tx, account: Account) -> bool:
        if _is_signing(tx.connection, account_name, session, now):
            return True
        return second_factor.take(tx, account, shown, pepper=pepper)

    return _prove(account_name, password, shows, now=now, changes={"session": [None, session]})


def is_signing(account_name: str, token: str, *, now: datetime) -> bool:
    """Whether the password alone is enough to sign in this session, as they just did so."""
    with reading() as connection:
        session = sign_ins.handle_of(secrets.fingerprint(token))
        return _is_signing(connection, account_name, session, now)


def _is_signing(connection: Reader, name: str, session: str, now: datetime) -> bool:
    since = now - SIGNING_LASTS
    last = second_factors.last_signing_at(connection, name, session, since=since)
    return last is not None and not is_ahead(last, now)


def _prove(
    name: str,
    password: str,
    proves: Callable[[Tx, Account], bool],
    *,
    now: datetime,
    changes: Changes | None = None,
) -> Proof:
    with reading() as connection:
        found = staff.find_credentials(connection, name)
    fits = secrets.verify_password(password, found.password_hash if found else None)
    if found is None:
        return Proof(False)
    with transaction(staff_actor(found.account), now) as tx:
        second_factors.lock_authenticator(tx, found.account.id)
        # Counted for itself: who stands before the door keeps nobody inside from signing.
        counter = tries.lock_counter(tx, Place(staff_id=found.account.id))
        wait = wait_left(counter, now)
        if wait:
            security_log.record("staff.had_to_wait", f"staff:{name}", tx)
            return Proof(False, wait)
        # Nothing is looked at after a wrong password: no code is used up for nothing.
        if not fits or not proves(tx, found.account):
            tries.count_wrong(tx, counter)
            security_log.record("staff.confirm_refused", f"staff:{name}", tx)
            return Proof(False)
        tries.forget_row(tx, counter)
        security_log.record("staff.confirmed", f"staff:{name}", tx, changes=changes)
    return Proof(True)


def staff_session(
    token: str, *, compulsory: bool, now: datetime
) -> tuple[StaffSession, Stage] | None:
    """The session and how far in it is; None when it has ended."""
    with asking() as connection:
        found = sign_ins.find_staff(connection, secrets.fingerprint(token))
    if found is None:
        return None
    reached = stage(found, compulsory=compulsory)
    limits = limits_of(Role(found.account.role)) if reached is Stage.IN else ENTERING_LIMITS
    return (found, reached) if keeps(token, found.times, limits, now) else None


def signed_in_staff(token: str, *, now: datetime, compulsory: bool = False) -> Account | None:
    """Who is in, None when nobody is (any more, or yet)."""
    found = staff_session(token, compulsory=compulsory, now=now)
    return found[0].account if found and found[1] is Stage.IN else None


def keeps(token: str, times: Times, limits: Limits, now: datetime) -> bool:
    """Whether the session goes on, staff's or a patient's; that it was seen is written down.

    What a clock wrote that ran ahead can't be judged: such a session ends for good.
    """
    if is_ahead(times.seen_at, now) or is_ahead(times.started_at, now):
        with housekeeping() as work:
            sign_ins.end_ahead(work, secrets.fingerprint(token), now)
        return False
    if now - times.seen_at > limits.idle or now - times.started_at > limits.absolute:
        return False
    if now - times.seen_at > limits.noted:
        with housekeeping() as work:
            sign_ins.touch(work, secrets.fingerprint(token), now)
    return True


def sign_out(token: str, actor: Actor, *, now: datetime) -> None:
    with transaction(actor, now) as tx:
        sign_ins.end(tx, secrets.fingerprint(token))
        security_log.record("signed_out", actor.name, tx)


def note_refusal(actor: Actor, endpoint: str, now: datetime) -> None:
    """Keep in the trail that somebody asked for what their role does not allow."""
    with transaction(actor, now) as tx:
        security_log.record("access.refused", endpoint, tx)
