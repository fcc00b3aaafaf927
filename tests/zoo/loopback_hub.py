"""A hub on the loopback address: it hands over what a test gives it, as badly as the test wants."""

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

COMMIT = "0123456789abcdef0123456789abcdef01234567"
WEIGHTS = "model.safetensors"
# What the hub sends at once, and after which it may pause.
BLOCK = 1 << 16


@dataclass
class File:
    """What a hub holds under one name, and how it fails to hand it over.

    Attributes:
        content: What is sent.
        head_size: The length HEAD states, where that is not the true one.
        body_size: The length GET states, where that is not the true one.
        breaks: After how many bytes of the file each coming GET breaks off; no more, no break.
        resets: A break resets the connection, where otherwise it ends in good order.
        pause: Seconds between two blocks.
        elsewhere: The hub redirects to this base URL, as it does to its content network.
        headers: What HEAD and GET say besides.
    """

    content: bytes
    head_size: int | None = None
    body_size: int | None = None
    breaks: Iterable[int] = ()
    resets: bool = False
    pause: float = 0.0
    elsewhere: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.breaks = iter(self.breaks)

    @property
    def etag(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True)
class Request:
    """One request that the hub saw.

    Attributes:
        method: "HEAD" or "GET".
        path: Without the host, percent signs decoded.
        first_byte: Where the asked range begins; None where the whole was asked for.
    """

    method: str
    path: str
    first_byte: int | None


class LoopbackHub:
    """Imitates what huggingface_hub asks of a hub. A context: on leaving, all connections end.

    Attributes:
        requests: What was asked, in order.
        sent: Bytes of bodies sent, over all requests.
        hung_up: Set when a client ended a connection before it had everything.
        refusal: A status and headers to answer everything with.
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
        """The same server under a name that passes for another host."""
        return f"http://localhost:{self._server.server_port}"

    @property
    def asked_for(self) -> list[str]:
        """Methods in the order of the requests."""
        return [request.method for request in self.requests]

    def serve(self, repository: str, content: bytes | File, name: str = WEIGHTS) -> File:
        """Put a file into a repository, in place of one of that name."""
        file = content if isinstance(content, File) else File(content)
        self._files.setdefault(repository, {})[name] = file
        return file

    def find(self, path: str) -> File | str:
        """The file under a path, or the hub's error code."""
        repository, found, rest = path.lstrip("/").partition("/resolve/main/")
        if not found or repository not in self._files:
            return "RepoNotFound"
        return self._files[repository].get(rest, "EntryNotFound")


def _handler_of(hub: LoopbackHub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            file = self._found()
            if file is None:
                return
            if file.elsewhere and not self._is_elsewhere(file):
                return self._redirect(file)
            size = len(file.content) if file.head_size is None else file.head_size
            self._start(200, file, {"Content-Length": str(size)})

        def do_GET(self) -> None:
            file = self._found()
            if file is None:
                return
            if file.elsewhere and not self._is_elsewhere(file):
                return self._redirect(file)
            first = hub.requests[-1].first_byte
            if first is not None and first >= len(file.content):
                whole = f"bytes */{len(file.content)}"
                return self._start(416, file, {"Content-Length": "0", "Content-Range": whole})
            end = next(file.breaks, None)
            start = first or 0
            size = len(file.content) - start if file.body_size is None else file.body_size
            headers = {"Content-Length": str(size)}
            if first is not None:
                last = len(file.content) - 1
                headers["Content-Range"] = f"bytes {start}-{last}/{len(file.content)}"
            self._start(200 if first is None else 206, file, headers)
            self._send(file, start, end)

        def log_message(self, *_: object) -> None:
            """A test's output is for its failures."""

        def _found(self) -> File | None:
            path = unquote(self.path)
            hub.requests.append(Request(self.command, path, _first_byte(self.headers["Range"])))
            if hub.refusal:
                status, headers = hub.refusal
                return self._start(status, None, {"Content-Length": "0", **headers})
            file = hub.find(path)
            if isinstance(file, File):
                return file
            return self._start(404, None, {"Content-Length": "0", "X-Error-Code": file})

        def _is_elsewhere(self, file: File) -> bool:
            return file.elsewhere.endswith("//" + self.headers["Host"])

        def _redirect(self, file: File) -> None:
            linked = {
                "X-Linked-Size": str(len(file.content)),
                "X-Linked-ETag": f'"{file.etag}"',
                "Location": file.elsewhere + self.path,
                "Content-Length": "0",
            }
            self._start(302, None, {"X-Repo-Commit": COMMIT, **linked})

        def _start(self, status: int, file: File | None, headers: Mapping[str, str]) -> None:
            if file:
                known = {"X-Repo-Commit": COMMIT, "ETag": f'"{file.etag}"'}
                headers = {**known, "Accept-Ranges": "bytes", **file.headers, **headers}
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
                at_once = struct.pack("ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
                # The files that http.server made of it keep a socket open; a reset is a close.
                self.rfile.close()
                self.wfile.close()
                self.connection.close()

    return Handler


def _first_byte(asked: str | None) -> int | None:
    return int(asked.removeprefix("bytes=").partition("-")[0]) if asked else None


@contextmanager
def closed_port() -> Iterator[str]:
    """The URL of a port that refuses connections."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))  # held and never listened to, so that nobody else gets it
        yield f"http://127.0.0.1:{holder.getsockname()[1]}"


@contextmanager
def black_hole() -> Iterator[str]:
    """The URL of a port that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
