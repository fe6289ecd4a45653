"""Read the QR codes in photographs; nothing of a picture is kept."""

from typing import IO

import zxingcpp
from PIL import Image, UnidentifiedImageError

#: What phones and screens make; other readers of the library need not meet strangers' files.
_FORMATS = ("JPEG", "PNG", "WEBP")
_QR = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
#: A larger picture is no photograph of a screen, but may fill the memory.
_MOST_PIXELS = 64_000_000
#: A code fills a good part of the picture, so this is fine enough and quick.
_LONGEST_SIDE = 2400


def codes_in(picture: IO[bytes]) -> list[str] | None:
    """The text of every QR code in a picture, None when it is no picture."""
    try:
        with Image.open(picture, formats=_FORMATS) as opened:
            if opened.width * opened.height > _MOST_PIXELS:
                return None
            opened.draft("L", (_LONGEST_SIDE, _LONGEST_SIDE))
            grey = opened.convert("L")
    # A broken file may break its reader in any of these ways.
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    grey.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
    found = zxingcpp.read_barcodes(grey, formats=_QR)
    return [each.text for each in found]
