package main

import (
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// Settings come from the environment and are checked whole before anything else happens.
type settings struct {
	port       int
	logLevel   slog.Level
	shutdown   time.Duration
	version    string
	migrations string
	roles      map[string]string
	pool       *pgxpool.Config
}

var sslModes = []string{"disable", "require", "verify-ca", "verify-full"}

// readSettings names every wrong variable at once, and never repeats a value: it may be a secret in the wrong place.
func readSettings(command string, getenv func(string) string) (*settings, error) {
	var wrong []string
	complain := func(name, remedy string) { wrong = append(wrong, name+" "+remedy) }
	number := func(name string, otherwise, least, most int) int {
		text := getenv(name)
		if text == "" {
			return otherwise
		}
		value, err := strconv.Atoi(text)
		if err != nil || value < least || value > most {
			complain(name, fmt.Sprintf("must be a whole number from %d to %d", least, most))
		}
		return value
	}

	read := &settings{migrations: getenv("TERN_MIGRATIONS"), version: getenv("APP_VERSION"), roles: map[string]string{}}
	read.port = number("PORT", 8080, 1, 65535)
	read.shutdown = time.Duration(number("SHUTDOWN_SECONDS", 20, 5, 120)) * time.Second
	if text := getenv("LOG_LEVEL"); text != "" && read.logLevel.UnmarshalText([]byte(text)) != nil {
		complain("LOG_LEVEL", "must be DEBUG, INFO, WARN or ERROR")
	}
	if read.version == "" {
		read.version = "unknown"
	} else if !regexp.MustCompile(`^[\w.+:/@-]{1,128}$`).MatchString(read.version) {
		complain("APP_VERSION", "must be a name without spaces")
	}
	if command == "probe" {
		return read, joined(wrong)
	}

	if read.migrations == "" {
		complain("TERN_MIGRATIONS", "is missing: it is the folder of the migrations")
	}
	for _, name := range []string{"PGHOST", "PGDATABASE", "PGUSER", "PGPASSWORD"} {
		if getenv(name) == "" {
			complain(name, "is missing")
		}
	}
	if mode := getenv("PGSSLMODE"); !slices.Contains(sslModes, mode) {
		// libpq's default falls back to a connection that everybody on the way can read.
		complain("PGSSLMODE", "must be one of "+strings.Join(sslModes, ", "))
	}
	if command == "bootstrap" {
		for _, name := range []string{"OWNER_USER", "OWNER_PASSWORD", "APP_USER", "APP_PASSWORD"} {
			if read.roles[name] = getenv(name); read.roles[name] == "" {
				complain(name, "is missing")
			}
		}
	}
	if len(wrong) > 0 {
		return nil, joined(wrong)
	}
	pool, err := pgxpool.ParseConfig("") // the PG… variables, as psql and every client on libpq reads them
	if err != nil {
		return nil, fmt.Errorf("the PG… variables are wrong: %w", err)
	}
	pool.MaxConns = 4
	pool.ConnConfig.ConnectTimeout = 5 * time.Second
	pool.ConnConfig.RuntimeParams["application_name"] = "orders " + command
	read.pool = pool
	return read, nil
}

func joined(wrong []string) error {
	if len(wrong) == 0 {
		return nil
	}
	return fmt.Errorf("wrong settings: %s", strings.Join(wrong, "; "))
}
