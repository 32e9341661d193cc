do $$
declare
  guard record;
begin
  for guard in
    select conrelid::regclass as name, conname from pg_constraint
    where connamespace = 'public'::regnamespace and contype = 'c' and not convalidated
  loop
    execute format('alter table %s validate constraint %I', guard.name, guard.conname);
  end loop;
end $$
