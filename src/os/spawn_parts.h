// SPDX-License-Identifier: MIT
#pragma once
// What every way to start a process is made of.

#include <string>
#include <vector>

#include "os/fd.h"
#include "stillage/result.h"

namespace stillage::os {

struct Pipe {
  Fd read_end;
  Fd write_end;
};

/// Blocking at both ends, as a child must never meet a descriptor that does not block; not inherited.
Result<Pipe> make_pipe();

/// The texts as execve takes them: valid as long as the texts are.
std::vector<char*> pointers_to(const std::vector<std::string>& texts);

}  // namespace stillage::os
