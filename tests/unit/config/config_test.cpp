#include "gateway/config/command_line.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

namespace {

std::string errorsOf(const std::string& text) {
    const auto config = config::parse(text, "my.conf");
    std::string all;
    if (!config) {
        for (const base::Error& error : config.error()) {
            all += error.message + "\n";
        }
    }
    return all;
}

std::string complaints(const ice::Settings& settings) {
    config::Config config;
    config.relay = settings;
    std::string all;
    for (const base::Error& error : config::checkTogether(config)) {
        all += error.message + "\n";
    }
    return all;
}

std::string conf() {
    std::ifstream file(SPILLWAY_CONF);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

std::variant<config::Command, config::ExitMessage> run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "spillway");
    std::vector<char*> argv;
    for (std::string& argument : arguments) {
        argv.push_back(argument.data());
    }
    argv.push_back(nullptr);
    return config::readCommandLine(static_cast<int>(arguments.size()), argv.data());
}

} // namespace

TEST_CASE("The listed defaults are accepted as they stand") {
    std::string text = conf();
    CHECK(config::parse(text, "spillway.conf"));
    for (std::size_t at = text.find("\n#"); at != std::string::npos;
         at = text.find("\n#", at + 1)) {
        if (text[at + 2] != ' ') {
            text.erase(at + 1, 1);
        }
    }
    CHECK(errorsOf(text).empty());
    CHECK(config::parse("", "empty"));
}

TEST_CASE("Settings reach their parts") {
    const auto config =
        config::parse("[server]\nlisten = [::1]:9000 \nhosts = a.example; b.example;\n"
                      "[video]\nbitrate=4000\ngop-seconds=2\n[rtp]\nports=30000-30099\n"
                      "[access]\nview-token=12345678\n[recording]\nminimum-free-mb=5\n",
                      "x");
    REQUIRE(config);
    CHECK(config->server.address == "::1");
    CHECK(config->server.port == 9000);
    CHECK(config->server.hosts == std::vector<std::string>{"a.example", "b.example"});
    CHECK(config->video.bitrate == base::Bitrate::kilobits(4000));
    CHECK(config->video.gop == base::Milliseconds(2000));
    CHECK(config->rtp.lastPort == 30099);
    CHECK(config->access.viewToken == "12345678");
    CHECK(config->recording.minimumFree == 5'000'000);
}

TEST_CASE("Every mistake is named with file, group and key") {
    const std::string errors = errorsOf("[server]\nlistn=x\nlisten=nowhere\n[sever]\na=b\n"
                                        "[video]\nbitrate=fast\n[rtp]\nports=5-6\n");
    CHECK(errors.find("my.conf: [server] listn is not known") != std::string::npos);
    CHECK(errors.find("my.conf: [server] listen must be") != std::string::npos);
    CHECK(errors.find("my.conf: there is no group [sever]") != std::string::npos);
    CHECK(errors.find("my.conf: [video] bitrate must be a whole number") != std::string::npos);
    CHECK(errors.find("my.conf: [rtp] ports must be") != std::string::npos);
    CHECK(errorsOf("nonsense\n").find("my.conf: ") == 0);
}

TEST_CASE("Relays reach their part as they are meant") {
    const auto config = config::parse(
        "[relay]\nembedded=no\nlisten=192.0.2.1; ::1\nport=3478\npolicy=relay\n"
        "stun=stun:a.example; STUN:b.example:3479;\n"
        "urls=turn:c.example?transport=tcp;turns:[2001:db8::1]\nsecret=a secret\nttl=30\n"
        "fixed-urls=turn:d.example\nusername=u\ncredential=p\n"
        "service-url=https://turn.example:8088/ice?service=turn&username=me\n"
        "service-headers=Authorization: Bearer a b ;X-Key:k\n",
        "x");
    REQUIRE(config);
    const ice::Settings& settings = config->relay;
    CHECK(settings.embedded == ice::Settings::Embedded::No);
    CHECK(settings.listen == std::vector<std::string>{"192.0.2.1", "::1"});
    CHECK(settings.port == 3478);
    CHECK(settings.policy == ice::Policy::Relay);
    CHECK(settings.stun == std::vector<std::string>{"stun:a.example", "stun:b.example:3479"});
    CHECK(settings.urls ==
          std::vector<std::string>{"turn:c.example?transport=tcp", "turns:[2001:db8::1]"});
    CHECK(settings.secret == "a secret");
    CHECK(settings.ttl == std::chrono::seconds(30));
    CHECK(settings.serviceUrl == "https://turn.example:8088/ice?service=turn&username=me");
    CHECK(settings.serviceHeaders == std::vector<std::pair<std::string, std::string>>{
                                         {"Authorization", "Bearer a b"}, {"X-Key", "k"}});
    CHECK(config::checkTogether(*config).empty());
}

TEST_CASE("How publishers reach the pipelines, as it is meant") {
    const auto config = config::parse("[ice]\nports=40000-40199\npublic-address=203.0.113.7\n"
                                      "interfaces=eth0; 2001:db8::1\nipv6=no\nuse-relay=yes\n"
                                      "[relay]\nurls=turn:a.example;turns:a.example\nsecret=hush\n",
                                      "x");
    REQUIRE(config);
    CHECK(config->ice.firstPort == 40000);
    CHECK(config->ice.lastPort == 40199);
    CHECK(config->ice.publicAddress == "203.0.113.7");
    CHECK(config->ice.interfaces == std::vector<std::string>{"eth0", "2001:db8::1"});
    CHECK_FALSE(config->ice.ipv6);
    CHECK(config->useRelay);
    CHECK(config::checkTogether(*config).empty());
    const auto any = config::parse("[ice]\nports=\npublic-address=\n", "x");
    REQUIRE(any);
    CHECK(any->ice.firstPort == 0);
}

TEST_CASE("Spillway itself uses relays elsewhere, and without TLS") {
    const auto complaint = [](const std::string& relay) {
        const auto config = config::parse("[ice]\nuse-relay=yes\n[relay]\n" + relay, "x");
        REQUIRE(config);
        const auto errors = config::checkTogether(*config);
        return errors.empty() ? "" : errors.front().message;
    };
    CHECK(complaint("").find("needs a relay elsewhere") != std::string::npos);
    CHECK(complaint("urls=turns:a.example\nsecret=hush\n").find("over TLS (turns:)") !=
          std::string::npos);
    CHECK(complaint("fixed-urls=turns:a.example;turn:a.example\nusername=u\ncredential=p\n") == "");
    CHECK(complaint("service-url=https://turn.example/ice\n") == "");
}

TEST_CASE("Ports of media that come and ports of media that go are apart") {
    for (const char* ports : {"20900-21100", "19000-20000", "20100-20200", "10000-30000"}) {
        INFO(ports);
        const auto config = config::parse(std::string("[ice]\nports=") + ports + "\n", "x");
        REQUIRE(config);
        const auto errors = config::checkTogether(*config);
        REQUIRE(errors.size() == 1);
        CHECK(errors[0].message.find("must not overlap") != std::string::npos);
    }
    CHECK(config::checkTogether(*config::parse("[ice]\nports=21000-21099\n", "x")).empty());
}

TEST_CASE("A wrong address of a relay is named, a secret never") {
    CHECK(errorsOf("[relay]\nurls=turn:a;turn:b c:x\n")
              .find("my.conf: [relay] urls \"turn:b c:x\"") == 0);
    CHECK(errorsOf("[relay]\nservice-headers=Bearer hush\n").find("hush") == std::string::npos);
    CHECK(errorsOf("[relay]\nsecret=h\xc3\xbcsh\n").find("sh") == std::string::npos);
}

TEST_CASE("Values that do not fit") {
    for (const char* line : {"[server]\nlisten=127.0.0.1",
                             "[server]\nlisten=127.0.0.1:70000",
                             "[server]\nlisten=::1:80",
                             "[server]\nlisten=[127.0.0.1]:80",
                             "[server]\nlisten=example.org:80",
                             "[server]\ndata=",
                             "[server]\ntrusted-proxy=maybe",
                             "[server]\nx-accel=recordings",
                             "[access]\nopen=1",
                             "[access]\nview-token=short",
                             "[access]\nview-token=with a space",
                             "[limits]\nstreams=-1",
                             "[limits]\nconnections=1e3",
                             "[video]\npreset=placebo",
                             "[video]\nframe-rate=0",
                             "[hls]\nwindow=2",
                             "[rtp]\ndestination=example.org",
                             "[rtp]\ndestination=255.255.255.255",
                             "[rtp]\ndestination=0.0.0.0",
                             "[rtp]\nports=20000",
                             "[rtp]\nports=30000-20000",
                             "[rtp]\nttl=0",
                             "[rtp]\nallowed-destinations=10.0.0.0/33",
                             "[log]\nlevel=loud",
                             "[relay]\nembedded=maybe",
                             "[relay]\nlisten=0.0.0.0",
                             "[relay]\nlisten=relay.example",
                             "[relay]\nport=65536",
                             "[relay]\nport=443",
                             "[relay]\npolicy=none",
                             "[relay]\nstun=turn:a",
                             "[relay]\nstun=stun://a",
                             "[relay]\nurls=stun:a",
                             "[relay]\nurls=turn:a:99999",
                             "[relay]\nurls=turn:a;turn:b?transport=sctp",
                             "[relay]\nurls=turns:a?transport=udp",
                             "[relay]\nfixed-urls=a",
                             "[relay]\nsecret=\xc3\xa4",
                             "[relay]\nttl=29",
                             "[relay]\nttl=86401",
                             "[relay]\nttl=1h",
                             "[relay]\nservice-url=turn.example/ice",
                             "[relay]\nservice-url=ftp://turn.example/ice",
                             "[relay]\nservice-url=http:///ice",
                             "[relay]\nservice-url=https://me:pw@turn.example/",
                             "[relay]\nservice-url=https://turn.example/#x",
                             "[relay]\nservice-headers=Authorization",
                             "[relay]\nservice-headers=A b: c",
                             "[relay]\nservice-headers=: c",
                             "[ice]\nports=40000",
                             "[ice]\nports=40000-40003",
                             "[ice]\nports=80-90",
                             "[ice]\npublic-address=live.example",
                             "[ice]\npublic-address=0.0.0.0",
                             "[ice]\npublic-address=127.0.0.1",
                             "[ice]\npublic-address=fe80::1",
                             "[ice]\npublic-address=224.0.0.1",
                             "[ice]\ninterfaces=a-name-that-is-too-long",
                             "[ice]\ninterfaces=eth0/24",
                             "[ice]\nipv6=maybe",
                             "[ice]\nuse-relay=2"}) {
        INFO(line);
        CHECK_FALSE(config::parse(line, "x"));
    }
}

TEST_CASE("The command line") {
    REQUIRE(std::holds_alternative<config::Command>(run({})));
    CHECK(std::get<config::Command>(run({})).task == config::Command::Task::Serve);
    CHECK(std::get<config::Command>(run({"check-relay"})).task ==
          config::Command::Task::CheckRelay);
    const auto set = run({"--listen", "127.0.0.1:0", "--data=/somewhere"});
    REQUIRE(std::holds_alternative<config::Command>(set));
    CHECK(std::get<config::Command>(set).config.server.port == 0);
    CHECK(std::get<config::Command>(set).config.data == "/somewhere");

    const auto status = [](std::vector<std::string> arguments) {
        const auto result = run(std::move(arguments));
        const auto* said = std::get_if<config::ExitMessage>(&result);
        return said ? said->status : -1;
    };
    CHECK(status({"--version"}) == 0);
    CHECK(status({"--check-config"}) == 0);
    CHECK(status({"--nonsense"}) == 64);
    CHECK(status({"nonsense"}) == 64);
    CHECK(status({"--listen", "nowhere"}) == 64);
    CHECK(status({"--listen", "0.0.0.0:8080"}) == 78);
    CHECK(status({"--config", "/does/not/exist"}) == 78);
    CHECK(status({"--config", SPILLWAY_CONF, "--check-config"}) == 0);
}

TEST_CASE("Settings that do not go together") {
    config::Config config;
    CHECK(config::checkTogether(config).empty());
    config.video.gop = base::Milliseconds(3000);
    config.recording.accelPrefix = "/x/";
    config.server.address = "0.0.0.0";
    config.relay.urls = {"turn:a"};
    config.relay.fixedUrls = {"turn:b"};
    CHECK(config::checkTogether(config).size() == 5);
}

TEST_CASE("Settings of relays that need each other") {
    using ice::Settings;
    CHECK(complaints({}).empty());
    Settings shared;
    shared.urls = {"turn:a"};
    CHECK(complaints(shared).find("[relay] urls needs secret or secret-file") == 0);
    Settings settings = shared;
    settings.secret = "logen";
    settings.realm = "example.org";
    CHECK(complaints(settings).empty());
    settings.secretFile = "/nonexistent/secret";
    CHECK(complaints(settings).find("not both") != std::string::npos);
    settings.secret.clear();
    CHECK(complaints(settings).find("secret-file /nonexistent/secret cannot be read") !=
          std::string::npos);
    settings = {};
    settings.secret = "logen";
    settings.realm = "example.org";
    CHECK(complaints(settings).find("secret-file need urls") != std::string::npos);
    CHECK(complaints(settings).find("realm needs urls") != std::string::npos);
    settings = {};
    settings.fixedUrls = {"turn:a"};
    settings.username = "u";
    CHECK(complaints(settings).find("fixed-urls needs") != std::string::npos);
    settings.credential = "p";
    CHECK(complaints(settings).empty());
    settings.fixedUrls.clear();
    CHECK(complaints(settings).find("need fixed-urls") != std::string::npos);
    settings = {};
    settings.serviceHeaders = {{"A", "b"}};
    CHECK(complaints(settings).find("service-headers needs service-url") != std::string::npos);
    settings = {};
    settings.policy = ice::Policy::Relay;
    CHECK(complaints(settings).empty()); // our own
    settings.embedded = Settings::Embedded::No;
    CHECK(complaints(settings).find("policy=relay needs a relay") != std::string::npos);
}
