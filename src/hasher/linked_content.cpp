// SPDX-License-Identifier: MIT
#include "hasher/linked_content.h"

#include <algorithm>

#include "base/bytes.h"
#include "hasher/disk_walk.h"
#include "hasher/package_layout.h"
#include "os/file.h"
#include "os/path.h"

namespace stillage::hasher {
namespace {

enum class Found : std::uint8_t { nothing = 0, content = 1 };

}  // namespace

void ContentSet::tell(IngredientSink& sink) const {
  for (const auto& [name, id] : files)
    if (const auto value = links_.own_value(id)) sink.add(name, *value);
}

std::string LinkedContent::real_path_of(FileId link) const {
  // Whatever is wrong with the link (dangling, a loop, no permission): a script gets no further either.
  return os::real_path(table_.absolute_path(link)).value_or("");
}

Result<LinkedContent::Link*> LinkedContent::read(FileId id) {
  if (const auto it = read_.find(id); it != read_.end()) return &it->second;
  Link link;
  auto text = os::read_link_at(table_.root_fd(), table_.path(id));
  if (!text) {
    STILLAGE_ASSIGN(const auto stat, os::stat_at(table_.root_fd(), table_.path(id)));
    if (stat) return fail_in("input", std::move(text).error());
    link.gone = true;
  } else {
    link.text = std::move(*text);
    link.real_path = real_path_of(id);
  }
  return &read_.emplace(id, std::move(link)).first->second;
}

/// Whether the content at `real_path` may belong to a key, for a link at `from`. A link to a folder that it
/// lies in is a cycle; node_modules is what the lockfile stands for.
bool LinkedContent::may_enter(const std::string& real_path, std::string_view from) const {
  if (real_path.empty() || os::path_below(table_.root(), real_path)) return false;
  const auto inside = os::path_below(real_path, table_.root());
  if (!inside) return !has_segment(real_path, "node_modules");
  return !has_segment(*inside, "node_modules") && !has_segment(*inside, ".git") &&
         !os::path_below(from, *inside);
}

Status LinkedContent::follow(const std::vector<FileId>& ids) {
  for (const FileId id : ids) {
    if (!table_.file(id).stat.is_symlink()) continue;
    STILLAGE_ASSIGN(Link* const link, read(id));
    if (link->followed) continue;
    if (may_enter(link->real_path, table_.path(id))) {
      STILLAGE_ASSIGN(const ContentSet* const content, content_at(link->real_path, Purpose::link, ""));
      // A folder without anything in it is as good as none: it may be what an earlier run left.
      if (!content->files.empty()) link->content = content;
    }
    link->followed = true;
  }
  return {};
}

Result<const ContentSet*> LinkedContent::local_package(const std::string& path) {
  const std::string real_path = os::real_path(os::join_path(table_.root(), path)).value_or("");
  if (real_path.empty() || os::path_below(table_.root(), real_path)) return nullptr;
  return content_at(real_path, Purpose::local_package, "");
}

Result<const ContentSet*> LinkedContent::content_at(const std::string& real_path, Purpose purpose,
                                                    const std::string& from) {
  std::unique_ptr<ContentSet>& known = sets_[{real_path, purpose}];
  if (known) return known.get();
  auto set = std::make_unique<ContentSet>(table_, *this);
  if (const auto inside = os::path_below(real_path, table_.root()))
    STILLAGE_TRY(add_inside(*set, std::string(*inside), purpose));
  else
    STILLAGE_TRY(add_outside(*set, real_path, from));
  std::vector<FileId> ids;
  for (const auto& [name, id] : set->files) ids.push_back(id);
  STILLAGE_TRY(table_.digest(ids));
  known = std::move(set);
  return known.get();
}

Status LinkedContent::add_inside(ContentSet& set, const std::string& path, Purpose purpose) {
  STILLAGE_ASSIGN(const auto stat, os::stat_at(table_.root_fd(), path.empty() ? "." : path));
  if (!stat) return {};
  if (stat->is_directory()) return add_folder(set, path, purpose);
  const git::ListedFile* listed = table_.listing().find(path);
  const bool is_output = (listed == nullptr || !listed->tracked) &&
                         outputs_.is_output(path, table_.listing(), os::FileKind::regular);
  if (is_output && purpose == Purpose::link) return {};
  STILLAGE_ASSIGN(const auto id, table_.add(path));
  if (id) set.files.emplace(path, *id);
  return {};
}

/// Where git is silent about a folder, it is walked. A listed folder is without what git ignores beneath it,
/// so a link to such a place brings more.
Status LinkedContent::add_folder(ContentSet& set, const std::string& path, Purpose purpose) {
  for (const WalkedFolder& known : set.walked)
    if (os::path_below(path, known.path)) return {};
  std::vector<FileId> found = listed_in(path);
  if (found.empty() || table_.listing().is_ignored(path, os::FileKind::directory)) {
    set.walked.push_back({path, purpose == Purpose::local_package});
    STILLAGE_ASSIGN(auto files, walk(set.walked.back()));
    for (git::ListedFile& file : files) found.push_back(table_.add(std::move(file)));
  } else {
    for (const std::string& known : set.folders)
      if (os::path_below(path, known)) return {};
    set.folders.push_back(path);
  }
  for (const FileId id : found) set.files.emplace(table_.path(id), id);
  for (const FileId id : found)
    if (table_.file(id).stat.is_symlink()) STILLAGE_TRY(follow_inside_set(set, id));
  return {};
}

std::vector<FileId> LinkedContent::listed_in(const std::string& folder) const {
  std::vector<FileId> found;
  const auto [begin, end] = table_.beneath(folder);
  for (FileId id = begin; id < end; ++id) {
    const git::ListedFile& file = table_.file(id);
    if (!file.tracked && outputs_.is_declared(file.path)) continue;
    if (has_segment(*os::path_below(file.path, folder), "node_modules")) continue;
    found.push_back(id);
  }
  return found;
}

/// What earlier runs left there is as little an input as it is anywhere else.
Result<std::vector<git::ListedFile>> LinkedContent::walk(const WalkedFolder& folder) const {
  STILLAGE_ASSIGN(auto files, walk_disk(table_.root_fd(), folder.path));
  const git::Listing& listing = table_.listing();
  std::erase_if(files, [&](const git::ListedFile& file) {
    const git::ListedFile* const listed = listing.find(file.path);
    if (listed != nullptr && listed->tracked) return false;
    return folder.is_local_package ? outputs_.is_declared(file.path)
                                   : outputs_.is_output(file.path, listing, os::FileKind::regular);
  });
  return files;
}

Status LinkedContent::follow_inside_set(ContentSet& set, FileId id) {
  STILLAGE_ASSIGN(const Link* const link, read(id));
  const std::string& from = table_.path(id);
  if (!may_enter(link->real_path, from)) return {};
  if (const auto inside = os::path_below(link->real_path, table_.root()))
    return add_inside(set, std::string(*inside), Purpose::link);
  return add_outside(set, link->real_path, from);
}

/// Links outside of the root stand for their texts only: what they lead to is nobody's to list.
Status LinkedContent::add_outside(ContentSet& set, const std::string& path, const std::string& name) {
  STILLAGE_ASSIGN(const auto stat, os::stat_path(path));
  if (!stat) return {};
  if (!stat->is_directory()) {
    STILLAGE_ASSIGN(const auto id, table_.add(path));
    // The name itself is the link's.
    if (id) set.files.emplace(name.empty() ? name : name + "/", *id);
    return {};
  }
  set.outside_folders.push_back(path);
  auto known = outside_.find(path);
  if (known == outside_.end()) {
    STILLAGE_ASSIGN(auto files, list_outside(path));
    known = outside_.emplace(path, std::move(files)).first;
  }
  for (const git::ListedFile& file : known->second) {
    const FileId id = table_.add(file);
    if (file.stat.is_symlink()) STILLAGE_TRY(read(id));
    set.files.emplace(os::join_path(name, *os::path_below(file.path, path)), id);
  }
  return {};
}

/// By git's list where it has one, as inside.
Result<std::vector<git::ListedFile>> LinkedContent::list_outside(const std::string& folder) const {
  STILLAGE_ASSIGN(const git::Listing listing, git::list_files(folder));
  if (listing.files().empty()) return walk_disk(table_.root_fd(), folder);
  std::vector<git::ListedFile> files;
  for (const git::ListedFile& file : listing.files()) {
    if (has_segment(file.path, "node_modules")) continue;
    files.push_back(file);
    files.back().path = os::join_path(folder, file.path);
  }
  return files;
}

std::optional<std::string_view> LinkedContent::own_value(FileId id) const {
  base::ByteWriter writer;
  if (table_.file(id).stat.is_symlink()) {
    const auto link = read_.find(id);
    if (link == read_.end() || link->second.gone) return std::nullopt;
    writer.u8('l');
    writer.text(link->second.text);
    writer.u8(static_cast<std::uint8_t>(Found::nothing));
  } else {
    const base::Sha1Digest* content = table_.content(id);
    if (content == nullptr) return std::nullopt;
    writer.u8(table_.stat(id).is_executable() ? 'x' : 'f');
    writer.raw(*content);
  }
  buffer_ = writer.take();
  return buffer_;
}

std::optional<std::string_view> LinkedContent::value(FileId id) const {
  const ContentSet* followed = table_.file(id).stat.is_symlink() ? content(id) : nullptr;
  // The set's digest first: to make it, values of files go through the buffer.
  const base::Sha256Digest digest = followed != nullptr ? followed->digest() : base::Sha256Digest{};
  if (!own_value(id)) return std::nullopt;
  if (followed != nullptr) {
    base::ByteWriter writer;
    writer.raw(digest);
    buffer_.back() = static_cast<char>(Found::content);
    buffer_ += writer.bytes();
  }
  return buffer_;
}

const ContentSet* LinkedContent::content(FileId link) const {
  const auto it = read_.find(link);
  return it == read_.end() ? nullptr : it->second.content;
}

Result<bool> LinkedContent::is_changed(FileId id) const {
  const auto it = read_.find(id);
  if (it == read_.end()) return false;
  const auto text = os::read_link_at(table_.root_fd(), table_.path(id));
  if (!text) return !it->second.gone;
  return it->second.gone || *text != it->second.text || real_path_of(id) != it->second.real_path;
}

Result<std::optional<std::string>> LinkedContent::new_outside(const std::string& folder) const {
  const auto known = outside_.find(folder);
  if (known == outside_.end()) return std::nullopt;
  STILLAGE_ASSIGN(const auto now, list_outside(folder));
  const auto by_path = [](const git::ListedFile& a, const git::ListedFile& b) { return a.path < b.path; };
  for (const git::ListedFile& file : now)
    if (!std::binary_search(known->second.begin(), known->second.end(), file, by_path))
      return std::optional(file.path);
  return std::nullopt;
}

}  // namespace stillage::hasher
