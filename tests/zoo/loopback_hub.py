"""A fake hub on the loopback address that serves a test's files, with the failures it asks for."""

import hashlib
import socket
import struct
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import unquote

import pytest

COMMIT = "0123456789abcdef0123456789abcdef01234567"
WEIGHTS = "model.safetensors"
# Bytes that the hub sends at a time; it can pause after each block.
BLOCK = 1 << 16


@dataclass
class File:
    """A file of the hub, and how its delivery fails.

    Attributes:
        content: The bytes to send.
        head_size: The length that HEAD states; None for the true one.
        body_size: The length that GET states; None for the true one.
        breaks: For each GET in turn, the byte of the file after which the connection breaks. GETs
            beyond the last item are complete.
        resets: If True, a break resets the connection; otherwise it closes it normally.
        pause: Seconds between two blocks.
        redirect_to: Base URL to which the hub redirects, as the real hub does to its content
            network; empty for no redirect.
        headers: Additional headers of HEAD and GET.
    """

    content: bytes
    head_size: int | None = None
    body_size: int | None = None
    breaks: Iterable[int] = ()
    resets: bool = False
    pause: float = 0.0
    redirect_to: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.breaks = iter(self.breaks)

    @property
    def etag(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True)
class Request:
    """A request that the hub received.

    Attributes:
        method: "HEAD" or "GET".
        path: The path of the URL, percent-decoded.
        first_byte: Where the requested range begins; None for a request of the whole file.
    """

    method: str
    path: str
    first_byte: int | None


class LoopbackHub:
    """Imitates the part of the hub that huggingface_hub uses; leaving the context stops it.

    Attributes:
        requests: All requests, in order.
        sent: Bytes of bodies sent, over all requests.
        hung_up: Set when a client has closed a connection before it received everything.
        refusal: If set, a status and headers with which every request is answered.
        closing: Set when the context is left; ends all connections.
    """

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.sent = 0
        self.hung_up = threading.Event()
        self.refusal: tuple[int, Mapping[str, str]] | None = None
        self.closing = threading.Event()
        self._files: dict[str, dict[str, File]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def other_url(self) -> str:
        """The same server under another host name."""
        return f"http://localhost:{self._server.server_port}"

    @property
    def request_methods(self) -> list[str]:
        """The HTTP methods of the requests, in order."""
        return [request.method for request in self.requests]

    def serve(self, repository: str, content: bytes | File, name: str = WEIGHTS) -> File:
        """Put a file into a repository; it replaces a file of the same name."""
        file = content if isinstance(content, File) else File(content)
        self._files.setdefault(repository, {})[name] = file
        return file

    def find(self, path: str) -> File | str:
        """Return the file at a path, or the hub's error code."""
        repository, separator, rest = path.lstrip("/").partition("/resolve/main/")
        if not separator or repository not in self._files:
            return "RepoNotFound"
        return self._files[repository].get(rest, "EntryNotFound")


def _handler_of(hub: LoopbackHub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            file = self._requested_file()
            if file is None:
                return
            if file.redirect_to and not self._is_redirected(file):
                return self._redirect(file)
            size = len(file.content) if file.head_size is None else file.head_size
            self._start_response(200, file, {"Content-Length": str(size)})

        def do_GET(self) -> None:
            file = self._requested_file()
            if file is None:
                return
            if file.redirect_to and not self._is_redirected(file):
                return self._redirect(file)
            first = hub.requests[-1].first_byte
            if first is not None and first >= len(file.content):
                content_range = f"bytes */{len(file.content)}"
                headers = {"Content-Length": "0", "Content-Range": content_range}
                return self._start_response(416, file, headers)
            end = next(file.breaks, None)
            start = first or 0
            size = len(file.content) - start if file.body_size is None else file.body_size
            headers = {"Content-Length": str(size)}
            if first is not None:
                last = len(file.content) - 1
                headers["Content-Range"] = f"bytes {start}-{last}/{len(file.content)}"
            self._start_response(200 if first is None else 206, file, headers)
            self._send(file, start, end)

        def log_message(self, *_: object) -> None:
            """Log nothing: the output of a test is for its failures."""

        def _requested_file(self) -> File | None:
            """Record the request and return its file; without one, answer with an error."""
            path = unquote(self.path)
            hub.requests.append(Request(self.command, path, _first_byte(self.headers["Range"])))
            if hub.refusal:
                status, headers = hub.refusal
                return self._start_response(status, None, {"Content-Length": "0", **headers})
            file = hub.find(path)
            if isinstance(file, File):
                return file
            return self._start_response(404, None, {"Content-Length": "0", "X-Error-Code": file})

        def _is_redirected(self, file: File) -> bool:
            return file.redirect_to.endswith("//" + self.headers["Host"])

        def _redirect(self, file: File) -> None:
            headers = {
                "X-Repo-Commit": COMMIT,
                "X-Linked-Size": str(len(file.content)),
                "X-Linked-ETag": f'"{file.etag}"',
                "Location": file.redirect_to + self.path,
                "Content-Length": "0",
            }
            self._start_response(302, None, headers)

        def _start_response(
            self, status: int, file: File | None, headers: Mapping[str, str]
        ) -> None:
            if file:
                default = {"X-Repo-Commit": COMMIT, "ETag": f'"{file.etag}"'}
                headers = {**default, "Accept-Ranges": "bytes", **file.headers, **headers}
            self.send_response(status)
            for name, value in {**headers, "Connection": "close"}.items():
                self.send_header(name, value)
            self.end_headers()

        def _send(self, file: File, start: int, end: int | None) -> None:
            body = memoryview(file.content)[start:end]
            try:
                for offset in range(0, len(body), BLOCK):
                    block = body[offset : offset + BLOCK]
                    self.connection.sendall(block)
                    hub.sent += len(block)
                    if hub.closing.wait(file.pause):
                        return
            except OSError:
                hub.hung_up.set()
            if end is not None and file.resets:
                # Closing a socket that lingers for 0 s resets the connection.
                linger = struct.pack("ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                # http.server's file objects keep the socket open, so they are closed as well.
                self.rfile.close()
                self.wfile.close()
                self.connection.close()

    return Handler


def _first_byte(range_header: str | None) -> int | None:
    if not range_header:
        return None
    return int(range_header.removeprefix("bytes=").partition("-")[0])


@contextmanager
def closed_port() -> Iterator[str]:
    """Yield the URL of a port that refuses connections."""
    with socket.socket() as bound:
        # The port is bound but never listened on, so that no other process can take it.
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"


@contextmanager
def black_hole(requests: list[str] | None = None) -> Iterator[str]:
    """Yield the URL of a port that accepts connections and never answers.

    Args:
        requests: Receives the first line of each request at the end.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.settimeout(0)
        while requests is not None:
            try:
                connection, _ = listener.accept()
            except BlockingIOError:
                return
            with connection:
                requests.append(connection.recv(4096).partition(b"\r\n")[0].decode())


def record_timeouts(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Record the timeouts, in seconds, that sockets are given from now on.

    They bound how long a user waits for an answer, and do not depend on how busy the machine is.
    """
    seconds: list[float] = []
    settimeout = socket.socket.settimeout

    def record(self: socket.socket, value: float | None) -> None:
        seconds.append(float("inf") if value is None else value)
        settimeout(self, value)

    monkeypatch.setattr(socket.socket, "settimeout", record, raising=False)
    return seconds
