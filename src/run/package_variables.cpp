// SPDX-License-Identifier: MIT
#include "run/package_variables.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

#include "base/strings.h"
#include "os/path.h"

namespace stillage::run {
namespace {

using base::Json;

constexpr std::string_view kPrefix = "npm_package_";

/// What String(value) is in JavaScript, for what is neither an object nor an array.
std::string text_of(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_float()) {
    const double number = value.get<double>();
    if (number == static_cast<double>(static_cast<long long>(number)))
      return std::to_string(static_cast<long long>(number));
  }
  return base::to_text(value);
}

/// On one line: yarn 1 and pnpm write texts of several lines as JSON.
std::string line_of(const Json& value) {
  const std::string text = text_of(value);
  return text.find('\n') == std::string::npos ? text : base::to_text(Json(text));
}

std::string identifier(std::string_view name) {
  std::string result(name);
  for (char& c : result)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  return result;
}

/// package.json's nesting is bounded by the parser, so this recursion is.
template <class Visit>
void for_each_member(const Json& value, const Visit& visit) {
  if (value.is_object())
    for (const auto& [name, member] : value.items()) visit(name, member);
  if (value.is_array())
    for (std::size_t i = 0; i < value.size(); ++i) visit(std::to_string(i), value[i]);
}

void set_for_npm(Environment& environment, const std::string& name, const Json& value) {
  if (value.is_null() || value == false) {
    environment.set(std::string(kPrefix) + name, "");
  } else if (value.is_structured()) {
    for_each_member(value, [&](const std::string& member_name, const Json& member) {
      set_for_npm(environment, name + "_" + member_name, member);
    });
  } else {
    environment.set(std::string(kPrefix) + name, text_of(value));
  }
}

/// "./a//b.js" is "a/b.js"; npm and yarn normalise what `bin` points at.
std::string bin_file(const std::string& path) {
  std::string file = os::normalise_path("/" + path);
  return file.substr(1);
}

/// `bin` as a map, as it is after normalisation: a lone text is the program named like the package.
Json normalised_bin(const Json& package) {
  const Json bin = package.value("bin", Json());
  Json result = Json::object();
  if (bin.is_string()) {
    const Json name = package.value("name", Json());
    if (!name.is_string()) return result;
    result[std::string(os::file_name(name.get_ref<const std::string&>()))] =
        bin_file(bin.get_ref<const std::string&>());
  } else if (bin.is_object()) {
    for (const auto& [name, file] : bin.items())
      if (file.is_string())
        result[std::string(os::file_name(name))] = bin_file(file.get_ref<const std::string&>());
  }
  return result;
}

void set_for_yarn(Environment& environment, const std::string& name, const Json& value) {
  constexpr std::array<std::string_view, 5> kIgnored = {"readme", "notice", "licenseText", "activationEvents",
                                                        "contributes"};
  if (value.is_null()) return;
  if (!value.is_structured()) {
    environment.set(std::string(kPrefix) + identifier(name), line_of(value));
    return;
  }
  for_each_member(value, [&](const std::string& member_name, const Json& member) {
    const std::string full_name = name.empty() ? member_name : name + "_" + member_name;
    if (!full_name.empty() && full_name[0] != '_' && std::ranges::find(kIgnored, full_name) == kIgnored.end())
      set_for_yarn(environment, full_name, member);
  });
}

void set_for_pnpm(Environment& environment, const std::string& prefix, const Json& value) {
  for_each_member(value, [&](const std::string& name, const Json& member) {
    if (name.starts_with('_') || name == "readme") return;
    const std::string full_name = prefix + identifier(name);
    if (member.is_structured())
      set_for_pnpm(environment, full_name + "_", member);
    else
      environment.set(full_name, line_of(member));
  });
}

}  // namespace

void set_npm_package_variables(Environment& environment, const Json& package) {
  for (const char* const field : {"name", "version", "config", "engines"})
    if (package.contains(field)) set_for_npm(environment, field, package[field]);
  if (package.contains("bin")) set_for_npm(environment, "bin", normalised_bin(package));
}

void set_yarn_package_variables(Environment& environment, const Json& package) {
  Json normalised = package;
  if (normalised.contains("bin")) normalised["bin"] = normalised_bin(package);
  set_for_yarn(environment, "", normalised);
}

void set_pnpm_package_variables(Environment& environment, const Json& package) {
  set_for_pnpm(environment, std::string(kPrefix), package);
}

}  // namespace stillage::run
