// SPDX-License-Identifier: MIT
#include "net/curl_library.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <cstdlib>
#include <string>

namespace stillage::net {
namespace {

/// The number of its binary interface, the same since 2006.
constexpr const char* kFile = "libcurl.so.4";

/// Fills a member with the function of that name.
template <class Function>
bool find(void* file, const char* name, Function& member) {
  member = reinterpret_cast<Function>(::dlsym(file, name));
  return member != nullptr;
}

Result<CurlLibrary> load() {
  const auto failed = [] {
    const char* const why = ::dlerror();
    return fail(ErrorKind::unsupported,
                fmt::format("remotes over HTTP and Redis need libcurl, which can't be loaded: {}; install it "
                            "(Debian's package libcurl4)",
                            why == nullptr ? kFile : why));
  };
  // Stays loaded as long as the process.
  void* const file = ::dlopen(kFile, RTLD_NOW | RTLD_LOCAL);
  if (file == nullptr) return failed();
  CurlLibrary library;
  const bool is_whole =
      find(file, "curl_global_init", library.global_init) && find(file, "curl_getdate", library.getdate) &&
      find(file, "curl_easy_init", library.easy_init) &&
      find(file, "curl_easy_cleanup", library.easy_cleanup) &&
      find(file, "curl_easy_setopt", library.easy_setopt) &&
      find(file, "curl_easy_getinfo", library.easy_getinfo) &&
      find(file, "curl_easy_pause", library.easy_pause) && find(file, "curl_easy_send", library.easy_send) &&
      find(file, "curl_easy_recv", library.easy_recv) &&
      find(file, "curl_easy_strerror", library.easy_strerror) &&
      find(file, "curl_slist_append", library.slist_append) &&
      find(file, "curl_slist_free_all", library.slist_free_all) &&
      find(file, "curl_multi_init", library.multi_init) &&
      find(file, "curl_multi_cleanup", library.multi_cleanup) &&
      find(file, "curl_multi_setopt", library.multi_setopt) &&
      find(file, "curl_multi_add_handle", library.multi_add_handle) &&
      find(file, "curl_multi_remove_handle", library.multi_remove_handle) &&
      find(file, "curl_multi_perform", library.multi_perform) &&
      find(file, "curl_multi_poll", library.multi_poll) &&
      find(file, "curl_multi_wakeup", library.multi_wakeup) &&
      find(file, "curl_multi_info_read", library.multi_info_read);
  if (!is_whole) return failed();
  return library;
}

const Result<CurlLibrary>& loaded() {
  static const Result<CurlLibrary> library = load();
  return library;
}

}  // namespace

Status load_curl() {
  if (!loaded()) return tl::make_unexpected(loaded().error());
  return {};
}

const CurlLibrary& curl() {
  if (!loaded()) std::abort();
  return *loaded();
}

}  // namespace stillage::net
