#!/usr/bin/env python3
"""Checks who includes whom: the table of docs/architecture.md, in code. Prints each offending line.

    check_layers.py PROJECT_ROOT
"""
import pathlib
import re
import sys

ALLOWED = {
    "base": "",
    "os": "base",
    "glob": "base os",
    "archive": "base os",
    "net": "base os",
    "blob": "base os net archive",
    "git": "base os glob",
    "workspace": "base os glob",
    "graph": "base glob workspace",
    "hasher": "base os glob git workspace",
    "cache": "base os glob archive blob",
    "watch": "base os glob git",
    "run": "base os workspace graph",
    "report": "base os graph run",
    "config": "base os glob git workspace graph hasher archive net blob cache watch run",
}
LONGEST_FILE = 400  # lines; a file past this holds more than one subject
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')
# Headers of the system or of a library that only one place may use.
ONLY_IN = {"napi.h": "node", "node_api.h": "node", "curl/curl.h": "net", "CLI/CLI.hpp": "cli"}


def folder_of(path, root):
    parts = path.relative_to(root).parts
    return parts[1] if parts[0] == "src" else "include" if parts[0] == "include" else parts[0]


def offences(root):
    root = pathlib.Path(root)
    sources = [p for top in ("src", "include", "cli") for p in sorted((root / top).rglob("*")) if p.suffix in (".h", ".cpp")]
    for path in sources:
        folder = folder_of(path, root)
        lines = path.read_text(errors="replace").splitlines()
        name = path.relative_to(root)
        if len(lines) > LONGEST_FILE:
            yield f"{name}: {len(lines)} lines, more than {LONGEST_FILE}"
        for number, line in enumerate(lines, 1):
            found = INCLUDE.match(line)
            if not found:
                continue
            included = found.group(1)
            only = ONLY_IN.get(included)
            if only and only != folder:
                yield f"{name}:{number}: only {only} may include {included}"
            other = included.split("/")[0]
            if folder == "include":
                if other in ALLOWED:
                    yield f"{name}:{number}: a public header may not include {other}"
            elif other in ALLOWED and folder in ALLOWED and other != folder and other not in ALLOWED[folder].split():
                yield f"{name}:{number}: {folder} may not include {other}"
            elif folder in ALLOWED and other == "cli":
                yield f"{name}:{number}: {folder} may not include cli"
    for path in sorted((root / "src").iterdir()):
        if path.is_dir() and path.name not in ALLOWED:
            yield f"src/{path.name}: a folder that the table does not know"


if __name__ == "__main__":
    found = list(offences(sys.argv[1]))
    print("\n".join(found) or "every include is allowed")
    sys.exit(1 if found else 0)
