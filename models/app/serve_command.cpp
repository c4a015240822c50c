#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <thread>
#include <utility>

#include "models/app/command.hpp"
#include "models/app/live_setup.hpp"
#include "models/app/verbs/options.hpp"
#include "models/app/verbs/tensor_verbs.hpp"
#include "models/live/server.hpp"
#include "sim/base/cli/interrupts.hpp"
#include "sim/base/cli/streams.hpp"
#include "sim/base/document/document.hpp"

namespace papilio {
namespace {

Document served(const std::string& network, const ServerCounts& counts, double seconds) {
  Table table{.columns = {{"answered"}, {"batches"}, {"busy, %"}}, .rows = {}};
  table.rows.push_back({counts.answered, counts.batches,
                        seconds > 0 ? decimals(100 * counts.busy_s / seconds, 1) : none()});
  Table refused{.columns = {{"refused for", true}, {"requests"}}, .rows = {}};
  for (std::size_t i = 0; i < counts.refused.size(); ++i) {
    if (counts.refused[i] == 0) continue;
    refused.rows.push_back({std::string{kRefusals.at(i)}, counts.refused[i]});
  }
  Document document{.title = network + ", served",
                    .paragraphs = {},
                    .sections = {{.title = "Requests", .table = std::move(table)}}};
  if (!refused.rows.empty()) {
    document.sections.push_back({.title = "Refused", .table = std::move(refused)});
  }
  return document;
}

std::string parts_text(const LiveOffer& offer) {
  std::string text;
  for (const LivePart& part : offer.parts) text += (text.empty() ? "" : ", ") + part.text();
  return text;
}

}  // namespace

void serve_command(const Words& words) {
  CommandLine line = serve_line();
  VerbOptions options{line, "serve"};
  if (!line.parse(words)) return;
  const std::string format = options.text_of("format");
  check_format(format);
  LiveServerOptions serving{.listen = options.text_of("listen"),
                            .keys = live_keys(options, LiveSide::kServer)};
  check_address("serve", "listen", serving.listen);
  serving.refuse_open_addresses = !line.has("open");
  if (serving.refuse_open_addresses) check_listening(serving.listen, serving.keys);
  constexpr std::int64_t kMost = 1'000'000;
  serving.batch.size = static_cast<std::size_t>(options.whole_of("batch", 1, kMost));
  serving.batch.delay_s = options.real_of("batch-delay", 0, 3600);
  serving.queue = static_cast<std::size_t>(options.whole_of("queue", 1, kMost));
  if (serving.batch.size > serving.queue) {
    options.fail(
        fmt::format("a batch of {} never comes together where {} may wait; give --queue {} "
                    "or more",
                    serving.batch.size, serving.queue, serving.batch.size));
  }
  serving.tell = [](const std::string& text) { tell("papilio serve: " + text + "\n"); };
  const std::int64_t classes = options.whole_of("classes", 0, kMost);
  LiveSetup setup = live_setup(options, LiveSide::kServer,
                               classes > 0 ? std::optional<std::int64_t>{classes} : std::nullopt);
  if (setup.splits.empty()) options.fail("--after names no cut that could be served");
  catch_interrupts();
  const LiveOffer offer = offer_of(setup.graph.name(), setup.splits);
  TensorCloud cloud{std::move(setup.splits), setup.transform, setup.runtime.threads};
  LiveServer server{offer, cloud, std::move(serving)};
  const bool quiet = line.has("quiet");
  const auto begun = std::chrono::steady_clock::now();
  if (!quiet) {
    say(fmt::format("Serving {} at {}: {}. Ctrl-C ends it.\n", offer.network, server.address(),
                    parts_text(offer)));
    std::fflush(stdout);
  }
  constexpr std::chrono::milliseconds kPatience{50};
  while (!interrupted()) std::this_thread::sleep_for(kPatience);
  server.stop();
  const std::chrono::duration<double> lasted = std::chrono::steady_clock::now() - begun;
  if (!quiet) print(served(offer.network, server.counts(), lasted.count()), format, line.is_wide());
}

}  // namespace papilio
