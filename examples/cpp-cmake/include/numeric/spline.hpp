// Natural cubic splines.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "numeric/dual.hpp"
#include "numeric/random.hpp"
#include "numeric/report.hpp"
#include "numeric/traits.hpp"

namespace numeric {

template <class T>
class Spline {
 public:
  Spline(std::vector<T> xs, std::vector<T> ys) : xs_(std::move(xs)), ys_(std::move(ys)), bends_(xs_.size(), T(0)) {
    const auto size = xs_.size();
    std::vector<T> carried(size, T(0));
    for (std::size_t i = 1; i + 1 < size; ++i) {
      const T share = (xs_[i] - xs_[i - 1]) / (xs_[i + 1] - xs_[i - 1]);
      const T pivot = share * bends_[i - 1] + T(2);
      bends_[i] = (share - T(1)) / pivot;
      const T slopes = (ys_[i + 1] - ys_[i]) / (xs_[i + 1] - xs_[i]) - (ys_[i] - ys_[i - 1]) / (xs_[i] - xs_[i - 1]);
      carried[i] = (T(6) * slopes / (xs_[i + 1] - xs_[i - 1]) - share * carried[i - 1]) / pivot;
    }
    for (std::size_t i = size - 1; i-- > 0;) bends_[i] = bends_[i] * bends_[i + 1] + carried[i];
  }

  T operator()(const T &x) const {
    const auto above = std::upper_bound(xs_.begin() + 1, xs_.end() - 1, x);
    const auto i = static_cast<std::size_t>(above - xs_.begin());
    const T width = xs_[i] - xs_[i - 1];
    const T a = (xs_[i] - x) / width;
    const T b = T(1) - a;
    return a * ys_[i - 1] + b * ys_[i] + ((a * a * a - a) * bends_[i - 1] + (b * b * b - b) * bends_[i]) * width * width / T(6);
  }

 private:
  std::vector<T> xs_, ys_, bends_;
};

template <class T>
Report check_spline(unsigned seed) {
  using std::sin;
  std::vector<T> xs, ys;
  for (int i = 0; i <= 64; ++i) {
    xs.push_back(T(i * 3.14159265358979 / 64));
    ys.push_back(sin(xs.back()));
  }
  const Spline<T> spline(xs, ys);
  Random source(seed);
  double worst = 0;
  for (int i = 0; i < 200; ++i) {
    const T x = source.unit<T>() * T(3.14159);
    worst = std::max(worst, distance(spline(x), T(sin(x))));
  }
  return {"spline of a sine", worst, std::max(1e-6, tolerance<T>(64))};
}

}  // namespace numeric
