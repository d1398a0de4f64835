// SPDX-License-Identifier: MIT
#pragma once
// The tree that the readers of YAML and of yarn 1 lock files make. Texts are views: into the text that was
// read, or into what the document owns, so both must outlive the tree.

#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace stillage::workspace {

struct DataField;

struct DataNode {
  enum class Kind : unsigned char { nothing, scalar, map, list };
  Kind kind = Kind::nothing;
  bool quoted = false;    ///< a scalar that was written with quotes, and so is a text whatever it looks like
  std::string_view text;  ///< of a scalar
  std::vector<DataField> fields;  ///< of a map, in the file's order
  std::vector<DataNode> items;    ///< of a list

  /// The last value of a key of a map, or nullptr.
  const DataNode* get(std::string_view key) const;
  /// The text of a scalar under a key, "" if there is none.
  std::string_view text_of(std::string_view key) const;
};

struct DataField {
  std::string_view key;
  DataNode value;
};

struct DataDocument {
  std::vector<DataNode> roots;    ///< one per YAML document
  std::deque<std::string> owned;  ///< texts that differ from how they are written
};

}  // namespace stillage::workspace
