alter table search_key add column sketch bit(512);;

-- walks look at what is newest, where a table of which only more comes would be vacuumed last
alter table search_key set (
  autovacuum_vacuum_insert_scale_factor = 0.02, autovacuum_vacuum_insert_threshold = 5000
);;

-- about how many rows have all the keys, of all tenants: counted among sixteen of each of forty pages
-- (which have some twenty), since statistics of this table are kept from its owner, too
create function crm.about_keyed(wanted int[], sketched bit) returns bigint
language plpgsql stable security definer
set search_path = pg_catalog, public, pg_temp
set enable_seqscan = off
as $$
declare
  pages int := pg_relation_size('public.search_key') / current_setting('block_size')::int;
  fitting bigint;
begin
  select count(*) into fitting from search_key
    where ctid = any(array(
        select ('(' || pages::bigint * page / 40 || ',' || line || ')')::tid
        from generate_series(0, 39) page, generate_series(1, 16) line))
      and (sketch & sketched = sketched) is not false and keys @> wanted;
  return fitting * greatest(pages, 40) / 40;
end $$;;

-- the same as crm.keyed finds in the order of a kept column, along that order: by sketches, which
-- stand in the index, and for those that fit or have none yet by keys
create function crm.walked(
  wanted int[], sketched bit, kind text, most int,
  by text, descends boolean, after_place text, after_id uuid
) returns uuid[]
language plpgsql stable security definer
set search_path = pg_catalog, public, pg_temp
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
set enable_incremental_sort = off
as $$
declare
  bound uuid := nullif(current_setting('app.tenant_id', true), '')::uuid;
  of_place text := case when by = 'placed_at' then 'timestamptz' else 'text' end;
  way text := case when descends then 'desc' else 'asc' end;
  sign text := case when descends then '<' else '>' end;
  beyond text := '';
  found uuid[];
begin
  if after_id is not null then
    beyond := format('and (%I, id) %s ($6::%s, $7)', by, sign, of_place);
  end if;
  execute format(
    'select array(select w.id from
      (select id, sketch from search_key
        where tenant_id = $1 and aggregate = $2 and %1$I is not null %2$s
        order by %1$I %3$s, id %3$s) w
      where (w.sketch & $3 = $3) is not false and (
        select k.keys @> $4 from search_key k
        where k.tenant_id = $1 and k.aggregate = $2 and k.id = w.id)
      limit $5)',
    by, beyond, way)
    into found using bound, kind, sketched, wanted, most, after_place, after_id;
  return found;
end $$;;
