#!/usr/bin/env bash
# Installs the build to a prefix of its own, then builds and runs the consumer against it.
set -euo pipefail
build="$1" scratch="$2" cmake="$3" here="$(cd "$(dirname "$0")" && pwd)"
rm -rf "$scratch/prefix" "$scratch/consumer"
"$cmake" --install "$build" --prefix "$scratch/prefix" >/dev/null
"$cmake" -S "$here/consumer" -B "$scratch/consumer" -G Ninja -DCMAKE_PREFIX_PATH="$scratch/prefix" >/dev/null
"$cmake" --build "$scratch/consumer"
"$scratch/consumer/consumer"
