"""What may stand in each field of the contact book."""

import pytest

from pro_app.core.contact_card import Field, fits


@pytest.mark.parametrize(
    ("field", "words", "fit"),
    [
        (Field.NAME, "王小明", True),
        (Field.NAME, "x" * 100, True),
        (Field.NAME, "x" * 101, False),
        (Field.NAME, "two\nlines", False),
        (Field.PHONE, "+86 578 123-4567", True),
        (Field.PHONE, "123456", True),
        (Field.PHONE, "12345", False),
        (Field.PHONE, "1" * 21, True),
        (Field.PHONE, "1" * 22, False),
        (Field.PHONE, "0578 ask for Wang", False),
        (Field.WECHAT, "abcde", True),
        (Field.WECHAT, "abcd", False),
        (Field.WECHAT, "a" * 31, True),
        (Field.WECHAT, "a" * 32, False),
        (Field.WECHAT, "_abcde", False),
        (Field.EMAIL, "a@b.cn", True),
        (Field.EMAIL, "a@b", False),
        (Field.EMAIL, "a b@c.cn", False),
        (Field.PREFERRED_HOUR, "8", True),
        (Field.PREFERRED_HOUR, "19", True),
        (Field.PREFERRED_HOUR, "7", False),
        (Field.PREFERRED_HOUR, "20", False),
        (Field.PREFERRED_HOUR, "noon", False),
    ],
)
def test_words_fit_a_field_or_do_not(field: Field, words: str, fit: bool) -> None:
    assert fits(field, words) is fit
