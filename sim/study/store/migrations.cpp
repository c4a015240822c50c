#include "sim/study/store/schema.hpp"

namespace papilio {
namespace {

// These texts are frozen: databases that users have were made by them, to the letter. A change of
// the schema is a new text at the end, never an edit of one that was released.

// Version 1: scenarios of cells.
constexpr const char* kVersion1 = R"sql(
CREATE TABLE study (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  digest TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL CHECK (kind IN ('cells', 'fleet')),
  method TEXT NOT NULL CHECK (method IN ('simulation', 'closed-form')),
  definition TEXT NOT NULL,
  base TEXT NOT NULL,
  axes TEXT NOT NULL,
  keys TEXT NOT NULL,
  points INTEGER NOT NULL,
  model_version INTEGER NOT NULL,
  papilio TEXT NOT NULL,
  used INTEGER NOT NULL
);
CREATE TABLE point (
  study INTEGER NOT NULL REFERENCES study (id),
  number INTEGER NOT NULL,
  hash BLOB NOT NULL,
  replicate INTEGER NOT NULL,
  seed INTEGER NOT NULL,
  axes TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('done', 'failed')),
  error TEXT,
  PRIMARY KEY (study, number)
) WITHOUT ROWID;
CREATE INDEX point_by_hash ON point (hash);
CREATE TABLE summary (
  study INTEGER NOT NULL,
  number INTEGER NOT NULL,
  row INTEGER NOT NULL,
  "strategy" TEXT,
  "network" TEXT,
  "cut" TEXT,
  "channels" INTEGER,
  "bits" INTEGER,
  "codec" TEXT,
  "energy_model" TEXT,
  "payload_bytes" INTEGER,
  "n" INTEGER,
  "latency_s" REAL,
  "mobile_s" REAL,
  "uplink_s" REAL,
  "cloud_s" REAL,
  "downlink_s" REAL,
  "energy_j" REAL,
  "mobile_j" REAL,
  "uplink_j" REAL,
  "downlink_j" REAL,
  "speedup_latency" REAL,
  "speedup_energy" REAL,
  "accuracy" REAL,
  PRIMARY KEY (study, number, row),
  FOREIGN KEY (study, number) REFERENCES point (study, number)
) WITHOUT ROWID;
)sql";

// Version 2: fleets.
constexpr const char* kVersion2 = R"sql(CREATE TABLE fleet_summary (
  study INTEGER NOT NULL,
  number INTEGER NOT NULL,
  row INTEGER NOT NULL,
  "strategy" TEXT,
  "mobiles" TEXT,
  "window" TEXT,
  "arrived" INTEGER,
  "completed" INTEGER,
  "dropped" INTEGER,
  "failed" INTEGER,
  "late" INTEGER,
  "retries" INTEGER,
  "fell_back" INTEGER,
  "throughput_per_s" REAL,
  "latency_s" REAL,
  "latency_ci_s" REAL,
  "p50_s" REAL,
  "p50_ci_s" REAL,
  "p95_s" REAL,
  "p95_ci_s" REAL,
  "p99_s" REAL,
  "p99_ci_s" REAL,
  "queue_s" REAL,
  "mobile_s" REAL,
  "promotion_s" REAL,
  "uplink_s" REAL,
  "delay_s" REAL,
  "wait_s" REAL,
  "service_s" REAL,
  "backhaul_s" REAL,
  "downlink_s" REAL,
  "recovery_s" REAL,
  "energy_j" REAL,
  "compute_j" REAL,
  "promotion_j" REAL,
  "transmit_j" REAL,
  "receive_j" REAL,
  "tail_j" REAL,
  "idle_j" REAL,
  "server_s" REAL,
  "saved_s" REAL,
  "mobile_share" REAL,
  "regret_s" REAL,
  "regret_ci_s" REAL,
  "accuracy" REAL,
  PRIMARY KEY (study, number, row),
  FOREIGN KEY (study, number) REFERENCES point (study, number)
) WITHOUT ROWID;
CREATE TABLE fleet_record (
  study INTEGER NOT NULL,
  number INTEGER NOT NULL,
  row INTEGER NOT NULL,
  "strategy" TEXT,
  "replication" INTEGER,
  "mobiles" TEXT,
  "mobile" INTEGER,
  "request" INTEGER,
  "arrival_s" REAL,
  "end" TEXT,
  "partition" TEXT,
  "image" TEXT,
  "attempts" INTEGER,
  "fell_back" INTEGER,
  "late" INTEGER,
  "payload_bytes" REAL,
  "latency_s" REAL,
  "queue_s" REAL,
  "mobile_s" REAL,
  "promotion_s" REAL,
  "uplink_s" REAL,
  "delay_s" REAL,
  "wait_s" REAL,
  "service_s" REAL,
  "backhaul_s" REAL,
  "downlink_s" REAL,
  "recovery_s" REAL,
  "energy_j" REAL,
  "compute_j" REAL,
  "promotion_j" REAL,
  "transmit_j" REAL,
  "receive_j" REAL,
  "tail_j" REAL,
  "idle_j" REAL,
  PRIMARY KEY (study, number, row),
  FOREIGN KEY (study, number) REFERENCES point (study, number)
) WITHOUT ROWID;
)sql";

// Version 3: names of partitions and limits of accuracy. Partitions that were stored without a name
// get the one that `partition_labels` gives them: those of one point are of one scenario.
constexpr const char* kVersion3 = R"sql(ALTER TABLE summary ADD COLUMN "partition" TEXT;
ALTER TABLE summary ADD COLUMN "admitted" INTEGER;
ALTER TABLE fleet_summary ADD COLUMN "admitted" INTEGER;

UPDATE summary SET partition =
  CASE WHEN cut IS NULL THEN strategy WHEN strategy = 'split' THEN 'split ' || cut ELSE cut END ||
  CASE WHEN (SELECT count(DISTINCT coalesce(o.channels, 0) || '/' || coalesce(o.bits, 0))
             FROM summary AS o
             WHERE o.study = summary.study AND o.number = summary.number AND
                   o.strategy = summary.strategy AND o.cut IS summary.cut AND
                   o.codec IS summary.codec) > 1
       THEN coalesce('/' || channels, '') || '/' || coalesce(bits, 0) || 'bit' ELSE '' END ||
  CASE WHEN coalesce(codec, 'raw') = 'raw' THEN '' ELSE '/' || codec END;
)sql";

// Version 4: the propagation delay, and what a study's tables must say.
constexpr const char* kVersion4 = R"sql(ALTER TABLE summary ADD COLUMN "delay_s" REAL;
ALTER TABLE study ADD COLUMN notes TEXT NOT NULL DEFAULT '[]';
)sql";

// Version 5: an edge in scenarios of cells.
constexpr const char* kVersion5 = R"sql(ALTER TABLE summary ADD COLUMN "edge_s" REAL;
ALTER TABLE summary ADD COLUMN "backhaul_s" REAL;
ALTER TABLE summary ADD COLUMN "edge_after" TEXT;
)sql";

// Version 6: what the strategies of fleets are, which scenarios of cells call their strategy.
constexpr const char* kVersion6 = R"sql(ALTER TABLE fleet_summary ADD COLUMN "strategy_kind" TEXT;
)sql";

// Version 7: decoders that generate token by token.
constexpr const char* kVersion7 = R"sql(ALTER TABLE summary ADD COLUMN "first_token_s" REAL;
ALTER TABLE summary ADD COLUMN "per_token_s" REAL;
ALTER TABLE summary ADD COLUMN "token_bytes" REAL;
)sql";

}  // namespace

const std::vector<std::string>& schema_steps() {
  static const std::vector<std::string> kSteps{kVersion1, kVersion2, kVersion3, kVersion4,
                                               kVersion5, kVersion6, kVersion7};
  return kSteps;
}

}  // namespace papilio
