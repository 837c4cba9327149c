"""What a connector must not do, on request, and a look at what WASI gives."""

import encodings.idna  # What resolving a name needs; nothing is imported in a call.
import os
import random
import socket
import sys
import time


def trouble(product):
    if product == "trouble-throw":
        raise TypeError("crashed on request")
    if product == "trouble-loop":
        while True:
            pass
    if product == "trouble-memory":
        kept = []
        while True:
            kept.append(bytearray(1 << 20))
    if product == "trouble-recurse":
        sys.setrecursionlimit(1 << 30)
        down(0)
    if product == "trouble-sleep":
        time.sleep(3600)
    if product == "trouble-exit":
        sys.exit(3)
    if product == "trouble-print":
        for number in range(1_000):
            print("again", number)
    if product == "trouble-look":
        print("seen:", " | ".join(f"{name}={seen}" for name, seen in look()))


def down(depth):
    return down(depth + 1) + 1


def look():
    """What a component finds out about the machine it runs on: nothing."""
    yield "env", sorted(os.environ)
    yield "args", sys.argv
    yield "stdin", len(sys.stdin.read())
    yield "root", tried(lambda: os.listdir("/"))
    yield "passwd", tried(lambda: open("/etc/passwd").read())
    yield "here", tried(lambda: os.listdir("."))
    yield "write", tried(lambda: open("/tmp/x", "w").write("x"))
    yield "connect", tried(lambda: socket.socket().connect(("127.0.0.1", 9)))
    yield "datagram", tried(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", 9)))
    yield "listen", tried(lambda: socket.create_server(("127.0.0.1", 0)))
    yield "resolve", tried(lambda: socket.getaddrinfo("localhost", 80))
    yield "random", len(os.urandom(16)) and random.random() >= 0
    yield "clock", time.time() > 1_700_000_000 and time.monotonic() >= 0


def tried(what):
    try:
        return f"GOT {what()!r}"
    except BaseException as error:
        return f"{type(error).__name__}: {error}"
