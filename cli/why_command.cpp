// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>

#include "base/clock.h"
#include "base/json.h"
#include "base/strings.h"
#include "commands.h"
#include "report/style.h"
#include "run/records.h"
#include "session.h"

namespace stillage::cli {
namespace {

using Appearance = run::RunRecords::Appearance;

const char* change_text(hasher::Change change) {
  switch (change) {
    case hasher::Change::added:
      return "new";
    case hasher::Change::removed:
      return "gone";
    case hasher::Change::changed:
      return "changed";
  }
  return "";
}

/// What a key is compared with, and what came out.
struct Comparison {
  std::string title;
  std::vector<hasher::Difference> differences;
  bool is_known = false;  ///< both records were there
};

class Explanation {
 public:
  Explanation(std::string target, std::string current_key, hasher::KeyRecord current,
              const run::RunRecords& records)
      : target_(std::move(target)),
        current_key_(std::move(current_key)),
        current_(std::move(current)),
        records_(records) {}

  Status find_out() {
    STILLAGE_ASSIGN(history_, records_.history(target_));
    if (history_.empty()) return {};
    if (latest().target.key != current_key_) {
      comparison_ =
          compare(latest().target.key, current_, "the tree as it is now differs from the last run's");
    } else if (!latest().target.hit) {
      const auto other = std::find_if(history_.begin() + 1, history_.end(),
                                      [&](const Appearance& a) { return a.target.key != current_key_; });
      if (other != history_.end())
        comparison_ = compare(other->target.key, current_, "the last run's key differs from the one before");
    }
    return {};
  }

  std::string text() const {
    std::string text = fmt::format("{}\n  key now: {}\n", base::printable(target_), current_key_);
    if (history_.empty())
      return text + "  no run of it is known in this checkout: the next one starts from what the cache has\n";
    const run::RecordedTarget& last = latest().target;
    text += fmt::format("  last run: {}, {}\n", base::iso_time(latest().start_ns), what_happened(last));
    if (const std::string why = why_not_stored(last); !why.empty())
      text += fmt::format("  not stored: {}\n", why);
    text += comparison_text();
    return text;
  }

  /// The dependencies whose keys differ.
  std::vector<std::string> changed_dependencies() const {
    std::vector<std::string> names;
    if (!comparison_) return names;
    for (const hasher::Difference& difference : comparison_->differences)
      if (difference.section == hasher::Section::dependencies && difference.change == hasher::Change::changed)
        names.push_back(difference.name);
    return names;
  }

  /// What differs, a line each.
  std::string differences_text() const {
    std::string text;
    if (!comparison_) return text;
    for (const hasher::Difference& difference : comparison_->differences)
      text += fmt::format("    {} {}: {}\n", hasher::name_of(difference.section),
                          difference.name.empty() ? "(order)" : base::printable(difference.name),
                          change_text(difference.change));
    return text;
  }

  base::Json json() const {
    base::Json json = {
        {"target", target_}, {"key", current_key_}, {"lastRun", nullptr}, {"differences", nullptr}};
    if (history_.empty()) return json;
    const run::RecordedTarget& last = latest().target;
    json["lastRun"] = {{"time", base::iso_time(latest().start_ns)},
                       {"key", last.key},
                       {"status", run::to_string(last.status)},
                       {"hit", last.hit ? base::Json(source(*last.hit)) : base::Json(nullptr)},
                       {"reason", last.reason}};
    if (!comparison_ || !comparison_->is_known) return json;
    base::Json rows = base::Json::array();
    for (const hasher::Difference& difference : comparison_->differences)
      rows.push_back({{"what", hasher::name_of(difference.section)},
                      {"name", difference.name},
                      {"change", change_text(difference.change)}});
    json["differences"] = rows;
    return json;
  }

 private:
  const Appearance& latest() const { return history_.front(); }
  static const char* source(HitSource hit) { return hit == HitSource::local ? "local" : "remote"; }

  Comparison compare(const std::string& before_key, const hasher::KeyRecord& now, std::string title) const {
    Comparison comparison{std::move(title), {}, false};
    const auto bytes = records_.find_key_record(before_key);
    if (!bytes || !*bytes) return comparison;
    const auto before = hasher::parse_record(**bytes);
    if (!before) return comparison;
    comparison.differences = hasher::explain(*before, now);
    comparison.is_known = true;
    return comparison;
  }

  /// When the entry was made that served a hit: the last time that the target ran with that key here.
  std::string made_here(const std::string& key) const {
    const auto made = std::find_if(history_.begin(), history_.end(), [&](const Appearance& a) {
      return a.target.key == key && !a.target.hit && a.target.stored;
    });
    if (made == history_.end()) return "made in another checkout, or before the runs that are remembered";
    return "made by the run of " + base::iso_time(made->start_ns);
  }

  std::string what_happened(const run::RecordedTarget& last) const {
    if (last.hit)
      return fmt::format("hit from the {} cache, entry {:.16}, {}", source(*last.hit), last.key,
                         made_here(last.key));
    const bool ran = last.status == run::TargetStatus::success || last.status == run::TargetStatus::failed;
    if (ran && last.reason == "no entry")
      return fmt::format("{}; it ran because the cache had no entry for its key",
                         run::to_string(last.status));
    std::string text = run::to_string(last.status);
    if (!last.reason.empty()) text += fmt::format(" ({})", last.reason);
    return text;
  }

  /// In words; "" if it was, or if there was nothing to store.
  static std::string why_not_stored(const run::RecordedTarget& last) {
    if (last.hit || last.stored || last.status != run::TargetStatus::success) return {};
    if (!last.not_stored_because.empty()) return last.not_stored_because;
    if (last.reason == "not cached") return "its \"cache\" is false, so it runs every time";
    if (last.reason == "no entry" || last.reason == "--reset-cache")
      return "the cache took nothing, so it runs again next time; is it read-only (cacheOptions.mode)?";
    return last.reason;
  }

  std::string comparison_text() const {
    if (!comparison_) {
      if (latest().target.key != current_key_) return {};
      return "  nothing that goes into its key has changed since\n";
    }
    if (!comparison_->is_known)
      return "  " + comparison_->title + ", but what it was made of is not remembered any more\n";
    return "  " + comparison_->title + ":\n" + differences_text();
  }

  std::string target_;
  std::string current_key_;
  hasher::KeyRecord current_;
  const run::RunRecords& records_;
  std::vector<Appearance> history_;
  std::optional<Comparison> comparison_;
};

Result<Explanation> explain(Session& session, const run::RunRecords& records, std::size_t index,
                            const std::vector<std::string>& keys) {
  const Target& target = session.graph().nodes[index].target;
  STILLAGE_ASSIGN(const std::string bytes, session.hasher().record(target));
  STILLAGE_ASSIGN(hasher::KeyRecord record, hasher::parse_record(bytes));
  Explanation explanation(target.id, keys[index], std::move(record), records);
  STILLAGE_TRY(explanation.find_out());
  return explanation;
}

/// Why the dependencies changed that `explanation` names, and theirs, down to where it began.
Result<std::string> chain_text(Session& session, const run::RunRecords& records,
                               const Explanation& explanation, const std::vector<std::string>& keys) {
  std::string text;
  std::vector<std::string> open = explanation.changed_dependencies();
  for (std::size_t i = 0; i < open.size(); ++i) {
    const auto index = session.graph().find(open[i]);
    if (!index) continue;
    STILLAGE_ASSIGN(const Explanation cause, explain(session, records, *index, keys));
    const std::string differences = cause.differences_text();
    if (!differences.empty()) text += fmt::format("  {}:\n{}", base::printable(open[i]), differences);
    for (std::string& name : cause.changed_dependencies())
      if (std::find(open.begin(), open.end(), name) == open.end()) open.push_back(std::move(name));
  }
  return text;
}

/// What there is to say of a target that only groups others: that, and what there is to say of these.
Status explain_group(Session& session, const run::RunRecords& records, std::size_t index,
                     const std::vector<std::string>& keys, bool as_json) {
  const graph::Node& node = session.graph().nodes[index];
  base::Json members = base::Json::array();
  std::string text =
      fmt::format("{}\n  key now: {}\n  runs nothing itself; its key holds those of {} other target{}\n",
                  base::printable(node.target.id), keys[index], node.dependencies.size(),
                  node.dependencies.size() == 1 ? "" : "s");
  for (const std::size_t member : node.dependencies) {
    STILLAGE_ASSIGN(const Explanation explanation, explain(session, records, member, keys));
    members.push_back(explanation.json());
    text += explanation.text();
  }
  if (as_json)
    text = base::to_pretty_text({{"target", node.target.id},
                                 {"key", keys[index]},
                                 {"lastRun", nullptr},
                                 {"differences", nullptr},
                                 {"groups", members}});
  fmt::print("{}", text);
  return {};
}

}  // namespace

Result<int> why(const WhyCommand& command) {
  SelectionOptions selection;
  // "//#lint" is another way to write "#lint".
  selection.tasks = {command.target.starts_with("//#") ? command.target.substr(2) : command.target};
  selection.args = command.args;
  STILLAGE_ASSIGN(const auto session, Session::open(selection, Session::Purpose::question));
  if (session->checkout().state_folder.empty())
    return fail(ErrorKind::io, "there are no records of earlier runs: the state folder can't be used");
  const auto index = session->graph().find(selection.tasks.front());
  if (!index)
    return fail(ErrorKind::invalid,
                fmt::format("{} is a task; name one target, such as app#{}", command.target, command.target));
  STILLAGE_ASSIGN(const std::vector<std::string> keys, session->keys());
  const run::RunRecords records(session->checkout().state_folder);
  if (!session->graph().nodes[*index].has_command) {
    STILLAGE_TRY(explain_group(*session, records, *index, keys, command.json));
    return 0;
  }
  STILLAGE_ASSIGN(const Explanation explanation, explain(*session, records, *index, keys));
  if (command.json) {
    fmt::print("{}", base::to_pretty_text(explanation.json()));
  } else {
    STILLAGE_ASSIGN(const std::string chain, chain_text(*session, records, explanation, keys));
    fmt::print("{}{}", explanation.text(), chain);
  }
  return 0;
}

}  // namespace stillage::cli
