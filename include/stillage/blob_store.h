// SPDX-License-Identifier: MIT
#pragma once
// A store of your own as a remote cache: derive from BlobStore and give it to open_remote_cache. It keeps
// bytes under keys, and knows nothing of targets and entries. What protects a build from a bad remote
// (retries, a breaker, limits) is put around it; a store only says what happened.
//
// For all stores: any number of threads may call at once; a blob becomes visible whole or not at all; a put
// that failed leaves the old blob, or none. Kinds of errors: `network`, `timeout` and `io` may pass and are
// tried again; `auth`: not allowed; `invalid` and `corrupt`: an answer that makes no sense; `unsupported`:
// this store can't do that; `cancelled`: `stop` was requested.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

#include "stillage/result.h"

namespace stillage {

/// Bytes to be stored. Their size is known, and they can be read again from the start.
class BlobSource {
 public:
  virtual ~BlobSource() = default;
  virtual std::uint64_t size() const = 0;
  /// The next read starts from the first byte.
  virtual Status rewind() = 0;
  /// Fills the front of `buffer` and returns how much; 0 only at the end.
  virtual Result<std::size_t> read(std::span<char> buffer) = 0;
};

/// Takes the bytes of a blob. An error is to be returned to the caller of get() as it is.
class BlobSink {
 public:
  virtual ~BlobSink() = default;
  /// Before the first byte, and again where a store starts anew: what has come so far is void. `size` is how
  /// many bytes are to come, where that is known.
  virtual Status begin(std::optional<std::uint64_t> size) = 0;
  virtual Status write(std::string_view bytes) = 0;
};

/// What a store can do besides get and put.
struct BlobStoreTraits {
  bool list = false;
  bool remove = false;
  bool overwrite = false;    ///< put with BlobPut::replace
  bool conditional = false;  ///< put with BlobPut::if_absent, without a gap between the look and the write
};

enum class BlobPut { replace, if_absent };

class BlobStore {
 public:
  virtual ~BlobStore() = default;

  virtual BlobStoreTraits traits() const = 0;
  /// What and where, for messages: "the bucket of the team". No secrets.
  virtual std::string name() const = 0;

  /// Hands the blob to `sink`; false, and the sink is left alone, if there is none.
  virtual Result<bool> get(const std::string& key, BlobSink& sink, std::stop_token stop) = 0;
  /// Stores all of `source`. False if there was a blob already and `how` is if_absent. Keys are 1 to 512
  /// bytes: segments of ASCII letters, digits, '-', '_' and '.', with '/' between them.
  virtual Result<bool> put(const std::string& key, BlobSource& source, BlobPut how, std::stop_token stop) = 0;
  /// Removes the blob; absence is fine.
  virtual Status remove(const std::string& key, std::stop_token stop);
  /// Calls `visit` with the key and size of every blob whose key starts with `prefix`, until it fails.
  virtual Status list(const std::string& prefix,
                      const std::function<Status(const std::string& key, std::uint64_t size)>& visit,
                      std::stop_token stop);
};

}  // namespace stillage
