// SPDX-License-Identifier: MIT
// Backfill's options: the first line is what Node answers for a backfill.config.js, the rest is the text of a
// .env.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/strings.h"
#include "config/backfill_options.h"
#include "config/dotenv.h"
#include "config/wanted_compat.h"

namespace {

using namespace stillage;

/// Messages are for people: nothing raw gets into them.
void check(const Status& status, const std::vector<std::string>& warnings) {
  if (!status && !base::is_utf8(status.error().message)) std::abort();
  for (const std::string& warning : warnings)
    if (!base::is_utf8(warning)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t line_end = std::min(text.find('\n'), text.size());
  config::BackfillOptions options;
  std::vector<std::string> warnings;

  if (auto value = base::parse_json(text.substr(0, line_end), "answer of node")) {
    config::Source source;
    source.file = "/repo/backfill.config.js";
    source.unknown_keys = config::Source::UnknownKeys::warning;
    source.value = std::move(*value);
    check(config::apply_backfill_config(source, options, warnings), warnings);
  }
  run::Environment environment;
  for (auto& [name, value] : config::parse_dotenv(text.substr(line_end))) {
    if (name.empty() || value.find('\0') != std::string::npos) std::abort();
    environment.set(std::move(name), std::move(value));
  }
  check(config::apply_backfill_variables(environment, options, warnings), warnings);
  (void)config::wanted_compat(environment);
  for (const std::string& glob : options.output_glob)
    if (glob.empty() || glob.front() == '/' || glob.starts_with("../")) std::abort();
  return 0;
}
