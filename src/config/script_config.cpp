// SPDX-License-Identifier: MIT
#include "config/script_config.h"

#include <fmt/format.h>

#include "base/stages.h"
#include "base/strings.h"
#include "os/path.h"
#include "os/process.h"

namespace stillage::config {
namespace {

constinit base::Stage kNodeStage("node");
constexpr const char* kEvaluator =
#include "evaluate_config.inc"
    ;

std::string text_of(const base::Json& object, const char* key) {
  const auto member = object.find(key);
  return member != object.end() && member->is_string() ? member->get<std::string>() : "";
}

}  // namespace

Result<ScriptConfig> ScriptConfig::start(const std::string& root, const std::string& file,
                                         const run::Environment& environment,
                                         std::chrono::milliseconds patience) {
  const std::string program =
      os::find_program("node", environment.value_or("PATH", ""), root).value_or("node");
  auto node = os::TalkingChild::start(
      {.argv = {program, "-e", kEvaluator}, .environment = environment.list(), .dir = root});
  if (!node)
    return fail(ErrorKind::unsupported,
                fmt::format("{} is evaluated by Node.js, and there is none ({}): install it, or write a "
                            "stillage.config.json",
                            file, node.error().message));
  return ScriptConfig(root, std::move(*node), patience);
}

Result<base::Json> ScriptConfig::ask(const base::Json& question) {
  const base::StageTimer timer(kNodeStage);
  STILLAGE_TRY(node_.ask(base::to_text(question)));
  return answer();
}

Result<base::Json> ScriptConfig::answer() {
  STILLAGE_ASSIGN(const std::string line, node_.answer(patience_));
  return base::parse_json(line, "answer of node");
}

Result<base::Json> ScriptConfig::load(const std::string& file) {
  file_ = file;
  return take_loaded(ask({{"load", os::join_path(root_, file)}}));
}

Status ScriptConfig::expect(const std::string& file, base::Json expected, std::function<void()> is_other) {
  file_ = file;
  STILLAGE_TRY(node_.ask(base::to_text({{"load", os::join_path(root_, file)}})));
  expected_ = Expected{std::move(expected), std::move(is_other)};
  return {};
}

Status ScriptConfig::check_expected() {
  if (!expected_) return {};
  const Expected expected = std::move(*expected_);
  expected_.reset();
  const auto value = take_loaded(answer());
  if (value && *value == expected.value) return {};
  if (!value) return tl::make_unexpected(value.error());
  expected.is_other();
  return fail(
      ErrorKind::invalid,
      fmt::format("{} gives something else than before, though nothing has changed of what it is known to "
                  "look at; from now on it is evaluated first in each run: please try again",
                  file_));
}

Result<base::Json> ScriptConfig::take_loaded(Result<base::Json> answer) {
  const std::string& file = file_;
  if (!answer) {
    if (answer.error().kind == ErrorKind::timeout)
      return fail(
          ErrorKind::timeout,
          fmt::format("{}: not evaluated after {:g} s: it loops, or waits for something that does not come",
                      file, std::chrono::duration<double>(patience_).count()));
    if (answer.error().kind != ErrorKind::io) return fail_in(file, answer.error());
    return fail(ErrorKind::invalid,
                fmt::format("{}: node ended while evaluating it; see its messages above", file));
  }
  if (const std::string error = text_of(*answer, "error"); !error.empty()) {
    const auto line = answer->find("line");
    const std::string place = line != answer->end() && line->is_number_integer()
                                  ? fmt::format("{}:{}", file, line->get<int>())
                                  : file;
    return fail(ErrorKind::invalid, fmt::format("{}: {}", place, base::printable(error)));
  }
  facts_ = answer->value("facts", base::Json());
  const auto value = answer->find("value");
  return value == answer->end() ? base::Json() : std::move(*value);
}

Result<std::vector<base::Json>> ScriptConfig::call(FunctionCalls calls) {
  STILLAGE_TRY(check_expected());
  base::Json list = base::Json::array();
  for (const FunctionCall& one : calls.calls) {
    base::Json entry = {{"id", one.function}, {"target", one.target}};
    if (one.max_workers) entry["maxWorkers"] = *one.max_workers;
    list.push_back(std::move(entry));
  }
  auto answer = ask({{"call", std::move(list)}, {"targets", std::move(calls.targets)}});
  if (!answer) return fail_in(file_ + ": calling its functions", answer.error());
  if (const std::string error = text_of(*answer, "error"); !error.empty()) {
    // Ids are "number:place".
    const std::string id = text_of(*answer, "id");
    return fail(ErrorKind::invalid,
                fmt::format("{} ({}): {}", file_, base::printable(id.substr(id.find(':') + 1)),
                            base::printable(error)));
  }
  const auto values = answer->find("values");
  if (values == answer->end() || !values->is_array() || values->size() != calls.calls.size())
    return fail(ErrorKind::invalid, file_ + ": calling its functions gave no answer");
  return std::vector<base::Json>(values->begin(), values->end());
}

}  // namespace stillage::config
