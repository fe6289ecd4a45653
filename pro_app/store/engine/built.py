"""Statements that are built once for all who ask alike."""

from functools import lru_cache

#: SQLAlchemy takes longer to build most statements than the database to answer them. What is
#: built depends on its arguments alone; what differs at each call is bound when it runs.
built_once = lru_cache(maxsize=256)
