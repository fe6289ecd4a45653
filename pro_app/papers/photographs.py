"""Make a photograph anew from what was uploaded: what is kept is the picture and nothing else."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from io import SEEK_END, BytesIO
from typing import IO

from PIL import Image, ImageFile
from PIL.ExifTags import Base
from PIL.Image import Transpose

from pro_app.acts.pictures import FORMATS, LONGEST_SIDE, is_readable

MOST_BYTES = 10 * 1024 * 1024
_QUALITY = 80
#: How a camera says it was held → what turns the picture upright.
_UPRIGHT = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}


class BadPicture(StrEnum):
    """Why a file is not taken."""

    NO_PICTURE = "NO_PICTURE"  # it can't be opened as one, whatever it is called
    TOO_LARGE = "TOO_LARGE"  # more bytes than are taken
    TOO_MANY_PIXELS = "TOO_MANY_PIXELS"


@dataclass(frozen=True, slots=True)
class Photograph:
    """A JPEG of our own making, upright, with nothing in it but what can be seen."""

    picture: bytes
    sha256: str


def made_anew(file: IO[bytes]) -> Photograph | BadPicture:
    if file.seek(0, SEEK_END) > MOST_BYTES:
        return BadPicture.TOO_LARGE
    file.seek(0)
    try:
        seen = _seen(file)
    except Exception:  # a stranger's file may break its reader in any way
        return BadPicture.NO_PICTURE
    if seen is None:
        return BadPicture.TOO_MANY_PIXELS
    written = BytesIO()
    seen.save(written, "JPEG", quality=_QUALITY, optimize=True)
    content = written.getvalue()
    return Photograph(content, hashlib.sha256(content).hexdigest())


def _seen(file: IO[bytes]) -> Image.Image | None:
    """What can be seen, on white; None where its size alone, read before it, is too much."""
    with Image.open(file, formats=FORMATS) as opened:
        if not is_readable(opened):
            return None
        # Printing switches this on for the whole process: half a picture would be a whole one.
        ImageFile.LOAD_TRUNCATED_IMAGES = False
        opened.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
        held = opened.getexif().get(Base.Orientation)
        opened.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        upright = opened.transpose(_UPRIGHT[held]) if held in _UPRIGHT else opened
        layers = upright.convert("RGBA")
    # A new picture: comments, places and previews stay with the old one.
    paper = Image.new("RGB", layers.size, "white")
    paper.paste(layers, mask=layers)
    return paper
