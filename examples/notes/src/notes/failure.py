"""What went wrong with the database, told apart: libpq gives connection failures no code, only their text."""

from dataclasses import dataclass

import psycopg

from notes.settings import Database


@dataclass(frozen=True)
class Failure:
    """kind: a short stable name. passing: whether waiting may cure it."""

    kind: str
    passing: bool
    remedy: str


REFUSED = Failure("refused", True, "the server refuses connections; is it running, do DB_HOST and DB_PORT name it?")
NAME = Failure("name", True, "the host name does not resolve; check DB_HOST")
TIMEOUT = Failure("timeout", True, "the server does not answer; check DB_HOST, DB_PORT and the firewall between")
STARTING = Failure("starting", True, "the server is starting or stopping")
CAPACITY = Failure("capacity", True, "the server has no connection left; use fewer clients or raise max_connections")
PASSWORD = Failure("password", False, "the server rejects the user or the password; check DB_USER and DB_PASSWORD")
PLAIN = Failure("tls", False, "the server does not offer TLS; set DB_SSL=false only if the network may be trusted")
REQUIRED = Failure("tls", False, "the server wants TLS, or its pg_hba.conf has no line for us; set DB_SSL=true")
CERTIFICATE = Failure(
    "tls",
    False,
    "the server's certificate is not trusted; set DB_SSL_CERT_PATH to the CA bundle that signs it (Amazon RDS:"
    " global-bundle.pem), and check that it was issued to DB_HOST",
)
TLS = Failure("tls", False, "the TLS handshake failed; check DB_SSL and DB_SSL_CERT_PATH")
ACCESS = Failure("access", False, "the server's pg_hba.conf has no line for this user, database and client")
DATABASE = Failure("database", False, "the database is not there; create it or check DB_NAME")
CLOSED = Failure("closed", False, "the database lets nobody in: an administrator closed it (ALLOW_CONNECTIONS)")
PRIVILEGE = Failure("privilege", False, "DB_USER lacks a privilege for this")
OTHER = Failure("other", True, "the connection failed")

# First match wins: the narrower text stands above the wider one.
_SIGNATURES: tuple[tuple[str, Failure], ...] = (
    ("password authentication failed", PASSWORD),
    ("no password supplied", PASSWORD),
    ("is not permitted to log in", PASSWORD),
    ("server does not support SSL", PLAIN),
    ("no encryption", REQUIRED),
    ("SSL off", REQUIRED),
    ("no pg_hba.conf entry", ACCESS),
    ("certificate verify failed", CERTIFICATE),
    ("does not match host name", CERTIFICATE),
    ("root certificate file", CERTIFICATE),
    ("SSL error", TLS),
    ("SSL SYSCALL", OTHER),
    ("not currently accepting connections", CLOSED),
    ("starting up", STARTING),
    ("shutting down", STARTING),
    ("not accepting connections", STARTING),
    ("not yet accepting connections", STARTING),
    ("in recovery mode", STARTING),
    ("too many clients", CAPACITY),
    ("too many connections", CAPACITY),
    ("connection slots", CAPACITY),
    ("Connection refused", REFUSED),
    ("failed to resolve host", NAME),
    ("could not translate host name", NAME),
    ("Name or service not known", NAME),
    ("timeout expired", TIMEOUT),
    ("timed out", TIMEOUT),
    ("No route to host", TIMEOUT),
    ("Network is unreachable", TIMEOUT),
    ("permission denied", PRIVILEGE),
)


def classify(text: str) -> Failure:
    """Name the failure that this text of libpq or of the server tells of."""
    for signature, failure in _SIGNATURES:
        if signature in text:
            return failure
    if "does not exist" in text:
        return DATABASE if 'database "' in text else PASSWORD if 'role "' in text else OTHER
    return OTHER


def everywhere(kind: str) -> bool:
    """Whether this is the server's failure: its other databases will not answer either."""
    return kind in {REFUSED.kind, NAME.kind, TIMEOUT.kind, STARTING.kind, PASSWORD.kind, PLAIN.kind}


def line(error: BaseException) -> str:
    """The error's own text on one line, without a server's DETAIL: that may quote a row."""
    if isinstance(error, psycopg.Error) and error.diag.message_primary:
        return error.diag.message_primary
    return " ".join(str(error).split()) or type(error).__name__


def explain(database: Database, error: psycopg.Error) -> str:
    """One line for people: which database, what is wrong, what to do, and the cause in the server's words."""
    text = line(error)
    return f"database {database.name} at {database.address}: {classify(text).remedy} ({text})"
