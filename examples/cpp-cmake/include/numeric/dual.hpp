// Dual numbers: a value and its derivative, carried through every operation (forward automatic differentiation).
#pragma once

#include <cmath>
#include <limits>
#include <ostream>
#include <type_traits>

namespace numeric {

template <class T>
class Dual {
 public:
  constexpr Dual() = default;
  template <class U, class = std::enable_if_t<std::is_arithmetic_v<U>>>
  constexpr Dual(U value, T slope = T(0)) : value_(static_cast<T>(value)), slope_(slope) {}

  constexpr T value() const { return value_; }
  constexpr T slope() const { return slope_; }

  constexpr Dual operator-() const { return {-value_, -slope_}; }
  constexpr Dual &operator+=(const Dual &other) { return *this = {value_ + other.value_, slope_ + other.slope_}; }
  constexpr Dual &operator-=(const Dual &other) { return *this = {value_ - other.value_, slope_ - other.slope_}; }
  constexpr Dual &operator*=(const Dual &other) { return *this = {value_ * other.value_, slope_ * other.value_ + value_ * other.slope_}; }
  constexpr Dual &operator/=(const Dual &other) {
    return *this = {value_ / other.value_, (slope_ * other.value_ - value_ * other.slope_) / (other.value_ * other.value_)};
  }

  friend constexpr Dual operator+(Dual a, const Dual &b) { return a += b; }
  friend constexpr Dual operator-(Dual a, const Dual &b) { return a -= b; }
  friend constexpr Dual operator*(Dual a, const Dual &b) { return a *= b; }
  friend constexpr Dual operator/(Dual a, const Dual &b) { return a /= b; }
  friend constexpr bool operator<(const Dual &a, const Dual &b) { return a.value_ < b.value_; }
  friend constexpr bool operator>(const Dual &a, const Dual &b) { return b < a; }
  friend constexpr bool operator<=(const Dual &a, const Dual &b) { return !(b < a); }
  friend constexpr bool operator==(const Dual &a, const Dual &b) { return a.value_ == b.value_; }

  friend Dual sqrt(const Dual &a) {
    const T root = std::sqrt(a.value_);
    return {root, a.slope_ / (2 * root)};
  }
  friend Dual sin(const Dual &a) { return {std::sin(a.value_), a.slope_ * std::cos(a.value_)}; }
  friend Dual cos(const Dual &a) { return {std::cos(a.value_), -a.slope_ * std::sin(a.value_)}; }
  friend Dual exp(const Dual &a) { return {std::exp(a.value_), a.slope_ * std::exp(a.value_)}; }
  friend Dual abs(const Dual &a) { return a.value_ < 0 ? -a : a; }
  friend T plain(const Dual &a) { return a.value_; }
  friend std::ostream &operator<<(std::ostream &out, const Dual &a) { return out << a.value_ << '+' << a.slope_ << 'e'; }

 private:
  T value_ = T(0);
  T slope_ = T(0);
};

}  // namespace numeric
