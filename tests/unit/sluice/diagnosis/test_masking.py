"""Any secret in any carrier, split anywhere: it is never shown. Any text without a carrier: it is not changed."""

from __future__ import annotations

import json
import string
from collections.abc import Callable
from urllib.parse import quote

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from sluice.aws.log_lines import LogLines
from sluice.diagnosis.redaction.presentable import command_line, presentable
from sluice.diagnosis.redaction.printable import LONGEST_LINE, printable
from sluice.diagnosis.redaction.redact import redact
from sluice.diagnosis.redaction.secret_name import promises_secret
from tests.unit.sluice.aws.test_log_lines import KIB_16, split

SLOW = settings(max_examples=150, deadline=None)

VISIBLE = "".join(letter for letter in string.printable if letter.isprintable() and letter != " ")
NO_SPACE = st.text(VISIBLE + "äß語🔑", min_size=8, max_size=60)
"""Secrets with quotes, backslashes and separators, for carriers that quote."""
PLAIN = st.text(string.ascii_letters + string.digits + "!#$%*+-./<?@^_~|:=(){}[]", min_size=8, max_size=60)
"""Secrets that need no quotes."""
WORDS = ("password", "passwd", "pwd", "pass", "secret", "token", "credential")
PREFIXES = ("", "DB_", "AWS_SESSION_", "client-", "my.", "APP2_", "x_")
SUFFIXES = ("", "_1", "_PROD", "-main")


@st.composite
def names(draw: st.DrawFn) -> str:
    word = draw(st.sampled_from((*WORDS, "api_key", "SECRET_ACCESS_KEY", "privateKey", "encryption-key")))
    name = (
        draw(st.sampled_from(PREFIXES)) + draw(st.sampled_from((word, word.upper()))) + draw(st.sampled_from(SUFFIXES))
    )
    assert promises_secret(name), name
    return name


def is_secret(value: str) -> bool:
    """Not what is left alone: no value, a mask, an ARN."""
    return value.lower() != "undefined" and value.strip("* ") != "" and not value.lower().startswith("arn:aws")


def sql(secret: str) -> str:
    return secret.replace("'", "''")


QUOTED: dict[str, Callable[[str, str], tuple[str, str]]] = {
    # name, secret → the text, and the secret as it is in the text
    "JSON": lambda name, secret: (f'{{"id": 7, "{name}": {json.dumps(secret)}, "port": 1}}', json.dumps(secret)[1:-1]),
    "JSON in JSON": lambda name, secret: (
        json.dumps({"message": json.dumps({name: secret})}),
        json.dumps(json.dumps(secret))[3:-3],
    ),
    "YAML": lambda name, secret: (f"  {name}: '{sql(secret)}'", sql(secret)),
    "SQL": lambda name, secret: (f"ALTER ROLE app PASSWORD '{sql(secret)}' VALID UNTIL 'x'", sql(secret)),
    "IDENTIFIED BY": lambda name, secret: (f"CREATE USER app IDENTIFIED BY '{sql(secret)}'", sql(secret)),
    "percent-encoded URL": lambda name, secret: (
        f"postgresql://app:{quote(secret, safe='')}@db:5432/notes",
        quote(secret, safe=""),
    ),
    "percent-encoded query": lambda name, secret: (
        f"GET /x?{name}={quote(secret, safe='')}&page=2",
        quote(secret, safe=""),
    ),
}
UNQUOTED: dict[str, Callable[[str, str], str]] = {
    "variable": lambda name, secret: f"{name}={secret} DB_HOST=db",
    "colon": lambda name, secret: f"{name}: {secret}",
    "option": lambda name, secret: f"migrate --{name.strip('.-_')}={secret} up",
    "URL": lambda name, secret: f"postgresql://app:{secret}@db:5432/notes",
    "bearer": lambda name, secret: f"Authorization: Bearer {secret}",
    "basic": lambda name, secret: f"authorization: basic {secret}",
    "cookie": lambda name, secret: f"Cookie: session={secret}",
}


def shown(line: str, before: int) -> str:
    """The line, *before* characters into a log stream, as it comes out of events of 16 KiB."""
    reader = LogLines()
    whole = "x" * before + " " + line
    lines = [one for event in split(whole, KIB_16) for one in reader.add([event])] + reader.rest()
    return "\n".join(lines)


@SLOW
@given(st.sampled_from(sorted(QUOTED)), names(), NO_SPACE, st.integers(0, 120))
@example("JSON in JSON", "password", '"0000000', 0)
@example("percent-encoded query", "password", "&0000000", 0)
@example("JSON in JSON", "password", 'a"b\\c"d\\', 0)
def test_a_quoted_or_encoded_secret_is_never_shown(kind: str, name: str, secret: str, place: int) -> None:
    line, inside = QUOTED[kind](name, secret)
    assume(is_secret(secret) and secret not in QUOTED[kind](name, "")[0])
    assert inside in line
    for text in (redact(line), presentable(line), shown(line, KIB_16 - place)):
        assert inside not in text
        assert secret not in text
    assert redact(redact(line)) == redact(line)


@SLOW
@given(st.sampled_from(sorted(UNQUOTED)), names(), PLAIN, st.integers(0, 120))
@example("variable", "DB_PASS", "a,b;c&d'e\"f", 10)
@example("variable", "PASSWORD", "=0000000", 0)
@example("URL", "", "p/a:s@s://w@rd", 10)
def test_an_unquoted_secret_is_never_shown(kind: str, name: str, secret: str, place: int) -> None:
    assume(is_secret(secret) and secret not in UNQUOTED[kind](name, ""))
    if kind != "variable":
        assume(not secret.startswith(("-", "{", "[", "(")) and "://" not in secret[:-1])
    line = UNQUOTED[kind](name, secret)
    for text in (redact(line), presentable(line), shown(line, KIB_16 - place)):
        assert secret not in text
    assert redact(redact(line)) == redact(line)


@SLOW
@given(names(), st.text(VISIBLE + " ", min_size=8, max_size=40))
def test_a_command_s_secret_is_never_shown(name: str, secret: str) -> None:
    assume(is_secret(secret) and not secret.startswith("-"))
    option = "--" + name.strip(".-_")
    assert secret not in command_line(["migrate", option, secret, "up"])
    assert secret not in command_line(["migrate", f"{option}={secret}", "up"])


TRIGGERS = (
    "pass", "pw", "secret", "token", "key", "cred", "auth", "cookie", "sig", "identified", "bearer", "basic", "-u",
    "user", "//", "%3a", "\\/", "eyj", "akia", "asia", "gh", "glpat", "xox", "npm_", "k_", "aiza", "sg.", "dckr",
    "fwog", "iqoj", "private",
)  # fmt: skip
ORDINARY_WORDS = (
    "primary key", "foreign key (id)", "token bucket", "pass 3 of 5", "keyboard", "sort keys", "monkey", "compass",
    "id=5", "secretary", "a: b", "3f786850e387550fdab836ed7e6dc881de23001b", "sha256:2c26b46b68ffc68ff99b453c1d304134",
    "task 0123456789abcdef", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop-AbCdEf", "{'rows': 3}",
    "no password supplied", 'password authentication failed for user "x"', "the token expired",
    "https://example.org/a?b=c", "INSERT INTO notes",
)  # fmt: skip


@SLOW
@given(st.text(max_size=300))
def test_of_a_text_without_a_carrier_only_control_characters_change(text: str) -> None:
    assume(not any(trigger in text.lower() for trigger in TRIGGERS))
    clean = "\n".join(printable(line) for line in text.split("\n"))
    assert redact(clean) == clean
    assert presentable(text) == clean
    if all(letter.isprintable() or letter in "\t\n" for letter in text):
        assert clean == text


@SLOW
@given(st.lists(st.sampled_from(ORDINARY_WORDS), max_size=12), st.sampled_from((" ", "\n", "; ")))
def test_ordinary_words_stay(words: list[str], between: str) -> None:
    text = between.join(words)
    assert presentable(text) == text


@SLOW
@given(
    st.text(
        st.characters(codec="utf-8") | st.sampled_from("\x1b[]m0;\x9b\x9d\x07\r\b\x00\x7f\u202e\u2066"), max_size=200
    )
)
def test_nothing_that_a_terminal_obeys_is_left(text: str) -> None:
    for line in presentable(text).split("\n"):
        assert not [letter for letter in line if (ord(letter) < 32 and letter != "\t") or 0x7F <= ord(letter) < 0xA0]
        assert not set(line) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
        assert len(line) <= LONGEST_LINE
    assert presentable(presentable(text)) == presentable(text)


@SLOW
@given(st.lists(st.text(max_size=80), max_size=30))
def test_events_never_break_the_reader(messages: list[str]) -> None:
    together, one_by_one = LogLines(), LogLines()
    lines = together.add(messages) + together.rest()
    assert lines == [line for message in messages for line in one_by_one.add([message])] + one_by_one.rest()
    assert together.count == len(lines)
