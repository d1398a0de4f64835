// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <random>

#include "base/json.h"
#include "base/strings.h"
#include "cache/remote_entries.h"
#include "cache/signed_seal.h"
#include "commands.h"
#include "config/trust.h"
#include "interrupt.h"
#include "remote_place.h"

namespace stillage::cli {
namespace {

using Entries = std::vector<cache::RemoteEntry>;

/// Nothing if the store does not tell the size of some.
std::optional<std::uint64_t> total_of(const Entries& entries) {
  std::uint64_t total = 0;
  for (const auto& entry : entries) {
    if (!entry.size) return std::nullopt;
    total += *entry.size;
  }
  return total;
}

Result<int> stats(const blob::BlobStore& store, const Entries& entries, bool as_json) {
  const auto total = total_of(entries);
  if (as_json) {
    fmt::print("{}", base::to_pretty_text({{"remote", store.name()},
                                           {"entries", entries.size()},
                                           {"bytes", total ? base::Json(*total) : base::Json()}}));
    return 0;
  }
  fmt::print("{}\n{}, {}\n", store.name(), base::counted(entries.size(), "entry", "entries"),
             total ? base::human_size(*total) : "of unknown size");
  return 0;
}

Result<int> list(const Entries& entries, bool as_json) {
  base::Json rows = base::Json::array();
  for (const auto& entry : entries) {
    if (as_json)
      rows.push_back({{"key", entry.key},
                      {"zone", entry.zone},
                      {"bytes", entry.size ? base::Json(*entry.size) : base::Json()},
                      {"blob", entry.blob}});
    else
      fmt::print("{:.12}  {:>9}  {}\n", entry.key, entry.size ? base::human_size(*entry.size) : "?",
                 base::printable(entry.blob));
  }
  if (as_json) fmt::print("{}", base::to_pretty_text({{"entries", rows}}));
  return 0;
}

Result<int> clear(blob::BlobStore& store, const Entries& entries, const std::stop_token& stop) {
  for (const auto& entry : entries) {
    const auto removed = store.remove(entry.blob, stop);
    if (!removed) return tl::make_unexpected(removed.error());
  }
  fmt::print("removed {} of {}\n", base::counted(entries.size(), "entry", "entries"), store.name());
  return 0;
}

Entries sample_of(Entries entries, std::size_t size) {
  std::mt19937_64 random{std::random_device()()};
  std::shuffle(entries.begin(), entries.end(), random);
  entries.resize(std::min(size, entries.size()));
  return entries;
}

/// What signatures are checked by; null where the configuration asks for none.
Result<std::unique_ptr<cache::SignedSeal>> open_seal(const RemoteTrust& trust) {
  if (!trust.require_signature && trust.verify_keys.empty()) return std::unique_ptr<cache::SignedSeal>();
  STILLAGE_ASSIGN(auto keys, config::open_verify_keys(trust, run::Environment::of_process()));
  return std::make_unique<cache::SignedSeal>(
      cache::SignedSealOptions{.place = {},
                               .signing_key = {},
                               .verify_keys = std::move(keys),
                               .require_signature = trust.require_signature});
}

Result<int> verify(blob::BlobStore& store, const Entries& entries, const RemoteTrust& trust,
                   const std::stop_token& stop) {
  STILLAGE_ASSIGN(const auto spool, config::open_user_spool());
  STILLAGE_ASSIGN(const auto seal, open_seal(trust));
  std::size_t good = 0;
  std::size_t signed_ones = 0;
  std::size_t damaged = 0;
  std::size_t refused = 0;
  for (const auto& entry : entries) {
    STILLAGE_ASSIGN(const auto found,
                    cache::verify_remote_entry(store, entry, spool->temp_folder(), seal.get(), stop));
    const char* what = nullptr;
    switch (found.verdict) {
      case cache::RemoteVerdict::good:
        ++good;
        signed_ones += found.signer.empty() ? 0 : 1;
        break;
      case cache::RemoteVerdict::damaged:
        ++damaged;
        what = "damaged";
        break;
      case cache::RemoteVerdict::refused:
        ++refused;
        what = "refused";
        break;
      case cache::RemoteVerdict::gone:
      case cache::RemoteVerdict::too_large:
        what = "not checked";
        break;
    }
    if (what != nullptr)
      fmt::print("{}: {}: {}\n", what, base::printable(entry.blob), base::printable(found.reason));
  }
  fmt::print("{} as stored, {} damaged\n", base::counted(good, "entry", "entries"), damaged);
  if (seal)
    fmt::print("{} signed by a key of verify.keys, {} by none, {} refused for their signature\n",
               base::counted(signed_ones, "entry", "entries"), good - signed_ones, refused);
  if (damaged + refused != 0) fmt::print("`stillage cache evict <key> --remote` removes one\n");
  return damaged + refused == 0 ? 0 : 1;
}

}  // namespace

Result<int> remote_cache(const CacheCommand& command, const config::CachePlace& place) {
  const Interrupt interrupt;
  if (command.verb == CacheVerb::clear && !command.yes)
    return fail(ErrorKind::invalid,
                "this removes entries that others use, too: if that is meant, say `stillage cache clear "
                "--remote --yes`");
  STILLAGE_ASSIGN(const auto store, open_remote_of(place));
  const auto listed = cache::list_remote_entries(*store, command.zone, interrupt.token());
  if (!listed) return tl::make_unexpected(listed.error());
  switch (command.verb) {
    case CacheVerb::stats:
      return stats(*store, *listed, command.json);
    case CacheVerb::ls:
      return list(*listed, command.json);
    case CacheVerb::clear:
      return clear(*store, *listed, interrupt.token());
    case CacheVerb::verify:
      return verify(*store, command.sample ? sample_of(*listed, *command.sample) : *listed,
                    place.options.trust, interrupt.token());
    case CacheVerb::prune:
      break;
  }
  return fail(ErrorKind::unsupported,
              "a remote cache is not pruned from here: let its server expire what is old");
}

}  // namespace stillage::cli
