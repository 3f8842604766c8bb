import { crontab } from '../clients/crontab.ts';
import { loadConfiguration, type LoadedConfiguration } from '../config/load-configuration.ts';
import { readTextFile, type ReadFile } from '../config/read-text.ts';
import { RollbackError } from '../domain/errors.ts';
import type { Drivers } from '../domain/ports/driver.ts';
import type { Sources } from '../domain/ports/source.ts';
import type { Vault } from '../domain/ports/vault.ts';
import { connect, noEndpoints, type Surroundings } from './connections.ts';
import { driversFor, sourcesFor } from './registries.ts';

/** Nothing is sealed or opened while a configuration is read. */
const noVault: Vault = { seal: unsealed, open: unsealed, digest: unsealed, sign: unsealed };

/** Reads a configuration against the registries' schemas. The same path as a start, short of starting. */
export function load(
  path: string,
  surroundings: Surroundings,
  readFile: ReadFile = readTextFile,
): Promise<LoadedConfiguration> {
  return loadConfiguration({
    path,
    readFile,
    registries: registriesForReading(surroundings),
    crontab: crontab(),
    environment: surroundings.environment,
  });
}

/** The sources and drivers for their schemas and words. None of them may be asked or told anything. */
export function registriesForReading(surroundings: Surroundings): {
  readonly sources: Sources;
  readonly drivers: Drivers;
} {
  const connections = connect(noEndpoints, surroundings);
  const parts = {
    ...surroundings,
    docker: null,
    vault: noVault,
    backups: null,
    isDevelopment: () => false,
    worth: () => ({ risks: {}, stores: {} }),
    own: { containerId: null, hosts: [] },
    answers: false,
    channels: [],
    tell: () => Promise.resolve(),
    readings: null,
  };
  return {
    sources: sourcesFor(connections, surroundings, '/'),
    drivers: driversFor(connections, parts),
  };
}

function unsealed(): never {
  throw new RollbackError('CONFIG_INVALID', 'a configuration is read without a key');
}
