// Integrals by adaptive Simpson quadrature, and ordinary differential equations by Runge and Kutta.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <vector>

#include "numeric/dual.hpp"
#include "numeric/random.hpp"
#include "numeric/report.hpp"
#include "numeric/traits.hpp"

namespace numeric {

template <class T, class F>
T integrate(const F &f, T from, T to, double precision, int depth = 20) {
  const auto simpson = [&](const T &a, const T &b) { return (b - a) / T(6) * (f(a) + T(4) * f((a + b) / T(2)) + f(b)); };
  const T middle = (from + to) / T(2);
  const T whole = simpson(from, to);
  const T halves = simpson(from, middle) + simpson(middle, to);
  if (depth == 0 || distance(whole, halves) < 15 * precision) return halves + (halves - whole) / T(15);
  return integrate(f, from, middle, precision / 2, depth - 1) + integrate(f, middle, to, precision / 2, depth - 1);
}

template <class T, std::size_t N>
using State = std::array<T, N>;

template <class T, std::size_t N>
State<T, N> runge_kutta(const std::function<State<T, N>(const State<T, N> &)> &slope, State<T, N> state, T step, int steps) {
  const auto along = [](State<T, N> at, const State<T, N> &direction, const T &length) {
    for (std::size_t i = 0; i < N; ++i) at[i] += direction[i] * length;
    return at;
  };
  while (steps-- > 0) {
    const auto k1 = slope(state);
    const auto k2 = slope(along(state, k1, step / T(2)));
    const auto k3 = slope(along(state, k2, step / T(2)));
    const auto k4 = slope(along(state, k3, step));
    for (std::size_t i = 0; i < N; ++i) state[i] += step / T(6) * (k1[i] + T(2) * k2[i] + T(2) * k3[i] + k4[i]);
  }
  return state;
}

template <class T>
Report check_integrate(unsigned seed) {
  using std::exp;
  Random source(seed);
  const T end = T(1) + source.unit<T>();
  const double precision = std::max(1e-9, tolerance<T>(16));
  const T area = integrate([](const T &x) { return T(exp(x)); }, T(0), end, precision);
  const double first = distance(area, T(exp(end) - T(1)));
  const State<T, 2> start{T(1), T(0)};
  const auto swung = runge_kutta<T, 2>([](const State<T, 2> &at) { return State<T, 2>{at[1], -at[0]}; }, start, T(3.14159265358979 / 500), 1000);
  const double second = std::max(distance(swung[0], T(1)), distance(swung[1], T(0)));
  return {"integral and pendulum", std::max(first, second), std::max(1e-7, tolerance<T>(2e3))};
}

}  // namespace numeric
