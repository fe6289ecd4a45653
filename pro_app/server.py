"""How gunicorn serves the product: `gunicorn --config python:pro_app.server wsgi:app`.

SQLite is one process's: one web process with the worker inside it. PostgreSQL is
served by two, with the worker beside them as `flask worker`.
"""

import sys
from typing import Any

from sqlalchemy.exc import DatabaseError

from pro_app import create_app, worker
from pro_app.busy import THREADS
from pro_app.core.instrument import InstrumentError
from pro_app.core.study import StudyError
from pro_app.deployment import deployment
from pro_app.settings import SettingsError, check_for_serving, read_settings
from pro_app.starting import (
    OtherSchema,
    OtherStudy,
    database_sentence,
    refuse_other_schema,
    refuse_other_study,
    unreadable_sentence,
)
from pro_app.store.engine.database import db
from pro_app.store.engine.process_lock import claim_file
from pro_app.store.engine.study_versions import UnreadableVersion
from pro_app.store.engine.transaction import SERVER

_settings = read_settings()
check_for_serving(_settings)

bind = _settings.listen
worker_class = "pro_app.web_worker.WebWorker"
workers = 1 if _settings.embedded else 2
threads = THREADS
timeout = 60
graceful_timeout = 20
keepalive = 5
max_requests = 0
control_socket_disable = True
accesslog = None  # no addresses, no paths: the trail says who did what
errorlog = "-"
loglevel = "warning"
proc_name = "pro"


def on_starting(_server: Any) -> None:
    if _settings.embedded:
        try:
            claim_file(_settings)
        except SettingsError as error:
            sys.exit(str(error))
    _compare_study()


def _compare_study() -> None:
    """End the server before it serves another study than the database's."""
    try:
        app = create_app(_settings)
    except (StudyError, InstrumentError) as error:
        sys.exit(str(error))
    with app.app_context():
        try:
            refuse_other_schema()
            refuse_other_study(deployment(), actor=SERVER)
        except (OtherSchema, OtherStudy) as other:
            sys.exit(str(other))
        except UnreadableVersion as broken:
            sys.exit(unreadable_sentence(broken))
        except DatabaseError as error:
            sys.exit(database_sentence(error))
        finally:
            # What was opened here must not go on in the processes that are forked.
            db.engine.dispose()


def post_worker_init(process: Any) -> None:
    if _settings.embedded:
        process.scheduler = worker.start_beside(process.app.callable)


def worker_exit(_server: Any, process: Any) -> None:
    scheduler = getattr(process, "scheduler", None)
    if scheduler is not None:
        scheduler.shutdown(wait=False)
