"""Static files under one hash of them all: cached for ever, changed by any change."""

import hashlib
import re
from functools import cache
from pathlib import Path

from flask import Blueprint, Flask, Response, send_from_directory, url_for
from flask_compress import Compress

from pro_app.security.access import public

STATIC = Path(__file__).resolve().parent / "static"
_YEAR_SECONDS = 365 * 24 * 3600
#: What pages ask for as one file, so that a first visit needs one request for it.
_JOINED = {"patient/all.css": ("shared/tokens.css", "patient/patient.css")}
_TEXTS = ("text/css", "text/javascript", "application/javascript")
#: Comments on lines of their own, no others: a pattern can't tell those from code.
_COMMENTS = re.compile(r"^[ \t]*(?:/\*(?:(?!\*/).)*\*/|//[^\n]*)[ \t]*\n", re.DOTALL | re.MULTILINE)

blueprint = Blueprint("assets", __name__)


def set_up(app: Flask) -> None:
    version = static_version()
    # Texts travel compressed, for phones on bad networks, also without a proxy in front.
    app.config.update(
        COMPRESS_ALGORITHM=["gzip"],
        COMPRESS_MIMETYPES=[
            "text/html",
            "text/css",
            "text/javascript",
            "application/javascript",
            "application/json",
            "application/manifest+json",
            "image/svg+xml",
        ],
    )
    Compress(app)
    app.register_blueprint(blueprint)
    app.jinja_env.globals["asset"] = lambda path: url_for(
        "assets.asset", version=version, path=path
    )


@cache
def static_version() -> str:
    """The hash that names this set of static files, in URLs and caches."""
    digest = hashlib.sha256()
    for file in sorted(STATIC.rglob("*")):
        if file.is_file():
            digest.update(file.relative_to(STATIC).as_posix().encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


@cache
def _text(path: str) -> str:
    """A script or a style without its comments: they are for those who read it here."""
    return _COMMENTS.sub("", (STATIC / path).read_text(encoding="utf8"))


@blueprint.get("/static/<version>/<path:path>")
@public
def asset(version: str, path: str) -> Response:
    response = send_from_directory(STATIC, _JOINED.get(path, (path,))[-1], max_age=_YEAR_SECONDS)
    if response.mimetype in _TEXTS:
        response.direct_passthrough = False
        response.set_data("".join(_text(part) for part in _JOINED.get(path, (path,))))
    response.headers["Cache-Control"] = f"public, max-age={_YEAR_SECONDS}, immutable"
    return response
