// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "os/path.h"
#include "workspace/parsed_lock.h"
#include "workspace/pnpm_key.h"
#include "workspace/yaml.h"

namespace stillage::workspace {
namespace {

constexpr int kOldestVersion = 5;
constexpr int kFirstWithSnapshots = 9;
constexpr int kNewestVersion = 9;

/// A value as one text, whatever the order in which its fields are written.
std::string flat_text(const DataNode& value, int depth = 0) {
  if (value.kind == DataNode::Kind::scalar) return std::string(value.text);
  if (depth > 8) return "…";
  std::vector<std::string> parts;
  for (const auto& [key, inner] : value.fields)
    parts.push_back(fmt::format("{}={}", key, flat_text(inner, depth + 1)));
  std::sort(parts.begin(), parts.end());
  for (const auto& item : value.items) parts.push_back(flat_text(item, depth + 1));
  return fmt::format("{{{}}}", base::join(parts, " "));
}

class PnpmLock : public ParsedLock {
 public:
  PnpmLock(int version, std::string_view importer_base) : version_(version), importer_base_(importer_base) {}

  std::vector<NodeId> resolve(std::string_view dir, const DependencyRange& dependency) const override {
    const auto importer = importers_.find(dir);
    if (importer == importers_.end()) return {};
    const auto found = importer->second.find(dependency.name);
    return found == importer->second.end() ? std::vector<NodeId>() : std::vector{found->second};
  }

  bool knows(std::string_view dir) const override { return importers_.find(dir) != importers_.end(); }

  /// `entries` are the snapshots, or before version 9 the packages; `packages` holds where each came from.
  void add_packages(const DataNode* entries, const DataNode* packages) {
    if (entries == nullptr) return;
    base::StringMap<const DataNode*> origins;
    if (packages != nullptr)
      for (const auto& [key, value] : packages->fields) origins.insert_or_assign(std::string(key), &value);
    for (const auto& [key, entry] : entries->fields) {
      const DataNode* origin = &entry;
      if (packages != entries) {
        auto found = origins.find(key);
        if (found == origins.end()) found = origins.find(without_suffix(key));
        origin = found != origins.end() ? found->second : nullptr;
      }
      add_package(key, entry, origin);
    }
    for (const auto& [key, entry] : entries->fields) {
      const NodeId id = by_key_.find(key)->second;
      nodes[id].edges.clear();
      for (const char* const field : {"dependencies", "optionalDependencies"})
        if (const DataNode* const wanted = entry.get(field))
          for (const auto& [name, version] : wanted->fields) {
            LockEdge edge{std::string(name), std::string(version.text), {}};
            if (const auto target = find(name, version.text, importer_base_)) edge.targets.push_back(*target);
            nodes[id].edges.push_back(std::move(edge));
          }
    }
  }

  void add_importer(std::string_view path, const DataNode& entry) {
    const std::string dir = os::normalise_path(os::join_path(importer_base_, path));
    auto& known = importers_[dir];
    for (const char* const field : {"dependencies", "devDependencies", "optionalDependencies"}) {
      const DataNode* const wanted = entry.get(field);
      if (wanted == nullptr) continue;
      for (const auto& [name, value] : wanted->fields) {
        // {specifier, version} since version 6, the bare version before.
        const std::string_view version =
            value.kind == DataNode::Kind::map ? value.text_of("version") : value.text;
        if (const auto target = find(name, version, dir)) known.insert_or_assign(std::string(name), *target);
      }
    }
  }

  /// A dependency without the entry that it must have; "" if there is none.
  const std::string& missing() const { return missing_; }

  void add_patches(const DataNode* patched) {
    if (patched == nullptr) return;
    for (const auto& [key, value] : patched->fields)
      if (const std::string_view path = value.text_of("path"); !path.empty())
        patches.push_back({std::string(name_in_pnpm_key(key, kNewestVersion)), os::normalise_path(path)});
  }

 private:
  void add_package(std::string_view key, const DataNode& entry, const DataNode* origin) {
    LockNode node;
    const std::string_view own_name = entry.text_of("name");
    node.name = !own_name.empty() ? own_name : name_in_pnpm_key(key, version_);
    node.label = key.starts_with('/') ? key.substr(1) : key;
    if (const DataNode* const resolution = origin != nullptr ? origin->get("resolution") : nullptr) {
      const std::string_view integrity = resolution->text_of("integrity");
      node.details = !integrity.empty() ? std::string(integrity) : flat_text(*resolution);
      if (resolution->text_of("type") == "directory")
        node.folder = os::normalise_path(os::join_path(importer_base_, resolution->text_of("directory")));
    }
    const auto [place, is_new] = by_key_.try_emplace(std::string(key), static_cast<NodeId>(nodes.size()));
    if (is_new)
      nodes.push_back(std::move(node));
    else
      nodes[place->second] = std::move(node);
  }

  /// The node of a dependency as written in a lock; `dir` is where "link:" counts from.
  std::optional<NodeId> find(std::string_view name, std::string_view version, std::string_view dir) {
    if (version.empty()) return std::nullopt;
    if (version.starts_with("link:")) {
      const std::string folder = os::normalise_path(os::join_path(dir, version.substr(5)));
      const auto [place, is_new] = by_folder_.try_emplace(folder, static_cast<NodeId>(nodes.size()));
      if (is_new) {
        LockNode& node = nodes.emplace_back();
        node.folder = folder;
        node.label = fmt::format("{} (folder)", folder);
      }
      return place->second;
    }
    for (const auto& key : pnpm_keys(name, version, version_))
      if (const auto found = by_key_.find(key); found != by_key_.end()) return found->second;
    // Whatever has a number as its version has an entry.
    if (version.front() >= '0' && version.front() <= '9') missing_ = fmt::format("{}@{}", name, version);
    return std::nullopt;
  }

  int version_;
  std::string importer_base_;
  std::string missing_;
  base::StringMap<NodeId> by_key_;
  base::StringMap<NodeId> by_folder_;
  base::StringMap<base::StringMap<NodeId>> importers_;
};

}  // namespace

LockResult parse_pnpm_lock(std::string_view text, const std::string& origin, std::string_view importer_base) {
  STILLAGE_TRY(refuse_conflicts(text, origin));
  if (!text.empty() && text.back() != '\n') return cut_off(origin, "its last line does not end");
  STILLAGE_ASSIGN(const DataDocument document, parse_yaml(text, origin));
  // pnpm 10 may put a document about its own configuration in front.
  const DataNode nothing;
  const DataNode& root = document.roots.empty() ? nothing : document.roots.back();
  const std::string_view written = root.text_of("lockfileVersion");
  int version = 0;
  std::from_chars(written.data(), written.data() + written.size(), version);
  if (version < kOldestVersion || version > kNewestVersion)
    return fail(ErrorKind::unsupported,
                fmt::format("{}: lockfileVersion \"{}\" is not known", origin, base::printable(written)));
  auto lock = std::make_unique<PnpmLock>(version, importer_base);
  const DataNode* const packages = root.get("packages");
  const DataNode* const snapshots = root.get("snapshots");
  lock->add_packages(snapshots != nullptr ? snapshots : packages, packages);
  if (const DataNode* const importers = root.get("importers"))
    for (const auto& [path, entry] : importers->fields) lock->add_importer(path, entry);
  else
    lock->add_importer(".", root);
  if (ends_without_value(root)) return cut_off(origin, "its last key has no value");
  if (version >= kFirstWithSnapshots && packages != nullptr && !packages->fields.empty() &&
      snapshots == nullptr)
    return cut_off(origin, "it has packages without snapshots");
  if (!lock->missing().empty())
    return cut_off(origin, fmt::format("{} is not in it, but needed", base::printable(lock->missing())));
  lock->add_patches(root.get("patchedDependencies"));
  return std::unique_ptr<ParsedLock>(std::move(lock));
}

}  // namespace stillage::workspace
