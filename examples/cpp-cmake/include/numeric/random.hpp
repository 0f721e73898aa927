// Random numbers that are the same everywhere: the standard library's distributions are not.
#pragma once

#include <cstdint>
#include <vector>

namespace numeric {

class Random {
 public:
  explicit Random(unsigned seed) : state_(seed * 2'862'933'555'777'941'757ull + 3'037'000'493ull) {}

  std::uint64_t bits() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return state_;
  }

  /// From 0 to 1, in steps of 2^-20, so that every number type holds it exactly.
  template <class T>
  T unit() {
    return T(static_cast<double>(bits() >> 44) / 1'048'576.0);
  }

  template <class T>
  std::vector<T> units(std::size_t count) {
    std::vector<T> all;
    all.reserve(count);
    while (all.size() < count) all.push_back(unit<T>());
    return all;
  }

 private:
  std::uint64_t state_;
};

}  // namespace numeric
