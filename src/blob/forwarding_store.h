// SPDX-License-Identifier: MIT
#pragma once
// A store that does everything through another one: what decorators are made from, each of which changes only
// what it is about.

#include <memory>

#include "blob/blob_store.h"

namespace stillage::blob {

class ForwardingStore : public BlobStore {
 public:
  Traits traits() const override { return inner_->traits(); }
  std::string name() const override { return inner_->name(); }
  Outcome<PutOutcome> put(const std::string& key, ByteSource& source, const PutOptions& options,
                          std::stop_token stop) override {
    return inner_->put(key, source, options, stop);
  }
  Outcome<std::optional<BlobInfo>> get(const std::string& key, ByteSink& sink,
                                       std::stop_token stop) override {
    return inner_->get(key, sink, stop);
  }
  Outcome<std::optional<BlobInfo>> contains(const std::string& key, std::stop_token stop) override {
    return inner_->contains(key, stop);
  }
  Outcome<void> remove(const std::string& key, std::stop_token stop) override {
    return inner_->remove(key, stop);
  }
  Outcome<void> list(const std::string& prefix, const std::function<Outcome<void>(const ListedBlob&)>& visit,
                     std::stop_token stop) override {
    return inner_->list(prefix, visit, stop);
  }
  std::optional<std::chrono::seconds> clock_ahead() const override { return inner_->clock_ahead(); }
  std::uint64_t work_seen() const override { return inner_->work_seen(); }

 protected:
  explicit ForwardingStore(std::shared_ptr<BlobStore> inner) : inner_(std::move(inner)) {}
  BlobStore& inner() { return *inner_; }

 private:
  std::shared_ptr<BlobStore> inner_;
};

}  // namespace stillage::blob
