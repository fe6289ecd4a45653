from flask import Blueprint

blueprint = Blueprint("patient", __name__)
