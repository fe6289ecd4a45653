"""Which language a page speaks, and how days, times and scores are written in it."""

from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from flask import Blueprint, Flask, g, has_request_context, redirect, request, session
from flask.typing import ResponseReturnValue
from flask_babel import Babel, get_locale

from pro_app.core.study import Labels
from pro_app.deployment import deployment
from pro_app.public import public

#: Our language code → (Babel's locale, the tag that goes into <html lang>, its own name).
LANGUAGES = {
    "zh": ("zh_Hans_CN", "zh-Hans-CN", "中文"),
    "en": ("en", "en", "English"),
}
TRANSLATIONS = Path(__file__).resolve().parent.parent / "translations"

blueprint = Blueprint("i18n", __name__)


def set_up(app: Flask) -> None:
    Babel(
        app,
        locale_selector=lambda: LANGUAGES[language()][0],
        default_translation_directories=str(TRANSLATIONS),
    )
    app.register_blueprint(blueprint)
    app.jinja_env.filters.update(day=day, short_day=short_day, instant=instant, score=score)
    app.jinja_env.globals.update(
        language=language,
        languages=LANGUAGES,
        html_lang=lambda: LANGUAGES[language()][1],
        label=label,
    )


def language() -> str:
    """The language in use: chosen, else the patient's, else the browser's, else the study's."""
    if not has_request_context():
        return deployment().settings.cli_language
    offered = [code for code in LANGUAGES if code in deployment().study.languages] or ["en"]
    wanted = (session.get("language"), g.get("patient_language"))
    for code in wanted:
        if code in LANGUAGES:
            return str(code)
    return request.accept_languages.best_match(offered) or offered[0]


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
    pattern = "y年M月d日(EEE)" if _locale().startswith("zh") else "d MMM y (EEE)"
    return format_date(value, pattern, locale=_locale())


def short_day(value: date | None) -> str:
    """A day for tables, sortable by eye: 2026-03-05."""
    return "–" if value is None else value.isoformat()


def instant(value: datetime | None) -> str:
    """An instant in the trial's time zone, the zone's offset named."""
    if value is None:
        return "–"
    local = value.astimezone(ZoneInfo(deployment().study.time_zone))
    pattern = "y年M月d日 HH:mm" if language() == "zh" else "d MMM y, HH:mm"
    zone = format_datetime(local, "ZZZZ", locale=_locale())
    return f"{format_datetime(local, pattern, locale=_locale())} {zone}"


def score(value: float | None) -> str:
    """A score rounded for the eye alone, to one decimal."""
    return "–" if value is None else f"{value:.1f}"


def _locale() -> str:
    return str(get_locale())
