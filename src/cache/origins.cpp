// SPDX-License-Identifier: MIT
#include "cache/origins.h"

#include <algorithm>
#include <span>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/hex.h"
#include "cache/store.h"

namespace stillage::cache {
std::string origin_name(const std::vector<std::string>& parts) {
  base::ByteWriter record;
  record.text("stillage origin");
  for (const std::string& part : parts) record.text(part);
  const auto digest = base::sha256(record.bytes());
  return base::to_hex(std::span(digest).first(16));
}

Origins::Origins(std::string root, std::vector<std::string> trusted)
    : root_(std::move(root)), trusted_(std::move(trusted)) {
  std::sort(trusted_.begin(), trusted_.end());
  trusted_.erase(std::unique(trusted_.begin(), trusted_.end()), trusted_.end());
  std::vector<std::string> parts = trusted_;
  parts.insert(parts.begin(), "all of");
  of_all_ = origin_name(parts);
}

std::vector<Origins::Place> Origins::places_of(std::string_view key, std::string_view target) const {
  std::vector<std::string> origins = {""};
  if (!trusted_.empty()) {
    origins.insert(origins.end(), trusted_.begin(), trusted_.end());
    origins.push_back(of_all_);
  }
  std::vector<Place> places;
  for (const std::string& origin : origins)
    for (const std::string& bound_to : {std::string(), root_})
      places.push_back({.name = entry_name(key, target, bound_to, origin), .origin = origin});
  return places;
}

bool Origins::is_among(std::string_view origin, const std::vector<std::string>& others) const {
  const auto is_other = [&](std::string_view one) {
    return std::find(others.begin(), others.end(), one) != others.end();
  };
  return origin == of_all_ ? std::all_of(trusted_.begin(), trusted_.end(), is_other) : is_other(origin);
}

}  // namespace stillage::cache
