\set n random(0, :rows - 1)
select * from opportunity where tenant_id = '0190a000-0000-7000-8000-000000000001' and id = ('01900000-0000-7000-8000-' || lpad(to_hex(:n::int), 12, '0'))::uuid and deleted_at is null;
select stages from pipeline where tenant_id = '0190a000-0000-7000-8000-000000000001' limit 1;
with moved as (update opportunity set stage = 'negotiation', probability = 50, updated_at = now(), version = version + 1 where tenant_id = '0190a000-0000-7000-8000-000000000001' and id = ('01900000-0000-7000-8000-' || lpad(to_hex(:n::int), 12, '0'))::uuid returning *), told as (insert into outbox (body) select '{"stage":"negotiation"}'::json from moved) select * from moved;
