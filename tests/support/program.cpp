#include "tests/support/program.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <stdexcept>
#include <thread>

#include "tests/support/temporary_folder.hpp"

namespace papilio::testing {

Finished run_papilio(const std::vector<std::string>& arguments, const std::optional<Stop>& stop) {
  const TemporaryFolder folder;
  const std::string out = (folder.path() / "out").string();
  const std::string err = (folder.path() / "err").string();
  std::vector<std::string> words{PAPILIO_PROGRAM};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);

  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error{"fork failed"};
  if (child == 0) {
    const auto redirect = [](const std::string& path, int fd) {
      const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
      return file >= 0 && ::dup2(file, fd) == fd;
    };
    if (::chdir(PAPILIO_SOURCE_DIR) == 0 && redirect(out, STDOUT_FILENO) &&
        redirect(err, STDERR_FILENO)) {
      ::execv(PAPILIO_PROGRAM, argv.data());
    }
    ::_exit(127);
  }
  int status = 0;
  if (stop) {
    using std::chrono::milliseconds;
    // A program that failed never writes the file.
    for (int tries = 0; tries < 6000; ++tries) {
      if (stop->once_exists.empty() || std::filesystem::exists(stop->once_exists)) break;
      std::this_thread::sleep_for(milliseconds{10});
    }
    std::this_thread::sleep_for(milliseconds{stop->after_ms});
    ::kill(child, stop->signal);
  }
  if (::waitpid(child, &status, 0) != child) throw std::runtime_error{"waitpid failed"};
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), read_file(out),
          read_file(err)};
}

}  // namespace papilio::testing
