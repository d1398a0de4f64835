// SPDX-License-Identifier: MIT
#pragma once
// A remote cache that speaks Turborepo's protocol (/v8/artifacts): Vercel's, or one of the free servers. See
// docs/backends/turborepo.md.

#include <memory>
#include <string>

#include "blob/blob_store.h"
#include "net/http_client.h"

namespace stillage::blob {

struct TurboStoreOptions {
  net::Url url;            ///< "https://vercel.com/api": what "/v8/artifacts" comes after
  std::string token = {};  ///< "" is none
  std::string team_id = {};
  std::string team = {};  ///< its name, which the protocol calls slug
  /// Artifacts are signed with it, and those without its signature are refused; "" is no signatures.
  std::string signature_key = {};
  std::string client_ci = {};  ///< the name of the CI that we run in, for the server's records
  net::HttpDeadlines deadlines = {};
};

/// The name under which a server knows the blob: SHA-256 of the key, in hex.
std::string turbo_hash(const std::string& key);

class TurboStore final : public BlobStore {
 public:
  TurboStore(std::shared_ptr<net::HttpClient> client, TurboStoreOptions options)
      : client_(std::move(client)), options_(std::move(options)) {}

  Traits traits() const override { return {.overwrite = true}; }
  std::string name() const override;
  Outcome<PutOutcome> put(const std::string& key, ByteSource& source, const PutOptions& options,
                          std::stop_token stop) override;
  /// A blob whose signature is missing or wrong is a `protocol` failure.
  Outcome<std::optional<BlobInfo>> get(const std::string& key, ByteSink& sink, std::stop_token stop) override;
  /// Its size is not told; a signature is not looked at.
  Outcome<std::optional<BlobInfo>> contains(const std::string& key, std::stop_token stop) override;
  Outcome<void> remove(const std::string& key, std::stop_token stop) override;
  Outcome<void> list(const std::string& prefix, const std::function<Outcome<void>(const ListedBlob&)>& visit,
                     std::stop_token stop) override;

  /// What the server says of the cache: "enabled", "disabled", "over_limit", "paused". Failures as get(), and
  /// `protocol` for an answer that says nothing of that.
  Outcome<std::string> status(std::stop_token stop = {});

 private:
  net::HttpRequest request(std::string method, const std::string& below) const;

  const std::shared_ptr<net::HttpClient> client_;
  const TurboStoreOptions options_;
};

}  // namespace stillage::blob
