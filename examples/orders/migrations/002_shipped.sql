-- Nullable and without a default: the table is not rewritten, and the version before goes on inserting.
alter table orders add column shipped_at timestamptz;

---- create above / drop below ----

alter table orders drop column shipped_at;
