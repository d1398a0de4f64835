#!/usr/bin/env python3
"""The checker must find what it is for: a planted upward include is an offence."""
import pathlib
import sys
import tempfile

from check_layers import offences

with tempfile.TemporaryDirectory() as folder:
    root = pathlib.Path(folder)
    for name, text in {
        "src/base/a.h": '#include "os/file.h"\n',
        "src/os/b.cpp": '#include "base/a.h"\n#include <curl/curl.h>\n',
        "include/stillage/c.h": '#include "base/a.h"\n',
        "src/cache/long.cpp": "\n" * 401,
        "cli/main.cpp": '#include "config/open.h"\n',
    }.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    found = sorted(offences(root))

expected = [
    "include/stillage/c.h:1: a public header may not include base",
    "src/base/a.h:1: base may not include os",
    "src/cache/long.cpp: 401 lines, more than 400",
    "src/os/b.cpp:2: only net may include curl/curl.h",
]
print("\n".join(found))
sys.exit(0 if found == expected else 1)
