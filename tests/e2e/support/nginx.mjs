/** gateway/deploy/nginx.conf in a real nginx, with its addresses and paths replaced by ours. */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import { freePort, repository, temporaryFolder } from './gateway.mjs';
import { Process, run } from './process.mjs';
import { Hopeless, until } from './wait.mjs';

export const name = 'stream.example.org';

export class Nginx {
    /** In front of a gateway on `port` that keeps its data in `data`. */
    static async start(port, data) {
        const self = new Nginx();
        self.folder = temporaryFolder();
        self.port = await freePort();
        const plain = await freePort();
        const [certificate, key] = ['fullchain.pem', 'privkey.pem'].map((file) =>
            join(self.folder, file),
        );
        await run('openssl', [
            'req',
            '-x509',
            '-newkey',
            'ec',
            '-pkeyopt',
            'ec_paramgen_curve:prime256v1',
            '-nodes',
            '-days',
            '2',
            '-subj',
            `/CN=${name}`,
            '-addext',
            `subjectAltName=DNS:${name}`,
            '-keyout',
            key,
            '-out',
            certificate,
        ]);
        mkdirSync(join(self.folder, 'cache'));
        const ours = readFileSync(join(repository, 'gateway/deploy/nginx.conf'), 'utf8')
            .replace(/^\s*listen \[::\].*$/gm, '')
            .replace(/listen 443/g, `listen 127.0.0.1:${self.port}`)
            .replace(/listen 80;/g, `listen 127.0.0.1:${plain};`)
            .replace(/server 127\.0\.0\.1:8080/, `server 127.0.0.1:${port}`)
            .replaceAll(`/etc/letsencrypt/live/${name}`, self.folder)
            .replaceAll('/var/cache/nginx/spillway', join(self.folder, 'cache'))
            .replaceAll('/var/lib/spillway', data);
        writeFileSync(join(self.folder, 'spillway.conf'), ours);
        const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
            .map((kind) => `${kind}_temp_path ${self.folder}/${kind};`)
            .join('\n');
        writeFileSync(
            join(self.folder, 'nginx.conf'),
            `
            daemon off;
            pid ${self.folder}/nginx.pid;
            error_log stderr;
            ${process.getuid() === 0 ? 'user root;' : ''}
            events { }
            http { include /etc/nginx/mime.types; ${temporary} include ${self.folder}/spillway.conf; }`,
        );
        self.process = new Process('nginx', [
            '-p',
            self.folder,
            '-c',
            join(self.folder, 'nginx.conf'),
            '-e',
            'stderr',
        ]);
        await until(
            'nginx',
            () =>
                new Promise((resolve, reject) => {
                    if (!self.process.alive) throw new Hopeless(self.process.said());
                    const socket = connect(self.port, '127.0.0.1', () => resolve(socket.destroy()));
                    socket.once('error', reject);
                }),
        );
        self.url = `https://${name}:${self.port}`;
        return self;
    }

    /** {status, headers, body} over TLS. */
    get(path, { method = 'GET', headers = {}, body = null } = {}) {
        return new Promise((resolve, reject) => {
            const asked = request(
                {
                    host: '127.0.0.1',
                    port: this.port,
                    servername: name,
                    path,
                    method,
                    rejectUnauthorized: false,
                    headers: { Host: `${name}:${this.port}`, ...headers },
                },
                (response) => {
                    const parts = [];
                    response.on('data', (part) => parts.push(part));
                    response.on('end', () =>
                        resolve({
                            status: response.statusCode,
                            headers: response.headers,
                            body: Buffer.concat(parts),
                        }),
                    );
                },
            );
            asked.on('error', reject);
            asked.end(body);
        });
    }

    async close() {
        await this.process.close();
        await run('rm', ['-rf', this.folder]);
    }
}
