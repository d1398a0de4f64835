// SPDX-License-Identifier: MIT
#pragma once
// JavaScript and TypeScript configurations, evaluated by one Node process that stays as long as functions in
// them may be asked (`weight`, `shouldRun`). Starting it takes Node some 40 to 80 ms: do it beside other
// work.

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "os/talking_child.h"
#include "run/environment.h"
#include "stillage/result.h"

namespace stillage::config {

/// A call of a function of the configuration, with what lage would pass it.
struct FunctionCall {
  std::string function;    ///< an id that a loaded value held
  std::size_t target = 0;  ///< one of FunctionCalls::targets
  std::optional<int> max_workers;
};

struct FunctionCalls {
  std::vector<base::Json> targets;  ///< as functions see them
  std::vector<FunctionCall> calls;
};

/// Configurations that take longer than this hang.
inline constexpr std::chrono::milliseconds kScriptPatience{60000};

/// To be used from one thread at a time.
class ScriptConfig {
 public:
  /// Starts Node in `root`. An error (unsupported) if there is no `node` on the PATH; `file` is what needs
  /// it. Each load() and call() may take as long as `patience`.
  static Result<ScriptConfig> start(const std::string& root, const std::string& file,
                                    const run::Environment& environment,
                                    std::chrono::milliseconds patience = kScriptPatience);

  /// What the file (relative to the root) exports by default; null for undefined. Functions arrive as objects
  /// that only Field::function understands. Errors (invalid) name the file and, where known, the line;
  /// a promise that nothing can settle any more is one at once, all else that takes too long is a `timeout`.
  Result<base::Json> load(const std::string& file);

  /// Begins to load a file of which it is known what it gave before, and waits for nothing: the next call()
  /// does, and fails if it gives something else now, after calling `is_other`.
  Status expect(const std::string& file, base::Json expected, std::function<void()> is_other);

  /// Ends Node, so that whoever waits for it gets an error; from any thread.
  void give_up() const { node_.kill(); }

  /// What the value loaded last was made of, or why nobody can tell (witness_config.js).
  const base::Json& facts() const { return facts_; }

  /// What the functions return, in order; they are called one after the other.
  Result<std::vector<base::Json>> call(FunctionCalls calls);

 private:
  ScriptConfig(std::string root, os::TalkingChild node, std::chrono::milliseconds patience)
      : root_(std::move(root)), node_(std::move(node)), patience_(patience) {}
  struct Expected {
    base::Json value;
    std::function<void()> is_other;
  };

  Result<base::Json> ask(const base::Json& question);
  Result<base::Json> answer();
  Result<base::Json> take_loaded(Result<base::Json> answer);
  Status check_expected();

  std::string root_;
  std::string file_;
  base::Json facts_;
  std::optional<Expected> expected_;
  os::TalkingChild node_;
  std::chrono::milliseconds patience_;
};

}  // namespace stillage::config
