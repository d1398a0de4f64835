// SPDX-License-Identifier: MIT
#pragma once
// Changes of single names inside an open folder, and what stat and open do not tell: the steps that a restore
// is made of. Names are one segment (or a path whose folders the caller trusts); a final link is never
// followed.

#include <cstdint>
#include <string>

#include "os/stat.h"
#include "stillage/result.h"

namespace stillage::os {

/// Makes a folder; false if something of that name is there already.
Result<bool> make_dir_at(int dir, const std::string& name, std::uint32_t mode = 0777);
Status symlink_at(const std::string& text, int dir, const std::string& name);
/// Replaces what `to` is, as rename(2).
Status rename_at(int from_dir, const std::string& from, int to_dir, const std::string& to);
/// Gives a file or folder a name that is free; false, and nothing done, if it is taken.
Result<bool> rename_new_at(int from_dir, const std::string& from, int to_dir, const std::string& to);
/// Lets two names trade what they stand for, in one step where the file system can; where it can't, `b`
/// stands for nothing in between. Both exist. False, and nothing done, if one of them is gone.
Result<bool> exchange_at(int a_dir, const std::string& a, int b_dir, const std::string& b);
/// Removes a file or link; absence is fine.
Status unlink_at(int dir, const std::string& name);
/// Removes an empty folder; false if it is not empty. Absence is fine.
Result<bool> remove_empty_dir_at(int dir, const std::string& name);
/// Sets the permission bits, whatever the umask is. `fd` may have been opened with O_PATH.
Status set_mode(int fd, std::uint32_t mode);
/// Makes the time of the last change that of `stat`, and the owner and group too where this process may say
/// whose its files are. Of a link, its own. Takes special permission bits away: set_mode comes after it.
Status set_origin_at(int dir, const std::string& name, const FileStat& stat);
/// Sets the time of the last change; of a link, its own.
Status set_mtime_at(int dir, const std::string& name, std::int64_t mtime_ns);
/// The permission bits that new files of this process don't get.
std::uint32_t file_mode_mask();
/// The time of last access, nanoseconds since the epoch. Ours to set: file systems rarely keep it by
/// themselves.
Result<std::int64_t> access_time_ns(int fd);
/// Sets the time of last access to now, and leaves that of the last change of the content.
Status touch_access_time(int fd);
/// Copies everything from the current offset on, without going through this process where the kernel can; of
/// a file that somebody may be adding to no more than `at_most` bytes.
Status copy_bytes(int from, int to, const std::string& name, std::uint64_t at_most = UINT64_MAX);
/// Waits until the disk has everything that was written to the file system on which `fd` lies.
Status flush_file_system(int fd);
/// A path that opens the same file as `fd`, even when its name is gone; only while `fd` is open.
std::string path_of_fd(int fd);
/// Whether a process of that id is running, as far as this process can see.
bool process_exists(std::int64_t pid);
/// The real user is the owner, or root is.
bool is_own_uid(std::uint32_t uid);
/// How many files this process may have open at once.
std::size_t open_file_limit();

}  // namespace stillage::os
