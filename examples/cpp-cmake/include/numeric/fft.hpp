// The fast Fourier transform, there and back.
#pragma once

#include <algorithm>
#include <stdexcept>
#include <utility>
#include <vector>

#include "numeric/dual.hpp"
#include "numeric/random.hpp"
#include "numeric/report.hpp"
#include "numeric/traits.hpp"

namespace numeric {

/// std::complex is only defined for the built-in types.
template <class T>
struct Complex {
  T re{}, im{};

  friend Complex operator+(const Complex &a, const Complex &b) { return {a.re + b.re, a.im + b.im}; }
  friend Complex operator-(const Complex &a, const Complex &b) { return {a.re - b.re, a.im - b.im}; }
  friend Complex operator*(const Complex &a, const Complex &b) { return {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re}; }
};

template <class T>
void transform(std::vector<Complex<T>> &values, bool back) {
  using std::cos;
  using std::sin;
  const auto size = values.size();
  if (size == 0 || (size & (size - 1)) != 0) throw std::invalid_argument("length must be a power of two");
  for (std::size_t i = 1, j = 0; i < size; ++i) {
    std::size_t bit = size >> 1;
    for (; (j & bit) != 0; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) std::swap(values[i], values[j]);
  }
  const double pi = 3.14159265358979323846264338327950288;
  for (std::size_t length = 2; length <= size; length <<= 1) {
    for (std::size_t k = 0; k < length / 2; ++k) {
      const T angle = T((back ? 2 : -2) * pi * static_cast<double>(k) / static_cast<double>(length));
      const Complex<T> turn{cos(angle), sin(angle)};
      for (std::size_t i = k; i < size; i += length) {
        const auto even = values[i];
        const auto odd = values[i + length / 2] * turn;
        values[i] = even + odd;
        values[i + length / 2] = even - odd;
      }
    }
  }
  if (back)
    for (auto &value : values) value = {value.re / T(static_cast<double>(size)), value.im / T(static_cast<double>(size))};
}

template <class T>
Report check_fft(unsigned seed) {
  Random source(seed);
  std::vector<Complex<T>> values(256);
  for (auto &value : values) value = {source.unit<T>(), source.unit<T>()};
  auto copy = values;
  transform(copy, false);
  transform(copy, true);
  double worst = 0;
  for (std::size_t i = 0; i < values.size(); ++i)
    worst = std::max({worst, distance(copy[i].re, values[i].re), distance(copy[i].im, values[i].im)});
  // The angles are computed in double, whatever T is.
  return {"fourier there and back", worst, std::max(tolerance<T>(64), 1e-13)};
}

}  // namespace numeric
