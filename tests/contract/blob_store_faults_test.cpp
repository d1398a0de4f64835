// SPDX-License-Identifier: MIT
// The stores of this project under the fault suite, each with a proxy in front of its real server.
#include "contract/blob_store_faults.h"

#include "blob/azure_store.h"
#include "blob/http_store.h"
#include "blob/redis_store.h"
#include "blob/s3_store.h"
#include "blob/turbo_store.h"
#include "support/azurite.h"
#include "support/nginx.h"
#include "support/redis_server.h"
#include "support/s3_server.h"
#include "support/shared_server.h"
#include "support/turbo_server.h"

namespace stillage::test {
namespace {

using blob::BlobStore;
using net::HttpDeadlines;

const std::string kSecret = "sekret";

std::string at(std::uint16_t port) {
  return "http://127.0.0.1:" + std::to_string(port);
}

class FaultyHttp final : public FaultyPlace {
 public:
  std::string secret() const override { return kSecret; }
  std::uint16_t port() const override { return nginx_.port(); }
  std::shared_ptr<BlobStore> open(std::uint16_t port, const HttpDeadlines& deadlines) override {
    return std::make_shared<blob::HttpStore>(
        std::make_shared<net::HttpClient>(),
        blob::HttpStoreOptions{
            .url = *net::Url::parse(at(port)), .bearer_token = kSecret, .deadlines = deadlines});
  }

 private:
  Nginx& nginx_ = shared<Nginx>("http");
};

/// Faults under TLS: what goes wrong on the line, before and after the handshake.
class FaultyHttps final : public FaultyPlace {
 public:
  std::uint16_t port() const override { return nginx_.port(); }
  FaultProxy::Level level() const override { return FaultProxy::Level::raw; }
  std::shared_ptr<BlobStore> open(std::uint16_t port, const HttpDeadlines& deadlines) override {
    net::HttpClientOptions client;
    client.tls.ca_file = nginx_.ca_file();
    return std::make_shared<blob::HttpStore>(
        std::make_shared<net::HttpClient>(client),
        blob::HttpStoreOptions{.url = *net::Url::parse("https://127.0.0.1:" + std::to_string(port)),
                               .bearer_token = kSecret,
                               .deadlines = deadlines});
  }

 private:
  const Nginx& nginx_ = shared<Nginx>("https", NginxOptions{.tls = true});
};

class FaultyAzure final : public FaultyPlace {
 public:
  /// With `part_size` for all, or 0 for one request each way.
  explicit FaultyAzure(std::uint64_t part_size) : part_size_(part_size) {}
  std::string secret() const override { return sas_.substr(sas_.find("sig=")); }
  std::uint16_t port() const override { return azurite_.port(); }
  std::shared_ptr<BlobStore> open(std::uint16_t port, const HttpDeadlines& deadlines) override {
    blob::AzureStoreOptions options{.account = azurite_.account(), .container = azurite_.container()};
    options.account.key.clear();
    options.account.sas = sas_;
    // The signature is over the path, not over the port.
    options.account.endpoint = *net::Url::parse(at(port) + options.account.endpoint.path());
    options.deadlines = deadlines;
    options.part_retry.first_backoff = std::chrono::milliseconds(10);
    if (part_size_ != 0) {
      options.single_put = 0;
      options.upload = options.download = {.size = part_size_, .at_once = 3};
    } else {
      options.download.at_once = 1;
    }
    return std::make_shared<blob::AzureStore>(azurite_.client(), options);
  }

 private:
  const std::uint64_t part_size_;
  Azurite& azurite_ = shared<Azurite>("azure");
  const std::string sas_ = azurite_.sas();
};

class FaultyS3 final : public FaultyPlace {
 public:
  explicit FaultyS3(std::uint64_t part_size) : part_size_(part_size) {}
  std::string secret() const override { return kSecret; }
  std::uint16_t port() const override { return server_.port(); }
  std::shared_ptr<BlobStore> open(std::uint16_t port, const HttpDeadlines& deadlines) override {
    blob::S3StoreOptions options{.endpoint = *net::Url::parse(at(port)),
                                 .bucket = server_.bucket(),
                                 .region = S3Server::region(),
                                 .credentials = [](std::stop_token) -> blob::Outcome<blob::AwsCredentials> {
                                   return S3Server::credentials(kSecret);
                                 },
                                 .addressing = blob::S3Addressing::path};
    options.deadlines = deadlines;
    options.part_retry.first_backoff = std::chrono::milliseconds(10);
    if (part_size_ != 0) {
      options.single_put = part_size_;
      options.upload = options.download = {.size = part_size_, .at_once = 3};
    } else {
      options.download.at_once = 1;
    }
    return *blob::S3Store::open(std::make_shared<net::HttpClient>(), options);
  }

 private:
  const std::uint64_t part_size_;
  S3Server& server_ = shared<S3Server>("s3");
};

class FaultyRedis final : public FaultyPlace {
 public:
  std::uint16_t port() const override { return server_.port(); }
  FaultProxy::Level level() const override { return FaultProxy::Level::raw; }
  std::shared_ptr<BlobStore> open(std::uint16_t port, const HttpDeadlines& deadlines) override {
    net::RedisClientOptions client = server_.client_options();
    client.url = *net::Url::parse("redis://127.0.0.1:" + std::to_string(port));
    client.deadlines = deadlines;
    return std::make_shared<blob::RedisStore>(std::make_shared<net::RedisClient>(client),
                                              blob::RedisStoreOptions{});
  }

 private:
  RedisServer& server_ = shared<RedisServer>("redis");
};

class FaultyTurbo final : public FaultyPlace {
 public:
  std::string secret() const override { return TurboServer::token(); }
  bool announces_length() const override { return false; }
  std::uint16_t port() const override { return server_.port(); }
  std::shared_ptr<BlobStore> open(std::uint16_t port, const HttpDeadlines& deadlines) override {
    blob::TurboStoreOptions options{.url = *net::Url::parse(at(port))};
    options.token = TurboServer::token();
    options.team_id = "team_faults";
    options.deadlines = deadlines;
    return std::make_shared<blob::TurboStore>(std::make_shared<net::HttpClient>(), options);
  }

 private:
  TurboServer& server_ = shared<TurboServer>("turborepo");
};

template <class Place, class... Options>
FaultCase a_case(std::string name, Options... options) {
  return {std::move(name), [=] { return std::make_unique<Place>(options...); }};
}

INSTANTIATE_TEST_SUITE_P(Stores, BlobStoreFaults,
                         ::testing::Values(a_case<FaultyHttp>("http"), a_case<FaultyHttps>("https"),
                                           a_case<FaultyAzure>("azure", std::uint64_t{0}),
                                           a_case<FaultyAzure>("azure_in_parts", std::uint64_t{250'000}),
                                           a_case<FaultyRedis>("redis"), a_case<FaultyTurbo>("turborepo"),
                                           a_case<FaultyS3>("s3", std::uint64_t{0}),
                                           a_case<FaultyS3>("s3_in_parts", std::uint64_t{250'000})),
                         [](const auto& instance) { return instance.param.name; });

}  // namespace
}  // namespace stillage::test
