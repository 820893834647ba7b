-- Least privilege in one database: a role that owns it and migrates, and one that reads and writes rows, in every schema
-- that the owner has or makes.
--
-- Run as the master user, who need not be a superuser (Amazon RDS), from the session settings bootstrap.owner_user,
-- bootstrap.owner_password, bootstrap.app_user and bootstrap.app_password. Run again it sets the passwords anew.
-- It knows nothing of this service: it fits every application with one database.
do $$
declare
  owner constant text := current_setting('bootstrap.owner_user');
  app constant text := current_setting('bootstrap.app_user');
  role record;
  mine record;
  taken text[]; -- schemas with something that the master user made
  schema text;
  invalid text;
begin
  for role in
    select * from (values (owner, current_setting('bootstrap.owner_password')),
                          (app, current_setting('bootstrap.app_password'))) as given (name, password)
  loop
    if not exists (select from pg_roles where rolname = role.name) then
      execute format('create role %I', role.name);
    end if;
    begin
      execute format('alter role %I login nocreatedb nocreaterole password %L', role.name, role.password);
    exception when others then -- again, without the statement: it holds the password
      raise exception using errcode = sqlstate, message = sqlerrm;
    end;
  end loop;

  -- Only a member of a role may give it something.
  if not pg_has_role(current_user, owner, 'usage') then
    execute format('grant %I to current_user', owner);
  end if;
  execute format('alter database %I owner to %I', current_database(), owner);
  execute format('grant usage, create on schema public to %I', owner);
  -- What the master user made before there was an owner: the schemas first, as their owner may then own what is in them.
  for mine in
    select nspname from pg_namespace n
    where n.nspowner = (select oid from pg_roles where rolname = current_user)
      and nspname !~ '^pg_' and nspname not in ('public', 'information_schema')
      and not exists (select from pg_depend d where d.classid = 'pg_namespace'::regclass and d.objid = n.oid
                                                and d.deptype = 'e') -- an extension's
  loop
    execute format('alter schema %I owner to %I', mine.nspname, owner);
    taken := taken || mine.nspname::text;
  end loop;
  for mine in
    select c.oid::regclass as name, n.nspname from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relowner = (select oid from pg_roles where rolname = current_user)
      and (n.nspname = 'public' or n.nspowner = (select oid from pg_roles where rolname = owner))
      and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
      and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid
                         and (d.deptype = 'e' or c.relkind = 'S' and d.deptype in ('a', 'i'))) -- goes with its table
  loop
    execute format('alter table %s owner to %I', mine.name, owner);
    taken := taken || mine.nspname::text;
  end loop;

  execute format('revoke all on database %I from public', current_database());
  revoke all on schema public from public;
  execute format('grant connect on database %I to %I', current_database(), app);
  -- What the owner makes from now on is opened as it is made. A schema with privileges of its own stays as it is, so that
  -- a migration may close one: revoke usage on schema audit from shop_app.
  for schema in
    select nspname from pg_namespace n join pg_roles r on r.oid = n.nspowner
    where nspname = 'public' or r.rolname = owner and (n.nspacl is null or nspname = any (taken))
  loop
    execute format('grant usage on schema %I to %I', schema, app);
    execute format('grant select, insert, update, delete on all tables in schema %I to %I', schema, app);
    execute format('grant usage, select on all sequences in schema %I to %I', schema, app);
  end loop;
  execute format('alter default privileges for role %I grant usage on schemas to %I', owner, app);
  execute format('alter default privileges for role %I grant select, insert, update, delete on tables to %I', owner, app);
  execute format('alter default privileges for role %I grant usage, select on sequences to %I', owner, app);
  -- A migration that waits for a table in use makes everybody behind it wait too: it gives up early instead.
  execute format('alter role %I in database %I set lock_timeout = %L', owner, current_database(), '10s');

  -- Only said here, because the migration that comes next may mend it. verify.sql fails.
  select string_agg(i.indexrelid::regclass::text, ', ' order by i.indexrelid) into invalid
  from pg_index i join pg_class c on c.oid = i.indexrelid
  where not i.indisvalid and c.relkind = 'i'
    and not exists (select from pg_stat_progress_create_index p where p.index_relid = i.indexrelid);
  if invalid is not null then
    raise warning 'invalid index: %', invalid using hint = 'An interrupted CREATE INDEX CONCURRENTLY left it, and IF NOT'
      ' EXISTS passes over it. Put DROP INDEX CONCURRENTLY IF EXISTS before the CREATE in the migration.';
  end if;
end
$$;
