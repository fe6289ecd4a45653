"""A personal link as a picture that any camera reads."""

import segno


def svg(address: str) -> str:
    """The QR code as an SVG element, black on white in every colour scheme.

    Error level M: a printed card may be creased.
    """
    code = segno.make(address, error="m", micro=False)
    return code.svg_inline(scale=5, border=4, dark="#000", light="#fff", omitsize=True)
