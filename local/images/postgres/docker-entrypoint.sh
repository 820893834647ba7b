#!/bin/sh
# Starts PostgreSQL as RDS presents it: the owner of everything is `rdsadmin`, reachable on the unix socket only; the
# master user may create databases and roles but is no superuser; TLS is required (RDS 15 and later: rds.force_ssl=1).
#
# POSTGRES_USER      the master user, default postgres
# POSTGRES_PASSWORD  its password, or POSTGRES_PASSWORD_FILE: a file that holds it
# POSTGRES_DB        the first database, default: the master user's name
# SLUICE_FORCE_SSL   0: connections without TLS are let in too
set -eu

[ "${1:-postgres}" = postgres ] || exec "$@"
[ $# -eq 0 ] || shift

as_postgres="setpriv --reuid=postgres --regid=postgres --init-groups"

initialise() {
  user=${POSTGRES_USER:-postgres}
  database=${POSTGRES_DB:-$user}
  if [ -n "${POSTGRES_PASSWORD_FILE:-}" ]; then
    password=$(cat "$POSTGRES_PASSWORD_FILE")
  else
    password=${POSTGRES_PASSWORD:-}
  fi
  if [ -z "$password" ]; then
    echo "the master user's password is missing: set POSTGRES_PASSWORD_FILE or POSTGRES_PASSWORD" >&2
    exit 1
  fi

  $as_postgres initdb --username=rdsadmin --auth-local=trust --auth-host=scram-sha-256 --encoding=UTF8 \
    --locale=C.UTF-8 > /dev/null
  {
    echo "local all all trust"
    if [ "${SLUICE_FORCE_SSL:-1}" = 0 ]; then echo "host all all all scram-sha-256"; else echo "hostssl all all all scram-sha-256"; fi
  } > "$PGDATA/pg_hba.conf"
  {
    echo "listen_addresses = '*'"
    echo "unix_socket_directories = '/var/run/postgresql'"
    echo "max_wal_size = 256MB"
    echo "min_wal_size = 32MB"
  } >> "$PGDATA/postgresql.conf"

  # The roles and the database are made before TCP answers: an answer means ready. The password travels in the
  # environment of this one psql, never in an argument list.
  $as_postgres pg_ctl -w -o "-c listen_addresses=''" start > /dev/null
  MASTER_PASSWORD=$password $as_postgres psql -q -U rdsadmin -d postgres -v ON_ERROR_STOP=1 \
    -v user="$user" -v database="$database" <<'SQL'
\getenv password MASTER_PASSWORD
CREATE ROLE rds_superuser NOLOGIN;
GRANT pg_monitor, pg_signal_backend, pg_checkpoint, pg_maintain TO rds_superuser WITH ADMIN OPTION;
CREATE ROLE :"user" LOGIN CREATEDB CREATEROLE PASSWORD :'password';
GRANT rds_superuser TO :"user" WITH ADMIN OPTION;
SELECT :'database' = 'postgres' AS present \gset
\if :present
ALTER DATABASE postgres OWNER TO :"user";
\else
CREATE DATABASE :"database" OWNER :"user";
\endif
SQL
  $as_postgres pg_ctl -m fast -w stop > /dev/null
}

mkdir -p "$PGDATA"
chown postgres:postgres "$PGDATA"
chmod 700 "$PGDATA"
[ -s "$PGDATA/PG_VERSION" ] || initialise
unset POSTGRES_PASSWORD POSTGRES_PASSWORD_FILE password
exec $as_postgres postgres "$@"
