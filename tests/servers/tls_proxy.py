"""TLS ends here: a proxy as it stands before a server that speaks plainly on its own machine."""

import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit


class _Proxy(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    tls: ssl.SSLContext
    behind: tuple[str, int]


class _Passing(socketserver.BaseRequestHandler):
    """Bytes go both ways until one side has had enough."""

    server: _Proxy

    def handle(self) -> None:
        with (
            suppress(OSError),  # a client that refuses our certificate is part of the test
            self.server.tls.wrap_socket(self.request, server_side=True) as outside,
            socket.create_connection(self.server.behind) as inside,
        ):
            threading.Thread(target=_pass_on, args=(inside, outside), daemon=True).start()
            _pass_on(outside, inside)


def _pass_on(come: socket.socket, go: socket.socket) -> None:
    with suppress(OSError):
        while some := come.recv(1 << 16):
            go.sendall(some)
        go.shutdown(socket.SHUT_WR)


@contextmanager
def tls_proxy(url: str, tls: ssl.SSLContext) -> Iterator[str]:
    """The address at which the server at `url` is reached through TLS."""
    place = urlsplit(url)
    with _Proxy(("127.0.0.1", 0), _Passing) as proxy:
        proxy.tls, proxy.behind = tls, (str(place.hostname), place.port or 80)
        threading.Thread(target=proxy.serve_forever, args=(0.05,), daemon=True).start()
        yield f"https://127.0.0.1:{proxy.server_address[1]}"
        proxy.shutdown()
