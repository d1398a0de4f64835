// SPDX-License-Identifier: MIT
// Storing and restoring all outputs of a monorepo, beside the least that anybody would have to do for it:
//   store_bench --monorepo=FOLDER --place=FOLDER [options of Google Benchmark]
// The monorepo is one of gen_monorepo.py; everything is written below the place, and removed in the end.
// Nothing is removed between the rounds: some file systems create files slowly right after.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <zstd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "os/at.h"
#include "os/fd.h"
#include "os/file.h"
#include "os/path.h"
#include "outputs.h"
#include "stillage/stillage.h"

namespace stillage::bench {
namespace {

constexpr int kLevel = 1;

struct Setup {
  std::vector<PackageOutputs> packages;
  std::string place;
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
};

Setup& setup() {
  static Setup setup;
  return setup;
}

void must(const Status& status) {
  if (status) return;
  std::cerr << status.error().message << '\n';
  std::_Exit(EXIT_FAILURE);
}

template <class T>
T must(Result<T> result) {
  if (!result) must(Status(tl::make_unexpected(result.error())));
  return std::move(*result);
}

/// A folder that no round has used, with the packages' folders in it.
std::string fresh_root(std::string_view purpose) {
  static std::atomic<int> count = 0;
  const std::string root = setup().place + "/" + std::string(purpose) + "-" + std::to_string(count++);
  for (const PackageOutputs& package : setup().packages) must(make_package(root, package));
  return root;
}

template <class Work>
void on_threads(std::int64_t threads, const Work& work) {
  std::atomic<std::size_t> next = 0;
  const auto take = [&] {
    for (std::size_t i = next++; i < setup().packages.size(); i = next++) work(i);
  };
  std::vector<std::jthread> others;
  for (std::int64_t i = 1; i < threads; ++i) others.emplace_back(take);
  take();
}

Target target_of(const std::string& root, std::size_t index) {
  Target target;
  target.package_name = std::to_string(index);
  target.task = "build";
  target.id = target.package_name + "#build";
  target.cwd = root + "/" + setup().packages[index].dir;
  target.outputs = {"lib/**"};
  return target;
}

std::string key_of(std::size_t index) {
  std::string digits = std::to_string(index);
  return std::string(64 - digits.size(), '0') + digits;
}

std::shared_ptr<CacheProvider> provider_for(const std::string& root, const std::string& store) {
  return must(open_local_cache(root, {.internal_cache_folder = store}));
}

void create_all(const std::string& root, std::int64_t threads) {
  on_threads(threads, [&](std::size_t i) { must(create_plainly(root, setup().packages[i])); });
}

void put_all(CacheProvider& provider, const std::string& root, std::int64_t threads) {
  on_threads(threads, [&](std::size_t i) {
    const auto put = must(provider.put(key_of(i), target_of(root, i)));
    if (!put.entry) must(Status(fail(ErrorKind::io, put.not_stored_because)));
  });
}

void fetch_all(CacheProvider& provider, const std::string& root, std::int64_t threads) {
  on_threads(threads, [&](std::size_t i) {
    if (!must(provider.fetch(key_of(i), target_of(root, i))))
      must(Status(fail(ErrorKind::io, "an entry is missing")));
  });
}

/// A store with everything in it.
const std::string& filled_store() {
  static const std::string store = [] {
    std::string folder = setup().place + "/filled";
    const std::string root = fresh_root("source");
    create_all(root, 1);
    put_all(*provider_for(root, folder), root, 1);
    return folder;
  }();
  return store;
}

void count(benchmark::State& state) {
  const auto rounds = static_cast<std::int64_t>(state.iterations());
  state.SetItemsProcessed(rounds * static_cast<std::int64_t>(setup().files));
  state.SetBytesProcessed(rounds * static_cast<std::int64_t>(setup().bytes));
}

/// Reads, compresses and writes one file for a package: what storing can't do without.
void pack_plainly(const std::string& root, const PackageOutputs& package, const std::string& to) {
  const os::Fd top = must(os::open_path(root + "/" + package.dir, O_PATH | O_DIRECTORY));
  std::string bytes;
  for (const OutputFile& file : package.files) {
    const os::Fd fd = must(os::open_at(top.get(), file.path, O_RDONLY));
    bytes += must(os::read_all(fd.get(), file.path));
  }
  thread_local const std::unique_ptr<ZSTD_CCtx, std::size_t (*)(ZSTD_CCtx*)> context(ZSTD_createCCtx(),
                                                                                     &ZSTD_freeCCtx);
  std::string packed(ZSTD_compressBound(bytes.size()), '\0');
  packed.resize(
      ZSTD_compressCCtx(context.get(), packed.data(), packed.size(), bytes.data(), bytes.size(), kLevel));
  const os::Fd out = must(os::open_path(to, O_WRONLY | O_CREAT | O_EXCL));
  must(os::write_all(out.get(), packed, to));
}

void create(benchmark::State& state) {
  for (auto _ : state) {
    state.PauseTiming();
    const std::string root = fresh_root("create");
    state.ResumeTiming();
    create_all(root, state.range(0));
  }
  count(state);
}

/// Into a checkout that never had outputs.
void fetch(benchmark::State& state) {
  for (auto _ : state) {
    state.PauseTiming();
    const std::string& store = filled_store();
    const std::string root = fresh_root("fetch");
    auto provider = provider_for(root, store);
    state.ResumeTiming();
    fetch_all(*provider, root, state.range(0));
    state.PauseTiming();
    provider.reset();
    state.ResumeTiming();
  }
  count(state);
}

/// Into a checkout whose outputs were deleted since the last run.
void fetch_deleted(benchmark::State& state) {
  const std::string root = fresh_root("deleted");
  fetch_all(*provider_for(root, filled_store()), root, 1);
  for (auto _ : state) {
    state.PauseTiming();
    const std::string aside = fresh_root("aside");
    for (const PackageOutputs& package : setup().packages)
      must(os::rename_at(AT_FDCWD, root + "/" + package.dir + "/lib", AT_FDCWD,
                         aside + "/" + package.dir + "/lib"));
    auto provider = provider_for(root, filled_store());
    state.ResumeTiming();
    fetch_all(*provider, root, state.range(0));
    state.PauseTiming();
    provider.reset();
    state.ResumeTiming();
  }
  count(state);
}

/// Into a checkout where one file in a hundred differs.
void fetch_differing(benchmark::State& state) {
  const std::string root = fresh_root("differing");
  // Times as young as those of a restore prove nothing yet: the second look settles that.
  for (int i = 0; i < 2; ++i) {
    fetch_all(*provider_for(root, filled_store()), root, 1);
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  for (auto _ : state) {
    state.PauseTiming();
    std::size_t at = 0;
    for (const PackageOutputs& package : setup().packages)
      for (const OutputFile& file : package.files)
        if (at++ % 100 == 0)
          must(os::write_file_atomic(root + "/" + package.dir + "/" + file.path, "another"));
    auto provider = provider_for(root, filled_store());
    state.ResumeTiming();
    fetch_all(*provider, root, state.range(0));
    state.PauseTiming();
    provider.reset();
    state.ResumeTiming();
  }
  count(state);
}

/// A checkout with all outputs, to be read only.
const std::string& full_root() {
  static const std::string root = [] {
    std::string folder = fresh_root("full");
    create_all(folder, 1);
    return folder;
  }();
  return root;
}

void pack(benchmark::State& state) {
  for (auto _ : state) {
    state.PauseTiming();
    const std::string& root = full_root();
    const std::string to = fresh_root("pack");
    state.ResumeTiming();
    on_threads(state.range(0),
               [&](std::size_t i) { pack_plainly(root, setup().packages[i], to + "/" + std::to_string(i)); });
  }
  count(state);
}

void put(benchmark::State& state) {
  for (auto _ : state) {
    state.PauseTiming();
    const std::string& root = full_root();
    auto provider = provider_for(root, fresh_root("put") + "/store");
    state.ResumeTiming();
    put_all(*provider, root, state.range(0));
    state.PauseTiming();
    provider.reset();
    state.ResumeTiming();
  }
  count(state);
}

void register_all() {
  const auto add = [](const char* name, void (*function)(benchmark::State&)) {
    benchmark::RegisterBenchmark(name, function)
        ->ArgName("threads")
        ->Arg(1)
        ->Arg(2)
        ->Iterations(1)
        ->Unit(benchmark::kMillisecond)
        ->MeasureProcessCPUTime()
        ->UseRealTime();
  };
  add("create_plainly", create);
  add("fetch_into_a_new_checkout", fetch);
  add("fetch_what_was_deleted", fetch_deleted);
  add("fetch_where_one_percent_differs", fetch_differing);
  add("pack_plainly", pack);
  add("put", put);
}

/// The value of "--<name>=…", which is taken out of the arguments.
std::string take_option(int& count, char** arguments, std::string_view name) {
  const std::string start = "--" + std::string(name) + "=";
  for (int i = 1; i < count; ++i) {
    const std::string_view argument = arguments[i];
    if (!argument.starts_with(start)) continue;
    std::string value(argument.substr(start.size()));
    for (int j = i; j < count; ++j) arguments[j] = arguments[j + 1];
    --count;
    return value;
  }
  return {};
}

}  // namespace
}  // namespace stillage::bench

int main(int argc, char** argv) {
  using namespace stillage;
  bench::Setup& setup = bench::setup();
  const std::string monorepo = bench::take_option(argc, argv, "monorepo");
  const std::string place = bench::take_option(argc, argv, "place");
  if (monorepo.empty() || place.empty()) {
    std::cerr << "usage: store_bench --monorepo=FOLDER --place=FOLDER [--benchmark_...]\n";
    return EXIT_FAILURE;
  }
  setup.place = place + "/" + os::temp_name();
  bench::must(os::make_dirs(setup.place));
  ::setenv("XDG_CACHE_HOME", setup.place.c_str(), 1);
  setup.packages = bench::must(bench::read_outputs(monorepo));
  for (const bench::PackageOutputs& package : setup.packages)
    for (const bench::OutputFile& file : package.files) {
      ++setup.files;
      setup.bytes += file.content.size();
    }
  bench::register_all();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  bench::must(os::remove_tree(setup.place));
}
