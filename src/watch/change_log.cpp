// SPDX-License-Identifier: MIT
#include "watch/change_log.h"

namespace stillage::watch {

void ChangeLog::add(std::string_view path) {
  const std::uint64_t time = tick();
  if (const auto known = by_path_.find(path); known != by_path_.end()) {
    auto entry = by_time_.extract(known->second);
    entry.key() = time;
    by_time_.insert(std::move(entry));
    known->second = time;
    return;
  }
  by_path_.emplace(path, time);
  by_time_.emplace(time, path);
  if (by_time_.size() <= most_paths_) return;
  const auto oldest = by_time_.begin();
  forgotten_ = oldest->first;
  by_path_.erase(oldest->second);
  by_time_.erase(oldest);
}

ChangeLog::Since ChangeLog::since(std::uint64_t time, std::size_t at_most) const {
  Since since;
  if (time < forgotten_ || time > now_) {
    since.is_known = false;
    return since;
  }
  for (auto at = by_time_.upper_bound(time); at != by_time_.end(); ++at) {
    if (since.paths.size() == at_most) {
      since.is_cut = true;
      break;
    }
    since.paths.push_back(at->second);
  }
  return since;
}

}  // namespace stillage::watch
