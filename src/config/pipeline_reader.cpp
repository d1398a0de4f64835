// SPDX-License-Identifier: MIT
#include "config/pipeline_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/strings.h"
#include "os/path.h"

namespace stillage::config {
namespace {

/// Reads with `read` into `variable`.
template <class T, class Read>
std::function<Status(const Field&)> with(T& variable, Read read) {
  return [&variable, read](const Field& field) -> Status {
    STILLAGE_ASSIGN(variable, read(field));
    return {};
  };
}

/// Whether a segment of the glob, alternatives in braces and parentheses included, is "..".
bool climbs(std::string_view glob) {
  constexpr std::string_view kEnds = "/{},()|";
  while (true) {
    const std::size_t end = glob.find_first_of(kEnds);
    if (glob.substr(0, end) == "..") return true;
    if (end == std::string_view::npos) return false;
    glob.remove_prefix(end + 1);
  }
}

Status read_weight(const Field& field, graph::TaskDefinition& task) {
  if (const auto function = field.function()) {
    task.weight_function = *function;
    return {};
  }
  STILLAGE_ASSIGN(const int weight, field.number());
  if (weight < 0) return field.wrong("must not be negative");
  task.weight = std::max(weight, 1);
  return {};
}

Status read_should_run(const Field& field, graph::TaskDefinition& task) {
  if (const auto function = field.function()) {
    task.should_run_function = *function;
    return {};
  }
  STILLAGE_ASSIGN(task.should_run, field.flag());
  return {};
}

Status read_max_workers(const Field& field, graph::TaskDefinition& task) {
  STILLAGE_ASSIGN(task.max_workers, field.number());
  if (task.max_workers < 1) return field.wrong("must be at least 1");
  return {};
}

/// `options`: what concerns the runners that we know goes into fields, the rest is kept as JSON.
Status read_task_options(const Field& field, const std::string& root, graph::TaskDefinition& task) {
  if (!field.json().is_object() || field.function()) return field.wrong("must be an object");
  base::Json rest = base::Json::object();
  int deprecated_max_workers = 0;
  for (const auto& [key, value] : field.json().items()) {
    const Field option = field.child(key, value);
    if (option.is_null()) continue;
    if (option.function()) return option.wrong("can't be a function");
    if (key == "script") {
      STILLAGE_ASSIGN(task.script, option.text());
    } else if (key == "worker") {
      STILLAGE_ASSIGN(task.worker, option.text());
    } else if (key == "nodeOptions") {
      STILLAGE_ASSIGN(task.node_options, option.text());
    } else if (key == "taskArgs") {
      STILLAGE_ASSIGN(task.task_args, option.texts());
    } else if (key == "maxWorkers" && option.json().is_number()) {
      STILLAGE_ASSIGN(deprecated_max_workers, option.number());
    } else {
      rest[key] = value;
    }
  }
  if (task.max_workers == 0) task.max_workers = std::max(deprecated_max_workers, 0);
  if (!rest.empty()) task.options_json = base::to_text(rest);
  if (task.type != "worker") return {};
  if (task.worker.empty()) task.worker = std::exchange(task.script, "");
  if (task.worker.empty()) return field.wrong("must name the file of the \"worker\"");
  // Configurations tend to write __dirname + "/worker.js"; the key must not hold where the checkout lies.
  const std::string file = os::normalise_path(task.worker);
  if (const auto below = os::path_below(file, root); below && !below->empty()) task.worker = *below;
  return {};
}

Status read_task_object(const Field& field, const std::string& root, graph::TaskDefinition& task,
                        std::vector<std::string>& warnings) {
  std::optional<std::vector<std::string>> deps;
  std::optional<std::vector<std::string>> depends_on;
  const std::vector<Option> options = {
      {"type", into(task.type)},
      {"dependsOn", into(depends_on)},
      {"deps", into(deps)},
      {"inputs", into(task.inputs)},
      {"outputs",
       [&](const Field& list) -> Status {
         STILLAGE_TRY(check_outputs(list));
         return into(task.outputs)(list);
       }},
      {"cache", into(task.cache)},
      {"skipRemoteCache", into(task.skip_remote_cache)},
      {"environmentGlob", into(task.environment_glob)},
      {"env", with(task.env, read_variable_names)},
      {"passThroughEnv", with(task.pass_through_env, read_variable_names)},
      {"envMode", with(task.env_mode, read_env_mode)},
      {"keyOn", with(task.key_on, read_key_on)},
      {"clean", into(task.clean)},
      {"absolutePaths", with(task.absolute_paths, read_absolute_paths)},
      {"weight", [&](const Field& weight) { return read_weight(weight, task); }},
      {"priority", into(task.priority)},
      {"maxWorkers", [&](const Field& number) { return read_max_workers(number, task); }},
      {"shouldRun", [&](const Field& value) { return read_should_run(value, task); }},
      {"options", {}},
      {"stagedTarget", {}},
  };
  STILLAGE_TRY(read_options(field, options, warnings));
  // Last, because what they mean depends on the type.
  const auto task_options = field.json().find("options");
  if (task_options != field.json().end() && !task_options->is_null())
    STILLAGE_TRY(read_task_options(field.child("options", *task_options), root, task));
  else if (task.type == "worker")
    return field.wrong("is a worker, and so needs options.worker: the file to run");
  if (depends_on || deps) task.depends_on = depends_on ? std::move(*depends_on) : std::move(*deps);
  return {};
}

/// Objects merged, lists joined, anything else replaced by the later.
void merge(base::Json& into_value, const base::Json& later) {
  const auto is_plain = [](const base::Json& value) {
    return value.is_object() && !value.contains(kFunctionKey);
  };
  if (is_plain(into_value) && is_plain(later)) {
    for (const auto& [key, value] : later.items()) {
      const auto member = into_value.find(key);
      if (member == into_value.end())
        into_value[key] = value;
      else
        merge(*member, value);
    }
  } else if (into_value.is_array() && later.is_array()) {
    into_value.insert(into_value.end(), later.begin(), later.end());
  } else {
    into_value = later;
  }
}

/// "//#task" is "#task".
std::string normal_id(const std::string& id) {
  return id.starts_with("//#") ? id.substr(2) : id;
}

}  // namespace

Status check_outputs(const Field& list) {
  STILLAGE_ASSIGN(const auto globs, list.texts());
  for (std::size_t i = 0; i < globs.size(); ++i) {
    const Field field = list.child(std::to_string(i), list.json()[i]);
    const std::string_view glob = std::string_view(globs[i]).substr(globs[i].starts_with('!') ? 1 : 0);
    if (glob.empty()) return field.wrong("must not be empty");
    if (glob.starts_with('/') || climbs(glob))
      return field.wrong(
          fmt::format("\"{}\" leads out of the package: outputs are relative to its folder; what "
                      "lies elsewhere is for a target of the root (\"#task\")",
                      base::printable(globs[i])));
  }
  return {};
}

Result<std::vector<std::string>> read_variable_names(const Field& field) {
  STILLAGE_ASSIGN(auto names, field.texts());
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::size_t star = names[i].find('*');
    if (names[i].empty() || names[i].find('=') != std::string::npos ||
        (star != std::string::npos && star + 1 != names[i].size()))
      return field.child(std::to_string(i), field.json()[i])
          .wrong("must be the name of a variable, or the start of names with \"*\" at its end");
  }
  return names;
}

Result<std::vector<std::string>> read_key_on(const Field& field) {
  STILLAGE_ASSIGN(auto words, field.texts());
  for (std::size_t i = 0; i < words.size(); ++i)
    STILLAGE_TRY(field.child(std::to_string(i), field.json()[i]).word({"os", "arch", "libc", "node"}));
  return words;
}

Result<EnvMode> read_env_mode(const Field& field) {
  STILLAGE_ASSIGN(const std::string word, field.word({"loose", "strict"}));
  return word == "strict" ? EnvMode::strict : EnvMode::loose;
}

Result<AbsolutePaths> read_absolute_paths(const Field& field) {
  STILLAGE_ASSIGN(const std::string word, field.word({"bind", "allow"}));
  return word == "allow" ? AbsolutePaths::allow : AbsolutePaths::bind;
}

Result<graph::TaskDefinition> read_task(const Field& field, const std::string& root,
                                        std::vector<std::string>& warnings) {
  graph::TaskDefinition task;
  task.origin = field.place();
  if (field.json().is_array()) {
    STILLAGE_ASSIGN(task.depends_on, field.texts());
    return task;
  }
  if (!field.json().is_object()) return field.wrong("must be a list of what comes before, or an object");
  STILLAGE_TRY(read_task_object(field, root, task, warnings));
  return task;
}

Status PipelineReader::add(const Field& object, const std::string& prefix,
                           std::vector<std::string>& warnings) {
  if (!object.json().is_object() || object.function()) return object.wrong("must be an object");
  for (const auto& [name, value] : object.json().items()) {
    const Field field = object.child(name, value);
    if (field.is_null()) continue;
    const std::string id = prefix + normal_id(name);
    if (name.empty() || name.ends_with('#')) return field.wrong("is not the name of a task");
    if (!prefix.empty() && name.find('#') != std::string::npos)
      return field.wrong("must be a task of this package, without \"#\"");
    STILLAGE_TRY(merging_ ? add_merged(field, id, warnings) : add_entry(field, id, warnings));
  }
  return {};
}

Status PipelineReader::add_entry(const Field& field, const std::string& id,
                                 std::vector<std::string>& warnings) {
  STILLAGE_ASSIGN(auto task, read_task(field, root_, warnings));
  entries_.emplace_back(id, std::move(task));
  return {};
}

Status PipelineReader::add_merged(const Field& field, const std::string& id,
                                  std::vector<std::string>& warnings) {
  // What is wrong in the entry itself is told at its own place; the merged one has none.
  STILLAGE_TRY(read_task(field, root_, warnings));
  base::Json later = field.json();
  if (later.is_array()) later = {{"cache", true}, {"dependsOn", std::move(later)}};

  const auto known = [&](const std::string& name) -> const base::Json* {
    for (auto entry = merged_.rbegin(); entry != merged_.rend(); ++entry)
      if (entry->first == name) return &entry->second;
    return nullptr;
  };
  const auto add_over = [&](const std::string& to, const base::Json* earlier) -> Status {
    base::Json merged = earlier != nullptr ? *earlier : base::Json::object();
    merge(merged, later);
    std::vector<std::string> told_already;
    const Source source{field.source().file, merged, Source::UnknownKeys::warning, {}};
    auto task = read_task(Field(source.value, source), root_, told_already);
    if (!task) return tl::make_unexpected(std::move(task).error());
    task->origin = field.place();
    entries_.emplace_back(to, std::move(*task));
    merged_.emplace_back(to, std::move(merged));
    return {};
  };

  const std::size_t hash = id.find('#');
  if (hash != std::string::npos) {
    const base::Json* earlier = known(id);
    if (earlier == nullptr && hash > 0) earlier = known(id.substr(hash + 1));
    return add_over(id, earlier);
  }
  // What single packages have said of this task stays beneath what now comes over it.
  std::vector<std::string> of_packages;
  for (const auto& [name, value] : merged_)
    if (name.ends_with("#" + id) && name.size() > id.size() + 1 &&
        std::find(of_packages.begin(), of_packages.end(), name) == of_packages.end())
      of_packages.push_back(name);
  STILLAGE_TRY(add_over(id, known(id)));
  for (const std::string& name : of_packages) STILLAGE_TRY(add_over(name, known(name)));
  return {};
}

}  // namespace stillage::config
