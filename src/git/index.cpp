// SPDX-License-Identifier: MIT
#include "git/index.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "base/hex.h"
#include "base/log.h"
#include "base/stages.h"
#include "base/strings.h"
#include "git/git_command.h"

namespace stillage::git {
namespace {

constinit base::Stage kIndexStage("git index");
constexpr std::size_t kHeaderSize = 12;
constexpr std::size_t kStatSize = 40;  // ten big-endian words: ctime, mtime, dev, ino, mode, uid, gid, size
constexpr std::uint32_t kExtended = 0x4000;
constexpr std::uint32_t kStageShift = 12;
constexpr std::uint32_t kNameMask = 0xfff;
constexpr std::uint32_t kIntentToAdd = 0x2000;
constexpr std::uint32_t kSkipWorktree = 0x4000;
constexpr std::uint32_t kTypeMask = 0170000;
constexpr std::size_t kMaxPath = 1 << 16;                          // far beyond what a system call takes
constexpr std::uint64_t kMaxTextOfPaths = std::uint64_t{1} << 29;  // a small file could unfold to anything

std::uint32_t big_endian(std::string_view bytes, std::size_t at, std::size_t size) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

std::uint32_t word(std::string_view bytes, std::size_t at) {
  return big_endian(bytes, at, 4);
}

/// The words of an entry's stat record, by their place.
enum StatWord : std::size_t {
  kCtimeSeconds,
  kCtimeNanoseconds,
  kMtimeSeconds,
  kMtimeNanoseconds,
  kDevice,
  kInode,
  kMode,
  kUid,
  kGid,
  kSize,
};

std::uint32_t stat_word(const IndexEntry& entry, StatWord which) {
  return word(entry.record, which * 4);
}

tl::unexpected<Error> damaged(std::string_view what) {
  return fail(ErrorKind::corrupt, fmt::format("damaged index: {}", what));
}

/// How many bytes a path drops from the end of the one before it (version 4). Nothing if the bytes run out.
std::optional<std::uint64_t> take_dropped(std::string_view bytes, std::size_t& at) {
  std::uint64_t value = 0;
  for (bool first = true; at < bytes.size(); first = false) {
    const auto byte = static_cast<unsigned char>(bytes[at++]);
    if (value > kMaxPath) return std::nullopt;
    value = ((first ? 0 : value + 1) << 7) | (byte & 0x7f);
    if ((byte & 0x80) == 0) return value;
  }
  return std::nullopt;
}

Status check_digest(std::string_view body, std::string_view trailer, ObjectFormat format) {
  // index.skipHash writes zeros instead of a digest.
  if (trailer.find_first_not_of('\0') == std::string_view::npos) return {};
  const auto equals = [&](const auto& digest) {
    return std::equal(digest.begin(), digest.end(), reinterpret_cast<const std::uint8_t*>(trailer.data()));
  };
  if (format == ObjectFormat::sha1 ? equals(base::sha1(body)) : equals(base::sha256(body))) return {};
  return damaged("its digest does not match");
}

bool in_order(const IndexEntry& a, const IndexEntry& b) {
  return std::tie(a.path, a.stage) < std::tie(b.path, b.stage);
}

}  // namespace

Result<Index> Index::parse(std::string_view bytes, ObjectFormat format, std::int64_t written_ns) {
  const std::size_t id_size = format == ObjectFormat::sha1 ? 20 : 32;
  if (bytes.size() < kHeaderSize + id_size) return damaged("too short");
  if (!bytes.starts_with("DIRC")) return damaged("no index at all");
  const std::uint32_t version = word(bytes, 4);
  if (version < 2 || version > 4)
    return fail(ErrorKind::unsupported, fmt::format("index version {} is unknown", version));
  const std::string_view body = bytes.substr(0, bytes.size() - id_size);
  STILLAGE_TRY(check_digest(body, bytes.substr(body.size()), format));

  Index index;
  index.written_ns_ = written_ns;
  const std::uint32_t count = word(bytes, 8);
  const std::size_t fixed_size = kStatSize + id_size + 2;
  if (count > body.size() / fixed_size) return damaged("more entries than bytes");
  index.entries_.reserve(count);

  std::size_t at = kHeaderSize;
  std::uint64_t text_size = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::size_t start = at;
    if (body.size() - at < fixed_size) return damaged("an entry is cut short");
    IndexEntry entry;
    entry.record = body.substr(at, kStatSize);
    entry.mode = stat_word(entry, kMode);
    entry.object_id = body.substr(at + kStatSize, id_size);
    const std::uint32_t flags = big_endian(body, at + kStatSize + id_size, 2);
    entry.stage = static_cast<std::uint8_t>(flags >> kStageShift & 3);
    at += fixed_size;
    if ((flags & kExtended) != 0) {
      if (version < 3) return damaged("extended flags in version 2");
      if (body.size() - at < 2) return damaged("an entry is cut short");
      const std::uint32_t more = big_endian(body, at, 2);
      if ((more & ~(kIntentToAdd | kSkipWorktree)) != 0)
        return fail(ErrorKind::unsupported, "an index entry has unknown flags");
      entry.intent_to_add = (more & kIntentToAdd) != 0;
      entry.skip_worktree = (more & kSkipWorktree) != 0;
      at += 2;
    }
    if (version == 4) {
      const std::string_view before = i == 0 ? std::string_view() : index.entries_.back().path;
      const auto dropped = take_dropped(body, at);
      const std::size_t end = body.find('\0', at);
      if (!dropped || *dropped > before.size() || end == std::string_view::npos)
        return damaged("a path is cut short");
      const std::string_view kept = before.substr(0, before.size() - *dropped);
      text_size += kept.size() + (end - at);
      if (kept.size() + (end - at) > kMaxPath || text_size > kMaxTextOfPaths)
        return damaged("paths are too long");
      std::string& path = index.texts_->emplace_back(kept);
      path.append(body.substr(at, end - at));
      entry.path = path;
      at = end + 1;
    } else {
      // The flags hold the path's length, if it fits; the NULs behind it fill up to a multiple of eight
      // bytes.
      std::size_t length = flags & kNameMask;
      if (length == kNameMask) length = std::min(body.find('\0', at), body.size()) - at;
      if (body.size() - at <= length || body[at + length] != '\0') return damaged("a path is cut short");
      entry.path = body.substr(at, length);
      at += length;
      at = start + (at - start + 8) / 8 * 8;
      if (at > body.size()) return damaged("an entry is cut short");
    }
    if (entry.path.empty() || entry.path.find('\0') != std::string_view::npos)
      return damaged("a path is malformed");
    if ((entry.mode & kTypeMask) == 0040000) return fail(ErrorKind::unsupported, "the index is sparse");
    if (i > 0 && !in_order(index.entries_.back(), entry)) return damaged("its paths are out of order");
    index.entries_.push_back(entry);
  }

  while (at < body.size()) {
    if (body.size() - at < 8) return damaged("an extension is cut short");
    const std::string_view name = body.substr(at, 4);
    const std::uint32_t size_of = word(body, at + 4);
    at += 8;
    if (size_of > body.size() - at) return damaged("an extension is cut short");
    at += size_of;
    // Those whose names start in upper case may be passed over; the others change what the entries mean.
    if (name[0] < 'A' || name[0] > 'Z')
      return fail(ErrorKind::unsupported,
                  fmt::format("the index has the extension \"{}\"", base::printable(name)));
  }
  return index;
}

Result<Index> Index::parse_listing(std::string listing) {
  Index index;
  const std::string_view text = index.texts_->emplace_back(std::move(listing));
  for (const std::string_view item : base::split(text, '\0')) {
    if (item.empty()) continue;
    // "<mode in octal> <object id> <stage>\t<path>"
    const std::size_t tab = item.find('\t');
    const auto fields = base::split(item.substr(0, tab), ' ');
    if (tab == std::string_view::npos || fields.size() != 3 || fields[2].size() != 1 ||
        tab + 1 == item.size())
      return fail(ErrorKind::corrupt, "cannot understand the output of git ls-files");
    IndexEntry entry;
    for (const char digit : fields[0]) entry.mode = entry.mode * 8 + static_cast<std::uint32_t>(digit - '0');
    std::string id(fields[1].size() / 2, '\0');
    if (!base::from_hex(fields[1], {reinterpret_cast<std::uint8_t*>(id.data()), id.size()}))
      return fail(ErrorKind::corrupt, "cannot understand the output of git ls-files");
    entry.object_id = index.texts_->emplace_back(std::move(id));
    entry.stage = static_cast<std::uint8_t>(fields[2][0] - '0');
    entry.path = item.substr(tab + 1);
    index.entries_.push_back(entry);
  }
  if (!std::is_sorted(index.entries_.begin(), index.entries_.end(), in_order))
    std::sort(index.entries_.begin(), index.entries_.end(), in_order);
  return index;
}

Result<Index> Index::load(const Repository& repository) {
  const base::StageTimer timer(kIndexStage);
  const std::string path = repository.index_file();
  // The stat comes first: should git replace the file in between, more files count as racy, not fewer.
  STILLAGE_ASSIGN(const auto stat, os::stat_path(path));
  STILLAGE_ASSIGN(std::optional<os::MappedFile> mapped, os::MappedFile::open(path));
  if (!stat || !mapped) return Index();
  auto file = std::make_shared<os::MappedFile>(std::move(*mapped));
  Result<Index> index = fail(ErrorKind::unsupported, "the repository has an extension that only git knows");
  if (!repository.settings().unknown_extension)
    index = parse(file->bytes(), repository.settings().object_format, stat->mtime_ns);
  if (index) {
    index->file_ = std::move(file);
    return index;
  }
  if (index.error().kind == ErrorKind::corrupt) {
    // Not a question for git: it reads a cut index without complaint and lists only a part.
    return fail(ErrorKind::corrupt, fmt::format("{}: {}; remove it and run `git reset`",
                                                base::printable(path), index.error().message));
  }
  base::verbose(fmt::format("asking git for the index {}: {}", base::printable(path), index.error().message));
  auto listing = ask_git(repository.top(), {"ls-files", "-s", "-z"});
  if (!listing) {
    return fail(index.error().kind, fmt::format("cannot read {} ({}), nor can git: {}", base::printable(path),
                                                index.error().message, listing.error().message));
  }
  return parse_listing(std::move(*listing));
}

std::optional<base::Sha1Digest> Index::unchanged_id(const IndexEntry& entry, const os::FileStat& stat) const {
  base::Sha1Digest id;
  if (entry.record.empty() || entry.object_id.size() != id.size() || entry.stage != 0 || entry.intent_to_add)
    return std::nullopt;
  if (!stat.is_regular() && !stat.is_symlink()) return std::nullopt;
  if ((entry.mode & kTypeMask) != (stat.mode & kTypeMask)) return std::nullopt;

  constexpr std::int64_t kSecond = 1'000'000'000;
  const auto same_time = [](std::int64_t ns, std::uint32_t seconds, std::uint32_t nanoseconds) {
    return static_cast<std::uint32_t>(ns / kSecond) == seconds &&
           static_cast<std::uint32_t>(ns % kSecond) == nanoseconds;
  };
  // Stricter than core.trustctime and core.checkStat may be: what they would pass is read instead. The device
  // is left out, as git does: it may change from mount to mount.
  if (stat.mtime_ns < 0 ||
      !same_time(stat.mtime_ns, stat_word(entry, kMtimeSeconds), stat_word(entry, kMtimeNanoseconds)) ||
      !same_time(stat.ctime_ns, stat_word(entry, kCtimeSeconds), stat_word(entry, kCtimeNanoseconds)))
    return std::nullopt;
  if (static_cast<std::uint32_t>(stat.inode) != stat_word(entry, kInode) ||
      stat.uid != stat_word(entry, kUid) || stat.gid != stat_word(entry, kGid) ||
      static_cast<std::uint32_t>(stat.size) != stat_word(entry, kSize))
    return std::nullopt;

  // A file as young as the index may have changed since without its stat telling. Where the file system keeps
  // whole seconds only, that whole second is doubtful.
  const bool whole_seconds = stat.mtime_ns % kSecond == 0;
  if (whole_seconds ? stat.mtime_ns / kSecond >= written_ns_ / kSecond : stat.mtime_ns >= written_ns_)
    return std::nullopt;

  std::copy_n(reinterpret_cast<const std::uint8_t*>(entry.object_id.data()), id.size(), id.begin());
  // git writes size 0 for files that it found racy and changed.
  static const base::Sha1Digest kEmptyFile = base::git_blob_id("");
  if (stat.size == 0 && id != kEmptyFile) return std::nullopt;
  return id;
}

}  // namespace stillage::git
