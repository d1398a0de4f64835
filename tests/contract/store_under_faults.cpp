// SPDX-License-Identifier: MIT
#include "contract/store_under_faults.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>

#include "blob/retry_store.h"
#include "os/file.h"
#include "support/log_recorder.h"

namespace stillage::test {

using blob::BlobStore;
using blob::Outcome;
using blob::PutOutcome;
using std::chrono::milliseconds;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

namespace {

std::string pattern(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 31 >> 3);
  return bytes;
}

template <class Work>
auto timed(milliseconds& took, Work work) -> decltype(work()) {
  const auto began = std::chrono::steady_clock::now();
  auto outcome = work();
  took = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - began);
  return outcome;
}

}  // namespace

StoreUnderFaults::StoreUnderFaults() : blob_(pattern(kSize)) {}

void StoreUnderFaults::begin(std::shared_ptr<BlobStore> direct) {
  direct_ = std::move(direct);
  EXPECT_TRUE(put(*direct_, "key"));
}

void StoreUnderFaults::use(std::shared_ptr<BlobStore> bare) {
  bare_ = std::move(bare);
  breaker_ = std::make_shared<blob::BreakerStore>(bare_, blob::BreakerOptions{});
  chain_ = std::make_shared<blob::RetryStore>(
      breaker_, blob::Retrier({.first_backoff = milliseconds(10), .after_timeouts = true}));
}

Outcome<bool> StoreUnderFaults::fetch(BlobStore& store) {
  return timed(took_, [&]() -> Outcome<bool> {
    const std::string aside = dir_ / "aside";
    STILLAGE_ASSIGN(const os::Fd file, os::open_path(aside, O_RDWR | O_CREAT | O_TRUNC));
    net::FileSink sink(file.get(), aside);
    STILLAGE_ASSIGN(const auto found, store.get("key", sink));
    if (!found) return false;
    if (::rename(aside.c_str(), (dir_ / "final").c_str()) != 0) return os::io_error("rename", aside);
    return true;
  });
}

Outcome<PutOutcome> StoreUnderFaults::put(BlobStore& store, const std::string& key) {
  net::MemorySource source(blob_);
  const blob::Traits traits = store.traits();
  const auto mode =
      traits.conditional && !traits.overwrite ? blob::PutMode::if_absent : blob::PutMode::replace;
  return timed(took_, [&] { return store.put(key, source, {.mode = mode, .metadata = {}}); });
}

std::optional<std::string> StoreUnderFaults::take_fetched() {
  if (!dir_.exists("final")) return std::nullopt;
  std::string bytes = dir_.read("final");
  EXPECT_EQ(::unlink((dir_ / "final").c_str()), 0);
  return bytes;
}

std::optional<std::string> StoreUnderFaults::there(const std::string& key) {
  net::MemorySink sink(2 * kSize);
  const auto found = direct_->get(key, sink);
  EXPECT_TRUE(found) << found.error().message;
  if (!found || !*found) return std::nullopt;
  return sink.bytes();
}

void StoreUnderFaults::expect_nothing_half_done(const std::string& fault) {
  EXPECT_FALSE(dir_.exists("final")) << fault;
  // A server may have stored the whole blob without having been able to say so.
  EXPECT_EQ(there("new").value_or(blob_), blob_) << fault;
  EXPECT_EQ(there("key"), blob_) << fault;
}

std::string StoreUnderFaults::expect_left_alone(const std::string& fault, const std::string& words,
                                                int fetches, milliseconds within) {
  const LogRecorder log;
  milliseconds all{0};
  for (int i = 0; i < fetches; ++i) {
    EXPECT_FALSE(fetch(*chain_)) << fault;
    all += took_;
  }
  EXPECT_TRUE(breaker_->is_open()) << fault;
  EXPECT_LT(all, within) << fault;
  EXPECT_THAT(log.warnings(),
              ElementsAre(AllOf(HasSubstr(words), HasSubstr("is left alone"), HasSubstr("; check "))))
      << fault;
  return log.everything();
}

}  // namespace stillage::test
