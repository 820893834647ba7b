"""The notes service's settings: every wrong key at once, each with its remedy, and no value ever repeated."""

import os
from pathlib import Path

import pytest
from notes import certificates, inputs, settings
from notes.connection import parameters

CERTIFICATE = "-----BEGIN CERTIFICATE-----\n"
WHOLE = {
    "DB_HOST": "db.example",
    "DB_NAME": "notes",
    "DB_USER": "app",
    "DB_PASSWORD": "hush-1",
    "DB_SSL_REJECT_UNAUTHORIZED": "false",
}
OURS = {"PORT", "LOG_LEVEL", "SHUTDOWN_SECONDS", "TENANT_POOLS", "APP_VERSION"}


@pytest.fixture
def environ(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for key in os.environ:
        if key.startswith("DB_") or key in OURS:
            monkeypatch.delenv(key)
    monkeypatch.setattr(certificates, "BAKED", Path("/nowhere"))
    monkeypatch.setattr(certificates, "SYSTEM", ())
    return monkeypatch


def put(environ: pytest.MonkeyPatch, **values: str) -> None:
    for key, value in {**WHOLE, **values}.items():
        environ.setenv(key, value)


def test_defaults(environ: pytest.MonkeyPatch) -> None:
    put(environ)
    database, service = settings.both()
    assert (database.port, database.sslmode, database.wait_seconds) == (5432, "require", 20)
    assert (service.port, service.log_level, service.shutdown_seconds, service.app_version) == (
        8000,
        "INFO",
        20,
        "unknown",
    )


def test_every_missing_key_is_named_at_once(environ: pytest.MonkeyPatch) -> None:
    with pytest.raises(settings.Invalid) as caught:
        settings.both()
    lines = str(caught.value).splitlines()
    assert lines[0] == "5 settings are wrong"
    assert [line.split()[0] for line in lines[1:]] == [
        "DB_HOST",
        "DB_NAME",
        "DB_USER",
        "DB_PASSWORD",
        "DB_SSL_CERT_PATH",
    ]
    assert all("is missing: set it to" in line for line in lines[1:])


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("DB_HOST", "", "DB_HOST is missing: set it to the host name"),
        ("DB_PORT", "five", "DB_PORT is wrong: set it to a port number from 1 to 65535"),
        ("DB_PORT", "0", "DB_PORT is wrong: set it to a port number from 1 to 65535"),
        ("DB_PORT", "65536", "DB_PORT is wrong: set it to a port number from 1 to 65535"),
        ("DB_PASSWORD", '{"username":"a","password":"hush-2"}', "DB_PASSWORD is wrong: it holds a JSON document"),
        ("DB_SSL", "yes", "DB_SSL is wrong: set it to true or false"),
        ("DB_SSL", '"true"', "DB_SSL is wrong: set it to true or false"),
        ("DB_SSL_REJECT_UNAUTHORIZED", "0", "DB_SSL_REJECT_UNAUTHORIZED is wrong: set it to true or false"),
        ("DB_SSL_REJECT_UNAUTHORIZED", "true", "DB_SSL_CERT_PATH is missing: set it to the CA bundle"),
        ("DB_WAIT_SECONDS", "0", "DB_WAIT_SECONDS is wrong: set it to whole seconds from 1 to 600"),
        ("PORT", "http", "PORT is wrong: set it to a port number from 1 to 65535"),
        ("LOG_LEVEL", "loud", "LOG_LEVEL is wrong: set it to DEBUG, INFO, WARNING or ERROR"),
        ("TENANT_POOLS", "0", "TENANT_POOLS is wrong: set it to a whole number from 1 to 100"),
        ("SHUTDOWN_SECONDS", "4", "SHUTDOWN_SECONDS is wrong: set it to whole seconds from 5 to 120"),
        ("APP_VERSION", "two words", "APP_VERSION is wrong: set it to a name without spaces"),
        ("APP_VERSION", "1\r\nSet-Cookie: a", "APP_VERSION is wrong: set it to a name without spaces"),
    ],
)
def test_one_wrong_key(environ: pytest.MonkeyPatch, key: str, value: str, said: str) -> None:
    put(environ, **{key: value})
    with pytest.raises(settings.Invalid) as caught:
        settings.both()
    lines = str(caught.value).splitlines()
    assert lines[0] == "1 setting is wrong"
    assert lines[1].startswith(f"  {said}")
    assert "hush" not in str(caught.value)
    assert not value or value not in str(caught.value).replace(said, "")


@pytest.mark.parametrize(
    ("content", "said"), [(None, "the file cannot be read"), ("no certificate", "the file holds no certificate")]
)
def test_the_bundle_is_looked_into(environ: pytest.MonkeyPatch, tmp_path: Path, content: str | None, said: str) -> None:
    bundle = tmp_path / "ca.pem"
    if content is not None:
        bundle.write_text(content)
    put(environ, DB_SSL_REJECT_UNAUTHORIZED="true", DB_SSL_CERT_PATH=str(bundle))
    with pytest.raises(settings.Invalid, match=said):
        settings.database()


@pytest.mark.parametrize(
    ("ssl", "reject", "bundle", "sslmode"),
    [
        ("false", "true", False, "disable"),
        ("false", "false", False, "disable"),
        ("true", "false", False, "require"),
        ("TRUE", "False", True, "require"),
        ("true", "true", True, "verify-full"),
    ],
)
def test_sslmode(
    environ: pytest.MonkeyPatch, tmp_path: Path, ssl: str, reject: str, bundle: bool, sslmode: str
) -> None:
    path = tmp_path / "ca.pem"
    path.write_text(CERTIFICATE)
    put(environ, DB_SSL=ssl, DB_SSL_REJECT_UNAUTHORIZED=reject, DB_SSL_CERT_PATH=str(path) if bundle else "")
    found = parameters(settings.database(), "test", lock_timeout="1s")
    assert found["sslmode"] == sslmode
    # libpq verifies against a given bundle under `require` too: it may be given only where verifying was asked for.
    assert found.get("sslrootcert") == (str(path) if sslmode == "verify-full" else None)
    assert found["options"] == "-c lock_timeout=1s"


def test_without_a_path_the_images_own_bundle_verifies_else_the_systems(
    environ: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    put(environ, DB_SSL_REJECT_UNAUTHORIZED="true")
    system = tmp_path / "system.crt"
    system.write_text(CERTIFICATE)
    environ.setattr(certificates, "SYSTEM", (tmp_path / "absent", system))
    assert parameters(settings.database(), "test")["sslrootcert"] == str(system)

    baked = tmp_path / "certs"
    baked.mkdir()
    environ.setattr(certificates, "BAKED", baked)
    (baked / "README.md").write_text("no bundle")
    assert settings.database().ssl_cert_path == system
    (baked / "a.pem").write_text(CERTIFICATE)
    assert settings.database().ssl_cert_path == baked / "a.pem"
    (baked / "b.pem").write_text(CERTIFICATE)
    with pytest.raises(settings.Invalid, match=r"DB_SSL_CERT_PATH is missing: set it to one of .*a\.pem, .*b\.pem"):
        settings.database()


def test_migrating_does_not_ask_for_the_web_services_settings(environ: pytest.MonkeyPatch) -> None:
    put(environ, PORT="http")
    assert settings.database().host == "db.example"


def test_no_secret_in_the_settings_text(environ: pytest.MonkeyPatch) -> None:
    put(environ)
    assert "hush" not in repr(settings.database())


def test_the_example_file_names_every_setting() -> None:
    text = (Path(settings.__file__).parents[2] / ".env.example").read_text()
    keys = {f"DB_{name}".upper() for name in settings.Database.model_fields}
    keys |= {name.upper() for name in settings.Service.model_fields} - {"APP_VERSION"}  # the image brings it
    keys |= {f"SHARD_{name}".upper() for name in inputs.Shard.model_fields}
    for model in (inputs.Organisation, inputs.Target, inputs.Roles):
        keys |= {name.upper() for name in model.model_fields}
    told = {
        line.lstrip("#").split("=")[0] for line in text.splitlines() if "=" in line and " " not in line.split("=")[0]
    }
    assert told == keys
