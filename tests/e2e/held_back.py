"""A remote cache whose answers a test holds back."""
import http.server
import threading
import time


class HeldBack:
    """A server that has nothing, and holds its answers back as long as the test wants it."""

    def __init__(self, test):
        self.seen = []
        self.answered = 0
        self.holds = {"GET": 0.0, "PUT": 0.0}  # seconds; None: for ever
        self.ending = threading.Event()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self, code):
                outer.seen.append((self.command, self.path))
                outer.ending.wait(outer.holds[self.command])
                outer.answered += 1
                self.send_response(code)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def do_GET(self):
                self.answer(404)

            def do_PUT(self):
                if outer.holds["PUT"] is not None:
                    self.rfile.read(int(self.headers["Content-Length"]))
                self.answer(201)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        test.addCleanup(self.end)

    def end(self):
        self.ending.set()
        self.server.shutdown()
        self.server.server_close()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def wait_for(self, verb, count=1, seconds=30):
        """Returns when so many requests of that verb have come."""
        end = time.monotonic() + seconds
        while sum(seen == verb for seen, _ in self.seen) < count:
            if time.monotonic() > end:
                raise AssertionError(f"no {verb} came, or not {count} of them")
            time.sleep(0.01)
