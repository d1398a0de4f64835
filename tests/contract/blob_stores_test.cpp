// SPDX-License-Identifier: MIT
// The stores of this project under the contract, each on its real server.
#include "blob/breaker_store.h"
#include "blob/directory_store.h"
#include "blob/http_store.h"
#include "blob/max_size_store.h"
#include "blob/metered_store.h"
#include "blob/prefix_store.h"
#include "blob/retry_store.h"
#include "contract/blob_store_contract.h"
#include "support/nginx.h"
#include "support/temp_dir.h"

namespace stillage::test {
namespace {

class DirectoryPlace final : public BlobPlace {
 public:
  std::shared_ptr<blob::BlobStore> open() override {
    return std::make_shared<blob::DirectoryStore>(dir_.path());
  }

 private:
  TempDir dir_;
};

class HttpPlace final : public BlobPlace {
 public:
  explicit HttpPlace(NginxOptions options) : options_(options), nginx_(options) {}
  std::shared_ptr<blob::BlobStore> open() override {
    net::HttpClientOptions client;
    if (options_.tls) client.tls.ca_file = nginx_.ca_file();
    if (options_.client_certificates) {
      client.tls.client_certificate = nginx_.client_certificate();
      client.tls.client_key = nginx_.client_key();
    }
    blob::HttpStoreOptions options{.url = net::Url::parse(nginx_.url())->below("cache")};
    // nginx makes the folder that the URL names only along with the first blob.
    options.make_collections = !options_.makes_folders;
    if (options.make_collections) options.url = *net::Url::parse(nginx_.url());
    return std::make_shared<blob::HttpStore>(std::make_shared<net::HttpClient>(client), options);
  }

 private:
  const NginxOptions options_;
  Nginx nginx_;
};

/// A folder behind everything that a remote is wrapped in.
class DecoratedPlace final : public BlobPlace {
 public:
  std::shared_ptr<blob::BlobStore> open() override {
    std::shared_ptr<blob::BlobStore> store = std::make_shared<blob::DirectoryStore>(dir_.path());
    store = std::make_shared<blob::BreakerStore>(store, blob::BreakerOptions{});
    store = std::make_shared<blob::RetryStore>(store, blob::RetryOptions{});
    store = std::make_shared<blob::MaxSizeStore>(store, 4ULL << 30);
    store = std::make_shared<blob::MeteredStore>(store);
    return *blob::PrefixStore::open(store, "a-zone");
  }

 private:
  TempDir dir_;
};

template <class Place, class... Options>
BlobStoreCase a_case(std::string name, Options... options) {
  return {std::move(name), [=] { return std::make_unique<Place>(options...); }};
}

INSTANTIATE_TEST_SUITE_P(
    Stores, BlobStoreContract,
    ::testing::Values(a_case<DirectoryPlace>("directory"), a_case<DecoratedPlace>("decorated"),
                      a_case<HttpPlace>("http", NginxOptions{}),
                      a_case<HttpPlace>("webdav", NginxOptions{.makes_folders = false}),
                      a_case<HttpPlace>("https", NginxOptions{.tls = true, .client_certificates = true})),
    [](const auto& instance) { return instance.param.name; });

}  // namespace
}  // namespace stillage::test
