"""No credential of a remote cache is in anything that we print, write or keep, whatever becomes of it."""
import base64
import http.server
import json
import os
import pathlib
import re
import signal
import threading
import time
import urllib.parse

from harness import StillageTest, scale
from servers import Azurite, Nginx

ACCOUNT_KEY = base64.b64encode(b"sekret of the account, 32 bytes!").decode()


class Echo:
    """Answers each request with what it was told, headers and all: the worst that a server can do to secrets."""

    def __init__(self):
        echo = self
        self.status, self.type = 401, "text/plain"

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                size = int(self.headers.get("Content-Length") or 0)
                self.rfile.read(size)
                told = f"{self.requestline} {dict(self.headers.items())}"
                for word in re.findall(r"Basic (\S+?)'", told):
                    told += " " + base64.b64decode(word).decode()
                body = told.encode()
                self.send_response(echo.status, "Echo")
                if 300 <= echo.status < 400:
                    where = urllib.parse.quote(told[:1500], safe="")
                    self.send_header("Location", f"http://other.invalid/{where}?{where}")
                self.send_header("Content-Type", echo.type)
                self.send_header("x-ms-error-code", urllib.parse.quote(told[:500], safe=" "))
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = do_MKCOL = answer

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.handle_error = lambda *_: None  # clients may leave
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def web(port, **options):
    return {"provider": "http", "options": {"url": f"http://127.0.0.1:{port}/cache", **options}}


def azure(port, rest):
    return {"provider": "azure-blob", "options": {
        "connectionString": f"BlobEndpoint=http://127.0.0.1:{port}/account;{rest}", "container": "cache"}}


def s3(port, **options):
    return {"provider": "s3", "options": {"bucket": "cache", "endpoint": f"http://127.0.0.1:{port}", "region": "eu-central-1", **options}}


# name: (storage for a port, environment, what must not be seen)
ROWS = {
    "bearer token": (lambda port: web(port, bearerToken="sekret-bearer-token"), {}, ["sekret-bearer-token"]),
    "password in the URL": (
        lambda port: {"provider": "http", "options": {"url": f"http://sekretuser:sekret%2Fword@127.0.0.1:{port}/cache"}}, {},
        ["sekret/word"]),
    "query of the URL": (
        lambda port: {"provider": "http", "options": {"url": f"http://127.0.0.1:{port}/cache?token=sekret-query"}}, {},
        ["sekret-query"]),
    "header": (lambda port: web(port, headers={"X-Api-Key": "sekret-header"}), {}, ["sekret-header"]),
    "reference to a variable": (lambda port: web(port, bearerToken="${CACHE_TOKEN}"), {"CACHE_TOKEN": "sekret-variable"},
                                ["sekret-variable"]),
    "account key": (lambda port: azure(port, f"AccountName=account;AccountKey={ACCOUNT_KEY}"), {},
                    [ACCOUNT_KEY, base64.b64decode(ACCOUNT_KEY).decode()]),
    "shared access signature": (lambda port: azure(port, "SharedAccessSignature=sv=2021-12-02&ss=b&sig=sekret%2Fsignature%3D"), {},
                                ["sekret/signature", "sekret%2Fsignature"]),
    "lage's format": (lambda port: azure(port, "SharedAccessSignature=sv=2021-12-02&ss=b&sig=sekret-lage"),
                      {"STILLAGE_COMPAT": "lage"}, ["sekret-lage"]),
    "backfill's variables": (lambda port: None, {"BACKFILL_CACHE_PROVIDER": "azure-blob", "BACKFILL_CACHE_PROVIDER_OPTIONS": "AZURE"},
                             [ACCOUNT_KEY, base64.b64decode(ACCOUNT_KEY).decode()]),
    "user and password": (lambda port: web(port, username="sekretuser", password="sekret-password"), {}, ["sekret-password"]),
    "S3 keys": (lambda port: s3(port, accessKeyId="AKIDEXAMPLE", secretAccessKey="sekret-aws", sessionToken="sekret-session"), {},
                ["sekret-aws", "sekret-session"]),
    "S3 keys of the environment": (
        s3, {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "sekret-aws", "AWS_SESSION_TOKEN": "sekret-session"},
        ["sekret-aws", "sekret-session"]),
    "Redis URL": (lambda port: {"provider": "redis", "options": {"url": f"redis://sekretuser:sekret-redis@127.0.0.1:{port}"}}, {},
                  ["sekret-redis"]),
    "Redis password": (lambda port: {"provider": "redis", "options": {
        "url": f"redis://127.0.0.1:{port}", "username": "ci", "password": "sekret-redis"}}, {}, ["sekret-redis"]),
    "Turborepo": (lambda port: {"provider": "turborepo", "options": {
        "url": f"http://127.0.0.1:{port}", "token": "sekret-turbo", "team": "team", "signatureKey": "sekret-signature"}}, {},
                  ["sekret-turbo", "sekret-signature"]),
    "Turborepo's variables": (lambda port: {"provider": "turborepo", "options": {"url": f"http://127.0.0.1:{port}"}},
                              {"TURBO_TOKEN": "sekret-turbo", "TURBO_REMOTE_CACHE_SIGNATURE_KEY": "sekret-signature"},
                              ["sekret-turbo", "sekret-signature"]),
}

# A misspelt option, and values that are not what they must be: errors must name the option, not the value.
BAD_CONFIGS = [
    {"provider": "http", "options": {"url": "http://127.0.0.1:1/cache", "bearerTokn": "sekret-typo"}},
    {"provider": "http", "options": {"url": "ftp://user:sekret-url@nowhere"}},
    {"provider": "http", "options": {"url": "http://user:sekret-url@127.0.0.1:port/"}},
    {"provider": "http", "options": {"url": "http://127.0.0.1:1/", "bearerToken": "sekret\nline"}},
    {"provider": "http", "options": {"url": "http://127.0.0.1:1/", "bearerToken": ["sekret-list"]}},
    {"provider": "http", "options": {"url": "http://127.0.0.1:1/", "maxSize": "sekret-size"}},
    {"provider": "http", "options": "sekret-options"},
    {"provider": "azure-blob", "options": {"connectionString": "AccountKey=sekret-key", "container": "cache"}},
    {"provider": "azure-blob", "options": {"connectionString": "sekret connection string", "container": "cache"}},
    {"provider": "azure-blob", "options": {
        "connectionString": "BlobEndpoint=http://127.0.0.1:1/a;AccountName=a;AccountKey=sekret-not-base64!", "container": "cache"}},
    {"provider": "no-such-provider", "options": {"token": "sekret-unknown"}},
]


class Secrets(StillageTest):
    def setUp(self):
        super().setUp()
        self.said = []

    def make(self, name, storage, env):
        repo = self.repo(name, home=f"{self.base}/home of {name}")
        repo.package("a", {"build": "mkdir -p dist && cp src.txt dist/out"})
        repo.package("b", {"build": "mkdir -p dist && cp src.txt dist/out"})
        for package in "ab":
            repo.write(f"packages/{package}/src.txt", f"{package}\n")
        repo.npm_root()
        repo.write(".gitignore", "node_modules\ndist\nstillage.config.json\n")
        repo.write("stillage.config.json", {"pipeline": {"build": {"dependsOn": ["^build"], "outputs": ["dist/**"]}},
                                            "cacheOptions": {"writeRemoteCache": True, **({"cacheStorageConfig": storage} if storage else {})}})
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

    def check(self, name, port, answers):
        make_storage, env, secrets = ROWS[name]
        env = {k: json.dumps(azure(port, f"AccountName=account;AccountKey={ACCOUNT_KEY}")["options"]) if v == "AZURE" else v
               for k, v in env.items()}
        repo = self.make(name.replace("'", ""), make_storage(port), env)
        self.said = []
        for number, answer in enumerate(answers):
            answer()
            self.every_command(repo, number)
        self.assertTrue(any("127.0.0.1" in text or "remote cache:" in text for text in self.said), "the remote was not even tried")
        self.expect_nowhere(repo, secrets)

    def test_no_secret_is_said_or_kept_whatever_a_server_answers(self):
        echo = Echo()
        self.addCleanup(echo.close)

        def answers(status, kind="text/plain"):
            def choose():
                echo.status, echo.type = status, kind
            return choose

        worst = [answers(401), answers(403), answers(400), answers(500), answers(302), answers(404), answers(200, "text/html")]
        for name in ROWS:
            with self.subTest(name):
                self.check(name, echo.port, worst)

    def test_no_secret_is_said_or_kept_where_nobody_listens(self):
        for name in ROWS:
            with self.subTest(name):
                self.check(name, 1, [lambda: None])

    def test_no_secret_is_said_or_kept_when_all_is_well(self):
        with Nginx() as nginx:
            for name in ROWS:
                if (ROWS[name][0](1) or {}).get("provider") == "http":
                    with self.subTest(name):
                        self.check(name, nginx.port, [lambda: None, lambda: None])
        with Azurite() as azurite:
            storage = {"provider": "azure-blob", "options": {"connectionString": azurite.connection_string(), "container": "cache"}}
            for compat in ("native", "lage"):
                repo = self.make(f"azure {compat}", storage, {"STILLAGE_COMPAT": compat})
                self.every_command(repo, 0)
                self.expect_nowhere(repo, [azurite.key])

    def test_a_wrong_configuration_is_told_without_its_values(self):
        for number, storage in enumerate(BAD_CONFIGS):
            with self.subTest(json.dumps(storage)):
                repo = self.make(f"bad{number}", storage, {})
                done = repo.stillage("run", "build", "--verbose", status=None)
                self.said = [done.stdout, done.stderr]
                self.assertTrue(done.stderr)
                for text in self.said:
                    self.assertNotIn("sekret", text)
                self.every_command(repo, 0)
                for text in self.said:
                    self.assertNotIn("sekret", text)

    def test_a_crash_shows_no_secret(self):
        echo = Echo()
        self.addCleanup(echo.close)
        make_storage, env, secrets = ROWS["bearer token"]
        for number in (signal.SIGABRT, signal.SIGSEGV, signal.SIGTERM, signal.SIGQUIT):
            with self.subTest(number):
                repo = self.make(f"crash{int(number)}", make_storage(echo.port), env)
                repo.package("a", {"build": "mkdir -p dist && touch started && sleep 20"})
                process = repo.start("run", "build", "--verbose")
                deadline = time.monotonic() + 20
                while not repo.exists("packages/a/started") and time.monotonic() < deadline:
                    time.sleep(0.02)
                process.send_signal(number)
                output, _ = process.communicate(timeout=30)
                self.assertNotEqual(process.returncode, 0)
                self.said = [output.decode(errors="replace")]
                for core in [*repo.root.glob("core*"), *repo.root.glob("packages/*/core*")]:
                    os.unlink(core)  # the kernel's, of all memory: not ours to keep clean
                self.expect_nowhere(repo, secrets)
