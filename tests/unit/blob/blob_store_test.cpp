// SPDX-License-Identifier: MIT
#include "blob/blob_store.h"

#include <gmock/gmock.h>

namespace stillage::blob {
namespace {

TEST(BlobKeys, AreWhatEveryStoreTakes) {
  for (const char* const key : {"a", "0123abc", "zone/0123abc", "a.b-c_D/e", "..a/b"})
    EXPECT_EQ(is_valid_key(key), std::string_view(key) != "..a/b") << key;
  EXPECT_TRUE(is_valid_key(std::string(512, 'k')));
  for (const char* const key : {"", "/", "a/", "/a", "a//b", ".", "..", "a/../b", ".hidden", "a/.b", "a b",
                                "a\nb", "a\\b", "a%b", "a?b", "a#b", "a:b", "\xc3\xa4"})
    EXPECT_FALSE(is_valid_key(key)) << key;
  EXPECT_FALSE(is_valid_key(std::string(513, 'k')));
  EXPECT_FALSE(is_valid_key(std::string_view("a\0b", 3)));
}

TEST(BlobMetadata, IsChecked) {
  const Traits all{.list = true, .remove = true, .overwrite = true, .conditional = true, .metadata = true};
  const auto with = [&](Metadata metadata) {
    return check_put({.mode = {}, .metadata = std::move(metadata)}, all, "it");
  };
  EXPECT_TRUE(with({{"a_1", "plain text"}, {"b", ""}}));
  for (const char* const name : {"", "A", "1a", "a-b", "a b", "_a"})
    EXPECT_FALSE(with({{name, "x"}})) << name;
  for (const char* const value : {" x", "x ", "a\nb", "\xc3\xa4", "a\x7f"})
    EXPECT_FALSE(with({{"a", value}})) << value;
  EXPECT_TRUE(with({{"a", std::string(2047, 'x')}}));
  EXPECT_FALSE(with({{"a", std::string(2048, 'x')}}));
}

TEST(BlobTraits, WhatAStoreCannotDoIsUnsupported) {
  const auto with = [](Traits traits, PutOptions options) { return check_put(options, traits, "the store"); };
  const auto plain = with({}, {});
  ASSERT_FALSE(plain);
  EXPECT_EQ(plain.error().what, FailureKind::unsupported);
  EXPECT_EQ(plain.error().message, "the store can't replace what it has");
  EXPECT_TRUE(with({.overwrite = true}, {}));
  EXPECT_FALSE(with({.overwrite = true}, {.mode = PutMode::if_absent, .metadata = {}}));
  EXPECT_TRUE(with({.conditional = true}, {.mode = PutMode::if_absent, .metadata = {}}));
  EXPECT_FALSE(with({.overwrite = true}, {.mode = {}, .metadata = {{"a", "b"}}}));
}

}  // namespace
}  // namespace stillage::blob
