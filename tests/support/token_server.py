#!/usr/bin/env python3
"""A login service over TLS that gives tokens which Azurite takes (their signature is not checked there).

    token_server.py CERTIFICATE KEY CLIENT_ID CLIENT_SECRET

Commands come as JSON lines on descriptor 4, each answered by a line on descriptor 3 with how many questions there
have been; the first line there is the port that it listens on. `{"expired": N}`: the next N tokens have expired,
though the answer says that they are good for an hour. `{"status": S, "times": N}`: the next N answers are S.
"""
import base64
import http.server
import json
import os
import ssl
import sys
import threading
import time
import urllib.parse

CERTIFICATE, KEY, CLIENT_ID, CLIENT_SECRET = sys.argv[1:5]
lock, plan = threading.Lock(), {"asked": 0, "expired": 0, "times": 0, "status": 200}


def coded(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def token(expired, number):
    now = int(time.time()) - (7200 if expired else 0)
    claims = {"aud": "https://storage.azure.com", "iss": "https://sts.windows.net/a-tenant/", "iat": now - 60,
              "nbf": now - 60, "exp": now + 3600, "number": number}
    return ".".join([coded({"alg": "RS256", "typ": "JWT"}), coded(claims), "unsigned"])


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        form = urllib.parse.parse_qs(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode())
        with lock:
            plan["asked"] += 1
            number, status = plan["asked"], plan["status"] if plan["times"] > 0 else 200
            plan["times"] -= 1
            expired = status == 200 and plan["expired"] > 0
            plan["expired"] -= expired
        if status != 200:
            return self.answer(status, {"error": "temporarily_unavailable"})
        wanted = {"client_id": [CLIENT_ID], "client_secret": [CLIENT_SECRET], "grant_type": ["client_credentials"],
                  "scope": ["https://storage.azure.com/.default"]}
        if self.path != "/a-tenant/oauth2/v2.0/token" or form != wanted:
            # Servers have been seen to repeat what they were asked.
            return self.answer(401, {"error": "invalid_client", "error_description": "AADSTS7000215: " + str(form)})
        return self.answer(200, {"token_type": "Bearer", "expires_in": 3599, "access_token": token(expired, number)})

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(CERTIFICATE, KEY)
server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
threading.Thread(target=server.serve_forever, daemon=True).start()
answers, questions = os.fdopen(3, "w"), os.fdopen(4)
print(server.server_address[1], file=answers, flush=True)
for line in questions:
    with lock:
        plan.update(json.loads(line))
        print(plan["asked"], file=answers, flush=True)
