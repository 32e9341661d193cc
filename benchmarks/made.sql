-- What rows, events and facts are made from, so that they agree. A fourth each of the leads is new,
-- working, qualified and disqualified; every fourth opportunity is won.
create schema made;;

create function made.row_id(n int) returns uuid language sql immutable as $$
  select ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid
$$;;

create function made.member_id(n int) returns uuid language sql immutable as $$
  select ('0190b000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid
$$;;

create function made.seller_id(n int) returns uuid language sql immutable as $$
  select made.member_id(n % 20)
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
;;

-- companies and people as there are many of them: two thirds Chinese, in which a few words and
-- surnames come very often
create function made.company(n int) returns text language sql immutable as $$
  select case when n % 3 < 2 then
    (array['北京', '上海', '广州', '深圳', '杭州', '苏州', '成都', '武汉'])[1 + n / 3 % 8]
    || (array['华', '中', '鑫', '恒', '瑞', '宏', '金', '天', '德', '盛', '泰', '远', '创'])[1 + n / 7 % 13]
    || (array['东', '信', '源', '通', '安', '嘉', '凯', '联', '科', '正', '兴', '隆', '丰'])[1 + n / 91 % 13]
    || (array['科技', '机械', '电子', '精密', '贸易', '软件', '材料', '化工', '物流'])[1 + n / 11 % 9]
    || case when n % 5 = 0 then '股份有限公司' else '有限公司' end
  else
    (array['Acme', 'Global', 'Pacific', 'Northern', 'Delta', 'Omega', 'Atlas', 'Vertex', 'Nova'])[1 + n / 3 % 9]
    || ' ' || to_hex(n * 7919::bigint % 65521)
    || (array[' Systems', ' Trading', ' Robotics', ' Foods', ' Logistics', ' Optics'])[1 + n / 13 % 6]
    || (array[' Ltd', ' Inc', ' GmbH', ' LLC'])[1 + n / 5 % 4]
  end
$$;;

create function made.person(n int) returns text language sql immutable as $$
  select case when n % 3 < 2 then
    (array['王', '李', '张', '刘', '陈', '杨', '黄', '赵', '吴', '周', '欧阳'])[1 + n / 17 % 11]
    || (array['伟', '芳', '娜', '敏', '静', '丽', '强', '磊', '军', '秀英', '建国', '雨桐'])[1 + n / 19 % 12]
  else
    (array['James', 'Mary', 'Linda', 'Robert', 'Sofia', 'Hans', 'Yuki'])[1 + n / 17 % 7]
    || ' ' || (array['Smith', 'Garcia', 'Miller', 'Schmidt', 'Rossi', 'Tanaka'])[1 + n / 23 % 6]
  end
$$;;

create function made.phone(n int) returns text language sql immutable as $$
  select '+861' || (3 + n % 7)::text || lpad((n * 7919::bigint % 999999937)::text, 9, '0')
$$;;

create function made.email(n int) returns text language sql immutable as $$
  select 'u' || (n * 31::bigint % 1000003)::text
    || (array['@163.com', '@qq.com', '@example.com', '@hengling.cn'])[1 + n % 4]
$$
