/** Firefox over Marionette: length-prefixed JSON on a TCP port (Debian 12 has no WebDriver for it). */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './gateway.mjs';
import { Process } from './process.mjs';
import { boundPorts } from './sockets.mjs';
import { bounded, Hopeless, until } from './wait.mjs';

const executable = process.env.FIREFOX ?? '/usr/bin/firefox';

function preferences(port) {
    const values = {
        'marionette.port': port,
        'media.navigator.streams.fake': true,
        'media.navigator.permission.disabled': true,
        'media.devices.insecure.enabled': true, // a microphone for pages of another computer by http
        'media.getusermedia.insecure.enabled': true,
        'media.autoplay.default': 0,
        'media.autoplay.blocking_policy': 0,
        'media.gmp-manager.updateEnabled': false,
        'browser.shell.checkDefaultBrowser': false,
        'datareporting.policy.dataSubmissionEnabled': false,
        'app.update.enabled': false,
        'network.captive-portal-service.enabled': false,
        'network.connectivity-service.enabled': false,
    };
    return Object.entries(values)
        .map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`)
        .join('');
}

export class Firefox {
    #socket;
    #buffer = Buffer.alloc(0);
    #waiting = new Map();
    #last = 0;

    /** On a `host` of network.mjs; with `certificates: false` it believes any. */
    static async start({ host = null, certificates = true } = {}) {
        const self = new Firefox();
        self.profile = mkdtempSync(join(tmpdir(), 'spillway-firefox-'));
        const port = await freePort();
        writeFileSync(join(self.profile, 'user.js'), preferences(port));
        const words = ['--headless', '--marionette', '--no-remote', '--profile', self.profile];
        self.process = new Process(
            ...(host?.command(executable, words) ?? [executable, words]),
            { env: { ...process.env, HOME: self.profile, MOZ_CRASHREPORTER_DISABLE: '1' } },
        );
        try {
            await self.#connect(port, host);
            await self.command('WebDriver:NewSession', { acceptInsecureCerts: !certificates });
        } catch (error) {
            await self.close();
            throw error;
        }
        return self;
    }

    async #connect(port, host) {
        await until(
            'Firefox on its Marionette port',
            () => {
                if (!this.process.alive) throw new Hopeless(this.process.said());
                return boundPorts(this.process.pid, 'tcp').includes(port);
            },
            { within: 30_000 },
        );
        this.#socket = connect(host ? await host.forward(port, '127.0.0.1') : port, '127.0.0.1');
        const greeted = new Promise((resolve) => {
            this.#waiting.set('hello', resolve);
        });
        this.#socket.on('data', (part) => this.#onData(part));
        this.#socket.on('error', () => {});
        await bounded('greeting of Firefox', greeted, 10_000);
    }

    #onData(part) {
        this.#buffer = Buffer.concat([this.#buffer, part]);
        for (;;) {
            const colon = this.#buffer.indexOf(':');
            if (colon < 0) return;
            const end = colon + 1 + Number(this.#buffer.subarray(0, colon));
            if (this.#buffer.length < end) return;
            const message = JSON.parse(this.#buffer.subarray(colon + 1, end));
            this.#buffer = this.#buffer.subarray(end);
            const id = Array.isArray(message) ? message[1] : 'hello';
            this.#waiting.get(id)?.(message);
            this.#waiting.delete(id);
        }
    }

    async command(name, parameters, within = 30_000) {
        const id = ++this.#last;
        const answered = new Promise((resolve) => {
            this.#waiting.set(id, resolve);
        });
        const text = Buffer.from(JSON.stringify([0, id, name, parameters]));
        this.#socket.write(`${text.length}:`);
        this.#socket.write(text);
        const [, , error, result] = await bounded(`answer of Firefox to ${name}`, answered, within);
        if (error) throw new Error(`Firefox: ${error.message}`);
        return result;
    }

    async open(url) {
        await this.command('WebDriver:Navigate', { url });
    }

    /** Value of an expression in the page. */
    async value(expression) {
        const script = `return (${expression});`;
        return (await this.command('WebDriver:ExecuteScript', { script, args: [] })).value;
    }

    /** Waits for the page's data-state, as pageState() of browser.mjs. */
    async pageState(state, within = 25_000) {
        await until(
            `page of Firefox that is ${state}`,
            async () => {
                const seen = await this.value(
                    'document.body.dataset.state + ": " + document.body.innerText',
                );
                if (seen.startsWith(`${state}:`)) return true;
                throw new Error(seen);
            },
            { within },
        );
    }

    async close() {
        this.#socket?.destroy();
        await this.process.close();
        rmSync(this.profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    }
}
