"""No credential of a remote cache is in anything that we print, write or keep, whatever becomes of it."""
import base64
import json
import os
import signal
import time

from secret_search import SecretsTest, answers, worst_for
from servers import Azurite, Nginx

ACCOUNT_KEY = base64.b64encode(b"sekret of the account, 32 bytes!").decode()


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


class Secrets(SecretsTest):
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
        echo = self.serve()
        for number, name in enumerate(ROWS):
            with self.subTest(name):
                self.check(name, echo.port, answers(echo, *worst_for(number)))

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
        echo = self.serve()
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
