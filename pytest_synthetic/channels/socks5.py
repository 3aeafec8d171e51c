"""SOCKS5 (RFC 1928, and RFC 1929 for a password) over a socket of ours, names resolved at the proxy.

PySocks makes its own sockets and reads with a time-out per read: a proxy that drips would outlive every deadline.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket

_NO_AUTHENTICATION, _PASSWORD = 0, 2
_REPLIES = {
    1: "general failure",
    2: "not allowed by the proxy's rules",
    3: "network unreachable from the proxy",
    4: "host unreachable from the proxy",
    5: "connection refused to the proxy",
    6: "time to live expired",
    7: "command not supported",
    8: "address type not supported",
}


class Socks5Error(OSError):
    """The proxy refused, or does not speak SOCKS5."""


def open_way(sock: socket.socket, host: str, port: int, *, username: str | None, password: str | None) -> None:
    """Ask the proxy at the other end of `sock` to connect to `host`:`port`; afterwards `sock` reaches it.

    Raises Socks5Error, or any OSError of the socket (TimeoutError among them).
    """
    _authenticate(sock, username, password)
    sock.sendall(b"\x05\x01\x00" + _address(host) + port.to_bytes(2, "big"))
    version, reply, _, kind = _exactly(sock, 4)
    if version != 5 or reply != 0:
        raise Socks5Error(f"the SOCKS proxy answered: {_REPLIES.get(reply, f'unknown reply {reply}')}")
    # The address the proxy bound is of no use, but lies before the first byte of the product.
    _exactly(sock, {1: 4, 4: 16}.get(kind) or _exactly(sock, 1)[0])
    _exactly(sock, 2)


def _authenticate(sock: socket.socket, username: str | None, password: str | None) -> None:
    methods = bytes([_NO_AUTHENTICATION] if username is None else [_NO_AUTHENTICATION, _PASSWORD])
    sock.sendall(bytes([5, len(methods)]) + methods)
    version, method = _exactly(sock, 2)
    if version != 5:
        raise Socks5Error("what answers at the proxy's address does not speak SOCKS5")
    if method == _NO_AUTHENTICATION:
        return
    if method != _PASSWORD or username is None:
        raise Socks5Error("the SOCKS proxy asks for a user name and password")
    sock.sendall(b"\x01" + _counted(username) + _counted(password or ""))
    if _exactly(sock, 2)[1] != 0:
        raise Socks5Error("the SOCKS proxy refused the user name or password")


def _address(host: str) -> bytes:
    try:
        address = ip_address(host.strip("[]"))
    except ValueError:
        return b"\x03" + _counted(host.encode("idna").decode("ascii"))
    return (b"\x01" if address.version == 4 else b"\x04") + address.packed


def _counted(text: str) -> bytes:
    encoded = text.encode()
    if len(encoded) > 255:
        raise Socks5Error("a name, user name or password of more than 255 bytes cannot be sent to a SOCKS proxy")
    return bytes([len(encoded)]) + encoded


def _exactly(sock: socket.socket, size: int) -> bytes:
    received = b""
    while len(received) < size:
        piece = sock.recv(size - len(received))
        if not piece:
            raise Socks5Error("the SOCKS proxy closed the connection before the way was open")
        received += piece
    return received
