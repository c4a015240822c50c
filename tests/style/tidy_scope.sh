#!/bin/sh
# Claim: with the plugin cmake/TidyScope.cpp, clang-tidy still refuses faults in our sources, our headers,
# tests that a macro of a system header opens, and lambdas handed to templates of system headers.
#   tidy_scope.sh CLANG_TIDY PLUGIN PROJECT
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/sim" # a header of ours, by HeaderFilterRegex
cat >"$folder/sim/planted.hpp" <<'END'
#include <string>
namespace papilio {
struct Base {
  virtual ~Base() = default;
  virtual int value() const = 0;
};
struct Derived : Base {
  virtual int value() const { return 1; }
};
inline int BadlyNamedInHeader() { return 2; }
}  // namespace papilio
END
# A macro like GoogleTest's.
cat >"$folder/sim/system.hpp" <<'END'
#pragma GCC system_header
#define SYSTEM_TEST(name) int name##_body()
END
cat >"$folder/sim/planted.cpp" <<'END'
#include "planted.hpp"
#include "system.hpp"

#include <algorithm>
#include <vector>

namespace papilio {
int BadlyNamedInSource() { return 4; }
SYSTEM_TEST(planted) {
  const int BadlyNamedInTest = 3;
  return BadlyNamedInTest;
}
std::size_t length(std::string copied) { return copied.size(); }
std::size_t used_after_move(std::string text) {
  const std::string other = std::move(text);
  return other.size() + text.size();
}
int dereferences_null(bool known) {
  int* place = nullptr;
  if (known) return 5;
  return *place;
}
void sort(std::vector<int>& values) {
  std::sort(values.begin(), values.end(), [](int left, int right) {
    const int BadlyNamedInLambda = left;
    return BadlyNamedInLambda < right;
  });
}
}  // namespace papilio
END

if "$1" --load="$2" --checks=papilio-own-declarations --config-file="$3/.clang-tidy" --quiet \
  "$folder/sim/planted.cpp" -- -std=c++20 >"$folder/found" 2>&1; then
  echo "clang-tidy accepts the planted faults" >&2
  exit 1
fi
while read -r where finding; do
  grep -q "$where:.*$finding" "$folder/found" || {
    cat "$folder/found" >&2
    echo "not found in $where: $finding" >&2
    exit 1
  }
done <<'END'
planted.hpp modernize-use-override
planted.hpp BadlyNamedInHeader.*readability-identifier-naming
planted.cpp BadlyNamedInSource.*readability-identifier-naming
planted.cpp BadlyNamedInTest.*readability-identifier-naming
planted.cpp BadlyNamedInLambda.*readability-identifier-naming
planted.cpp performance-unnecessary-value-param
planted.cpp bugprone-use-after-move
planted.cpp clang-analyzer-core.NullDereference
END
