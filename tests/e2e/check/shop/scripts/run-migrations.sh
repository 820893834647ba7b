#!/bin/sh
set -e
echo "Running database migrations..."
./node_modules/.bin/ledger deploy
echo "Migrations completed."
