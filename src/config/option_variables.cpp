// SPDX-License-Identifier: MIT
#include "config/option_variables.h"

#include <fmt/format.h>

#include <algorithm>

#include "config/provider_options.h"

namespace stillage::config {
namespace {

bool is_variable_name(std::string_view name) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !name.empty() && is_letter(name.front()) && std::all_of(name.begin(), name.end(), [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9');
  });
}

/// `wrong` makes the error of the option that `text` is of.
template <class Wrong>
Result<std::string> expand(std::string_view text, const run::Environment& environment, const Wrong& wrong) {
  std::string expanded;
  while (true) {
    const std::size_t at = text.find("${");
    expanded += text.substr(0, at);
    if (at == std::string_view::npos) return expanded;
    if (at > 0 && text[at - 1] == '$') {
      expanded.back() = '$';
      expanded += '{';
      text.remove_prefix(at + 2);
      continue;
    }
    const std::size_t end = text.find('}', at);
    const std::string_view name = end == std::string_view::npos ? "" : text.substr(at + 2, end - at - 2);
    if (!is_variable_name(name))
      return wrong(
          "has a \"${\" without the name of a variable and \"}\" after it; a plain \"${\" is written "
          "\"$${\"");
    const std::string* const value = environment.find(name);
    if (value == nullptr || value->empty())
      return wrong(fmt::format("refers to the environment variable {}, which is not set or empty", name));
    expanded += *value;
    text.remove_prefix(end + 1);
  }
}

}  // namespace

Result<CacheStorageConfig> with_variables(const CacheStorageConfig& storage,
                                          const run::Environment& environment) {
  CacheStorageConfig expanded = storage;
  const ProviderOptions options(storage);
  for (auto& [name, value] : expanded.options) {
    const auto wrong = [&options, &of = name](std::string_view what) { return options.wrong(of, what); };
    STILLAGE_ASSIGN(value, expand(value, environment, wrong));
  }
  return expanded;
}

}  // namespace stillage::config
