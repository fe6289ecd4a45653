"""The application, for gunicorn and for `flask` commands."""

import sys

from pro_app import create_app
from pro_app.core.instrument import InstrumentError
from pro_app.core.study import StudyError
from pro_app.settings import SettingsError

try:
    app = create_app()
except (SettingsError, StudyError, InstrumentError) as error:
    print(error, file=sys.stderr)
    sys.exit(2)
