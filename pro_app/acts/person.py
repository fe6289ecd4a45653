"""Who acts: one typed value for whoever is signed in, or gives a command."""

from dataclasses import dataclass

from pro_app.core.sites import EVERYWHERE, Sites
from pro_app.store.engine.transaction import Actor


@dataclass(frozen=True, slots=True)
class Person:
    """`sites`: whose patients they may see. `actor`: as whom the trail knows them."""

    name: str
    role: str
    sites: Sites
    actor: Actor


def operator(actor: Actor) -> Person:
    """Whoever runs a command or a job: every site, as the server's own files are there too."""
    return Person(actor.name, actor.role, EVERYWHERE, actor)
