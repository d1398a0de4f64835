// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <simdjson.h>

#include "os/path.h"
#include "workspace/parsed_lock.h"

namespace stillage::workspace {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;

constexpr int kDeepestTree = 100;
constexpr std::string_view kModules = "node_modules/";

std::string_view text_field(const object& from, std::string_view name) {
  std::string_view text;
  if (from[name].get_string().get(text) != simdjson::SUCCESS) return {};
  return text;
}

bool is_true(const object& from, std::string_view name) {
  bool value = false;
  return from[name].get_bool().get(value) == simdjson::SUCCESS && value;
}

/// "node_modules/a/node_modules/@s/b" → "@s/b"; "" for a folder of the checkout.
std::string_view installed_name(std::string_view location) {
  const std::size_t at = location.rfind(kModules);
  if (at == std::string_view::npos || (at > 0 && location[at - 1] != '/')) return {};
  return location.substr(at + kModules.size());
}

/// Entries by where they lie; a dependency is found as Node finds it, in the nearest node_modules upwards.
class NpmLock : public ParsedLock {
 public:
  std::vector<NodeId> resolve(std::string_view dir, const DependencyRange& dependency) const override {
    const auto found = look_up(dir, dependency.name);
    return found ? std::vector{*found} : std::vector<NodeId>();
  }

  /// lockfileVersion 2 and 3: "packages" by location.
  void add_packages(const object& packages) {
    for (const auto& [location, value] : packages) {
      object entry;
      if (location.empty() || value.get_object().get(entry) != simdjson::SUCCESS) continue;
      add_entry(std::string(location), entry);
    }
    follow_links();
    for (const auto& [location, value] : packages) {
      object entry;
      if (location.empty() || value.get_object().get(entry) != simdjson::SUCCESS || is_true(entry, "link"))
        continue;
      LockNode& node = nodes[places_.find(location)->second];
      node.edges.clear();
      for (const char* const field : {"dependencies", "optionalDependencies", "peerDependencies"})
        add_edges(node, location, entry, field);
    }
  }

  /// lockfileVersion 1: nested "dependencies", each with "requires".
  bool add_nested(const std::string& parent, const object& dependencies, int depth) {
    if (depth > kDeepestTree) return false;
    for (const auto& [name, value] : dependencies) {
      object entry;
      if (value.get_object().get(entry) != simdjson::SUCCESS) continue;
      const std::string location = os::join_path(parent, std::string(kModules) + std::string(name));
      add_entry(location, entry);
      requires_.emplace_back(location, entry);
      object inner;
      if (entry["dependencies"].get_object().get(inner) != simdjson::SUCCESS) continue;
      if (!add_nested(location, inner, depth + 1)) return false;
    }
    return true;
  }

  void link_nested() {
    follow_links();
    for (const auto& [location, entry] : requires_)
      add_edges(nodes[places_.find(location)->second], location, entry, "requires");
  }

 private:
  void add_entry(std::string location, const object& entry) {
    if (is_true(entry, "link")) {
      links_.emplace_back(std::move(location), os::normalise_path(text_field(entry, "resolved")));
      return;
    }
    LockNode node;
    const std::string_view installed = installed_name(location);
    const std::string_view own_name = text_field(entry, "name");
    const std::string_view version = text_field(entry, "version");
    node.name = !own_name.empty() ? own_name : installed;
    if (installed.empty()) {
      node.folder = location;
      node.label = fmt::format("{} (folder)", location);
    } else {
      node.label = fmt::format("{}@{}", node.name, version);
      const std::string_view integrity = text_field(entry, "integrity");
      node.details = !integrity.empty() ? integrity : text_field(entry, "resolved");
    }
    const auto [place, is_new] = places_.try_emplace(std::move(location), static_cast<NodeId>(nodes.size()));
    if (is_new)
      nodes.push_back(std::move(node));
    else
      nodes[place->second] = std::move(node);
  }

  void follow_links() {
    for (const auto& [from, to] : links_) {
      const NodeId target = folder_node(to);
      places_[from] = target;
    }
  }

  NodeId folder_node(const std::string& folder) {
    const auto [place, is_new] = places_.try_emplace(folder, static_cast<NodeId>(nodes.size()));
    if (is_new) {
      LockNode& node = nodes.emplace_back();
      node.folder = folder;
      node.label = fmt::format("{} (folder)", folder);
    }
    return place->second;
  }

  void add_edges(LockNode& node, std::string_view location, const object& entry, const char* field) {
    object wanted;
    if (entry[field].get_object().get(wanted) != simdjson::SUCCESS) return;
    for (const auto& [name, range] : wanted) {
      std::string_view text;
      if (range.get_string().get(text) != simdjson::SUCCESS) continue;
      LockEdge edge{std::string(name), std::string(text), {}};
      if (const auto target = look_up(location, name)) edge.targets.push_back(*target);
      node.edges.push_back(std::move(edge));
    }
  }

  std::optional<NodeId> look_up(std::string_view from, std::string_view name) const {
    std::string candidate;
    for (int steps = 0; steps < 10 * kDeepestTree; ++steps) {
      if (os::file_name(from) != "node_modules") {
        candidate.assign(from);
        if (!candidate.empty()) candidate += '/';
        candidate.append(kModules).append(name);
        if (const auto found = places_.find(candidate); found != places_.end()) return found->second;
      }
      if (from.empty()) return std::nullopt;
      from = os::parent_path(from);
    }
    return std::nullopt;
  }

  base::StringMap<NodeId> places_;
  std::vector<std::pair<std::string, std::string>> links_;
  std::vector<std::pair<std::string, object>> requires_;
};

}  // namespace

LockResult parse_npm_lock(std::string_view text, const std::string& origin) {
  simdjson::dom::parser parser;
  element document;
  object fields;
  if (const auto code = parser.parse(text.data(), text.size()).get(document))
    return fail(ErrorKind::invalid,
                fmt::format("{}: not valid JSON ({})", origin, simdjson::error_message(code)));
  if (document.get_object().get(fields) != simdjson::SUCCESS)
    return fail(ErrorKind::invalid, fmt::format("{}: is not a JSON object", origin));
  std::int64_t version = 1;
  if (fields["lockfileVersion"].get_int64().get(version) != simdjson::SUCCESS) version = 1;
  if (version < 1 || version > 3)
    return fail(ErrorKind::unsupported, fmt::format("{}: lockfileVersion {} is not known", origin, version));
  auto lock = std::make_unique<NpmLock>();
  object entries;
  if (version >= 2 && fields["packages"].get_object().get(entries) == simdjson::SUCCESS &&
      (entries.size() > 1 || version > 2)) {
    lock->add_packages(entries);
  } else if (fields["dependencies"].get_object().get(entries) == simdjson::SUCCESS) {
    if (!lock->add_nested("", entries, 0))
      return fail(ErrorKind::invalid, fmt::format("{}: nested too deeply", origin));
    lock->link_nested();
  }
  return std::unique_ptr<ParsedLock>(std::move(lock));
}

}  // namespace stillage::workspace
