// SPDX-License-Identifier: MIT
#pragma once
// What becomes of a store when the way to its server is broken, as a suite beside the contract: a store
// instantiates it with a server, and a way to make a store that finds that server at another port. Each fault
// that tests/support/fault_proxy.py knows fails as what it is, in time, with nothing half done; what passes
// is got over; what stays is told once and left alone.

#include <gmock/gmock.h>

#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>

#include "contract/store_under_faults.h"
#include "net/http_message.h"
#include "support/fault_proxy.h"
#include "support/log_recorder.h"
#include "support/shared_server.h"

namespace stillage::test {

/// A server, for as long as it lives.
class FaultyPlace {
 public:
  virtual ~FaultyPlace() = default;
  /// Where the server listens.
  virtual std::uint16_t port() const = 0;
  /// A store over this server, or what stands before it, at `port`. Its credentials hold the word "sekret"
  /// where the server allows for that.
  virtual std::shared_ptr<blob::BlobStore> open(std::uint16_t port, const net::HttpDeadlines& deadlines) = 0;
  /// What must not be shown, of that which each request tells the server; "" if there is nothing that stays
  /// the same.
  virtual std::string secret() const { return {}; }
  /// Whether an answer says how long it is.
  virtual bool announces_length() const { return true; }
  /// raw: what the server speaks is not HTTP, or is not to be read.
  virtual FaultProxy::Level level() const { return FaultProxy::Level::http; }
};

struct FaultCase {
  std::string name;
  std::function<std::unique_ptr<FaultyPlace>()> make_place;
};

/// So that test names are the same in every run.
inline void PrintTo(const FaultCase& store, std::ostream* out) {
  *out << store.name;
}

class BlobStoreFaults : public ::testing::TestWithParam<FaultCase>, protected StoreUnderFaults {
 protected:
  BlobStoreFaults();

  bool is_http() const { return place_->level() == FaultProxy::Level::http; }
  std::shared_ptr<blob::BlobStore> open(std::uint16_t port, const net::HttpDeadlines& deadlines);
  /// A store that knows nothing of what has been; with these deadlines from now on.
  void remake();
  void remake(const net::HttpDeadlines& deadlines);

  /// A single attempt each way fails as `kind`, in time, and leaves nothing.
  void expect_failures(const std::string& fault, blob::FailureKind kind);
  void expect_fetch_failure(const std::string& fault, std::optional<blob::FailureKind> kind);
  void expect_put_failure(const std::string& fault, blob::FailureKind kind);
  /// The chain gets over a fault that comes so many times and does its work, without a word.
  void expect_recovery(std::string fault, int times);
  void expect_no_secret(const std::string& text);

  LogRecorder log_;
  const std::string folder_ = new_place();  ///< of this test, on a server that others use, too
  std::unique_ptr<FaultyPlace> place_;
  FaultProxy proxy_;
  net::HttpDeadlines deadlines_;
};

}  // namespace stillage::test
