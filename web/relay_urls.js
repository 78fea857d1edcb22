/** Addresses of relays and STUN servers (RFC 7064, RFC 7065). */

/** {transport: 'udp' | 'tcp' | 'tls', host, port} of a turn: or turns: URL; null for others. */
export function relayAddress(url) {
    const [, scheme, host, port, query] = /^(turns?):(\[[^\]]+\]|[^:?]+)(?::(\d+))?(?:\?(.*))?$/i.exec(url) ?? [];
    if (!host) return null;
    const secure = scheme.toLowerCase() === 'turns';
    const transport = secure ? 'tls' : /transport=tcp/i.test(query ?? '') ? 'tcp' : 'udp';
    return { transport, host, port: Number(port) || (secure ? 5349 : 3478) };
}

/** The servers of an RTCConfiguration as relays with one URL each. */
export function relaysOf(iceServers = []) {
    return iceServers.flatMap(({ urls, ...credentials }) => [urls].flat()
        .filter((url) => relayAddress(url)).map((url) => ({ urls: url, ...credentials })));
}

/** What tells a browser its address from outside: stun: servers, and relays over UDP, which do that too. */
export function stunServers(iceServers = []) {
    const urls = iceServers.flatMap((server) => server.urls).map((url) => {
        const address = relayAddress(url);
        if (address?.transport === 'udp') return `stun:${address.host}:${address.port}`;
        return address ? null : url;
    });
    return [...new Set(urls.filter(Boolean))].map((url) => ({ urls: url }));
}
