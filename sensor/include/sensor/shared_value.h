// A value and the lock that guards it, as one type: what one thread publishes now and then and another reads.
#pragma once

#include <mutex>
#include <utility>

namespace zonelag::sensor {

template <typename Value>
class SharedValue {
 public:
  SharedValue() = default;
  explicit SharedValue(Value value) : value_(std::move(value)) {}

  Value get() const {
    const std::scoped_lock lock(mutex_);
    return value_;
  }
  void set(Value value) {
    const std::scoped_lock lock(mutex_);
    std::swap(value_, value);  // what was there is freed outside of the lock
  }

  // change(value) under the lock; what it returns.
  template <typename Change>
  auto update(Change&& change) {
    const std::scoped_lock lock(mutex_);
    return change(value_);
  }

 private:
  mutable std::mutex mutex_;
  Value value_{};
};

}  // namespace zonelag::sensor
