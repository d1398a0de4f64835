// SPDX-License-Identifier: MIT
#include "tally.h"

#include <fmt/format.h>

#include "base/strings.h"

namespace stillage::compat {

void Tally::pass() {
  const std::lock_guard lock(mutex_);
  ++passed_;
}

void Tally::pass_ours(std::string_view behaviour) {
  const std::lock_guard lock(mutex_);
  ++passed_;
  ++ours_[std::string(behaviour)];
}

void Tally::fail(std::string_view name, std::string_view expected, std::string_view got) {
  const std::lock_guard lock(mutex_);
  ++failed_;
  fmt::print("FAILED {}\n  expected {}\n  got      {}\n", base::printable(name), base::printable(expected),
             base::printable(got));
}

void Tally::expect_equal(std::string_view name, std::string_view expected, std::string_view got) {
  if (expected == got)
    pass();
  else
    fail(name, expected, got);
}

void Tally::print_sum() const {
  std::size_t ours = 0;
  for (const auto& [behaviour, count] : ours_) {
    fmt::print("(ours) {}: {}\n", behaviour, count);
    ours += count;
  }
  if (ours > 0) fmt::print("(ours) {} in all, where the original fails; they are among the passed\n", ours);
  fmt::print("{} passed, {} failed\n", passed_, failed_);
}

}  // namespace stillage::compat
