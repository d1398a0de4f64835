// SPDX-License-Identifier: MIT
#include "config/storage_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/strings.h"
#include "config/byte_size.h"

namespace stillage::config {
namespace {

bool holds_functions(const base::Json& value) {
  if (value.is_object() && value.contains(kFunctionKey)) return true;
  return value.is_structured() && std::any_of(value.begin(), value.end(),
                                              [](const base::Json& item) { return holds_functions(item); });
}

/// Whether it is no program, which may fetch secrets, and no variable, which may hold them.
bool is_plain_file(const std::string& file) {
  constexpr std::array kSuffixes = {".json", ".yaml", ".yml", ".lagerc"};
  return std::any_of(kSuffixes.begin(), kSuffixes.end(),
                     [&file](std::string_view suffix) { return file.ends_with(suffix); });
}

Status read_max_size(const Field& field, CacheStorageConfig& storage) {
  if (field.json().is_number()) {
    const double bytes = field.json().get<double>();
    storage.max_size = bytes > 0 ? static_cast<std::uint64_t>(std::min(bytes, 9e18)) : 0;
    return {};
  }
  const auto size =
      field.json().is_string() ? parse_byte_size(field.json().get<std::string>()) : std::nullopt;
  if (!size)
    return field.wrong("is not a size: write a number of bytes, or a text like \"500MB\"; 0 is no limit");
  storage.max_size = *size;
  return {};
}

/// One option, or what an object has of them; `name` is "" for the options themselves.
Status flatten(const Field& field, const std::string& name, CacheStorageConfig& storage) {
  if (field.json().is_object()) {
    for (const auto& [key, value] : field.json().items())
      STILLAGE_TRY(flatten(field.child(key, value), name.empty() ? key : name + "." + key, storage));
    return {};
  }
  if (field.is_null()) return {};
  if (name == "maxSize") return read_max_size(field, storage);
  std::string text;
  if (field.json().is_string()) {
    STILLAGE_ASSIGN(text, field.text());
  } else {
    text = base::to_text(field.json());
  }
  (name == "credentialName" ? storage.credential_name : storage.options[name]) = std::move(text);
  return {};
}

void tell_secrets(const Field& field, const CacheStorageConfig& storage, std::vector<std::string>& warnings) {
  if (!is_plain_file(field.source().file)) return;
  for (const auto& [name, value] : storage.options)
    if (looks_secret(name, value))
      warnings.push_back(fmt::format(
          "{}: the option {} looks like a secret, which a file should not hold: put it into an environment "
          "variable, and \"${{THE_VARIABLE}}\" here",
          field.place(), base::printable(name)));
}

}  // namespace

bool looks_secret(std::string_view name, std::string_view value) {
  if (value.empty() || value.find("${") != std::string_view::npos) return false;
  const std::string lower = base::to_lower(name);
  for (const std::string_view word : {"token", "secret", "password", "accountkey", "authorization", "apikey",
                                      "api-key", "credential", "cookie"})
    if (lower.find(word) != std::string::npos && !lower.ends_with("file")) return true;
  const std::string text = base::to_lower(value);
  for (const std::string_view word : {"accountkey=", "sharedaccesssignature=", "?sig=", "&sig="})
    if (text.find(word) != std::string::npos) return true;
  // A password before the host of a URL.
  const std::size_t scheme = text.find("://");
  if (scheme == std::string::npos) return false;
  const std::string_view authority =
      std::string_view(text).substr(scheme + 3, text.find('/', scheme + 3) - scheme - 3);
  const std::size_t at = authority.find('@');
  return at != std::string_view::npos && authority.substr(0, at).find(':') != std::string_view::npos;
}

Status read_provider_options(const Field& field, CacheStorageConfig& storage,
                             std::vector<std::string>& warnings) {
  if (!field.json().is_object()) return field.wrong("must be an object");
  for (const auto& [key, value] : field.json().items()) {
    if (holds_functions(value))
      warnings.push_back(
          fmt::format("{}: {} holds functions, which can't be called from here: it is left out",
                      field.place(), base::printable(key)));
    else
      STILLAGE_TRY(flatten(field.child(key, value), key, storage));
  }
  return {};
}

Status read_cache_storage(const Field& field, CacheStorageConfig& storage,
                          std::vector<std::string>& warnings) {
  const std::vector<Option> known = {
      {"provider",
       [&](const Field& provider) -> Status {
         if (provider.function()) {
           storage.provider = "custom";
           return {};
         }
         STILLAGE_ASSIGN(storage.provider, provider.text());
         return {};
       }},
      {"name", {}},
      {"options", [&](const Field& options) { return read_provider_options(options, storage, warnings); }}};
  STILLAGE_TRY(read_options(field, known, warnings));
  if (storage.provider.empty()) return field.wrong("must name a provider");
  tell_secrets(field, storage, warnings);
  return {};
}

}  // namespace stillage::config
