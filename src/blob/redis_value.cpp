// SPDX-License-Identifier: MIT
#include "blob/redis_value.h"

#include <random>

#include "base/bytes.h"
#include "base/strings.h"

namespace stillage::blob {
namespace {

constexpr std::string_view kMagic = "stillage blob 1\n";
/// No string of Redis is larger.
constexpr std::uint64_t kLargest = 1ULL << 40;
static_assert(kMagic.size() == RedisHead::kPutOffset);

std::string random_number() {
  std::random_device random;
  base::ByteWriter bytes;
  for (std::size_t i = 0; i < RedisHead::kPutSize / sizeof(std::uint32_t); ++i) bytes.u32(random());
  return bytes.take();
}

tl::unexpected<Failure> bad() {
  return net::failure(FailureKind::protocol, "what lies there is no blob of ours");
}

}  // namespace

std::string make_redis_head(std::uint64_t size, const Metadata& metadata) {
  std::string lines;
  for (const auto& [name, value] : metadata) lines.append(name).append("=").append(value).append("\n");
  base::ByteWriter head;
  head.raw(kMagic);
  head.raw(random_number());
  head.u64(size);
  head.u32(static_cast<std::uint32_t>(lines.size()));
  head.raw(lines);
  return head.take();
}

std::optional<std::uint64_t> redis_blob_size(std::string_view fixed) {
  if (fixed.size() < RedisHead::kFixedSize || !fixed.starts_with(kMagic)) return std::nullopt;
  const std::uint64_t size =
      base::ByteReader(fixed.substr(RedisHead::kPutOffset + RedisHead::kPutSize)).u64();
  if (size > kLargest) return std::nullopt;
  return size;
}

Outcome<RedisHead> parse_redis_head(std::string_view value) {
  const auto size = redis_blob_size(value);
  if (!size) return bad();
  RedisHead head;
  head.size = *size;
  head.put = value.substr(RedisHead::kPutOffset, RedisHead::kPutSize);
  base::ByteReader reader(value.substr(RedisHead::kFixedSize - sizeof(std::uint32_t)));
  const std::uint32_t length = reader.u32();
  std::string_view lines = reader.raw(length);
  if (!reader.ok() || length > RedisHead::kLongest - RedisHead::kFixedSize) return bad();
  while (!lines.empty()) {
    const std::size_t end = lines.find('\n');
    const std::string_view line = lines.substr(0, end);
    const std::size_t equals = line.find('=');
    if (end == std::string_view::npos || equals == std::string_view::npos) return bad();
    head.metadata.emplace(line.substr(0, equals), line.substr(equals + 1));
    lines.remove_prefix(end + 1);
  }
  head.length = RedisHead::kFixedSize + length;
  return head;
}

}  // namespace stillage::blob
