do $$
declare
  t record;
  money record;
  app text := '{app}';
  sys text := '{system}';
begin
  execute format('grant usage on schema public, crm to %I, %I', app, sys);
  execute format('grant execute on all functions in schema crm to %I, %I', app, sys);
  execute format('grant temporary on database %I to %I', current_database(), sys); -- replays fold there
  for t in
    select c.oid, c.relname as name,
           c.relrowsecurity and c.relforcerowsecurity as secured,
           exists (select 1 from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id') as tenanted
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'public' and c.relkind in ('r', 'p') and not c.relispartition
      and c.relname <> 'alembic_version'
  loop
    for money in
      select attname as name from pg_attribute
      where attrelid = t.oid and attnum > 0 and not attisdropped and atttypid = 'numeric'::regtype
        and not exists (
          select from pg_constraint
          where conrelid = t.oid and conname = t.name || '_' || attname || '_is_number')
    loop
      execute format('alter table %I add constraint %I check (%I <> ''NaN'') not valid',
        t.name, t.name || '_' || money.name || '_is_number', money.name);
    end loop;
    execute format('grant select, insert, update, delete on %I to %I', t.name, sys);
    if t.name = 'outbox' then
      execute format('grant select (position), insert on %I to %I', t.name, app);
    elsif t.name = 'ledger' then
      execute format('grant select (position) on %I to %I', t.name, app);
    elsif t.name = 'parked' then
      null; -- whole events of every tenant
    elsif not t.tenanted then
      execute format('grant select on %I to %I', t.name, app);
    elsif t.name = 'event' then
      execute format('grant select, insert on %I to %I', t.name, app);
      if to_regproc('crm.only_empties') is not null -- an older revision has no erasures
        and not exists (select from pg_trigger where tgrelid = t.oid and tgname = 'only_empties')
      then
        execute format('grant update (data, salt) on %I to %I', t.name, app);
        execute format('create trigger only_empties before update on %I for each row'
          ' when (current_user = %L) execute function crm.only_empties()', t.name, app);
      end if;
    else
      execute format('grant select, insert, update, delete on %I to %I', t.name, app);
    end if;
    if t.tenanted and t.name not in ('outbox', 'ledger', 'parked') then
      if not t.secured then -- each of these keeps everybody from the table until the end
        execute format('alter table %I enable row level security', t.name);
        execute format('alter table %I force row level security', t.name);
      end if;
      if not exists (select 1 from pg_policy where polrelid = t.oid and polname = 'tenant') then
        execute format(
          'create policy tenant on %I to %I using (tenant_id = (select nullif(current_setting(''app.tenant_id'', true), '''')::uuid))'
          ' with check (tenant_id = (select nullif(current_setting(''app.tenant_id'', true), '''')::uuid))', t.name, app);
        execute format('create policy system on %I to %I using (true) with check (true)', t.name, sys);
      end if;
      if not exists (select 1 from pg_policy where polrelid = t.oid and polname = 'owner') then
        -- for backfills: whoever owns a table is under its row security too
        execute format(
          'create policy owner on %I to %I using (current_setting(''app.migrating'', true) = ''on'')'
          ' with check (current_setting(''app.migrating'', true) = ''on'')', t.name, current_user);
      end if;
    end if;
  end loop;
end $$
