"""The load client asks what it is told to, waits for whole answers and counts refusals."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import msgspec
import pytest

from benchmarks.load import Load, Questions, Run
from benchmarks.tenant import row_id

_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello world"


@asynccontextmanager
async def answering(answer: Callable[[bytes], list[bytes]]) -> AsyncIterator[int]:
    """A server that answers each request in these pieces."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readline():
            while await reader.readline() != b"\r\n":
                pass
            for piece in answer(head):
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def test_answers_that_come_in_pieces_are_counted_once() -> None:
    async with answering(lambda _: [_OK[:20], _OK[20:45], _OK[45:]]) as port:
        outcome = await Run(Load(port, "/", seconds=0.1, connections=3))()
    assert outcome.answered > 3
    assert outcome.failed == 0
    assert 0 < outcome.p50 <= outcome.p99


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 409 Conflict\r\ncontent-length: 2\r\n\r\n{}",
        b'HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\n{"errors":1}',
        b'HTTP/1.1 200 OK\r\ncontent-length: 25\r\n\r\n{"__typename": "Problem" }',
    ],
)
async def test_a_refusal_is_a_failure_and_no_answer(answer: bytes) -> None:
    async with answering(lambda _: [answer]) as port:
        outcome = await Run(Load(port, "/", seconds=0.05))()
    assert outcome.answered == 0
    assert outcome.failed > 0
    assert outcome.failure.startswith("HTTP/1.1")


async def test_at_a_fixed_rate_no_more_is_asked_than_is_due() -> None:
    async with answering(lambda _: [_OK]) as port:
        outcome = await Run(Load(port, "/", seconds=0.5, connections=4, rate=100))()
    assert outcome.answered == 50


async def test_a_server_that_goes_away_ends_the_run() -> None:
    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(ConnectionError):
            await Run(Load(port, "/", seconds=5))()


def test_every_row_is_asked_for_once_before_any_comes_again() -> None:
    questions = Questions(Load(1, "/v1/leads/<id>", rows=1000))
    paths = [questions.next().split()[1].decode() for _ in range(1000)]
    assert sorted(paths) == [f"/v1/leads/{row_id(n)}" for n in range(1000)]


def test_terms_are_asked_for_in_turn() -> None:
    questions = Questions(Load(1, "/v1/leads?q=<q>", terms=("王伟", "a b")))
    asked = [questions.next().split()[1].decode().partition("=")[2] for _ in range(3)]
    assert asked == ["%E7%8E%8B%E4%BC%9F", "a%20b", "%E7%8E%8B%E4%BC%9F"]


def test_rows_that_move_get_another_stage_in_each_lap_and_won_ones_are_left_out() -> None:
    load = Load(1, "/<id>", rows=8, method="POST", body='{"stage": "<stage>"}')
    questions = Questions(load)
    laps = [[questions.next() for _ in range(6)] for _ in range(2)]
    rows = [sorted(each.split()[1].decode()[1:] for each in lap) for lap in laps]
    assert rows == [[row_id(n) for n in (0, 1, 2, 4, 5, 6)]] * 2
    assert [sum(b"analysis" in each for each in lap) for lap in laps] == [6, 0]


def test_a_later_load_goes_on_where_the_earlier_one_ended() -> None:
    load = Load(1, "/<id>", rows=100)
    whole = Questions(load)
    first = [whole.next() for _ in range(20)]
    later = Questions(msgspec.structs.replace(load, first=10))
    assert [later.next() for _ in range(10)] == first[10:]


def test_a_body_says_how_long_it_is() -> None:
    load = Load(1, "/", method="POST", body='{"company": "苏州<n>"}', headers={"x": "<n>"})
    head, _, body = Questions(load).next().partition(b"\r\n\r\n")
    assert f"content-length: {len(body)}".encode() in head
    assert b"x: 0" in head
    assert uuid.UUID(row_id(5)).version == 7


def test_each_caller_asks_in_turn_for_rows_of_their_own() -> None:
    load = Load(1, "/<id>", rows=10, above=100, headers={"who": "<token>"}, tokens=["a", "b"])
    questions = Questions(load)
    asked = [questions.next().decode() for _ in range(4)]
    assert [text.split("who: ")[1][0] for text in asked] == ["a", "b", "a", "b"]
    rows = {text.split("/", 1)[1].split(" ")[0] for text in asked}
    assert rows <= {row_id(100 + n) for n in range(10)}
    assert len(rows) == 4
