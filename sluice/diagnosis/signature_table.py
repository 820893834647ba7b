"""Known log lines of failed migrations, each with its cause and remedy.

The texts are those of PostgreSQL, of its clients, and of the migration tools of several languages (Alembic, Django,
Rails, Prisma, Knex, golang-migrate, Flyway, Liquibase); Prisma's codes are in its "Error message reference". With an
init process (ECS' initProcessEnabled, which is Docker's --init) tini says what runc says without it (src/tini.c). The
commands: Knex "migrate:unlock"; golang-migrate, CLI "force"; Prisma "migrate resolve"; Flyway "repair"; Liquibase
"release-locks".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class LogSignature:
    """A known log line, with its cause and remedy.

    Attributes:
        signs: lower-case literals, one of which is in every matching line; finding them is a hundred times faster.
    """

    name: str
    pattern: re.Pattern[str]
    cause: str
    remedy: str
    signs: tuple[str, ...]


LOCK = "lock"
_ESCAPED = 0xE000  # a private-use code point that stands for an escaped character
_ALTERNATIVE = re.compile(r"(?:[^|()]|\\.|\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))+")
_NO_LITERAL = re.compile(
    r"\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)[?*+]?|\[[^]]*\]|\\[a-zA-Z]|.[?*+{]\??|[\d,]+\}\??|[$^.]"
)


def _signature(name: str, pattern: str, cause: str, remedy: str) -> LogSignature:
    """Return a signature. No part of a pattern may be unbounded: a gap spans at most a few hundred characters."""
    return LogSignature(name, re.compile(pattern, re.IGNORECASE), cause, remedy, signs(pattern))


def signs(pattern: str) -> tuple[str, ...]:
    """Return the longest literal of each alternative of a pattern, in lower case."""
    plain = re.sub(r"\\([^a-zA-Z0-9])", lambda one: chr(_ESCAPED + ord(one[1])), pattern)
    literals = [max(_NO_LITERAL.split(one.group()), key=len).lower() for one in _ALTERNATIVE.finditer(plain)]
    literals = ["".join(chr(ord(one) - _ESCAPED) if ord(one) > _ESCAPED else one for one in text) for text in literals]
    if not all(literals):
        raise ValueError(f"an alternative without any literal text: {pattern}")
    return tuple(literals)


SIGNATURES: Sequence[LogSignature] = (
    # The image
    _signature(
        "wrong architecture",
        r"exec format error",
        "the image was built for another processor architecture",
        "build it for the architecture in the settings (app.architecture), or change that setting",
    ),
    _signature(
        "missing interpreter",
        r"\bexec /\S{1,300}: no such file or directory|exec user process caused.{0,80}? no such file or directory|"
        r"bad interpreter|env: .{0,40}?\\r|\$'\\r': command not found|set: illegal option -$",
        "a script or program of the image exists, but what it needs to run does not: it was saved with CRLF line ends, "
        "names an interpreter that the image lacks (bash in Alpine), or was built for another C library",
        "save scripts with LF (`*.sh text eol=lf` in .gitattributes), name a shell that the image has, and build "
        "programs for the base image",
    ),
    _signature(
        "program or interpreter missing",
        r"\[FATAL tini \(\d{1,5}\)\] exec \S{0,300}/\S{0,300} failed: no such file",
        "the program is not in the image, or what it needs to run is not: a script was saved with CRLF line ends or "
        "names an interpreter that the image lacks (bash in Alpine), or a program was built for another C library",
        "check the program's path (a migration CLI is often only a development dependency); save scripts with LF "
        "(`*.sh text eol=lf` in .gitattributes), name a shell that the image has, build programs for the base image",
    ),
    _signature(
        "command not found",
        r"\[FATAL tini \(\d{1,5}\)\] exec [^/\s]{1,300} failed: no such file|"
        r"command not found|sh: .{0,300}?not found$|executable file not found|could not determine executable to run",
        "a command that the step calls is not in the image",
        "install the migration CLI in the image's final stage; it is often only a development dependency",
    ),
    _signature(
        "module not found",
        r"cannot find (?:module|package)|ModuleNotFoundError|No module named|cannot load such file|"
        r"could not find .{0,300}? in (?:any of the sources|locally installed gems)|ClassNotFoundException",
        "a library or a file of the migrations is not in the image",
        "copy it into the image's final stage; check what .dockerignore leaves out",
    ),
    _signature(
        "client not generated",
        r"did not initialize yet|has not been generated|please run .?\w+ generate",
        "the ORM's generated client is not in the image, or not where its package looks for it",
        "run the generator in the Dockerfile, and copy its output to the same place in the final stage",
    ),
    _signature(
        "module system",
        r"named export '[^']{0,200}' not found|does not provide an export named|ERR_REQUIRE_ESM|"
        r"cannot use import statement outside a module",
        "an ES module imports a CommonJS package in a way that does not work",
        "import the whole package and take the names from it; run the built image once before the merge (`make check`)",
    ),
    _signature(
        "folder missing",
        r"no such file or directory, chdir|can't cd to|cannot change to directory",
        "the command changes to a folder that is not in the image",
        "copy the folder into the image's final stage, or correct WORKDIR and the command",
    ),
    _signature(
        "migrations missing",
        r"no migrations? (?:files? )?(?:were )?found(?! for version)|no such file or directory.{0,300}?migrat|"
        r"path doesn't exist.{0,300}?alembic|migrat.{0,300}?no such file or directory|"
        r"first \S{0,200}: file does not exist|"
        r"migrat\S{0,40} (?:directory|folder) .{0,300}?(?:not found|does not exist)|\bP3015\b|NodeNotFoundError|"
        r"no 'script_location' key|could not find (?:a )?schema\.prisma",
        "the migrations are not in the image, or the command runs in another folder",
        "copy the migrations folder into the image's final stage; check .dockerignore and the image's WORKDIR",
    ),
    _signature(
        "read-only file system",
        r"read-only file system|\bEROFS\b|ReadOnlyFileSystemException",
        "the program writes into the image, and the container's file system is read-only",
        "let it write to a folder of app.writable (/tmp), or add its own: `app.writable: [/tmp, FOLDER]`, and `VOLUME "
        "FOLDER` in the Dockerfile",
    ),
    _signature(
        "file permission",
        r"EACCES: permission denied|PermissionError: \[Errno 13\]",
        "the command has no permission to read or write a file: the container's user is not its owner",
        "give the folder to the image's user in the Dockerfile; name it there as a VOLUME too when it is one of "
        "app.writable, else the volume belongs to root",
    ),
    _signature(
        "asks for input",
        r"environment is non-interactive|EOFError: EOF when reading|\bP3014\b|could not create the shadow database",
        "the command is meant for development: it asks for input or needs a database of its own",
        "use the tool's command for deployments (`prisma migrate deploy`, `migrate --no-input`)",
    ),
    _signature(
        "setting missing",
        r"environment variables? .{0,300}?(?:not set|not found|missing|required)|KeyError: '(?-i:[A-Z][A-Z0-9_]+)'|"
        r"key not found: \"(?-i:[A-Z][A-Z0-9_]+)\"|(?-i:[A-Z]) setting must not be empty|missing `secret_key_base`|"
        r"declare it as envvar|set the (?-i:[A-Z][A-Z0-9_]+) environment variable|no application encryption key",
        "a variable that the program needs is not set",
        "add a plain value to app.environment; add a secret to app.secrets, and to the step that needs it: "
        "steps get no app.secrets unless they ask: migrations[].secrets",
    ),
    # The connection to the database
    _signature(
        "wrong database engine or URL",
        r"the URL must (?:start|begin) with the protocol|can't load plugin: sqlalchemy\.dialects|unknown driver|"
        r"could not parse (?:rfc1738|sqlalchemy) url|no database found to handle|no suitable driver|\bP3019\b|"
        r"datasource provider .{0,300}? does not match|"
        r"invalid (?:connection string|port number in database url)|\bP1013\b",
        "the application is configured for another database engine, or the URL is malformed",
        "use the PostgreSQL provider in the application's configuration, and a URL that begins with postgresql:// and "
        "has a percent-encoded password",
    ),
    _signature(
        "TLS",
        r"no pg_hba\.conf entry .{0,300}?(?:no encryption|SSL off)|certificate verify failed|"
        r"self[- ]signed certificate|"
        r"unable to (?:get|verify) (?:local issuer|the first) certificate|"
        r"root certificate file .{0,300}? does not exist|"
        r"SSL connection is required|server does not support SSL|\bP1011\b|certificate signed by unknown authority",
        "the database accepts only TLS, or its certificate is not trusted",
        "connect with TLS (DB_SSL), and give the client Amazon RDS's CA bundle",
    ),
    _signature(
        "authentication",
        r"password authentication failed|no password supplied|\bP1000\b|authentication failed against|"
        r'FATAL: +role "[^"]{0,200}" does not exist|SASL authentication failed|client password must be a string',
        "the database rejects the user or the password",
        "check which secret the step reads; after a rotation run the step again, so that it gets the new password",
    ),
    _signature(
        "database missing",
        r'database "[^"]{0,200}" does not exist|\bP1003\b|ActiveRecord::NoDatabaseError',
        "the server has no database of that name",
        "check the database's name in the settings; create it in a step before this one",
    ),
    _signature(
        "database not ready",
        r"the database system is (?:starting up|shutting down|in recovery mode|not yet accepting connections)|"
        r"(?:server closed the|terminating) connection|connection terminated unexpectedly|\bP1017\b",
        "the database was starting, stopping or failing over",
        "wait until it is available, then run `pulumi up` again",
    ),
    _signature(
        "read-only database",
        r"in a read-only transaction",
        "the step is connected to a reader, or to an instance that was failed over",
        "use the writer's endpoint; after a failover run `pulumi up` again",
    ),
    _signature(
        "no connection left",
        r"too many clients already|remaining connection slots|\bP2037\b",
        "the database has reached its limit of connections",
        "close idle connections, use fewer shards, or a larger instance",
    ),
    _signature(
        "unreachable",
        r"connection refused|ECONNREFUSED|\bP1001\b|can't reach database server|could not translate host name|"
        r"name or service not known|no such host|ENOTFOUND|EAI_AGAIN|getaddrinfo|timeout expired|ETIMEDOUT|"
        r"no route to host|connection timed out|i/o timeout",
        "the database cannot be reached from the task",
        "check the address, and that the database's security group lets the migration task's group in on its port",
    ),
    # What an interrupted run leaves behind
    _signature(
        "lock left behind by Knex",
        r"migration table is already locked|\bMigrationLocked\b|can't take lock to run migrations",
        "an interrupted run left Knex's row in knex_migrations_lock",
        "when no other run is in progress (`sluice history`), remove it: `sluice run -- npx knex migrate:unlock`",
    ),
    _signature(
        "version left dirty by golang-migrate",
        r"dirty database version",
        "golang-migrate stopped in the middle of that version and refuses to continue",
        "repair by hand what that version left incomplete, then set the last complete version: "
        "`sluice run -- migrate -path DIRECTORY -database URL force VERSION`",
    ),
    _signature(
        "migration recorded as failed by Prisma",
        r"\bP3009\b|\bP3018\b|failed migrations? in the target database",
        "Prisma recorded a migration as failed and applies none after it",
        "repair the schema by hand, then record its state: `sluice run -- npx prisma migrate resolve --rolled-back "
        "NAME` (to run it again) or `--applied NAME`",
    ),
    _signature(
        "migration recorded as failed by Flyway",
        r"detected failed migration|schema .{0,300}? contains a failed migration",
        "Flyway's history table has a failed migration, and Flyway applies none after it",
        "repair the schema by hand, then remove the entry: `sluice run -- flyway repair`",
    ),
    _signature(
        "lock left behind by Liquibase",
        r"could not acquire change ?log lock|waiting for changelog lock|DATABASECHANGELOGLOCK.{0,80}?\block(?:ed|s)\b",
        "another run holds Liquibase's lock, or an interrupted one left it in DATABASECHANGELOGLOCK",
        "when no other run is in progress (`sluice history`), remove it: `sluice run -- liquibase release-locks`",
    ),
    # Errors of the database
    _signature(
        LOCK,
        r"lock time-?out|lock_timeout|deadlock detected|could not obtain lock|due to statement timeout|"
        r"timed out trying to acquire a postgres advisory lock|can't acquire (?:database )?lock|\bP1002\b|"
        r"ConcurrentMigrationError|another migration is already running",
        "another session holds a lock that the migration needs",
        "find the session that holds it, end it if it is idle, then run `pulumi up` again",
    ),
    _signature(
        "permission",
        r"permission denied (?:for|to)\b|must be owner of|InsufficientPrivilege|insufficient privilege|\bP1010\b",
        "the database user lacks a privilege that the migration needs",
        "let the step log in as the tables' owner, or grant the privilege",
    ),
    _signature(
        "already there",
        r"(?:relation|table|column|type|index|schema|constraint|function) .{0,300}?already exists|DuplicateTable|"
        r"\bP3005\b|non-empty schema",
        "the object exists already: the schema was changed by hand, or its history table is lost",
        "compare the schema with the history table; mark the migrations that are in the schema as applied",
    ),
    _signature(
        "relation missing",
        r"(?:relation|table|column|schema|role|type|function|extension) .{0,300}?(?:does not|doesn't) exist|"
        r"UndefinedTable|UndefinedColumn|\bP202[12]\b",
        "the migration needs a table, column, schema or role that does not exist",
        "check the order of the migrations, the search_path and the database that the step connects to",
    ),
    _signature(
        "invalid index",
        r"\binvalid index\b",
        "an interrupted CREATE INDEX CONCURRENTLY left an invalid index: no query uses it, a unique one checks nothing",
        "build it again in a migration: DROP INDEX CONCURRENTLY IF EXISTS, then CREATE INDEX CONCURRENTLY",
    ),
    _signature(
        "data contradicts the schema",
        r"violates (?:not-null|unique|foreign key|check|exclusion) constraint|could not create unique index|"
        r"contains null values",
        "existing rows violate the constraint that the migration adds",
        "clean the data in a migration before this one",
    ),
    _signature(
        "wrong SQL",
        r"syntax error at or near|SQLSyntaxError|PG::SyntaxError",
        "the migration is not valid PostgreSQL: a mistake, or the dialect of another engine",
        "correct the migration; if it ran in a transaction, nothing of it was applied",
    ),
    # The migrations' history
    _signature(
        "migration edited after release",
        r"checksum mismatch|was modified after it was applied|ValidationFailedException",
        "a migration was edited after it had been applied",
        "restore the released file, and write a new migration for the change",
    ),
    _signature(
        "several heads",
        r"multiple head revisions|conflicting migrations detected|multiple leaf nodes|DuplicateMigration\w{1,40}Error|"
        r"found more than one migration with version",
        "two migrations claim to be the newest one, or the same number (two branches were merged)",
        "merge or renumber them with the tool (`alembic merge heads`, `makemigrations --merge`); build a new image",
    ),
    _signature(
        "unknown revision",
        r"can't locate revision|no migration found for version|unknown migration version|InconsistentMigrationHistory|"
        r"migration directory is corrupt|applied migration not resolved locally",
        "the database is at a revision that is not in this image: the image is older, or lacks files",
        "deploy an image that has the revision; do not run the migrations of an older image",
    ),
    # Storage and memory
    _signature(
        "disk full",
        r"no space left on device|could not extend file|ENOSPC",
        "the storage of the database or of the task is full",
        "enlarge the database's storage, or the task's ephemeral storage",
    ),
    _signature(
        "out of memory",
        r"heap out of memory|MemoryError|java\.lang\.OutOfMemoryError|std::bad_alloc|cannot allocate memory",
        "the command ran out of memory",
        "give the migration task more memory, or let the migration work in batches",
    ),
)
"""The order matters within one line only: the first match wins."""
