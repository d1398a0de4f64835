// SPDX-License-Identifier: MIT
#include "base/sign.h"

#include <gtest/gtest.h>

#include <string>

#include "base/hex.h"

namespace stillage::base {
namespace {

template <class Bytes>
Bytes from(std::string_view hex) {
  Bytes bytes{};
  EXPECT_TRUE(from_hex(hex, bytes));
  return bytes;
}

// RFC 4231, cases 1, 2, 3 and 6.
TEST(Hmac, TestVectors) {
  const auto hex = [](std::string_view key, std::string_view message) {
    return to_hex(hmac_sha256(key, message));
  };
  EXPECT_EQ(hex(std::string(20, '\x0b'), "Hi There"),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hex("Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hex(std::string(20, '\xaa'), std::string(50, '\xdd')),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
  EXPECT_EQ(hex(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First"),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

// RFC 8032, section 7.1, tests 1, 2 and 3.
TEST(Ed25519, TestVectors) {
  struct Case {
    std::string_view seed, public_key, message, signature;
  };
  for (const Case& c : {
           Case{"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
                "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
                "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9"
                "b46b"
                "d25bf5f0595bbe24655141438e7a100b"},
           Case{"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
                "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "r",
                "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f1"
                "1d8c"
                "387b2eaeb4302aeeb00d291612bb0c00"},
       }) {
    const auto seed = from<Ed25519Seed>(c.seed);
    EXPECT_EQ(to_hex(ed25519_public_key(seed)), c.public_key);
    EXPECT_EQ(to_hex(ed25519_sign(seed, c.message)), c.signature);
    EXPECT_TRUE(ed25519_verify(ed25519_public_key(seed), c.message, from<Ed25519Signature>(c.signature)));
  }
}

TEST(Ed25519, RefusesWhatIsNotExactlyWhatWasSigned) {
  Ed25519Seed seed{};
  fill_random(seed.data(), seed.size());
  const auto key = ed25519_public_key(seed);
  const auto signature = ed25519_sign(seed, "message");
  EXPECT_TRUE(ed25519_verify(key, "message", signature));
  EXPECT_FALSE(ed25519_verify(key, "massage", signature));
  EXPECT_FALSE(ed25519_verify(key, "", signature));
  for (std::size_t i = 0; i < signature.size(); ++i) {
    auto other = signature;
    other[i] ^= 1;
    EXPECT_FALSE(ed25519_verify(key, "message", other)) << i;
  }
  for (std::size_t i = 0; i < key.size(); ++i) {
    auto other = key;
    other[i] ^= 1;
    EXPECT_FALSE(ed25519_verify(other, "message", signature)) << i;
  }
}

// Under the neutral element, R = neutral and S = 0 would be a signature of every message.
TEST(Ed25519, RefusesKeysOfSmallOrder) {
  Ed25519PublicKey neutral{1};
  Ed25519Signature everything{};
  everything[0] = 1;
  EXPECT_FALSE(ed25519_verify(neutral, "anything", everything));
  neutral.back() |= 0x80;
  EXPECT_FALSE(ed25519_verify(neutral, "anything", everything));
  EXPECT_FALSE(ed25519_verify({}, "anything", {}));
}

TEST(ConstantTime, ComparesAllBytes) {
  EXPECT_TRUE(equal_in_constant_time("", ""));
  EXPECT_TRUE(equal_in_constant_time("abc", "abc"));
  EXPECT_FALSE(equal_in_constant_time("abc", "abd"));
  EXPECT_FALSE(equal_in_constant_time("abc", "ab"));
  EXPECT_FALSE(equal_in_constant_time("", "a"));
}

}  // namespace
}  // namespace stillage::base
