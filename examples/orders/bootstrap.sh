#!/bin/sh
# bootstrap.sql by psql (15 or newer), for an image that has no program of its own for it: copy both files into the image,
# and give it postgresql-client. Reads DB_… and the names and passwords of both roles, as Sluice gives them to this step.
set -eu
export PGHOST="$DB_HOST" PGPORT="$DB_PORT" PGDATABASE="$DB_NAME" PGUSER="$DB_USER" PGPASSWORD="$DB_PASSWORD"
case "${DB_SSL:-true} ${DB_SSL_REJECT_UNAUTHORIZED:-true}" in
  false*) export PGSSLMODE=disable ;;
  *false) export PGSSLMODE=require ;;
  *) export PGSSLMODE=verify-full PGSSLROOTCERT="${DB_SSL_CERT_PATH:-system}" ;;
esac
# No password in an argument list, and none in a statement that fails or that a server logs by default.
exec psql -X -q -v ON_ERROR_STOP=1 -o /dev/null -f - -f "$(dirname "$0")/bootstrap.sql" <<'SQL'
\getenv owner_user OWNER_USER
\getenv owner_password OWNER_PASSWORD
\getenv app_user APP_USER
\getenv app_password APP_PASSWORD
select set_config('bootstrap.owner_user', :'owner_user', false),
       set_config('bootstrap.owner_password', :'owner_password', false),
       set_config('bootstrap.app_user', :'app_user', false),
       set_config('bootstrap.app_password', :'app_password', false);
SQL
