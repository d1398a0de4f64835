// SPDX-License-Identifier: MIT
#pragma once
// Everything. Start reading with cache_provider.h and target_hasher.h.

#include "stillage/backfill_cache_provider.h"
#include "stillage/blob_store.h"
#include "stillage/cache_options.h"
#include "stillage/cache_provider.h"
#include "stillage/compat.h"
#include "stillage/local_cache.h"
#include "stillage/remote_cache.h"
#include "stillage/remote_fallback_cache_provider.h"
#include "stillage/result.h"
#include "stillage/target.h"
#include "stillage/target_hasher.h"
#include "stillage/version.h"
