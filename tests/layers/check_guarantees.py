#!/usr/bin/env python3
"""Checks that every guarantee names a test, and that the tests exist that it and docs/compatibility.md name.

    check_guarantees.py PROJECT_ROOT BUILD_FOLDER...

A guarantee is a row `| … | `test name` |` of docs/guarantees.md; names are those that `ctest -N` prints in the
build folders that there are, and those of the tests that one of these runs together. A row may name several tests, and `name*`
stands for all that start so.
"""
import functools
import json
import pathlib
import re
import subprocess
import sys

root = pathlib.Path(sys.argv[1])
builds = [folder for folder in sys.argv[2:] if pathlib.Path(folder, "CTestTestfile.cmake").exists()]


@functools.cache
def output_of(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def tests_within(test):
    """The names of the tests that one of ctest's runs together, by a filter with wildcards."""
    command = test.get("command", [])
    if not any(word.startswith("--gtest_filter=") and "*" in word for word in command):
        return
    if not pathlib.Path(command[0]).exists():  # not built here
        return
    suite = ""
    for line in output_of(*command, "--gtest_list_tests").splitlines():
        line = line.partition("#")[0].rstrip()
        if line.startswith(" "):
            yield f"{test['name'].partition('/')[0]}/{suite}{line.strip()}"
        else:
            suite = line


tests = [test for build in builds
         for test in json.loads(output_of("ctest", "--test-dir", build, "--show-only=json-v1"))["tests"]]
known = {test["name"] for test in tests}.union(*map(tests_within, tests))

rows, problems = 0, []


def check(place, name):
    exists = any(k.startswith(name[:-1]) for k in known) if name.endswith("*") else name in known
    if not exists:
        problems.append(f"{place}: there is no test called {name}")


for number, line in enumerate((root / "docs/guarantees.md").read_text().splitlines(), 1):
    if not line.startswith("|") or set(line) <= set("|-: ") or line.startswith("| Promise"):
        continue
    rows += 1
    names = re.findall(r"`([^`]+)`", line.rstrip("| ").rsplit("|", 1)[1])
    if not names:
        problems.append(f"docs/guarantees.md:{number}: names no test")
    for name in names:
        check(f"docs/guarantees.md:{number}", name)
for number, line in enumerate((root / "docs/compatibility.md").read_text().splitlines(), 1):
    for name in re.findall(r"`((?:unit|contract|compat|e2e)/[^`/]+)`", line):
        check(f"docs/compatibility.md:{number}", name)

print("\n".join(problems) or f"{rows} guarantees, each with its test")
sys.exit(1 if problems or rows == 0 else 0)
