-- Least privilege in one database: a role that owns it and migrates, and one that reads and writes rows.
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
  -- What the master user made before there was an owner. The sequence of a column goes with its table.
  for mine in
    select c.oid::regclass as name from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relowner = current_user::regrole
      and (c.relkind in ('r', 'p', 'v', 'm', 'f')
           or c.relkind = 'S' and not exists (select from pg_depend d where d.objid = c.oid and d.deptype in ('a', 'i')))
  loop
    execute format('alter table %s owner to %I', mine.name, owner);
  end loop;

  execute format('revoke all on database %I from public', current_database());
  revoke all on schema public from public;
  execute format('grant connect on database %I to %I', current_database(), app);
  execute format('grant usage on schema public to %I', app);
  execute format('grant select, insert, update, delete on all tables in schema public to %I', app);
  execute format('grant usage, select on all sequences in schema public to %I', app);
  execute format('alter default privileges for role %I in schema public'
                 ' grant select, insert, update, delete on tables to %I', owner, app);
  execute format('alter default privileges for role %I in schema public grant usage, select on sequences to %I',
                 owner, app);
  -- A migration that waits for a table in use makes everybody behind it wait too: it gives up early instead.
  execute format('alter role %I in database %I set lock_timeout = %L', owner, current_database(), '10s');
end
$$;
