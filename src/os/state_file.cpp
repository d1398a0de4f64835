// SPDX-License-Identifier: MIT
#include "os/state_file.h"

#include "base/bytes.h"
#include "base/digest.h"
#include "os/file.h"

namespace stillage::os {
namespace {

constexpr std::string_view kMagic = "STLG";

}  // namespace

std::optional<StateFile> StateFile::read(const std::string& path, const StateFormat& format) {
  auto mapped = MappedFile::open(path);
  if (!mapped || !*mapped) return std::nullopt;
  base::ByteReader reader((*mapped)->bytes());
  const bool is_ours = reader.raw(kMagic.size()) == kMagic &&
                       reader.raw(4) == std::string_view(format.kind, 4) && reader.u32() == format.version;
  base::Xxh128Digest expected;
  reader.raw(expected);
  const std::string_view payload = reader.text();
  if (!is_ours || !reader.ok() || !reader.at_end() || base::xxh128(payload) != expected) return std::nullopt;
  return StateFile(std::move(**mapped), payload);
}

Status StateFile::write(const std::string& path, const StateFormat& format, std::string_view payload) {
  base::ByteWriter writer;
  writer.raw(kMagic);
  writer.raw(std::string_view(format.kind, 4));
  writer.u32(format.version);
  writer.raw(base::xxh128(payload));
  writer.text(payload);
  return write_file_atomic(path, writer.bytes(), 0600);
}

}  // namespace stillage::os
