// Dense matrices and the solution of linear systems.
#pragma once

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <utility>
#include <vector>

#include "numeric/dual.hpp"
#include "numeric/random.hpp"
#include "numeric/report.hpp"
#include "numeric/traits.hpp"

namespace numeric {

template <class T>
class Matrix {
 public:
  Matrix(std::size_t rows, std::size_t columns, T value = T(0)) : columns_(columns), cells_(rows * columns, value) {}

  std::size_t rows() const { return cells_.size() / columns_; }
  std::size_t columns() const { return columns_; }
  T &operator()(std::size_t row, std::size_t column) { return cells_[row * columns_ + column]; }
  const T &operator()(std::size_t row, std::size_t column) const { return cells_[row * columns_ + column]; }

  static Matrix random(std::size_t size, Random &source) {
    Matrix matrix(size, size);
    std::generate(matrix.cells_.begin(), matrix.cells_.end(), [&] { return source.unit<T>(); });
    for (std::size_t i = 0; i < size; ++i) matrix(i, i) += T(static_cast<double>(size));
    return matrix;
  }

 private:
  std::size_t columns_;
  std::vector<T> cells_;
};

template <class T>
std::vector<T> operator*(const Matrix<T> &matrix, const std::vector<T> &vector) {
  std::vector<T> product;
  for (std::size_t row = 0; row < matrix.rows(); ++row) {
    T sum(0);
    for (std::size_t column = 0; column < matrix.columns(); ++column) sum += matrix(row, column) * vector[column];
    product.push_back(sum);
  }
  return product;
}

/// Gaussian elimination with partial pivoting.
template <class T>
std::vector<T> solve(Matrix<T> matrix, std::vector<T> right) {
  using std::abs;
  const auto size = matrix.rows();
  for (std::size_t column = 0; column < size; ++column) {
    std::size_t pivot = column;
    for (std::size_t row = column + 1; row < size; ++row)
      if (abs(matrix(pivot, column)) < abs(matrix(row, column))) pivot = row;
    if (plain(matrix(pivot, column)) == 0) throw std::domain_error("singular matrix");
    for (std::size_t k = 0; k < size; ++k) std::swap(matrix(pivot, k), matrix(column, k));
    std::swap(right[pivot], right[column]);
    for (std::size_t row = column + 1; row < size; ++row) {
      const T factor = matrix(row, column) / matrix(column, column);
      for (std::size_t k = column; k < size; ++k) matrix(row, k) -= factor * matrix(column, k);
      right[row] -= factor * right[column];
    }
  }
  for (std::size_t row = size; row-- > 0;) {
    for (std::size_t k = row + 1; k < size; ++k) right[row] -= matrix(row, k) * right[k];
    right[row] /= matrix(row, row);
  }
  return right;
}

template <class T>
Report check_matrix(unsigned seed) {
  Random source(seed);
  const std::size_t size = 24;
  const auto matrix = Matrix<T>::random(size, source);
  const auto wanted = source.units<T>(size);
  const auto found = solve(matrix, matrix * wanted);
  double worst = 0;
  for (std::size_t i = 0; i < size; ++i) worst = std::max(worst, distance(found[i], wanted[i]));
  return {"linear system", worst, tolerance<T>(1e3)};
}

}  // namespace numeric
