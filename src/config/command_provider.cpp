// SPDX-License-Identifier: MIT
#include <algorithm>

#include "base/json.h"
#include "blob/command_store.h"
#include "config/store_table.h"

namespace stillage::config {

Result<std::shared_ptr<blob::BlobStore>> open_command_store(ProviderOptions& options,
                                                            const StorePlace& place) {
  blob::CommandStoreOptions store{.command = {}, .dir = place.root, .environment = {}};
  STILLAGE_ASSIGN(const std::string text, options.text("command"));
  const auto parsed = base::parse_json(text, "command");
  const bool is_list = parsed && parsed->is_array() && !parsed->empty() &&
                       std::all_of(parsed->begin(), parsed->end(), [](const base::Json& word) {
                         return word.is_string() && word.get<std::string>().find('\0') == std::string::npos;
                       });
  if (!is_list || (*parsed)[0].get<std::string>().empty())
    return options.wrong("command",
                         R"(must be a list of texts, the program first: ["./cache.sh", "--fast"])");
  for (const base::Json& word : *parsed) store.command.push_back(word.get<std::string>());

  run::Environment environment = place.environment;
  for (const net::Header& variable : options.headers("env")) {
    if (variable.name.empty() || variable.name.find('=') != std::string::npos)
      return options.wrong("env." + variable.name, "is no name of a variable");
    environment.set(variable.name, variable.value);
    store.secrets.push_back(variable.value);
  }
  store.environment = environment.list();
  STILLAGE_ASSIGN(const std::uint64_t seconds, options.number("timeout", 15));
  if (seconds == 0 || seconds > 86'400) return options.wrong("timeout", "must be 1 to 86400 seconds");
  store.idle_limit = std::chrono::seconds(seconds);
  return std::make_shared<blob::CommandStore>(std::move(store));
}

}  // namespace stillage::config
