#include "numeric/report.hpp"

#include <cmath>
#include <iomanip>
#include <ostream>

namespace numeric {

bool Report::good() const { return std::isfinite(error) && error <= tolerance; }

std::ostream &operator<<(std::ostream &out, const Report &report) {
  return out << (report.good() ? "ok  " : "BAD ") << std::left << std::setw(28) << report.what << " error " << report.error;
}

}  // namespace numeric
