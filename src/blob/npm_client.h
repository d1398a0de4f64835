// SPDX-License-Identifier: MIT
#pragma once
// Versions of one package in an npm registry, through the npm client: who asks, proxies and certificates are
// what npm's own configuration says. Each call is a process of its own, without a shell, in a scratch folder
// with a cache of its own, which go with the call; nothing of what is downloaded is run or unpacked by npm.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "blob/blob_store.h"
#include "blob/client_turns.h"
#include "net/url.h"
#include "os/scratch_dir.h"

namespace stillage::blob {

struct NpmClientOptions {
  std::string package;  ///< see is_npm_package_name
  net::Url registry;
  /// Absolute path of the npmrc to use in the place of the user's own; "" for that one.
  std::string userconfig = {};
  /// The environment of npm's processes, as NAME=value.
  std::vector<std::string> environment;
  /// Where scratch folders are made; "" is the system's folder for temporary files.
  std::string scratch = {};
  std::string program = "npm";
  /// How long npm may do nothing but wait for the registry.
  std::chrono::milliseconds idle_limit{2500};
  /// No call is given up for that before this: what the breaker waits for, too, before it gives up.
  std::chrono::milliseconds patience{4000};
  /// The same once the registry has got a package, of which it may have much to do.
  std::chrono::milliseconds answer_limit{30'000};
  /// How long npm may take for one call, whatever it does; publishing has a second more for each MiB.
  std::chrono::milliseconds call_limit{60'000};
};

/// Whether npm takes it for the name of a package that can be published: "name" or "@scope/name", of
/// lower-case letters, digits, '-', '_' and '.'.
bool is_npm_package_name(std::string_view name);

/// npm turns a whole package into one text, and such texts have a limit.
inline constexpr std::uint64_t kLargestNpmPackage = std::uint64_t{256} << 20;

class NpmClient {
 public:
  explicit NpmClient(NpmClientOptions options);

  /// "the npm registry http://host/ (package cache)".
  std::string name() const;

  /// See BlobStore::work_seen.
  std::uint64_t work_seen() const { return work_seen_; }

  /// A folder for one call.
  Outcome<os::ScratchDir> make_scratch() const;

  /// Downloads a version into `scratch` and returns the path of its .tgz; nothing if there is none. npm has
  /// compared it with the registry's checksum.
  Outcome<std::optional<std::string>> download(const std::string& version, const os::ScratchDir& scratch,
                                               std::stop_token stop) const;
  /// Publishes the .tgz at `path`, which is this version's, under a tag of our own, so that it never becomes
  /// the latest one. What is there already stays.
  Outcome<PutOutcome> publish(const std::string& version, const std::string& path,
                              const os::ScratchDir& scratch, std::stop_token stop) const;
  /// Whether there is such a version.
  Outcome<bool> has(const std::string& version, const os::ScratchDir& scratch, std::stop_token stop) const;

  /// The package.json of a version: what backfill writes.
  std::string package_json(const std::string& version) const;

 private:
  struct Ended {
    int exit_code = 0;
    std::string out;
    std::string code;    ///< npm's own word for what went wrong
    std::string detail;  ///< its first sentence on it
  };
  struct Limits {
    std::chrono::milliseconds call;
    std::chrono::milliseconds idle;
  };
  Outcome<Ended> run(std::vector<std::string> words, const os::ScratchDir& scratch, const Limits& limits,
                     const std::stop_token& stop) const;
  Limits reading() const { return {.call = options_.call_limit, .idle = options_.idle_limit}; }
  tl::unexpected<Failure> failed(std::string_view what, const Ended& ended) const;
  std::string spec(const std::string& version) const { return options_.package + "@" + version; }

  const NpmClientOptions options_;
  const std::unique_ptr<ClientTurns> turns_;
  mutable std::atomic<std::uint64_t> work_seen_ = 0;
};

}  // namespace stillage::blob
