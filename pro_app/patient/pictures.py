"""Read the QR codes in photographs; nothing of a picture is kept."""

from typing import IO

import zxingcpp
from PIL import Image, UnidentifiedImageError

#: What phones and screens make; other readers of the library need not meet strangers' files.
_FORMATS = ("JPEG", "PNG", "WEBP")
_QR = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
#: A larger picture may fill the memory; photographs are read smaller from the start.
_MOST_PIXELS = 25_000_000
_MOST_PIXELS_OF_PHOTOGRAPHS = 64_000_000
#: A code fills a good part of the picture, so this is fine enough and quick.
_LONGEST_SIDE = 2400


def codes_in(picture: IO[bytes]) -> list[str] | None:
    """The text of every QR code in a picture, None when it is no picture."""
    try:
        with Image.open(picture, formats=_FORMATS) as opened:
            photograph = opened.format == "JPEG"
            most = _MOST_PIXELS_OF_PHOTOGRAPHS if photograph else _MOST_PIXELS
            if opened.width * opened.height > most:
                return None
            opened.draft("L", (_LONGEST_SIDE, _LONGEST_SIDE))
            grey = opened.convert("L")
    # A broken file may break its reader in any of these ways.
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    grey.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
    found = zxingcpp.read_barcodes(grey, formats=_QR)
    return [each.text for each in found]
