// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>

#include "blob/blob_store.h"

namespace stillage::test {

/// Whether a fetch has found and given something; says why not.
template <class Found>
::testing::AssertionResult is_hit(const blob::Outcome<Found>& fetched) {
  if (!fetched) return ::testing::AssertionFailure() << fetched.error().message;
  return *fetched ? ::testing::AssertionSuccess() : ::testing::AssertionFailure() << "a miss";
}

}  // namespace stillage::test
