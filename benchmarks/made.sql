-- What rows, events and facts are made from, so that they agree. A fourth each of the leads is new,
-- working, qualified and disqualified; every fourth opportunity is won.
create schema made;;

create function made.row_id(n int) returns uuid language sql immutable as $$
  select ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid
$$;;

create function made.seller_id(n int) returns uuid language sql immutable as $$
  select ('0190b000-0000-7000-8000-' || lpad(to_hex(n % 20), 12, '0'))::uuid
$$;;

create function made.team(n int) returns text language sql immutable as $$
  select case when n % 20 < 10 then 'cn/east' else 'cn/north' end
$$;;

create function made.region(n int) returns text language sql immutable as $$
  select case when n % 20 < 10 then '华东' else '华北' end
$$;;

create function made.source(n int) returns text language sql immutable as $$
  select (array['web', 'trade-show', 'referral', 'call'])[1 + n / 80 % 4]
$$;;

create function made.status(n int) returns text language sql immutable as $$
  select (array['new', 'working', 'qualified', 'disqualified'])[1 + n / 20 % 4]
$$;;

-- somewhere in the year before `until`, on a whole second
create function made.instant(n int, until timestamptz) returns timestamptz language sql immutable as $$
  select until - make_interval(secs => (n::bigint * 7919) % 31536000)
$$;;

create function made.json(at timestamptz) returns text language sql stable as $$
  select coalesce('"' || to_char(at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') || '"', 'null')
$$;;

-- in the hours before `until`, rising with the place
create function made.event_id(place bigint, until timestamptz) returns uuid language sql immutable as $$
  select (lpad(to_hex((extract(epoch from until) * 1000)::bigint - 10000000 + place), 12, '0')
    || '70008' || lpad(to_hex(place), 15, '0'))::uuid
$$
