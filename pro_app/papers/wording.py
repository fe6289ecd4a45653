"""The words of the questionnaire: those of today, and those that a form showed."""

from collections.abc import Iterable
from datetime import date

from pro_app.core.instrument import Instrument
from pro_app.core.study import Study
from pro_app.core.wording import Wording
from pro_app.instruments import demonstration_if_any
from pro_app.store.engine.transaction import reading
from pro_app.store.forms.wordings import Pack, licensed


def words(
    study: Study, instrument: Instrument, language: str, *, production: bool, today: date
) -> Wording | None:
    """What may be shown in this language today; None: nothing."""
    with reading() as connection:
        found = licensed(connection, instrument.id, language, today=today)
    if found is None and not production:
        found = demonstration_if_any(study.instrument, language)
    return found


def words_of(
    imported: Iterable[Pack], study: Study, language: str, sha256: str | None
) -> Wording | None:
    """The words that a form showed; of paper printed elsewhere those of its language."""
    shipped = demonstration_if_any(study.instrument, language)
    known = [*(pack.wording for pack in imported if pack.serves), *([shipped] if shipped else [])]
    shown = [each for each in known if each.sha256 == sha256]
    alike = [each for each in known if each.language == language and sha256 is None]
    return next(iter(shown or alike), None)
