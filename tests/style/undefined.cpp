// Overflows: under the sanitizers it must end, and its end must name this file and line, or they
// are not on.
#include <climits>

int main(int count, char**) {
  const int sum = INT_MAX + count;
  return sum == 0 ? 1 : 0;
}
