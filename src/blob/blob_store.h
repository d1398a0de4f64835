// SPDX-License-Identifier: MIT
#pragma once
// Key to bytes: what a remote cache is made of. A store knows nothing of targets and entries; a decorator is
// a store over another one. tests/contract/blob_store_contract holds every store to what is promised here.
//
// For all stores: any number of threads may use one; a blob becomes visible whole or not at all; a failed put
// leaves the old blob, or none; a sink holds a whole blob only when get has said so. Nothing retries, warns
// or gives up by itself: that is what the decorators are for.

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>

#include "net/body.h"
#include "net/failure.h"

namespace stillage::blob {

using net::ByteSink;
using net::ByteSource;
using net::Failure;
using net::FailureKind;
using net::Outcome;

/// What a store can do besides get, put and contains. What it can't is an `unsupported` failure.
struct Traits {
  bool list = false;
  bool remove = false;
  bool overwrite = false;    ///< put with PutMode::replace
  bool conditional = false;  ///< put with PutMode::if_absent, without a gap between the look and the write
  bool metadata = false;     ///< keeps PutOptions::metadata
};

/// Names of lower-case letters, digits and '_', starting with a letter; values of printable ASCII without
/// spaces at their ends. Together at most 2 KiB.
using Metadata = std::map<std::string, std::string>;

enum class PutMode { replace, if_absent };

struct PutOptions {
  PutMode mode = PutMode::replace;
  Metadata metadata;
};

enum class PutOutcome { stored, already_there };

struct BlobInfo {
  std::optional<std::uint64_t> size;  ///< where the store tells
  Metadata metadata;
};

struct ListedBlob {
  std::string key;
  std::optional<std::uint64_t> size;
};

class BlobStore {
 public:
  virtual ~BlobStore() = default;

  virtual Traits traits() const = 0;
  /// What and where, for messages: "the folder /mnt/cache". No secrets.
  virtual std::string name() const = 0;

  /// Stores all of `source`, which is read from its start. With if_absent, a blob that is there already stays
  /// as it is. From is_valid_key's keys only.
  virtual Outcome<PutOutcome> put(const std::string& key, ByteSource& source, const PutOptions& options = {},
                                  std::stop_token stop = {}) = 0;

  /// Hands the blob to `sink`; nothing if there is none, which leaves the sink alone. After a failure, or a
  /// begin, what the sink holds is void. Costs one round trip, also for a miss.
  virtual Outcome<std::optional<BlobInfo>> get(const std::string& key, ByteSink& sink,
                                               std::stop_token stop = {}) = 0;

  /// What is known of the blob without its bytes; nothing if there is none.
  virtual Outcome<std::optional<BlobInfo>> contains(const std::string& key, std::stop_token stop = {}) = 0;

  /// Removes the blob; absence is fine.
  virtual Outcome<void> remove(const std::string& key, std::stop_token stop = {}) = 0;

  /// Calls `visit` with every blob whose key starts with `prefix`, in no order, until it fails. What is put
  /// or removed meanwhile may be visited or not.
  virtual Outcome<void> list(const std::string& prefix,
                             const std::function<Outcome<void>(const ListedBlob&)>& visit,
                             std::stop_token stop = {}) = 0;

  /// How far the other side's clock is ahead of ours, by its last answer; nothing where it does not tell.
  virtual std::optional<std::chrono::seconds> clock_ahead() const { return std::nullopt; }

  /// Grows while calls under way get on otherwise than by the bytes of their sources and sinks: where a
  /// program takes a blob at once and is busy with it afterwards. From any thread.
  virtual std::uint64_t work_seen() const { return 0; }
};

/// Whether every store takes `key`: 1 to 512 bytes; segments of ASCII letters, digits, '-', '_' and '.', none
/// of which is empty or starts with '.'; '/' between them.
bool is_valid_key(std::string_view key);

/// A `local` failure unless the key is valid.
Outcome<void> check_key(std::string_view key);

/// A `local` failure for metadata that is none; `unsupported` for what `traits` do not allow. `name` is the
/// store's.
Outcome<void> check_put(const PutOptions& options, const Traits& traits, const std::string& name);

/// The failure of a store that can't do `what`: "list its blobs".
tl::unexpected<Failure> cannot(const std::string& name, std::string_view what);

}  // namespace stillage::blob
