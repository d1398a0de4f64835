// SPDX-License-Identifier: MIT
#include "archive/signature.h"

#include <gtest/gtest.h>

#include "archive/entry.h"
#include "archive/seal_frame.h"
#include "archive/signing_key.h"
#include "base/base64.h"

namespace stillage::archive {
namespace {

SignedFacts facts() {
  return {.format = kFormat,
          .key = "0123456789abcdef",
          .target = "app#build",
          .manifest_digest = base::sha256("manifest")};
}

SigningKey key_of(SignatureAlgorithm algorithm, const std::string& id = "ci") {
  return {.algorithm = algorithm, .id = id, .secret = std::string(32, '\x07')};
}

class EveryAlgorithm : public ::testing::TestWithParam<SignatureAlgorithm> {
 protected:
  const SigningKey key_ = key_of(GetParam());
  const std::vector<VerifyKey> keys_ = {verify_key_of(key_)};
  const Signature signature_ = sign(key_, facts());

  bool holds(const Signature& signature, const SignedFacts& what) const {
    return verify(keys_, signature, what).has_value();
  }
};

TEST_P(EveryAlgorithm, VerifiesWhatItSigned) {
  ASSERT_TRUE(holds(signature_, facts()));
  EXPECT_EQ(signature_.bytes.size(), signature_size(GetParam()));
  EXPECT_EQ(*verify(keys_, signature_, facts()), &keys_.front());
}

TEST_P(EveryAlgorithm, BindsEveryField) {
  auto other = facts();
  other.format = kFormat + 1;
  EXPECT_FALSE(holds(signature_, other));
  other = facts();
  other.key = "0123456789abcdee";
  EXPECT_FALSE(holds(signature_, other));
  other = facts();
  other.target = "app#test";
  EXPECT_FALSE(holds(signature_, other));
  other = facts();
  other.manifest_digest = base::sha256("manifesto");
  EXPECT_FALSE(holds(signature_, other));
}

TEST_P(EveryAlgorithm, BindsWhereOneFieldEndsAndTheNextBegins) {
  auto other = facts();
  other.key += other.target.front();
  other.target.erase(0, 1);
  EXPECT_FALSE(holds(signature_, other));
  EXPECT_NE(signed_message(GetParam(), "a", facts()).substr(0, 60), signed_message(GetParam(), "b", facts()));
}

TEST_P(EveryAlgorithm, RefusesEveryFlippedByteOfTheSignature) {
  for (std::size_t i = 0; i < signature_.bytes.size(); ++i) {
    Signature other = signature_;
    other.bytes[i] = static_cast<char>(other.bytes[i] ^ 1);
    EXPECT_FALSE(holds(other, facts())) << i;
  }
  Signature other = signature_;
  other.bytes.pop_back();
  EXPECT_FALSE(holds(other, facts()));
  other.bytes.clear();
  EXPECT_FALSE(holds(other, facts()));
}

TEST_P(EveryAlgorithm, PicksTheKeyByItsId) {
  const SigningKey next = {.algorithm = GetParam(), .id = "ci-2", .secret = std::string(32, '\x09')};
  const std::vector<VerifyKey> both = {verify_key_of(key_), verify_key_of(next)};
  EXPECT_TRUE(verify(both, signature_, facts()));
  EXPECT_TRUE(verify(both, sign(next, facts()), facts()));
  const auto unknown = verify(keys_, sign(next, facts()), facts());
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().kind, ErrorKind::unsupported);
  // The id is signed, too: another known id in its place makes it no signature of that key.
  Signature renamed = signature_;
  renamed.key_id = "ci-2";
  const auto wrong = verify(both, renamed, facts());
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().kind, ErrorKind::auth);
}

TEST_P(EveryAlgorithm, SurvivesItsSeal) {
  const std::string seal = encode_signature(signature_);
  EXPECT_LE(seal.size(), kMaxSeal);
  const auto again = decode_signature(seal);
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, signature_);
  for (std::size_t cut = 0; cut < seal.size(); ++cut) EXPECT_FALSE(decode_signature(seal.substr(0, cut)));
  EXPECT_FALSE(decode_signature(seal + "x"));
}

TEST_P(EveryAlgorithm, PrivateKeysSurviveTheirText) {
  const auto again = parse_private_key("\n " + private_key_text(key_) + "\r\n", "the test");
  ASSERT_TRUE(again);
  EXPECT_EQ(again->algorithm, GetParam());
  EXPECT_EQ(again->id, "ci");
  EXPECT_EQ(again->secret, key_.secret);
}

TEST_P(EveryAlgorithm, GeneratesANewKeyEachTime) {
  const SigningKey one = generate_signing_key(GetParam(), "a");
  const SigningKey other = generate_signing_key(GetParam(), "a");
  EXPECT_NE(one.secret, other.secret);
  EXPECT_NE(fingerprint(verify_key_of(one)), fingerprint(verify_key_of(other)));
  EXPECT_TRUE(verify({verify_key_of(one)}, sign(one, facts()), facts()));
  EXPECT_FALSE(verify({verify_key_of(one)}, sign(other, facts()), facts()));
}

INSTANTIATE_TEST_SUITE_P(Signature, EveryAlgorithm,
                         ::testing::Values(SignatureAlgorithm::ed25519, SignatureAlgorithm::hmac_sha256));

// Whoever knows a public key only could compute an HMAC with it.
TEST(Signature, APublicKeyIsNoSecretOfAnotherAlgorithm) {
  const VerifyKey known = verify_key_of(key_of(SignatureAlgorithm::ed25519));
  const SigningKey forged = {
      .algorithm = SignatureAlgorithm::hmac_sha256, .id = known.id, .secret = known.bytes};
  const auto verdict = verify({known}, sign(forged, facts()), facts());
  ASSERT_FALSE(verdict);
  EXPECT_EQ(verdict.error().kind, ErrorKind::auth);
}

TEST(Signature, EmptyAndShortKeysSignNothing) {
  for (const SignatureAlgorithm algorithm : {SignatureAlgorithm::ed25519, SignatureAlgorithm::hmac_sha256}) {
    for (const std::size_t size : {0, 1, 31}) {
      const VerifyKey key = {.algorithm = algorithm, .id = "ci", .bytes = std::string(size, '\0')};
      Signature signature = {
          .algorithm = algorithm, .key_id = "ci", .bytes = std::string(signature_size(algorithm), '\0')};
      EXPECT_FALSE(verify({key}, signature, facts())) << size;
      if (algorithm != SignatureAlgorithm::hmac_sha256) continue;
      const SigningKey own = {.algorithm = algorithm, .id = "ci", .secret = key.bytes};
      EXPECT_FALSE(verify({key}, sign(own, facts()), facts())) << size;
    }
  }
}

TEST(Signature, RefusesTextsThatAreNoKeys) {
  const std::string sound = private_key_text(key_of(SignatureAlgorithm::hmac_sha256));
  for (const std::string& text : std::vector<std::string>{
           "", " \n", "garbage", "-----BEGIN PRIVATE KEY-----", std::string(kPrivateKeyPrefix),
           "stillage-private-key:ed25519:ci:", "stillage-private-key:ed25519:ci:AAAA",
           "stillage-private-key:rsa:ci:" + base::to_base64(std::string(32, 'x')),
           "stillage-private-key:ed25519::" + base::to_base64(std::string(32, 'x')),
           "stillage-private-key:ed25519:a b:" + base::to_base64(std::string(32, 'x')),
           "stillage-private-key:ed25519:ci:" + base::to_base64(std::string(33, 'x')),
           "stillage-private-key:hmac-sha256:ci:" + base::to_base64(std::string(31, 'x')),
           "stillage-private-key:hmac-sha256:ci:" + base::to_base64(std::string(65, 'x')), sound + ":more",
           sound.substr(0, sound.size() - 1), sound + "\n" + sound}) {
    const auto key = parse_private_key(text, "the test");
    ASSERT_FALSE(key) << text;
    EXPECT_EQ(key.error().kind, ErrorKind::invalid);
    EXPECT_NE(key.error().message.find("the test"), std::string::npos);
    EXPECT_EQ(key.error().message.find(base::to_base64(std::string(32, '\x07'))), std::string::npos);
  }
  EXPECT_FALSE(parse_public_key("ci", ""));
  EXPECT_FALSE(parse_public_key("ci", base::to_base64(std::string(31, 'x'))));
  EXPECT_FALSE(parse_public_key("ci", sound));
}

TEST(Signature, KnowsItsVersionsAndAlgorithms) {
  std::string seal = encode_signature(sign(key_of(SignatureAlgorithm::ed25519), facts()));
  const auto kind_with = [&](std::size_t at, char value) {
    std::string other = seal;
    other[at] = value;
    const auto decoded = decode_signature(other);
    return decoded ? std::optional<ErrorKind>() : decoded.error().kind;
  };
  EXPECT_EQ(kind_with(0, 'X'), ErrorKind::corrupt);
  EXPECT_EQ(kind_with(8, 2), ErrorKind::unsupported);
  EXPECT_EQ(kind_with(9, 0), ErrorKind::unsupported);
  EXPECT_EQ(kind_with(9, 3), ErrorKind::unsupported);
  EXPECT_EQ(kind_with(9, 2), ErrorKind::corrupt);  // of another length
  EXPECT_EQ(kind_with(10, 0), ErrorKind::corrupt);
  EXPECT_EQ(kind_with(10, '\xff'), ErrorKind::corrupt);
  EXPECT_EQ(kind_with(11, ' '), ErrorKind::corrupt);  // in the id
}

TEST(Signature, IdsAreShortAndPlain) {
  EXPECT_TRUE(is_valid_key_id("ci-2026.A_1"));
  EXPECT_TRUE(is_valid_key_id(std::string(64, 'x')));
  EXPECT_FALSE(is_valid_key_id(""));
  EXPECT_FALSE(is_valid_key_id(std::string(65, 'x')));
  EXPECT_FALSE(is_valid_key_id("a:b"));
  EXPECT_FALSE(is_valid_key_id("a b"));
  EXPECT_FALSE(is_valid_key_id("\xc3\xa4"));
}

// The bytes of docs/formats/signature.md: what is signed today must verify tomorrow.
TEST(Signature, IsTheOneThatTheFormatDescribes) {
  const std::string message = signed_message(SignatureAlgorithm::hmac_sha256, "ci", facts());
  std::string expected;
  const auto length = [&](std::size_t size) { expected += static_cast<char>(size) + std::string(7, '\0'); };
  const auto text = [&](std::string_view part) {
    length(part.size());
    expected += part;
  };
  text("stillage entry signature");
  expected += std::string("\1\0\0\0", 4);
  text("hmac-sha256");
  text("ci");
  expected += std::string("\1\0\0\0", 4);
  text("0123456789abcdef");
  text("app#build");
  const auto digest = base::sha256("manifest");
  text({reinterpret_cast<const char*>(digest.data()), digest.size()});
  EXPECT_EQ(message, expected);
  const Signature signature = {
      .algorithm = SignatureAlgorithm::hmac_sha256, .key_id = "ci", .bytes = std::string(32, 'S')};
  EXPECT_EQ(encode_signature(signature), "STLGSIGN\1\2\2ci" + std::string(32, 'S'));
}

}  // namespace
}  // namespace stillage::archive
