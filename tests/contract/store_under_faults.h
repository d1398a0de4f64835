// SPDX-License-Identifier: MIT
#pragma once
// What the fault suites do with a store, whatever it is that breaks: one blob that is there, fetched into a
// file as an entry would be, another one put, and a look at what is left of either.

#include <gmock/gmock.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "blob/blob_store.h"
#include "blob/breaker_store.h"
#include "support/temp_dir.h"

namespace stillage::test {

class StoreUnderFaults {
 protected:
  static constexpr std::size_t kSize = 600'000;

  StoreUnderFaults();

  /// `direct` finds the blobs without passing what breaks. It is given the blob "key".
  void begin(std::shared_ptr<blob::BlobStore> direct);
  /// What is to be broken: the bare store, and the whole chain around it, as a remote is opened.
  void use(std::shared_ptr<blob::BlobStore> bare);

  /// A file at its final place, if a fetch has made it: written aside, renamed when the store reports
  /// success.
  blob::Outcome<bool> fetch(blob::BlobStore& store);
  blob::Outcome<blob::PutOutcome> put(blob::BlobStore& store, const std::string& key = "new");
  /// What the last fetch has made, which is gone then; nothing if it has made none.
  std::optional<std::string> take_fetched();

  /// The blob as it lies there, past what breaks.
  std::optional<std::string> there(const std::string& key);
  /// No file where a fetch should have put it; there, what was there before, and no part of a put.
  void expect_nothing_half_done(const std::string& fault);
  /// So many fetches through the chain all fail. One warning tells so, with these words, and the store is
  /// left alone. Returns all that was told.
  std::string expect_left_alone(const std::string& fault, const std::string& words, int fetches,
                                std::chrono::milliseconds within);

  const std::string blob_;
  TempDir dir_;
  std::shared_ptr<blob::BlobStore> direct_;
  std::shared_ptr<blob::BlobStore> bare_;
  std::shared_ptr<blob::BreakerStore> breaker_;
  std::shared_ptr<blob::BlobStore> chain_;
  std::chrono::milliseconds took_{0};  ///< by the last fetch or put
};

}  // namespace stillage::test
