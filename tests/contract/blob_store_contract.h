// SPDX-License-Identifier: MIT
#pragma once
// What every BlobStore promises, as a suite: a store instantiates it with a way to make one over an empty
// place. It runs what the store claims in its traits, and holds it to a clear error for the rest.

#include <gmock/gmock.h>

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "blob/blob_store.h"

namespace stillage::test {

/// What a test's server does not do as the service that it stands for does; the store is not to blame.
struct ServerDefects {
  /// While it replaces a blob there is a moment in which it has neither the old nor the new one. Readers may
  /// then be given a failure or a miss; what no reader is ever given is a mix.
  bool gaps = false;
};

/// How much of what every store promises may be asked of one of which each call takes long.
struct ContractScale {
  bool many_calls = true;              ///< else few, and few at once
  int reads = 100;                     ///< while others write, where there are many calls
  std::uint64_t big = UINT64_MAX;      ///< most bytes that are worth the time here
  std::uint64_t largest = UINT64_MAX;  ///< bytes in a blob that the store takes
};

/// An empty place for blobs, and what serves it, for as long as it lives.
class BlobPlace {
 public:
  virtual ~BlobPlace() = default;
  /// A store over this place, as a process of its own would make it.
  virtual std::shared_ptr<blob::BlobStore> open() = 0;
  virtual ServerDefects defects() const { return {}; }
  virtual ContractScale scale() const { return {}; }
};

struct BlobStoreCase {
  std::string name;
  std::function<std::unique_ptr<BlobPlace>()> make_place;
};

/// So that test names are the same in every run.
inline void PrintTo(const BlobStoreCase& store, std::ostream* out) {
  *out << store.name;
}

class BlobStoreContract : public ::testing::TestWithParam<BlobStoreCase> {
 protected:
  BlobStoreContract() : place_(GetParam().make_place()), store_(place_->open()) {}

  /// In the way that the store can.
  blob::Outcome<blob::PutOutcome> put(const std::string& key, std::string_view bytes);
  blob::Outcome<blob::PutOutcome> put(const std::string& key, std::string_view bytes,
                                      const blob::PutOptions& options);
  /// How a blob is put where nothing else is said.
  blob::PutOptions usual() const;
  /// The blob; nothing if there is none. Any failure is the test's.
  std::optional<std::string> get(const std::string& key);
  std::vector<std::string> list(const std::string& prefix);

  std::unique_ptr<BlobPlace> place_;
  std::shared_ptr<blob::BlobStore> store_;
};

}  // namespace stillage::test
