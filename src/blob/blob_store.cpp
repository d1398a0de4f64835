// SPDX-License-Identifier: MIT
#include "blob/blob_store.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/strings.h"

namespace stillage::blob {
namespace {

constexpr std::size_t kMostOfKey = 512;
constexpr std::size_t kMostMetadata = 2048;

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool in_key(char c) {
  return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

bool is_metadata_name(std::string_view name) {
  const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
  return !name.empty() && name.front() >= 'a' && name.front() <= 'z' &&
         std::all_of(name.begin(), name.end(), fits);
}

bool is_metadata_value(std::string_view value) {
  const auto fits = [](char c) { return c >= ' ' && c < '\x7f'; };
  return std::all_of(value.begin(), value.end(), fits) && base::trim(value) == value;
}

}  // namespace

bool is_valid_key(std::string_view key) {
  if (key.empty() || key.size() > kMostOfKey) return false;
  for (const std::string_view segment : base::split(key, '/'))
    if (segment.empty() || segment.front() == '.' || !std::all_of(segment.begin(), segment.end(), in_key))
      return false;
  return true;
}

Outcome<void> check_key(std::string_view key) {
  if (is_valid_key(key)) return {};
  return net::failure(FailureKind::local, fmt::format("\"{}\" can't be the key of a blob",
                                                      base::printable(key.substr(0, kMostOfKey))));
}

Outcome<void> check_put(const PutOptions& options, const Traits& traits, const std::string& name) {
  if (options.mode == PutMode::replace && !traits.overwrite) return cannot(name, "replace what it has");
  if (options.mode == PutMode::if_absent && !traits.conditional)
    return cannot(name, "store a blob on condition that there is none");
  if (!options.metadata.empty() && !traits.metadata) return cannot(name, "keep metadata");
  std::size_t size = 0;
  for (const auto& [key, value] : options.metadata) {
    size += key.size() + value.size();
    if (!is_metadata_name(key) || !is_metadata_value(value))
      return net::failure(FailureKind::local,
                          fmt::format("\"{}\" can't be metadata of a blob", base::printable(key)));
  }
  if (size > kMostMetadata) return net::failure(FailureKind::local, "a blob can't have so much metadata");
  return {};
}

tl::unexpected<Failure> cannot(const std::string& name, std::string_view what) {
  return net::failure(FailureKind::unsupported, fmt::format("{} can't {}", name, what));
}

}  // namespace stillage::blob
