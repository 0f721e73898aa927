// What the algorithms ask of a number.
#pragma once

#include <cmath>
#include <limits>
#include <type_traits>

namespace numeric {

/// The plain number inside: itself for built-in types, see dual.hpp for others.
template <class T, class = std::enable_if_t<std::is_floating_point_v<T>>>
T plain(T value) {
  return value;
}

template <class T>
using Plain = decltype(plain(std::declval<T>()));

/// What rounding may cost after about `steps` operations.
template <class T>
double tolerance(double steps) {
  return steps * static_cast<double>(std::numeric_limits<Plain<T>>::epsilon());
}

template <class T>
double distance(const T &a, const T &b) {
  return static_cast<double>(std::abs(plain(a) - plain(b)));
}

}  // namespace numeric
