// SPDX-License-Identifier: MIT
#include "os/fd.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "base/strings.h"

namespace stillage::os {

void Fd::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

std::string errno_text(int error) {
  return std::generic_category().message(error);
}

tl::unexpected<Error> io_error(std::string_view verb, std::string_view path, int error) {
  if (error == 0) error = errno;
  return fail(ErrorKind::io, fmt::format("cannot {} {}: {}", verb, base::printable(path), errno_text(error)));
}

}  // namespace stillage::os
