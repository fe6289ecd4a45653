"""Whose patients somebody sees: everywhere, or at these sites and no others.

Never None and never a default: who forgets to say it is told so by the type checker, and an
empty set sees nothing.
"""

from dataclasses import dataclass
from typing import Final, TypeAlias


@dataclass(frozen=True, slots=True)
class Everywhere:
    """Every site of the study, those of tomorrow too."""

    def __contains__(self, site: object) -> bool:
        return True


EVERYWHERE: Final = Everywhere()

#: `code in sites` holds for both; only a set of codes can be counted or listed.
Sites: TypeAlias = Everywhere | frozenset[str]


def only(*codes: str) -> frozenset[str]:
    """These sites and no others."""
    return frozenset(codes)
