"""Looking for secrets: a server that repeats all that it was told, and a search through all that was said and kept."""
import base64
import http.server
import pathlib
import re
import ssl
import threading
import urllib.parse

from harness import StillageTest, scale


class Echo:
    """Answers each request with what it was told, headers and all: the worst that a server can do to secrets.

    `knows(method, path, headers, body)` may give another answer: its body. With a folder of certificates (see
    make_certificates) it speaks TLS.
    """

    def __init__(self, knows=None, certificates=None):
        echo = self
        self.status, self.type = 401, "text/plain"
        self.knows = knows or (lambda *_: None)

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def say(self, status, kind, body, **fields):
                self.send_response(status, "Echo")
                for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **fields}.items():
                    self.send_header(name, value)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            def answer(self):
                size = int(self.headers.get("Content-Length") or 0)
                sent = self.rfile.read(size)
                known = echo.knows(self.command, self.path, self.headers, sent.decode("latin-1"))
                if known:
                    kind = {"{": "application/json", "<": "text/xml"}.get(known[0], "text/plain")
                    return self.say(200, kind, known.encode())
                told = f"{self.requestline} {dict(self.headers.items())} {sent[:2000].decode('latin-1')}"
                for word in re.findall(r"Basic (\S+?)'", told):
                    told += " " + base64.b64decode(word).decode()
                fields = {"x-ms-error-code": urllib.parse.quote(told[:500], safe=" ")}
                if 300 <= echo.status < 400:
                    where = urllib.parse.quote(told[:1500], safe="")
                    fields["Location"] = f"http://other.invalid/{where}?{where}"
                self.say(echo.status, echo.type, told.encode(), **fields)

            do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = do_MKCOL = answer

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.handle_error = lambda *_: None  # clients may leave
        if certificates:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(f"{certificates}/server.pem", f"{certificates}/server.key")
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def answers(echo, *wanted):
    """What makes that server answer so, one after the other; `wanted`: a status, or a status and a content type."""
    def choose(status, kind="text/plain"):
        echo.status, echo.type = status, kind

    return [lambda w=w: choose(*(w if isinstance(w, tuple) else (w,))) for w in wanted]


WORST = (401, 403, 400, 500, 302, 404, (200, "text/html"))


def worst_for(number):
    """What the server answers to whoever is the `number`th to try: in turn a part of the worst, or all of it."""
    return scale(WORST[number % 2::2], WORST)


class SecretsTest(StillageTest):
    """Secrets of the tests begin with "sekret"; where they have to be in a file, that is in self.private."""

    def setUp(self):
        super().setUp()
        self.said = []
        self.private = pathlib.Path(self.base) / "private"
        self.private.mkdir()

    def serve(self, **how):
        echo = Echo(**how)
        self.addCleanup(echo.close)
        return echo

    def make(self, name, storage, env, **options):
        """A repository of two packages that writes to a remote cache; `options`: more of its cacheOptions."""
        repo = self.repo(name, home=f"{self.base}/home of {name}")
        repo.package("a", {"build": "mkdir -p dist && cp src.txt dist/out"})
        repo.package("b", {"build": "mkdir -p dist && cp src.txt dist/out"})
        for package in "ab":
            repo.write(f"packages/{package}/src.txt", f"{package}\n")
        repo.npm_root()
        repo.write(".gitignore", "node_modules\ndist\nstillage.config.json\n")
        repo.write("stillage.config.json", {"pipeline": {"build": {"dependsOn": ["^build"], "outputs": ["dist/**"]}},
                                            "cacheOptions": {"writeRemoteCache": True, **({"cacheStorageConfig": storage} if storage else {}), **options}})
        temp = pathlib.Path(self.base) / f"tmp of {name}"
        temp.mkdir()
        repo.env.update({"TMPDIR": str(temp), "STILLAGE_WRITE_REMOTE_CACHE": "true", **env})
        repo.commit()
        return repo

    def every_command(self, repo, number):
        """All that people would type, once, and the first of it again and again; what is said of it is kept."""
        repo.write("packages/a/src.txt", f"state {number}\n")
        commands = [["run", "build", "--verbose", "--summary", f"summary{number}.json"], ["why", "a#build"], ["doctor"],
                    ["hash"], ["cache", "stats"], ["cache", "ls"], ["cache", "verify"],
                    ["exec", "--verbose", "--outputs", "out/**", "--", "mkdir", "-p", "out"]]
        for words in commands if number == 0 else commands[:scale(1, 3)]:
            done = repo.stillage(*words, status=None)
            self.assertGreaterEqual(done.returncode, 0, f"{words}: {done.stderr}")
            self.said += [done.stdout, done.stderr]

    def expect_nowhere(self, repo, secrets):
        forms = set()
        for secret in secrets:
            forms |= {secret, urllib.parse.quote(secret, safe=""), base64.b64encode(secret.encode()).decode().rstrip("=")}
        forms = {form.encode() for form in forms}
        for text in self.said:
            for form in forms:
                self.assertNotIn(form, text.encode(), text)
        searched = 0
        for top in (repo.home, repo.root, pathlib.Path(repo.env["TMPDIR"])):
            for path in top.rglob("*"):
                if path.name == "stillage.config.json" or not path.is_file() or path.is_symlink():
                    continue
                searched += 1
                content = path.read_bytes()
                for form in forms:
                    self.assertNotIn(form, content, path)
        self.assertGreater(searched, 10)
