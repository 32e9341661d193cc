create table custom_value (
  tenant_id uuid not null,
  id uuid not null,
  key text collate "C" not null,
  value text collate "C",
  number bigint
);;

create index custom_value_id_idx on custom_value (tenant_id, id);;

create index custom_value_value_idx on custom_value (tenant_id, key, value, id);;

create index custom_value_number_idx on custom_value (tenant_id, key, number, id)
  where number is not null;;

create function crm.index_custom() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' then
    delete from custom_value where tenant_id = new.tenant_id and id = new.id;
  end if;
  insert into custom_value (tenant_id, id, key, value, number)
  select new.tenant_id, new.id, flat.key,
    case when length(flat.said) <= 200 then flat.said end,
    case when flat.said ~ '^-?[0-9]{1,12}(\.[0-9]{1,6})?$'
      then (flat.said::numeric * 1000000)::bigint end
  from (
    select f.key, coalesce(f.value ->> 'amount', f.value #>> '{}') as said
    from jsonb_each(new.custom) f where jsonb_typeof(f.value) <> 'array'
    union all
    select f.key, e.said
    from jsonb_each(new.custom) f, jsonb_array_elements_text(
      case when jsonb_typeof(f.value) = 'array' then f.value else '[]' end) e(said)
  ) flat;
  return null;
end $$;;
