"""Where a try at the door of staff is counted, and what a right or a wrong one does there.

A browser that signed in under a name before has a counter of its own. All others are counted by
what was typed as the name, whether anybody has it or not: so both are answered alike.
"""

from datetime import datetime, timedelta

from pro_app.security import secrets
from pro_app.security.waiting import MOST_WRONG, TOLD_EVERY
from pro_app.store.engine.transaction import Reader, Tx, reading
from pro_app.store.people import second_factors, tries
from pro_app.store.people.staff import Account
from pro_app.store.people.tries import Counter, Place, find_counter

#: No account has this id: what is asked of one is asked of nobody too, since it takes time.
_NOBODY = 0


def at_the_door(name: str) -> Place:
    """Where browsers that never signed in under this name are counted."""
    return Place(name_key=secrets.name_key(name))


def find(connection: Reader, account: Account | None, name: str, mark: str) -> Counter:
    """Where a try is counted."""
    others = at_the_door(name)
    known = _known(connection, account, mark)
    return known or find_counter(connection, others) or Counter(others)


def lock(tx: Tx, account: Account | None, name: str, mark: str) -> Counter:
    """The same, locked, and with it whatever may be used up of the account."""
    second_factors.lock_account(tx, account.id if account else _NOBODY)
    known = _known(tx.connection, account, mark)
    return known or tries.lock_counter(tx, at_the_door(name))


def _known(connection: Reader, account: Account | None, mark: str) -> Counter | None:
    if not mark:
        return None
    place = Place(staff_id=account.id if account else _NOBODY)
    return find_counter(connection, place, secrets.fingerprint(mark))


def count_wrong(tx: Tx, counter: Counter) -> None:
    """After many of them a browser is one of all others again."""
    counted = tries.count_wrong(tx, counter)
    if counted.known and counted.in_all >= MOST_WRONG:
        tries.forget(tx, counted)


def let_in(tx: Tx, account: Account, counter: Counter, mark: str) -> None:
    """Everything was right: what was wrong before counts no more, here and inside."""
    tries.forget_row(tx, counter)
    inside = Place(staff_id=account.id)
    tries.forget_row(tx, find_counter(tx.connection, inside) or Counter(inside))
    if mark and not counter.known:
        tries.know(tx, inside, secrets.fingerprint(mark))


def begin_anew(tx: Tx, account: Account) -> None:
    """There is another password: nobody waits for what was wrong before."""
    tries.begin_anew(tx, at_the_door(account.name), Place(staff_id=account.id))


#: The administrator is told of wrong tries for so long.
LATELY = timedelta(days=7)
_WRONG = ("staff.sign_in_refused", "staff.code_refused", "staff.passkey_refused")
_SUBJECT = "staff:"
#: What the trail calls a name that nobody has.
NOBODY = "unknown"


def tried_lately(now: datetime) -> list[tuple[str, int]]:
    """(name, how often) of whose door was tried in vain many times of late, the most first.

    NOBODY stands for all names that nobody has.
    """
    with reading() as connection:
        found = tries.refused_since(connection, _WRONG, now - LATELY, least=TOLD_EVERY)
    return [(subject.removeprefix(_SUBJECT), count) for subject, count in found]
