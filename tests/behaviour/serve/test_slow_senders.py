"""Connections with half-sent heads or bodies are closed, and connections are limited; each client
gets the reason. Responses that a client does not read are cut off."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.conftest import fresh_settings
from tests.processes import wait_until
from tests.running_site import Site, picture, running_site

OTHER_ADDRESS = "127.0.0.9"
"""All addresses of 127/8 are this machine."""
MOST = 6
TCP_CLOSE = 7
"""The state CLOSED of RFC 793 in `tcp_info`."""


@pytest.fixture(scope="module")
def strict_site(tmp_path_factory: pytest.TempPathFactory, valkey: str) -> Iterator[Site]:
    """A site with short time limits."""
    settings = fresh_settings(
        tmp_path_factory.mktemp("strict"),
        valkey,
        head_seconds=2,
        body_seconds=2,
        body_bytes_per_second=10_000,
        answer_seconds=2,
        connections=3 * MOST,
        connections_per_address=MOST,
    )
    with running_site(settings) as site:
        yield site


def connect(site: Site, source: str = "127.0.0.1") -> socket.socket:
    address = urlsplit(site.url)
    assert address.hostname and address.port
    return socket.create_connection((address.hostname, address.port), 20, (source, 0))


def read_to_end(connection: socket.socket) -> tuple[int, dict[str, str], dict[str, object]]:
    """Return status, headers and problem of the response after which the server closes."""
    received = b""
    while chunk := connection.recv(65_536):
        received += chunk
    head, _, body = received.partition(b"\r\n\r\n")
    status, *fields = head.decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in fields)
    return int(status.split()[1]), headers, json.loads(body)


def drip(connection: socket.socket, data: bytes, pause: float) -> None:
    """Send a byte at a time until all is sent or the server closes."""
    try:
        for byte in data:
            connection.sendall(bytes([byte]))
            time.sleep(pause)
    except OSError:
        pass


def post_head(site: Site, length: int) -> bytes:
    _, secret = site.token("annotator", "segment")
    return (
        f"POST /segment?wait=0 HTTP/1.1\r\nHost: {urlsplit(site.url).netloc}\r\n"
        f"Authorization: Bearer {secret}\r\nContent-Type: image/png\r\n"
        f"Content-Length: {length}\r\n\r\n"
    ).encode()


def test_a_connection_that_says_nothing_is_closed(strict_site: Site) -> None:
    with connect(strict_site) as connection:
        status, headers, problem = read_to_end(connection)
    assert (status, problem["code"]) == (408, "head-too-slow")
    assert headers["content-type"] == "application/problem+json"


def test_a_head_a_byte_at_a_time_is_closed(strict_site: Site) -> None:
    with connect(strict_site) as connection:
        drip(connection, b"GET /healthz HTTP/1.1\r\nX-Slow: " + b"a" * 40, 0.1)
        status, _, problem = read_to_end(connection)
    assert (status, problem["code"]) == (408, "head-too-slow")


def test_blank_lines_do_not_keep_a_connection(strict_site: Site) -> None:
    """Blank lines before a request are not part of one."""
    with connect(strict_site) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200")
        drip(connection, b"\r\n" * 30, 0.2)
        with suppress(ConnectionError):
            while connection.recv(65_536):
                pass


def test_a_head_without_end_is_refused_at_64_kib(strict_site: Site) -> None:
    with connect(strict_site) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\n")
        for _ in range(80):
            connection.sendall(b"X-More: " + b"a" * 1_000 + b"\r\n")
        status, _, problem = read_to_end(connection)
    assert (status, problem["code"]) == (431, "head-too-large")


def half_a_body(connection: socket.socket, head: bytes) -> None:
    connection.sendall(head + b"x" * 1_000)


def a_byte_at_a_time(connection: socket.socket, head: bytes) -> None:
    connection.sendall(head)
    drip(connection, b"x" * 60, 0.1)


def much_and_then_nothing(connection: socket.socket, head: bytes) -> None:
    """By its average rate, this body would have another half a minute."""
    connection.sendall(head + b"x" * 300_000)


@pytest.mark.parametrize("send", [half_a_body, a_byte_at_a_time, much_and_then_nothing])
def test_a_body_that_does_not_come_is_closed_and_leaves_nothing(
    strict_site: Site, send: Callable[[socket.socket, bytes], None]
) -> None:
    head = post_head(strict_site, 900_000)
    with connect(strict_site) as connection:
        send(connection, head)
        status, _, problem = read_to_end(connection)
    assert (status, problem["code"]) == (408, "body-too-slow")
    assert strict_site.script("annotator", "segment").get("/jobs").json()["items"] == []


def test_a_slow_body_that_keeps_coming_is_taken(strict_site: Site) -> None:
    data = picture("PNG") + b"\0" * 60_000
    head = post_head(strict_site, len(data))
    with connect(strict_site) as connection:
        connection.sendall(head)
        for start in range(0, len(data), 6_000):
            connection.sendall(data[start : start + 6_000])
            time.sleep(0.25)
        assert connection.recv(65_536).startswith(b"HTTP/1.1 202")
    script = strict_site.script("annotator", "segment")
    (job,) = script.get("/jobs").json()["items"]
    assert script.delete(f"/jobs/{job['id']}").status_code == 204


def test_a_large_body_of_nobody_gets_its_answer_whole(strict_site: Site) -> None:
    """The server closes without reading the body; its response must not be lost."""
    for _ in range(5):
        with connect(strict_site) as connection:
            connection.sendall(
                b"POST /segment HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 3000000\r\n\r\n"
            )
            try:
                connection.sendall(b"x" * 3_000_000)
            except OSError:
                pytest.fail("the connection was reset while its body was sent")
            status, headers, problem = read_to_end(connection)
        assert (status, problem["code"]) == (401, "not-signed-in")
        assert headers["connection"] == "close"


def test_what_is_no_http_is_told_so(strict_site: Site) -> None:
    with connect(strict_site) as connection:
        connection.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n")
        status, _, problem = read_to_end(connection)
    assert (status, problem["code"]) == (400, "not-http")


def test_one_address_has_so_many_connections_and_others_are_served(strict_site: Site) -> None:
    with ExitStack() as stack:
        taken = [stack.enter_context(connect(strict_site, OTHER_ADDRESS)) for _ in range(MOST)]
        for connection in taken:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            assert connection.recv(65_536).startswith(b"HTTP/1.1 200")
        status, headers, problem = read_to_end(
            stack.enter_context(connect(strict_site, OTHER_ADDRESS))
        )
        assert (status, problem["code"]) == (429, "too-many-connections")
        assert int(headers["retry-after"]) > 0
        assert strict_site.anonymous().get("/healthz").status_code == 200


def test_a_process_has_so_many_connections(tmp_path: Path, valkey: str) -> None:
    settings = fresh_settings(tmp_path, valkey, connections=MOST)
    with running_site(settings) as site, ExitStack() as stack:
        for _ in range(MOST):
            stack.enter_context(connect(site))
        status, headers, problem = read_to_end(stack.enter_context(connect(site)))
        assert (status, problem["code"]) == (503, "too-many-connections")
        assert int(headers["retry-after"]) > 0
        stack.close()
        wait_until(lambda: site.anonymous().get("/healthz").status_code == 200)


def ask_and_read_nothing(site: Site, times: int = 40) -> socket.socket:
    """Request more data than the system's buffers can hold, without reading it."""
    address = urlsplit(site.url)
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect((address.hostname, address.port))
    connection.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * times)
    return connection


def is_cut_off(connection: socket.socket) -> bool:
    state = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]
    return state == TCP_CLOSE


def test_an_answer_that_nobody_reads_is_cut_off(strict_site: Site) -> None:
    with ask_and_read_nothing(strict_site) as connection:
        wait_until(lambda: is_cut_off(connection))


def test_where_too_much_waits_those_that_read_nothing_go_and_others_are_served(
    tmp_path: Path, valkey: str
) -> None:
    settings = fresh_settings(tmp_path, valkey, unread_bytes=1_000_000)
    with running_site(settings) as site, ExitStack() as stack:
        silent = [stack.enter_context(ask_and_read_nothing(site)) for _ in range(MOST)]
        wait_until(lambda: any(is_cut_off(one) for one in silent))
        assert site.anonymous().get("/openapi.json").status_code == 200
