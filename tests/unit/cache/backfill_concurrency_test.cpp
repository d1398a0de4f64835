// SPDX-License-Identifier: MIT
// One folder cache, used by several processes at once, or by one that is killed: nobody ever sees a part of
// an entry, nor parts of two.
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <random>
#include <thread>

#include "base/clock.h"
#include "base/log.h"
#include "os/file.h"
#include "stillage/backfill_cache_provider.h"
#include "support/scale.h"
#include "unit/cache/checkout_fixture.h"

namespace stillage::test {
namespace {

constexpr int kFilesOfTarget = 12;
constexpr int kHashes = 3;

std::string name_of(int file) {
  return "dist/" + std::to_string(file % 4) + "/" + std::to_string(file);
}

/// All files of one run say which run it was.
std::string content_of(const std::string& run, int file) {
  return run + " " + std::to_string(file) + std::string(static_cast<std::size_t>(file) * 1'000, 'x');
}

/// A package with a target of which every worker has one, so that they share hashes and not folders.
class BackfillWorker {
 public:
  BackfillWorker(const std::string& root, const std::string& name, unsigned seed)
      : name_(name), provider_({.root = root}), random_(seed) {
    target_.id = "a#build";
    target_.cwd = root + "/packages/" + name;
    target_.outputs = {"dist/**"};
    if (!os::make_dirs(target_.cwd)) std::abort();
  }

  bool make_outputs() {
    const std::string run = name_ + "-" + std::to_string(++runs_);
    for (int file = 0; file < kFilesOfTarget; ++file) {
      const std::string path = target_.cwd + "/" + name_of(file);
      if (!os::make_dirs(path.substr(0, path.rfind('/')))) return false;
      if (!os::write_file_atomic(path, content_of(run, file))) return false;
    }
    return true;
  }

  bool put(const std::string& hash) {
    const auto stored = provider_.put(hash, target_);
    if (!stored) return complain("put: " + stored.error().message);
    const bool went = stored->not_stored_because.find("removed at once") != std::string::npos;
    return stored->entry || went || complain("not stored: " + stored->not_stored_because);
  }

  /// Adds to `hits`; false if what was restored is not what one run made.
  bool fetch(const std::string& hash, std::atomic<int>& hits) {
    const auto fetched = provider_.fetch(hash, target_);
    if (!fetched) return complain("fetch: " + fetched.error().message);
    if (!*fetched) return true;
    ++hits;
    const std::string first = os::read_file(target_.cwd + "/" + name_of(0)).value_or("");
    const std::string run = first.substr(0, first.find(' '));
    for (int file = 0; file < kFilesOfTarget; ++file)
      if (os::read_file(target_.cwd + "/" + name_of(file)).value_or("") != content_of(run, file))
        return complain("a part of an entry, or parts of two");
    return true;
  }

  int work(std::chrono::steady_clock::time_point until, std::atomic<int>& hits) {
    while (std::chrono::steady_clock::now() < until) {
      const std::string hash = digits_of(std::to_string(random_() % kHashes)).substr(0, 40);
      const auto choice = random_() % 8;
      if (choice < 3 && !(make_outputs() && put(hash))) return 1;
      if (choice >= 3 && !fetch(hash, hits)) return 1;
      // What is in use may stay, and that is told by an error.
      if (choice == 7 && random_() % 4 == 0) (void)provider_.clear();
    }
    return 0;
  }

 private:
  static bool complain(const std::string& what) {
    std::fprintf(stderr, "process %d: %s\n", ::getpid(), what.c_str());
    return false;
  }

  std::string name_;
  BackfillCacheProvider provider_;
  std::mt19937_64 random_;
  Target target_;
  int runs_ = 0;
};

TEST(BackfillConcurrency, FourProcessesPutFetchAndClearTheSameEntries) {
  const auto length = std::chrono::seconds(scale(5, 60));
  const TempDir base;
  std::printf("4 processes, 2 threads each, %lld s\n", static_cast<long long>(length.count()));
  std::fflush(nullptr);
  const auto until = std::chrono::steady_clock::now() + length;
  std::vector<pid_t> children;
  for (int process = 0; process < 4; ++process) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      std::atomic<int> failures = 0;
      std::atomic<int> hits = 0;
      {
        std::vector<std::jthread> threads;
        for (int thread = 0; thread < 2; ++thread)
          threads.emplace_back([&, thread] {
            const std::string name = std::to_string(process) + "-" + std::to_string(thread);
            BackfillWorker worker(base.path(), name, static_cast<unsigned>(process * 10 + thread));
            failures += worker.work(until, hits);
          });
      }
      std::fprintf(stderr, "process %d: %d hits\n", process, hits.load());
      ::_exit(failures == 0 && hits > 0 ? 0 : 1);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  }
}

/// How long a worker takes here for its outputs and one put of them.
std::chrono::microseconds time_of_one_put() {
  const TempDir base;
  const base::Stopwatch watch;
  BackfillWorker worker(base.path(), "timed", 1);
  EXPECT_TRUE(worker.make_outputs() && worker.put(digits_of("timed").substr(0, 40)));
  return std::chrono::microseconds(static_cast<std::int64_t>(watch.seconds() * 1e6));
}

TEST(BackfillConcurrency, AKilledPutLeavesTheEntryWholeOrAbsent) {
  const int kills = scale(25, 500);
  const TempDir base;
  std::printf("%d kills\n", kills);
  std::fflush(nullptr);
  const std::string hash = digits_of("killed").substr(0, 40);
  std::mt19937_64 random(4711);
  std::atomic<int> hits = 0;
  // Some die before their first put is done, most in a later one.
  auto longest = static_cast<std::uint64_t>(4 * time_of_one_put().count());
  for (int i = 0; i < kills; ++i) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      BackfillWorker worker(base.path(), "killed", static_cast<unsigned>(i));
      // Whole outputs, put over and over.
      if (!worker.make_outputs()) ::_exit(1);
      while (worker.put(hash)) {
      }
      ::_exit(1);
    }
    std::this_thread::sleep_for(std::chrono::microseconds(500 + random() % longest));
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "it ended by itself";
    BackfillWorker reader(base.path(), "reader-" + std::to_string(i), 1);
    ASSERT_TRUE(reader.fetch(hash, hits)) << "kill " << i;
    // While nothing is there to be found, the next one lives longer: the machine is busier than it was.
    if (hits == 0) longest += longest / 4;
  }
  EXPECT_GT(hits, 0);
}

}  // namespace
}  // namespace stillage::test
