// SPDX-License-Identifier: MIT
// package.json: whatever the bytes, a package or an error.
#include <cstddef>
#include <cstdint>

#include "workspace/local_dependencies.h"
#include "workspace/package_json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace stillage::workspace;
  const auto file = parse_package_json({reinterpret_cast<const char*>(data), size}, "package.json");
  if (!file) return 0;
  for (const auto& dependency : file->package.dependencies) local_path(dependency.range, "packages/a");
  return 0;
}
