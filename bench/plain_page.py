"""What a form is measured against: the same text as one page, its style in it, no script.

Served as the product is: `gunicorn --config python:bench.plain_page bench.plain_page:create_app()`.
"""

from flask import Flask, render_template_string
from flask_compress import Compress

from bench.yardsticks import (  # noqa: F401 - gunicorn reads them here
    accesslog,
    bind,
    control_socket_disable,
    errorlog,
    keepalive,
    loglevel,
    threads,
    timeout,
    worker_class,
    workers,
)
from pro_app import instruments, studies

_PAGE = """\
<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Form</title><link rel="icon" href="data:,">
<style>body{max-width:640px;margin:0 auto;padding:16px;font-size:125%}
fieldset{margin:24px 0;padding:0;border:0}label{display:block;min-height:52px}</style></head>
<body><form id="answers" method="post"><p>{{ texts.RECALL }}</p>
{% for section in sections %}<h2>{{ texts['HEADING_' ~ section.code] }}</h2>
{% for code in section.items %}<fieldset><legend>{{ texts[code] }}</legend>
{% for value in choices %}<label class="option">\
<input type="radio" name="item:{{ code }}" value="{{ value }}"> {{ texts['RESPONSE_' ~ value] }}\
</label>
{% endfor %}</fieldset>{% endfor %}{% endfor %}
<button>OK</button></form><p>{{ texts.NOTICE }}</p></body></html>
"""


def create_app() -> Flask:
    """GET / is the page."""
    app = Flask(__name__)
    app.config["COMPRESS_ALGORITHM"] = ["gzip"]
    Compress(app)
    study = studies.load("nct04158843")
    instrument = instruments.load(study.instrument)
    page_of = {
        "sections": instrument.sections,
        "choices": range(instrument.lowest, instrument.highest + 1),
        "texts": instruments.demonstration(study.instrument, "zh").texts,
    }

    @app.get("/")
    def page() -> str:
        return render_template_string(_PAGE, **page_of)

    return app
