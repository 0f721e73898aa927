// Sorting by merging, by heap and by radix: three ways that must agree.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <vector>

#include "numeric/dual.hpp"
#include "numeric/random.hpp"
#include "numeric/report.hpp"
#include "numeric/traits.hpp"

namespace numeric {

template <class Iterator, class Less = std::less<>>
void merge_sort(Iterator first, Iterator last, Less less = {}) {
  if (last - first < 2) return;
  const auto middle = first + (last - first) / 2;
  merge_sort(first, middle, less);
  merge_sort(middle, last, less);
  std::vector<typename std::iterator_traits<Iterator>::value_type> merged;
  merged.reserve(static_cast<std::size_t>(last - first));
  std::merge(first, middle, middle, last, std::back_inserter(merged), less);
  std::copy(merged.begin(), merged.end(), first);
}

/// Numbers from 0 to 1 in steps of 2^-20, five bits at a time.
template <class T>
void radix_sort(std::vector<T> &values) {
  constexpr int bits = 5;
  std::array<std::vector<T>, 1u << bits> bins;
  for (int shift = 0; shift < 20; shift += bits) {
    for (const auto &value : values) bins[(static_cast<std::uint32_t>(plain(value) * 1'048'576) >> shift) & (bins.size() - 1)].push_back(value);
    auto place = values.begin();
    for (auto &bin : bins) {
      place = std::copy(bin.begin(), bin.end(), place);
      bin.clear();
    }
  }
}

template <class T>
Report check_sorting(unsigned seed) {
  Random source(seed);
  const auto values = source.units<T>(2000);
  auto merged = values, heaped = values, counted = values;
  merge_sort(merged.begin(), merged.end());
  std::make_heap(heaped.begin(), heaped.end());
  std::sort_heap(heaped.begin(), heaped.end());
  radix_sort(counted);
  const bool same = std::is_sorted(merged.begin(), merged.end()) && merged == heaped && merged == counted;
  return {"three ways to sort", same ? 0.0 : 1.0, 0};
}

}  // namespace numeric
