#!/usr/bin/env python3
"""A remote cache in a folder, as an external command: a pattern for your own (docs/backends/command.md).

    "cacheStorageConfig": {"provider": "command",
                           "options": {"command": ["examples/remote_command/folder_cache.py", "/mnt/cache"]}}
"""
import os
import pathlib
import shutil
import sys
import tempfile

DONE, ABSENT, ALREADY_THERE, REFUSED, TEMPORARY = 0, 3, 4, 5, 75


def blobs(folder):
    """The files that are blobs, not those that are still being written."""
    return (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))


def get(path):
    try:
        with open(path, "rb") as file:
            shutil.copyfileobj(file, sys.stdout.buffer)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return ABSENT
    return DONE


def has(path):
    if not path.is_file():
        return ABSENT
    print(path.stat().st_size)
    return DONE


def put(path, may_replace):
    if not may_replace and path.is_file():
        return ALREADY_THERE
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, aside = tempfile.mkstemp(prefix=".", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file)
        # All of it or nothing: a caller that was killed has sent less.
        if os.path.getsize(aside) != int(os.environ["STILLAGE_BLOB_SIZE"]):
            return TEMPORARY
        if may_replace:
            os.rename(aside, path)
            return DONE
        try:
            os.link(aside, path)
            return DONE
        except FileExistsError:
            return ALREADY_THERE
    finally:
        if os.path.exists(aside):
            os.unlink(aside)


def main(folder, verb, key=""):
    folder = pathlib.Path(folder)
    path = folder / key
    if verb == "capabilities":
        print("list remove overwrite conditional")
        return DONE
    if verb == "get":
        return get(path)
    if verb == "has":
        return has(path)
    if verb in ("put", "put-new"):
        return put(path, verb == "put")
    if verb == "remove":
        path.unlink(missing_ok=True)
        return DONE
    if verb == "list":
        for blob in blobs(folder):
            name = str(blob.relative_to(folder))
            if name.startswith(key):
                print(name, blob.stat().st_size)
        return DONE
    print(f"{verb} is not known", file=sys.stderr)
    return 64


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]))
    except PermissionError as error:
        print(error, file=sys.stderr)
        sys.exit(REFUSED)
    except OSError as error:
        print(error, file=sys.stderr)
        sys.exit(TEMPORARY)
