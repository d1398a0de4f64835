// SPDX-License-Identifier: MIT
#include "cache/remote_entries.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>

#include "archive/entry_intake.h"
#include "archive/entry_reader.h"
#include "os/at.h"

namespace stillage::cache {
namespace {

constexpr std::string_view kZones = "zones/";
constexpr std::string_view kFormat = "v1/";
constexpr std::size_t kKeyLength = 64;

bool is_key(std::string_view text) {
  return text.size() == kKeyLength && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

/// Gives what comes to an intake, and keeps why that would have no more.
class IntakeSink final : public blob::ByteSink {
 public:
  explicit IntakeSink(archive::EntryIntake& intake) : intake_(intake) {}
  Status begin(std::optional<std::uint64_t> size) override { return noted(intake_.begin(size)); }
  Status write(std::string_view bytes) override { return noted(intake_.write(bytes)); }
  const std::optional<Error>& error() const { return error_; }

 private:
  Status noted(Status status) {
    error_ = status ? std::nullopt : std::optional(status.error());
    return status;
  }
  archive::EntryIntake& intake_;
  std::optional<Error> error_;
};

VerifiedEntry damaged(std::string reason) {
  return {.verdict = RemoteVerdict::damaged, .target = {}, .reason = std::move(reason)};
}

/// Every file's own digest, too.
Status verify_files(archive::TakenEntry taken) {
  STILLAGE_ASSIGN(auto reader, archive::EntryReader::open(std::move(taken.file), "the entry"));
  return reader.verify();
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
  if (!blob.starts_with(kFormat) || !is_key(blob.substr(kFormat.size()))) return std::nullopt;
  entry.key = blob.substr(kFormat.size());
  return entry;
}

std::string remote_blob(std::string_view zone, std::string_view key) {
  return zone.empty() ? fmt::format("{}{}", kFormat, key)
                      : fmt::format("{}{}/{}{}", kZones, zone, kFormat, key);
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
  std::vector<std::string> prefixes = {std::string(kFormat), std::string(kZones)};
  if (zone) prefixes = {remote_blob(*zone, "")};
  for (const std::string& prefix : prefixes) STILLAGE_TRY(store.list(prefix, visit, stop));
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.blob < b.blob; });
  return entries;
}

Result<VerifiedEntry> verify_remote_entry(blob::BlobStore& store, const RemoteEntry& entry,
                                          const std::string& folder, const std::stop_token& stop) {
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
    return VerifiedEntry{.verdict = RemoteVerdict::too_large, .target = {}, .reason = got.error().message};
  if (!got && got.error().what == blob::FailureKind::protocol) return damaged(got.error().message);
  if (!got) return tl::make_unexpected(got.error());
  if (!*got) return VerifiedEntry{.verdict = RemoteVerdict::gone, .target = {}, .reason = "it is gone"};
  auto taken = intake.finish();
  if (!taken) {
    if (taken.error().kind == ErrorKind::corrupt || taken.error().kind == ErrorKind::unsupported)
      return damaged(taken.error().message);
    return tl::make_unexpected(taken.error());
  }
  VerifiedEntry verified{.verdict = RemoteVerdict::good, .target = taken->manifest.target, .reason = {}};
  const std::string path = taken->path;
  const Status files = verify_files(std::move(*taken));
  STILLAGE_TRY(os::unlink_at(AT_FDCWD, path));
  if (files) return verified;
  if (files.error().kind != ErrorKind::corrupt) return tl::make_unexpected(files.error());
  return damaged(files.error().message);
}

}  // namespace stillage::cache
