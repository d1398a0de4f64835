// SPDX-License-Identifier: MIT
#include "config/field.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/strings.h"

namespace stillage::config {
namespace {

/// "pipeline.build.outputs[0]"
std::string path_text(const Path& path, const base::Json& root) {
  std::string text;
  const base::Json* at = &root;
  for (const std::string& key : path) {
    const bool is_item = at != nullptr && at->is_array();
    text += is_item ? fmt::format("[{}]", key) : (text.empty() ? "" : ".") + base::printable(key);
    if (at == nullptr) continue;
    if (is_item) {
      const std::size_t index = std::stoul(key);
      at = index < at->size() ? &(*at)[index] : nullptr;
    } else {
      const auto member = at->is_object() ? at->find(key) : at->end();
      at = at->is_object() && member != at->end() ? &*member : nullptr;
    }
  }
  return text;
}

template <class T, class Read>
std::function<Status(const Field&)> reader(T& variable, Read read) {
  return [&variable, read](const Field& field) -> Status {
    STILLAGE_ASSIGN(variable, read(field));
    return {};
  };
}

}  // namespace

std::string Field::place() const {
  const auto line = source_.line_of ? source_.line_of(path_) : std::nullopt;
  if (line) return fmt::format("{}:{}", source_.file, *line);
  return path_.empty() ? source_.file : fmt::format("{} ({})", source_.file, path_text(path_, source_.value));
}

tl::unexpected<Error> Field::wrong(std::string_view what) const {
  const std::string path = path_text(path_, source_.value);
  const bool has_lines = source_.line_of && source_.line_of(path_);
  return fail(ErrorKind::invalid, has_lines && !path.empty() ? fmt::format("{}: {} {}", place(), path, what)
                                                             : fmt::format("{}: {}", place(), what));
}

std::optional<std::string> Field::function() const {
  if (!value_.is_object() || value_.size() != 1) return std::nullopt;
  const auto id = value_.find(kFunctionKey);
  return id != value_.end() && id->is_string() ? std::optional(id->get<std::string>()) : std::nullopt;
}

Field Field::child(const std::string& key, const base::Json& value) const {
  Path path = path_;
  path.push_back(key);
  return {value, source_, std::move(path)};
}

Result<std::string> Field::text() const {
  if (!value_.is_string()) return wrong("must be a text");
  auto text = value_.get<std::string>();
  if (text.find('\0') != std::string::npos) return wrong("must not hold a NUL character");
  return text;
}

Result<bool> Field::flag() const {
  if (!value_.is_boolean()) return wrong("must be true or false");
  return value_.get<bool>();
}

Result<int> Field::number() const {
  if (!value_.is_number()) return wrong("must be a number");
  const double number = std::ceil(value_.get<double>());
  if (!(std::abs(number) <= 1e9)) return wrong("is too large a number");
  return static_cast<int>(number);
}

Result<std::vector<std::string>> Field::texts() const {
  if (!value_.is_array()) return wrong("must be a list of texts");
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < value_.size(); ++i) {
    STILLAGE_ASSIGN(auto text, child(std::to_string(i), value_[i]).text());
    texts.push_back(std::move(text));
  }
  return texts;
}

Result<std::string> Field::word(const std::vector<std::string>& words) const {
  if (value_.is_string())
    if (auto word = value_.get<std::string>(); std::find(words.begin(), words.end(), word) != words.end())
      return word;
  return wrong(fmt::format("must be \"{}\"", base::join(words, "\" or \"")));
}

Status read_options(const Field& object, const std::vector<Option>& options,
                    std::vector<std::string>& warnings,
                    const std::function<std::string(const std::string&)>& hint) {
  if (!object.json().is_object() || object.function()) return object.wrong("must be an object");
  for (const auto& member : object.json().items()) {
    const std::string& key = member.key();
    const Field field = object.child(key, member.value());
    const auto option =
        std::find_if(options.begin(), options.end(), [&](const Option& o) { return o.key == key; });
    if (option != options.end()) {
      if (option->read && !field.is_null()) STILLAGE_TRY(option->read(field));
      continue;
    }
    std::string advice = hint ? hint(key) : "";
    if (advice.empty()) {
      std::vector<std::string> known;
      for (const Option& o : options) known.push_back(o.key);
      if (const auto nearest = base::nearest_name(key, known))
        advice = fmt::format("did you mean \"{}\"?", *nearest);
    }
    const auto error = field.wrong(advice.empty() ? "is not an option" : "is not an option: " + advice);
    if (object.source().unknown_keys == Source::UnknownKeys::error) return error;
    warnings.push_back(error.value().message + (advice.empty() ? "; it is ignored" : " it is ignored"));
  }
  return {};
}

Status check_repeated(const Source& source, std::vector<std::string>& warnings) {
  for (const Path& path : source.repeated) {
    const auto error =
        Field(source.value, source, path)
            .wrong("stands in the same object before, and only one of them can count: remove one");
    if (source.unknown_keys == Source::UnknownKeys::error) return error;
    warnings.push_back(error.value().message + "; the last one counts");
  }
  return {};
}

std::function<Status(const Field&)> into(std::string& variable) {
  return reader(variable, [](const Field& field) { return field.text(); });
}
std::function<Status(const Field&)> into(bool& variable) {
  return reader(variable, [](const Field& field) { return field.flag(); });
}
std::function<Status(const Field&)> into(int& variable) {
  return reader(variable, [](const Field& field) { return field.number(); });
}
std::function<Status(const Field&)> into(std::optional<bool>& variable) {
  return reader(variable, [](const Field& field) { return field.flag(); });
}
std::function<Status(const Field&)> into(std::vector<std::string>& variable) {
  return reader(variable, [](const Field& field) { return field.texts(); });
}
std::function<Status(const Field&)> into(std::optional<std::vector<std::string>>& variable) {
  return reader(variable, [](const Field& field) { return field.texts(); });
}

}  // namespace stillage::config
