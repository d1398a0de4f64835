#!/usr/bin/env python3
"""A proxy in front of one server on loopback that breaks what it is told to break.

    fault_proxy.py UPSTREAM_PORT [raw]

Commands come as JSON lines on descriptor 4, each answered by a line on descriptor 3; the first line there is the
port that it listens on. `{"fault": NAME, "times": N, "method": M, ...}` chooses what becomes of the next N requests
(absent: of all) of that method (absent: of any); all others pass. `{"count": true}` answers how many requests, or
broken connections, there have been, `{"requests": true}` each one's method and path. Python programs use FaultProxy.
With `raw`, bytes are passed on as they are (for TLS, and what is not HTTP), and a "request" is a connection.

    none       passes
    refuse     nobody listens
    unroutable connection attempts are never answered
    silent     takes the connection and the request, and never answers
    drop       closes the connection at once; `reset` does so with a reset
    stall      passes `at` bytes of the answer, then nothing more; with "of": "request", of the request
    trickle    passes the answer in pieces of `bytes` every `seconds`
    delay      waits `seconds` before the answer
    latency    raw only: every byte is `seconds` late in each direction, and a connection takes as long to be made
    truncate   passes `at` bytes of the answer, then closes
    flip       changes a bit of byte `at` of the answer's body; with "of": "request", of the request's
    length     announces `by` bytes more than there are (less, if negative)
    status     answers `status` itself, with `headers` and `body`, after reading the request
"""
import collections
import json
import os
import socket
import struct
import sys
import threading
import time

PIECE = 65536


class Plan:
    """What is to become of the next requests, and how many there have been."""

    def __init__(self):
        self.lock, self.fault, self.seen, self.requests = threading.Lock(), {"fault": "none"}, 0, []

    def choose(self, fault):
        with self.lock:
            self.fault = fault

    def next(self, method="", path=""):
        with self.lock:
            self.seen += 1
            self.requests.append(f"{method} {path}".strip())
            fault, times = self.fault, self.fault.get("times")
            if fault.get("method", method) != method:
                return {"fault": "none"}
            if times is not None:
                self.fault = {**fault, "times": times - 1} if times > 1 else {"fault": "none"}
            return fault


class Listener:
    """The proxy's port: open, closed, or deaf."""

    def __init__(self, serve):
        self.serve, self.port, self.socket, self.stuck = serve, 0, None, []
        self.open()

    def bind(self, backlog):
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(("127.0.0.1", self.port))
        self.socket.listen(backlog)
        self.port = self.socket.getsockname()[1]

    def open(self):
        self.bind(128)
        threading.Thread(target=self.accept, args=(self.socket,), daemon=True).start()

    def close(self):
        if self.socket:
            # Closing alone does not wake the thread that accepts.
            try:
                self.socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            self.socket.close()
        for one in self.stuck:
            one.close()
        self.socket, self.stuck = None, []

    def deafen(self):
        """A full queue of connections that nobody takes: the kernel drops further attempts."""
        self.bind(0)
        for _ in range(8):
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", self.port))
            self.stuck.append(one)
        time.sleep(0.05)

    def accept(self, listening):
        while True:
            try:
                client, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()


def reset(client):
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def hang(client):
    """Keeps the connection until the client goes."""
    try:
        while client.recv(PIECE):
            pass
    except OSError:
        pass


class Answer:
    """Sends an answer to the client, with what is to go wrong on the way."""

    def __init__(self, client, fault):
        self.client, self.fault, self.sent = client, fault, 0

    def send(self, data):
        """False when nothing more is to be sent."""
        kind, at = self.fault["fault"], self.fault.get("at", 0)
        if kind in ("stall", "truncate") and self.fault.get("of") != "request":
            data, cut = data[: max(0, at - self.sent)], len(data) > at - self.sent
            self.client.sendall(data)
            self.sent += len(data)
            if cut and kind == "stall":
                hang(self.client)
            return not cut
        if kind == "trickle":
            for start in range(0, len(data), self.fault["bytes"]):
                self.client.sendall(data[start : start + self.fault["bytes"]])
                time.sleep(self.fault["seconds"])
            return True
        self.client.sendall(data)
        return True


def read_head(connection, received=b""):
    while b"\r\n\r\n" not in received:
        data = connection.recv(PIECE)
        if not data:
            return None, b""
        received += data
    head, _, rest = received.partition(b"\r\n\r\n")
    return head, rest


def content_length(head):
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            return int(value)
    return 0


def with_field(head, name, value):
    lines = [l for l in head.split(b"\r\n") if l.partition(b":")[0].strip().lower() != name.lower()]
    return b"\r\n".join(lines + [name + b": " + value])


def skip_body(client, head, rest):
    left = content_length(head) - len(rest)
    while left > 0:
        data = client.recv(min(PIECE, left))
        if not data:
            return
        left -= len(data)


def flipped(data, place, at):
    """`data`, which starts at `place`, with a bit of byte `at` changed if that is in it."""
    inside = at - place
    if not 0 <= inside < len(data):
        return data
    return data[:inside] + bytes([data[inside] ^ 1]) + data[inside + 1 :]


def is_chunked(head):
    return any(l.lower().replace(b" ", b"") == b"transfer-encoding:chunked" for l in head.split(b"\r\n"))


def pump(source, target):
    """Passes on what comes until one side has gone."""
    try:
        while data := source.recv(PIECE):
            target.sendall(data)
    except OSError:
        pass


def forward_request(client, upstream, head, rest, fault):
    upstream.sendall(with_field(head, b"Connection", b"close") + b"\r\n\r\n")
    if is_chunked(head):
        upstream.sendall(rest)
        threading.Thread(target=pump, args=(client, upstream), daemon=True).start()
        return True
    size, passed = content_length(head), 0
    of_request = fault["fault"] if fault.get("of") == "request" else ""
    stall_at = fault.get("at", 0) if of_request == "stall" else None
    while passed < size:
        if stall_at is not None and passed >= stall_at:
            # Not reading any more, with the client still there.
            time.sleep(3600)
        data = rest or client.recv(min(PIECE, size - passed))
        rest = b""
        if not data:
            return False
        upstream.sendall(flipped(data, passed, fault["at"]) if of_request == "flip" else data)
        passed += len(data)
    return True


def forward_answer(upstream, answer):
    head, rest = read_head(upstream)
    if head is None:
        return
    fault = answer.fault
    if fault["fault"] == "length":
        head = with_field(head, b"Content-Length", str(content_length(head) + fault["by"]).encode())
    if fault["fault"] == "delay":
        time.sleep(fault["seconds"])
    if not answer.send(head + b"\r\n\r\n"):
        return
    place, data = 0, rest
    while True:
        sent = flipped(data, place, fault["at"]) if fault["fault"] == "flip" and fault.get("of") != "request" else data
        place += len(data)
        if sent and not answer.send(sent):
            return
        data = upstream.recv(PIECE)
        if not data:
            return


def own_answer(client, fault):
    body = fault.get("body", "").encode()
    lines = [f"HTTP/1.1 {fault['status']} Words", f"Content-Length: {len(body)}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in fault.get("headers", {}).items()]
    client.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)


def serve_http(client, plan, upstream_port):
    early = plan.fault["fault"] in ("drop", "reset") and "method" not in plan.fault
    head, rest = (b"", b"") if early else read_head(client)
    if head is None:
        return
    fault = plan.next(*head.decode("latin-1").split(" ")[:2])
    if early or fault["fault"] in ("drop", "reset"):
        return reset(client) if fault["fault"] == "reset" else None
    if fault["fault"] == "silent":
        return hang(client)
    if fault["fault"] == "status":
        skip_body(client, head, rest)
        return own_answer(client, fault)
    with socket.create_connection(("127.0.0.1", upstream_port)) as upstream:
        if forward_request(client, upstream, head, rest, fault):
            forward_answer(upstream, Answer(client, fault))


def serve_raw(client, plan, upstream_port):
    fault = plan.next()
    if fault["fault"] == "reset":
        return reset(client)
    if fault["fault"] == "drop":
        return
    if fault["fault"] == "silent":
        return hang(client)
    with socket.create_connection(("127.0.0.1", upstream_port)) as upstream:
        if fault["fault"] == "latency":
            return late(client, upstream, fault["seconds"])

        def to_server():
            pump(client, upstream)
            try:
                upstream.shutdown(socket.SHUT_WR)
            except OSError:
                pass

        threading.Thread(target=to_server, daemon=True).start()
        if fault["fault"] == "delay":
            time.sleep(fault["seconds"])
        answer = Answer(client, fault)
        while data := upstream.recv(PIECE):
            if not answer.send(data):
                return


def late(client, upstream, seconds):
    """A long line of any bandwidth: the connection itself has taken one way there and back already."""
    threading.Thread(target=late_pump, args=(client, upstream, seconds, 2 * seconds), daemon=True).start()
    late_pump(upstream, client, seconds, 0)


def late_pump(source, target, seconds, first_wait):
    queue, ready = collections.deque(), threading.Condition()
    opened = time.monotonic() + first_wait

    def send():
        while True:
            with ready:
                while not queue:
                    ready.wait()
                due, data = queue.popleft()
            time.sleep(max(0, due - time.monotonic()))
            try:
                if not data:
                    return target.shutdown(socket.SHUT_WR)
                target.sendall(data)
            except OSError:
                return

    sender = threading.Thread(target=send, daemon=True)
    sender.start()
    data = True
    while data:
        try:
            data = source.recv(PIECE)
        except OSError:
            data = b""
        with ready:
            queue.append((max(opened, time.monotonic()) + seconds, data))
            ready.notify()
    sender.join()


class FaultProxy:
    """The proxy in a program's own threads; on another port than the server's, the same all the time."""

    def __init__(self, upstream_port, raw=False):
        self.plan = Plan()
        serve = serve_raw if raw else serve_http

        def served(client):
            try:
                serve(client, self.plan, upstream_port)
            except OSError:
                pass  # one side has gone
            finally:
                client.close()

        self.listener = Listener(served)
        self.port = self.listener.port

    def set(self, fault="none", **more):
        """What is to become of the requests from now on: set("stall", at=100, times=1)."""
        self.plan.choose({"fault": fault, **more})
        self.listener.close()
        if fault == "unroutable":
            self.listener.deafen()
        elif fault != "refuse":
            self.listener.open()

    def count(self):
        """How many requests there have been."""
        return self.plan.seen

    def requests(self):
        """"GET /path" of each request so far."""
        return list(self.plan.requests)

    def close(self):
        self.listener.close()


def main():
    proxy = FaultProxy(int(sys.argv[1]), sys.argv[2:] == ["raw"])
    answers, commands = os.fdopen(3, "w"), os.fdopen(4)
    print(proxy.port, file=answers, flush=True)
    for line in commands:
        command = json.loads(line)
        answer = "ok"
        if "count" in command:
            answer = proxy.count()
        elif "requests" in command:
            answer = json.dumps(proxy.requests())
        else:
            proxy.set(**command)
        print(answer, file=answers, flush=True)


if __name__ == "__main__":
    main()
