"""What a phone needs to show the patient's pages without a network: shell, worker, manifest."""

import hashlib
import json
import re
from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    g,
    jsonify,
    make_response,
    render_template,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup

from pro_app.assets import static_version
from pro_app.deployment import deployment
from pro_app.i18n import speaking
from pro_app.languages import spoken
from pro_app.patient.look import Look
from pro_app.public import public

#: What stands between lines: to a browser it is as good as the line's end alone.
_BETWEEN = re.compile(r"\s*\n\s*")

blueprint = Blueprint("shell", __name__, url_prefix="/my")

#: All that the service worker keeps beside the shell: nothing of anybody's.
FILES = (
    "patient/all.css",
    "patient/app.js",
    "patient/drafts.js",
    "patient/elsewhere.js",
    "patient/fill.js",
    "patient/form.js",
    "patient/home.js",
    "patient/keep.js",
    "patient/look.js",
    "patient/qr.js",
    "patient/rescue.js",
    "patient/screens.js",
    "patient/start.js",
    "patient/state.js",
    "patient/tablet.js",
    "shared/icon.svg",
)
#: The worker is gone for good: for a version of it that does harm.
_GONE = """\
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => {
  const clear = (names) => Promise.all(names.map((name) => caches.delete(name)));
  event.waitUntil(caches.keys().then(clear).then(() => self.registration.unregister()));
});
"""


@blueprint.app_context_processor
def _offline() -> dict[str, Any]:
    """The worker's address, for pages that may register it; None switches it off."""
    # The hospital's tablet keeps nothing of anybody's, so it needs no pages without a network.
    on_tablet = bool(g.get("patient") and g.patient.tablet)
    offered = deployment().settings.offline and not on_tablet
    return {
        "worker": url_for("patient.shell.worker") if offered else None,
        "shell_address": lambda: url_for("patient.shell.shell", version=_version(_shell())),
    }


@blueprint.get("/shell/<version>")
@public
def shell(version: str) -> ResponseReturnValue:
    """The page that draws forms from what the phone has kept; the same for everybody."""
    return _lasting(_shell(), version)


@blueprint.get("/shell/<version>/<language>")
@public
def templates(version: str, language: str) -> ResponseReturnValue:
    """What is in it for one language, for a page of the server's that goes on by script."""
    _page, parts = _rendered()
    return _lasting(parts.get(language) or abort(404), version)


def _lasting(text: str, version: str) -> Response:
    answer = make_response(text)
    if version == _version(_shell()):
        answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return answer


@blueprint.get("/sw.js")
@public
def worker() -> ResponseReturnValue:
    """The service worker; one that only removes itself where working offline is switched off."""
    if not deployment().settings.offline:
        return Response(_GONE, mimetype="text/javascript")
    # Everything that is kept is named by what it is, so that any change replaces it all.
    version = _version(_shell())
    shell = url_for(".shell", version=version)
    kept = {"version": version, "shell": shell, "files": [shell, *map(_asset, FILES)]}
    scripts = ", ".join(json.dumps(_asset(f"patient/{name}.js")) for name in ("keep", "worker"))
    text = f"self.kept = {json.dumps(kept)};\nimportScripts({scripts});\n"
    return Response(text, mimetype="text/javascript")


@blueprint.get("/manifest.webmanifest")
@public
def manifest() -> ResponseReturnValue:
    """What a phone asks for to put the pages among its apps."""
    sizes = {"icon-192": "any", "icon-512": "any", "icon-maskable-512": "maskable"}
    answer = jsonify(
        name=_("Questionnaire"),
        short_name=_("Questionnaire"),
        id=url_for("patient.home"),
        start_url=url_for("patient.home"),
        scope="/my/",
        display="standalone",
        background_color="#faf7f2",
        theme_color="#0b5a61",
        icons=[
            {
                "src": _asset(f"patient/{name}.png"),
                "sizes": "x".join([name.rpartition("-")[2]] * 2),
                "type": "image/png",
                "purpose": purpose,
            }
            for name, purpose in sizes.items()
        ],
    )
    answer.mimetype = "application/manifest+json"
    return answer


def _version(shell: str) -> str:
    return hashlib.sha256((shell + static_version()).encode()).hexdigest()[:12]


def _shell() -> str:
    page, _parts = _rendered()
    return page


def _rendered() -> tuple[str, dict[str, str]]:
    """(the shell, its templates by language): whatever the request, so it is done once."""
    offline = deployment().settings.offline
    rendered: dict[bool, tuple[str, dict[str, str]]]
    rendered = current_app.extensions.setdefault("shell", {})
    if offline not in rendered:
        study = deployment().study
        parts = {code: _BETWEEN.sub("\n", _templates(code)) for code in study.languages}
        first = study.languages[0]
        worker = url_for("patient.shell.worker") if offline else None
        with speaking(first):
            page = render_template(
                "patient/shell.html", parts=parts.values(), first=first, worker=worker
            )
        rendered[offline] = page, parts
    return rendered[offline]


def _templates(code: str) -> str:
    # Whom to call differs from patient to patient, so the script puts it in.
    site = (
        Markup('<span data-fill="site-name"></span>'),
        Markup('<span data-fill="site-phone"></span>'),
    )
    with speaking(code):
        return render_template(
            "patient/_shell.html",
            code=code,
            tag=spoken(code).tag,
            sites=[site],
            sites_to_call=lambda: [site],
            named=lambda given: given,
            look=Look,
        )


def _asset(path: str) -> str:
    return url_for("assets.asset", version=static_version(), path=path)
