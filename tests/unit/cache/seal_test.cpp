// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "archive/entry.h"
#include "cache/origins.h"
#include "cache/signed_seal.h"
#include "cache/store.h"

namespace stillage::cache {
namespace {

using archive::SignatureAlgorithm;
using archive::SigningKey;

SealedFacts facts(const std::string& key = "0123456789abcdef") {
  return {
      .format = archive::kFormat, .key = key, .target = "app#build", .manifest_digest = base::sha256("m")};
}

SigningKey make_key(const std::string& id, SignatureAlgorithm algorithm = SignatureAlgorithm::ed25519) {
  return archive::generate_signing_key(algorithm, id);
}

SignedSeal seal_of(const std::vector<SigningKey>& known, const SigningKey* own, bool require,
                   const std::string& place = "place") {
  SignedSealOptions options{.place = place};
  for (const SigningKey& key : known) options.verify_keys.push_back(verify_key_of(key));
  if (own != nullptr) options.signing_key = *own;
  options.require_signature = require;
  return SignedSeal(std::move(options));
}

std::optional<ErrorKind> refusal(const SignedSeal& seal, const SealedFacts& what, std::string_view bytes) {
  const auto checked = seal.check(what, bytes);
  return checked ? std::optional<ErrorKind>() : checked.error().kind;
}

TEST(SignedSeal, WithoutAnyKeyNothingIsSignedAndAllIsTaken) {
  const SignedSeal seal = seal_of({}, nullptr, false);
  EXPECT_EQ(*seal.seal(facts()), "");
  ASSERT_TRUE(seal.check(facts(), ""));
  EXPECT_EQ(seal.origins(), std::vector<std::string>{*seal.check(facts(), "")});
  EXPECT_TRUE(seal.signed_origins().empty());
}

TEST(SignedSeal, WhereSignaturesAreRequiredNothingElseIsTaken) {
  const SigningKey ci = make_key("ci");
  const SigningKey stranger = make_key("stranger");
  const SigningKey impostor = make_key("ci");
  const SignedSeal reader = seal_of({ci}, nullptr, true);
  const std::string good = *seal_of({ci}, &ci, true).seal(facts());
  EXPECT_FALSE(refusal(reader, facts(), good));
  EXPECT_EQ(refusal(reader, facts(), ""), ErrorKind::auth);
  EXPECT_EQ(refusal(reader, facts(), "garbage"), ErrorKind::auth);
  EXPECT_EQ(refusal(reader, facts(), good.substr(0, good.size() - 1)), ErrorKind::auth);
  EXPECT_EQ(refusal(reader, facts(), *seal_of({}, &stranger, false).seal(facts())), ErrorKind::auth);
  EXPECT_EQ(refusal(reader, facts(), *seal_of({}, &impostor, false).seal(facts())), ErrorKind::auth);
  EXPECT_EQ(refusal(reader, facts("fedcba9876543210"), good), ErrorKind::auth);
  std::string later_version = good;
  later_version[8] = 2;
  EXPECT_EQ(refusal(reader, facts(), later_version), ErrorKind::auth);
}

TEST(SignedSeal, WhereTheyAreNotRequiredAWrongOneIsRefusedAllTheSame) {
  const SigningKey ci = make_key("ci");
  const SigningKey impostor = make_key("ci");
  const SigningKey stranger = make_key("stranger");
  const SignedSeal reader = seal_of({ci}, nullptr, false);
  EXPECT_FALSE(refusal(reader, facts(), ""));
  EXPECT_FALSE(refusal(reader, facts(), *seal_of({}, &stranger, false).seal(facts())));
  EXPECT_EQ(refusal(reader, facts(), *seal_of({}, &impostor, false).seal(facts())), ErrorKind::auth);
  EXPECT_EQ(refusal(reader, facts(), "garbage"), ErrorKind::auth);
  // What a stranger signed is worth no more than what nobody did.
  EXPECT_EQ(*reader.check(facts(), *seal_of({}, &stranger, false).seal(facts())), *reader.check(facts(), ""));
  EXPECT_NE(*reader.check(facts(), *seal_of({}, &ci, false).seal(facts())), *reader.check(facts(), ""));
}

TEST(SignedSeal, KeysAreRotatedByTheirIds) {
  const SigningKey old_key = make_key("2025");
  const SigningKey new_key = make_key("2026", SignatureAlgorithm::hmac_sha256);
  const std::string by_old = *seal_of({old_key}, &old_key, true).seal(facts());
  const std::string by_new = *seal_of({old_key, new_key}, &new_key, true).seal(facts());
  const SignedSeal both = seal_of({old_key, new_key}, nullptr, true);
  EXPECT_FALSE(refusal(both, facts(), by_old));
  EXPECT_FALSE(refusal(both, facts(), by_new));
  const SignedSeal later = seal_of({new_key}, nullptr, true);
  EXPECT_EQ(refusal(later, facts(), by_old), ErrorKind::auth);
  EXPECT_FALSE(refusal(later, facts(), by_new));
  // In the local store, too, an entry lies under the key that signed it, whatever other keys are known.
  EXPECT_EQ(*both.check(facts(), by_new), *later.check(facts(), by_new));
  EXPECT_NE(*both.check(facts(), by_old), *both.check(facts(), by_new));
}

TEST(SignedSeal, NothingGoesUpThatItsOwnReadersWouldRefuse) {
  const SigningKey ci = make_key("ci");
  const SigningKey stranger = make_key("stranger");
  const SigningKey impostor = make_key("ci");
  EXPECT_EQ(seal_of({ci}, &ci, true).cannot_seal_because(), "");
  for (const SigningKey* own : {static_cast<const SigningKey*>(nullptr), &stranger, &impostor}) {
    const SignedSeal seal = seal_of({ci}, own, true);
    EXPECT_NE(seal.cannot_seal_because(), "");
    const auto sealed = seal.seal(facts());
    ASSERT_FALSE(sealed);
    EXPECT_EQ(sealed.error().kind, ErrorKind::auth);
  }
}

TEST(SignedSeal, OriginsTellPlacesAndKeysApartAndNothingElse) {
  const SigningKey ci = make_key("ci");
  SigningKey renamed = ci;
  renamed.id = "renamed";
  const SigningKey other = make_key("ci");
  const auto origin = [](const SigningKey& key, const std::string& place) {
    return seal_of({key}, nullptr, true, place).origins().front();
  };
  EXPECT_EQ(origin(ci, "a"), origin(renamed, "a"));
  EXPECT_NE(origin(ci, "a"), origin(other, "a"));
  EXPECT_NE(origin(ci, "a"), origin(ci, "b"));
  EXPECT_NE(seal_of({}, nullptr, false, "a").origins(), seal_of({}, nullptr, false, "b").origins());
}

TEST(Origins, OwnEntriesComeFirstAndForeignOnesOnlyFromWhereTheyAreTrusted) {
  const std::string key(64, 'a');
  const std::string one = origin_name({"one"});
  const std::string two = origin_name({"two"});
  const auto names = [&](const Origins& origins) {
    std::vector<std::string> found;
    for (const auto& place : origins.places_of(key, "a#build")) found.push_back(place.name);
    return found;
  };
  const auto own = names(Origins("/root", {}));
  EXPECT_EQ(own,
            (std::vector<std::string>{entry_name(key, "a#build", ""), entry_name(key, "a#build", "/root")}));
  const auto all = names(Origins("/root", {two, one}));
  EXPECT_EQ(std::vector<std::string>(all.begin(), all.begin() + 2), own);
  EXPECT_EQ(all.size(), 8U);
  EXPECT_EQ(all, names(Origins("/root", {one, two, one})));
  const auto some = names(Origins("/root", {one}));
  EXPECT_EQ(some.size(), 6U);
  // What stands on all of the one is not for those who trust all of the other.
  EXPECT_EQ(std::count(all.begin(), all.end(), some.back()), 0);
}

TEST(Origins, WhatStandsForSeveralIsAmongOthersOnlyIfAllAre) {
  const std::string one = origin_name({"one"});
  const std::string two = origin_name({"two"});
  const Origins origins("/root", {one, two});
  EXPECT_TRUE(origins.is_among(one, {one}));
  EXPECT_FALSE(origins.is_among(one, {two}));
  EXPECT_FALSE(origins.is_among(origins.of_all(), {one}));
  EXPECT_TRUE(origins.is_among(origins.of_all(), {two, one}));
}

TEST(Origins, NamesTellWhereOnePartEnds) {
  EXPECT_NE(origin_name({"ab", "c"}), origin_name({"a", "bc"}));
  EXPECT_NE(origin_name({"a"}), origin_name({"a", ""}));
}

}  // namespace
}  // namespace stillage::cache
