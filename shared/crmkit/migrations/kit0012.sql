create table search_key (
  tenant_id uuid not null,
  aggregate text collate "C" not null,
  id uuid not null,
  keys int[] not null,
  placed_at timestamptz,
  named text,
  primary key (tenant_id, aggregate, id)
);;

create index search_key_keys_idx on search_key using gin (keys) with (gin_pending_list_limit = 256);;

-- row security keeps @> out of index conditions, so the definer of crm.keyed is let see all rows;
-- it is no role that serves anybody
create policy owner on search_key to current_user using (true) with check (true);;

create table search_due (
  tenant_id uuid not null,
  aggregate text collate "C" not null,
  id uuid not null,
  mark bigint not null default pg_current_xact_id()::text::bigint,
  primary key (tenant_id, aggregate, id)
);;

-- what a record was found by goes with the text it was made of, in the statement that changes it;
-- search_due first: whoever gives it keys of the text before holds that row until they are there to
-- be deleted, or finds another mark and gives none
create function crm.mark_searched() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    delete from search_due
      where tenant_id = old.tenant_id and aggregate = tg_table_name and id = old.id;
    delete from search_key
      where tenant_id = old.tenant_id and aggregate = tg_table_name and id = old.id;
    return null;
  end if;
  insert into search_due (tenant_id, aggregate, id)
    values (new.tenant_id, tg_table_name, new.id)
    on conflict (tenant_id, aggregate, id) do update set mark = excluded.mark;
  if tg_op = 'UPDATE' then
    delete from search_key
      where tenant_id = new.tenant_id and aggregate = tg_table_name and id = new.id;
  end if;
  return null;
end $$;;

-- at most so many records of the bound tenant that have all the keys; those that come next after a
-- place in the order of a kept column, where one is named
create function crm.keyed(
  wanted int[], most int, by text, descends boolean, after_place text, after_id uuid
) returns uuid[]
language plpgsql stable security definer
set search_path = pg_catalog, public, pg_temp
set enable_seqscan = off
as $$
declare
  bound uuid := nullif(current_setting('app.tenant_id', true), '')::uuid;
  kind text := case when by = 'placed_at' then 'timestamptz' else 'text' end;
  way text := case when descends then 'desc' else 'asc' end;
  sign text := case when descends then '<' else '>' end;
  beyond text := '';
  found uuid[];
begin
  if by is null then
    return array(select k.id from
      (select id, tenant_id from search_key where keys @> wanted offset 0) k
      where k.tenant_id = bound limit most);
  end if;
  if after_id is not null then
    beyond := format('and (k.%I, k.id) %s ($3::%s, $4)', by, sign, kind);
  end if;
  execute format(
    'select array(select k.id from
      (select id, tenant_id, %1$I from search_key where keys @> $1 offset 0) k
      where k.tenant_id = $2 %2$s order by k.%1$I %3$s, k.id %3$s limit $5)',
    by, beyond, way)
    into found using wanted, bound, after_place, after_id, most;
  return found;
end $$;;
