// SPDX-License-Identifier: MIT
#include "report/performance_log.h"

#include <fmt/format.h>

#include "os/file.h"
#include "os/path.h"

namespace stillage::report {
namespace {

constexpr std::size_t kLongestName = 100;

/// Every run of characters that a file name can't hold everywhere as one '!'.
std::string as_file_name(std::string_view text) {
  constexpr std::string_view kReserved = "<>:\"/\\|?*!";
  std::string name;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    // U+0080 to U+009F are control characters, too: C2 80 to C2 9F as UTF-8.
    const bool wide_control =
        byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if (wide_control) ++i;
    if (!wide_control && byte >= 0x20 && kReserved.find(text[i]) == std::string_view::npos)
      name += text[i];
    else if (!name.ends_with('!'))
      name += '!';
  }
  return name;
}

/// At most `size` bytes of the text, no character cut in two.
std::string_view shortened(std::string_view text, std::size_t size) {
  if (text.size() <= size) return text;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) --size;
  return text.substr(0, size);
}

}  // namespace

std::string PerformanceLog::file_name() const {
  const std::string tail = fmt::format("-{}.json", data_["timestamp"].get<std::int64_t>());
  const std::string head = as_file_name("perf-" + data_.value("name", ""));
  return std::string(shortened(head, kLongestName - tail.size())) + tail;
}

Result<std::string> PerformanceLog::write(const std::string& folder) const {
  STILLAGE_TRY(os::make_dirs(folder));
  std::string path = os::join_path(folder, file_name());
  STILLAGE_TRY(os::write_file_atomic(path, base::to_pretty_text(data_)));
  return path;
}

}  // namespace stillage::report
