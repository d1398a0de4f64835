// SPDX-License-Identifier: MIT
// A manifest of file digests, as anything may have left it: what is read of it is written so that it is read
// the same, without a damaged line.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "hasher/file_manifest.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  using stillage::hasher::FileManifest;
  const FileManifest manifest =
      FileManifest::parse(std::string_view(reinterpret_cast<const char*>(data), size));
  const std::string text = manifest.text();
  const FileManifest again = FileManifest::parse(text);
  if (again.damaged_lines() != 0 || again.text() != text || again.size() > manifest.size()) std::abort();
  return 0;
}
