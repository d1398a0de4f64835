// SPDX-License-Identifier: MIT
// One store, used by 4 processes with 4 threads each, while its cap makes entries go: nobody ever sees a part
// of an entry, and no hit is lost before it is restored.
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <random>
#include <thread>

#include "os/file.h"
#include "support/scale.h"
#include "unit/cache/checkout_fixture.h"

namespace stillage::test {
namespace {

constexpr int kKeys = 40;
constexpr int kFiles = 4;

std::string content_of(int number, int file) {
  std::mt19937_64 random(static_cast<unsigned>(number * 100 + file));
  std::string content(20'000, '\0');
  for (char& c : content) c = static_cast<char>(random());
  return content;
}

/// A checkout of one package that one thread works in.
class Worker {
 public:
  Worker(std::string root, std::string store, unsigned seed)
      : root_(std::move(root)), store_(std::move(store)), random_(seed) {}

  /// The number of failures; `rounds` and `hits` count what was done.
  int work(std::chrono::steady_clock::time_point until, std::atomic<int>& hits) {
    while (std::chrono::steady_clock::now() < until) {
      if (!reopen()) return 1;
      for (int i = 0; i < 20; ++i)
        if (!one_round(hits)) return 1;
      if (random_() % 4 == 0) (void)opened_->prune(kKeys * kFiles * 20'000 / 3);
    }
    return 0;
  }

 private:
  bool reopen() {
    auto opened = cache::Store::open(store_, kKeys * kFiles * 20'000 / 2);
    if (!opened) return complain("open: " + opened.error().message);
    opened_ = *opened;
    cache::ArchiveCacheOptions options;
    options.store = opened_;
    options.tree = std::make_shared<SimpleTree>(root_);
    auto provider = cache::ArchiveCacheProvider::create(std::move(options));
    if (!provider) return complain("create: " + provider.error().message);
    provider_ = std::move(*provider);
    return true;
  }

  bool one_round(std::atomic<int>& hits) {
    const int number = static_cast<int>(random_() % kKeys);
    Target target;
    target.id = "a#build";
    target.cwd = root_;
    target.outputs = {"dist/**"};
    const std::string hash = digits_of(std::to_string(number));
    auto hit = provider_->look_up(hash, target);
    if (!hit) return complain("look_up: " + hit.error().message);
    if (*hit) {
      if (random_() % 2 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(random_() % 5));
      const auto restored = (*hit)->restore();
      if (!restored) return complain("restore: " + restored.error().message);
      ++hits;
    } else {
      if (const auto prepared = provider_->prepare(target); !prepared)
        return complain("prepare: " + prepared.error().message);
      if (!os::make_dirs(root_ + "/dist")) return false;
      for (int file = 0; file < kFiles; ++file)
        if (!os::write_file_atomic(root_ + "/dist/" + std::to_string(file), content_of(number, file)))
          return false;
      const auto stored = provider_->put(hash, target);
      if (!stored) return complain("put: " + stored.error().message);
      if (!stored->entry) return complain("not stored: " + stored->not_stored_because);
    }
    for (int file = 0; file < kFiles; ++file)
      if (os::read_file(root_ + "/dist/" + std::to_string(file)).value_or("") != content_of(number, file))
        return complain("wrong content of " + std::to_string(number));
    return true;
  }

  static bool complain(const std::string& what) {
    std::fprintf(stderr, "process %d: %s\n", ::getpid(), what.c_str());
    return false;
  }

  std::string root_;
  std::string store_;
  std::mt19937_64 random_;
  std::shared_ptr<cache::Store> opened_;
  std::shared_ptr<cache::ArchiveCacheProvider> provider_;
};

TEST(StoreConcurrency, FourProcessesWithFourThreadsAndEviction) {
  const auto length = std::chrono::seconds(scale(10, 60));
  const TempDir base;
  std::printf("4 processes, 4 threads each, %lld s\n", static_cast<long long>(length.count()));
  std::fflush(nullptr);
  const auto until = std::chrono::steady_clock::now() + length;
  std::vector<pid_t> children;
  for (int process = 0; process < 4; ++process) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      // Damage would be told: nobody may see any.
      std::atomic<int> failures = 0;
      std::atomic<int> hits = 0;
      base::set_log_sink([&](base::LogLevel, std::string_view message) {
        std::fprintf(stderr, "told: %.*s\n", static_cast<int>(message.size()), message.data());
        ++failures;
      });
      {
        std::vector<std::jthread> threads;
        for (int thread = 0; thread < 4; ++thread)
          threads.emplace_back([&, thread] {
            const std::string root = base / (std::to_string(process) + "-" + std::to_string(thread));
            if (!os::make_dirs(root)) std::abort();
            Worker worker(root, base / "store", static_cast<unsigned>(process * 10 + thread));
            failures += worker.work(until, hits);
          });
      }
      if (hits == 0) ++failures;
      std::fprintf(stderr, "process %d: %d hits\n", process, hits.load());
      ::_exit(failures == 0 ? 0 : 1);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  }
}

/// Many targets of one checkout at once, through one provider: what a run does.
TEST(StoreConcurrency, ManyTargetsOfOneCheckout) {
  const TempDir base;
  constexpr int kTargets = 64;
  const std::string root = base / "repo";
  std::vector<Target> targets;
  for (int i = 0; i < kTargets; ++i) {
    Target target;
    // Four targets of each package, each with a folder of its own, and one that they share.
    target.id = "p" + std::to_string(i / 4) + "#t" + std::to_string(i % 4);
    target.cwd = root + "/packages/p" + std::to_string(i / 4);
    target.outputs = {"dist/" + std::to_string(i % 4) + "/**",
                      "dist/shared-" + std::to_string(i % 4) + ".txt"};
    ASSERT_TRUE(os::make_dirs(target.cwd));
    targets.push_back(target);
  }
  for (int round = 0; round < 4; ++round) {
    auto store = cache::Store::open(base / "store", std::nullopt);
    ASSERT_TRUE(store);
    cache::ArchiveCacheOptions options;
    options.store = *store;
    options.tree = std::make_shared<SimpleTree>(root);
    options.state_folder = base / "state";
    options.targets = targets;
    auto provider = cache::ArchiveCacheProvider::create(std::move(options));
    ASSERT_TRUE(provider);
    if (round == 2) {
      ASSERT_TRUE(os::remove_tree(root + "/packages/p0/dist"));
    }
    std::atomic<int> next = 0;
    std::atomic<int> failures = 0;
    std::atomic<int> written = 0;
    {
      std::vector<std::jthread> threads;
      for (int thread = 0; thread < 4; ++thread)
        threads.emplace_back([&] {
          for (int i = next++; i < kTargets; i = next++) {
            const Target& target = targets[static_cast<std::size_t>(i)];
            const std::string hash = digits_of(target.id);
            auto hit = (*provider)->look_up(hash, target);
            if (hit && *hit) {
              const auto restored = (*hit)->restore();
              if (!restored) ++failures;
              if (restored) written += static_cast<int>(restored->written + restored->removed);
              continue;
            }
            if (!hit || !(*provider)->prepare(target)) ++failures;
            const std::string own = target.cwd + "/dist/" + std::to_string(i % 4);
            if (!os::make_dirs(own) || !os::write_file_atomic(own + "/file", target.id) ||
                !os::write_file_atomic(target.cwd + "/dist/shared-" + std::to_string(i % 4) + ".txt",
                                       target.id))
              ++failures;
            const auto stored = (*provider)->put(hash, target);
            if (!stored || !stored->entry) ++failures;
          }
        });
    }
    EXPECT_EQ(failures, 0) << "round " << round;
    if (round != 0) {
      EXPECT_EQ(written, round == 2 ? 8 : 0) << "round " << round;
    }
  }
}

}  // namespace
}  // namespace stillage::test
