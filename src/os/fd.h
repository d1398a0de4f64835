// SPDX-License-Identifier: MIT
#pragma once
// A file descriptor that closes itself, and the text of an errno.

#include <string>
#include <string_view>
#include <utility>

#include "stillage/result.h"

namespace stillage::os {

class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd() { close(); }
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) {
      close();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int release() { return std::exchange(fd_, -1); }
  void close();

 private:
  int fd_ = -1;
};

/// "No such file or directory" and so on.
std::string errno_text(int error);

/// An io error: "cannot <verb> <path>: <text of errno>". Reads errno when called, if `error` is 0.
tl::unexpected<Error> io_error(std::string_view verb, std::string_view path, int error = 0);

}  // namespace stillage::os
