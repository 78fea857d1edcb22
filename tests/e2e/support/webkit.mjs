/** WebKitGTK by its WebDriver, under Xvfb: the nearest thing to Safari on this system. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './gateway.mjs';
import { Process } from './process.mjs';
import { until } from './wait.mjs';

const browser = '/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser';

export class WebKit {
    static async start() {
        const self = new WebKit();
        self.home = mkdtempSync(join(tmpdir(), 'spillway-webkit-'));
        // Xvfb finds a free display by itself and says which on descriptor 3.
        self.display = new Process(
            'Xvfb',
            ['-displayfd', '3', '-screen', '0', '1280x800x24', '-nolisten', 'tcp'],
            { stdio: ['ignore', 'pipe', 'pipe', 'pipe'] },
        );
        let number = '';
        self.display.pipe(3).on('data', (part) => {
            number += part;
        });
        await until('display of Xvfb', () => number.includes('\n'));
        const port = await freePort();
        self.url = `http://127.0.0.1:${port}`;
        self.driver = new Process('WebKitWebDriver', [`--port=${port}`], {
            env: {
                ...process.env,
                DISPLAY: `:${number.trim()}`,
                HOME: self.home,
                XDG_RUNTIME_DIR: self.home,
                WEBKIT_GST_ENABLE_HLS_SUPPORT: '1',
                WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1',
                LIBGL_ALWAYS_SOFTWARE: '1',
                GDK_BACKEND: 'x11',
                NO_AT_BRIDGE: '1',
                WEBKIT_DISABLE_DMABUF_RENDERER: '1',
            },
        });
        await until('WebKitWebDriver', () => self.#request('GET', '/status'), { within: 15_000 });
        const { sessionId } = await self.#request('POST', '/session', {
            capabilities: {
                alwaysMatch: {
                    'webkitgtk:browserOptions': {
                        binary: browser,
                        args: ['--automation', '--autoplay-policy=allow'],
                    },
                },
            },
        });
        self.session = `/session/${sessionId}`;
        return self;
    }

    async #request(method, path, body) {
        const response = await fetch(this.url + path, {
            method,
            body: body && JSON.stringify(body),
            headers: { 'Content-Type': 'application/json' },
        });
        const { value } = await response.json();
        if (!response.ok) throw new Error(`WebKit: ${value.message ?? value.error}`);
        return value;
    }

    async open(url) {
        await this.#request('POST', `${this.session}/url`, { url });
    }

    /** Runs a function in the page; it may return a promise. */
    async call(work, ...args) {
        const script = `const done = arguments[arguments.length - 1];
            Promise.resolve((${work})(...[].slice.call(arguments, 0, -1)))
                .then((value) => done({ value }), (error) => done({ error: String(error) }));`;
        const { value, error } = await this.#request('POST', `${this.session}/execute/async`, {
            script,
            args,
        });
        if (error) throw new Error(error);
        return value;
    }

    async close() {
        if (this.session) await this.#request('DELETE', this.session).catch(() => {});
        await this.driver?.close();
        await this.display.close();
        rmSync(this.home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    }
}
