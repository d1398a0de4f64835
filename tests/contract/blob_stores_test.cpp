// SPDX-License-Identifier: MIT
// The stores of this project under the contract, each on its real server. A server is started once and serves
// all tests of this program, each of which has a place of its own on it.
#include <filesystem>

#include "blob/azure_identity.h"
#include "blob/azure_store.h"
#include "blob/bazel_store.h"
#include "blob/breaker_store.h"
#include "blob/command_store.h"
#include "blob/directory_store.h"
#include "blob/http_store.h"
#include "blob/max_size_store.h"
#include "blob/metered_store.h"
#include "blob/prefix_store.h"
#include "blob/redis_store.h"
#include "blob/retry_store.h"
#include "blob/s3_store.h"
#include "blob/turbo_store.h"
#include "contract/blob_store_contract.h"
#include "os/command.h"
#include "support/azurite.h"
#include "support/nginx.h"
#include "support/patient.h"
#include "support/redis_server.h"
#include "support/s3_server.h"
#include "support/shared_server.h"
#include "support/temp_dir.h"
#include "support/token_server.h"
#include "support/turbo_server.h"

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
  explicit HttpPlace(NginxOptions options)
      : options_(options),
        nginx_(shared<Nginx>((options.tls ? "tls" : "") + std::string(options.makes_folders ? "1" : "0"),
                             options)) {
    // nginx makes the folder that the URL names only along with the first blob.
    if (!options.makes_folders) std::filesystem::create_directory(nginx_.files() + "/" + place_);
  }
  std::shared_ptr<blob::BlobStore> open() override {
    net::HttpClientOptions client;
    if (options_.tls) client.tls.ca_file = nginx_.ca_file();
    if (options_.client_certificates) {
      client.tls.client_certificate = nginx_.client_certificate();
      client.tls.client_key = nginx_.client_key();
    }
    blob::HttpStoreOptions options{.url = net::Url::parse(nginx_.url())->below(place_)};
    options.deadlines = kPatient;
    options.make_collections = !options_.makes_folders;
    return std::make_shared<blob::HttpStore>(std::make_shared<net::HttpClient>(client), options);
  }

 private:
  const NginxOptions options_;
  const std::string place_ = new_place();
  Nginx& nginx_;
};

/// Bazel's layout on a WebDAV server, with a password.
class BazelPlace final : public BlobPlace {
 public:
  std::shared_ptr<blob::BlobStore> open() override {
    const auto url = net::Url::parse("http://me:sesame@127.0.0.1:" + std::to_string(nginx_.port()));
    return std::make_shared<blob::BazelStore>(std::make_shared<blob::HttpStore>(
        std::make_shared<net::HttpClient>(),
        blob::HttpStoreOptions{.url = url->below(place_), .deadlines = kPatient}));
  }

 private:
  const std::string place_ = new_place();
  Nginx& nginx_ = shared<Nginx>("password", NginxOptions{.basic_auth = "me:sesame"});
};

/// On a folder, where artifacts are signed: this is not the way to keep them whole, but tells when they are
/// not. On S3, where they are not.
class TurboPlace final : public BlobPlace {
 public:
  explicit TurboPlace(std::string signature_key)
      : signature_key_(signature_key), server_(server(signature_key)) {}
  std::shared_ptr<blob::BlobStore> open() override {
    blob::TurboStoreOptions options{.url = *net::Url::parse(server_.url())};
    options.token = TurboServer::token();
    options.team_id = team_;
    options.signature_key = signature_key_;
    options.deadlines = kPatient;
    return std::make_shared<blob::TurboStore>(std::make_shared<net::HttpClient>(), options);
  }
  // It writes an artifact to the file that it reads from, answers 500 at times while it does, does not say
  // how long the file is, and keeps the signature in another.
  ServerDefects defects() const override { return {.gaps = true}; }
  ContractScale scale() const override {
    return {.reads = 30, .big = 64 << 20, .largest = TurboServer::body_limit()};
  }

 private:
  static TurboServer& server(const std::string& signature_key) {
    if (!signature_key.empty()) return shared<TurboServer>(signature_key, signature_key);
    return shared<TurboServer>("on S3", std::cref(shared<S3Server>("")));
  }

  const std::string signature_key_;
  const std::string team_ = new_place();
  TurboServer& server_;
};

/// How requests to Azure are authorised, and whether blobs go in parts.
struct AzureCase {
  enum class By { key, token } by = By::key;
  bool in_parts = false;
};

class AzurePlace final : public BlobPlace {
 public:
  explicit AzurePlace(AzureCase how)
      : how_(how),
        azurite_(how.by == AzureCase::By::token ? shared<Azurite>("tls", AzuriteTls::on)
                                                : shared<Azurite>("", AzuriteTls::off)) {
    azurite_.make_container(container_);
    if (how.by == AzureCase::By::token) login_.emplace(azurite_.certificates());
  }
  std::shared_ptr<blob::BlobStore> open() override {
    blob::AzureStoreOptions options{.account = azurite_.account(), .container = container_};
    options.deadlines = kPatient;
    if (login_)
      options.account.tokens =
          *blob::azure_tokens("environment", blob::Variables(login_->environment()), azurite_.client());
    if (!how_.in_parts) return std::make_shared<blob::AzureStore>(azurite_.client(), options);
    options.single_put = 0;
    options.upload = {.size = 250'000, .at_once = 5};
    options.download = {.size = 250'000, .at_once = 4};
    // Uploads of one blob that meet take each other's blocks away, which is for a second attempt to mend.
    return std::make_shared<blob::RetryStore>(std::make_shared<blob::AzureStore>(azurite_.client(), options),
                                              blob::Retrier({.attempts = 12}));
  }

 private:
  const AzureCase how_;
  const std::string container_ = new_place();
  Azurite& azurite_;
  std::optional<TokenServer> login_;
};

class S3Place final : public BlobPlace {
 public:
  explicit S3Place(std::uint64_t part_size) : part_size_(part_size) { server_.make_bucket(bucket_); }
  std::shared_ptr<blob::BlobStore> open() override {
    blob::S3StoreOptions options{.endpoint = *net::Url::parse(server_.url()),
                                 .bucket = bucket_,
                                 .region = S3Server::region(),
                                 .credentials = [](std::stop_token) -> blob::Outcome<blob::AwsCredentials> {
                                   return S3Server::credentials();
                                 },
                                 .addressing = blob::S3Addressing::path};
    options.single_put = part_size_;
    options.upload.size = options.download.size = part_size_;
    options.deadlines = kPatient;
    return *blob::S3Store::open(std::make_shared<net::HttpClient>(), options);
  }
  // Swift lists a folder for the newest file of a blob and then opens it, which another put may have replaced
  // and deleted by then; where there is one copy only, that is a miss.
  ServerDefects defects() const override { return {.gaps = true}; }
  // Swift's part of the work is the larger one.
  ContractScale scale() const override {
    const std::uint64_t big = part_size_ < (1 << 20) ? 16 << 20 : 64 << 20;
    return {.reads = 30, .big = big};
  }

 private:
  const std::uint64_t part_size_;
  const std::string bucket_ = new_place();
  S3Server& server_ = shared<S3Server>("");
};

/// As small a Redis as there can be, or one with everything that it can ask for.
enum class RedisCase { plain, tls_user_in_parts };

class RedisPlace final : public BlobPlace {
 public:
  explicit RedisPlace(RedisCase how)
      : how_(how), server_(shared<RedisServer>(how == RedisCase::plain ? "plain" : "tls", options(how))) {}
  std::shared_ptr<blob::BlobStore> open() override {
    net::RedisClientOptions client = server_.client_options();
    client.deadlines = kPatient;
    blob::RedisStoreOptions store;
    store.prefix = place_ + ":";
    if (how_ == RedisCase::tls_user_in_parts) {
      client.user = "ci";
      client.password = "open sesame";
      client.database = 3;
      store.prefix = "team*[a]:" + place_ + ":";
      store.ttl = std::chrono::hours(1);
      store.parts = {.size = 100'000, .at_once = 3};
    }
    return std::make_shared<blob::RedisStore>(std::make_shared<net::RedisClient>(client), store);
  }
  ContractScale scale() const override { return {.largest = (512 << 20) - blob::RedisHead::kFixedSize}; }

 private:
  static RedisServerOptions options(RedisCase how) {
    if (how == RedisCase::plain) return {};
    // What docs/backends/redis.md says that a user needs.
    return {.tls = true,
            .client_certificates = true,
            .more = {"user default off",
                     "user ci on \">open sesame\" ~team\\*\\[a\\]:* resetchannels -@all +auth "
                     "+select +get +getrange +set +unlink +scan"}};
  }

  const RedisCase how_;
  const std::string place_ = new_place();
  RedisServer& server_;
};

/// The example of an external command, over a folder.
class CommandPlace final : public BlobPlace {
 public:
  std::shared_ptr<blob::BlobStore> open() override {
    return std::make_shared<blob::CommandStore>(
        blob::CommandStoreOptions{.command = {TEST_EXAMPLES_DIR "/remote_command/folder_cache.py", "blobs"},
                                  .dir = dir_.path(),
                                  .environment = os::environment(),
                                  .scratch = dir_ / "scratch"});
  }
  // Each call starts Python.
  ContractScale scale() const override { return {.many_calls = false}; }

 private:
  TempDir dir_;
};

/// A folder behind everything that a remote is wrapped in.
class DecoratedPlace final : public BlobPlace {
 public:
  std::shared_ptr<blob::BlobStore> open() override {
    std::shared_ptr<blob::BlobStore> store = std::make_shared<blob::DirectoryStore>(dir_.path());
    store = std::make_shared<blob::BreakerStore>(store, blob::BreakerOptions{});
    store = std::make_shared<blob::RetryStore>(store, blob::Retrier({}));
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
                      a_case<HttpPlace>("https", NginxOptions{.tls = true, .client_certificates = true}),
                      a_case<AzurePlace>("azure", AzureCase{}),
                      a_case<AzurePlace>("azure_token_in_parts",
                                         AzureCase{.by = AzureCase::By::token, .in_parts = true}),
                      a_case<RedisPlace>("redis", RedisCase::plain),
                      a_case<RedisPlace>("redis_tls_user_in_parts", RedisCase::tls_user_in_parts),
                      a_case<BazelPlace>("bazel"), a_case<TurboPlace>("turbo", std::string()),
                      a_case<TurboPlace>("turbo_signed", std::string("a key")),
                      a_case<CommandPlace>("command"), a_case<S3Place>("s3", std::uint64_t{8} << 20),
                      a_case<S3Place>("s3_in_parts", std::uint64_t{250'000})),
    [](const auto& instance) { return instance.param.name; });

}  // namespace
}  // namespace stillage::test
