/** HTTP as no client library sends it. */

import { connect } from 'node:net';
import { bounded } from './wait.mjs';

export class RawConnection {
    received = '';
    closed = false;
    #waiting = [];

    static async open(gateway) {
        const self = new RawConnection();
        self.socket = connect(gateway.port, '127.0.0.1');
        self.socket.on('data', (part) =>
            self.#change(() => {
                self.received += part.toString('latin1');
            }),
        );
        self.socket.on('close', () =>
            self.#change(() => {
                self.closed = true;
            }),
        );
        self.socket.on('error', () => {});
        await bounded(
            'connection',
            new Promise((resolve, reject) => {
                self.socket.once('connect', resolve);
                self.socket.once('error', reject);
            }),
            5_000,
        );
        return self;
    }

    #change(make) {
        make();
        this.#waiting = this.#waiting.filter((look) => !look());
    }

    send(text) {
        if (!this.closed) this.socket.write(text, 'latin1');
    }

    /** Once `look()` holds, looked at after each arrival. */
    #once(what, look, within) {
        if (look()) return Promise.resolve();
        return bounded(
            what,
            new Promise((resolve) => {
                this.#waiting.push(() => {
                    if (look()) resolve();
                    return look();
                });
            }),
            within,
        );
    }

    /** Status of the (first) answer. */
    async status(within = 5_000) {
        await this.#once('answer', () => this.received.includes('\r\n') || this.closed, within);
        return Number(/^HTTP\/1\.\d (\d+)/.exec(this.received)?.[1] ?? 0);
    }

    ended(within) {
        return this.#once('end of the connection', () => this.closed, within);
    }

    async close() {
        this.socket.destroy();
    }
}

/** Sends text on a connection of its own; the status of the answer, 0 when there was none. */
export async function statusOf(gateway, text, within = 5_000) {
    const connection = await RawConnection.open(gateway);
    connection.send(text);
    try {
        return await connection.status(within);
    } finally {
        await connection.close();
    }
}
