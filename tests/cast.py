"""The people of the tests: always the same names, so that a test reads as a story."""

from dataclasses import dataclass
from datetime import datetime

import pyotp
from flask import Flask
from flask.testing import FlaskClient

from pro_app.deployment import deployment
from pro_app.security import accounts, authenticators, cards, patients, service
from pro_app.security.cards import NewLink
from pro_app.security.roles import Role
from pro_app.store.people.staff import Account
from tests.factories import ACTOR, patient_id_of

PASSWORD = "correct horse battery staple"
PIN = "480273"


@dataclass(frozen=True, slots=True)
class Authenticator:
    """What somebody has on their phone, and on paper; the session it was set up in."""

    codes: pyotp.TOTP
    recovery_codes: tuple[str, ...]
    token: str


def give_authenticator(
    account: Account, token: str, *, pepper: str, now: datetime
) -> Authenticator:
    authenticators.offer(account, pepper=pepper, now=now)
    offer = authenticators.offered(account, "Study", pepper=pepper)
    assert offer is not None
    codes = pyotp.TOTP(offer.key)
    begun = authenticators.begin(account, codes.at(now), token, pepper=pepper, now=now)
    assert begun is not None
    return Authenticator(codes, begun.recovery_codes, begun.token)


class Cast:
    """Signed-in browsers of the people of the study."""

    def __init__(self, app: Flask) -> None:
        self._app = app

    def nurse_of_lishui(self) -> FlaskClient:
        return self.staff("lina", Role.NURSE, "LISHUI")

    def nurse_of_jiaxing(self) -> FlaskClient:
        """The outsider: what belongs to Lishui must not exist for them."""
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

    def administrator(self) -> FlaskClient:
        """Gives the others their accounts, and sees no patient."""
        return self.staff("heyun", Role.ADMINISTRATOR)

    def outsider(self, role: Role) -> FlaskClient:
        """One of this role for whom what belongs to Lishui must not exist."""
        return self.staff(f"{role.value}.of.jiaxing", role, "JIAXING")

    def entering(self) -> FlaskClient:
        """Has shown name and password; the authenticator's code is still asked for."""
        client = self.staff("tangli", Role.NURSE, "LISHUI")
        with client.session_transaction() as session:
            token = session["_user_id"]
            session.clear()
        with self._app.app_context():
            parts = deployment()
            pepper, now = parts.settings.secret_key, parts.now()
            account = service.signed_in_staff(token, now=now)
            assert account is not None
            give_authenticator(account, token, pepper=pepper, now=now)
            half = service.sign_in_staff(account.name, PASSWORD, now=now)
        with client.session_transaction() as session:
            session["entering"] = half
        return client

    def staff(self, name: str, role: Role, *sites: str) -> FlaskClient:
        with self._app.app_context():
            now = deployment().now()
            accounts.add_staff(name, role, sites, PASSWORD, actor=ACTOR, now=now)
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
        """The browser of a patient who has signed in by link and PIN."""
        entered = self._enter(self.card_of(number))
        client = self._client()
        with client.session_transaction() as session:
            session["patient"] = entered
        return client

    def _enter(self, card: NewLink) -> str:
        """The token of a session that began with the choice of a PIN."""
        with self._app.app_context():
            parts = deployment()
            pepper = parts.settings.secret_key
            entered = patients.sign_in_patient(
                card.token, PIN, card.code, pepper=pepper, now=parts.now()
            )
        assert isinstance(entered, patients.SignedIn)
        return entered.token

    def _client(self) -> FlaskClient:
        # Forgery tokens are tested once, for every route, in tests/house.
        self._app.config["WTF_CSRF_ENABLED"] = False
        return self._app.test_client()
