// SPDX-License-Identifier: MIT
// Puts or fetches one entry through Azure Blob Storage, and says what that took as a line of JSON:
//   remote_bench tar|entry put|fetch CONNECTION_STRING CONTAINER HASH FOLDER
// "tar" is backfill's format, "entry" ours. The outputs are all files of FOLDER/dist. See remote.mjs.
#include <sys/resource.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>

#include "base/json.h"
#include "blob/azure_store.h"
#include "cache/tar_cache_provider.h"
#include "stillage/stillage.h"

namespace {

using namespace stillage;

struct Task {
  std::string format, verb, connection_string, container, hash, folder;
};

Result<std::shared_ptr<CacheProvider>> open(const Task& task) {
  if (task.format == "entry")
    return open_remote_cache(
        task.folder,
        {.cache_storage_config = CacheStorageConfig{.provider = "azure-blob",
                                                    .options = {{"connectionString", task.connection_string},
                                                                {"container", task.container}}},
         .internal_cache_folder = task.folder + "/store",
         .write_remote_cache = true});
  STILLAGE_ASSIGN(auto account, blob::parse_connection_string(task.connection_string));
  // As backfill asks: blocks only, and one plain request for all.
  blob::AzureStoreOptions options{
      .account = std::move(account), .container = task.container, .single_put = 0};
  options.download.at_once = 1;
  auto store = std::make_shared<blob::AzureStore>(std::make_shared<net::HttpClient>(), std::move(options));
  return std::make_shared<cache::TarCacheProvider>(
      cache::TarCacheProviderOptions{.store = std::move(store), .place = {.root = task.folder}});
}

Status perform(const Task& task) {
  Target target;
  target.id = "bench#build";
  target.cwd = task.folder;
  target.outputs = std::vector<std::string>{"dist/**"};
  STILLAGE_ASSIGN(const auto provider, open(task));
  if (task.verb == "fetch") {
    STILLAGE_ASSIGN(const bool found, provider->fetch(task.hash, target));
    if (!found) return fail(ErrorKind::io, "a miss");
    return {};
  }
  STILLAGE_ASSIGN(const auto stored, provider->put(task.hash, target));
  if (!stored.entry) return fail(ErrorKind::io, stored.not_stored_because);
  return {};
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) {
    std::cerr << "usage: remote_bench tar|entry put|fetch CONNECTION_STRING CONTAINER HASH FOLDER\n";
    return EXIT_FAILURE;
  }
  const auto began = std::chrono::steady_clock::now();
  const Status done = perform({argv[1], argv[2], argv[3], argv[4], argv[5], argv[6]});
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  if (!done) {
    std::cerr << done.error().message << '\n';
    return EXIT_FAILURE;
  }
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  std::cout << base::to_text(base::Json{{"seconds", took.count()},
                                        {"cpu", seconds(used.ru_utime) + seconds(used.ru_stime)},
                                        {"rss", static_cast<std::uint64_t>(used.ru_maxrss) * 1024}})
            << '\n';
}
