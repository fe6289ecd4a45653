"""Pictures from outside: which are opened at all, and how large they are read."""

from PIL import Image

#: What phones, scanners and screens make; the library's other readers meet no strangers' files.
FORMATS = ("JPEG", "PNG", "WEBP")
#: A code, and a page of A4 with handwriting, can be read at this size.
LONGEST_SIDE = 2400
#: A larger picture may fill the memory; photographs are read smaller from the start.
_MOST_PIXELS = 25_000_000
_MOST_PIXELS_OF_PHOTOGRAPHS = 64_000_000


def is_readable(opened: Image.Image) -> bool:
    """Whether a picture that was opened, but not yet read, is small enough to be read."""
    photograph = opened.format == "JPEG"
    most = _MOST_PIXELS_OF_PHOTOGRAPHS if photograph else _MOST_PIXELS
    return opened.width * opened.height <= most
