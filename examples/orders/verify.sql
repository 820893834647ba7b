-- Fails when the database has an invalid index: run it after the last migration, as the owner.
--
-- CREATE INDEX CONCURRENTLY that ends by a lock timeout, or is interrupted, leaves its index behind as invalid: no query
-- uses it, and a UNIQUE one keeps nothing unique. The next run's IF NOT EXISTS passes over it. An index that another
-- session is building at this moment is left alone, and so is a partitioned one that waits for its partitions.
-- Source: PostgreSQL, CREATE INDEX, "Building Indexes Concurrently".
do $$
declare
  invalid text;
begin
  select string_agg(i.indexrelid::regclass::text, ', ' order by i.indexrelid) into invalid
  from pg_index i join pg_class c on c.oid = i.indexrelid
  where not i.indisvalid and c.relkind = 'i'
    and not exists (select from pg_stat_progress_create_index p where p.index_relid = i.indexrelid);
  if invalid is not null then
    raise exception 'invalid index: %', invalid using hint = 'Drop it and create it again in a migration:'
      ' DROP INDEX CONCURRENTLY IF EXISTS, then CREATE INDEX CONCURRENTLY.';
  end if;
end
$$;
