// SPDX-License-Identifier: MIT
#include "cache/remote_entries.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>

#include "archive/entry_intake.h"
#include "cache/intake_sink.h"
#include "os/at.h"

namespace stillage::cache {
namespace {

constexpr std::string_view kZones = "zones/";
constexpr std::string_view kEntries = "v1/";
constexpr std::size_t kKeyLength = 64;

bool is_key(std::string_view text) {
  return text.size() == kKeyLength && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

VerifiedEntry damaged(std::string reason) {
  return {.verdict = RemoteVerdict::damaged, .target = {}, .signer = {}, .reason = std::move(reason)};
}

VerifiedEntry not_checked(RemoteVerdict verdict, std::string reason) {
  return {.verdict = verdict, .target = {}, .signer = {}, .reason = std::move(reason)};
}

}  // namespace

std::optional<RemoteEntry> parse_remote_entry(std::string_view blob) {
  RemoteEntry entry{.blob = std::string(blob), .zone = {}, .key = {}, .size = {}};
  if (blob.starts_with(kZones)) {
    blob.remove_prefix(kZones.size());
    const std::size_t slash = blob.find('/');
    if (slash == std::string_view::npos || slash == 0) return std::nullopt;
    entry.zone = blob.substr(0, slash);
    blob.remove_prefix(slash + 1);
  }
  if (!blob.starts_with(kEntries) || !is_key(blob.substr(kEntries.size()))) return std::nullopt;
  entry.key = blob.substr(kEntries.size());
  return entry;
}

std::string remote_blob(std::string_view zone, std::string_view key) {
  return zone.empty() ? fmt::format("{}{}", kEntries, key)
                      : fmt::format("{}{}/{}{}", kZones, zone, kEntries, key);
}

blob::Outcome<std::vector<RemoteEntry>> list_remote_entries(blob::BlobStore& store,
                                                            const std::optional<std::string>& zone,
                                                            const std::stop_token& stop) {
  std::vector<RemoteEntry> entries;
  const auto visit = [&](const blob::ListedBlob& listed) -> blob::Outcome<void> {
    auto entry = parse_remote_entry(listed.key);
    if (!entry || (zone && entry->zone != *zone)) return {};
    entry->size = listed.size;
    entries.push_back(std::move(*entry));
    return {};
  };
  std::vector<std::string> prefixes = {std::string(kEntries), std::string(kZones)};
  if (zone) prefixes = {remote_blob(*zone, "")};
  for (const std::string& prefix : prefixes) STILLAGE_TRY(store.list(prefix, visit, stop));
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.blob < b.blob; });
  return entries;
}

Result<VerifiedEntry> verify_remote_entry(blob::BlobStore& store, const RemoteEntry& entry,
                                          const std::string& folder, const SignedSeal* seal,
                                          const std::stop_token& stop) {
  const auto judge = [&entry](const archive::Manifest& manifest) -> Status {
    if (manifest.key == entry.key) return {};
    return fail(ErrorKind::corrupt, "it is the entry of another key");
  };
  archive::EntryIntake intake(folder, "the entry", UINT64_MAX, judge);
  IntakeSink sink(intake);
  const auto got = store.get(entry.blob, sink, stop);
  if (sink.error() &&
      (sink.error()->kind == ErrorKind::corrupt || sink.error()->kind == ErrorKind::unsupported))
    return damaged(sink.error()->message);
  if (!got && got.error().what == blob::FailureKind::too_large)
    return not_checked(RemoteVerdict::too_large, got.error().message);
  if (!got && got.error().what == blob::FailureKind::protocol) return damaged(got.error().message);
  if (!got) return tl::make_unexpected(got.error());
  if (!*got) return not_checked(RemoteVerdict::gone, "it is gone");
  auto taken = intake.finish();
  if (!taken) {
    if (taken.error().kind == ErrorKind::corrupt || taken.error().kind == ErrorKind::unsupported)
      return damaged(taken.error().message);
    return tl::make_unexpected(taken.error());
  }
  STILLAGE_TRY(os::unlink_at(AT_FDCWD, taken->path));
  VerifiedEntry good{
      .verdict = RemoteVerdict::good, .target = taken->manifest.target, .signer = {}, .reason = {}};
  if (seal == nullptr) return good;
  const auto signer = seal->signer({.format = archive::kFormat,
                                    .key = taken->manifest.key,
                                    .target = taken->manifest.target,
                                    .manifest_digest = taken->manifest_digest},
                                   taken->seal);
  if (!signer) return not_checked(RemoteVerdict::refused, signer.error().message);
  good.signer = *signer;
  return good;
}

}  // namespace stillage::cache
