\set n random(0, :rows - 1)
select * from lead where tenant_id = '0190a000-0000-7000-8000-000000000001' and id = ('01900000-0000-7000-8000-' || lpad(to_hex(:n::int), 12, '0'))::uuid and deleted_at is null;
