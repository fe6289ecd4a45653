"""Which study this database holds, whether its patients are synthetic, whether it is live."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update

from pro_app.store.engine.transaction import Tx
from pro_app.store.tables import patient, study_state


@dataclass(frozen=True, slots=True)
class State:
    study: str
    synthetic: bool
    live_at: datetime | None


def read_state(connection: Connection) -> State | None:
    """The state, None while nothing was ever written to this database."""
    row = connection.execute(
        select(study_state.c.study, study_state.c.synthetic, study_state.c.live_at)
    ).one_or_none()
    return State(*row) if row else None


def claim(tx: Tx, study: str, *, synthetic: bool) -> None:
    """Make this database the study's, and say whether its patients are made up."""
    tx.execute(insert(study_state), {"id": 1, "study": study, "synthetic": synthetic})


def go_live(tx: Tx) -> None:
    tx.execute(update(study_state).values(live_at=tx.now))


def count_patients(connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(patient)).scalar_one()
