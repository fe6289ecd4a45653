"""How a patient likes the pages: the size of the type, the elder view, reading aloud."""

from dataclasses import dataclass, replace

#: What the cookie is called; it says nothing about a person.
COOKIE = "look"
SIZES = ("1", "2", "3")


@dataclass(frozen=True, slots=True)
class Look:
    """`size` is a step of the type's size; `aloud` only a browser's script can do."""

    size: str = "1"
    elder: bool = False
    aloud: bool = False

    @property
    def text(self) -> str:
        """As the cookie holds it: the step, then e for the elder view, a for reading aloud."""
        return self.size + "e" * self.elder + "a" * self.aloud

    @property
    def classes(self) -> str:
        """As the page's <html> element names it."""
        return f"size-{self.size}" + " elder" * self.elder

    def sized(self, size: str) -> "Look":
        return replace(self, size=size)

    def toggled(self) -> "Look":
        """The same with the elder view switched."""
        return replace(self, elder=not self.elder)


def read_look(text: str) -> Look:
    """The look that a cookie or a button says; what it doesn't know is as by default."""
    size = text[:1] if text[:1] in SIZES else SIZES[0]
    return Look(size, "e" in text[1:], "a" in text[1:])
