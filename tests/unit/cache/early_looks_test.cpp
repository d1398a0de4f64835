// SPDX-License-Identifier: MIT
// Threads that look ahead and threads that look up, over the same targets at once.
#include <atomic>
#include <thread>

#include "os/file.h"
#include "unit/cache/checkout_fixture.h"

namespace stillage::test {
namespace {

class EarlyLooks : public CacheTest {};

TEST_F(EarlyLooks, LookUpsMeetThemAnywhere) {
  constexpr std::size_t kTargets = 40;
  std::vector<Target> targets;
  for (std::size_t i = 0; i < kTargets; ++i)
    targets.push_back(target("p" + std::to_string(i / 2) + (i % 2 == 0 ? "#build" : "#test"),
                             {{i % 2 == 0 ? "dist/**" : "lib/**"}}));
  const auto hash_of = [](std::size_t i) { return digits_of(std::to_string(i)); };
  open(targets);
  for (std::size_t i = 0; i < kTargets; ++i) {
    ASSERT_TRUE(os::make_dirs(targets[i].cwd));
    const std::string file = targets[i].cwd + (i % 2 == 0 ? "/dist/a.js" : "/lib/a.js");
    run(targets[i], hash_of(i), [&] { base_.write(file.substr(base_.path().size() + 1), file); });
  }
  let_times_settle();
  for (std::size_t i = 0; i < kTargets; ++i) restore(targets[i], hash_of(i));
  for (int round = 0; round < 20; ++round) {
    auto& provider = open(targets);
    provider.look_ahead();
    std::atomic<std::size_t> next = 0, in_place = 0;
    {
      std::vector<std::jthread> threads;
      for (int t = 0; t < 3; ++t)
        threads.emplace_back([&] {
          for (std::size_t i = next++; i < kTargets; i = next++) {
            const auto hit = provider.look_up(hash_of(i), targets[i]);
            const auto report = hit && *hit ? (*hit)->in_place() : std::optional<RestoreReport>();
            if (report && *report && (*report)->unchanged == 1) ++in_place;
          }
        });
    }
    EXPECT_EQ(in_place, kTargets);
  }
}

}  // namespace
}  // namespace stillage::test
