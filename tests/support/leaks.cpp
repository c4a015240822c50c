// What the leak sanitizer is to overlook: x265 3.5 never frees the copy of its parameters that it
// keeps for zones, some 1.2 KB an encoder.

// The name is the sanitizer's.
// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming)
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() {
  return "leak:libx265";
}
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)
