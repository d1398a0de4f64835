"""A web server and a long line before it, for remote caches. Both listen on loopback."""
import os
import shutil
import socket
import subprocess
import time

from .clock import BenchError

CONFIG = """daemon off; master_process off; pid nginx.pid; error_log error.log warn;{user}
events {{ worker_connections 512; }}
http {{
  access_log off; default_type application/octet-stream; client_max_body_size 0; keepalive_requests 100000; sendfile on;
  client_body_temp_path temp/body; fastcgi_temp_path temp/f; proxy_temp_path temp/p; uwsgi_temp_path temp/u; scgi_temp_path temp/s;
  server {{ listen 127.0.0.1:{port}; root files; dav_methods PUT DELETE MKCOL; create_full_put_path on; }}
}}
"""


class Nginx:
    """Serves, and takes, what is in `files`."""

    available = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin") is not None

    def __init__(self, folder):
        self.folder = folder
        self.files = folder / "files"
        for name in ("files", "temp"):
            (folder / name).mkdir(parents=True, exist_ok=True)

    def __enter__(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        user = " user root;" if os.geteuid() == 0 else ""
        (self.folder / "nginx.conf").write_text(CONFIG.format(port=self.port, user=user))
        program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
        self.process = subprocess.Popen([program, "-p", str(self.folder), "-c", "nginx.conf"], stderr=subprocess.DEVNULL)
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return self
            time.sleep(0.05)
        raise BenchError(f"nginx does not listen; see {self.folder}/error.log")

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def paths(self):
        """Of all that it holds, as in a URL."""
        return sorted(str(path.relative_to(self.files)) for path in self.files.rglob("*") if path.is_file())


class Line:
    """So many milliseconds there and back to a port; any bandwidth."""

    def __init__(self, clock, port, milliseconds):
        self.words = [clock.program, "line", str(port), str(milliseconds)]

    def __enter__(self):
        self.process = subprocess.Popen(self.words, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
