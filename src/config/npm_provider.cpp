// SPDX-License-Identifier: MIT
#include "blob/npm_store.h"
#include "cache/npm_package_store.h"
#include "config/store_table.h"
#include "os/path.h"

namespace stillage::config {
namespace {

Result<blob::NpmClientOptions> take_npm_options(ProviderOptions& options, const StorePlace& place) {
  STILLAGE_ASSIGN(std::string package, options.text("npmPackageName"));
  if (!blob::is_npm_package_name(package))
    return options.wrong("npmPackageName", "is no name that npm would publish under");
  STILLAGE_ASSIGN(net::Url registry, options.url("registryUrl"));
  if (registry.user_info())
    return options.wrong(
        "registryUrl",
        "must hold no user and password, which every process could see: put them into the file "
        "that npmrcUserconfig names");
  blob::NpmClientOptions npm{.package = std::move(package),
                             .registry = std::move(registry),
                             .environment = place.environment.list()};
  const std::string userconfig = options.text_or("npmrcUserconfig", "");
  if (!userconfig.empty()) npm.userconfig = os::normalise_path(os::join_path(place.root, userconfig));
  STILLAGE_ASSIGN(const std::uint64_t seconds, options.number("timeout", 60));
  if (seconds == 0 || seconds > 86'400) return options.wrong("timeout", "must be 1 to 86400 seconds");
  npm.call_limit = std::chrono::seconds(seconds);
  STILLAGE_ASSIGN(const std::uint64_t stall,
                  options.number("stallTimeout", static_cast<std::uint64_t>(npm.idle_limit.count())));
  if (stall == 0 || stall > 86'400'000) return options.wrong("stallTimeout", "must be 1 to 86400000 ms");
  npm.idle_limit = std::chrono::milliseconds(stall);
  return npm;
}

}  // namespace

Result<std::shared_ptr<blob::BlobStore>> open_npm_store(ProviderOptions& options, const StorePlace& place) {
  STILLAGE_ASSIGN(auto npm, take_npm_options(options, place));
  if (place.requests == Requests::as_backfill)
    return std::make_shared<cache::NpmPackageStore>(std::move(npm));
  return std::make_shared<blob::NpmStore>(std::move(npm));
}

}  // namespace stillage::config
