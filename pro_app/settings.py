"""The settings: read once from the environment, refused when they make no sense."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from pro_app.keys import kept_key
from pro_app.languages import LANGUAGES, SOURCE
from pro_app.network import EVERY_ADDRESS, own_address

_SHORTEST_KEY = 32
_FEWEST_CHARACTERS = 8
#: A key that takes at least 10 to the power of so many guesses.
_GUESSES = 20
ROOT = Path(__file__).resolve().parent.parent


class SettingsError(Exception):
    """A setting that the product refuses to start with; the text names it."""


@dataclass(frozen=True)
class Settings:
    """Everything the environment decides. See `VARIABLES` for each one's meaning."""

    database_url: str
    env: str
    secret_key: str = field(repr=False)
    listen: str
    base_url: str
    study: str
    trusted_proxies: int
    offline: bool
    instance: Path
    cli_language: str
    smtp_url: str = field(default="", repr=False)
    mail_from: str = ""
    contact_keys: tuple[str, ...] = field(default=(), repr=False)
    sqlite_in_production: bool = False

    @property
    def production(self) -> bool:
        return self.env == "production"

    @property
    def embedded(self) -> bool:
        """Whether the database is a file that one server process has to itself."""
        return self.database_url.startswith("sqlite")

    @property
    def data_place(self) -> str:
        """The SQLite file, or host and name of the PostgreSQL database, without a password."""
        if self.embedded:
            return str(Path(self.database_url.removeprefix("sqlite:///")).resolve())
        parts = urlsplit(self.database_url)
        return f"{parts.hostname or ''}{parts.path}"


#: Variable → (default, meaning); the README's table is held against this.
VARIABLES: dict[str, tuple[str, str]] = {
    "PRO_DATABASE_URL": (
        "sqlite:///instance/pro.db",
        "Where the data live: a SQLite file, or postgresql://user:password@host/name.",
    ),
    "PRO_ENV": ("demo", "demo or production. Production refuses weak set-ups."),
    "PRO_SECRET_KEY": (
        "made under instance/ (demo only)",
        "At least 32 random characters that sign sessions and go into each PIN's hash. "
        "Never lose or change it.",
    ),
    "PRO_LISTEN": ("127.0.0.1:5000", "The address and port that the server listens on."),
    "PRO_BASE_URL": (
        "http:// and PRO_LISTEN",
        "The address that patients' links begin with; https in production.",
    ),
    "PRO_STUDY": (
        "nct04158843",
        "The study's id under pro_app/studies/, or the path of a study file.",
    ),
    "PRO_TRUSTED_PROXIES": (
        "0",
        "How many reverse proxies stand in front and set X-Forwarded-For.",
    ),
    "PRO_OFFLINE": (
        "on",
        "on or off: whether phones keep the pages to work without a network.",
    ),
    "PRO_SMTP_URL": (
        "none: no mail is sent",
        "Where mail goes: smtp://host:25, or starttls:// or smtps://user:password@host:port.",
    ),
    "PRO_CONTACT_KEYS": (
        "made under instance/ (demo only)",
        "Keys of the contact book, the newest first, with commas between; off: there is no book. "
        "Production wants one or the other.",
    ),
    "PRO_SQLITE_IN_PRODUCTION": (
        "off",
        "on or off: whether production may keep its data in a SQLite file, on one machine alone.",
    ),
    "PRO_MAIL_FROM": (
        "none",
        "The address that mail comes from; needed with PRO_SMTP_URL.",
    ),
}


def read_settings(
    environment: Mapping[str, str] | None = None, *, instance: Path | None = None
) -> Settings:
    """The settings of this process.

    Errors: SettingsError names the variable and what was expected of it.
    """
    env = os.environ if environment is None else environment
    instance = instance or ROOT / "instance"
    mode = env.get("PRO_ENV") or "demo"
    if mode not in ("demo", "production"):
        raise SettingsError(f"PRO_ENV: expected demo or production, not {mode!r}")
    smtp_url = env.get("PRO_SMTP_URL", "")
    listen = _listen(env.get("PRO_LISTEN") or VARIABLES["PRO_LISTEN"][0])
    return Settings(
        database_url=_database_url(env.get("PRO_DATABASE_URL", ""), instance),
        env=mode,
        secret_key=_secret_key(env.get("PRO_SECRET_KEY", ""), mode, instance),
        listen=listen,
        base_url=_base_url(env.get("PRO_BASE_URL") or f"http://{_reached_at(listen)}"),
        study=env.get("PRO_STUDY") or VARIABLES["PRO_STUDY"][0],
        trusted_proxies=_count("PRO_TRUSTED_PROXIES", env.get("PRO_TRUSTED_PROXIES") or "0"),
        offline=_switch("PRO_OFFLINE", env.get("PRO_OFFLINE") or "on"),
        instance=instance,
        cli_language=_cli_language(env),
        smtp_url=_smtp_url(smtp_url),
        contact_keys=_contact_keys(env.get("PRO_CONTACT_KEYS", ""), mode, instance),
        mail_from=_mail_from(env.get("PRO_MAIL_FROM", ""), needed=bool(smtp_url)),
        sqlite_in_production=_switch(
            "PRO_SQLITE_IN_PRODUCTION", env.get("PRO_SQLITE_IN_PRODUCTION") or "off"
        ),
    )


def _database_url(url: str, instance: Path) -> str:
    if not url:
        return f"sqlite:///{instance / 'pro.db'}"
    # The old alias is still what many hosting panels hand out.
    if url.startswith("postgres://"):
        url = "postgresql://" + url.removeprefix("postgres://")
    if url.startswith("postgresql://"):
        return "postgresql+psycopg://" + url.removeprefix("postgresql://")
    if url.startswith("postgresql+psycopg://"):
        return url
    if url.startswith("sqlite:///") and url != "sqlite:///":
        # Relative to where the command is run, as people expect of a path.
        return f"sqlite:///{Path(url.removeprefix('sqlite:///')).absolute()}"
    raise SettingsError("PRO_DATABASE_URL: expected sqlite:///FILE or postgresql://…")


def _secret_key(key: str, mode: str, instance: Path) -> str:
    if key:
        if mode == "production":
            _refuse_weak("PRO_SECRET_KEY", key)
        return key
    if mode == "production":
        raise SettingsError("PRO_SECRET_KEY: must be set in production")
    return kept_key(instance / "secret_key")


def _refuse_weak(name: str, key: str) -> None:
    """Return where nobody comes upon a key by guessing."""
    from zxcvbn import zxcvbn  # its lists take long to read, and production alone asks

    if (
        len(key) < _SHORTEST_KEY
        or len(set(key)) < _FEWEST_CHARACTERS
        or zxcvbn(key[:72])["guesses_log10"] < _GUESSES
    ):
        raise SettingsError(
            f"{name}: expected at least {_SHORTEST_KEY} random characters in production, "
            "such as `openssl rand -base64 32` gives"
        )


def _contact_keys(text: str, mode: str, instance: Path) -> tuple[str, ...]:
    """None of them: the study keeps no names and numbers here."""
    if text == "off":
        return ()
    if not text and mode == "production":
        raise SettingsError(
            "PRO_CONTACT_KEYS: expected a key in production, or off: no contact book"
        )
    if not text:
        return (kept_key(instance / "contact_key"),)
    keys = tuple(key.strip() for key in text.split(","))
    if min(map(len, keys)) < _SHORTEST_KEY:
        raise SettingsError(
            f"PRO_CONTACT_KEYS: expected at least {_SHORTEST_KEY} characters each, or off"
        )
    if mode == "production":
        for key in keys:
            _refuse_weak("PRO_CONTACT_KEYS", key)
    return keys


def _base_url(url: str) -> str:
    url = url.rstrip("/")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise SettingsError(f"PRO_BASE_URL: expected http(s)://host, not {url!r}")
    return url


def _smtp_url(url: str) -> str:
    if not url:
        return ""
    parts = urlsplit(url)
    if parts.scheme not in ("smtp", "starttls", "smtps") or not parts.hostname:
        raise SettingsError("PRO_SMTP_URL: expected smtp://, starttls:// or smtps:// and a host")
    if parts.password and parts.scheme == "smtp":
        raise SettingsError("PRO_SMTP_URL: a password needs starttls:// or smtps://")
    try:
        _ = parts.port
    except ValueError as error:
        raise SettingsError("PRO_SMTP_URL: expected a port from 1 to 65535") from error
    return url


def _mail_from(address: str, *, needed: bool) -> str:
    if (needed or address) and not re.fullmatch(r"[!-?A-~]+@[!-?A-~]+", address):
        raise SettingsError(f"PRO_MAIL_FROM: expected an address, not {address!r}")
    return address


def check_for_serving(settings: Settings) -> None:
    """Refuse to show pages of a real study where others could read along.

    Commands don't ask for it: they give no links away.
    Errors: SettingsError.
    """
    if not settings.production:
        return
    if not settings.base_url.startswith("https://"):
        raise SettingsError("PRO_BASE_URL: expected https:// in production")
    if settings.embedded:
        if not settings.sqlite_in_production:
            raise SettingsError(
                "PRO_DATABASE_URL: expected postgresql://… in production; "
                "PRO_SQLITE_IN_PRODUCTION=on keeps the data in a SQLite file, on this machine alone"
            )
        refuse_readable("PRO_DATABASE_URL", Path(settings.database_url.removeprefix("sqlite:///")))


def refuse_readable(name: str, file: Path) -> None:
    """Return where only its owner and a group can read a file. Errors: SettingsError."""
    if file.exists() and file.stat().st_mode & 0o007:
        raise SettingsError(f"{name}: everybody on this machine can read {file}: chmod o= {file}")


def _listen(text: str) -> str:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise SettingsError(f"PRO_LISTEN: expected address:port, not {text!r}")
    return text


def _reached_at(listen: str) -> str:
    """The address that others can open, where the server listens on every one."""
    host, _, port = listen.rpartition(":")
    return f"{own_address()}:{port}" if host in EVERY_ADDRESS else listen


def _count(name: str, text: str) -> int:
    if not text.isdecimal() or int(text) > 5:
        raise SettingsError(f"{name}: expected a number from 0 to 5, not {text!r}")
    return int(text)


def _switch(name: str, text: str) -> bool:
    if text not in ("on", "off"):
        raise SettingsError(f"{name}: expected on or off, not {text!r}")
    return text == "on"


def _cli_language(env: Mapping[str, str]) -> str:
    """The language of the command line, as the operating system was told."""
    locale = env.get("LC_ALL") or env.get("LC_MESSAGES") or env.get("LANG") or ""
    code = locale[:2].lower()
    return code if code in LANGUAGES else SOURCE
