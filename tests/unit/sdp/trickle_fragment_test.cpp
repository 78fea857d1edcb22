#include "sdp/trickle_fragment.h"

#include "sample.h"

#include <catch2/catch.hpp>

using namespace sdp;

namespace {

const std::string secrets = "a=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n";
const std::string candidate =
    "a=candidate:1387637174 1 udp 2122260223 192.0.2.1 61764 typ host\r\n";
const std::string audio = "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n";

ParseError errorOf(const std::string& text) {
    const auto fragment = TrickleFragment::parse(text);
    REQUIRE_FALSE(fragment);
    return fragment.error();
}

} // namespace

TEST_CASE("A fragment with all kinds of candidates") {
    const auto fragment = TrickleFragment::parse(sample::read("fragments/trickle.sdpfrag"));
    REQUIRE(fragment);
    CHECK(fragment->ufrag == "EsAw");
    CHECK(fragment->password == "P2uYro0UCOQ4zxjKXaWCBui1");
    REQUIRE(fragment->media.size() == 1);
    CHECK(fragment->media[0].mid == "0");
    REQUIRE(fragment->media[0].candidates.size() == 4);
    CHECK(fragment->media[0].candidates[0].isUsable());
    CHECK_FALSE(fragment->media[0].candidates[3].isUsable()); // .local
    CHECK(fragment->media[0].endOfCandidates);
    CHECK_FALSE(fragment->endOfCandidates);
}

TEST_CASE("Fragments of other shapes") {
    const auto lf = TrickleFragment::parse("a=ice-ufrag:EsAw\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\n"
                                           "a=end-of-candidates\n");
    REQUIRE(lf);
    CHECK(lf->endOfCandidates);
    CHECK(lf->media.empty());

    const auto inMedia = TrickleFragment::parse(audio + secrets + candidate + "m=video 9 X 0\r\n" +
                                                secrets + "a=mid:1\r\na=end-of-candidates\r\n");
    REQUIRE(inMedia);
    CHECK(inMedia->ufrag == "EsAw");
    CHECK(inMedia->media.size() == 2);

    CHECK(TrickleFragment::parse(audio + candidate)->ufrag.empty());
    CHECK(TrickleFragment::parse("s=-\r\na=group:BUNDLE 0 1\r\n" + secrets + audio + candidate));
    CHECK(TrickleFragment::parse(secrets)); // an ICE restart names new ones and nothing else
}

TEST_CASE("What is not a fragment says why and where") {
    CHECK(errorOf("").line == 0);
    CHECK(errorOf("\r\n").line == 0);
    CHECK(errorOf("garbage").line == 1);
    CHECK(errorOf(secrets + candidate).line == 3); // before an m= line
    CHECK(errorOf("a=mid:0\r\n").line == 1);
    CHECK(errorOf("m=audio 9 X 0\r\n" + candidate).reason == "m= without a=mid");
    CHECK(errorOf("m=audio 9 X 0\r\n" + audio).line == 2);
    CHECK(errorOf(audio + audio).reason == "a=mid \"0\" twice");
    CHECK(errorOf(audio + "a=mid:1\r\n").line == 3);
    CHECK(errorOf(audio + "a=candidate:1 1 udp\r\n").line == 3);
    CHECK(errorOf("a=ice-ufrag:EsAw\r\n").line == 0);
    CHECK(errorOf("a=ice-ufrag:" + std::string(5000, 'u') + "\r\n").line == 1);
    CHECK(errorOf("a=ice-ufrag:EsAw\r\na=ice-ufrag:Other\r\n").line == 2);
    CHECK(errorOf("a=ice-ufrag:E\x01Aw\r\n").line == 1);
    CHECK(errorOf(std::string(20'000, 'a')).reason == "longer than 16 KiB");
    std::string many = audio;
    for (int i = 0; i < 65; ++i)
        many += candidate;
    CHECK(errorOf(many).reason == "too many candidates");
    std::string media;
    for (int i = 0; i < 20; ++i)
        media += "m=audio 9 X 0\r\na=mid:" + std::to_string(i) + "\r\n";
    CHECK(errorOf(media).reason == "too many m= lines");
}
