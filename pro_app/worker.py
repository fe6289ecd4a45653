"""When which job runs. A tick that runs twice, here or elsewhere, does no harm."""

from flask import Flask


def set_up(app: Flask) -> None:
    pass
