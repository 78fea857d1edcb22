/** node run.mjs [PATTERN]: runs the tests whose "file: title" matches, and says how it went. */

import { readdirSync } from 'node:fs';
import { killAll } from './support/process.mjs';
import { closeAll, suites } from './support/suite.mjs';
import { bounded } from './support/wait.mjs';

const closingTime = 30_000;

const pattern = new RegExp(process.argv[2] ?? '', 'i');
const failed = [];
let passed = 0;

async function runTest(file, { title, run, within }) {
    const name = `${file.name}: ${title}`;
    const started = performance.now();
    const deferred = [];
    const seconds = () => ((performance.now() - started) / 1000).toFixed(1);
    let reason = null;
    try {
        await bounded('end of the test', run({ defer: (close) => deferred.push(close) }), within);
    } catch (error) {
        reason = error.message || String(error);
        if (process.env.SPILLWAY_E2E_TRACE) console.log(error.stack);
    }
    for (const close of deferred.reverse()) {
        try {
            await bounded('end of what the test opened', close(), closingTime);
        } catch (error) {
            reason ??= error.message;
        }
    }
    if (reason === null) {
        ++passed;
        console.log(`ok ${name} (${seconds()} s)`);
    } else {
        failed.push(name);
        console.log(`FAILED ${name} (${seconds()} s): ${reason}`);
    }
}

/** What can't run here fails in continuous integration, and is told of elsewhere. */
function tellMissing(file, chosen) {
    for (const { title } of chosen) {
        const name = `${file.name}: ${title}`;
        if (process.env.CI) failed.push(name);
        console.log(`${process.env.CI ? 'FAILED' : 'skipped'} ${name}: ${file.missing}`);
    }
}

async function runFile(file) {
    const chosen = file.tests.filter(({ title }) => pattern.test(`${file.name}: ${title}`));
    if (file.missing) {
        tellMissing(file, chosen);
        return;
    }
    for (const test of chosen) await runTest(file, test);
    try {
        await bounded(`end of what ${file.name} shares`, closeAll(file), closingTime);
    } catch (error) {
        failed.push(file.name);
        console.log(`FAILED ${file.name}: ${error.message}`);
    }
}

for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, () => {
        killAll();
        process.exit(1);
    });
}
const folder = new URL('.', import.meta.url);
for (const name of readdirSync(folder)
    .filter((entry) => entry.endsWith('.test.mjs'))
    .sort()) {
    await import(new URL(name, folder));
}
async function runAll(files) {
    for (const file of files) await runFile(file);
}
await Promise.all([
    runAll(suites().filter(({ waits }) => !waits)),
    runAll(suites().filter(({ waits }) => waits)),
]);
killAll();
console.log(`${passed} passed, ${failed.length} failed`);
if (failed.length) console.log(failed.map((name) => `  ${name}`).join('\n'));
process.exit(failed.length ? 1 : 0);
