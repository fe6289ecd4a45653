"""The people of the tests: always the same names, so that a test reads as a story."""

from flask import Flask
from flask.testing import FlaskClient

from pro_app.deployment import deployment
from pro_app.security import cards, service
from pro_app.security.cards import NewLink
from pro_app.security.roles import Role
from tests.factories import ACTOR, patient_id_of

PASSWORD = "correct horse battery staple"
PIN = "480273"


class Cast:
    """Signed-in browsers of the people of the study."""

    def __init__(self, app: Flask) -> None:
        self._app = app

    def nurse_of_lishui(self) -> FlaskClient:
        return self.staff("lina", Role.NURSE, "LISHUI")

    def nurse_of_jiaxing(self) -> FlaskClient:
        """The outsider: what belongs to Lishui must not exist for her."""
        return self.staff("chenjing", Role.NURSE, "JIAXING")

    def investigator_of_lishui(self) -> FlaskClient:
        return self.staff("gaofeng", Role.INVESTIGATOR, "LISHUI")

    def monitor(self) -> FlaskClient:
        """Reads at two of the sites."""
        return self.staff("songyan", Role.MONITOR, "LISHUI", "JIAXING")

    def data_manager(self) -> FlaskClient:
        return self.staff("zhoumin", Role.DATA_MANAGER)

    def statistician(self) -> FlaskClient:
        return self.staff("wangwei", Role.STATISTICIAN)

    def staff(self, name: str, role: Role, *sites: str) -> FlaskClient:
        with self._app.app_context():
            now = deployment().now()
            service.add_staff(name, role, sites, PASSWORD, actor=ACTOR, now=now)
            token = service.sign_in_staff(name, PASSWORD, now=now)
        client = self._client()
        with client.session_transaction() as session:
            session["_user_id"] = token
            session["_fresh"] = True
        return client

    def card_of(self, number: str) -> NewLink:
        """What stands on a new card: the personal link's token and the activation code."""
        with self._app.app_context():
            parts = deployment()
            pepper = parts.settings.secret_key
            return cards.new_link(
                patient_id_of(number), number, pepper=pepper, actor=ACTOR, now=parts.now()
            )

    def link_of(self, number: str) -> str:
        """The token of a new personal link whose PIN has been chosen: `PIN`."""
        card = self.card_of(number)
        self._enter(card)
        return card.token

    def patient(self, number: str = "LISHUI-001") -> FlaskClient:
        """The browser of a patient who has signed in by her link and PIN."""
        entered = self._enter(self.card_of(number))
        client = self._client()
        with client.session_transaction() as session:
            session["patient"] = entered
        return client

    def _enter(self, card: NewLink) -> str:
        """The token of a session that she began by choosing her PIN."""
        with self._app.app_context():
            parts = deployment()
            pepper = parts.settings.secret_key
            entered = service.sign_in_patient(
                card.token, PIN, card.code, pepper=pepper, now=parts.now()
            )
        assert isinstance(entered, service.SignedIn)
        return entered.token

    def _client(self) -> FlaskClient:
        # Forgery tokens are tested once, for every route, in tests/house.
        self._app.config["WTF_CSRF_ENABLED"] = False
        return self._app.test_client()
