package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Order is a row of the table orders, as JSON too.
type order struct {
	ID       int64      `json:"id" db:"id"`
	Item     string     `json:"item" db:"item"`
	Quantity int        `json:"quantity" db:"quantity"`
	Placed   time.Time  `json:"placed" db:"placed_at"`
	Shipped  *time.Time `json:"shipped" db:"shipped_at"`
}

const columns = "id, item, quantity, placed_at, shipped_at"

var errNoOrder = errors.New("there is no such order")

// Orders are kept in the database.
type orders struct{ pool *pgxpool.Pool }

func (o orders) one(ctx context.Context, sql string, args ...any) (order, error) {
	rows, _ := o.pool.Query(ctx, sql, args...)
	found, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[order])
	if errors.Is(err, pgx.ErrNoRows) {
		return found, errNoOrder
	}
	return found, err
}

func (o orders) list(w http.ResponseWriter, r *http.Request) error {
	rows, _ := o.pool.Query(r.Context(), "select "+columns+" from orders order by id desc limit 100")
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[order])
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, found)
}

func (o orders) place(w http.ResponseWriter, r *http.Request) error {
	var given struct {
		Item     string `json:"item"`
		Quantity int    `json:"quantity"`
	}
	body := json.NewDecoder(http.MaxBytesReader(w, r.Body, 10_000))
	body.DisallowUnknownFields()
	if err := body.Decode(&given); err != nil {
		return answer(w, http.StatusBadRequest, map[string]string{"error": "send JSON: {\"item\": \"…\", \"quantity\": 1}"})
	}
	if len(given.Item) < 1 || len(given.Item) > 200 || given.Quantity < 1 || given.Quantity > 1_000_000 {
		wrong := map[string]string{"error": "item has 1 to 200 bytes, quantity is from 1 to 1000000"}
		return answer(w, http.StatusUnprocessableEntity, wrong)
	}
	placed, err := o.one(r.Context(), "insert into orders (item, quantity) values ($1, $2) returning "+columns,
		given.Item, given.Quantity)
	if err != nil {
		return err
	}
	w.Header().Set("Location", "/orders/"+strconv.FormatInt(placed.ID, 10))
	return answer(w, http.StatusCreated, placed)
}

func (o orders) show(w http.ResponseWriter, r *http.Request) error {
	return o.by(w, r, "select "+columns+" from orders where id = $1")
}

// ship may be repeated: the time of the first call stays.
func (o orders) ship(w http.ResponseWriter, r *http.Request) error {
	return o.by(w, r, "update orders set shipped_at = coalesce(shipped_at, now()) where id = $1 returning "+columns)
}

func (o orders) by(w http.ResponseWriter, r *http.Request, sql string) error {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return errNoOrder
	}
	found, err := o.one(r.Context(), sql, id)
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, found)
}

func answer(w http.ResponseWriter, status int, value any) error {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	return json.NewEncoder(w).Encode(value)
}
