// Every bound on a queue, wait, retry and buffer, in one place. Units are in the names.

export const limits = {
  /** Largest payload of one unary gRPC message; REAPI asks servers to accept 4 MiB. */
  grpcMessageBytesMax: 4 * 1024 * 1024,
  /** Total blob bytes put into one BatchUpdateBlobs or BatchReadBlobs; the rest of the message is headers. */
  batchBlobBytesMax: 3 * 1024 * 1024,
  /** A stream costs a third less CPU in pieces of 1 MiB than in pieces of 256 KiB; REAPI servers take up to 4 MiB. */
  byteStreamChunkBytes: 1024 * 1024,
  /** Blobs from this size on are sent by a connection of their own. */
  bulkBlobBytesMin: 1024 * 1024,
  /** Such a blob of which nothing could be sent for this long is given up; the last answer may take as long. */
  bulkSilenceMs: 30_000,

  /** A job is tried on this many nodes before the client is told to compile locally. */
  attemptsMax: 3,
  /** Jobs waiting for a worker when none is left: how long before the client is told. */
  noWorkerGraceMs: 5_000,
  queuedJobsMax: 200_000,
  /** A job that runs longer is ended and counts as the farm's failure. */
  jobTimeoutMs: 20 * 60_000,
  heartbeatIntervalMs: 1_000,
  /** A worker silent for this long has lost its leases. */
  leaseExpiryMs: 6_000,
  /** Failures in a row (each job that ends well halves the count) that send a node into quarantine. */
  quarantineTrouble: 3,
  quarantineMsFirst: 5_000,
  quarantineMsMax: 300_000,
  /** A worker whose stream broke has this long to come back before its leases go to other nodes. */
  brokenStreamGraceMs: 2_500,
  /** A worker that came back without naming a lease may still report its result for this long. */
  leaseReattachMs: 2_000,
  /** Assigned and not started (inputs are on their way) for longer than this: the lease is lost. */
  leaseStartMsMax: 120_000,
  /** The worker ends a job at its timeout; the coordinator gives up on the lease this much later. */
  leaseTimeoutSlackMs: 15_000,
  /** A cancelled lease keeps its slot until the worker confirms, at most this long. */
  leaseCancelMsMax: 10_000,
  /** A job begins and ends with at least this much free on the node's disk, or its result is not trusted. */
  jobDiskBytesMin: 64 * 1024 * 1024,
  jobDiskInodesMin: 2_000,
  /** A data directory that is in use: asked for again this long, because the lock of a process that was killed outlives it for a moment. */
  dataLockMsMax: 1_000,
  dataLockRetryMs: 50,
  /** Lost nodes are shown in the status for this long. */
  lostNodeMs: 600_000,
  /** Heartbeats of a node without leases; changes that matter are told at once. */
  idleHeartbeatIntervalMs: 10_000,
  /** A node without leases that is silent for this long is lost. */
  idleExpiryMs: 25_000,
  nodesMax: 65_535,
  nodeSlotsMax: 4_096,
  nodeSpeedMin: 0.01,
  nodeSpeedMax: 100,
  /** More than any machine has: figures above these are refused. */
  nodeCoresMax: 4_096,
  nodeMemoryBytesMax: 2 ** 50,
  nodeLoadMax: 1_000_000,
  /** Of what nodes say for people, and of names and numbers that come with it. */
  nodeReasonCharsMax: 200,
  schedulerTickMs: 250,
  /** Keys of which the costs are remembered; four a job. */
  historyEntriesMax: 400_000,
  /** Costs that were learnt are on disk after this time; earlier when so many are waiting. */
  historyWriteMs: 1_000,
  historyPendingMax: 4_000,
  /** Looking through a whole database at the start. */
  historyProbeMsMax: 60_000,
  /** Moves of running jobs that are kept for `mosix ps` and the status. */
  decisionsMax: 1_000,
  /** A job is moved this often by the scheduler itself; a person may move it more often. */
  movesMax: 4,
  /** A running job is looked at for the first time after a fifth of its expected time, and this at most; and then again and again. */
  firstLookMsMax: 5_000,
  lookAgainMsMax: 5_000,
  /** Guests of a node whose owner came back have left it after this time. */
  ownerLeaveMsMax: 5_000,
  /** Longest time that a node may be held for a measurement. */
  holdMsMax: 120_000,
  /** Sentences about one job that a client keeps for `mosix why`. */
  storyLinesMax: 50,
  /** `mosix tune`: the node is held for this long at a time, and how long it may take until its running jobs have ended. */
  tuneHoldMs: 60_000,
  tuneIdleWaitMsMax: 15 * 60_000,
  /** Largest mosix.map that is read: 65,535 lines with options. */
  nodeMapBytesMax: 16 * 1024 * 1024,
  /** An operation that nobody watches any more is cancelled after this time (clients cut streams and come back). */
  abandonedOperationMs: 3_000,
  finishedOperationsMax: 4_096,
  /** Entries (files and directories) of all Directory and Tree blobs that the coordinator keeps parsed. */
  parsedEntriesMax: 500_000,
  /** Blobs kept in memory after they were written, and the largest one that is. */
  recentBlobBytesMax: 64 * 1024 * 1024,
  recentBlobSizeMax: 1024 * 1024,
  /** Blobs of a directory stay pinned this long after the last job that used it: the next job wants them too. */
  directoryPinMs: 10_000,
  idleDirectoriesMax: 100_000,
  /** Missing blobs named in one answer; the client uploads these and asks again. */
  missingViolationsMax: 10_000,
  /** Output bytes put into one ActionResult that a client asked to have inline. */
  inlineBytesMax: 3 * 1024 * 1024,
  /** Directories in one message of GetTree. */
  getTreePageEntriesMax: 1_000,
  /** Longest timeout that an action may ask for; `jobTimeoutMs` is what it gets when it asks for none. */
  actionTimeoutMsMax: 4 * 60 * 60_000,
  /** A change of stage is told to clients this much later, so that most compiles cost no extra message. */
  operationStageDelayMs: 1_000,
  operationUpdateMs: 20_000,
  /** How long a finished operation may still be asked for with WaitExecution. */
  finishedOperationMs: 60_000,

  daemonIdleExitMs: 15 * 60_000,
  rpcDeadlineMs: 10_000,
  /** Per MiB on top of rpcDeadlineMs: a line of 128 KiB/s is slow, not dead. Peers that are dead are found by keepalive. */
  rpcDeadlineMsPerMiB: 8_000,
  reconnectMsFirst: 250,
  reconnectMsMax: 5_000,
  /** Daemon to launcher while it waits. The launcher gives up after the silence in `packages/launcher/src/bounds.h`. */
  launcherPingMs: 5_000,
  launcherFrameBytesMax: 256 * 1024 * 1024,

  /** Longer paths do not fit under a sandbox root (PATH_MAX is 4096 with the root's own prefix). */
  inputPathBytesMax: 3_500,
  inputFilesMax: 50_000,
  inputBytesMax: 4 * 1024 * 1024 * 1024,
  outputBytesMax: 2 * 1024 * 1024 * 1024,
  /** Sources and headers of one unit: more end the scan, and the job is compiled locally. */
  includeFilesMax: 20_000,

  /** How long a command-line tool waits for the daemon's answer to a question. */
  daemonReplyMsMax: 5_000,
  daemonStartMsMax: 15_000,
  /** `mosix up`: until the coordinator listens, and again until all workers (each runs a benchmark first) have joined. */
  farmStartMsMax: 60_000,
  /** What `mosix-make` may spend to learn the farm's size before the build begins. */
  farmQuestionMsMax: 1_500,
  /** `mosix down`: between the request to drain, the request to stop now, and the kill. */
  processEndMsMax: 10_000,

  /** Largest message that our own servers and clients accept; batches stay far below (`grpcMessageBytesMax`). */
  grpcReceiveBytesMax: 64 * 1024 * 1024,
  /** A ping on a connection with calls under way; a peer that does not answer it is gone. */
  keepaliveIntervalMs: 20_000,
  keepaliveTimeoutMs: 10_000,
  flowControlWindowBytes: 4 * 1024 * 1024,
  serverCloseGraceMsMax: 60_000,

  /** When the disk is full though the store is not: this share of the store is given up before a write is tried once more. */
  storeFullEvictShare: 1 / 16,
  /** Files written this shortly before a power cut may never have reached the disk; kernels write back within half a minute. */
  storeWriteBackMs: 120_000,
  /** Blobs of one BatchUpdateBlobs, BatchReadBlobs or FindMissingBlobs call. */
  batchBlobsMax: 4_000,
  findMissingDigestsMax: 20_000,
  /** Calls that one remote store has under way for a list of blobs. */
  remoteBatchesAtOnceMax: 4,

  /** Entries of all Directory messages that a worker keeps parsed between jobs. */
  workerParsedEntriesMax: 400_000,
  /** Leases that wait for a slot and fetch their inputs meanwhile, at the same time. */
  prefetchesAtOnceMax: 4,
  /** A worker looks at its machine this often; what changed that matters is told at once. With a policy for owners it looks more often. */
  machineSampleIntervalMs: 1_000,
  ownerSampleIntervalMs: 400,
  /** While jobs run: how often free memory is looked at, and the share of all memory below which a job is ended. */
  memoryWatchIntervalMs: 100,
  memoryFreeShareMin: 0.03,
  /** Small input blobs that a worker holds in memory on their way into its store. */
  fetchBytesAtOnceMax: 24 * 1024 * 1024,
  /** A result that was sent this shortly before its stream broke may not have arrived (a dead connection shows after a keepalive): it
   *  is sent again on the next stream. */
  resultResendMs: 35_000,
  /** Outputs that cannot be uploaded for this long make the job a failure of the farm. */
  uploadMsMax: 60_000,
  /** Compiler messages up to this size travel inside the result. */
  stdioInlineBytesMax: 64 * 1024,
  stdioBytesMax: 64 * 1024 * 1024,
  /** A worker that leaves waits this long for the coordinator to end the stream. */
  streamEndMsMax: 2_000,
  /** A worker that is told to end waits this long for running jobs, and as long for results to leave. */
  drainMsMax: 30 * 60_000,
  /** How long a worker looks for its coordinator at start before it says that there is none. */
  workerJoinMsMax: 15_000,
} as const;
