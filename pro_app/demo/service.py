"""Fill an empty database with the demonstration study, and let people sign in to it."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from enum import StrEnum

from pro_app.core.instrument import Instrument
from pro_app.core.sites import EVERYWHERE, only
from pro_app.core.study import Study
from pro_app.core.submission import open_visits
from pro_app.demo import history
from pro_app.demo.people import DemoStudy, nurse_of
from pro_app.demo.sign_ins import SignIns, StaffSignIn
from pro_app.security import accounts, cards, secrets
from pro_app.security import patients as patient_door
from pro_app.security import service as security
from pro_app.security.roles import Role
from pro_app.store.engine import state
from pro_app.store.engine.transaction import CLI, WORKER, reading, transaction
from pro_app.store.patients.patients import find_patient
from pro_app.store.people.staff import find_credentials
from pro_app.store.statuses.facts import Scope, read_facts
from pro_app.store.statuses.flags import synchronise_flags


class Holding(StrEnum):
    """What a database holds."""

    NOTHING = "NOTHING"  # no patient, and nobody has said what it is for
    DEMO = "DEMO"  # this study's synthetic patients
    OTHER_DEMO = "OTHER_DEMO"  # another study's synthetic patients
    REAL = "REAL"  # patients that nobody called synthetic, or a claim to hold such


def holding(study: Study) -> Holding:
    """What the database at hand holds, seen from this study."""
    with reading() as connection:
        known = state.read_state(connection)
        count = state.count_patients(connection)
    if known is None:
        return Holding.REAL if count else Holding.NOTHING
    if not known.synthetic:
        return Holding.REAL
    return Holding.DEMO if known.study == study.id else Holding.OTHER_DEMO


def fill(
    demo: DemoStudy, study: Study, instrument: Instrument, *, now: datetime, today: date
) -> None:
    """Write the study and open today's flags: all of it or nothing.

    Errors: ValueError when the database is not empty.
    """
    with transaction(CLI, now) as tx:
        if state.read_state(tx.connection) or state.count_patients(tx.connection):
            raise ValueError("the database is not empty")
        state.claim(tx, study.id, synthetic=True)
        history.write(tx, demo, study, instrument)
        made = {"patients": (0, len(demo.patients)), "as_of": (None, demo.as_of.isoformat())}
        tx.record("demo.made", f"study:{study.id}", changes=made | {"seed": (None, demo.seed)})
        # Two days ago and today: or else every old flag would look new this morning.
        flags = 0
        for past in (timedelta(days=2), timedelta(0)):
            flags += synchronise_flags(tx.at(now - past), study, today - past).opened
        opened = {"opened": (0, flags)}
        tx.at(now, WORKER).record("flags.synchronised", f"study:{study.id}", changes=opened)


def patient_to_print(study: Study, instrument: Instrument, *, today: date) -> str:
    """The number of a patient of the first site to sign in as; with a form due if there is one."""
    with reading() as connection:
        known = read_facts(connection, Scope(only(study.sites[0].code)))
        known = known or read_facts(connection, Scope(EVERYWHERE, limit=1))
    for each in known:
        if open_visits(each.facts, study, valid_from=instrument.valid_from, today=today):
            return each.facts.patient_id
    return known[0].facts.patient_id


def let_in(number: str, study: Study, *, pepper: str, now: datetime) -> SignIns:
    """New ways in for one patient and for the staff; earlier ones end."""
    with reading() as connection:
        found = find_patient(connection, number, sites=EVERYWHERE)
    if found is None:
        raise ValueError(f"{number}: no such patient")
    card = cards.new_link(found.id, number, pepper=pepper, actor=CLI, now=now)
    pin = secrets.new_pin()
    entered = patient_door.sign_in_patient(card.token, pin, card.code, pepper=pepper, now=now)
    assert isinstance(entered, patient_door.SignedIn)  # noqa: S101 - it is the code just made
    security.sign_out(entered.token, patient_door.patient_actor(number, found.site), now=now)
    return SignIns(number, card.token, pin, tuple(_staff(study, now)))


def _staff(study: Study, now: datetime) -> Iterator[StaffSignIn]:
    first = study.sites[0].code
    people = (
        (nurse_of(first), Role.NURSE, (first,)),
        ("investigator", Role.INVESTIGATOR, (first,)),
        ("data.manager", Role.DATA_MANAGER, ()),
        ("statistician", Role.STATISTICIAN, ()),
        ("monitor", Role.MONITOR, tuple(site.code for site in study.sites[:2])),
        ("administrator", Role.ADMINISTRATOR, ()),
    )
    for name, role, sites in people:
        password = secrets.new_password()
        if not accounts.add_staff(name, role, sites, password, actor=CLI, now=now):
            accounts.reset_password(name, password, actor=CLI, now=now)
        yield StaffSignIn(role.value, name, password)


def still_let_in(kept: SignIns, *, pepper: str) -> bool:
    """Whether all of these would open the database at hand; trying them changes nothing."""
    link = patient_door.find_link(kept.token)
    everybody = {each.role for each in kept.staff} == set(Role)
    if link is None or link.number != kept.number or not everybody:
        return False
    with reading() as connection:
        hashes = [find_credentials(connection, each.name) for each in kept.staff]
    return secrets.verify_pin(kept.pin, link.pin_hash, pepper=pepper) and all(
        secrets.verify_password(each.password, found.password_hash if found else None)
        for each, found in zip(kept.staff, hashes, strict=True)
    )
