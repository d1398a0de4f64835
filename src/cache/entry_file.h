// SPDX-License-Identifier: MIT
#pragma once
// One entry of the store as a hit holds it: kept open while there are few, opened again by name otherwise,
// and never trusted before its digest was checked once in this process.

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "archive/entry_reader.h"
#include "cache/store.h"
#include "stillage/result.h"

namespace stillage::cache {

class EntryFile {
 public:
  EntryFile(std::shared_ptr<Store> store, Store::Opened opened);
  /// One that is opened when it is needed.
  EntryFile(std::shared_ptr<Store> store, std::string name, const EntryMark& mark);

  const EntryMark& mark() const { return mark_; }
  const std::string& name() const { return name_; }

  /// A reader of the verified entry. A damaged entry goes to the quarantine and is a `corrupt` error, as is
  /// one that has vanished.
  Result<archive::EntryReader> read();
  /// Calls `use` with a path at which the entry can be opened meanwhile.
  Status with_path(const std::function<Status(const std::string&)>& use);
  /// Whether it lies in the store of that folder.
  bool is_in(const Store& store) const { return store_->folder() == store.folder(); }
  /// To be called when something deeper than the digest turned out to be wrong.
  void report_damage(const std::string& reason);

 private:
  Result<Store::Opened> open();

  std::shared_ptr<Store> store_;
  std::string name_;
  EntryMark mark_;
  std::mutex mutex_;
  std::unique_ptr<Store::Slot> slot_;
  os::Fd kept_;
};

}  // namespace stillage::cache
