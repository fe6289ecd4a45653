"""The application, for gunicorn and for `flask` commands."""

from pro_app import create_app

app = create_app()
