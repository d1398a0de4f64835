// SPDX-License-Identifier: MIT
// Yarn's two lock formats. Both have entries by descriptor: what was asked for, "name@range".
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/hex.h"
#include "os/path.h"
#include "workspace/parsed_lock.h"
#include "workspace/yaml.h"
#include "workspace/yarn_text.h"

namespace stillage::workspace {
namespace {

constexpr std::string_view kWorkspace = "@workspace:";
constexpr int kNewestBerry = 10;

/// "@s/x@npm:^1" → "@s/x".
std::string_view name_in(std::string_view descriptor) {
  if (descriptor.empty()) return descriptor;
  return descriptor.substr(0, descriptor.find('@', 1));
}

class DescriptorLock : public ParsedLock {
 public:
  std::vector<NodeId> resolve(std::string_view /*dir*/, const DependencyRange& dependency) const override {
    return find(dependency.name, dependency.range);
  }

  std::vector<NodeId> candidates(std::string_view name) const override {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? std::vector<NodeId>() : found->second;
  }

  void add_descriptor(std::string_view descriptor, NodeId node) {
    by_descriptor_.try_emplace(std::string(descriptor), node);
    append_once(by_name_[std::string(name_in(descriptor))], node);
  }

  /// A patched variant stands in for whatever the plain descriptor would give.
  void add_patched(std::string_view name, NodeId node) { append_once(patched_[std::string(name)], node); }

  void link_edges() {
    gather(by_name_, "any");
    gather(patched_, "patched");
    for (LockNode& node : nodes) {
      for (LockEdge& edge : node.edges) {
        if (!edge.targets.empty()) continue;
        edge.targets = find(edge.name, edge.range);
        if (edge.targets.empty()) edge.targets = candidates(edge.name);
      }
    }
  }

 private:
  static void append_once(std::vector<NodeId>& list, NodeId node) {
    // Descriptors of one entry come together.
    if (list.empty() || list.back() != node) list.push_back(node);
  }

  /// Gives each name with several nodes one node over all of them, so that lists stay short.
  void gather(base::StringMap<std::vector<NodeId>>& lists, std::string_view what) {
    for (auto& [name, list] : lists) {
      if (list.size() < 2) continue;
      LockNode& node = nodes.emplace_back();
      node.name = name;
      node.label = fmt::format("{}@({})", name, what);
      node.edges.push_back({name, "", std::move(list)});
      list = {static_cast<NodeId>(nodes.size() - 1)};
    }
  }

  std::vector<NodeId> find(std::string_view name, std::string_view range) const {
    std::string descriptor = fmt::format("{}@{}", name, range);
    auto found = by_descriptor_.find(descriptor);
    if (found == by_descriptor_.end()) found = by_descriptor_.find(fmt::format("{}@npm:{}", name, range));
    if (found == by_descriptor_.end()) return {};
    std::vector<NodeId> targets{found->second};
    if (const auto patched = patched_.find(name); patched != patched_.end())
      for (const NodeId node : patched->second)
        if (node != targets.front()) targets.push_back(node);
    return targets;
  }

  base::StringMap<NodeId> by_descriptor_;
  base::StringMap<std::vector<NodeId>> by_name_;
  base::StringMap<std::vector<NodeId>> patched_;
};

void add_edges(LockNode& node, const DataNode& entry, std::string_view field) {
  const DataNode* const wanted = entry.get(field);
  if (wanted == nullptr) return;
  for (const auto& [name, range] : wanted->fields)
    node.edges.push_back({std::string(name), std::string(range.text), {}});
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::uint8_t byte = 0;
    if (text[i] == '%' && i + 2 < text.size() && base::from_hex(text.substr(i + 1, 2), {&byte, 1})) {
      out += static_cast<char>(byte);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

/// The files that "x@patch:x@npm%3A1.0.0#~/.yarn/patches/x.patch::locator=a%40workspace%3Apackages%2Fa"
/// applies.
void add_patches(std::string_view descriptor, std::vector<LockPatch>& patches) {
  const std::string_view name = name_in(descriptor);
  const std::size_t hash = descriptor.find('#');
  if (hash == std::string_view::npos) return;
  const std::size_t parameters = descriptor.find("::", hash);
  std::string base_dir;
  if (parameters != std::string_view::npos) {
    const std::string locator = percent_decoded(descriptor.substr(parameters));
    if (const std::size_t at = locator.find(kWorkspace); at != std::string::npos)
      base_dir = locator.substr(at + kWorkspace.size(), locator.find('&', at) - at - kWorkspace.size());
  }
  const std::string_view list = descriptor.substr(
      hash + 1, parameters == std::string_view::npos ? std::string_view::npos : parameters - hash - 1);
  for (std::string_view file : base::split(list, '&')) {
    for (const std::string_view prefix : {"optional!", "~builtin<", "builtin<"})
      if (file.starts_with(prefix)) file.remove_prefix(prefix == "optional!" ? prefix.size() : file.size());
    if (file.empty()) continue;
    const std::string path = percent_decoded(file);
    patches.push_back({std::string(name), path.starts_with("~/")
                                              ? os::normalise_path(path.substr(2))
                                              : os::normalise_path(os::join_path(base_dir, path))});
  }
}

void add_berry_entry(std::string_view key, const DataNode& entry, DescriptorLock& lock) {
  const auto id = static_cast<NodeId>(lock.nodes.size());
  LockNode node;
  const std::string_view resolution = entry.text_of("resolution");
  node.name = name_in(resolution.empty() ? key : resolution);
  node.label = fmt::format("{}@{}{}", node.name, entry.text_of("version"),
                           resolution.find("@patch:") == std::string_view::npos ? "" : " (patched)");
  node.details = fmt::format("{} {} {}", resolution, entry.text_of("checksum"), entry.text_of("conditions"));
  if (const std::size_t at = resolution.find(kWorkspace); at != std::string_view::npos)
    node.folder = os::normalise_path(resolution.substr(at + kWorkspace.size()));
  add_edges(node, entry, "dependencies");
  for (std::size_t from = 0; from != std::string_view::npos;) {
    const std::size_t comma = key.find(", ", from);
    const std::string_view descriptor =
        key.substr(from, comma == std::string_view::npos ? comma : comma - from);
    from = comma == std::string_view::npos ? comma : comma + 2;
    lock.add_descriptor(descriptor, id);
    if (descriptor.find("@patch:") == std::string_view::npos) continue;
    lock.add_patched(name_in(descriptor), id);
    add_patches(descriptor, lock.patches);
  }
  lock.nodes.push_back(std::move(node));
}

}  // namespace

Status refuse_conflicts(std::string_view text, const std::string& origin) {
  for (const std::string_view marker : {"<<<<<<< ", ">>>>>>> "}) {
    for (std::size_t at = text.find(marker); at != std::string_view::npos; at = text.find(marker, at + 1))
      if (at == 0 || text[at - 1] == '\n')
        return fail(ErrorKind::invalid, fmt::format("{}: holds an unresolved merge conflict", origin));
  }
  return {};
}

bool ends_without_value(const DataNode& root) {
  const DataNode* last = &root;
  while (last->kind == DataNode::Kind::map && !last->fields.empty()) last = &last->fields.back().value;
  return last->kind == DataNode::Kind::nothing;
}

tl::unexpected<Error> cut_off(const std::string& origin, std::string_view missing) {
  return fail(ErrorKind::invalid, fmt::format("{}: is cut off or incomplete: {}", origin, missing));
}

LockResult parse_yarn_lock(std::string_view text, const std::string& origin) {
  STILLAGE_TRY(refuse_conflicts(text, origin));
  STILLAGE_ASSIGN(const YarnText parsed, parse_yarn_text(text, origin));
  auto lock = std::make_unique<DescriptorLock>();
  for (const auto& entry : parsed.entries) {
    const auto id = static_cast<NodeId>(lock->nodes.size());
    LockNode& node = lock->nodes.emplace_back();
    node.name = name_in(entry.patterns.front());
    // An alias shows in what was asked for: "al@npm:lodash@^4".
    const std::size_t alias = entry.patterns.front().find("@npm:");
    if (alias != std::string_view::npos) node.name = name_in(entry.patterns.front().substr(alias + 5));
    node.label = fmt::format("{}@{}", node.name, entry.value.text_of("version"));
    const std::string_view integrity = entry.value.text_of("integrity");
    node.details = !integrity.empty() ? integrity : entry.value.text_of("resolved");
    add_edges(node, entry.value, "dependencies");
    add_edges(node, entry.value, "optionalDependencies");
    for (const std::string_view pattern : entry.patterns) lock->add_descriptor(pattern, id);
  }
  lock->link_edges();
  return std::unique_ptr<ParsedLock>(std::move(lock));
}

LockResult parse_berry_lock(std::string_view text, const std::string& origin) {
  STILLAGE_TRY(refuse_conflicts(text, origin));
  if (!text.empty() && text.back() != '\n') return cut_off(origin, "its last line does not end");
  STILLAGE_ASSIGN(const DataDocument document, parse_yaml(text, origin));
  const DataNode nothing;
  const DataNode& entries = document.roots.empty() ? nothing : document.roots.front();
  const DataNode* const metadata = entries.get("__metadata");
  if (metadata == nullptr && !entries.fields.empty())
    return fail(ErrorKind::invalid, fmt::format("{}: has no __metadata", origin));
  if (metadata != nullptr) {
    const std::string_view written = metadata->text_of("version");
    int version = 0;
    std::from_chars(written.data(), written.data() + written.size(), version);
    if (version < 1 || version > kNewestBerry)
      return fail(ErrorKind::unsupported, fmt::format("{}: format version {} is not known", origin, version));
  }
  auto lock = std::make_unique<DescriptorLock>();
  for (const auto& [key, entry] : entries.fields)
    if (key != "__metadata") add_berry_entry(key, entry, *lock);
  // Yarn writes the field linkType of an entry last.
  const auto is_whole = [](const DataField& field) { return field.value.get("linkType") != nullptr; };
  const auto& fields = entries.fields;
  if (!fields.empty() &&
      (ends_without_value(entries) || (std::any_of(fields.begin(), fields.end(), is_whole) &&
                                       fields.back().key != "__metadata" && !is_whole(fields.back()))))
    return cut_off(origin, fmt::format("{} ends early", base::printable(fields.back().key)));
  lock->link_edges();
  for (const LockNode& node : lock->nodes)
    for (const LockEdge& edge : node.edges)
      if (edge.targets.empty())
        return cut_off(origin, fmt::format("{} is not in it, which {} needs", base::printable(edge.name),
                                           base::printable(node.label)));
  return std::unique_ptr<ParsedLock>(std::move(lock));
}

}  // namespace stillage::workspace
