create schema crm;;

create function crm.must(n bigint, wanted bigint) returns bigint language plpgsql as $$
begin
  if n is distinct from wanted then raise exception 'stale' using errcode = 'DS412'; end if;
  return n;
end $$;;


create table event (
  tenant_id uuid not null,
  id uuid not null,
  aggregate text not null,
  aggregate_id uuid not null,
  version int not null,
  type text not null,
  occurred_at timestamptz not null,
  recorded_at timestamptz not null,
  actor text not null,
  cause uuid,
  traceparent text,
  data json not null,
  salt bytea not null,
  digest bytea not null,
  primary key (tenant_id, id)
) partition by range (id);;

create table event_default partition of event default;;

create index event_history_idx on event (tenant_id, aggregate_id, version);;

create function crm.id_floor(instant timestamptz) returns uuid language sql immutable as $$
  select (lpad(to_hex((extract(epoch from instant) * 1000)::bigint), 12, '0') || '70008000000000000000')::uuid
$$;;

create function crm.event_partitions(months int) returns int
language plpgsql security definer set search_path = public, crm as $$
declare
  starts timestamptz;
  name text;
  made int := 0;
begin
  for n in 0..months loop
    starts := date_trunc('month', now() at time zone 'utc') at time zone 'utc' + make_interval(months => n);
    name := 'event_' || to_char(starts at time zone 'utc', 'YYYY_MM');
    if to_regclass(name) is null then
      execute format('create table %I (like event including defaults including constraints)', name);
      execute format('alter table event attach partition %I for values from (%L) to (%L)', name,
        crm.id_floor(starts), crm.id_floor(starts + interval '1 month'));
      made := made + 1;
    end if;
  end loop;
  return made;
end $$;;

create function crm.misplaced_events() returns bigint
language sql stable security definer set search_path = public as $$
  select count(*) from (select from event_default limit 1000) e
$$;;

select crm.event_partitions(12);;

create table outbox (
  position bigint generated always as identity primary key,
  tenant_id uuid not null,
  event_id uuid not null
);;

create table ledger (
  position bigint primary key,
  tenant_id uuid not null,
  event_id uuid not null,
  hash bytea not null
);;

create table published (
  topic text not null,
  partition int not null,
  position bigint not null,
  broker_offset bigint not null,
  primary key (topic, partition)
);;

create table relay (
  single boolean primary key default true check (single),
  position bigint not null default 0
);;

insert into relay default values;;

create table watermark (
  producer text not null,
  topic text not null,
  partition int not null,
  position bigint not null,
  primary key (producer, topic, partition)
);;

create table parked (
  id uuid primary key,
  tenant_id uuid,
  topic text not null,
  partition int not null,
  broker_offset bigint not null,
  value bytea,
  error text not null,
  parked_at timestamptz not null,
  replayed_at timestamptz,
  fingerprint bytea not null,
  unique (topic, fingerprint)
);;

create table idempotency (
  tenant_id uuid not null,
  principal text not null,
  route text not null,
  key text not null,
  fingerprint bytea not null,
  answer json not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, principal, route, key)
);;

create index idempotency_created_at_idx on idempotency (created_at);;

create table directory_tenant (
  tenant_id uuid primary key,
  version int not null,
  name text not null,
  time_zone text not null,
  base_currency text not null,
  fiscal_year_start int not null
);;

create table directory_member (
  tenant_id uuid not null,
  id uuid not null,
  version int not null,
  name text not null,
  team text not null,
  region text not null,
  active boolean not null,
  primary key (tenant_id, id)
);;
