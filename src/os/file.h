// SPDX-License-Identifier: MIT
#pragma once
// Files as whole values: read, write atomically, make folders, remove trees. Whatever others can see is
// written aside under a temp_name() and renamed, so it is there whole or not at all.

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "os/fd.h"
#include "stillage/result.h"

namespace stillage::os {

/// How the names of our temporary files start; see is_temp_name.
inline constexpr std::string_view kTempPrefix = ".stillage-";

/// Opens with O_CLOEXEC added, retrying on EINTR.
Result<Fd> open_at(int dir, const std::string& path, int flags, std::uint32_t mode = 0666);
Result<Fd> open_path(const std::string& path, int flags, std::uint32_t mode = 0666);

/// The whole content. An error if it is missing, or larger than `max_size` bytes.
Result<std::string> read_file(const std::string& path, std::uint64_t max_size = UINT64_MAX);
Result<std::string> read_file_at(int dir, const std::string& path, std::uint64_t max_size = UINT64_MAX);
/// The whole content, or nothing if there is no such file.
Result<std::optional<std::string>> read_file_if_any(const std::string& path,
                                                    std::uint64_t max_size = UINT64_MAX);
/// Everything from the current offset on.
Result<std::string> read_all(int fd, std::string_view name, std::uint64_t max_size = UINT64_MAX);

/// Writes all of `bytes` to an open file.
Status write_all(int fd, std::string_view bytes, std::string_view name);

/// Whether a write waits for the disk, before and after its rename.
enum class Durability { rename_only, flushed };

/// Replaces `path` by a file with this content, atomically; its folder exists. The content may come in
/// pieces.
Status write_file_atomic(const std::string& path, std::span<const std::string_view> pieces,
                         std::uint32_t mode = 0644, Durability durability = Durability::rename_only);
Status write_file_atomic(const std::string& path, std::string_view bytes, std::uint32_t mode = 0644,
                         Durability durability = Durability::rename_only);

/// The text of a symlink.
Result<std::string> read_link_at(int dir, const std::string& path);

/// mkdir -p; existing folders are fine, also where links lead to them.
Status make_dirs(const std::string& path, std::uint32_t mode = 0777);

/// Removes a file, or a folder with all beneath it, without following any link; absence is fine.
Status remove_tree(const std::string& path);
Status remove_tree_at(int dir, const std::string& name);

/// The absolute path without links, or an error if it does not exist.
Result<std::string> real_path(const std::string& path);
Result<std::string> current_dir();

/// A name for a temporary file that nobody else uses: kTempPrefix, process id, "-", hex digits, "-", hex
/// digits.
std::string temp_name();

/// Whether temp_name() could have made it. A user's file may well start with kTempPrefix: only this whole
/// shape is ours.
bool is_temp_name(std::string_view name);

}  // namespace stillage::os
