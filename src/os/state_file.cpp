// SPDX-License-Identifier: MIT
#include "os/state_file.h"

#include "base/bytes.h"
#include "base/digest.h"
#include "os/file.h"

namespace stillage::os {
namespace {

constexpr std::string_view kMagic = "STLG";

/// `pieces` are the payload, behind one that is left free for the header.
Status write_payload(const std::string& path, const StateFormat& format, std::vector<std::string_view> pieces,
                     std::uint64_t size, const base::Xxh128Digest& digest) {
  base::ByteWriter header;
  header.raw(kMagic);
  header.raw(std::string_view(format.kind, 4));
  header.u32(format.version);
  header.raw(digest);
  header.u64(size);
  pieces.front() = header.bytes();
  return write_file_atomic(path, pieces, 0600);
}

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
  return write_payload(path, format, {{}, payload}, payload.size(), base::xxh128(payload));
}

Status StateFile::write(const std::string& path, const StateFormat& format,
                        const std::vector<std::string>& pieces) {
  base::Xxh128 digest;
  std::uint64_t size = 0;
  std::vector<std::string_view> all(1);
  for (const std::string& piece : pieces) {
    digest.update(piece);
    size += piece.size();
    all.push_back(piece);
  }
  return write_payload(path, format, std::move(all), size, digest.finish());
}

}  // namespace stillage::os
