/** Listens to /api/v1/events: keeps every event with the time of its arrival. */

import { until } from './wait.mjs';

export class Events {
    all = []; // {name, data, at}
    #stop = new AbortController();

    static async listen(gateway, headers = {}) {
        const self = new Events();
        const response = await fetch(`${gateway.url}/api/v1/events`, {
            signal: self.#stop.signal,
            headers,
        });
        if (!response.ok) throw new Error(`events: ${response.status}`);
        self.#read(response.body).catch(() => {});
        return self;
    }

    async #read(body) {
        const decoder = new TextDecoder();
        let text = '';
        for await (const part of body) {
            text += decoder.decode(part, { stream: true });
            const blocks = text.split('\n\n');
            text = blocks.pop();
            for (const block of blocks) this.#take(block);
        }
    }

    #take(block) {
        const field = (name) =>
            block
                .split('\n')
                .filter((line) => line.startsWith(`${name}:`))
                .map((line) => line.slice(name.length + 1).trim())
                .join('\n');
        if (field('data')) {
            this.all.push({
                name: field('event'),
                data: JSON.parse(field('data')),
                at: performance.now(),
            });
        }
    }

    /** The first event of that name for which `match(data)` holds. */
    first(name, match, within = 10_000) {
        return until(
            `event ${name}`,
            () => this.all.find((event) => event.name === name && match(event.data)),
            { within },
        );
    }

    async close() {
        this.#stop.abort();
    }
}
