// SPDX-License-Identifier: MIT
#include "os/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>

#include <cerrno>

#include "os/fd.h"
#include "os/stat.h"
#include "os/witness.h"

namespace stillage::os {

Result<std::optional<MappedFile>> MappedFile::open(const std::string& path) {
  witness_path(path);
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file && (errno == ENOENT || errno == ENOTDIR)) return std::optional<MappedFile>();
  if (!file) return io_error("open", path);
  STILLAGE_ASSIGN(const FileStat stat, stat_fd(file.get()));
  if (!stat.is_regular()) return fail(ErrorKind::invalid, path + " is not a file");
  if (stat.size == 0) return std::optional(MappedFile({}));
  void* const data = ::mmap(nullptr, stat.size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file.get(), 0);
  if (data == MAP_FAILED) return io_error("map", path);
  return std::optional(MappedFile({static_cast<const char*>(data), static_cast<std::size_t>(stat.size)}));
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<char*>(bytes_.data()), bytes_.size());
}

}  // namespace stillage::os
