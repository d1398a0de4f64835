// SPDX-License-Identifier: MIT
#include "cache/entry_file.h"

#include <fcntl.h>
#include <fmt/format.h>

#include "os/at.h"
#include "os/file.h"

namespace stillage::cache {

EntryFile::EntryFile(std::shared_ptr<Store> store, Store::Opened opened)
    : store_(std::move(store)),
      name_(std::move(opened.name)),
      mark_(opened.mark),
      slot_(store_->take_slot()) {
  if (slot_) kept_ = std::move(opened.file);
}

EntryFile::EntryFile(std::shared_ptr<Store> store, std::string name, const EntryMark& mark)
    : store_(std::move(store)), name_(std::move(name)), mark_(mark) {}

Result<Store::Opened> EntryFile::open() {
  if (kept_) {
    Store::Opened opened;
    opened.name = name_;
    opened.mark = mark_;
    // Readers say where they read, so that they may share a file description.
    opened.file = os::Fd(::fcntl(kept_.get(), F_DUPFD_CLOEXEC, 0));
    if (opened.file) return opened;
  }
  STILLAGE_ASSIGN(auto opened, store_->open_entry(name_));
  if (!opened) return fail(ErrorKind::corrupt, "the entry is no longer in the store");
  // Replaced since: then it has to be looked at anew.
  if (opened->mark != mark_) return fail(ErrorKind::corrupt, "the entry is no longer the one that was found");
  return std::move(*opened);
}

Result<archive::EntryReader> EntryFile::read() {
  const std::lock_guard lock(mutex_);
  STILLAGE_ASSIGN(Store::Opened opened, open());
  auto reader = archive::EntryReader::open(std::move(opened.file), "entry " + name_);
  if (reader && store_->is_verified(name_, mark_)) return reader;
  const Status verified = reader ? reader->verify() : tl::make_unexpected(reader.error());
  if (!verified) {
    if (verified.error().kind == ErrorKind::corrupt) report_damage(verified.error().message);
    return tl::make_unexpected(verified.error());
  }
  store_->set_verified(name_, mark_);
  return reader;
}

Status EntryFile::with_path(const std::function<Status(const std::string&)>& use) {
  const std::lock_guard lock(mutex_);
  STILLAGE_ASSIGN(const Store::Opened opened, open());
  return use(os::path_of_fd(opened.file.get()));
}

void EntryFile::report_damage(const std::string& reason) {
  store_->quarantine(name_, mark_, reason);
}

}  // namespace stillage::cache
