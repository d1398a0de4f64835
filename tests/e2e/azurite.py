"""Azurite, Microsoft's emulator of Azure Blob Storage, with an empty container, for one test."""
import base64
import email.utils
import hashlib
import hmac
import os
import re
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

from harness import SOURCE

MAIN = SOURCE / "tests/servers/node_modules/azurite/dist/src/blob/main.js"
ACCOUNT = "devstoreaccount1"
# The emulator's, the same everywhere.
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


class Azurite:
    def __init__(self, folder, container="cache"):
        if not MAIN.exists():
            raise AssertionError("azurite is missing: run scripts/setup, which installs tests/servers from npm")
        self.folder, self.container = str(folder), container
        os.makedirs(self.folder, exist_ok=True)
        for _ in range(5):
            with socket.socket() as taken:
                taken.bind(("127.0.0.1", 0))
                self.port = taken.getsockname()[1]
            self.process = subprocess.Popen(
                ["node", str(MAIN), "--blobHost", "127.0.0.1", "--blobPort", str(self.port), "--location", self.folder,
                 "--skipApiVersionCheck", "--silent"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, start_new_session=True, cwd=self.folder)
            if self.wait():
                break
        else:
            raise AssertionError("azurite does not start")
        assert self.request("PUT", f"/{container}?restype=container")[0] == 201

    def wait(self):
        for _ in range(600):
            if self.process.poll() is not None:
                return False
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return True
            time.sleep(0.05)
        return False

    def stop(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    @property
    def connection_string(self):
        return f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={KEY};BlobEndpoint=http://127.0.0.1:{self.port}/{ACCOUNT};"

    def options(self, **more):
        """cacheStorageConfig of a lage or backfill configuration."""
        return {"provider": "azure-blob", "options": {"connectionString": self.connection_string, "container": self.container, **more}}

    def request(self, method, path, body=b"", **headers):
        """One signed request below the account: (status, body)."""
        headers = {"x-ms-date": email.utils.formatdate(usegmt=True), "x-ms-version": "2021-08-06", **headers}
        target, _, query = path.partition("?")
        canonical = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers) if name.startswith("x-ms-"))
        resource = f"/{ACCOUNT}/{ACCOUNT}{target}" + "".join(
            f"\n{name}:{value}" for name, value in sorted(part.split("=", 1) for part in query.split("&") if part))
        text = f"{method}\n\n\n{len(body) or ''}\n\n\n\n\n\n\n\n\n" + canonical + resource
        signature = base64.b64encode(hmac.new(base64.b64decode(KEY), text.encode(), hashlib.sha256).digest()).decode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/{ACCOUNT}{path}", method=method, data=body or None,
                                         headers={**headers, "Authorization": f"SharedKey {ACCOUNT}:{signature}"})
        if body:
            request.add_header("Content-Type", "")
        elif method == "PUT":
            request.add_header("Content-Length", "0")
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=30) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def blobs(self):
        """Every blob: name to bytes."""
        listing = self.request("GET", f"/{self.container}?comp=list&restype=container")[1].decode()
        return {name: self.request("GET", f"/{self.container}/{name}")[1] for name in re.findall(r"<Name>([^<]+)</Name>", listing)}

    def put(self, name, content):
        status, answer = self.request("PUT", f"/{self.container}/{name}", content, **{"x-ms-blob-type": "BlockBlob"})
        assert status == 201, answer

    def remove(self, name):
        self.request("DELETE", f"/{self.container}/{name}")
