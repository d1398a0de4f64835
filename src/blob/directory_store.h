// SPDX-License-Identifier: MIT
#pragma once
// A folder that several machines share: a network drive, or a mounted bucket. docs/backends/folder.md has
// what lies where. Works with any number of processes at once; a blob is written aside, then renamed.

#include <atomic>
#include <memory>

#include "blob/blob_store.h"

namespace stillage::blob {

class DirectoryStore final : public BlobStore {
 public:
  /// `root` must be there whenever the store is used: a drive that is not mounted is a `transient` failure,
  /// not an empty cache, and nothing is written to where it should be.
  explicit DirectoryStore(std::string root);

  Traits traits() const override;
  std::string name() const override;
  Outcome<PutOutcome> put(const std::string& key, ByteSource& source, const PutOptions& options,
                          std::stop_token stop) override;
  Outcome<std::optional<BlobInfo>> get(const std::string& key, ByteSink& sink, std::stop_token stop) override;
  Outcome<std::optional<BlobInfo>> contains(const std::string& key, std::stop_token stop) override;
  Outcome<void> remove(const std::string& key, std::stop_token stop) override;
  Outcome<void> list(const std::string& prefix, const std::function<Outcome<void>(const ListedBlob&)>& visit,
                     std::stop_token stop) override;

 private:
  Outcome<void> check_root() const;
  Outcome<void> write_aside(const std::string& aside, ByteSource& source, const std::stop_token& stop) const;
  /// Makes the folder for what is being written, and removes what writers that died long ago left there.
  Outcome<void> prepare_incoming();
  Outcome<void> list_folder(const std::string& folder, const std::string& prefix,
                            const std::function<Outcome<void>(const ListedBlob&)>& visit,
                            const std::stop_token& stop) const;
  std::string path_of(const std::string& key) const;

  const std::string root_;
  const std::string incoming_;
  std::atomic<bool> swept_ = false;
};

}  // namespace stillage::blob
