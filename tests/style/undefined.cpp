// Overflows: under the sanitizers it must end, and its end must name this file and line, or they
// are not on.
#include <climits>

int main(int count, char**) {
  return INT_MAX + count > 0 ? 0 : 1;
}
