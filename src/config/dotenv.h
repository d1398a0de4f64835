// SPDX-License-Identifier: MIT
#pragma once
// The file .env of plain backfill, read as backfill's dotenv (8.6) reads it: a line is NAME=value, where a
// name is letters, digits, '_', '.' and '-'. White space around both is dropped; so is a pair of quotes, and
// between double quotes \n means a line end. All other lines are passed by: there is no `export`, no comment
// behind a value and no value of several lines.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "run/environment.h"

namespace stillage::config {

/// The variables of such a text, in order; of two with the same name, the later one counts.
std::vector<std::pair<std::string, std::string>> parse_dotenv(std::string_view text);

/// Sets what the nearest .env from the folder `dir` upwards says, where `environment` has no such variable
/// yet. Does nothing if NODE_ENV is "test". A file that can't be read is told in `warnings`.
void load_dotenv(const std::string& dir, run::Environment& environment, std::vector<std::string>& warnings);

}  // namespace stillage::config
