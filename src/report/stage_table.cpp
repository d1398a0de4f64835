// SPDX-License-Identifier: MIT
#include "report/stage_table.h"

#include <fmt/format.h>

#include <algorithm>

namespace stillage::report {
namespace {

constexpr std::size_t kColumns = 48;

/// Where on the timeline a moment is.
std::size_t column_of(double seconds, double whole) {
  const double at = whole > 0 ? seconds / whole * static_cast<double>(kColumns) : 0;
  return std::min(static_cast<std::size_t>(std::max(at, 0.0)), kColumns - 1);
}

}  // namespace

std::string stage_table(const std::vector<base::StageTime>& stages) {
  if (stages.empty()) return "";
  std::size_t width = std::string_view("stage").size();
  double whole = 0;
  for (const base::StageTime& stage : stages) {
    width = std::max(width, stage.name.size());
    whole = std::max(whole, stage.end);
  }
  std::string text = fmt::format("{:<{}}  {:>9}  {:>9}  {:>9}  {:>6}\n", "stage", width, "from ms", "to ms",
                                 "work ms", "times");
  for (const base::StageTime& stage : stages) {
    std::string line(kColumns, ' ');
    const std::size_t from = column_of(stage.start, whole);
    std::fill(line.begin() + static_cast<std::ptrdiff_t>(from),
              line.begin() + static_cast<std::ptrdiff_t>(column_of(stage.end, whole)) + 1, '=');
    text += fmt::format("{:<{}}  {:>9.1f}  {:>9.1f}  {:>9.1f}  {:>6}  |{}|\n", stage.name, width,
                        stage.start * 1e3, stage.end * 1e3, stage.busy * 1e3, stage.count, line);
  }
  return text;
}

}  // namespace stillage::report
