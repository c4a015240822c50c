#!/bin/sh
# A Slurm cluster of this machine alone, for tests: munged, slurmctld and slurmd in a folder of their own.
#   slurm_cluster.sh start DIR    starts it and waits until it takes jobs; DIR/slurm.conf is its SLURM_CONF;
#                                 where that cannot be, DIR/why tells the reason
#   slurm_cluster.sh stop DIR     ends what it started
set -eu

action=$1
dir=$2
PATH=$PATH:/usr/sbin:/sbin

stop() {
  for name in slurmd slurmctld munged; do
    [ -f "$dir/$name.pid" ] || continue
    kill "$(cat "$dir/$name.pid")" 2>/dev/null || true
  done
}

# give_up REASON
give_up() {
  echo "$1" >"$dir/why"
  stop
  exit 1
}

# last_of NAME: what a daemon's log, or its stderr, says last.
last_of() {
  cat "$dir/log/$1.err" "$dir/log/$1.log" 2>/dev/null | grep -v '^$' | tail -n 1
}

# start NAME COMMAND...
start() {
  name=$1
  shift
  "$@" 2>"$dir/log/$name.err" || give_up "$name is installed and does not start: $(last_of "$name")"
}

# free_port FROM: the first TCP port from there on that nobody listens on.
free_port() {
  port=$1
  while grep -qi ":$(printf '%04X' "$port") 00000000:0000 0A" /proc/net/tcp; do port=$((port + 1)); done
  echo "$port"
}

if [ "$action" = stop ]; then
  stop
  exit 0
fi

mkdir -p "$dir/state" "$dir/spool" "$dir/log"
for program in munged slurmctld slurmd sbatch squeue sinfo; do
  command -v "$program" >/dev/null || give_up "there is no $program; packages slurm-wlm and munge"
done
host=$(hostname -s)
head -c 1024 /dev/urandom >"$dir/munge.key"
chmod 400 "$dir/munge.key"
# --force: the folder may belong to a parent that others may write into, as /tmp does.
start munged munged --force --key-file="$dir/munge.key" --socket="$dir/munge.socket" --pid-file="$dir/munged.pid" \
  --log-file="$dir/log/munged.log" --seed-file="$dir/munge.seed"

controller=$(free_port $((20000 + $$ % 10000)))
daemon=$(free_port $((controller + 1)))
cat >"$dir/slurm.conf" <<CONF
ClusterName=papilio
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$controller
SlurmdPort=$daemon
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$dir/munge.socket,cred_expire=5
CredType=cred/munge
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd.pid
SlurmctldLogFile=$dir/log/slurmctld.log
SlurmdLogFile=$dir/log/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
SchedulerParameters=sched_interval=1,batch_sched_delay=0
KillWait=2
MinJobAge=3600
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) State=UNKNOWN
PartitionName=all Nodes=$host Default=YES MaxTime=INFINITE State=UP
CONF

export SLURM_CONF="$dir/slurm.conf"
start slurmctld slurmctld
start slurmd slurmd
tries=0
until sinfo --noheader --format=%t 2>/dev/null | grep -q idle; do
  tries=$((tries + 1))
  if [ "$tries" -gt 100 ]; then
    give_up "slurmd runs and takes no jobs: $(last_of slurmd)"
  fi
  sleep 0.2
done
