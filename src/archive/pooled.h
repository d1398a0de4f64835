// SPDX-License-Identifier: MIT
#pragma once
// Objects that are dear to make and cheap to use again (compression contexts with their buffers). Each thread
// keeps one spare of a type: whoever lets go of an object leaves it there for the next one.

#include <memory>
#include <utility>

namespace stillage::archive {

template <class T>
struct LeaveAsSpare {
  static std::unique_ptr<T>& spare() {
    thread_local std::unique_ptr<T> object;
    return object;
  }
  void operator()(T* object) const noexcept {
    std::unique_ptr<T> owned(object);
    if (!spare()) spare() = std::move(owned);
  }
};

template <class T>
using Pooled = std::unique_ptr<T, LeaveAsSpare<T>>;

/// This thread's spare, or a new object. It may be let go of on another thread.
template <class T>
Pooled<T> take_pooled() {
  std::unique_ptr<T>& spare = LeaveAsSpare<T>::spare();
  return Pooled<T>(spare ? spare.release() : new T());
}

}  // namespace stillage::archive
