/** The native publisher: pre-encoded media by WHIP, the same each time. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { publisherTool, repository } from './gateway.mjs';
import { Process, run } from './process.mjs';
import { Hopeless, until } from './wait.mjs';

const folder = process.env.SPILLWAY_MEDIA ?? '/tmp/spillway-media';

/** Path of what make_media.sh made: 'vp8.webm' or 'h264.mkv'. */
export async function media(name) {
    const file = join(folder, name);
    if (!existsSync(file)) {
        await run('bash', [join(repository, 'tests/support/make_media.sh'), folder], {
            within: 600_000,
        });
    }
    return file;
}

/** For --relay: the first relay that a gateway hands out, of that transport, with its credentials. */
export async function relayAddress(gateway, stream, transport = 'udp') {
    const { iceServers } = await gateway.json(`/api/v1/ice?stream=${stream}`);
    const all = iceServers.flatMap((server) =>
        [server.urls].flat().map((url) => ({ ...server, url })),
    );
    const { url, username, credential } = all.find(
        (server) => server.url.startsWith('turn:') && server.url.endsWith(`transport=${transport}`),
    );
    const [user, password] = [username, credential].map(encodeURIComponent);
    return url.replace('turn:', `turn://${user}:${password}@`);
}

export class Publisher {
    /** `options` are further words of test-publisher's command line. Resolves when it sends. */
    static async start(
        gateway,
        stream,
        { file = 'vp8.webm', options = [], sending = true, host = null } = {},
    ) {
        const publisher = new Publisher();
        const url = `${host ? gateway.publicUrl : gateway.url}/whip/${stream}`;
        const words = ['--url', url, '--media', await media(file), '--loop', ...options];
        publisher.process = new Process(
            ...(host?.command(publisherTool, words) ?? [publisherTool, words]),
        );
        if (sending) await publisher.event('first-rtp');
        return publisher;
    }

    get events() {
        return this.process.lines
            .filter((line) => line.startsWith('{'))
            .map((line) => JSON.parse(line));
    }

    /** The event of that name; rejects when the publisher ended without it. */
    event(name, within = 15_000) {
        return until(
            `event ${name} of the publisher`,
            () => {
                const found = this.events.find((event) => event.event === name);
                if (!found && !this.process.alive) throw new Hopeless(this.process.said());
                return found;
            },
            { within },
        );
    }

    async close() {
        await this.process.close();
    }
}
