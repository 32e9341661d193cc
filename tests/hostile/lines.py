"""What nobody should send, line by line, and where each line is held if not by a table here."""

LINES = {
    1: "numbers that JSON does not have",
    2: "halves of surrogate pairs",
    3: "NUL in text, paths, queries and names",
    4: "whole numbers beyond the column, or of thousands of digits",
    5: "exponents that unfold into a million digits",
    6: "money that is no number, endless, or a float",
    7: "what is almost of the type: true, underscores, blanks, other digits",
    8: "one key twice",
    9: "fields, options and columns nobody offers",
    10: "nesting without end, and halves of documents",
    11: "keys and columns without number",
    12: "bodies and lines that are too large",
    13: "compressed bodies, and bombs",
    14: "other encodings than UTF-8",
    15: "other media types than JSON",
    16: "forms",
    17: "senders that take their time",
    18: "requests that two servers would read differently",
    19: "too many, too large or broken headers",
    20: "odd paths and long queries",
    21: "odd methods",
    22: "claims about host and origin",
    23: "thousands of ranges",
    24: "callers that hang up",
    25: "pages of no size, of any size, and parameters twice",
    26: "cursors that were tampered with or belong elsewhere",
    27: "filters and orders that nobody offers",
    28: "search texts that look like patterns",
    29: "instants that never were, or lie beyond",
    30: "weeks and months that no year has",
    31: "codes and currencies there are not, amounts too long",
    32: "text that is long, invisible or turned around",
    33: "addresses, numbers and links that are none",
    34: "moves no record may make",
    35: "ids that are none",
    36: "versions that are none, or old",
    37: "idempotency keys: bad, used for something else, in use",
    38: "one natural key by many at once",
    39: "the same twice, and nothing at all",
    40: "null, and nothing, for what must be",
    41: "no credential, half of one, two",
    42: "forged tokens",
    43: "tokens of another time, place or length",
    44: "a valid token of the wrong role, or of somebody who left",
    45: "ids of another tenant",
    46: "another tenant or time claimed",
    47: "passwords guessed by alias",
    48: "documents that ask for too much",
    49: "other ways of asking GraphQL",
    50: "introspection where it is off",
    51: "documents and variables that do not fit",
    52: "websockets of other protocols, silent or greedy",
    53: "addresses of webhooks in another shape",
    54: "hosts that point inward",
    55: "names that resolve inward, sometimes",
    56: "receivers that send elsewhere",
    57: "receivers with a bad certificate",
    58: "receivers that answer oddly, slowly or without end",
    59: "headers a webhook may not set",
    60: "webhooks that call ourselves",
    61: "signatures that are missing, foreign or too many",
    62: "signatures of another time",
    63: "bodies signed in another form",
    64: "one delivery twice",
    65: "sources nobody knows, or that send too much",
    66: "script, formulas and templates as text",
    67: "records of the broker that are no events",
    68: "events late, twice, out of order, or all again",
    69: "a broker that refuses or lost its topics",
    70: "events in the name of another tenant",
}

REST, GRAPHQL, FILES, INBOUND = "rest", "graphql", "files", "inbound"
WIRE, OUT, BUS = "wire", "out", "bus"
"""Before there is a door; webhooks out; and the broker."""
ALL = frozenset({REST, GRAPHQL, FILES, INBOUND})
ASKED = frozenset({REST, GRAPHQL})
BY_TOKEN = frozenset({REST, GRAPHQL, FILES})


def _at(doors: frozenset[str], *lines: int) -> dict[int, frozenset[str]]:
    return dict.fromkeys(lines, doors)


DOORS = {
    **_at(ALL, *range(1, 17), 19, 20, 21, 22, 23, 29, 30, 31, 32, 33, 38, 40, 45, 46, 66),
    **_at(frozenset({WIRE}), 17, 18, 24),
    **_at(ASKED, 25, 26, 27, 28, 34, 36, 39, 53, 54, 59, 60),
    **_at(BY_TOKEN, 35, 37, 41, 42, 43, 44),
    **_at(frozenset({GRAPHQL}), *range(47, 53)),
    **_at(frozenset({OUT}), 55, 56, 57, 58),
    **_at(frozenset({INBOUND}), *range(61, 66)),
    **_at(frozenset({BUS}), *range(67, 71)),
}
"""The doors at which a line makes sense. Lists are asked of REST and GraphQL; a file makes no move,
names no version and takes nothing away; a message has no token, and its id is its key (64); an
endpoint of webhooks is set up by REST and GraphQL, where 54 and 60 are tried again when told."""

_STORIES, _VIEW = "tests/hostile/test_stories.py", "tests/crmkit/web/graphql/test_view.py"
_TWINS, _TENANCY = "tests/policy/test_concurrency.py", "tests/policy/test_tenancy.py"
_AT_ONCE = "tests/hostile/test_at_once.py"
_PIPELINE = "tests/crmkit/messaging/test_pipeline.py"
_TOLD, _RECEIVING = "tests/webhooks/test_outbound.py", "tests/leads/inbound/test_receiving.py"

ELSEWHERE = {
    (17, WIRE): ("tests/crmkit/web/test_protocol.py", "a_head_that_takes_too_long_is_cut"),
    (18, WIRE): ("tests/crmkit/web/test_protocol.py", "what_two_servers_would_read_differently"),
    (24, WIRE): (_TENANCY, "cancelled_calls_never_leave_a_connection_bound"),
    (38, REST): (_TWINS, "of_a_hundred_with_one_natural_key_one_is_made"),
    (38, GRAPHQL): (_AT_ONCE, "of_many_mutations_with_one_natural_key_one_is_made"),
    (38, FILES): (_AT_ONCE, "of_many_files_with_one_natural_key_one_row_is_made"),
    (38, INBOUND): (_RECEIVING, "of_many_copies_at_once_one_becomes_a_lead"),
    (39, REST): (_STORIES, "a_patch_of_nothing_changes_nothing"),
    (39, GRAPHQL): (_STORIES, "a_mutation_of_nothing_changes_nothing"),
    (45, INBOUND): (_RECEIVING, "the_key_of_one_tenant_writes_to_that_tenant_alone"),
    (50, GRAPHQL): (_VIEW, "production_does_not_describe_itself"),
    (52, GRAPHQL): (
        "tests/webhooks/feed/test_subscription.py",
        "a_websocket_runs_subscriptions_only",
    ),
    (54, OUT): (_TOLD, "nothing_reaches_this_machine_whatever_its_name"),
    (55, OUT): (_TOLD, "one_bad_address_among_good_ones_blocks_the_host"),
    (56, OUT): (_TOLD, "neither_redirects_nor_proxies_are_followed"),
    (57, OUT): (_TOLD, "a_certificate_that_nobody_vouches_for_is_refused"),
    (58, OUT): ("tests/webhooks/delivery/test_hostile.py", "def test_"),
    (60, REST): ("tests/hostile/test_ourselves.py", "an_endpoint_at_our_own_door_is_refused"),
    (60, GRAPHQL): ("tests/hostile/test_ourselves.py", "an_endpoint_at_our_own_door_is_refused"),
    (60, OUT): ("tests/hostile/test_ourselves.py", "what_points_at_us_by_then_is_not_told"),
    (65, INBOUND): ("tests/hostile/test_inbound.py", "an_endpoint_that_takes_nothing_says_why"),
    (67, BUS): (_PIPELINE, "a_poison_event_is_parked_and_others_go_on"),
    (68, BUS): (_PIPELINE, "a_lost_broker_log_held_unread_is_sent_again"),
    (69, BUS): ("tests/kafka/test_faults.py", "def test_"),
    (70, BUS): (
        "tests/crmkit/proof/test_forged.py",
        "an_event_in_anothers_name_changes_nobodys_rows",
    ),
}
"""The file and the test that hold a line at a door where its input is no single request."""
