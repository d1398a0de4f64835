// SPDX-License-Identifier: MIT
#pragma once
// Words for people on inputs that are not what they were when a run began.

#include <functional>
#include <string>

#include "config/checkout.h"
#include "stillage/target.h"

namespace stillage::config {

/// For run::KeySource::describe_change: whether the input (relative to the root) appeared, went or changed
/// while its target ran, and what to write into which file if that was the target's own doing. The checkout
/// must outlive it.
std::function<std::string(const Target&, const std::string&)> input_changes(const Checkout& checkout);

}  // namespace stillage::config
