// SPDX-License-Identifier: MIT
#include "workspace/data_node.h"

namespace stillage::workspace {

const DataNode* DataNode::get(std::string_view key) const {
  for (auto field = fields.rbegin(); field != fields.rend(); ++field)
    if (field->key == key) return &field->value;
  return nullptr;
}

std::string_view DataNode::text_of(std::string_view key) const {
  const DataNode* const value = get(key);
  return value != nullptr && value->kind == Kind::scalar ? value->text : std::string_view();
}

}  // namespace stillage::workspace
