// SPDX-License-Identifier: MIT
// What `stillage doctor` says of a remote, on a store that can be made to do anything.
#include "config/remote_check.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "support/memory_store.h"

namespace stillage::config {
namespace {

using blob::FailureKind;
using testing::HasSubstr;
using testing::IsEmpty;

const Finding& finding(const Findings& findings, const std::string& check) {
  const auto found =
      std::find_if(findings.begin(), findings.end(), [&](const Finding& f) { return f.check == check; });
  static const Finding none;
  EXPECT_NE(found, findings.end()) << "nothing is said of " << check;
  return found == findings.end() ? none : *found;
}

bool is_well(const Findings& findings) {
  return std::none_of(findings.begin(), findings.end(),
                      [](const Finding& f) { return f.verdict == Verdict::problem; });
}

/// Fails each call of that verb so.
std::function<blob::Outcome<void>(const std::string&, const std::stop_token&)> fails(std::string verb,
                                                                                     FailureKind what,
                                                                                     int status = 0) {
  return [verb = std::move(verb), what, status](const std::string& called,
                                                const std::stop_token&) -> blob::Outcome<void> {
    if (called != verb) return {};
    blob::Failure failure(what, "it said no");
    failure.http_status = status;
    return tl::make_unexpected(failure);
  };
}

TEST(RemoteCheck, AGoodRemoteIsReadWrittenAndLeftAsItWas) {
  test::MemoryStore store;
  const Findings findings = check_remote(store, {.writes = true, .prefix = "zones/pr/", .bytes = 1000});
  EXPECT_TRUE(is_well(findings));
  EXPECT_GE(finding(findings, "read").figures.at("latencyMs"), 0);
  EXPECT_GT(finding(findings, "write").figures.at("putBytesPerSecond"), 0);
  EXPECT_GT(finding(findings, "read back").figures.at("getBytesPerSecond"), 0);
  EXPECT_THAT(store.blobs, IsEmpty());
  EXPECT_EQ(store.calls(), 6 + 3);
}

TEST(RemoteCheck, NothingIsWrittenUnasked) {
  test::MemoryStore store;
  store.before = fails("put", FailureKind::local);
  const Findings findings = check_remote(store, {});
  EXPECT_TRUE(is_well(findings));
  EXPECT_EQ(finding(findings, "write").verdict, Verdict::note);
  EXPECT_THAT(finding(findings, "write").remedy, HasSubstr("STILLAGE_WRITE_REMOTE_CACHE"));
}

TEST(RemoteCheck, KeysLieInTheZone) {
  test::MemoryStore store;
  std::string seen;
  store.before = [&](const std::string& verb, const std::stop_token&) -> blob::Outcome<void> {
    if (verb == "get" && !store.blobs.empty()) seen = store.blobs.begin()->first;
    return {};
  };
  check_remote(store, {.writes = true, .prefix = "zones/pr/", .bytes = 10});
  EXPECT_THAT(seen, testing::StartsWith("zones/pr/v1/doctor-"));
}

TEST(RemoteCheck, WhatGoesWrongIsSaidInWordsThatHelp) {
  struct Case {
    const char* verb;
    FailureKind what;
    int status;
    const char* check;
    const char* remedy;
  };
  const Case cases[] = {
      {"get", FailureKind::transient, 0, "read", "no connection"},
      {"get", FailureKind::transient, 503, "read", "busy or broken"},
      {"get", FailureKind::unauthorised, 401, "read", "check the credential"},
      {"get", FailureKind::unauthorised, 403, "read", "the right to read"},
      {"get", FailureKind::protocol, 0, "read", "no cache of that kind"},
      {"get", FailureKind::not_found, 404, "read", "make it, or check its name"},
      {"put", FailureKind::unauthorised, 403, "write", "a credential that may"},
      {"put", FailureKind::too_large, 413, "write", "maxSize"},
  };
  for (const Case& one : cases) {
    test::MemoryStore store;
    store.before = fails(one.verb, one.what, one.status);
    const Findings findings = check_remote(store, {.writes = true, .bytes = 10});
    EXPECT_FALSE(is_well(findings)) << one.remedy;
    const Finding& found = finding(findings, one.check);
    EXPECT_EQ(found.verdict, Verdict::problem);
    EXPECT_THAT(found.text, HasSubstr("it said no"));
    EXPECT_THAT(found.remedy, HasSubstr(one.remedy));
  }
}

TEST(RemoteCheck, TheRightToRemoveIsOnlyForThoseWhoEvict) {
  test::MemoryStore store;
  store.before = fails("remove", FailureKind::unauthorised, 403);
  const Findings findings = check_remote(store, {.writes = true, .bytes = 10});
  EXPECT_TRUE(is_well(findings));
  EXPECT_EQ(finding(findings, "remove").verdict, Verdict::note);
  EXPECT_THAT(finding(findings, "remove").text, HasSubstr("v1/doctor-"));

  test::MemoryStore without;
  without.claimed.remove = false;
  EXPECT_EQ(finding(check_remote(without, {.writes = true, .bytes = 10}), "remove").verdict, Verdict::note);
}

/// Answers a look-up with these bytes, whatever the key.
class Answering final : public blob::BlobStore {
 public:
  explicit Answering(std::string bytes) : bytes_(std::move(bytes)) {}
  blob::Traits traits() const override { return {.remove = true, .overwrite = true}; }
  std::string name() const override { return "a portal"; }
  blob::Outcome<blob::PutOutcome> put(const std::string&, blob::ByteSource&, const blob::PutOptions&,
                                      std::stop_token) override {
    was_put_ = true;
    return blob::PutOutcome::stored;
  }
  blob::Outcome<std::optional<blob::BlobInfo>> get(const std::string&, blob::ByteSink& sink,
                                                   std::stop_token) override {
    if (only_after_put && !was_put_) return std::optional<blob::BlobInfo>();
    STILLAGE_TRY(sink.begin(bytes_.size()));
    STILLAGE_TRY(sink.write(bytes_));
    return std::optional(blob::BlobInfo{.size = bytes_.size(), .metadata = {}});
  }
  blob::Outcome<std::optional<blob::BlobInfo>> contains(const std::string&, std::stop_token) override {
    return std::optional<blob::BlobInfo>();
  }
  blob::Outcome<void> remove(const std::string&, std::stop_token) override { return {}; }
  blob::Outcome<void> list(const std::string&,
                           const std::function<blob::Outcome<void>(const blob::ListedBlob&)>&,
                           std::stop_token) override {
    return {};
  }
  std::optional<std::chrono::seconds> clock_ahead() const override { return ahead; }

  bool only_after_put = false;
  std::optional<std::chrono::seconds> ahead;

 private:
  std::string bytes_;
  bool was_put_ = false;
};

TEST(RemoteCheck, BytesForAnyKeyAreNoCache) {
  Answering store("<html>");
  EXPECT_THAT(finding(check_remote(store, {}), "read").text, HasSubstr("that nobody has put"));
}

TEST(RemoteCheck, OtherBytesThanThoseThatWerePutAreAProblem) {
  Answering store("0123456789");
  store.only_after_put = true;
  const Findings findings = check_remote(store, {.writes = true, .bytes = 10});
  EXPECT_THAT(finding(findings, "read back").text, HasSubstr("not what was put there"));
}

TEST(RemoteCheck, ClocksThatDifferAreToldInWords) {
  const auto said = [](std::chrono::seconds ahead) {
    Answering store("");
    store.only_after_put = true;
    store.ahead = ahead;
    return finding(check_remote(store, {}), "clock");
  };
  EXPECT_EQ(said(std::chrono::seconds(2)).verdict, Verdict::good);
  EXPECT_EQ(said(std::chrono::seconds(-90)).verdict, Verdict::note);
  EXPECT_THAT(said(std::chrono::seconds(-90)).text, HasSubstr("90 s ahead of"));
  EXPECT_EQ(said(std::chrono::minutes(20)).verdict, Verdict::problem);
  EXPECT_THAT(said(std::chrono::minutes(20)).text, HasSubstr("20 minutes behind"));
  EXPECT_EQ(said(std::chrono::minutes(20)).figures.at("clockAheadSeconds"), 1200);
}

}  // namespace
}  // namespace stillage::config
