// What a check found.
#pragma once

#include <iosfwd>
#include <string>

namespace numeric {

struct Report {
  std::string what;
  double error;
  double tolerance;

  bool good() const;
};

std::ostream &operator<<(std::ostream &out, const Report &report);

}  // namespace numeric
