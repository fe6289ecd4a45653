"""Static files under one hash of them all: cached for ever, changed by any change."""

import hashlib
import re
from functools import cache
from mimetypes import guess_type
from pathlib import Path

from flask import Blueprint, Flask, Response, abort, url_for
from flask_compress import Compress
from werkzeug.security import safe_join

from pro_app.public import public

STATIC = Path(__file__).resolve().parent / "static"
_YEAR_SECONDS = 365 * 24 * 3600
#: What pages ask for as one file, so that a first visit needs one request for it.
_JOINED = {"patient/all.css": ("shared/tokens.css", "patient/patient.css")}
_TEXTS = ("text/css", "text/javascript", "application/javascript")
#: Comments on lines of their own, no others: a pattern can't tell those from code.
_COMMENTS = re.compile(r"^[ \t]*(?:/\*(?:(?!\*/).)*\*/|//[^\n]*)[ \t]*\n", re.DOTALL | re.MULTILINE)
_INDENTS = re.compile(r"^\s+", re.MULTILINE)

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
def _content(path: str) -> tuple[bytes, str] | None:
    """(bytes, type) of a file, or of several as one; None where there is none.

    Of texts only what a browser reads: comments and indents are for those who read here.
    """
    found = [safe_join(str(STATIC), part) for part in _JOINED.get(path, (path,))]
    files = [Path(each) for each in found if each and Path(each).is_file()]
    if not files:
        return None
    kind = guess_type(files[0].name)[0] or "application/octet-stream"
    content = b"".join(file.read_bytes() for file in files)
    if kind in _TEXTS:
        content = _INDENTS.sub("", _COMMENTS.sub("", content.decode())).encode()
    return content, kind


@blueprint.get("/static/<version>/<path:path>")
@public
def asset(version: str, path: str) -> Response:
    content, kind = _content(path) or abort(404)
    response = Response(content, mimetype=kind)
    # Its address names it: neither age nor tag, which cost a phone as much as a small file.
    response.headers["Cache-Control"] = f"public, max-age={_YEAR_SECONDS}, immutable"
    return response
