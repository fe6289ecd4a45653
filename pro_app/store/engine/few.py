"""Rows that are few, found before anything is joined to them."""

from typing import Any

from sqlalchemy import CTE, CompoundSelect, Select


def few(query: Select[Any] | CompoundSelect[Any], name: str) -> CTE:
    """The rows of a query as a table that the database makes first.

    What waits for somebody is little beside the patients of a site. SQLite knows
    how many rows a table has only after ANALYZE, and nothing of an empty one: it would
    go through all patients of the site to look for it.
    """
    return query.cte(name).prefix_with("MATERIALIZED")
