#!/usr/bin/python3
"""OpenStack Swift as one server that speaks S3: its proxy with the s3api middleware, and one storage node.

    swift_server.py PORT DIR

Listens on that port of loopback and keeps everything below DIR. Signatures are checked: the user `cache:writer`
(an access key, with the secret key SECRET) may do everything, and `cache:reader` only read what lies in the bucket
`cache`. Blobs are replaced at once, as S3 does: whoever reads one goes on reading what it was.

Needs Debian's python3-swift, and its python.
"""
import os
import pathlib
import sys

import eventlet
import eventlet.wsgi

sys.dont_write_bytecode = True
from swift.common import utils  # noqa: E402

utils.eventlet_monkey_patch()

from swift.common import wsgi  # noqa: E402
from swift.common.ring import RingBuilder  # noqa: E402
from swift.common.swob import Request  # noqa: E402

SECRET = "Secret/Of+The/Writer"
READERS_SECRET = "Secret/Of+The/Reader"

PROXY = """
[DEFAULT]
swift_dir = {dir}
log_address = {dir}/no-log
[pipeline:main]
pipeline = catch_errors listing_formats s3api tempauth copy slo proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
node_timeout = 60
recoverable_node_timeout = 60
conn_timeout = 10
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:listing_formats]
use = egg:swift#listing_formats
[filter:s3api]
use = egg:swift#s3api
location = eu-central-1
# Tests have parts that are smaller than S3 allows.
min_segment_size = 1
[filter:tempauth]
use = egg:swift#tempauth
user_cache_writer = {secret} .admin
user_cache_reader = {readers_secret}
[filter:copy]
use = egg:swift#copy
[filter:slo]
use = egg:swift#slo
"""

NODE = """
[DEFAULT]
swift_dir = {dir}
devices = {dir}/node
mount_check = false
log_address = {dir}/no-log
[app:main]
use = egg:swift#{kind}
# Listings are to show what has just been put, however busy the machine is.
container_update_timeout = 60
node_timeout = 60
conn_timeout = 10
"""


def make_rings(folder, ports):
    for kind, port in ports.items():
        ring = RingBuilder(part_power=2, replicas=1, min_part_hours=0)
        ring.add_dev({"id": 0, "region": 1, "zone": 1, "weight": 1, "ip": "127.0.0.1", "port": port,
                      "device": "disk", "meta": "", "replication_ip": "127.0.0.1", "replication_port": port})
        ring.rebalance()
        ring.get_ring().save(str(folder / f"{kind}.ring.gz"))


class NoCache:
    """In the place of the memcached that the middlewares ask for."""

    def get(self, *_, **__):
        return None

    set = delete = get


def with_cache(app):
    return lambda environment, start: app({**environment, "swift.cache": NoCache()}, start)


def make_bucket(proxy, name):
    """Makes the bucket, as its owner, with what the other user may do."""
    made = Request.blank(
        f"/v1/AUTH_cache/{name}", headers={"X-Container-Read": "cache:reader,.rlistings"},
        environ={"REQUEST_METHOD": "PUT", "swift.authorize_override": True, "swift.authorize": lambda _: None,
                 "swift_owner": True}).get_response(proxy)
    if made.status_int // 100 != 2:
        sys.exit(f"swift makes no bucket: {made.status}\n{made.body.decode()}")


def serve(listening, app):
    eventlet.spawn(eventlet.wsgi.server, listening, app, log_output=False, debug=False)


def main():
    port, folder = int(sys.argv[1]), pathlib.Path(sys.argv[2]).absolute()
    # First of all, so that a port that is taken ends this at once.
    front = eventlet.listen(("127.0.0.1", port), reuse_port=False)
    (folder / "node" / "disk").mkdir(parents=True, exist_ok=True)
    try:
        os.setxattr(folder / "node", "user.test", b"1")
    except OSError as error:
        sys.exit(f"swift needs a file system that keeps extended attributes at {folder}: {error}; STILLAGE_TEST_DIR may "
                 "name a folder on another one")
    (folder / "swift.conf").write_text("[swift-hash]\nswift_hash_path_suffix = test\n")
    utils.set_swift_dir(str(folder))
    listening = {kind: eventlet.listen(("127.0.0.1", 0)) for kind in ("account", "container", "object")}
    make_rings(folder, {kind: socket.getsockname()[1] for kind, socket in listening.items()})
    for kind, socket in listening.items():
        (folder / f"{kind}.conf").write_text(NODE.format(dir=folder, kind=kind))
        serve(socket, wsgi.loadapp(str(folder / f"{kind}.conf")))
    (folder / "proxy.conf").write_text(PROXY.format(dir=folder, secret=SECRET, readers_secret=READERS_SECRET))
    proxy = with_cache(wsgi.loadapp(str(folder / "proxy.conf")))
    make_bucket(proxy, "cache")
    serve(front, proxy)
    while True:
        eventlet.sleep(3600)


if __name__ == "__main__":
    main()
