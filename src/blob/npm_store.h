// SPDX-License-Identifier: MIT
#pragma once
// Blobs in an npm registry: each is a version of one package (docs/backends/npm.md has the layout).
// Registries keep what they have: nothing is replaced, removed or listed.

#include <memory>
#include <string>

#include "blob/blob_store.h"
#include "blob/npm_client.h"

namespace stillage::blob {

/// Blobs of more than kLargestNpmPackage, less what a package has besides, are `too_large`.
class NpmStore final : public BlobStore {
 public:
  explicit NpmStore(NpmClientOptions options) : npm_(std::move(options)) {}

  Traits traits() const override { return {.conditional = true}; }
  std::string name() const override { return npm_.name(); }
  std::uint64_t work_seen() const override { return npm_.work_seen(); }
  Outcome<PutOutcome> put(const std::string& key, ByteSource& source, const PutOptions& options,
                          std::stop_token stop) override;
  Outcome<std::optional<BlobInfo>> get(const std::string& key, ByteSink& sink, std::stop_token stop) override;
  Outcome<std::optional<BlobInfo>> contains(const std::string& key, std::stop_token stop) override;
  Outcome<void> remove(const std::string& key, std::stop_token stop) override;
  Outcome<void> list(const std::string& prefix, const std::function<Outcome<void>(const ListedBlob&)>& visit,
                     std::stop_token stop) override;

 private:
  NpmClient npm_;
};

}  // namespace stillage::blob
