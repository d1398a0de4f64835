// SPDX-License-Identifier: MIT
#include "git/rules.h"

#include <fcntl.h>
#include <fmt/format.h>

#include "base/log.h"
#include "os/file.h"
#include "os/path.h"

namespace stillage::git {
namespace {

constexpr std::uint64_t kMaxRuleFileSize = 16 << 20;

/// A file that git reads at a place of its own; "" where it is missing, unreadable or no file, as git has it.
Result<std::string> read_if_readable(const std::string& path) {
  if (path.empty()) return std::string();
  const auto stat = os::stat_path(path, os::Links::follow);
  if (!stat || !*stat || !(*stat)->is_regular()) return std::string();
  if ((*stat)->size > kMaxRuleFileSize)
    return fail(ErrorKind::invalid, path + " is too large for a list of patterns");
  return os::read_file(path, kMaxRuleFileSize).value_or(std::string());
}

/// The content of a rule file inside a work tree; nothing if it is not a plain file that we may read.
Result<std::optional<std::string_view>> read_in_tree(os::TextMemory& texts, int dir, const std::string& path,
                                                     const os::FileStat& stat) {
  auto content = texts.read(dir, path, stat, os::Links::keep, kMaxRuleFileSize);
  if (content || content.error().kind != ErrorKind::io) return content;
  base::warn_once("git-rule-file", fmt::format("passing over a rule file: {}", content.error().message));
  return std::optional<std::string_view>();
}

}  // namespace

RuleScopePtr RuleScope::none() {
  static const RuleScopePtr kNone = std::make_shared<const RuleScope>();
  return kNone;
}

RuleScopePtr RuleScope::extend(RuleScopePtr parent, std::string base, IgnoreList ignores,
                               ConversionRules conversions) {
  if (ignores.empty() && conversions.empty()) return parent;
  auto scope = std::make_shared<RuleScope>();
  scope->any_conversions_ = parent->any_conversions_ || !conversions.empty();
  scope->parent_ = std::move(parent);
  scope->base_ = std::move(base);
  scope->ignores_ = std::move(ignores);
  scope->conversions_ = std::move(conversions);
  return scope;
}

Result<RuleScopePtr> RuleScope::of_repository(const Repository& repository) {
  const Settings& settings = repository.settings();
  RuleScopePtr scope = none();
  const auto add = [&](const std::string& excludes, const std::string& attributes) -> Status {
    STILLAGE_ASSIGN(const std::string exclude_text, read_if_readable(excludes));
    STILLAGE_ASSIGN(const std::string attribute_text, read_if_readable(attributes));
    scope = extend(scope, "", IgnoreList(exclude_text, settings.letter_case),
                   ConversionRules(attribute_text, settings.letter_case));
    return {};
  };
  const auto in_top = [&](const std::optional<std::string>& path) {
    return path && !path->empty() ? os::join_path(repository.top(), *path) : std::string();
  };
  for (const std::string& file : settings.system_attributes_files) STILLAGE_TRY(add("", file));
  STILLAGE_TRY(add(in_top(settings.excludes_file), in_top(settings.attributes_file)));
  STILLAGE_TRY(add(repository.common_dir() + "/info/exclude", repository.common_dir() + "/info/attributes"));
  if (settings.converts_line_endings) scope = extend(scope, "", IgnoreList(), ConversionRules::any_path());
  return scope;
}

bool RuleScope::ignores(std::string_view path, os::FileKind kind) const {
  for (const RuleScope* scope = this; scope != nullptr; scope = scope->parent_.get()) {
    if (scope->ignores_.empty()) continue;
    const Verdict verdict = scope->ignores_.decide(path.substr(scope->base_.size()), kind);
    if (verdict != Verdict::undecided) return verdict == Verdict::ignored;
  }
  return false;
}

bool RuleScope::may_convert(std::string_view path) const {
  if (!any_conversions_) return false;
  for (const RuleScope* scope = this; scope != nullptr; scope = scope->parent_.get())
    if (scope->conversions_.may_convert(path.substr(scope->base_.size()))) return true;
  return false;
}

Result<IgnoreList> read_ignore_file(os::TextMemory& texts, int dir, const std::string& path,
                                    const os::FileStat& stat, LetterCase letter_case) {
  STILLAGE_ASSIGN(const auto content, read_in_tree(texts, dir, path, stat));
  return content ? IgnoreList(*content, letter_case) : IgnoreList();
}

Result<ConversionRules> read_attributes_file(os::TextMemory& texts, int dir, const std::string& path,
                                             const os::FileStat& stat, LetterCase letter_case) {
  STILLAGE_ASSIGN(const auto content, read_in_tree(texts, dir, path, stat));
  return content ? ConversionRules(*content, letter_case) : ConversionRules::any_path();
}

}  // namespace stillage::git
