package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

//go:embed bootstrap.sql
var bootstrapSQL string

// bootstrap runs bootstrap.sql with the names and passwords as settings of the session, so that no statement, which a
// server may log, holds a password.
func bootstrap(ctx context.Context, settings *settings) error {
	settings.pool.ConnConfig.OnNotice = func(_ *pgconn.PgConn, notice *pgconn.Notice) {
		if notice.Severity == "WARNING" {
			fmt.Printf("warning: %s. %s\n", notice.Message, notice.Hint)
		}
	}
	connection, err := connect(ctx, settings)
	if err != nil {
		return err
	}
	defer connection.Close(ctx)
	for name, value := range settings.roles {
		setting := "bootstrap." + strings.ToLower(name)
		if _, err := connection.Exec(ctx, "select set_config($1, $2, false)", setting, value); err != nil {
			return err
		}
	}
	if _, err := connection.Exec(ctx, bootstrapSQL); err != nil {
		var refused *pgconn.PgError
		if errors.As(err, &refused) && refused.Where != "" {
			return fmt.Errorf("%w, at %s", err, strings.SplitN(refused.Where, "\n", 2)[0])
		}
		return err
	}
	fmt.Printf("roles: %s owns database %s, %s reads and writes its rows\n",
		settings.roles["OWNER_USER"], settings.pool.ConnConfig.Database, settings.roles["APP_USER"])
	return nil
}
