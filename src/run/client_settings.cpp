// SPDX-License-Identifier: MIT
#include "run/client_settings.h"

#include <algorithm>
#include <cctype>

#include "base/strings.h"
#include "os/file.h"
#include "os/path.h"

namespace stillage::run {
namespace {

constexpr std::uint64_t kMaxFileSize = 1 << 20;

std::string kebab_case(std::string_view name) {
  std::string result;
  for (const char c : name) {
    if (std::isupper(static_cast<unsigned char>(c)) != 0) result += '-';
    result += c == '_' ? '-' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return result;
}

std::string_view without_quotes(std::string_view value) {
  value = base::trim(value);
  if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') && value.back() == value.front())
    return value.substr(1, value.size() - 2);
  if (const std::size_t comment = value.find_first_of(";#"); comment != std::string_view::npos)
    value = base::trim(value.substr(0, comment));
  return value;
}

/// ${NAME} becomes the variable's value; where there is no such variable it stays as it is.
std::string expand(std::string_view text, const Environment& environment) {
  std::string result;
  while (!text.empty()) {
    const std::size_t start = text.find("${");
    const std::size_t end = start == std::string_view::npos ? start : text.find('}', start);
    if (end == std::string_view::npos) break;
    const std::string* const value = environment.find(text.substr(start + 2, end - start - 2));
    result += text.substr(0, start);
    result += value != nullptr ? std::string_view(*value) : text.substr(start, end + 1 - start);
    text.remove_prefix(end + 1);
  }
  return result.append(text);
}

}  // namespace

void ClientSettings::add(std::string name, std::string value, bool exported) {
  const auto same = [&](const Setting& setting) { return setting.name == name; };
  if (std::ranges::none_of(settings_, same))
    settings_.push_back({std::move(name), std::move(value), exported});
}

void ClientSettings::add_npmrc(const std::string& path, const Environment& environment) {
  const auto text = os::read_file_if_any(path, kMaxFileSize);
  if (!text || !*text) return;
  for (std::string_view line : base::split(**text, '\n')) {
    line = base::trim(line);
    if (line.empty() || line.front() == ';' || line.front() == '#') continue;
    if (line.front() == '[') return;  // a section: npm looks at what stands before the first one only
    const std::size_t equals = line.find('=');
    const std::string name(base::trim(line.substr(0, equals)));
    if (name.empty() || name.ends_with("[]")) continue;
    const std::string value = equals == std::string_view::npos
                                  ? "true"
                                  : expand(without_quotes(line.substr(equals + 1)), environment);
    const bool is_plain = std::string_view("/@_").find(name.front()) == std::string_view::npos &&
                          name.find(":_") == std::string::npos;
    add(name, value, is_plain);
  }
}

void ClientSettings::add_lines(const std::string& path, char separator) {
  const auto text = os::read_file_if_any(path, kMaxFileSize);
  if (!text || !*text) return;
  for (const std::string_view line : base::split(**text, '\n')) {
    // Top-level lines only: what is indented belongs to some other setting.
    if (line.empty() || std::isalpha(static_cast<unsigned char>(line.front())) == 0) continue;
    const std::size_t end = line.find(separator);
    const std::string_view value = end == std::string_view::npos ? "" : line.substr(end + 1);
    std::string_view name = base::trim(line.substr(0, end));
    if (name.ends_with(':')) name.remove_suffix(1);
    add(kebab_case(name), std::string(without_quotes(value)), false);
  }
}

ClientSettings ClientSettings::read(const std::string& root, std::string_view client,
                                    const Environment& environment, const std::string& global_file) {
  ClientSettings settings;
  constexpr std::string_view kPrefix = "npm_config_";
  for (const std::string& variable : environment.list()) {
    const std::size_t equals = variable.find('=');
    const std::string name = base::to_lower(std::string_view(variable).substr(0, equals));
    if (name.starts_with(kPrefix))
      settings.add(kebab_case(std::string_view(name).substr(kPrefix.size())), variable.substr(equals + 1),
                   false);
  }
  if (client == "pnpm") settings.add_lines(os::join_path(root, "pnpm-workspace.yaml"), ':');
  if (client == "yarn") settings.add_lines(os::join_path(root, ".yarnrc"), ' ');
  settings.add_npmrc(os::join_path(root, ".npmrc"), environment);
  const std::string home = environment.value_or("HOME", "");
  std::string user_file = settings.find("userconfig").value_or("");
  if (user_file.empty() && !home.empty()) user_file = os::join_path(home, ".npmrc");
  if (!user_file.empty()) settings.add_npmrc(user_file, environment);
  if (!global_file.empty()) settings.add_npmrc(global_file, environment);
  return settings;
}

std::optional<std::string> ClientSettings::find(std::string_view name) const {
  const auto found = std::ranges::find(settings_, name, &Setting::name);
  return found == settings_.end() ? std::nullopt : std::optional(found->value);
}

bool ClientSettings::is_on(std::string_view name) const {
  const auto value = find(name);
  return value && !value->empty() && *value != "false" && *value != "null";
}

void ClientSettings::export_to(Environment& environment) const {
  for (const Setting& setting : settings_) {
    if (!setting.exported) continue;
    const bool is_empty = setting.value == "false" || setting.value == "null";
    environment.set_default("npm_config_" + base::replace_all(base::to_lower(setting.name), "-", "_"),
                            is_empty ? "" : setting.value);
  }
}

}  // namespace stillage::run
