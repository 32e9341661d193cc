"""Values that break a rule of their field, and some that look as if they did and are kept."""

from tests.hostile.cases import ID, MARKER, SHAPE, Value, texts, values

_BODY = "400 body.malformed"
_RULE, _TYPE, _PATTERN = (
    "422 field.value_error",
    "422 field.string_type",
    "422 field.string_pattern_mismatch",
)
_LONG, _SHORT = "422 field.string_too_long", "422 field.string_too_short"
_OWN, _ROW = "422 custom.invalid", "row.invalid"
_INT, _FLAG = "422 field.int_type", "422 field.bool_type"
_STAGE = "stages.probability"
_BIDI = ("\\u202e", "\\u2066")

NUMBERS: list[Value] = [
    *values(1, "need", _BODY, "NaN", "Infinity", "-Infinity", "1e400"),
    *values(1, "budget.amount", _BODY, "NaN", "-1e999"),
    *values(4, "need", _BODY, str(2**70), "9" * 5000),
    *values(4, _STAGE, _BODY, str(2**70), str(2**63), "9" * 5000, room="pipeline"),
    *values(4, _STAGE, "422 field.less_than_equal", "101", "999999999", room="pipeline"),
    *values(4, _STAGE, "422 field.less_than_equal", str(2**31), graphql=SHAPE, room="pipeline"),
    *values(4, _STAGE, "422 field.greater_than_equal", "-1", room="pipeline"),
    *texts(4, "custom.size", _OWN, "9" * 5000, cell="custom.invalid"),
    *texts(5, "budget.amount", _RULE, "1E+1000000", "1E+100000", "1e2", cell=_ROW),
    *texts(5, "custom.size", _OWN, "1E+9999", "1e2", cell="custom.invalid"),
    *texts(6, "budget.amount", _RULE, "NaN", "sNaN", "Infinity", "1.001", cell=_ROW),
    *texts(6, "budget.amount", "422 field.greater_than_equal", "-1.00", cell=_ROW),
    *texts(6, "budget.amount", "201", "-0", "-0.00", cell="201"),
    *values(6, "budget.amount", _RULE, "0.1", "5", graphql=SHAPE, cell="201"),
    *values(6, "budget.amount", _RULE, str(0.1 + 0.2), graphql=SHAPE, cell=_ROW, workbook="201"),
    *values(6, "budget.amount", _RULE, "true", graphql=SHAPE, cell=_ROW),
    *values(6, "budget.amount", _RULE, "null", "[]", "{}", graphql=SHAPE),
    *texts(6, "custom.size", _OWN, "NaN", cell="custom.invalid"),
    *values(6, "custom.price", _OWN, '{"amount":1.5,"currency":"CNY"}'),
    *texts(7, "budget.amount", _RULE, "1_000", "٣", "５", "0x10", "+1.00", cell=_ROW),
    *texts(7, "budget.amount", _RULE, " 5 ", cell="201"),
    *texts(7, "budget.amount", _RULE, "1,5"),
    *texts(7, "budget.amount", _RULE, "", cell=_ROW),
    *values(7, _STAGE, _INT, "10.0", "1e1", graphql="200", room="pipeline"),
    *values(7, _STAGE, _INT, "true", "10.5", "null", "[]", graphql=SHAPE, room="pipeline"),
    *texts(7, _STAGE, _INT, "10", "1_0", "٣", graphql=SHAPE, room="pipeline"),
    *values(7, "is_default", _FLAG, "1", '"yes"', '"true"', graphql=SHAPE, room="pipeline"),
    *values(7, "is_default", _FLAG, "null", room="pipeline"),
    *values(7, "need", _TYPE, "5", "1.5", "true", graphql=SHAPE, cell="201"),
    *values(7, "need", _TYPE, "[]", "{}", graphql=SHAPE),
    *texts(7, "custom.size", _OWN, "1_000", "٣", cell="custom.invalid"),
    *values(7, "custom.size", _OWN, "true", cell="custom.invalid"),
    *texts(7, "custom.ok", _OWN, "perhaps", cell="custom.invalid"),
    *values(7, "custom.ok", _OWN, "1", cell="201"),
    *texts(31, "budget.amount", _RULE, "1234567890123456789.00", "12345678901234567", cell=_ROW),
]

CODES: list[Value] = [
    *texts(31, "budget.currency", _RULE, "XXX", "KWD", "***", cell=_ROW),
    *texts(31, "budget.currency", _RULE, "usd", cell="201"),
    *texts(31, "budget.currency", _SHORT, "US", "", cell=_ROW),
    *texts(31, "budget.currency", _LONG, "USDX", MARKER, cell=_ROW),
    *values(31, "budget.currency", _TYPE, "null", graphql=SHAPE),
    *values(31, "budget.currency", _TYPE, "156", graphql=SHAPE, cell=_ROW),
    *values(31, "custom.price", _OWN, '{"amount":"1.00","currency":"XXX"}'),
    *texts(31, "source", _PATTERN, "WEB", "web site", "-web", "来源", cell=_ROW),
    *texts(31, "source", _PATTERN, "web\n", cell="201"),
    *texts(31, "source", _LONG, "w" * 65, cell=_ROW),
    *texts(31, "kind", "422 field.enum", MARKER, graphql=SHAPE, room="activity"),
    *texts(31, "kind", "422 field.enum", "CALL", graphql="200", room="activity"),
    *values(31, "kind", "422 field.enum", "1", graphql=SHAPE, room="activity"),
    *texts(31, "custom.tier", _OWN, MARKER, cell="custom.invalid"),
    *values(31, "custom.tiers", _OWN, '["lead"]', '"gold"'),
    *values(31, "stages", "422 field.too_short", "[]", room="pipeline"),
    *texts(
        35, "owner_id", "422 field.uuid_parsing", "x", ID[:-1], MARKER, graphql=SHAPE, cell=_ROW
    ),
    *texts(35, "owner_id", "422 field.uuid_parsing", f"{ID}0", ID.replace("0", "g"), graphql=SHAPE),
    *texts(
        35,
        "owner_id",
        "422 owner.unknown",
        *(f"{{{ID}}}", f"urn:uuid:{ID}", ID.replace("-", "")),
        graphql=SHAPE,
        cell="owner.unknown",
    ),
    *texts(
        35,
        "owner_id",
        "422 owner.unknown",
        *(ID, ID.upper(), "00000000-0000-0000-0000-000000000000"),
        *("2c1d43b8-e6d7-11ee-bd3d-0242ac120002", "ffffffff-ffff-ffff-ffff-ffffffffffff"),
        cell="owner.unknown",
    ),
    *values(35, "owner_id", "422 field.uuid_type", "7", graphql=SHAPE, cell=_ROW),
    *values(40, "company", _TYPE, "null", graphql=SHAPE),
    *values(40, "source", _TYPE, "null", graphql=SHAPE),
    *values(40, "need", _TYPE, "null"),
    *values(40, "custom", "422 field.dict_type", "null"),
    *values(40, "stages", "422 field.list_type", "null", graphql=SHAPE, room="pipeline"),
    *values(40, "kind", "422 field.enum", "null", graphql=SHAPE, room="activity"),
]

_NO_FIELDS = (
    "tenant_id",
    "id",
    "version",
    "__proto__",
    "created_at",
    "created_by",
    "team",
    "status",
)

FIELDS: list[Value] = [
    *(
        Value(9, name, f'"{MARKER}"', "422 field.unknown", SHAPE)
        for name in (*_NO_FIELDS, "need ", "deleted_at", "qualified_at")
    ),
    *texts(9, "budget.rate", "422 field.unknown", "1.00", graphql=SHAPE),
    *texts(9, "custom.nobodys", "422 custom.unknown", MARKER),
    *texts(46, "tenant", "422 field.unknown", ID, graphql=SHAPE),
]

TEXTS: list[Value] = [
    *values(2, "need", _BODY, r'"\ud800"', r'"\udfff\ud800"', '"\ud800"'),
    *values(2, "custom.note", _BODY, r'"\ud800"'),
    *values(3, "need", _RULE, rf'"{MARKER}\u0000"', cell=_ROW),
    *values(3, "source", _PATTERN, r'"we\u0000b"', cell=_ROW),
    *values(3, "custom.note", _OWN, rf'"{MARKER}\u0000"', cell="custom.invalid"),
    *values(3, r"custom.no\u0000te", "422 custom.unknown", '"x"'),
    *texts(32, "need", _LONG, "x" * 1_000_000),
    *texts(32, "need", _LONG, "x" * 4001, cell=_ROW),
    *texts(32, "company", _LONG, "x" * 201, "a" + "\u0301" * 10_000, cell=_ROW),
    *texts(32, "company", "201", "公" * 200, "👩‍👩‍👧", cell="201"),
    *values(32, "need", _RULE, *(f'"a{sign}b"' for sign in _BIDI), cell=_ROW),
    *values(32, "need", _RULE, r'"a\u0007b"', r'"\u001b[31m"', r'"a\u0085b"', cell=_ROW),
    *values(32, "need", "201", r'"a\nb"', r'"a\u200bb"', cell="201"),
    *texts(32, "company", _SHORT, "   ", "\u3000", cell=_ROW),
    *texts(66, "company", "201", "<script>alert(1)</script>", "=HYPERLINK(0)", cell="201"),
    *texts(66, "company", "201", "{{7*7}}", "'; drop table lead;--", "${jndi:x}", cell="201"),
]

_NO_EMAILS = ("a@b", MARKER, "a@b@c.cn", "javascript:x", "a@[127.0.0.1]", "a b@c.cn", "a@localhost")
_NO_PHONES = ("1", "++++++++++", "+86 138\n0000", "１２３４５", f"call {MARKER}")
_NO_URLS = (
    "javascript:alert(1)",
    "ftp://a.cn",
    "http://",
    "https://a b.cn",
    "//a.cn",
    "http://[::1",
)

ADDRESSES: list[Value] = [
    *texts(33, "email", _RULE, *_NO_EMAILS, f"{'a' * 5000}@example.com", cell=_ROW),
    *texts(33, "email", _RULE, '"a"@b.cn', "a@b..cn", "a\u202e@b.cn", "a@exa\nmple.cn", cell=_ROW),
    *texts(33, "email", _RULE, "", cell="201"),
    *texts(33, "email", "201", "a@аррӏе.com", "A@Example.CN", cell="201"),
    *texts(33, "phone", _PATTERN, *_NO_PHONES, cell=_ROW),
    *texts(33, "phone", _LONG, "1" * 33, cell=_ROW),
    *texts(33, "custom.site", _OWN, *_NO_URLS, MARKER, cell="custom.invalid"),
    *texts(33, "custom.site", _OWN, f"https://a.cn/{'x' * 3000}", cell="custom.invalid"),
    *texts(33, "custom.site", "201", "https://user@a.cn", cell="201"),
]

_NO_TIME = "422 field.datetime_from_date_parsing"
_NEVER = (
    *("2026-02-30T00:00:00Z", "2026-06-30T23:59:60Z", "2026-01-01T24:00:00Z"),
    *("2026-13-01T00:00:00Z", "2026-01-01T00:00:00+99:00"),
)
_ELSEWHEN = ("0001-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "2200-01-01T00:00:00Z")
_NO_INSTANTS = ("1767225600", f"tomorrow {MARKER}", "2026-01-01", "2026-W01-1T00:00:00Z")
_NAIVE = ("2026-01-01T00:00:00", "20260101T000000Z", "2026-01-01")
_NO_DAYS = (
    "2026-02-30",
    "2026-13-01",
    "2026-00-10",
    "0001-01-01",
    "2200-01-01",
    "1/2/2026",
    MARKER,
)

INSTANTS: list[Value] = [
    *texts(29, "due_at", _NO_TIME, *_NEVER, graphql=SHAPE, room="activity"),
    *texts(29, "due_at", _RULE, *_ELSEWHEN, room="activity"),
    *texts(29, "due_at", _RULE, *_NO_INSTANTS, *_NAIVE[:2], graphql=SHAPE, room="activity"),
    *texts(29, "due_at", _RULE, "9999-12-31T23:59:59-23:59", graphql=SHAPE, room="activity"),
    *texts(29, "due_at", _RULE, "２０２６-01-01T00:00:00Z", "", graphql=SHAPE, room="activity"),
    *values(29, "due_at", _RULE, "1767225600", graphql=SHAPE, room="activity"),
    *values(40, "due_at", _RULE, "null", graphql=SHAPE, room="activity"),
    *texts(29, "custom.at", _OWN, *_NEVER, *_ELSEWHEN, cell="custom.invalid"),
    *texts(29, "custom.at", _OWN, "1767225600", MARKER, cell="custom.invalid"),
    *texts(29, "custom.at", _OWN, *_NAIVE, cell="201"),
    *values(29, "custom.at", _OWN, "1767225600", cell="custom.invalid"),
    *texts(29, "custom.on", _OWN, *_NO_DAYS, cell="custom.invalid"),
    *texts(30, "custom.on", _OWN, "2026-W01-1", "2026-W60", "20260101", cell="custom.invalid"),
]

_KEYS = ",".join(f'"k{n}":"x"' for n in range(51))

ACCOUNTS: list[Value] = [
    *values(7, "is_problem", _FLAG, "1", '"yes"', graphql=SHAPE, room="account"),
    *values(11, "preferences", "422 field.too_long", f"{{{_KEYS}}}", room="account"),
    *values(31, "preferences", _TYPE, '{"a":1}', '{"a":null}', '{"a":{}}', room="account"),
    *values(31, "preferences", _PATTERN, '{"A B":"x"}', room="account"),
    *values(31, "preferences", _SHORT, '{"":"x"}', room="account"),
    *values(31, "preferences", "422 field.dict_type", "[]", '"x"', room="account"),
    *values(3, "preferences", _RULE, rf'{{"a":"{MARKER}\u0000"}}', room="account"),
    *texts(31, "grade", "422 field.enum", MARKER, "e", graphql=SHAPE, room="account"),
    *texts(31, "tier", "422 field.enum", MARKER, graphql=SHAPE, room="account"),
    *texts(32, "segment", _LONG, "x" * 201, room="account"),
]

VALUES = [*NUMBERS, *CODES, *FIELDS, *TEXTS, *ADDRESSES, *INSTANTS, *ACCOUNTS]
