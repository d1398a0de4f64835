// SPDX-License-Identifier: MIT
#pragma once
// What several parts of the contract of blob stores need.

#include <gmock/gmock.h>

#include <cstdint>
#include <string>

#include "blob/blob_store.h"

namespace stillage::test {

inline constexpr std::uint64_t kLimit = 256 << 20;

/// Bytes that look like chance, other ones for each seed.
inline std::string pattern(std::size_t size, std::uint32_t seed = 1) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>((seed = seed * 1664525 + 1013904223) >> 24);
  return bytes;
}

/// What a store can't do fails as that, and says whose fault it is.
template <class T>
void expect_unsupported(const blob::Outcome<T>& outcome, const std::string& name) {
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().what, blob::FailureKind::unsupported);
  EXPECT_EQ(outcome.error().kind, ErrorKind::unsupported);
  EXPECT_THAT(outcome.error().message, ::testing::HasSubstr(name));
}

/// Notes whether it has been told anything.
class NotingSink final : public blob::ByteSink {
 public:
  Status begin(std::optional<std::uint64_t>) override {
    touched = true;
    return {};
  }
  Status write(std::string_view) override {
    touched = true;
    return {};
  }
  bool touched = false;
};

}  // namespace stillage::test
