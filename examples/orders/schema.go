package main

import (
	"context"
	"crypto/tls"
	_ "embed"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

//go:embed verify.sql
var verifySQL string

const waitForDatabase = 20 * time.Second

// Querier is a connection or a pool of them.
type querier interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// migrations are the SQL files of this image, in their order.
func migrations(folder string) ([]string, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, fmt.Errorf("the migrations cannot be read: %w", err)
	}
	var names []string
	for _, entry := range entries {
		if regexp.MustCompile(`^\d+_.+\.sql$`).MatchString(entry.Name()) {
			names = append(names, entry.Name())
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("no migrations found in %s", folder)
	}
	return names, nil
}

// applied is how many migrations the database has seen: tern keeps the number of the last one.
func applied(ctx context.Context, database querier) (int, error) {
	var version int
	err := database.QueryRow(ctx, "select version from schema_version").Scan(&version)
	var refused *pgconn.PgError
	if errors.As(err, &refused) && refused.Code == "42P01" { // undefined_table: nothing ever migrated it
		return 0, nil
	}
	return version, err
}

// pending says why this image cannot serve from this schema; nil when it can. A newer schema is no reason: an older
// version must be able to live with it.
func pending(ctx context.Context, database querier, names []string) error {
	version, err := applied(ctx, database)
	if err != nil {
		return fmt.Errorf("the database does not answer: %w", err)
	}
	if version < len(names) {
		return fmt.Errorf("%d pending: %s", len(names)-version, strings.Join(names[version:], ", "))
	}
	return nil
}

// connect waits for a database that is still starting.
func connect(ctx context.Context, settings *settings) (*pgx.Conn, error) {
	deadline := time.Now().Add(waitForDatabase)
	for {
		connection, err := pgx.ConnectConfig(ctx, settings.pool.ConnConfig)
		var refused *pgconn.PgError
		var untrusted *tls.CertificateVerificationError
		answered := errors.As(err, &refused) && refused.Code != "57P03" // cannot_connect_now
		starting := !answered && !errors.As(err, &untrusted)
		if err == nil || !starting || time.Now().After(deadline) {
			return connection, err
		}
		slog.Warn("the database does not answer yet", "error", err.Error())
		time.Sleep(time.Second)
	}
}

// verify fails when a migration of this image is pending, or an interrupted one left an invalid index behind.
func verify(ctx context.Context, settings *settings) error {
	names, err := migrations(settings.migrations)
	if err != nil {
		return err
	}
	connection, err := connect(ctx, settings)
	if err != nil {
		return err
	}
	defer connection.Close(ctx)
	if err := pending(ctx, connection, names); err != nil {
		return err
	}
	if _, err := connection.Exec(ctx, verifySQL); err != nil {
		var refused *pgconn.PgError
		if errors.As(err, &refused) && refused.Hint != "" {
			return fmt.Errorf("%s. %s", refused.Message, refused.Hint)
		}
		return err
	}
	fmt.Printf("up to date: %d migrations, the last one %s\n", len(names), names[len(names)-1])
	return nil
}
