// SPDX-License-Identifier: MIT
#include "blob/variables.h"

namespace stillage::blob {

Variables::Variables(const std::vector<std::string>& variables) {
  for (const std::string& variable : variables) {
    const std::size_t equals = variable.find('=');
    if (equals != std::string::npos)
      values_.try_emplace(variable.substr(0, equals), variable.substr(equals + 1));
  }
}

const std::string& Variables::get(std::string_view name) const {
  static const std::string none;
  const auto found = values_.find(name);
  return found != values_.end() ? found->second : none;
}

std::string Variables::missing(const std::vector<std::string>& names) const {
  std::string list;
  for (const std::string& name : names)
    if (!has(name)) list += (list.empty() ? "" : ", ") + name;
  return list;
}

std::vector<std::string> Variables::list() const {
  std::vector<std::string> texts;
  texts.reserve(values_.size());
  for (const auto& [name, value] : values_) texts.push_back(name + "=" + value);
  return texts;
}

}  // namespace stillage::blob
