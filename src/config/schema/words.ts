/** What a signal reads, by its word in YAML; a test asks for all of them. */
export const sourceWords: Readonly<Record<string, string>> = {
  prometheus: 'A value by PromQL, from the Prometheus server',
  scrape: 'A value by PromQL, from pages that the daemon reads by itself',
  http: 'A probe: passes when the answer is as expected',
  sequence: 'A probe: passes when requests, one after the other, are answered as expected; later ones use earlier answers',
  docker: 'The container: running and healthy pass or fail; restarts, memory and cpu are values',
  logs: 'How many lines of a container, or of a file of the host, match a pattern',
  disk: 'What is free on a file system, as a ratio',
  checksum: 'A probe: passes when all files are as a manifest of checksums says',
  database: 'A data store: a probe that it answers, or one number out of it',
  rows: 'A probe: passes when the tables of a data store have the rows that a backup set counted',
  golden: 'A probe: passes when a file, an answer or the output of a program is as a golden file says',
  reports: 'How many people reported the same bug lately, as `rollbackd bug` entered it',
};

/** What several signals say as one. */
export const composingWords: Readonly<Record<string, string>> = {
  all: 'Breaches while all of these signals do',
  any: 'Breaches while any of these signals does',
};

/** What a step does, by its word in YAML. */
export const stepWords: Readonly<Record<string, string>> = {
  evidence: 'Keeps logs, inspection and readings before anything changes',
  'docker.rollback': 'Recreates the container from an earlier release',
  'docker.restart': 'Restarts the container as it is',
  'compose.rollback': 'Brings a Compose project to an earlier release, service by service',
  'compose.build': 'Builds services of a Compose project anew, and replaces what runs',
  'compose.restart': 'Restarts the containers of a Compose project as they are',
  'swarm.rollback': 'Brings a Swarm service to the specification of an earlier release',
  'link.rollback': 'Lets a `current` link lead to an earlier release',
  'git.checkout_paths': 'Takes files and folders from a commit into a working copy on this host',
  'git.reset': 'Resets the branch of a working copy on this host to a commit of its past',
  'git.tag': 'Leaves an annotated tag, in a working copy or at the remote',
  'git.revert': 'Takes commits back and pushes that',
  backup: 'Makes a backup set and reads it back, for the steps after it that replace data',
  'database.backup': 'Makes a backup set of databases alone and reads it back, without a recipe',
  'database.restore': 'Brings a database back from a backup set: beside, counted, then switched to',
  'database.revert': 'Runs a declared script that takes a migration back, if the schema has the version that it is for',
  'write.quiesce': 'Holds writes off until the rollback is over, and lets them pass again on every path',
  'file.restore': 'Brings files and folders back from a backup set',
  'volume.snapshot': 'Copies Docker volumes into a backup set, with what writes to them stopped meanwhile',
  'volume.restore': 'Brings a Docker volume back from a backup set; the content from before is kept',
  'flags.set': 'Sets keys in a YAML, JSON or dotenv file, and keeps the rest as it is; or a flag over HTTP or in a Redis',
  'directory.clear': 'Empties a folder, such as a cache',
  'cache.invalidate': 'Takes keys out of a Redis, by pattern in batches or all at once',
  'objects.restore': 'Brings the objects under a prefix of a bucket back to their versions of an instant',
  'process.stop': 'Stops a service of systemd, the process of a pid file, or what a program stops',
  'process.restart': 'Restarts a service of systemd, the process of a pid file, or what a program restarts',
  'offsets.reset': 'Sets the offsets of a Kafka consumer group: as recorded, to an end, or to an instant',
  command: 'Runs a program of allowed_programs, never through a shell',
  http: 'Sends a request',
  wait: 'Lets time pass',
  notify: 'Tells people',
};
