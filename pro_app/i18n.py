"""Which language a page speaks, and how days, times and scores are written in it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from functools import lru_cache
from gettext import NullTranslations
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime
from flask import Blueprint, Flask, g, has_request_context, redirect, request, session
from flask.typing import ResponseReturnValue
from flask_babel import Babel, force_locale, get_locale, get_translations
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from pro_app.core.study import Labels
from pro_app.deployment import deployment
from pro_app.languages import LANGUAGES, SOURCE, Language, spoken
from pro_app.public import public

TRANSLATIONS = Path(__file__).resolve().parent.parent / "translations"

blueprint = Blueprint("i18n", __name__)


def set_up(app: Flask) -> None:
    Babel(
        app,
        locale_selector=lambda: spoken(language()).locale,
        default_translation_directories=str(TRANSLATIONS),
    )
    app.register_blueprint(blueprint)
    app.jinja_env.filters.update(day=day, short_day=short_day, instant=instant, score=score)
    # What Babel installs looks for the catalogue anew at each string of a page.
    app.jinja_env.globals.update(_=_said, gettext=_said)
    app.jinja_env.globals.update(
        language=language,
        languages=LANGUAGES,
        html_lang=lambda: spoken(language()).tag,
        label=label,
    )


def language() -> str:
    """The language in use: chosen, else the patient's, else the browser's, else the study's."""
    if not has_request_context():
        return deployment().settings.cli_language
    for code in (session.get("language"), g.get("patient_language")):
        if code in LANGUAGES:
            return str(code)
    return _of_browser(request.headers.get("Accept-Language", ""), tuple(offered()))


@lru_cache(maxsize=256)
def _of_browser(accepts: str, offered: Sequence[str]) -> str:
    return parse_accept_header(accepts, LanguageAccept).best_match(offered) or offered[0]


def offered() -> list[str]:
    """The study's languages that the interface speaks; its own where it speaks none of them."""
    return [code for code in deployment().study.languages if code in LANGUAGES] or [SOURCE]


@pass_eval_context
def _said(context: EvalContext, message: str, **values: Any) -> str:
    """A string of a page in the language in use, with these values in it."""
    locale = get_locale()
    if locale not in _CATALOGUES:
        _CATALOGUES[locale] = get_translations()
    said = _CATALOGUES[locale].gettext(message)
    if context.autoescape:
        said = Markup(said)  # noqa: S704 - our own catalogue
    # A string without values is one to be filled in, too: it says %% for a per cent sign.
    return said % values if "%" in said else said


#: Locale → its strings; they are read once.
_CATALOGUES: dict[Locale | None, NullTranslations] = {}


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """A block in which everything is said in the language of this code."""
    with force_locale(spoken(code).locale):
        yield


def label(labels: Labels) -> str:
    """The text in the language in use, else in the first language there is."""
    return labels.get(language()) or next(iter(labels.values()))


@blueprint.post("/language")
@public
def choose_language() -> ResponseReturnValue:
    chosen = request.form.get("language", "")
    if chosen in LANGUAGES:
        session["language"] = chosen
    return redirect(own_path(request.form.get("next", "/")))


def own_path(path: str) -> str:
    """The path when it is one of ours, else the start: no open redirect."""
    # Browsers leave out tabs and line ends before they look where a path leads.
    plain = path.isprintable() and path.startswith("/")
    return path if plain and not path.startswith(("//", "/\\")) else "/"


def day(value: date | None) -> str:
    """A day in full: 2026年3月5日(周四), 5 Mar 2026 (Thu)."""
    if value is None:
        return "–"
    now = _spoken_now()
    return format_date(value, now.day, locale=now.locale)


def short_day(value: date | None) -> str:
    """A day for tables, sortable by eye: 2026-03-05."""
    return "–" if value is None else value.isoformat()


def instant(value: datetime | None) -> str:
    """An instant in the trial's time zone, the zone's offset named."""
    if value is None:
        return "–"
    local = value.astimezone(ZoneInfo(deployment().study.time_zone))
    now = _spoken_now()
    zone = format_datetime(local, "ZZZZ", locale=now.locale)
    return f"{format_datetime(local, now.minute, locale=now.locale)} {zone}"


def score(value: float | None) -> str:
    """A score rounded for the eye alone, to one decimal."""
    return "–" if value is None else f"{value:.1f}"


def _spoken_now() -> Language:
    """The language in which a page, or a block of it, is being written."""
    locale = str(get_locale())
    return next((each for each in LANGUAGES.values() if each.locale == locale), spoken(SOURCE))
