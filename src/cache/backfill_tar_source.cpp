// SPDX-License-Identifier: MIT
#include "cache/backfill_tar_source.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "archive/backfill_tar.h"
#include "archive/tar_header.h"
#include "base/strings.h"
#include "os/at.h"

namespace stillage::cache {
namespace {

std::uint64_t content_size(const BackfillEntry::Item& item) {
  return item.is_link ? 0 : item.content->size;
}

Status append_headers(const BackfillEntry::Item& item, std::string& out) {
  return archive::append_backfill_headers({.path = item.path,
                                           .is_link = item.is_link,
                                           .link = item.link,
                                           .mode = item.stat.mode & ~os::file_mode_mask(),
                                           .uid = item.stat.uid,
                                           .gid = item.stat.gid,
                                           .size = content_size(item),
                                           .mtime_ns = item.stat.mtime_ns},
                                          out);
}

}  // namespace

Result<BackfillTarSource> BackfillTarSource::of(const BackfillEntry& entry) {
  BackfillTarSource source(entry);
  std::string headers;
  for (const BackfillEntry::Item& item : entry.items()) {
    headers.clear();
    STILLAGE_TRY(append_headers(item, headers));
    const std::uint64_t size = content_size(item);
    source.size_ += headers.size() + size + archive::tar_padding(size);
  }
  source.size_ += archive::kTarEnd;
  return source;
}

Status BackfillTarSource::rewind() {
  next_item_ = 0;
  is_ended_ = false;
  pending_.clear();
  pending_at_ = 0;
  content_ = {};
  content_left_ = 0;
  return {};
}

Status BackfillTarSource::begin_item() {
  const BackfillEntry::Item& item = entry_->items()[next_item_++];
  STILLAGE_TRY(append_headers(item, pending_));
  content_left_ = content_size(item);
  if (content_left_ == 0) return {};
  STILLAGE_ASSIGN(content_, entry_->open_content(item));
  return {};
}

Result<bool> BackfillTarSource::advance() {
  pending_.clear();
  pending_at_ = 0;
  if (content_) {
    const BackfillEntry::Item& item = entry_->items()[next_item_ - 1];
    STILLAGE_TRY(BackfillEntry::check_content(item, content_));
    content_ = {};
    pending_.assign(archive::tar_padding(item.content->size), '\0');
  }
  if (next_item_ < entry_->items().size()) {
    STILLAGE_TRY(begin_item());
  } else if (!is_ended_) {
    STILLAGE_TRY(entry_->check_unchanged());
    pending_.append(archive::kTarEnd, '\0');
    is_ended_ = true;
  }
  return !pending_.empty();
}

Result<std::size_t> BackfillTarSource::read(std::span<char> buffer) {
  if (buffer.empty()) return 0;
  std::size_t filled = 0;
  while (filled < buffer.size()) {
    const std::span<char> room = buffer.subspan(filled);
    if (pending_at_ < pending_.size()) {
      const std::size_t size = std::min(room.size(), pending_.size() - pending_at_);
      std::memcpy(room.data(), pending_.data() + pending_at_, size);
      pending_at_ += size;
      filled += size;
    } else if (content_left_ > 0) {
      const ssize_t got =
          ::read(content_.get(), room.data(), std::min<std::uint64_t>(room.size(), content_left_));
      if (got < 0 && errno == EINTR) continue;
      const std::string& path = entry_->items()[next_item_ - 1].path;
      if (got < 0) return os::io_error("read", path);
      if (got == 0)
        return fail(ErrorKind::corrupt, base::printable(path) + " became shorter while it was being sent");
      content_left_ -= static_cast<std::uint64_t>(got);
      filled += static_cast<std::size_t>(got);
    } else {
      STILLAGE_ASSIGN(const bool is_more, advance());
      if (!is_more) break;
    }
  }
  return filled;
}

}  // namespace stillage::cache
