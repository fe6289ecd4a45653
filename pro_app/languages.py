"""The languages that the interface speaks: the one place that lists them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Language:
    """`locale` is Babel's and the catalogue's folder, `tag` goes into <html lang>.

    `name` is what the language calls itself; `day` and `minute` are Babel's patterns for
    a day in full and for an instant.
    """

    locale: str
    tag: str
    name: str
    day: str
    minute: str


#: The language of the strings in the code, spoken where no other can be.
SOURCE = "en"

#: Our code, which studies use too → the language.
LANGUAGES = {
    "zh": Language("zh_Hans_CN", "zh-Hans-CN", "中文", "y年M月d日(EEE)", "y年M月d日 HH:mm"),
    "en": Language("en", "en", "English", "d MMM y (EEE)", "d MMM y, HH:mm"),
}


def spoken(code: str | None) -> Language:
    """The language of a code, the code's own where the interface does not speak it."""
    return LANGUAGES.get(code or SOURCE, LANGUAGES[SOURCE])
