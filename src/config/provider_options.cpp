// SPDX-License-Identifier: MIT
#include "config/provider_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace stillage::config {

tl::unexpected<Error> ProviderOptions::wrong(std::string_view name, std::string_view what) const {
  return fail(ErrorKind::invalid, fmt::format("cacheStorageConfig.options.{} ({}) {}", base::printable(name),
                                              base::printable(provider()), what));
}

std::optional<std::string> ProviderOptions::find(const std::string& name) {
  asked_.insert(name);
  const auto found = storage_.options.find(name);
  if (found == storage_.options.end() || found->second.empty()) return std::nullopt;
  return found->second;
}

std::string ProviderOptions::text_or(const std::string& name, std::string fallback) {
  return find(name).value_or(std::move(fallback));
}

Result<std::string> ProviderOptions::text(const std::string& name) {
  auto found = find(name);
  if (!found) return wrong(name, "is missing");
  return std::move(*found);
}

Result<bool> ProviderOptions::flag(const std::string& name, bool fallback) {
  const auto found = find(name);
  if (!found) return fallback;
  if (*found != "true" && *found != "false") return wrong(name, "must be true or false");
  return *found == "true";
}

Result<std::uint64_t> ProviderOptions::number(const std::string& name, std::uint64_t fallback) {
  const auto found = find(name);
  if (!found) return fallback;
  std::uint64_t value = 0;
  const char* const end = found->data() + found->size();
  const auto parsed = std::from_chars(found->data(), end, value);
  if (parsed.ec != std::errc() || parsed.ptr != end) return wrong(name, "must be a whole number");
  return value;
}

Result<net::Url> ProviderOptions::url(const std::string& name) {
  STILLAGE_ASSIGN(const std::string found, text(name));
  auto parsed = net::Url::parse(found);
  if (!parsed) return wrong(name, "is no URL that can be used: it must look like https://host/path");
  return std::move(*parsed);
}

std::vector<net::Header> ProviderOptions::headers(const std::string& name) {
  const std::string prefix = name + ".";
  asked_.insert(prefix);
  std::vector<net::Header> headers;
  for (const auto& [option, value] : storage_.options)
    if (option.starts_with(prefix)) headers.push_back({option.substr(prefix.size()), value});
  return headers;
}

Status ProviderOptions::check_all_known() const {
  for (const auto& [option, value] : storage_.options) {
    const auto is_it = [&option = option](const std::string& asked) {
      return asked.ends_with('.') ? option.starts_with(asked) : option == asked;
    };
    if (std::any_of(asked_.begin(), asked_.end(), is_it)) continue;
    std::vector<std::string> known(asked_.begin(), asked_.end());
    std::sort(known.begin(), known.end());
    for (std::string& name : known)
      if (name.ends_with('.')) name.pop_back();
    return wrong(option, "is not known; known options: " + base::join(known, ", "));
  }
  return {};
}

}  // namespace stillage::config
