/**
 * A test file: `const { test, shared } = suite(import.meta.url)`. Tests of a file run in order, one at a time.
 * What shared() makes is made when a test first asks for it and closed, last made first, after the file's
 * last test: so the selected tests of a file share a gateway and a publisher.
 */

import { basename } from 'node:path';

const files = new Map();

/**
 * `missing`: why this machine can't run the file, '' when it can. In continuous integration that is a failure.
 * `waits`: its tests wait more than they work and judge no pictures per second, so that the file may run beside
 * the others.
 */
export function suite(url, { missing = '', waits = false } = {}) {
    const name = basename(new URL(url).pathname, '.test.mjs');
    const file = { name, missing, waits, tests: [], open: [] };
    files.set(name, file);

    /** `run(t)`; t.defer(close) runs after the test, also after a failed one. */
    function test(title, run, { within = 60_000 } = {}) {
        file.tests.push({ title, run, within });
    }

    /** A function that makes its thing at the first call; the thing has close(). */
    function shared(make) {
        let made = null;
        return () => {
            made ??= (async () => {
                const thing = await make();
                file.open.push(thing);
                return thing;
            })();
            return made;
        };
    }
    return { test, shared };
}

export function suites() {
    return [...files.values()];
}

/** Closes what the file shares, last made first. */
export async function closeAll(file) {
    for (const thing of file.open.splice(0).reverse()) await thing.close();
}
