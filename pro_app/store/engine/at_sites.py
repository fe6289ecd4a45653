"""The one condition that keeps a query within the sites of whoever asks."""

from sqlalchemy import ColumnElement, false, true
from sqlalchemy.sql.elements import SQLColumnExpression

from pro_app.core.sites import Everywhere, Sites


def at_sites(site: SQLColumnExpression[str], sites: Sites) -> ColumnElement[bool]:
    """Whether the row's site is one of these; of an empty set no row is.

    Errors: TypeError for anything that is no `Sites`, None above all: no door may open
    because somebody forgot to say for whom.
    """
    if isinstance(sites, Everywhere):
        return true()
    if not isinstance(sites, frozenset):
        raise TypeError(f"not a set of sites: {sites!r}")
    return site.in_(sorted(sites)) if sites else false()
