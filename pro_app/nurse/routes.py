from flask import Blueprint

blueprint = Blueprint("nurse", __name__)
