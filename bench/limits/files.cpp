// SPDX-License-Identifier: MIT
#include "files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <functional>
#include <memory>
#include <thread>

namespace stillage::bench {
namespace {

constexpr int kLevel = 1;

class File {
 public:
  File(const std::string& path, int flags) : descriptor_(open(path.c_str(), flags | O_CLOEXEC, 0644)) {
    if (descriptor_ < 0) die("can't open " + path + ": " + std::strerror(errno));
  }
  ~File() { close(descriptor_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  void append(const char* data, std::size_t size) const {
    while (size > 0) {
      const ssize_t written = ::write(descriptor_, data, size);
      if (written < 0) die(std::string("can't write: ") + std::strerror(errno));
      data += written;
      size -= static_cast<std::size_t>(written);
    }
  }

  void look_at(const std::string& name) const {
    struct stat status {};
    if (fstatat(descriptor_, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) die("no more " + name);
  }

  void read_into(std::string& content) const {
    struct stat status {};
    fstat(descriptor_, &status);
    content.resize(static_cast<std::size_t>(status.st_size));
    std::size_t have = 0;
    while (have < content.size()) {
      const ssize_t got = ::read(descriptor_, content.data() + have, content.size() - have);
      if (got <= 0) die("a file became shorter");
      have += static_cast<std::size_t>(got);
    }
  }

 private:
  int descriptor_;
};

struct Content {
  std::string path;
  std::string bytes;
};

struct Folder {
  std::vector<std::string> folders;  // parents first
  std::vector<Content> files;
};

Folder load(const Pair& pair) {
  Folder loaded;
  loaded.folders.push_back(pair.to);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(pair.from)) {
    const std::string to = pair.to + entry.path().string().substr(pair.from.size());
    if (entry.is_directory()) {
      loaded.folders.push_back(to);
    } else {
      loaded.files.push_back({to, {}});
      File(entry.path(), O_RDONLY).read_into(loaded.files.back().bytes);
    }
  }
  return loaded;
}

void create(const Folder& folder) {
  for (const std::string& path : folder.folders) {
    if (mkdir(path.c_str(), 0755) != 0) die("can't make " + path + ": " + std::strerror(errno));
  }
  for (const Content& file : folder.files) {
    File(file.path, O_WRONLY | O_CREAT | O_EXCL).append(file.bytes.data(), file.bytes.size());
  }
}

struct FreeContext {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};

void pack(const Pair& pair) {
  thread_local const std::unique_ptr<ZSTD_CCtx, FreeContext> context(ZSTD_createCCtx());
  thread_local std::string content;
  thread_local std::string packed(ZSTD_CStreamOutSize(), '\0');
  ZSTD_CCtx_reset(context.get(), ZSTD_reset_session_only);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, kLevel);
  const File to(pair.to, O_WRONLY | O_CREAT | O_TRUNC);
  const auto compress = [&](ZSTD_inBuffer input, ZSTD_EndDirective end) {
    std::size_t left = 0;
    do {
      ZSTD_outBuffer output{packed.data(), packed.size(), 0};
      left = ZSTD_compressStream2(context.get(), &output, &input, end);
      if (ZSTD_isError(left)) die(ZSTD_getErrorName(left));
      to.append(packed.data(), output.pos);
    } while (end == ZSTD_e_end ? left > 0 : input.pos < input.size);
  };
  for (const auto& entry : std::filesystem::recursive_directory_iterator(pair.from)) {
    if (entry.is_directory()) continue;
    File(entry.path(), O_RDONLY).read_into(content);
    compress({content.data(), content.size(), 0}, ZSTD_e_continue);
  }
  compress({nullptr, 0, 0}, ZSTD_e_end);
}

/// By as many threads as there are processors.
Figures clocked(std::size_t count, const std::function<void(std::size_t)>& work) {
  rusage start{};
  getrusage(RUSAGE_SELF, &start);
  const Clock clock;
  std::atomic<std::size_t> next = 0;
  {
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < std::max(1U, std::thread::hardware_concurrency()); ++i) {
      threads.emplace_back([&] {
        for (std::size_t one = next++; one < count; one = next++) work(one);
      });
    }
  }
  return clock.stop(own_usage_since(start));
}

}  // namespace

Figures create_files(const std::vector<Pair>& pairs) {
  std::vector<Folder> folders;
  folders.reserve(pairs.size());
  for (const Pair& pair : pairs) folders.push_back(load(pair));
  return clocked(folders.size(), [&](std::size_t i) { create(folders[i]); });
}

Figures pack_folders(const std::vector<Pair>& pairs) {
  return clocked(pairs.size(), [&](std::size_t i) { pack(pairs[i]); });
}

Figures look_at_folders(const std::vector<Pair>& pairs) {
  std::vector<std::vector<std::string>> names;
  for (const Pair& pair : pairs) {
    std::vector<std::string>& found = names.emplace_back(1, ".");
    for (const auto& entry : std::filesystem::recursive_directory_iterator(pair.from))
      found.push_back(entry.path().string().substr(pair.from.size() + 1));
  }
  return clocked(pairs.size(), [&](std::size_t i) {
    const File folder(pairs[i].from, O_PATH | O_DIRECTORY);
    for (const std::string& name : names[i]) folder.look_at(name);
  });
}

}  // namespace stillage::bench
