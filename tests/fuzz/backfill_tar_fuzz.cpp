// SPDX-License-Identifier: MIT
// Tars from nowhere, through the reader that remote caches of backfill's format have. The first byte says in
// what pieces the rest comes, and whether checksums are mended first, which a fuzzer can't guess.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "archive/tar_reader.h"
#include "base/strings.h"

namespace {

using namespace stillage;

void require(bool condition) {
  if (!condition) std::abort();
}

/// Sees to it that what is said of a member is so.
class StrictVisitor : public archive::TarVisitor {
 public:
  Status begin(const archive::TarMember& member) override {
    require(!is_open_);
    is_open_ = true;
    left_ = member.size;
    require(member.path.size() <= 4095 && member.path.find('\0') == std::string::npos);
    require(!member.path.starts_with('/') && !member.path.ends_with('/'));
    if (!member.path.empty())
      for (const std::string_view segment : base::split(member.path, '/'))
        require(!segment.empty() && segment != "." && segment != ".." && segment.size() <= 255);
    require(!member.path.empty() || member.kind == archive::TarKind::directory);
    require(member.kind == archive::TarKind::file || member.size == 0);
    require(member.link.find('\0') == std::string::npos && member.mode <= 07777);
    seen += member.path + '\n' + member.link + '\n';
    return {};
  }
  Status write(std::string_view bytes) override {
    require(is_open_ && !bytes.empty() && bytes.size() <= left_);
    left_ -= bytes.size();
    seen += bytes;
    return {};
  }
  Status end(const archive::TarMember& /*member*/) override {
    require(is_open_ && left_ == 0);
    is_open_ = false;
    return {};
  }
  std::string seen;

 private:
  bool is_open_ = false;
  std::uint64_t left_ = 0;
};

bool read(std::string_view tar, std::size_t piece, std::string& seen) {
  StrictVisitor visitor;
  archive::TarReader reader(visitor);
  bool is_good = true;
  for (std::size_t at = 0; is_good && at < tar.size(); at += piece)
    is_good = reader.feed(tar.substr(at, piece)).has_value();
  if (!is_good) require(!reader.feed(tar.substr(0, 1)).has_value());
  seen = visitor.seen;
  return is_good && reader.finish().has_value();
}

void mend_checksums(std::string& tar) {
  for (std::size_t at = 0; at + 512 <= tar.size(); at += 512) {
    if (tar.compare(at + 257, 5, "ustar") != 0) continue;
    unsigned sum = 8 * ' ';
    for (std::size_t i = 0; i < 512; ++i)
      if (i < 148 || i >= 156) sum += static_cast<unsigned char>(tar[at + i]);
    char digits[16];
    std::snprintf(digits, sizeof digits, "%06o", sum);
    tar.replace(at + 148, 8, std::string(digits, 6) + std::string(" \0", 2));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::string tar(reinterpret_cast<const char*>(data) + 1, size - 1);
  if ((data[0] & 0x80) != 0) mend_checksums(tar);
  std::string whole;
  std::string pieces;
  const bool is_good = read(tar, tar.size() + 1, whole);
  require(read(tar, 1 + (data[0] & 0x7f) * 5, pieces) == is_good);
  require(whole == pieces);
  return 0;
}
