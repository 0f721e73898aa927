// Zeros of functions: bisection, Newton, and all real zeros of a polynomial.
#pragma once

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <vector>

#include "numeric/dual.hpp"
#include "numeric/random.hpp"
#include "numeric/report.hpp"
#include "numeric/traits.hpp"

namespace numeric {

template <class T, class F>
std::optional<T> bisect(const F &f, T low, T high, int steps = 80) {
  if (plain(f(low)) * plain(f(high)) > 0) return std::nullopt;
  while (steps-- > 0) {
    const T middle = (low + high) / T(2);
    (plain(f(low)) * plain(f(middle)) <= 0 ? high : low) = middle;
  }
  return (low + high) / T(2);
}

template <class T>
class Polynomial {
 public:
  explicit Polynomial(std::vector<T> coefficients) : coefficients_(std::move(coefficients)) {}

  static Polynomial with_roots(const std::vector<T> &roots) {
    std::vector<T> product{T(1)};
    for (const auto &root : roots) {
      product.push_back(T(0));
      for (std::size_t i = product.size() - 1; i > 0; --i) product[i] = product[i - 1] - root * product[i];
      product[0] = -root * product[0];
    }
    return Polynomial(product);
  }

  T operator()(const T &x) const {
    return std::accumulate(coefficients_.rbegin(), coefficients_.rend(), T(0), [&](const T &sum, const T &c) { return sum * x + c; });
  }

  Polynomial derivative() const {
    std::vector<T> lower;
    for (std::size_t i = 1; i < coefficients_.size(); ++i) lower.push_back(coefficients_[i] * T(static_cast<double>(i)));
    return Polynomial(lower);
  }

  std::size_t degree() const { return coefficients_.size() - 1; }

 private:
  std::vector<T> coefficients_;
};

/// Between two neighbouring extremes there is at most one zero.
template <class T>
std::vector<T> real_roots(const Polynomial<T> &p, T low, T high) {
  std::vector<T> borders{low};
  if (p.degree() > 1)
    for (const auto &extreme : real_roots(p.derivative(), low, high)) borders.push_back(extreme);
  borders.push_back(high);
  std::vector<T> found;
  for (std::size_t i = 1; i < borders.size(); ++i)
    if (const auto root = bisect<T>(p, borders[i - 1], borders[i])) found.push_back(*root);
  return found;
}

template <class T>
Report check_roots(unsigned seed) {
  Random source(seed);
  std::vector<T> wanted;
  for (int i = 0; i < 4; ++i) wanted.push_back(T(i) + source.unit<T>() / T(2));
  const auto found = real_roots(Polynomial<T>::with_roots(wanted), T(-1), T(5));
  double worst = found.size() == wanted.size() ? 0 : 1;
  for (std::size_t i = 0; i < std::min(found.size(), wanted.size()); ++i) worst = std::max(worst, distance(found[i], wanted[i]));
  return {"zeros of a polynomial", worst, tolerance<T>(1e3)};
}

}  // namespace numeric
