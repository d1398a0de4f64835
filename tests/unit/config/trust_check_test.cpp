// SPDX-License-Identifier: MIT
// What `doctor` says of keys: each way in which a configuration of signatures can be wrong has a sentence.
#include "config/trust_check.h"

#include <gmock/gmock.h>

#include "archive/signing_key.h"
#include "base/base64.h"
#include "support/memory_store.h"

namespace stillage::config {
namespace {

using archive::SignatureAlgorithm;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class TrustCheck : public testing::Test {
 protected:
  TrustCheck() { options_.trust.signs = true; }

  static TrustedKey trusted(const archive::SigningKey& key, const std::string& id) {
    return {.id = id,
            .algorithm = "ed25519",
            .public_key = base::to_base64(archive::verify_key_of(key).bytes),
            .key_env = {},
            .key_file = {}};
  }
  /// The verdict and the words on one thing; no finding may show a private key.
  std::string said(const std::string& check, bool writes = true) {
    std::string all;
    for (const Finding& finding : check_keys(options_, environment_, writes)) {
      EXPECT_THAT(finding.text + finding.remedy, Not(HasSubstr(base::to_base64(key_.secret))));
      if (finding.check == check) all += std::string(to_string(finding.verdict)) + ": " + finding.text + "\n";
    }
    return all;
  }
  void hold_key() {
    environment_ =
        run::Environment(std::vector<std::string>{"STILLAGE_SIGNING_KEY=" + archive::private_key_text(key_)});
  }

  const archive::SigningKey key_ = archive::generate_signing_key(SignatureAlgorithm::ed25519, "ci");
  CacheOptions options_;
  run::Environment environment_{std::vector<std::string>()};
};

TEST_F(TrustCheck, WhatFitsIsSaidToFit) {
  options_.trust.verify_keys = {trusted(key_, "ci")};
  options_.trust.require_signature = true;
  hold_key();
  EXPECT_THAT(said("verify keys"), AllOf(HasSubstr("good: "), HasSubstr("\"ci\" (ed25519)")));
  EXPECT_THAT(said("signing"), HasSubstr("good: the key \"ci\" signs, and its signatures are taken here"));
}

TEST_F(TrustCheck, AKeyThatIsMissingIsAProblemOnlyForWhoUploads) {
  options_.trust.verify_keys = {trusted(key_, "ci")};
  EXPECT_THAT(said("signing", true), AllOf(HasSubstr("problem: "), HasSubstr("STILLAGE_SIGNING_KEY")));
  EXPECT_THAT(said("signing", false), AllOf(HasSubstr("note: "), HasSubstr("STILLAGE_SIGNING_KEY")));
  options_.trust.signs = false;
  EXPECT_EQ(said("signing", true), "");
  options_.trust.require_signature = true;
  EXPECT_THAT(said("signing", true), HasSubstr("problem: nothing is uploaded"));
  EXPECT_EQ(said("signing", false), "");
}

TEST_F(TrustCheck, WhatWeWouldNotTakeOurselvesIsAProblem) {
  hold_key();
  const auto other = archive::generate_signing_key(SignatureAlgorithm::ed25519, "other");
  for (const bool required : {false, true}) {
    options_.trust.require_signature = required;
    options_.trust.verify_keys = {trusted(other, "other")};
    EXPECT_THAT(said("signing"), HasSubstr("problem: ")) << "not listed";
    options_.trust.verify_keys = {trusted(other, "ci")};
    EXPECT_THAT(said("signing"), HasSubstr("problem: ")) << "another key of the same id";
  }
}

TEST_F(TrustCheck, KeysThatCantBeHadAreNamed) {
  options_.trust.signs = false;
  options_.trust.verify_keys = {
      {.id = "team", .algorithm = "hmac-sha256", .public_key = {}, .key_env = "TEAM_KEY", .key_file = {}}};
  EXPECT_THAT(said("verify keys"), AllOf(HasSubstr("note: "), HasSubstr("TEAM_KEY")));
  options_.trust.require_signature = true;
  EXPECT_THAT(said("verify keys"), AllOf(HasSubstr("problem: "), HasSubstr("TEAM_KEY")));
  options_.trust.verify_keys.clear();
  EXPECT_THAT(said("verify keys"), HasSubstr("problem: requireSignature is on"));
  environment_ =
      run::Environment(std::vector<std::string>{"STILLAGE_SIGNING_KEY=stillage-private-key:nonsense"});
  options_.trust.signs = true;
  EXPECT_THAT(said("signing"), AllOf(HasSubstr("problem: "), HasSubstr("STILLAGE_SIGNING_KEY")));
}

TEST_F(TrustCheck, WithoutSignaturesThatIsSaidAndNoEntryIsLookedAt) {
  options_.trust.signs = false;
  EXPECT_THAT(said("signing"), HasSubstr("note: entries are neither signed nor checked"));
  test::MemoryStore store;
  EXPECT_TRUE(check_signed_entries(store, options_.trust, environment_).empty());
  options_.compat = Compat::lage;
  options_.trust.require_signature = true;
  EXPECT_THAT(said("signing"), HasSubstr("problem: with compat"));
}

}  // namespace
}  // namespace stillage::config
