// SPDX-License-Identifier: MIT
#include <cstdio>

#include "stillage/version.h"

int main() {
  std::puts(stillage::version());
  return 0;
}
