// SPDX-License-Identifier: MIT
#pragma once
// What the readers of the single lock formats deliver: nodes (installed packages), their edges, and how a
// workspace package's own dependencies find their nodes.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "workspace/data_node.h"
#include "workspace/workspace.h"

namespace stillage::workspace {

using NodeId = std::uint32_t;

/// One dependency of a node; several targets where the lock leaves open which one it is, none where it has no
/// word.
struct LockEdge {
  std::string name;
  std::string range;
  std::vector<NodeId> targets;
};

struct LockNode {
  std::string name;     ///< of the package, for patches
  std::string label;    ///< "name@version", with everything that tells it from other nodes for people
  std::string details;  ///< integrity, checksum, or else where it came from
  std::vector<LockEdge> edges;
  /// Set for a folder of the checkout: relative to the root.
  std::optional<std::string> folder;
};

struct LockPatch {
  std::string package_name;
  std::string file;  ///< relative to the root
};

class ParsedLock {
 public:
  ParsedLock() = default;
  virtual ~ParsedLock() = default;
  ParsedLock(const ParsedLock&) = delete;
  ParsedLock& operator=(const ParsedLock&) = delete;

  /// Nodes that the package in `dir` gets for a dependency; none if the lock has no word on it.
  virtual std::vector<NodeId> resolve(std::string_view dir, const DependencyRange& dependency) const = 0;
  /// All nodes that could be meant by a name, for dependencies that resolve() doesn't know.
  virtual std::vector<NodeId> candidates(std::string_view /*name*/) const { return {}; }
  /// False if what the package in `dir` gets can't be told from this lock.
  virtual bool knows(std::string_view /*dir*/) const { return true; }

  std::vector<LockNode> nodes;
  std::vector<LockPatch> patches;
};

using LockResult = Result<std::unique_ptr<ParsedLock>>;

/// `origin` names the file in errors, which are all `invalid` or `unsupported`: the caller widens.
LockResult parse_npm_lock(std::string_view text, const std::string& origin);
LockResult parse_yarn_lock(std::string_view text, const std::string& origin);
LockResult parse_berry_lock(std::string_view text, const std::string& origin);
/// `importer_base` is where the importers' paths count from, relative to the root ("" or rush's
/// "common/temp").
LockResult parse_pnpm_lock(std::string_view text, const std::string& origin, std::string_view importer_base);

/// An error if a line is one of git's conflict markers.
Status refuse_conflicts(std::string_view text, const std::string& origin);
/// The error of a lock that ends before its time: a YAML reader takes the beginning of one for a whole.
/// Whether the last key of all is without a value, as where a file was cut after it.
bool ends_without_value(const DataNode& root);
tl::unexpected<Error> cut_off(const std::string& origin, std::string_view missing);

}  // namespace stillage::workspace
