// SPDX-License-Identifier: MIT
// A reply of Redis, as a broken or hostile server might send it: read or refused, in pieces just as whole,
// and never more than the limits allow. What is read as a string is then read as a blob's head.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "blob/redis_value.h"
#include "net/resp.h"

namespace {

using stillage::net::RespParser;
using stillage::net::RespValue;

constexpr stillage::net::RespLimits kLimits{.bytes = 4096, .values = 50, .depth = 4};

std::optional<RespValue> parse(std::string_view bytes, std::size_t piece) {
  RespParser parser(kLimits);
  while (!bytes.empty() && !parser.done()) {
    const auto taken = parser.take(bytes.substr(0, piece));
    if (!taken) return std::nullopt;
    if (*taken == 0 || *taken > std::min(piece, bytes.size())) std::abort();
    bytes.remove_prefix(*taken);
  }
  return parser.done() ? std::optional(parser.take_value()) : std::nullopt;
}

bool same(const RespValue& a, const RespValue& b) {
  return a.type == b.type && a.text == b.text && a.number == b.number &&
         std::equal(a.items.begin(), a.items.end(), b.items.begin(), b.items.end(), same);
}

std::size_t count_bytes(const RespValue& value) {
  std::size_t bytes = value.text.size();
  for (const RespValue& item : value.items) bytes += count_bytes(item);
  return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto whole = parse(bytes, size + 1);
  const auto single = parse(bytes, 1);
  if (whole.has_value() != single.has_value()) std::abort();
  if (!whole) return 0;
  if (!same(*whole, *single) || count_bytes(*whole) > kLimits.bytes) std::abort();
  const auto head = stillage::blob::parse_redis_head(whole->text);
  if (head && head->length > whole->text.size()) std::abort();
  return 0;
}
