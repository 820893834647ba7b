// Orders takes orders and keeps them in PostgreSQL: a small web service whose image also holds its migrations.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
)

const usage = `usage: orders COMMAND
  serve      serve until SIGTERM
  verify     exit 0 when every migration of this image has run and no index is invalid, else 1 with what is wrong
  bootstrap  as the database's master user: make the owner's and the service's role
  probe      exit 0 when the service in this container answers: for container health checks
`

func main() {
	commands := map[string]func(context.Context, *settings) error{
		"serve": serve, "verify": verify, "bootstrap": bootstrap, "probe": probe,
	}
	if len(os.Args) != 2 || commands[os.Args[1]] == nil {
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}
	settings, err := readSettings(os.Args[1], os.Getenv)
	if err == nil {
		slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stdout, &slog.HandlerOptions{Level: settings.logLevel})))
		err = commands[os.Args[1]](context.Background(), settings)
	}
	if err != nil {
		// One line, which is also the last one: whoever reads a stopped container's log finds the reason at its end.
		fmt.Fprintf(os.Stderr, "orders %s: %s\n", os.Args[1], strings.TrimSpace(err.Error()))
		os.Exit(1)
	}
}
