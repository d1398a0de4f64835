// SPDX-License-Identifier: MIT
#pragma once
// A folder with packages, a graph of shell commands over them, and a run of it that remembers its events.

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <mutex>

#include "base/digest.h"
#include "base/hex.h"
#include "run/scheduler.h"
#include "support/temp_dir.h"

namespace stillage::test {

class RecordedEvents : public run::Events {
 public:
  void run_started(const graph::TargetGraph& graph) override { graph_ = &graph; }
  void target_waiting(std::size_t index, const std::string&) override { add("waiting", index); }
  void target_started(std::size_t index, const std::string&) override {
    add("started", index);
    if (on_started) on_started(graph_->nodes[index].target.id);
  }
  void target_output(std::size_t index, const LogChunk& chunk) override {
    output[graph_->nodes[index].target.id] += chunk.text;
  }
  void target_finished(std::size_t index, const run::TargetResult& result) override {
    add(to_string(result.status), index);
    if (on_finished) on_finished(graph_->nodes[index].target.id);
  }
  void run_finished(const run::RunSummary&) override { list.push_back("end"); }

  std::size_t position(const std::string& event) const {
    return static_cast<std::size_t>(std::find(list.begin(), list.end(), event) - list.begin());
  }

  std::vector<std::string> list;  ///< "started a", "success a", …
  std::map<std::string, std::string> output;
  std::function<void(const std::string&)> on_started, on_finished;

 private:
  void add(const std::string& what, std::size_t index) {
    list.push_back(what + " " + graph_->nodes[index].target.id);
  }
  const graph::TargetGraph* graph_ = nullptr;
};

class RunTest : public testing::Test {
 protected:
  /// A target with this command ("" for none), in a folder of its own; dependencies exist already.
  std::size_t add(const std::string& id, const std::string& command,
                  const std::vector<std::string>& dependencies = {}) {
    graph::Node node;
    node.target.id = id;
    node.target.package_name = id;
    node.target.task = "build";
    node.target.cwd = dir_ / id;
    node.target.dependencies = dependencies;
    node.target.command = {{"main", command}};
    node.has_command = !command.empty();
    for (const std::string& dependency : dependencies) {
      const std::size_t index = *graph_.find(dependency);
      node.dependencies.push_back(index);
      graph_.nodes[index].dependents.push_back(graph_.nodes.size());
    }
    std::sort(node.dependencies.begin(), node.dependencies.end());
    dir_.make_dir(id);
    if (!dir_.exists(id + "/in")) dir_.write(id + "/in", id);
    graph_.nodes.push_back(std::move(node));
    graph_.reindex();
    return graph_.nodes.size() - 1;
  }

  run::RunOptions options(CacheProvider* cache) {
    run::RunOptions options;
    options.cache = cache;
    options.checkout_dir = state_.path();
    options.concurrency = 4;
    keys_.clear();
    options.keys.hash = [this](const Target& target) -> Result<std::string> {
      if (target.id == keyless_) return fail(ErrorKind::io, "cannot read an input");
      const std::string input = dir_.exists(target.id + "/in") ? dir_.read(target.id + "/in") : "";
      std::string text = target.id + "\n" + target.command[0].second + "\n" + input;
      for (const std::string& dependency : target.dependencies) text += "\n" + keys_.at(dependency);
      inputs_[target.id] = input;
      return keys_[target.id] = base::to_hex(base::sha256(text));
    };
    options.keys.changed_input = [this](const Target& target) -> Result<std::optional<std::string>> {
      if (dir_.read(target.id + "/in") != inputs_[target.id])
        return std::optional<std::string>(target.id + "/in");
      return std::optional<std::string>();
    };
    options.commands = [](const graph::Node& node) -> Result<std::vector<run::Step>> {
      return std::vector<run::Step>{
          {"build",
           {.argv = {"sh", "-c", node.target.command[0].second},
            .env = {"PATH=/usr/local/bin:/usr/bin:/bin", "LAGE_PACKAGE_NAME=" + node.target.package_name,
                    "LAGE_TASK=build", "STILLAGE_TARGET_DIR=" + node.target.cwd},
            .cwd = node.target.cwd}}};
    };
    return options;
  }

  run::RunSummary run(const run::RunOptions& options, std::stop_token stop = {}) {
    events_ = RecordedEvents();
    events_.on_started = on_started_;
    events_.on_finished = on_finished_;
    auto summary = run::run_targets(graph_, options, events_, std::move(stop));
    if (!summary) {
      ADD_FAILURE() << summary.error().message;
      return {};
    }
    return std::move(*summary);
  }

  const run::TargetResult& result(const run::RunSummary& summary, const std::string& id) {
    return summary.targets.at(*graph_.find(id));
  }
  std::string status(const run::RunSummary& summary, const std::string& id) {
    return to_string(result(summary, id).status);
  }

  TempDir dir_, state_;
  graph::TargetGraph graph_;
  RecordedEvents events_;
  std::function<void(const std::string&)> on_started_, on_finished_;
  std::string keyless_;
  std::map<std::string, std::string> keys_, inputs_;
};

}  // namespace stillage::test
