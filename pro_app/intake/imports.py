"""Files that were taken in: what each brought, and what of it was declared wrong since."""

from pro_app.acts.occasion import StaffOccasion
from pro_app.store.engine.transaction import reading
from pro_app.store.trail.imports import TakenIn, taken_in

__all__ = ["AT_ONCE", "TakenIn", "listed"]

#: So many stand on a page.
AT_ONCE = 50


def listed(*, before: int | None = None, limit: int = AT_ONCE, at: StaffOccasion) -> list[TakenIn]:
    """The files of whoever asks: of their sites, or of the whole trial; the latest first."""
    with reading() as connection:
        return taken_in(connection, sites=at.sites, limit=limit, before=before)
