"""Read the QR codes in photographs; nothing of a picture is kept."""

from typing import IO

import zxingcpp
from PIL import Image, UnidentifiedImageError

from pro_app.acts.pictures import FORMATS, LONGEST_SIDE, is_readable

_QR = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)


def codes_in(picture: IO[bytes]) -> list[str] | None:
    """The text of every QR code in a picture, None when it is no picture."""
    try:
        with Image.open(picture, formats=FORMATS) as opened:
            if not is_readable(opened):
                return None
            opened.draft("L", (LONGEST_SIDE, LONGEST_SIDE))
            grey = opened.convert("L")
    # A broken file may break its reader in any of these ways.
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    grey.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    found = zxingcpp.read_barcodes(grey, formats=_QR)
    return [each.text for each in found]
