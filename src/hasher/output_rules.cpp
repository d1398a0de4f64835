// SPDX-License-Identifier: MIT
#include "hasher/output_rules.h"

#include <algorithm>
#include <array>

namespace stillage::hasher {
namespace {

constexpr std::array<std::string_view, 4> kDefaultFolders = {"build", "dist", "lib", "out"};

bool is_in_default_folder(std::string_view path) {
  const std::size_t slash = path.find('/');
  return slash != std::string_view::npos && std::find(kDefaultFolders.begin(), kDefaultFolders.end(),
                                                      path.substr(0, slash)) != kDefaultFolders.end();
}

}  // namespace

Status OutputRules::add(const Target& target, const std::string& dir, PatternCache& patterns) {
  if (target.outputs && target.outputs->empty()) return {};
  Rules& rules = rules_[dir];
  if (!target.outputs) {
    rules.some_undeclared = true;
    return {};
  }
  auto compiled = patterns.compile(*target.outputs);
  if (!compiled) return fail_in("outputs of " + target.id, std::move(compiled).error());
  if (std::find(rules.declared.begin(), rules.declared.end(), *compiled) == rules.declared.end())
    rules.declared.push_back(std::move(*compiled));
  return {};
}

template <class Ask>
bool OutputRules::any_above(std::string_view path, Ask ask) const {
  if (rules_.empty()) return false;
  const std::string_view owner = layout_.owner_of(path);
  std::size_t end = owner.size();
  while (end != std::string_view::npos) {
    const auto it = rules_.find(path.substr(0, end));
    if (it != rules_.end() && ask(it->second, path.substr(end == 0 ? 0 : end + 1))) return true;
    end = path.find('/', end == 0 ? 0 : end + 1);
  }
  return false;
}

bool OutputRules::is_declared(std::string_view path) const {
  return any_above(path, [](const Rules& rules, std::string_view rest) {
    return std::any_of(rules.declared.begin(), rules.declared.end(),
                       [rest](const SharedPatterns& patterns) { return patterns->matches(rest); });
  });
}

bool OutputRules::is_output(std::string_view path, const git::Listing& listing, os::FileKind kind) const {
  if (is_declared(path)) return true;
  const bool may_be_undeclared = any_above(path, [](const Rules& rules, std::string_view rest) {
    return rules.some_undeclared && is_in_default_folder(rest);
  });
  return may_be_undeclared && listing.is_ignored(path, kind);
}

}  // namespace stillage::hasher
