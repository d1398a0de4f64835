// SPDX-License-Identifier: MIT
#pragma once
// What a script sees when we start it ourselves: the environment that its npm client would give it, and the
// shell. Most of it is the same for all targets of a run, and is made once.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "graph/target_graph.h"
#include "run/client_settings.h"
#include "run/environment.h"
#include "run/npm_client.h"
#include "workspace/workspace.h"

namespace stillage::run {

/// Variables of one's own on top of those that others share.
class LayeredEnvironment {
 public:
  explicit LayeredEnvironment(Environment base);

  /// Those of one's own, for who only sets.
  Environment& own() { return own_; }
  const std::string* find(std::string_view name) const;
  std::string value_or(std::string_view name, std::string_view fallback) const;
  /// NAME=value texts, sorted by name.
  std::vector<std::string> list() const;

 private:
  struct Base {
    Environment variables;
    std::vector<std::string> list;
  };
  std::shared_ptr<const Base> base_;
  Environment own_;
};

/// The caller's environment without what would not be true of this script.
Environment common_environment(const Environment& callers, const Target& target, bool color);

/// What every script of a target is told, whoever starts it.
void add_target_variables(LayeredEnvironment& environment, const graph::Node& node);

/// Safe for use from many threads at once.
class ScriptEnvironments {
 public:
  /// The references must outlive this.
  ScriptEnvironments(const workspace::Workspace& workspace, const Environment& callers,
                     const ClientSettings& settings, NpmClient client, NodeProgram node, bool color);

  const NpmClient& client() const { return client_; }
  /// All but what differs from one script of the target to another.
  LayeredEnvironment of(const graph::Node& node) const;

 private:
  Environment base_of(const Target& target) const;
  void add_npm_variables(Environment& environment) const;
  void add_yarn_variables(Environment& environment) const;
  void add_pnpm_variables(Environment& environment) const;
  std::vector<std::string> folders_of(const Target& target) const;
  std::vector<std::string> shared_folders() const;

  const workspace::Workspace& workspace_;
  const Environment& callers_;
  const ClientSettings& settings_;
  NpmClient client_;
  NodeProgram node_;
  bool color_;
  /// What targets share that see all of the caller's environment.
  std::optional<LayeredEnvironment> shared_;
  std::string shared_folders_;
};

}  // namespace stillage::run
