// SPDX-License-Identifier: MIT
// The parser of git's index and of `git ls-files -s -z`, on any bytes. The digest at the end is put to zeros,
// which stands for none, so that the fuzzer gets behind it. The first byte chooses the format.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "git/index.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace stillage;
  if (size == 0) return 0;
  const std::string body(reinterpret_cast<const char*>(data + 1), size - 1);
  const bool sha256 = (data[0] & 1) != 0;
  const std::string bytes = body + std::string(sha256 ? 32 : 20, '\0');
  const auto index =
      (data[0] & 2) != 0
          ? git::Index::parse_listing(body)
          : git::Index::parse(bytes, sha256 ? git::ObjectFormat::sha256 : git::ObjectFormat::sha1,
                              2'000'000'000'000'000'000);
  if (!index) return 0;
  const git::IndexEntry* previous = nullptr;
  for (const git::IndexEntry& entry : index->entries()) {
    if (entry.path.empty() || entry.path.find('\0') != std::string_view::npos) std::abort();
    if (previous != nullptr && entry.path < previous->path) std::abort();
    previous = &entry;
    const os::FileStat stat{.size = 1, .mtime_ns = 1'700'000'000'000'000'000, .mode = entry.mode};
    (void)index->unchanged_id(entry, stat);
  }
  return 0;
}
