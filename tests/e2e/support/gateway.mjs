/** A fresh gateway with its own port, data and run directory. */

import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { childrenOf, isAlive, nameOf, Process } from './process.mjs';
import { Hopeless, until } from './wait.mjs';

const build = resolve(
    process.env.SPILLWAY_BUILD ?? new URL('../../../build', import.meta.url).pathname,
);
export const spillway = join(build, 'gateway/spillway');
export const publisherTool = join(build, 'tests/support/publisher/test-publisher');
export const bareReceiver = join(build, 'tests/bench/bare-receiver');
export const repository = new URL('../../../', import.meta.url).pathname;

const ranges = 90; // of 100 RTP ports
let lastRange = Math.floor(Math.random() * ranges);

/** A folder that also a process without root may enter. */
export function temporaryFolder() {
    const folder = mkdtempSync(join(tmpdir(), 'spillway-e2e-'));
    chmodSync(folder, 0o755);
    return folder;
}

export async function freePort() {
    const server = createServer();
    await new Promise((done) => {
        server.listen(0, '127.0.0.1', done);
    });
    const { port } = server.address();
    await new Promise((done) => {
        server.close(done);
    });
    return port;
}

/** Settings file text from {group: {key: value}}. */
export function settingsText(settings) {
    return Object.entries(settings)
        .map(
            ([group, keys]) =>
                `[${group}]\n${Object.entries(keys)
                    .map(([key, value]) => `${key}=${value}\n`)
                    .join('')}`,
        )
        .join('\n');
}

export class Gateway {
    /**
     * `settings` is {group: {key: value}}; `folder` keeps data of a former gateway; `args` are added to the
     * command line. `ready: false` does not wait for it to answer. On a `host` of network.mjs it listens on that
     * one's address, where others find it at `publicUrl`.
     */
    static async start({
        settings = {},
        folder = null,
        port = 0,
        args = [],
        ready = true,
        data = null,
        env = {},
        host = null,
    } = {}) {
        const gateway = new Gateway();
        gateway.ownsFolder = !folder;
        gateway.folder = folder ?? temporaryFolder();
        gateway.data = data ?? join(gateway.folder, 'data');
        gateway.port = port || (await freePort());
        const address = `${host?.address ?? '127.0.0.1'}:${gateway.port}`;
        gateway.publicUrl = `http://${address}`;
        gateway.url = host
            ? `http://127.0.0.1:${await host.forward(gateway.port)}`
            : gateway.publicUrl;
        const runtime = join(gateway.folder, 'runtime');
        mkdirSync(runtime, { recursive: true });
        lastRange = (lastRange + 1) % ranges;
        const first = 21_000 + lastRange * 100; // not where another gateway sends
        const file = join(gateway.folder, 'spillway.conf');
        writeFileSync(
            file,
            settingsText({ rtp: { ports: `${first}-${first + 99}` }, ...settings }),
        );
        const words = ['--config', file, '--listen', address, '--data', gateway.data, ...args];
        gateway.process = new Process(
            ...(host?.command(spillway, words) ?? [spillway, words]),
            { env: { ...process.env, XDG_RUNTIME_DIR: runtime, ...env }, cwd: gateway.folder },
        );
        if (ready) {
            try {
                await until('healthy gateway', () => gateway.#healthy(), { within: 15_000 });
            } catch (error) {
                await gateway.close();
                throw new Error(`${error.message}: ${gateway.process.said()}`);
            }
        }
        return gateway;
    }

    async #healthy() {
        if (!this.process.alive) throw new Hopeless(`it ended with ${this.process.code}`);
        return (await fetch(`${this.url}/healthz`)).status === 200;
    }

    get pid() {
        return this.process.pid;
    }

    /** Ids of the pipeline processes, spare included. */
    pipelines() {
        return childrenOf(this.pid).filter((pid) => isAlive(pid) && nameOf(pid) !== 'turnserver');
    }

    /** Id of the embedded relay's process; undefined while there is none. */
    relay() {
        return childrenOf(this.pid).find((pid) => isAlive(pid) && nameOf(pid) === 'turnserver');
    }

    /** JSON of GET `path`; undefined unless 2xx. */
    async json(path, options = {}) {
        const response = await fetch(this.url + path, options);
        return response.ok ? response.json() : undefined;
    }

    stream(name) {
        return this.json(`/api/v1/streams/${name}`);
    }

    async recordings() {
        return (await this.json('/api/v1/recordings')).recordings;
    }

    /** The stream's description once its first pictures are encoded. */
    async live(name, within = 15_000) {
        const found = await until(
            `live stream ${name}`,
            async () => {
                const stream = await this.stream(name);
                return stream?.state === 'live' && stream.video ? stream : null;
            },
            { within },
        ).catch((error) => {
            throw new Error(`${error.message}; gateway: ${this.process.said()}`);
        });
        return found;
    }

    /** Once the playlist lists `segments` or more. */
    async listed(name, segments = 1, within = 20_000) {
        await until(
            `playlist of ${name} with ${segments} segments`,
            async () => {
                const { text } = await this.mediaPlaylist(name);
                return text.split('#EXTINF').length > segments;
            },
            { within },
        );
    }

    /** {url, text} of the media playlist behind the multivariant one. */
    async mediaPlaylist(name) {
        const top = new URL(`/live/${name}/index.m3u8`, this.url);
        const text = await this.text(top);
        const variant = text
            .split('\n')
            .map((line) => line.trim())
            .find((line) => line && !line.startsWith('#'));
        const url = new URL(variant, top);
        return { url, text: await this.text(url), master: text };
    }

    async text(url) {
        const response = await fetch(new URL(url, this.url));
        if (!response.ok) throw new Error(`${url}: ${response.status}`);
        return response.text();
    }

    /** The newest recording of a stream once it is an ordinary MP4. */
    finished(stream, within = 20_000) {
        return until(
            `finished recording of ${stream}`,
            async () =>
                (await this.recordings()).find(
                    (recording) => recording.stream === stream && recording.state === 'finished',
                ),
            { within },
        );
    }

    async close() {
        await this.process.close(12_000);
        if (this.ownsFolder && existsSync(this.folder)) {
            rmSync(this.folder, { recursive: true, force: true });
        }
    }
}
