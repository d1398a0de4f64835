"""Real servers for the end-to-end tests, each a context manager:

    with Azurite() as azurite:
        repo.run("build", env={"CONNECTION": azurite.connection_string()})

They listen on loopback ports that were free, keep what they hold in a folder of their own (removed at the end), and are
waited for until they answer. One that is not installed fails the test with the words that say how to get it: a test that
silently does nothing would be worse. They end with the `with` block, and with the test's process however that ends.
"""
import base64
import hashlib
import hmac
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.parse

from harness import SOURCE, test_root

SERVERS = SOURCE / "tests/servers/node_modules"
FROM_NPM = "run scripts/setup, which installs tests/servers from npm"
PATIENCE = 60


def free_port():
    """A loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def make_certificates(folder):
    """ca.pem, and server.pem and client.pem with their keys, signed by it, in `folder`."""
    def openssl(*words):
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)

    new_key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl("req", *new_key, "-x509", "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=test authority")
    for name, extension in (("server", "subjectAltName=IP:127.0.0.1,DNS:localhost"), ("client", "extendedKeyUsage=clientAuth")):
        (pathlib.Path(folder) / f"{name}.ext").write_text(extension + "\n")
        openssl("req", *new_key, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
                "-days", "2", "-extfile", f"{name}.ext", "-out", f"{name}.pem")


class Server:
    """A program in a folder of its own. Who derives from it says `command()`, and may say `prepare()` and `is_ready()`."""

    name, install, more_env = "", FROM_NPM, {}

    def __enter__(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix=f"stillage-{self.name}-", dir=test_root()))
        self.process = None
        try:
            for _ in range(5):  # another may have taken the port meanwhile
                self.port = free_port()
                self.start()
                if self.wait():
                    self.prepare()
                    return self
            self.give_up("it ends by itself")
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.dir, ignore_errors=True)

    def command(self):
        raise NotImplementedError

    def prepare(self):
        """What is to be done once it answers."""

    def is_ready(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def start(self):
        """Starts it, on the port and with the files that it had."""
        program, *words = self.command()
        found = shutil.which(program, path=os.environ["PATH"] + ":/usr/local/sbin:/usr/sbin:/sbin")
        missing = [w for w in words if w.startswith(str(SERVERS)) and not os.path.exists(w)]
        if not found or missing:
            self.give_up(f"{missing[0] if missing else program} is not installed; {self.install}")
        # The kernel ends it when the test's process dies in a way that runs no clean-up.
        with open(self.dir / "server.log", "ab") as log:
            self.process = subprocess.Popen(
                ["/usr/bin/setpriv", "--pdeathsig", "KILL", found, *words], cwd=self.dir, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, start_new_session=True,
                env={**os.environ, "HOME": str(self.dir), "no_proxy": "127.0.0.1,localhost", **self.more_env})

    def wait(self):
        """Whether it is ready; false if it has ended instead."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                return False
            if self.is_ready():
                return self.process.poll() is None
            time.sleep(0.02)
        self.give_up(f"it does not answer within {PATIENCE} s")

    def stop(self):
        """Ends it now, with all that it started; its files stay until the end of the block."""
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        if self.process:
            self.process.wait()

    def log(self):
        """What it has printed so far."""
        path = self.dir / "server.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def give_up(self, why):
        raise AssertionError(f"this test needs {self.name}: {why}\n{self.log()}")

    def request(self, method, path, body=None, headers=None):
        """One plain HTTP request to it: (status, body)."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"


class Azurite(Server):
    """Azure Blob Storage, with an empty container."""

    name, container = "azurite", "cache"
    account = "devstoreaccount1"
    # The emulator's key, the same everywhere.
    key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="

    def command(self):
        return ["node", f"{SERVERS}/azurite/dist/src/blob/main.js", "--blobHost", "127.0.0.1", "--blobPort", str(self.port),
                "--location", str(self.dir), "--skipApiVersionCheck", "--silent"]

    def prepare(self):
        status, body = self.signed("PUT", f"/{self.container}", {"restype": "container"})
        if status != 201:
            self.give_up(f"it makes no container: {body}")

    def connection_string(self):
        return (f"DefaultEndpointsProtocol=http;AccountName={self.account};AccountKey={self.key};"
                f"BlobEndpoint={self.url}/{self.account};")

    def signed(self, method, path, query=None, body=b"", headers=None):
        """A request of the account's owner; `path` starts below the account: (status, body)."""
        query = query or {}
        sent = {"x-ms-date": time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime()), "x-ms-version": "2021-12-02",
                **{k.lower(): v for k, v in (headers or {}).items()}}
        lines = [method, "", "", str(len(body)) if body else "", "", sent.get("content-type", ""), "", "", "",
                 sent.get("if-none-match", ""), "", sent.get("range", "")]
        lines += [f"{k}:{v}" for k, v in sorted(sent.items()) if k.startswith("x-ms-")]
        lines.append(f"/{self.account}/{self.account}{urllib.parse.quote(path)}")
        lines += [f"{k}:{v}" for k, v in sorted(query.items())]
        digest = hmac.new(base64.b64decode(self.key), "\n".join(lines).encode(), hashlib.sha256).digest()
        sent["authorization"] = f"SharedKey {self.account}:{base64.b64encode(digest).decode()}"
        if method == "PUT":
            sent["content-length"] = str(len(body))
        asked = f"/{self.account}{urllib.parse.quote(path)}" + ("?" + urllib.parse.urlencode(query) if query else "")
        return self.request(method, asked, body, sent)

    def blob(self, name):
        """The bytes of a blob; None if there is none."""
        status, body = self.signed("GET", f"/{self.container}/{name}")
        return body if status == 200 else None

    def put_blob(self, name, body):
        status, answer = self.signed("PUT", f"/{self.container}/{name}", body=body, headers={"x-ms-blob-type": "BlockBlob"})
        assert status == 201, answer

    def blobs(self):
        """The names of all blobs, sorted."""
        _, body = self.signed("GET", f"/{self.container}", {"restype": "container", "comp": "list"})
        return sorted(piece.split("</Name>")[0] for piece in body.decode().split("<Name>")[1:])


class S3(Server):
    """OpenStack Swift with an empty bucket; see swift_server.py. It checks signatures."""

    name, install, bucket, region = "swift", "install python3-swift, as scripts/setup does", "cache", "eu-central-1"
    access_key, secret_key = "cache:writer", "Secret/Of+The/Writer"
    reader, readers_secret = "cache:reader", "Secret/Of+The/Reader"

    def command(self):
        return ["/usr/bin/python3", str(SOURCE / "tests/support/swift_server.py"), str(self.port), str(self.dir)]

    def storage(self, **options):
        """What a config says to use it."""
        return {"provider": "s3", "options": {"bucket": self.bucket, "endpoint": self.url, "region": self.region, **options}}

    @property
    def keys(self):
        """Who may write, as the environment says it."""
        return {"AWS_ACCESS_KEY_ID": self.access_key, "AWS_SECRET_ACCESS_KEY": self.secret_key}


class Nginx(Server):
    """nginx as a plain HTTP cache: GET, HEAD, PUT and DELETE on the files of `self.files`."""

    name, install = "nginx", "install nginx-light, as scripts/setup does"

    def __init__(self, tls=False, more=""):
        """`more`: further directives of the server's block. With TLS, `self.ca_file` has the authority."""
        self.tls, self.more = tls, more

    def command(self):
        (self.dir / "files").mkdir(exist_ok=True)
        (self.dir / "temp").mkdir(exist_ok=True)
        more = self.more
        if self.tls:
            if not (self.dir / "ca.pem").exists():
                make_certificates(self.dir)
            more += "ssl_certificate server.pem; ssl_certificate_key server.key;"
        user = " user root;" if os.geteuid() == 0 else ""
        (self.dir / "nginx.conf").write_text(
            f"daemon off; master_process off; pid nginx.pid; error_log stderr warn;{user}\n"
            "events { worker_connections 256; }\n"
            "http { log_format plain '$request $status $connection'; access_log access.log plain;\n"
            "  client_body_temp_path temp/body; fastcgi_temp_path temp/f; proxy_temp_path temp/p; uwsgi_temp_path temp/u;\n"
            "  scgi_temp_path temp/s; default_type application/octet-stream; client_max_body_size 0;\n"
            f"  server {{ listen 127.0.0.1:{self.port}{' ssl http2' if self.tls else ''}; root files;\n"
            f"    dav_methods PUT DELETE MKCOL; create_full_put_path on; {more} }} }}\n")
        return ["nginx", "-p", str(self.dir), "-c", "nginx.conf"]

    @property
    def url(self):
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def files(self):
        return self.dir / "files"

    @property
    def ca_file(self):
        return self.dir / "ca.pem"

    def access_log(self):
        """Lines "GET /key HTTP/1.1 404 <connection>"; written a moment after the answers."""
        path = self.dir / "access.log"
        return path.read_text().splitlines() if path.exists() else []


class Redis(Server):
    """redis-server, without files; with a password, or over TLS (`self.ca_file`) on request."""

    name, install = "redis-server", "install redis-server, as scripts/setup does"

    def __init__(self, password="", tls=False, more=()):
        """`more`: further words of the command line, as ("--user", "ci", "on", ">secret", "~*", "+@all")."""
        self.password, self.tls, self.more = password, tls, more

    def command(self):
        words = ["redis-server", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(self.dir)]
        if self.tls:
            if not (self.dir / "ca.pem").exists():
                make_certificates(self.dir)
            words += ["--port", "0", "--tls-port", str(self.port), "--tls-cert-file", "server.pem", "--tls-key-file",
                      "server.key", "--tls-ca-cert-file", "ca.pem", "--tls-auth-clients", "no"]
        else:
            words += ["--port", str(self.port)]
        return words + (["--requirepass", self.password] if self.password else []) + list(self.more)

    @property
    def url(self):
        login = f":{urllib.parse.quote(self.password, safe='')}@" if self.password else ""
        return f"{'rediss' if self.tls else 'redis'}://{login}127.0.0.1:{self.port}"

    @property
    def ca_file(self):
        return self.dir / "ca.pem"


class Turborepo(Server):
    """turborepo-remote-cache on local files."""

    name, token, team = "turborepo-remote-cache", "turborepo-test-token", "team_test"

    def command(self):
        # Its storage path is taken below TMPDIR, even if it is absolute.
        self.more_env = {"STORAGE_PROVIDER": "local", "STORAGE_PATH": "artifacts", "TMPDIR": str(self.dir),
                         "TURBO_TOKEN": self.token, "HOST": "127.0.0.1", "PORT": str(self.port), "LOG_LEVEL": "warn",
                         "NODE_ENV": "production"}
        return ["node", f"{SERVERS}/turborepo-remote-cache/dist/cli.js"]


# For tests of other things than waiting: a busy machine's registry may be slow to answer.
PATIENT_NPM = {"stallTimeout": 20_000}


class Verdaccio(Server):
    """An npm registry without uplinks. Everybody reads; whoever has the user's token publishes."""

    name, user = "verdaccio", "tester"

    def command(self):
        config = {
            "storage": str(self.dir / "storage"), "auth": {"htpasswd": {"file": str(self.dir / "htpasswd")}},
            "uplinks": {}, "packages": {"**": {"access": "$all", "publish": "$authenticated"}},
            "max_body_size": "1gb", "web": {"enable": False}, "server": {"keepAliveTimeout": 60},
            "log": {"type": "stdout", "format": "pretty", "level": "http"},
        }
        (self.dir / "config.yaml").write_text(json.dumps(config))  # JSON is YAML
        self.more_env = {"NODE_ENV": "production"}
        return ["node", f"{SERVERS}/verdaccio/bin/verdaccio", "--config", "config.yaml", "--listen",
                f"http://127.0.0.1:{self.port}"]

    def is_ready(self):
        try:
            return self.request("GET", "/-/ping")[0] == 200
        except OSError:
            return False

    def prepare(self):
        if hasattr(self, "token"):
            return
        body = json.dumps({"name": self.user, "password": "password of a test"})
        status, answer = self.request("PUT", f"/-/user/org.couchdb.user:{self.user}", body, {"content-type": "application/json"})
        if status != 201:
            self.give_up(f"it makes no user: {answer}")
        self.token = json.loads(answer)["token"]

    def npmrc(self, folder):
        """The path of a user config in `folder` that lets npm publish here, and keeps its cache and logs there too."""
        path = pathlib.Path(folder) / "npmrc"
        path.write_text(f"//127.0.0.1:{self.port}/:_authToken={self.token}\ncache={folder}/npm-cache\nupdate-notifier=false\n")
        return str(path)

    def versions(self, package):
        """The published versions of a package, sorted; none if there is no such package."""
        status, body = self.request("GET", "/" + urllib.parse.quote(package, safe="@"))
        return sorted(json.loads(body)["versions"]) if status == 200 else []
