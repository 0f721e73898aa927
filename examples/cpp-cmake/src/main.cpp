// Runs every instance and says which ones miss their tolerance.
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <iterator>

#include "registry.hpp"

int main() {
  const auto bad = std::count_if(std::begin(instances), std::end(instances), [](const Instance &instance) {
    const auto report = instance.run(20'241u);
    std::cout << report << "  " << instance.name << '\n';
    return !report.good();
  });
  std::cout << std::size(instances) << " instances, " << bad << " bad\n";
  return bad == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
