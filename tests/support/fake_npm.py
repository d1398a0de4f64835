#!/usr/bin/env python3
"""Stands in for the npm client: keeps packages as files of the folder $FAKE_NPM, and does what the file `do` there says.

    publish PATH ...    keeps the package under its version
    pack NAME@VERSION   puts it into the current folder
    view NAME@VERSION   says whether it is there

`do` holds nothing, "hang", "work" (be busy for two seconds first), or a code with which to fail, and more of what npm would print:
"E401 some words". Every call is a line of the file `calls`: the arguments, the current folder and npm's settings in the
environment, as JSON.
"""
import json
import os
import pathlib
import shutil
import sys
import time

home = pathlib.Path(os.environ["FAKE_NPM"])


def fail(code, text=""):
    print(f"npm error code {code}\nnpm error errno 1\nnpm error {text}\nnpm error A complete log is elsewhere", file=sys.stderr)
    sys.exit(1)


with open(home / "calls", "a") as calls:
    settings = {k: v for k, v in os.environ.items() if k.lower().startswith("npm_config_")}
    calls.write(json.dumps({"argv": sys.argv[1:], "cwd": os.getcwd(), "settings": settings}) + "\n")
wish = (home / "do").read_text() if (home / "do").exists() else ""
if wish == "hang":
    if os.fork() == 0:  # what npm has started must end with it
        (home / "child").write_text(str(os.getpid()))
    time.sleep(60)
if wish == "work":
    end = time.monotonic() + 2
    while time.monotonic() < end:
        pass
elif wish:
    code, _, words = wish.partition(" ")
    fail(code, words)

verb, what = sys.argv[1:3]
if verb == "publish":
    import tarfile  # takes longer than all the rest

    with tarfile.open(what) as package:
        version = json.load(package.extractfile("package/package.json"))["version"]
    if (home / f"{version}.tgz").exists():
        fail("E403", "403 Forbidden - You cannot publish over the previously published versions")
    shutil.copy(what, home / f"{version}.tgz")
else:
    version = what.rsplit("@", 1)[1]
    if not (home / f"{version}.tgz").exists():
        fail("ETARGET", "No matching version found")
    if verb == "pack":
        shutil.copy(home / f"{version}.tgz", f"package-{version}.tgz")
    print(version)
