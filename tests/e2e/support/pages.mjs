/** Serves tests/e2e/pages, and hls.js, on an origin of its own. */

import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { repository } from './gateway.mjs';

const folder = new URL('../pages/', import.meta.url).pathname;
const types = { html: 'text/html', js: 'text/javascript' };

export class Pages {
    static async serve() {
        const self = new Pages();
        self.server = createServer(async (request, response) => {
            const name = basename(new URL(request.url, 'http://localhost').pathname);
            const file =
                name === 'hls.min.js'
                    ? join(repository, 'web/node_modules/hls.js/dist', name)
                    : join(folder, name);
            try {
                const body = await readFile(file);
                response.setHeader(
                    'Content-Type',
                    types[name.split('.').at(-1)] ?? 'application/octet-stream',
                );
                response.end(body);
            } catch {
                response.statusCode = 404;
                response.end();
            }
        });
        await new Promise((done) => {
            self.server.listen(0, '127.0.0.1', done);
        });
        return self;
    }

    url(page) {
        return `http://127.0.0.1:${this.server.address().port}/${page}`;
    }

    async close() {
        this.server.closeAllConnections();
        await new Promise((done) => {
            this.server.close(done);
        });
    }
}
