/** A service that hands out TURN servers, as the test lets it behave. */

import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';

/** The three shapes of answer, for one relay. */
export const shapes = {
    stunner: (url, { username, credential }) => ({
        iceServers: [{ url, username, credential }],
        iceTransportPolicy: 'relay',
    }),
    rest: (url, { username, credential }, ttl = 3600) => ({
        username,
        password: credential,
        ttl,
        uris: [url],
    }),
    configuration: (url, { username, credential }) => ({
        iceServers: [
            { urls: 'stun:stun.example.org' },
            { urls: [url], username, credential },
        ],
        iceTransportPolicy: 'all',
    }),
};

export class IceService {
    requests = []; // {url, headers} in the order of their coming
    /** (request, response): what it does. */
    behave = (request, response) => response.end('{}');
    #server;
    #sockets = new Set();

    /** `tls` is {key, cert}. */
    static async start(tls = null) {
        const self = new IceService();
        const listener = (request, response) => {
            self.requests.push({ url: request.url, headers: request.headers });
            response.on('error', () => {});
            self.behave(request, response);
        };
        self.#server = tls ? createTlsServer(tls, listener) : createServer(listener);
        self.#server.on('connection', (socket) => {
            self.#sockets.add(socket);
            socket.on('error', () => {});
            socket.on('close', () => self.#sockets.delete(socket));
        });
        await new Promise((done) => {
            self.#server.listen(0, '127.0.0.1', done);
        });
        self.url = `${tls ? 'https' : 'http'}://127.0.0.1:${self.#server.address().port}/ice`;
        return self;
    }

    /** From now on it answers this: an object as JSON, or text. */
    answers(body, { status = 200, headers = {}, after = 0 } = {}) {
        const text = typeof body === 'string' ? body : JSON.stringify(body);
        this.behave = (_, response) => {
            setTimeout(() => response.writeHead(status, headers).end(text), after);
        };
    }

    get connections() {
        return this.#sockets.size;
    }

    async close() {
        for (const socket of this.#sockets) socket.destroy();
        await new Promise((done) => {
            this.#server.close(done);
        });
    }
}
