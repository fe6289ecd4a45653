"""Pictures for the tests of photographs, as a camera would send them."""

from io import BytesIO

from PIL import Image, ImageDraw
from PIL.ExifTags import IFD, Base


def photograph(
    *,
    size: tuple[int, int] = (320, 240),
    colour: str = "white",
    kind: str = "JPEG",
    held: int = 1,
    mark: str = "red",
) -> bytes:
    """A page with a mark in its top left quarter, with all that a camera writes into it."""
    picture = Image.new("RGB", size, colour)
    ImageDraw.Draw(picture).rectangle((0, 0, size[0] // 2, size[1] // 2), fill=mark)
    about = Image.Exif()
    about[Base.Orientation] = held
    about[Base.ImageDescription] = "Wang Fang, bed 12"
    about.get_ifd(IFD.GPSInfo)[2] = (28.0, 27.0, 3.0)
    written = BytesIO()
    more = {"comment": b"Wang Fang"} if kind == "JPEG" else {}
    picture.save(written, kind, exif=about, **more)
    return written.getvalue()


def seen(content: bytes) -> Image.Image:
    return Image.open(BytesIO(content))
