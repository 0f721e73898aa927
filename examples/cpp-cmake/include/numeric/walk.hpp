// Shortest walks on a random graph: Dijkstra against Bellman and Ford.
#pragma once

#include <algorithm>
#include <limits>
#include <queue>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "numeric/dual.hpp"
#include "numeric/random.hpp"
#include "numeric/report.hpp"
#include "numeric/traits.hpp"

namespace numeric {

template <class T>
class Graph {
 public:
  struct Edge {
    std::size_t to;
    T length;
  };

  explicit Graph(std::size_t nodes) : edges_(nodes) {}

  void connect(std::size_t from, std::size_t to, const T &length) { edges_[from].push_back({to, length}); }

  std::vector<T> dijkstra(std::size_t start) const {
    std::vector<T> best(edges_.size(), far());
    const auto later = [](const auto &a, const auto &b) { return b.first < a.first; };
    std::priority_queue<std::pair<T, std::size_t>, std::vector<std::pair<T, std::size_t>>, decltype(later)> queue(later);
    best[start] = T(0);
    queue.emplace(T(0), start);
    while (!queue.empty()) {
      const auto [length, node] = queue.top();
      queue.pop();
      if (best[node] < length) continue;
      for (const auto &edge : edges_[node]) {
        const T total = length + edge.length;
        if (!(total < best[edge.to])) continue;
        best[edge.to] = total;
        queue.emplace(total, edge.to);
      }
    }
    return best;
  }

  std::vector<T> bellman_ford(std::size_t start) const {
    std::vector<T> best(edges_.size(), far());
    best[start] = T(0);
    for (bool changed = true; changed;) {
      changed = false;
      for (std::size_t node = 0; node < edges_.size(); ++node)
        for (const auto &edge : edges_[node])
          if (best[node] + edge.length < best[edge.to]) {
            best[edge.to] = best[node] + edge.length;
            changed = true;
          }
    }
    return best;
  }

 private:
  static T far() { return T(1e30f); }
  std::vector<std::vector<Edge>> edges_;
};

template <class T>
Report check_walk(unsigned seed) {
  Random source(seed);
  const std::size_t nodes = 300;
  Graph<T> graph(nodes);
  for (std::size_t node = 0; node < nodes; ++node)
    for (int i = 0; i < 6; ++i) graph.connect(node, source.bits() % nodes, source.unit<T>());
  const auto one = graph.dijkstra(0), other = graph.bellman_ford(0);
  double worst = 0;
  for (std::size_t node = 0; node < nodes; ++node) worst = std::max(worst, distance(one[node], other[node]));
  return {"shortest walks", worst, tolerance<T>(64)};
}

}  // namespace numeric
