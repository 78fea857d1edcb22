/** Child processes: started, listened to line by line, ended by their id. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { bounded, Hopeless, until } from './wait.mjs';

const running = new Set();

export class Process {
    lines = []; // of standard output
    errors = []; // of standard error
    code = null; // exit status, or the signal's name
    #child;
    #exited;

    /** `options` as for spawn(); stdio beyond the third are the caller's pipes (`pipe(n)`). */
    constructor(command, args, options = {}) {
        this.name = `${command} ${args[0] ?? ''}`;
        this.#child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
        running.add(this);
        const collect = (stream, into) =>
            stream && createInterface({ input: stream }).on('line', (line) => into.push(line));
        collect(this.#child.stdout, this.lines);
        collect(this.#child.stderr, this.errors);
        this.#exited = new Promise((resolve) => {
            this.#child.once('error', (error) => {
                this.errors.push(error.message);
                this.#gone(127, resolve);
            });
            this.#child.once('close', (code, signal) => this.#gone(code ?? signal, resolve));
        });
    }

    get pid() {
        return this.#child.pid;
    }

    get alive() {
        return this.code === null;
    }

    get stdin() {
        return this.#child.stdin;
    }

    pipe(number) {
        return this.#child.stdio[number];
    }

    signal(name) {
        if (this.alive) this.#child.kill(name);
    }

    /** The exit status, or the name of the signal that ended it. */
    exit(within = 10_000) {
        return bounded(`exit of ${this.name}`, this.#exited, within);
    }

    /** The first line of standard output (or error) that matches. */
    line(pattern, within = 10_000) {
        const look = () => [...this.lines, ...this.errors].find((line) => pattern.test(line));
        return until(
            `line ${pattern} of ${this.name}`,
            () => {
                const found = look();
                if (!found && !this.alive)
                    throw new Hopeless(`it ended with ${this.code}: ${this.said()}`);
                return found;
            },
            { within },
        );
    }

    said() {
        return [...this.lines, ...this.errors].slice(-8).join(' | ');
    }

    /** SIGTERM, and SIGKILL when that is not enough. */
    async close(within = 5_000) {
        if (!this.alive) return;
        this.signal('SIGTERM');
        try {
            await this.exit(within);
        } catch {
            this.signal('SIGKILL');
            await this.exit(5_000);
        }
    }

    #gone(code, resolve) {
        this.code = code;
        running.delete(this);
        resolve(code);
    }
}

/** Runs to the end; rejects when it fails. Resolves to its output. */
export async function run(command, args, { within = 30_000, ...options } = {}) {
    const process = new Process(command, args, options);
    try {
        const code = await process.exit(within);
        if (code !== 0) throw new Error(`${command} ended with ${code}: ${process.said()}`);
        return process.lines.join('\n');
    } finally {
        process.signal('SIGKILL');
    }
}

/** Output of a command as bytes; what it says on standard error is in the error. */
export async function bytesOf(command, args, { within = 30_000, ...options } = {}) {
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    const parts = [];
    let said = '';
    child.stdout.on('data', (part) => parts.push(part));
    child.stderr.on('data', (part) => {
        said = (said + part).slice(-2000);
    });
    try {
        const [code] = await bounded(`end of ${command}`, once(child, 'close'), within);
        if (code !== 0) throw new Error(`${command} ended with ${code}: ${said}`);
    } finally {
        child.kill('SIGKILL');
    }
    return Buffer.concat(parts);
}

/** For the runner, when it is told to stop. */
export function killAll() {
    for (const process of running) process.signal('SIGKILL');
}

/** Ids of the children of a process. */
export function childrenOf(pid) {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
        .trim()
        .split(/\s+/)
        .filter(Boolean)
        .map(Number);
}

export function isAlive(pid) {
    try {
        return !/^State:\s*Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
    } catch {
        return false;
    }
}

/** What a process was started as; empty when it is gone. */
export function nameOf(pid) {
    try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[0];
    } catch {
        return '';
    }
}
