package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	healthTimeout = 2 * time.Second
	// Longer than a load balancer keeps an idle connection (60 s): it closes first, and never writes into a closed one.
	keepAlive = 65 * time.Second
	// So long without a request after SIGTERM means: no more will come.
	quietFor = 2 * time.Second
	// The last part of the time allowed: what still runs is cut, and the database's connections are closed.
	ending = 3 * time.Second
)

func serve(ctx context.Context, settings *settings) error {
	names, err := migrations(settings.migrations)
	if err != nil {
		return err
	}
	connection, err := connect(ctx, settings)
	if err != nil {
		return err
	}
	err = pending(ctx, connection, names)
	connection.Close(ctx)
	if err != nil {
		return err
	}
	pool, err := pgxpool.NewWithConfig(ctx, settings.pool)
	if err != nil {
		return err
	}
	defer pool.Close()

	traffic := &traffic{version: settings.version}
	server := &http.Server{
		Handler:           traffic.watch(routes(pool, names)),
		ReadHeaderTimeout: 5 * time.Second,
		IdleTimeout:       keepAlive,
		ErrorLog:          slog.NewLogLogger(slog.Default().Handler(), slog.LevelWarn),
	}
	listener, err := net.Listen("tcp", ":"+strconv.Itoa(settings.port))
	if err != nil {
		return err
	}
	told, stop := signal.NotifyContext(ctx, syscall.SIGTERM, os.Interrupt)
	defer stop()
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	slog.Info("serving", "port", settings.port, "version", settings.version, "migrations", len(names))
	select {
	case err := <-failed:
		return err
	case <-told.Done():
	}
	return traffic.drain(server, settings.shutdown)
}

func routes(pool *pgxpool.Pool, names []string) http.Handler {
	orders, mux := orders{pool}, http.NewServeMux()
	mux.HandleFunc("GET /live", func(w http.ResponseWriter, r *http.Request) {
		answer(w, http.StatusOK, map[string]string{"status": "ok"})
	})
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), healthTimeout)
		defer cancel()
		reason := pending(ctx, pool, names)
		if reason == nil { // the schema may be newer, and no longer have what this version reads
			_, reason = pool.Exec(ctx, "select "+columns+" from orders limit 0")
		}
		if reason != nil {
			slog.Warn("not healthy", "reason", reason.Error())
			answer(w, http.StatusServiceUnavailable, map[string]string{"status": "failed", "reason": reason.Error()})
			return
		}
		answer(w, http.StatusOK, map[string]any{"status": "ok", "migrations": len(names)})
	})
	mux.Handle("GET /orders", told(orders.list))
	mux.Handle("POST /orders", told(orders.place))
	mux.Handle("GET /orders/{id}", told(orders.show))
	mux.Handle("POST /orders/{id}/shipped", told(orders.ship))
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		answer(w, http.StatusOK, map[string]string{"service": "orders", "orders": "/orders", "health": "/health"})
	})
	return mux
}

// told answers for a handler that failed: the client learns no more than it needs.
func told(handler func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := handler(w, r)
		switch {
		case err == nil:
		case errors.Is(err, errNoOrder):
			answer(w, http.StatusNotFound, map[string]string{"error": errNoOrder.Error()})
		default:
			slog.Error("request failed", "error", err.Error(), "request", w.Header().Get("X-Request-Id"))
			answer(w, http.StatusInternalServerError, map[string]string{"error": "this did not work; try again"})
		}
	})
}

// probe asks the service in this container.
func probe(ctx context.Context, settings *settings) error {
	client := http.Client{Timeout: 4 * time.Second}
	response, err := client.Get(fmt.Sprintf("http://127.0.0.1:%d/live", settings.port))
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("/live answers %s", response.Status)
	}
	return nil
}
