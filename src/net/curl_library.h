// SPDX-License-Identifier: MIT
#pragma once
// libcurl, loaded when a remote is first spoken to: with all that it stands on, it takes several times as
// long to load as the rest of the program, and most runs ask no remote. The members are its functions
// (https://curl.se/libcurl/c/), by their names without "curl_".

#include <curl/curl.h>

#include "stillage/result.h"

namespace stillage::net {

struct CurlLibrary {
  decltype(&::curl_global_init) global_init;
  decltype(&::curl_getdate) getdate;
  decltype(&::curl_easy_init) easy_init;
  decltype(&::curl_easy_cleanup) easy_cleanup;
  decltype(&::curl_easy_setopt) easy_setopt;
  decltype(&::curl_easy_getinfo) easy_getinfo;
  decltype(&::curl_easy_pause) easy_pause;
  decltype(&::curl_easy_send) easy_send;
  decltype(&::curl_easy_recv) easy_recv;
  decltype(&::curl_easy_strerror) easy_strerror;
  decltype(&::curl_slist_append) slist_append;
  decltype(&::curl_slist_free_all) slist_free_all;
  decltype(&::curl_multi_init) multi_init;
  decltype(&::curl_multi_cleanup) multi_cleanup;
  decltype(&::curl_multi_setopt) multi_setopt;
  decltype(&::curl_multi_add_handle) multi_add_handle;
  decltype(&::curl_multi_remove_handle) multi_remove_handle;
  decltype(&::curl_multi_perform) multi_perform;
  decltype(&::curl_multi_poll) multi_poll;
  decltype(&::curl_multi_wakeup) multi_wakeup;
  decltype(&::curl_multi_info_read) multi_info_read;
};

/// Loads it, once for the process. An `unsupported` error where it is not installed.
Status load_curl();

/// The library; ends the process if it can't be loaded, so whoever can still say so calls load_curl() first.
const CurlLibrary& curl();

}  // namespace stillage::net
