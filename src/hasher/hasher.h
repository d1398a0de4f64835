// SPDX-License-Identifier: MIT
#pragma once
// Makes the keys of targets: what the two formats have in common.

#include <future>
#include <optional>
#include <string>
#include <vector>

#include "hasher/key_record.h"
#include "stillage/result.h"
#include "stillage/target.h"

namespace stillage::hasher {

/// Not for two threads at a time.
class Hasher {
 public:
  virtual ~Hasher() = default;

  /// Reads, all at once, what the keys of these targets stand on; hash() then finds it done. They stay as and
  /// where they are as long as they are asked about.
  virtual Status digest_inputs(const std::vector<const Target*>& targets) = 0;

  /// The key, in hex. The dependencies' keys must have been made before.
  virtual Result<std::string> hash(const Target& target) = 0;

  /// Begins, beside other work, to get ready for record(). The hasher outlives what is returned, which waits
  /// when it goes.
  virtual std::future<void> expect_records() { return {}; }

  /// What went into the key of a hashed target: the bytes of a KeyRecord (parse_record()).
  virtual Result<std::string> record(const Target& target) = 0;

  /// An input of a hashed target that changed, came or went since it was digested; nothing if none did.
  virtual Result<std::optional<std::string>> changed_input(const Target& target) = 0;

  /// Writes down the digests of files for the next process.
  virtual Status cleanup() = 0;
};

}  // namespace stillage::hasher
