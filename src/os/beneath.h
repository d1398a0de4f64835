// SPDX-License-Identifier: MIT
#pragma once
// Access to paths that must stay beneath an open folder, whatever links lie on the way (openat2(2)).

#include <cstdint>
#include <string>

#include "os/fd.h"
#include "stillage/result.h"

namespace stillage::os {

/// What links on the way may do: nothing at all, or lead to somewhere beneath the folder.
enum class LinkPolicy { refuse, inside_only };

/// Opens the relative `path` beneath `dir`. Leaving it, or a link where none may be, is an `invalid` error;
/// anything else that fails is an `io` error. Kernels without openat2 get a walk from folder to folder
/// with O_NOFOLLOW, which refuses every link.
Result<Fd> open_beneath(int dir, const std::string& path, int flags, LinkPolicy links,
                        std::uint32_t mode = 0666);

/// Opens the folder `path` beneath `dir`, making what is missing of it (mode 0777 less the umask). "" is
/// `dir`.
Result<Fd> make_dirs_beneath(int dir, const std::string& path, LinkPolicy links);

}  // namespace stillage::os
