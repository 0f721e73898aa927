// Mean, variance, quantiles and histograms.
#pragma once

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <vector>

#include "numeric/dual.hpp"
#include "numeric/random.hpp"
#include "numeric/report.hpp"
#include "numeric/traits.hpp"

namespace numeric {

/// One pass, numerically stable (Welford).
template <class T>
class Moments {
 public:
  void add(const T &value) {
    count_ += 1;
    const T delta = value - mean_;
    mean_ += delta / T(static_cast<double>(count_));
    squares_ += delta * (value - mean_);
  }
  T mean() const { return mean_; }
  T variance() const { return squares_ / T(static_cast<double>(count_)); }

 private:
  std::size_t count_ = 0;
  T mean_{0};
  T squares_{0};
};

template <class T>
T quantile(std::vector<T> values, double share) {
  const auto rank = static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + rank, values.end());
  return values[static_cast<std::size_t>(rank)];
}

template <class T>
std::map<int, int> histogram(const std::vector<T> &values, int bins) {
  std::map<int, int> counts;
  for (const auto &value : values) ++counts[static_cast<int>(std::floor(static_cast<double>(plain(value)) * bins))];
  return counts;
}

template <class T>
Report check_statistics(unsigned seed) {
  Random source(seed);
  const auto values = source.units<T>(4096);
  Moments<T> moments;
  for (const auto &value : values) moments.add(value);
  const auto counts = histogram(values, 16);
  const int fullest = std::max_element(counts.begin(), counts.end(), [](auto &a, auto &b) { return a.second < b.second; })->second;
  const double worst = std::max({distance(moments.mean(), T(0.5)), distance(moments.variance(), T(1.0 / 12)),
                                 distance(quantile(values, 0.25), T(0.25)), static_cast<double>(fullest) / 4096 - 1.0 / 16});
  return {"uniform distribution", worst, 0.03};
}

}  // namespace numeric
