package main

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"regexp"
	"sync/atomic"
	"time"
)

// Traffic is what comes and goes: counted, logged, and told to go elsewhere once the service ends.
type traffic struct {
	version  string
	draining atomic.Bool
	active   atomic.Int64
	last     atomic.Int64 // when a request last began or ended, in Unix nanoseconds
}

var requestID = regexp.MustCompile(`^[\w-]{1,64}$`)

// Security is what every answer tells a browser: it is data, to be shown by nobody else's page.
var security = map[string]string{
	"Content-Security-Policy":      "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
	"Cross-Origin-Resource-Policy": "same-origin",
	"Referrer-Policy":              "no-referrer",
	"Strict-Transport-Security":    "max-age=31536000", // over plain HTTP browsers ignore it
	"X-Content-Type-Options":       "nosniff",
	"X-Frame-Options":              "DENY",
}

type answered struct {
	http.ResponseWriter
	status int
}

func (a *answered) WriteHeader(status int) {
	a.status = status
	a.ResponseWriter.WriteHeader(status)
}

// watch writes one line for each request: the route's pattern, never the path or the body, which may be personal.
func (t *traffic) watch(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		t.active.Add(1)
		t.last.Store(began.UnixNano())
		defer func() {
			t.last.Store(time.Now().UnixNano())
			t.active.Add(-1)
		}()
		id := r.Header.Get("X-Request-Id")
		if !requestID.MatchString(id) {
			id = rand.Text()
		}
		w.Header().Set("X-Request-Id", id)
		w.Header().Set("X-Version", t.version)
		for name, value := range security {
			w.Header().Set(name, value)
		}
		if t.draining.Load() {
			w.Header().Set("Connection", "close")
		}
		answered := &answered{w, http.StatusOK}
		next.ServeHTTP(answered, r)
		level := slog.LevelInfo
		if r.Pattern == "GET /live" || r.Pattern == "GET /health" {
			level = slog.LevelDebug
		}
		slog.Log(r.Context(), level, "request", "method", r.Method, "route", r.Pattern, "status", answered.status,
			"ms", time.Since(began).Milliseconds(), "request", id)
	})
}

// drain loses no request: Amazon ECS deregisters a task from its load balancer and then sends SIGTERM, and requests may
// still be on their way. So they are answered, each with the word to connect elsewhere, until none comes any more.
func (t *traffic) drain(server *http.Server, allowed time.Duration) error {
	began := time.Now()
	t.draining.Store(true)
	slog.Info("draining", "seconds", allowed.Seconds())
	for time.Since(began) < allowed/2 {
		quiet := min(time.Since(began), time.Since(time.Unix(0, t.last.Load())))
		if t.active.Load() == 0 && quiet >= quietFor {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	ctx, cancel := context.WithTimeout(context.Background(), allowed-time.Since(began)-ending)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		slog.Warn("cut what still ran", "requests", t.active.Load())
		server.Close()
	}
	slog.Info("stopped", "seconds", time.Since(began).Seconds())
	return nil
}
