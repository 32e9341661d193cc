"""Requests that two servers in a row might read differently, byte for byte."""

_POST = b"POST /v1/leads HTTP/1.1\r\nHost: a\r\n"
_CHUNKS = b"Transfer-Encoding: chunked\r\n"
_HIDDEN = b"0\r\n\r\nGET /hidden HTTP/1.1\r\nHost: a\r\n\r\n"

WIRE = {
    "two lengths": _POST + b"Content-Length: 3\r\nContent-Length: 5\r\n\r\nabcde",
    "one length twice": _POST + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
    "a length and chunks": _POST + b"Content-Length: 3\r\n" + _CHUNKS + b"\r\n" + _HIDDEN,
    "chunks and a length": _POST + _CHUNKS + b"Content-Length: 3\r\n\r\n" + _HIDDEN,
    "almost chunked": _POST + b"Transfer-Encoding: xchunked\r\n\r\nabc",
    "chunked, then not": _POST + b"Transfer-Encoding: chunked, identity\r\n\r\n" + _HIDDEN,
    "a header over two lines": _POST + b"X-A: b\r\n c\r\nContent-Length: 0\r\n\r\n",
    "lines without carriage return": b"GET /v1/leads HTTP/1.1\nHost: a\n\n",
    "NUL in a header": _POST + b"X-A: b\0c\r\nContent-Length: 0\r\n\r\n",
    "a carriage return in a header": _POST + b"X-A: b\rc\r\nContent-Length: 0\r\n\r\n",
    "a blank before the colon": _POST + b"X-A : b\r\nContent-Length: 0\r\n\r\n",
    "a negative length": _POST + b"Content-Length: -1\r\n\r\n",
    "a length with a sign": _POST + b"Content-Length: +3\r\n\r\nabc",
    "a length in base 16": _POST + b"Content-Length: 0x3\r\n\r\nabc",
    "a chunk beyond measure": _POST + _CHUNKS + b"\r\nFFFFFFFFFFFFFFFFFF\r\n",
    "a chunk of no length": _POST + _CHUNKS + b"\r\nzz\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "another version of HTTP": b"GET / HTTP/3.0\r\nHost: a\r\n\r\n",
}
