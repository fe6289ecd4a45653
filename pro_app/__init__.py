"""A patient-reported-outcomes system for clinical trials."""

from flask import Flask
from werkzeug.local import LocalProxy

from pro_app import assets, busy, cli, errors, i18n, instruments, refusals, studies
from pro_app.amendments.routes import blueprint as amendments
from pro_app.audit.routes import blueprint as audit
from pro_app.clock import Clock, utc_now
from pro_app.contacts.routes import blueprint as contacts
from pro_app.core.alerts import problems
from pro_app.core.study import StudyError
from pro_app.deployment import Deployment, deployment
from pro_app.export.routes import blueprint as export
from pro_app.intake.routes import blueprint as intake
from pro_app.nurse.routes import blueprint as nurse
from pro_app.papers.routes import blueprint as papers
from pro_app.patient.routes import blueprint as patient
from pro_app.records.routes import blueprint as records
from pro_app.reports.routes import blueprint as reports
from pro_app.requests.routes import blueprint as requests
from pro_app.review.routes import blueprint as review
from pro_app.security import setup as security
from pro_app.security.routes import blueprint as staff_door
from pro_app.settings import Settings, read_settings
from pro_app.store.engine.database import connect_app
from pro_app.wording.routes import blueprint as wording


def create_app(settings: Settings | None = None, *, clock: Clock = utc_now) -> Flask:
    """The application, wired: settings, data files, store, guards, rooms, commands.

    Errors: SettingsError, StudyError or InstrumentError when it can't be right.
    """
    settings = settings or read_settings()
    study = studies.load(settings.study)
    app = Flask(__name__, static_folder=None, instance_path=str(settings.instance))
    instrument = instruments.load(study.instrument)
    wrong = list(problems(study, instrument))
    if wrong:
        raise StudyError(wrong)
    app.extensions["deployment"] = Deployment(settings, clock, study, instrument)
    app.jinja_env.globals.update(settings=settings, instrument=instrument, refusal=refusals.said)
    app.jinja_env.globals["study"] = LocalProxy(lambda: deployment().study)
    connect_app(app, settings)
    busy.set_up(app)
    security.set_up(app, settings)
    i18n.set_up(app)
    errors.set_up(app)
    assets.set_up(app)
    for room in (
        patient,
        staff_door,
        nurse,
        contacts,
        papers,
        reports,
        export,
        audit,
        records,
        review,
        requests,
        intake,
        amendments,
        wording,
    ):
        app.register_blueprint(room)
    cli.register(app)
    return app
