#pragma once

#include <sys/types.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <thread>

namespace papilio::testing {

/// Processor time that a process has taken so far, in s: of a program that waits for work, how much
/// of it was done. Negative: there is no such process.
inline double processor_s(pid_t process) {
  std::ifstream file{"/proc/" + std::to_string(process) + "/stat"};
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return -1;
  // From the third field on; the 14th and the 15th are the user's and the system's time.
  std::istringstream fields{text.substr(name_end + 1)};
  std::string field;
  constexpr int kBefore = 11;
  for (int i = 0; i < kBefore; ++i) fields >> field;
  long user = 0;
  long system = 0;
  fields >> user >> system;
  return static_cast<double>(user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

/// TCP connections that are open at this port, in the network namespace of a process.
inline std::size_t connections_at(pid_t process, unsigned port) {
  constexpr const char* kEstablished = "01";
  constexpr int kHexadecimal = 16;
  std::size_t count = 0;
  for (const char* family : {"tcp", "tcp6"}) {  // a socket of IPv6 takes both
    std::ifstream file{"/proc/" + std::to_string(process) + "/net/" + family};
    std::string line;
    std::getline(file, line);  // its columns' names
    while (std::getline(file, line)) {
      std::istringstream fields{line};
      std::string number;
      std::string local;
      std::string remote;
      std::string state;
      fields >> number >> local >> remote >> state;
      const std::size_t colon = local.rfind(':');
      if (state != kEstablished || colon == std::string::npos) continue;
      if (std::stoul(local.substr(colon + 1), nullptr, kHexadecimal) == port) ++count;
    }
  }
  return count;
}

/// Waits until something holds of programs that start and compute; ten minutes at most, for saying
/// that it does not come at all. @return whether it does
template <class Predicate>
bool comes_to(const Predicate& holds) {
  constexpr std::chrono::minutes kAtMost{10};
  constexpr std::chrono::milliseconds kBetween{5};
  const auto end = std::chrono::steady_clock::now() + kAtMost;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(kBetween);
  }
  return true;
}

}  // namespace papilio::testing
