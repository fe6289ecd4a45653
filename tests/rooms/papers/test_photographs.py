"""Of what is uploaded a new picture is made: nothing but what can be seen is kept."""

import struct
import zlib
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile

from pro_app.papers.photographs import MOST_BYTES, BadPicture, Photograph, made_anew
from tests.rooms.papers.drawn import photograph, seen


def _made(content: bytes) -> Photograph:
    found = made_anew(BytesIO(content))
    assert isinstance(found, Photograph)
    return found


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_nothing_is_kept_but_what_can_be_seen(kind: str) -> None:
    hidden = photograph(kind=kind) + b"PK\x03\x04 a hidden archive, Wang Fang"
    made = _made(hidden).picture
    assert (b"Wang" in hidden, b"Wang" in made) == (True, False)
    assert b"Exif" not in made
    picture = seen(made)
    assert (picture.format, picture.mode, picture.size) == ("JPEG", "RGB", (320, 240))
    assert dict(picture.getexif()) == {}
    assert set(picture.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


@pytest.mark.parametrize("held", range(1, 9))
def test_a_picture_stands_upright_however_the_camera_was_held(held: int) -> None:
    turned = {5, 6, 7, 8}
    corner = {
        1: (0, 0),
        2: (1, 0),
        3: (1, 1),
        4: (0, 1),
        5: (0, 0),
        6: (1, 0),
        7: (1, 1),
        8: (0, 1),
    }
    picture = seen(_made(photograph(held=held)).picture)
    assert picture.size == ((240, 320) if held in turned else (320, 240))
    places = {
        (x, y): picture.getpixel(
            (picture.width * (1 + 2 * x) // 4, picture.height * (1 + 2 * y) // 4)
        )
        for x in (0, 1)
        for y in (0, 1)
    }
    red = [place for place, (r, g, _) in places.items() if r > 200 and g < 60]
    assert red == [corner[held]]


def test_a_large_photograph_becomes_a_page_that_can_be_read() -> None:
    made = _made(photograph(size=(6000, 4500)))
    assert seen(made.picture).size == (2400, 1800)
    assert len(made.picture) < 1_000_000


def test_what_is_transparent_is_white() -> None:
    written = BytesIO()
    Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save(written, "PNG")
    assert seen(_made(written.getvalue()).picture).getpixel((4, 4)) == (255, 255, 255)


def test_the_same_photograph_has_the_same_digest() -> None:
    assert _made(photograph()).sha256 == _made(photograph()).sha256
    assert _made(photograph()).sha256 != _made(photograph(mark="blue")).sha256


def _gif() -> bytes:
    written = BytesIO()
    Image.new("RGB", (8, 8)).save(written, "GIF")
    return written.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"My name is Wang Fang.",
        b"%PDF-1.7\n",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        _gif(),
        photograph()[:400],
        photograph(kind="PNG")[:-200],
    ],
)
def test_what_is_no_picture_is_refused_whatever_it_is_called(content: bytes) -> None:
    assert made_anew(BytesIO(content)) is BadPicture.NO_PICTURE


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_half_a_picture_is_refused_after_something_was_printed_too(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    assert made_anew(BytesIO(photograph(kind=kind)[:-200])) is BadPicture.NO_PICTURE


def test_a_file_of_too_many_bytes_is_not_even_opened() -> None:
    assert made_anew(BytesIO(bytes(MOST_BYTES + 1))) is BadPicture.TOO_LARGE


def _bomb(width: int, height: int) -> bytes:
    """A small file that says it holds a huge picture."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes(1_000_000), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(6000, 6000), (9_000, 9_000), (50_000, 50_000)])
def test_a_bomb_is_refused_before_it_is_unpacked(size: tuple[int, int]) -> None:
    refused = made_anew(BytesIO(_bomb(*size)))
    # Beyond its own limit the library refuses to open it at all.
    assert refused in (BadPicture.TOO_MANY_PIXELS, BadPicture.NO_PICTURE)


@settings(max_examples=60, deadline=None)
@given(
    kind=st.sampled_from(["JPEG", "PNG", "WEBP"]),
    changes=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), min_size=1, max_size=8),
)
def test_no_spoilt_file_breaks_the_reader(kind: str, changes: list[tuple[int, int]]) -> None:
    content = bytearray(photograph(size=(40, 30), kind=kind))
    for place, value in changes:
        content[place % len(content)] = value
    assert isinstance(made_anew(BytesIO(bytes(content))), Photograph | BadPicture)
