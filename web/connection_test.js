/** “Test my connection”: tries every way to the server, says in one sentence what works, and shows the rest. */

import { getJson } from './api.js';
import { verdict } from './connection_verdict.js';
import { probe } from './path_probe.js';
import { relayAddress, relaysOf, stunServers } from './relay_urls.js';

const atOnce = 4; // the server answers eight tests at the same time, of everybody
const tryAgain = 6; // times, when it answers others
const pause = 2_000; // ms

const element = (id) => document.getElementById(id);
const transports = { udp: 'UDP', tcp: 'TCP', tls: 'TLS' };
let running = null; // AbortController of the test that is shown

/** As probe(), but waits for its turn while others test. */
async function probeInTurn(configuration, attempt = 1) {
    try {
        return await probe(configuration);
    } catch (error) {
        if (error.status !== 503 || attempt === tryAgain) throw error;
        await new Promise((resolve) => {
            setTimeout(resolve, pause);
        });
        return probeInTurn(configuration, attempt + 1);
    }
}

/** What is tried: {title, configuration} and, of relays, where they are. */
function waysOf({ iceServers }) {
    const relays = relaysOf(iceServers).map((server) => {
        const address = relayAddress(server.urls);
        return {
            title: `Relay ${address.host} over ${transports[address.transport]}, port ${address.port}`,
            configuration: { iceServers: [server], iceTransportPolicy: 'relay' }, ...address,
        };
    });
    return [{ title: 'Directly', configuration: { iceServers: stunServers(iceServers) } }, ...relays];
}

/** Each way with its result, in the same order; `onDone(number)` after each. Rejects when one can't be tried. */
async function tryAll(ways, signal, onDone) {
    const results = [];
    let next = 0;
    const work = async () => {
        while (next < ways.length && !signal.aborted) {
            const index = next++;
            results[index] = { ...ways[index], ...await probeInTurn(ways[index].configuration) };
            onDone(results.filter(Boolean).length);
        }
    };
    await Promise.all(Array.from({ length: atOnce }, work));
    return results;
}

function describe({ ok, milliseconds, relayed, refused, words }, isRelay) {
    if (ok) return `works, ${milliseconds} ms`;
    const what = !isRelay ? 'nothing comes back' : relayed ? 'answers, but nothing comes through it'
        : refused ? 'refuses the credentials' : 'no answer';
    return words.length ? `${what} (${words.join('; ')})` : what;
}

/** `outcome` is running, good or bad. */
function show(outcome, sentence, advice = '') {
    element('connection-test').dataset.outcome = outcome;
    element('test-sentence').textContent = sentence;
    element('test-advice').textContent = advice;
    element('test-advice').hidden = !advice;
    element('test-again').disabled = outcome === 'running';
}

function showDetails(results) {
    element('test-results').replaceChildren(...results.map((result, index) => {
        const row = document.createElement('tr');
        const title = document.createElement('th');
        title.scope = 'row';
        title.textContent = result.title;
        const outcome = document.createElement('td');
        outcome.textContent = describe(result, index > 0);
        outcome.dataset.ok = result.ok;
        row.append(title, outcome);
        return row;
    }));
    element('test-details').hidden = !results.length;
}

async function run(stream) {
    running?.abort();
    const { signal } = running = new AbortController();
    show('running', 'Testing… This can take ten seconds.');
    showDetails([]);
    try {
        const configuration = await getJson(`/api/v1/ice?stream=${stream}`);
        const ways = waysOf(configuration);
        const results = await tryAll(ways, signal, (count) => {
            if (!signal.aborted) show('running', `Testing… ${count} of ${ways.length} done.`);
        });
        if (signal.aborted) return;
        const [direct, ...relays] = results;
        const { good, sentence, advice } = verdict({ policy: configuration.iceTransportPolicy, direct, relays });
        show(good ? 'good' : 'bad', sentence, advice);
        showDetails(results);
    } catch (error) {
        if (signal.aborted) return;
        show('bad', error.status ? `The server can’t test just now: ${error.message}` : 'The server can’t be reached.');
    }
}

/** Lets the button open the dialog and test for publishing `stream`. */
export function offerConnectionTest(button, stream) {
    const dialog = element('connection-test');
    button.addEventListener('click', () => {
        dialog.showModal();
        run(stream);
    });
    element('test-again').addEventListener('click', () => run(stream));
    element('test-close').addEventListener('click', () => dialog.close());
    dialog.addEventListener('close', () => running?.abort());
}
