"""No token is in anything that we print, write or keep: what logins are made with, what they give, and what signs entries."""
import json
import os
import signal
import subprocess
import time
import urllib.parse
from typing import NamedTuple

from harness import scale
from secret_search import WORST, SecretsTest, answers, worst_for
from servers import PATIENT_NPM, S3, Verdaccio, make_certificates

# What the services that know us give, and what must not be seen of it.
AZURE_TOKEN = "sekret-header.sekret-claims.sekret-azure-token"
AWS_SECRET, AWS_SESSION, METADATA_SESSION = "sekret+secret/of+the+role", "sekret+session/of+the+role", "sekret-metadata-session"

LOGIN_AZURE = {"AZURE_TENANT_ID": "a-tenant", "AZURE_CLIENT_ID": "a-client"}


class Login(NamedTuple):
    storage: dict
    env: dict
    secrets: list
    asks: bool = True  # one of the services of Identities


class Identities:
    """The services that give tokens, of Azure and of AWS: right answers while `right`; else they know nobody."""

    def __init__(self):
        self.right, self.given, self.heard = True, 0, set()

    def __call__(self, method, path, headers, body):
        form = urllib.parse.parse_qs(body)
        # Made for one question, and good for some more.
        self.heard.update(form.get("client_assertion", []))
        answer = self.answer(method, path, form) if self.right else None
        self.given += answer is not None
        return answer

    def answer(self, method, path, form):
        if "oauth2" in path or path.startswith("/msi"):
            return json.dumps({"access_token": AZURE_TOKEN, "expires_in": "3600", "expires_on": str(int(time.time()) + 3600),
                               "token_type": "Bearer"})
        keys = {"AccessKeyId": "ASIAROLE", "SecretAccessKey": AWS_SECRET, "Expiration": "2099-01-01T00:00:00Z"}
        if "Action" in form:
            fields = "".join(f"<{k}>{v}</{k}>" for k, v in {**keys, "SessionToken": AWS_SESSION}.items())
            action = form["Action"][0]
            return f"<{action}Response><{action}Result><Credentials>{fields}</Credentials></{action}Result></{action}Response>"
        if path.startswith("/latest/api/token"):
            return METADATA_SESSION
        if path.endswith("/security-credentials/"):
            return "machine"
        if path.startswith(("/latest/", "/container")):
            return json.dumps({"Code": "Success", **keys, "Token": AWS_SESSION})
        return None


class TokenSecrets(SecretsTest):
    def setUp(self):
        super().setUp()
        make_certificates(self.private)
        self.identities = Identities()
        self.echo = self.serve(knows=self.identities)
        self.tls_echo = self.serve(knows=self.identities, certificates=self.private)
        self.plain, self.tls = f"http://127.0.0.1:{self.echo.port}", f"https://127.0.0.1:{self.tls_echo.port}"

    def secret_file(self, name, text):
        path = self.private / name
        path.write_text(text)
        return str(path)

    def azure(self, credential):
        return {"provider": "azure-blob", "options": {"endpoint": f"{self.tls}/account", "container": "cache",
                                                      "credentialName": credential, "caFile": str(self.private / "ca.pem")}}

    def s3(self, **options):
        return {"provider": "s3", "options": {"bucket": "cache", "endpoint": self.plain, "region": "eu-central-1", **options}}

    def check_logins(self, rows):
        """Each Login of {name: Login}: where it is right, and where those who are asked repeat all that they are told."""
        for right in (True, False):
            for row, (name, (storage, env, secrets, asks)) in enumerate(rows.items(), right):
                with self.subTest(name, right=right):
                    self.identities.right, self.identities.given = right, 0
                    if not right:
                        (self.private / "fails").touch()  # for the programs among them
                    repo = self.make(f"{name} {right}", storage, {"CURL_CA_BUNDLE": str(self.private / "ca.pem"), **env})
                    self.said = []
                    steps = zip(answers(self.echo, *worst_for(row)), answers(self.tls_echo, *worst_for(row)))
                    for number, (plain, tls) in enumerate(steps):
                        plain(), tls()
                        self.every_command(repo, number)
                    self.assertEqual(self.identities.given > 0, right and asks)
                    self.assertTrue(any("127.0.0.1" in text for text in self.said), "the remote was not even tried")
                    self.expect_nowhere(repo, {*secrets, AZURE_TOKEN, AWS_SECRET, AWS_SESSION, METADATA_SESSION,
                                               *self.identities.heard})

    def test_no_token_of_azure_is_said_or_kept(self):
        key = self.private / "login.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-passout", "pass:sekret-key-password", "-keyout",
                        "key.pem", "-out", "cert.pem", "-days", "2", "-subj", "/CN=login"], cwd=self.private, check=True,
                       capture_output=True)
        key.write_text((self.private / "key.pem").read_text() + (self.private / "cert.pem").read_text())
        assertion = self.secret_file("assertion", "sekret-header.sekret-federated.sekret-assertion")
        az = self.private / "bin" / "az"
        az.parent.mkdir()
        az.write_text(f"#!/bin/sh\necho 'WARNING: {AZURE_TOKEN}' >&2\n[ -e '{self.private}/fails' ] && exit 1\n"
                      f"echo '{{\"accessToken\": \"{AZURE_TOKEN}\", \"expiresOn\": \"2099-01-01 00:00:00.000000\"}}'\n")
        az.chmod(0o755)
        authority = {"AZURE_AUTHORITY_HOST": self.tls, **LOGIN_AZURE}
        self.check_logins({
            "client secret": Login(self.azure("environment"), {**authority, "AZURE_CLIENT_SECRET": "sekret~client.secret"},
                              ["sekret~client.secret"]),
            "client certificate": Login(self.azure("environment"), {
                **authority, "AZURE_CLIENT_CERTIFICATE_PATH": str(key), "AZURE_CLIENT_CERTIFICATE_PASSWORD": "sekret-key-password"},
                ["sekret-key-password", key.read_text().splitlines()[5]]),
            "user": Login(self.azure("environment"), {**authority, "AZURE_USERNAME": "somebody", "AZURE_PASSWORD": "sekret&password"},
                     ["sekret&password"]),
            "federated": Login(self.azure("workload-identity"), {**authority, "AZURE_FEDERATED_TOKEN_FILE": assertion},
                          ["sekret-header.sekret-federated.sekret-assertion"]),
            "app service": Login(self.azure("managed-identity"), {
                "IDENTITY_ENDPOINT": f"{self.plain}/msi/token", "IDENTITY_HEADER": "sekret-identity-header"},
                ["sekret-identity-header"]),
            "metadata": Login(self.azure("managed-identity"), {"AZURE_POD_IDENTITY_AUTHORITY_HOST": self.plain}, []),
            "az": Login(self.azure("azure-cli"), {"PATH": f"{az.parent}:{os.environ['PATH']}"}, [], asks=False),
        })

    def test_no_token_of_aws_is_said_or_kept(self):
        token = self.secret_file("web identity", "sekret-header.sekret-web.sekret-identity")
        auth = self.secret_file("container auth", "sekret-container-file")
        credentials = self.secret_file("credentials", "[default]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = "
                                       "sekret/of+the+file\naws_session_token = sekret-session-of-the-file\n")
        process = self.private / "process"
        process.write_text(f"#!/bin/sh\necho 'sekret-said-aside' >&2\n[ -e '{self.private}/fails' ] && exit 1\n"
                           f"echo '{{\"Version\": 1, \"AccessKeyId\": \"ASIA\", \"SecretAccessKey\": \"sekret-of-the-process\", "
                           f"\"SessionToken\": \"sekret-session-of-the-process\"}}'\n")
        process.chmod(0o755)
        runs = self.secret_file("config", f"[default]\ncredential_process = {process}\n")
        nobody = {"AWS_EC2_METADATA_DISABLED": "true"}
        self.check_logins({
            "web identity": Login(self.s3(), {"AWS_WEB_IDENTITY_TOKEN_FILE": token, "AWS_ROLE_ARN": "arn:aws:iam::1:role/ci",
                                         "AWS_ENDPOINT_URL_STS": self.plain, **nobody},
                             ["sekret-header.sekret-web.sekret-identity"]),
            "container": Login(self.s3(), {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{self.plain}/container",
                                      "AWS_CONTAINER_AUTHORIZATION_TOKEN": "sekret-container-auth", **nobody},
                          ["sekret-container-auth"]),
            "container's file": Login(self.s3(), {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{self.plain}/container",
                                             "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": auth, **nobody},
                                 ["sekret-container-file"]),
            "instance": Login(self.s3(), {"AWS_EC2_METADATA_SERVICE_ENDPOINT": self.plain}, []),
            "profile": Login(self.s3(), {"AWS_SHARED_CREDENTIALS_FILE": credentials, **nobody},
                        ["sekret/of+the+file", "sekret-session-of-the-file"], asks=False),
            "process": Login(self.s3(), {"AWS_CONFIG_FILE": runs, **nobody},
                        ["sekret-of-the-process", "sekret-session-of-the-process", "sekret-said-aside"], asks=False),
        })

    def test_no_token_of_npm_is_said_or_kept(self):
        host = f"//127.0.0.1:{self.echo.port}/"
        rows = {
            "token": (f"{host}:_authToken=sekret-npm-token\n", {}, ["sekret-npm-token"]),
            "token of a variable": (f"{host}:_authToken=${{CACHE_TOKEN}}\n", {"CACHE_TOKEN": "sekret-npm-variable"}, ["sekret-npm-variable"]),
            "password": (f"{host}:username=somebody\n{host}:_password=c2VrcmV0LW5wbS1wYXNzd29yZA==\n", {}, ["sekret-npm-password"]),
        }
        for name, (text, env, secrets) in rows.items():
            with self.subTest(name):
                file = self.secret_file(f"npmrc {name}", text)
                repo = self.make(name, {"provider": "npm", "options": {
                    "npmPackageName": "@team/cache", "registryUrl": self.plain + "/", "npmrcUserconfig": file}}, env)
                self.said = []
                # Each of the commands starts npm several times: all of them for one kind of secret, `run` for the others.
                whole = name == "token" or scale(False, True)
                worst = scale((401,) if whole else (403,), WORST)
                for number, answer in enumerate(answers(self.echo, *worst), 0 if whole else 1):
                    answer()
                    self.every_command(repo, number)
                self.assertTrue(any("127.0.0.1" in text for text in self.said), "the remote was not even tried")
                self.expect_nowhere(repo, secrets)
        with Verdaccio() as verdaccio:
            repo = self.make("well", {"provider": "npm", "options": {
                "npmPackageName": "@team/cache", "registryUrl": verdaccio.url + "/",
                "npmrcUserconfig": verdaccio.npmrc(self.private), **PATIENT_NPM}}, {})
            self.said = []
            self.every_command(repo, 0)
            self.assertGreaterEqual(len(verdaccio.versions("@team/cache")), 3)
            self.expect_nowhere(repo, [verdaccio.token])

    def test_what_a_command_is_given_is_not_said_or_kept(self):
        """A program that prints its secrets everywhere, also as the blob that it is asked for."""
        for number, ending in enumerate(("exit 1", "exit 5", "exit 75", "exit 0", "kill -9 $$")):
            with self.subTest(ending):
                program = self.private / f"program{number}"
                program.write_text('#!/bin/sh\necho "my token is $CACHE_TOKEN, $INHERITED" >&2\n'
                                   'case $1 in capabilities) echo overwrite list;; *) echo "$CACHE_TOKEN";; esac\n'
                                   'case $1 in put*) cat > /dev/null;; esac\n' + ending + "\n")
                program.chmod(0o755)
                repo = self.make(f"command{number}", {"provider": "command", "options": {
                    "command": [str(program)], "env": {"CACHE_TOKEN": "sekret-command", "INHERITED": "${TOKEN_OF_JOB}"}}},
                    {"TOKEN_OF_JOB": "sekret-of-the-job"})
                self.said = []
                self.every_command(repo, 0)
                self.assertTrue(any("program" in text for text in self.said), "the remote was not even tried")
                self.expect_nowhere(repo, ["sekret-command", "sekret-of-the-job"])

    def signing_rows(self):
        """What signs: its configuration, environment and secrets."""
        rows = {}
        for algorithm in ("ed25519", "hmac-sha256"):
            file = self.private / f"{algorithm}.key"
            made = self.repo("keys")
            printed = made.stillage("keys", "generate", "--id", "ci", "--algorithm", algorithm, "--out", str(file)).stdout
            line = file.read_text().strip()
            self.assertNotIn(line, printed)
            self.assertNotIn(line.split(":")[-1], printed)
            options = json.loads("{" + printed[printed.index('"cacheOptions"'):] + "}")["cacheOptions"]
            secrets = [line, line.split(":")[-1]]
            rows[f"{algorithm} in a variable"] = (options, {"STILLAGE_SIGNING_KEY": line}, secrets)
            if algorithm == "ed25519":
                rows[f"{algorithm} in a file"] = ({**options, "signing": {"keyFile": str(file)}}, {}, secrets)
            rows[f"{algorithm}, cut off"] = (options, {"STILLAGE_SIGNING_KEY": line[:-5]}, [line[:-5], line.split(":")[-1][:-5]])
            rows[f"{algorithm}, of another kind"] = (options, {"STILLAGE_SIGNING_KEY": "sekret " + line[::-1]}, [line[::-1]])
        return rows

    def test_no_signing_key_is_said_or_kept(self):
        folder = self.private / "remote"
        folder.mkdir()
        storage = {"provider": "folder", "options": {"path": str(folder)}}
        for name, (options, env, secrets) in self.signing_rows().items():
            with self.subTest(name):
                repo = self.make(name, storage, env, **options)
                self.said = []
                self.every_command(repo, 0)
                self.said += [repo.stillage(*words, status=None).stderr for words in
                              (["cache", "verify", "--remote"], ["cache", "ls", "--remote"], ["run", "build", "--force"])]
                self.expect_nowhere(repo, secrets)
                for path in folder.rglob("*"):
                    for secret in secrets if path.is_file() else []:
                        self.assertNotIn(secret.encode(), path.read_bytes())
        self.assertTrue(any(folder.rglob("v1/*")))

    def test_no_key_is_said_or_kept_when_all_is_well_or_ends_at_once(self):
        options, env, secrets = self.signing_rows()["ed25519 in a variable"]
        with S3() as s3:
            env = {**env, **s3.keys, "AWS_SESSION_TOKEN": "sekret-session"}
            repo = self.make("s3", s3.storage(), env, **options)
            self.every_command(repo, 0)
            self.every_command(repo, 1)
            listed = repo.stillage("cache", "ls", "--remote").stdout
            self.assertEqual(listed.count(" v1/"), 4, listed)
            self.expect_nowhere(repo, [s3.secret_key, "sekret-session", *secrets])
            for number in (signal.SIGABRT, signal.SIGSEGV, signal.SIGTERM):
                with self.subTest(number):
                    repo = self.make(f"crash{int(number)}", s3.storage(), env, **options)
                    repo.package("a", {"build": "mkdir -p dist && touch started && sleep 20"})
                    process = repo.start("run", "build", "--verbose")
                    deadline = time.monotonic() + 20
                    while not repo.exists("packages/a/started") and time.monotonic() < deadline:
                        time.sleep(0.02)
                    process.send_signal(number)
                    self.said = [process.communicate(timeout=30)[0].decode(errors="replace")]
                    self.assertNotEqual(process.returncode, 0)
                    for core in [*repo.root.glob("core*"), *repo.root.glob("packages/*/core*")]:
                        os.unlink(core)  # the kernel's, of all memory: not ours to keep clean
                    self.expect_nowhere(repo, [s3.secret_key, "sekret-session", *secrets])
