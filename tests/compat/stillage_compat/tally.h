// SPDX-License-Identifier: MIT
#pragma once
// Counts cases and prints those that failed. Safe for use from many threads.

#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace stillage::compat {

class Tally {
 public:
  /// A case that went as the original does it.
  void pass();
  /// A case in which the original crashes, hangs or refuses, and `behaviour` (docs/compatibility.md) is what
  /// we have chosen instead.
  void pass_ours(std::string_view behaviour);
  void fail(std::string_view name, std::string_view expected, std::string_view got);
  /// pass() if the two are the same, else fail().
  void expect_equal(std::string_view name, std::string_view expected, std::string_view got);

  std::size_t failed() const { return failed_; }
  /// Prints how often each chosen behaviour was met, and the sum: "N passed, N failed".
  void print_sum() const;

 private:
  mutable std::mutex mutex_;
  std::size_t passed_ = 0;
  std::size_t failed_ = 0;
  std::map<std::string, std::size_t, std::less<>> ours_;
};

}  // namespace stillage::compat
