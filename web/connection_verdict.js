/** From single results to one sentence for whoever wants to publish, and what to do. */

const delay = 'it works, with some more delay.';
const names = { udp: 'UDP', tcp: 'TCP', tls: 'TLS' };
const otherNetwork = 'Or try another network, such as the hotspot of a phone.';
const operator = 'Tell whoever runs this server: “spillway check-relay” says why.';

/** "UDP port 3478, TCP port 5349": what would have to be open to one relay. */
function ports(relays) {
    const texts = relays.map(({ transport, port }) => `${transport === 'udp' ? 'UDP' : 'TCP'} port ${port}`);
    return [...new Set(texts)].join(', ');
}

/** "to relay.example.org (UDP port 3478, TCP port 3478)" for each relay. */
function places(relays) {
    const hosts = [...new Set(relays.map(({ host }) => host))];
    return hosts.map((host) => `${host} (${ports(relays.filter((relay) => relay.host === host))})`).join(' and ');
}

/** Why none of the ways works that the server allows. */
function nothing(relays, wantsRelay) {
    if (wantsRelay && !relays.length) {
        return { sentence: 'This server wants a relay to be used, and offers none.', advice: operator };
    }
    if (!relays.length) {
        return {
            sentence: 'Nothing gets out: packets from here don’t reach this server, and it offers no relay.',
            advice: `Ask your network’s administrator to allow UDP to ${location.hostname}, or whoever runs this `
                + `server for a relay. ${otherNetwork}`,
        };
    }
    if (relays.some(({ relayed }) => relayed)) {
        return {
            sentence: 'The relay answers, but packets through it don’t reach this server.', advice: operator,
        };
    }
    if (relays.some(({ refused }) => refused)) {
        return { sentence: 'The relay answers, but refuses this server’s credentials.', advice: operator };
    }
    const allow = `Ask your network’s administrator to allow ${places(relays)}.`;
    if (wantsRelay) {
        return {
            sentence: 'The relay does not answer from this network, and this server wants it to be used.',
            advice: `${allow} ${otherNetwork} Does that not help? ${operator}`,
        };
    }
    return {
        sentence: 'Nothing gets out: neither this server nor its relay answers from this network.',
        advice: `${allow} ${otherNetwork}`,
    };
}

/**
 * `direct` is {ok}, each relay {ok, transport, host, port, relayed, refused}; `policy` that of the server's
 * configuration. The result is {good, sentence, advice}; there may be no advice.
 */
export function verdict({ policy, direct, relays }) {
    const only = policy === 'relay';
    if (!only && direct.ok) {
        return { good: true, sentence: 'Your network lets you publish directly.', advice: '' };
    }
    const working = relays.filter(({ ok }) => ok).map(({ transport }) => transport);
    if (working.includes('udp')) {
        const sentence = only ? 'You can publish through the relay.' : 'Only through the relay: it works.';
        return { good: true, sentence, advice: '' };
    }
    if (working.length) {
        const way = names[working.includes('tcp') ? 'tcp' : 'tls'];
        return { good: true, sentence: `Only through the relay over ${way}: ${delay}`, advice: '' };
    }
    return { good: false, ...nothing(relays, only) };
}
