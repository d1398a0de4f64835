// SPDX-License-Identifier: MIT
// After each step of a random life the listing must be git's, and no id may be wrong.
#include <gtest/gtest.h>

#include <cstdio>

#include "unit/git/random_life.h"

namespace stillage::git {
namespace {

using test::Life;

TEST(RandomLife, ListedAsGitDoesAndNoIdIsWrong) {
  constexpr unsigned kLives = 4;
  constexpr int kSteps = 70;
  std::size_t ids = 0;
  for (unsigned seed = 1; seed <= kLives; ++seed) {
    Life life(seed);
    std::string story = "seed " + std::to_string(seed);
    for (int i = 0; i < kSteps && !testing::Test::HasFailure(); ++i) {
      story += "\n" + life.step();
      SCOPED_TRACE(story);
      ids += test::clean_ids(test::expect_as_git(life.repo().path()));
    }
  }
  std::printf("%u lives of %d steps, %zu ids\n", kLives, kSteps, ids);
  EXPECT_GT(ids, kLives * kSteps / 4U);
}

}  // namespace
}  // namespace stillage::git
