// SPDX-License-Identifier: MIT
#pragma once
// A folder of its own for a test, removed at the end. Lies in $STILLAGE_TEST_DIR, else in /dev/shm if 2 GiB
// are free there, else in the system's folder for temporary files.

#include <string>
#include <string_view>

namespace stillage::test {

class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  /// The absolute path, without links.
  const std::string& path() const { return path_; }
  std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }

  /// Writes a file, folders included; ends the test program if it can't.
  void write(std::string_view name, std::string_view content, unsigned mode = 0644) const;
  std::string read(std::string_view name) const;
  void symlink(std::string_view name, std::string_view text) const;
  void make_dir(std::string_view name) const;
  bool exists(std::string_view name) const;

 private:
  std::string path_;
};

/// Lets more time pass than any clock of a local file system has between two ticks.
void let_times_settle();

}  // namespace stillage::test
