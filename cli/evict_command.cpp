// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <set>

#include "base/strings.h"
#include "cache/remote_entries.h"
#include "commands.h"
#include "os/file.h"
#include "remote_place.h"
#include "session.h"

namespace stillage::cli {
namespace {

constexpr std::size_t kKeyLength = 64;
constexpr std::size_t kShortestStart = 8;

bool is_hex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

/// The key that a target has now.
Result<std::string> key_of_target(const std::string& target) {
  STILLAGE_ASSIGN(const auto session,
                  Session::open({.tasks = {target}, .scope = {}, .to = {}, .no_deps = true, .args = {}},
                                Session::Purpose::question));
  STILLAGE_ASSIGN(const auto keys, session->keys());
  const auto& nodes = session->graph().nodes;
  for (std::size_t i = 0; i < nodes.size(); ++i)
    if (nodes[i].target.id == target && !keys[i].empty()) return keys[i];
  return fail(ErrorKind::invalid,
              fmt::format("there is no target \"{}\" that has a key: name it as package#task",
                          base::printable(target)));
}

using Listed = std::vector<cache::RemoteEntry>;

/// The one key that starts so, among those that lie in the caches.
Result<std::string> complete_key(const std::string& start, cache::Store& local, const Listed& listed) {
  std::set<std::string> keys;
  STILLAGE_ASSIGN(const auto entries, local.list());
  for (const auto& entry : entries)
    if (entry.key.starts_with(start)) keys.insert(entry.key);
  for (const auto& entry : listed)
    if (entry.key.starts_with(start)) keys.insert(entry.key);
  if (keys.size() == 1) return *keys.begin();
  return fail(ErrorKind::invalid,
              keys.empty() ? fmt::format("no entry has a key that starts with {}", start)
                           : fmt::format("{} keys start with {}: give more digits", keys.size(), start));
}

/// The zones that are asked of a remote that can't list: the one that is named, else all that the
/// configuration knows, and the part outside all zones.
std::set<std::string> zones_to_ask(const std::optional<std::string>& zone, const RemoteTrust& trust) {
  if (zone) return {*zone};
  std::set<std::string> zones = {std::string(), trust.zone};
  if (trust.read_zones) zones.insert(trust.read_zones->begin(), trust.read_zones->end());
  return zones;
}

/// How many entries the remote had of the key: asked where it can't list.
Result<std::size_t> evict_remote(blob::BlobStore& store, const std::string& key,
                                 const std::set<std::string>& zones, const Listed& listed) {
  std::vector<std::string> blobs;
  for (const auto& entry : listed)
    if (entry.key == key) blobs.push_back(entry.blob);
  if (!store.traits().list)
    for (const std::string& zone : zones) {
      const std::string blob = cache::remote_blob(zone, key);
      const auto there = store.contains(blob);
      if (!there) return tl::make_unexpected(there.error());
      if (*there) blobs.push_back(blob);
    }
  for (const std::string& blob : blobs) {
    const auto removed = store.remove(blob);
    if (!removed) return tl::make_unexpected(removed.error());
  }
  return blobs.size();
}

}  // namespace

Result<int> evict(const EvictCommand& command) {
  STILLAGE_ASSIGN(const std::string here, os::current_dir());
  STILLAGE_ASSIGN(const config::CachePlace place,
                  config::find_cache_place(here, run::Environment::of_process()));
  if (place.options.compat == Compat::lage)
    return fail(ErrorKind::unsupported, "single entries of lage's format can't be removed from here");
  STILLAGE_ASSIGN(const auto local, config::open_store(place));
  std::shared_ptr<blob::BlobStore> remote;
  Listed listed;
  if (command.remote) {
    STILLAGE_ASSIGN(remote, open_remote_of(place));
    if (remote->traits().list) {
      auto found = cache::list_remote_entries(*remote, command.zone);
      if (!found) return tl::make_unexpected(found.error());
      listed = std::move(*found);
    }
  }
  std::string key = command.what;
  if (!is_hex(key) || key.size() < kShortestStart || key.size() > kKeyLength) {
    STILLAGE_ASSIGN(key, key_of_target(command.what));
  } else if (key.size() < kKeyLength) {
    STILLAGE_ASSIGN(key, complete_key(key, *local, listed));
  }
  // The remote first: what fails there leaves all as it was.
  if (remote) {
    STILLAGE_ASSIGN(const std::size_t removed,
                    evict_remote(*remote, key, zones_to_ask(command.zone, place.options.trust), listed));
    fmt::print("removed {} of {:.12} from {}\n", base::counted(removed, "entry", "entries"), key,
               remote->name());
  }
  STILLAGE_ASSIGN(const cache::PruneReport report, local->remove_key(key));
  fmt::print("removed {} of {:.12} from {}\n", base::counted(report.removed, "entry", "entries"), key,
             local->folder());
  return 0;
}

}  // namespace stillage::cli
