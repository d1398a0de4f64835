// SPDX-License-Identifier: MIT
#pragma once
// Backfill's npm packages (docs/formats/lage-npm.md), seen as a store of backfill's tars: a put makes a
// package of a tar, a get makes a tar of a package. What npm or the original would lose on its way travels
// beside the rest, so that a get gives all that was put, whoever reads the package besides.

#include <memory>
#include <string>

#include "blob/npm_client.h"

namespace stillage::cache {

/// Keys are hashes: letters, digits and '-'. Registries never replace a version, so a put of either mode
/// leaves what is there, and says so. No lists, no removal. An empty package is an empty tar.
class NpmPackageStore final : public blob::BlobStore {
 public:
  explicit NpmPackageStore(blob::NpmClientOptions options) : npm_(std::move(options)) {}

  blob::Traits traits() const override { return {.conditional = true}; }
  std::string name() const override { return npm_.name(); }
  std::uint64_t work_seen() const override { return npm_.work_seen(); }
  /// `source` is a tar of files and links; anything else is a `local` failure.
  blob::Outcome<blob::PutOutcome> put(const std::string& key, blob::ByteSource& source,
                                      const blob::PutOptions& options, std::stop_token stop) override;
  /// A package with links, devices or more than 4 GiB is a `protocol` failure: npm would not unpack it
  /// either.
  blob::Outcome<std::optional<blob::BlobInfo>> get(const std::string& key, blob::ByteSink& sink,
                                                   std::stop_token stop) override;
  blob::Outcome<std::optional<blob::BlobInfo>> contains(const std::string& key,
                                                        std::stop_token stop) override;
  blob::Outcome<void> remove(const std::string& key, std::stop_token stop) override;
  blob::Outcome<void> list(const std::string& prefix,
                           const std::function<blob::Outcome<void>(const blob::ListedBlob&)>& visit,
                           std::stop_token stop) override;

 private:
  blob::NpmClient npm_;
};

}  // namespace stillage::cache
