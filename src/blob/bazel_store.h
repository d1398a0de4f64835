// SPDX-License-Identifier: MIT
#pragma once
// Bazel's HTTP caching protocol over a plain HTTP cache, for servers that know no other: the blob is
// `cas/<SHA-256 of the blob>`, and what names it is `ac/<SHA-256 of the key>`. See docs/backends/http.md.

#include "blob/forwarding_store.h"

namespace stillage::blob {

class BazelStore final : public ForwardingStore {
 public:
  /// `inner` is the store below whose place "ac" and "cas" lie.
  explicit BazelStore(std::shared_ptr<BlobStore> inner) : ForwardingStore(std::move(inner)) {}

  /// Neither lists, as keys can't be told from their digests, nor metadata.
  Traits traits() const override;

  /// The content goes first. With if_absent, one that is not needed in the end stays there for the server to
  /// drop.
  Outcome<PutOutcome> put(const std::string& key, ByteSource& source, const PutOptions& options,
                          std::stop_token stop) override;
  /// A content that is not what its digest says is a `protocol` failure; one that the server has dropped is a
  /// miss.
  Outcome<std::optional<BlobInfo>> get(const std::string& key, ByteSink& sink, std::stop_token stop) override;
  Outcome<std::optional<BlobInfo>> contains(const std::string& key, std::stop_token stop) override;
  /// Removes what names the content; the content may have other names.
  Outcome<void> remove(const std::string& key, std::stop_token stop) override;
  Outcome<void> list(const std::string& prefix, const std::function<Outcome<void>(const ListedBlob&)>& visit,
                     std::stop_token stop) override;
};

}  // namespace stillage::blob
